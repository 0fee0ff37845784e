"""The pictures of the documentation: the app with the example campaign, taken in the system's Chromium.

`python -m tests.support.screenshots` writes them into `merge/docs/images`. The videos are practice videos.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, expect

from tests.support.app_page import AppPage, app_page
from tests.support.browser import running_browser
from tests.support.paths import ROOT

IMAGES = ROOT / "merge" / "docs" / "images"
MADE = "4-9"
"""Rows whose practice videos are made before the pictures."""
SETTLED = 1_000
"""Milliseconds until a step is drawn."""
COMPRESS = """async (address) => {
  const image = Object.assign(new Image(), { src: address });
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").drawImage(image, 0, 0);
  const found = await canvas.convertToBlob({ type: "image/webp", quality: 0.9 });
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(found);
  });
}"""
"""Converts a picture to WebP, which takes a third of the space of PNG."""


@contextmanager
def _opened_campaign(folder: Path) -> Iterator[str]:
    """A new campaign with some videos, open in the app: the address of its page."""
    environment = os.environ | {"HOME": str(folder), "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": ""}
    campaign = folder / "Spring campaign"

    def castmerge(*words: str) -> list[str]:
        return [sys.executable, "-m", "merge", *words]

    workbook = str(campaign / "customers.xlsx")
    template = str(campaign / "welcome.json")
    practice = ("--simulate", "--simulate-seconds", "1", "--quiet")
    for words in (("init", str(campaign)), ("run", workbook, "-t", template, "--rows", MADE, *practice)):
        subprocess.run(castmerge(*words), cwd=ROOT, env=environment, check=True, capture_output=True)
    opened = castmerge("open", workbook, "--no-browser")
    with subprocess.Popen(opened, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as app:
        try:
            assert app.stdout is not None
            yield app.stdout.readline().strip()
        finally:
            app.terminate()


def _save(page: Page, compressor: Page, name: str) -> None:
    page.mouse.move(0, 0)
    page.wait_for_timeout(SETTLED)
    shot = base64.b64encode(page.screenshot(animations="disabled")).decode()
    _, _, image = str(compressor.evaluate(COMPRESS, f"data:image/png;base64,{shot}")).partition(",")
    (IMAGES / f"{name}.webp").write_bytes(base64.b64decode(image))


def _take(app: AppPage, compressor: Page) -> None:
    page = app.page
    page.get_by_role("switch", name="Practice mode").click()
    app.step("Rows")
    expect(page.get_by_role("button", name="Done 6")).to_be_visible()
    page.get_by_role("gridcell", name="Whitfield", exact=True).click()
    _save(page, compressor, "app")
    for step in ("Script", "Videos"):
        app.step(step)
        _save(page, compressor, step.lower())


def main() -> None:
    """Take the pictures."""
    IMAGES.mkdir(exist_ok=True)
    with (
        TemporaryDirectory(prefix="castmerge-") as folder,
        _opened_campaign(Path(folder)) as url,
        running_browser() as browser,
        app_page(browser, url) as app,
    ):
        _take(app, browser.new_page())


if __name__ == "__main__":
    main()
