"""How fast proofs are made and opened: `python tests/benchmarks/pages.py [ROWS]`, with Chromium.

A proof of this many rows of `templates/two_scenes.json` is made with the command. It is opened at full speed
and on a simulated computer that is four times slower; the figures are the time until the first cards are
readable, the longest time from a keystroke in the search to its result, and the slowest frame while
scrolling.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import xlsxwriter
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "templates" / "two_scenes.json"
ROWS = 1_000
SLOWNESS = (1, 4)
NAMES = ("Olivia", "Mateo", "Aisha", "Jürgen", "María José")
FRAME = "const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));"
SEARCH = f"""async () => {{
  {FRAME}
  const times = [];
  for (const words of ["o", "ol", "oli", "olivia", "premium", "row 500", "nobody", ""]) {{
    const start = performance.now();
    const field = document.getElementById("find");
    field.value = words;
    field.dispatchEvent(new Event("input"));
    await frame();
    times.push(performance.now() - start);
  }}
  return Math.max(...times);
}}"""
SCROLL = """async () => {
  let [worst, last] = [0, performance.now()];
  for (let step = 0; step < 90; step += 1) {
    window.scrollBy(0, 60);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    [worst, last] = [Math.max(worst, now - last), now];
  }
  return worst;
}"""


def make_rows(path: Path, rows: int) -> None:
    """A workbook with this many rows."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Customers")
    sheet.write_row(0, 0, ["First Name", "Nickname", "Plan", "Amount Due", "Renewal Date", "Visits"])
    for number in range(rows):
        name = f"{NAMES[number % len(NAMES)]} {number}"
        sheet.write_row(number + 1, 0, [name, name, "Premium", 100 + number, "December 1, 2026", number % 40])
    book.close()


def make_proof(folder: Path, rows: int) -> Path:
    """Its proof."""
    make_rows(folder / "rows.xlsx", rows)
    page = folder / "proof.html"
    command = [sys.executable, "-m", "merge", "proof", str(folder / "rows.xlsx"), "-t", str(TEMPLATE), "-q"]
    subprocess.run([*command, "-o", str(page)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return page


def measured(page: Page, path: Path) -> str:
    """The times of opening and searching a page, in milliseconds."""
    start = time.perf_counter()
    page.goto(path.as_uri())
    page.wait_for_selector(".card")
    opened = (time.perf_counter() - start) * 1000
    search, scroll = page.evaluate(SEARCH), page.evaluate(SCROLL)
    return f"first cards {opened:6.0f} ms   search {search:5.0f} ms   slowest picture {scroll:4.0f} ms"


def main(rows: int) -> None:
    """Make a proof, open it, and print the table."""
    with TemporaryDirectory() as name, sync_playwright() as player:
        start = time.perf_counter()
        path = make_proof(Path(name), rows)
        print(
            f"{rows:,} rows: made in {time.perf_counter() - start:.1f} s, {path.stat().st_size / 1e6:.1f} MB"
        )
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for slowness in SLOWNESS:
            page = browser.new_page()
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slowness})
            print(f"  {slowness}x slower  {measured(page, path)}")
        browser.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
