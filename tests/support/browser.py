from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REPORTED = {"error", "warning"}
PATIENCE = 45_000
"""Milliseconds that an action may take on a busy machine."""
expect.set_options(timeout=PATIENCE)
WITHOUT = "Chromium is not installed"
VOICES = shutil.which("speech-dispatcher")
WITHOUT_VOICES = "Debian's speech-dispatcher-espeak-ng is not installed"
_SPEECH = """AddModule "espeak-ng" "sd_espeak-ng" "espeak-ng.conf"
DefaultModule espeak-ng
AudioOutputMethod alsa
Timeout 1
"""
_SILENT_SOUND_CARD = "pcm.!default { type null }"


@contextmanager
def running_browser() -> Iterator[Browser]:
    """The system's Chromium in headless mode."""
    with sync_playwright() as player:
        # Chromium has no sandbox for root, who may run the tests.
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def with_voices(browser: Browser) -> Iterator[Browser]:
    """Another one with the voices of speech-dispatcher, and a sound card that takes every sound at once."""
    with TemporaryDirectory() as name:
        home = Path(name)
        (config := home / "speech-dispatcher").mkdir()
        (config / "speechd.conf").write_text(_SPEECH, encoding="utf-8")
        (sound := home / "asound.conf").write_text(_SILENT_SOUND_CARD, encoding="utf-8")
        # A voice for each language is enough; with the variants of each there are 13,000.
        (data := home / "espeak-ng-data").mkdir()
        for path in Path("/usr/lib").glob("*/espeak-ng-data/*"):
            if path.name != "voices":
                (data / path.name).symlink_to(path)
        folders = dict.fromkeys(
            ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "ESPEAK_DATA_PATH"), name
        )
        environment = os.environ | folders | {"ALSA_CONFIG_PATH": str(sound)}
        arguments = ["--no-sandbox", "--enable-speech-dispatcher"]
        speaking = browser.browser_type.launch(executable_path=CHROMIUM, args=arguments, env={**environment})
        try:
            yield speaking
        finally:
            speaking.close()


@dataclass
class Opened:
    """A page in the browser, with its requests and errors since it was opened.

    Attributes:
        page: Playwright's page
        asked: URLs that it tried to load, all of which were blocked
        complaints: console errors, uncaught errors, and violations of its Content-Security-Policy
    """

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def shown(self) -> list[str]:
        """The titles of the cards that are drawn."""
        return self.page.locator("#rows .card h2").all_text_contents()


@contextmanager
def opened(
    browser: Browser,
    path: Path,
    *,
    width: int = 1440,
    dark: bool = False,
    zone: str = "UTC",
    scripts: bool = True,
) -> Iterator[Opened]:
    """Open a page from disk with everything else blocked, and assert that it has no errors."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        timezone_id=zone,
        java_script_enabled=scripts,
        locale="en-GB",
    )
    context.set_default_timeout(PATIENCE)
    found = Opened(context.new_page())

    def refuse(route: Route) -> None:
        found.asked.append(route.request.url)
        route.abort()

    context.route(re.compile("^(?!file:)"), refuse)
    complain = found.complaints.append
    found.page.on("pageerror", lambda error: complain(str(error)))
    found.page.on("console", lambda said: complain(said.text) if said.type in REPORTED else None)
    found.page.on("dialog", lambda dialog: complain(f"a dialog: {dialog.message}"))
    found.page.goto(path.as_uri())
    try:
        yield found
        unasked = [said for said in found.complaints if "ERR_FAILED" not in said]
        assert unasked == []
    finally:
        context.close()
