"""How the app keeps up with 100,000 rows: `python -m tests.benchmarks.app [ROWS]`, with Chromium.

The app checks a workbook of this many rows in a process of its own. While it does, its answers are timed, and
how long its page takes to show the first rows; afterwards, every frame while the page scrolls through the
rows, at the pace of a wheel and of a dragged scroll bar.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.pages import ROOT, TEMPLATE, make_rows
from tests.support.app_client import AppClient

ROWS = 100_000
PACES = {"wheel": 120, "scroll bar": 9_000}
"""Pixels in a frame."""
FRAMES = 60
PATIENCE = 120_000
"""Milliseconds that the page may take on a busy machine."""
SCROLL = """async ([pixels, frames]) => {
  const grid = document.querySelector(".grid");
  const times = [];
  let last = performance.now();
  for (let frame = 0; frame < frames; frame += 1) {
    grid.scrollTop += pixels;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  return times;
}"""
SHOWN = ".grid-row[data-row]"


@contextmanager
def opened_app(folder: Path) -> Iterator[str]:
    """The app of a folder as a process of its own; gives its URL."""
    command = [sys.executable, "-m", "merge", "open", str(folder), "--no-browser"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as app:
        try:
            assert app.stdout is not None
            yield app.stdout.readline().strip()
        finally:
            app.terminate()


def answers(url: str) -> tuple[list[float], float]:
    """The seconds of each answer until the rows are checked, and those until then."""
    times: list[float] = []
    began = time.perf_counter()
    with AppClient(url) as client:
        client.http.timeout = PATIENCE / 1000
        while True:
            asked = time.perf_counter()
            state = client.get("/api/state", "check", "state")
            client.get("/api/rows?offset=0&limit=100", "total")
            times.append(time.perf_counter() - asked)
            if state == "ready":
                return times, time.perf_counter() - began
            time.sleep(0.05)


def aim(text: str, figure: float, most: float, unit: str) -> None:
    """Print an aim and whether it is met."""
    print(
        f"  {'met' if figure <= most else 'not met':<8} {text}, at most {most:g} {unit}: {figure:.3g} {unit}"
    )


def first_rows(page: Page, url: str) -> float:
    """The seconds until a new page shows rows."""
    began = time.perf_counter()
    page.goto(f"{url}#rows", timeout=PATIENCE)
    page.wait_for_selector(SHOWN, timeout=PATIENCE)
    return time.perf_counter() - began


def main(rows: int) -> None:
    """Measure and print."""
    with TemporaryDirectory() as name, sync_playwright() as player:
        folder = Path(name)
        make_rows(folder / "rows.xlsx", rows)
        shutil.copy(TEMPLATE, folder)
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with opened_app(folder) as url:
            page = browser.new_page()
            shown = first_rows(page, url)
            times, whole = answers(url)
            print(f"{rows:,} rows, checked in {whole:.1f} s; {len(times)} answers while they are checked")
            aim("a page shows rows while they are read", shown, 1.5, "s")
            aim("median answer while rows are checked", statistics.median(times), 0.3, "s")
            aim("slowest answer while rows are checked", max(times), 1.5, "s")
            again = first_rows(browser.new_page(), url)
            aim("a page shows rows that are checked", again, 1, "s")
            for pace, pixels in PACES.items():
                frames = page.evaluate(SCROLL, [pixels, FRAMES])
                aim(f"median frame at the pace of a {pace}", statistics.median(frames), 100, "ms")
                print(f"           slowest frame: {max(frames):.0f} ms")
        browser.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
