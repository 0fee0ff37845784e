"""The app's page in a browser: nothing else can be reached, and nothing it complains about is overlooked."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browser import PATIENCE, REPORTED

FOCUSED = "(document.activeElement.ariaLabel ?? document.activeElement.innerText ?? '').trim()"
"""What has the focus, as a screen reader calls it."""
AXE = Path(str(files("axe_playwright_python"))) / "axe.min.js"


@dataclass
class AppPage:
    """A page of the app.

    Attributes:
        page: Playwright's page
        left: addresses outside the app that it asked for, none of which it got
        complaints: console errors, uncaught errors, and breaches of its Content-Security-Policy
    """

    page: Page
    left: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def step(self, name: str) -> None:
        """Go to a step and wait for its title."""
        self.page.get_by_role("navigation", name="Steps").get_by_role("link", name=name).click()
        expect(self.page.locator("[aria-current=step]")).to_contain_text(name)

    def press(self, name: str, *, key: str = "Enter") -> None:
        """Press Tab until the focus is on what has this name or text, then another key."""
        end = time.monotonic() + PATIENCE / 1000
        while self.page.evaluate(FOCUSED) != name:
            assert time.monotonic() < end, f"Tab doesn't lead to {name}"
            self.page.keyboard.press("Tab")
        self.page.keyboard.press(key)

    def resize(self, width: int, height: int, *, dark: bool) -> None:
        """Change the window's size in pixels, and the colours that the computer prefers."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme="dark" if dark else "light")

    def faults(self, *, colors_only: bool = False) -> list[tuple[str, str]]:
        """What axe finds, in all or in contrasts only, and whether the page is wider than the window."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        options = {"resultTypes": ["violations"]} | ({"runOnly": ["color-contrast"]} if colors_only else {})
        found = self.page.evaluate("options => axe.run(document, options)", options)["violations"]
        return [(fault["id"], fault["nodes"][0]["html"]) for fault in found] + self.overflow()

    def overflow(self) -> list[tuple[str, str]]:
        """The page's width, if it is wider than the window."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return [("too wide", f"{wide} px")] if wide > 0 else []


@contextmanager
def app_page(browser: Browser, url: str, *, width: int = 1440, dark: bool = False) -> Iterator[AppPage]:
    """Open the app's address. Fails where the page complains or asks for anything outside the app.

    Args:
        browser: a running one
        url: as the app prints it
        width: of the window, in pixels
        dark: the colours that the computer prefers
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale="en-US",
        timezone_id="UTC",
    )
    context.set_default_timeout(PATIENCE)
    found = AppPage(context.new_page())

    def refuse(route: Route) -> None:
        found.left.append(route.request.url)
        route.abort()

    origin = url.partition("/?")[0]
    context.route(re.compile(f"^(?!{re.escape(origin)}/|data:|blob:)"), refuse)
    complain = found.complaints.append
    found.page.on("pageerror", lambda error: complain(str(error)))
    found.page.on("console", lambda said: complain(said.text) if said.type in REPORTED else None)
    found.page.goto(url)
    try:
        yield found
    except AssertionError as error:
        error.add_note(f"The page complained: {found.complaints}")
        raise
    else:
        assert found.complaints == [], found.complaints
        assert found.left == [], found.left
    finally:
        context.close()
