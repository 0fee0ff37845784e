"""The picture of README: the app with the example campaign, taken in the system's Chromium.

`python -m tests.support.screenshots` writes it into `merge/docs/pictures`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.browser import running_browser
from tests.support.paths import ROOT

PICTURES = ROOT / "merge" / "docs" / "pictures"
WIDTH, HEIGHT = 1200, 760
SETTLED = 10_000
"""Milliseconds until the rows are checked and drawn."""


def take(folder: Path) -> Path:
    """Open a campaign in the app, and take its picture."""
    run = [sys.executable, "-m", "merge"]
    subprocess.run([*run, "init", str(folder)], cwd=ROOT, check=True, capture_output=True)
    app = subprocess.Popen(
        [*run, "open", str(folder), "--no-browser"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert app.stdout is not None
        address = app.stdout.readline().strip()
        with running_browser() as browser:
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.goto(address)
            page.wait_for_load_state("domcontentloaded")
            page.wait_for_timeout(SETTLED)
            PICTURES.mkdir(exist_ok=True)
            picture = PICTURES / "app.png"
            page.screenshot(path=str(picture))
    finally:
        app.terminate()
        app.wait(10)
    return picture


def main() -> None:
    """Take the picture."""
    with TemporaryDirectory(prefix="castmerge-") as folder:
        take(Path(folder) / "Spring campaign")


if __name__ == "__main__":
    main()
