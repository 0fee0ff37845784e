from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from merge.app.user_files import UserFiles, user_folder
from merge.settings import RerunOptions, ServiceOptions, Settings
from merge.template.document import ProjectOptions
from tests.app.conftest import example_folder
from tests.app.test_make import QUICK
from tests.support.app_client import ServedApp
from tests.support.app_page import app_page
from tests.support.browser import CHROMIUM, WITHOUT, running_browser
from tests.support.simulator_process import StandIn, stand_in

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with running_browser() as browser:
        yield browser


def _make_all(page: Page) -> None:
    page.get_by_role("button", name="Make all 12").click()
    page.get_by_role("dialog").get_by_role("button", name="Make them").click()
    expect(page.get_by_role("progressbar", name="Progress of all videos")).to_be_visible()


def _expect_being_made(page: Page) -> None:
    expect(page.locator(".run-rows li")).to_have_count(12)


@contextmanager
def _app_process(folder: Path, service: StandIn) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The app as a process of its own, and the address that it prints."""
    environment = os.environ | {
        "AISTUDIOS_API_KEY": "some-key",
        "CASTMERGE_BASE_URL": service.base_url,
        "CASTMERGE_FIRST_LOOK": "0.2",
        "CASTMERGE_POLL_MIN": "0.1",
        "CASTMERGE_POLL_MAX": "0.3",
        "XDG_STATE_HOME": str(folder.parent / "user"),
        "HOME": str(folder.parent),
    }
    command = [sys.executable, "-m", "merge", "open", str(folder), "--no-browser"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as app:
        assert app.stdout is not None
        try:
            yield app, app.stdout.readline().strip()
        finally:
            app.kill()


def test_a_run_outlives_a_reload_and_a_killed_app(browser: Browser, tmp_path: Path) -> None:
    """The page shows the run again; after a kill it says so, and the next start polls the same videos."""
    folder = example_folder(tmp_path / "campaign")
    with stand_in() as service:
        with _app_process(folder, service) as (app, url), app_page(browser, url) as shown:
            page = shown.page
            shown.step("Make")
            _make_all(page)
            _expect_being_made(page)
            page.reload()
            _expect_being_made(page)
            app.send_signal(signal.SIGKILL)
            expect(page.locator("#toast")).to_contain_text("Lost the connection to castmerge")
            page.get_by_role("button", name="Pause").click()
            expect(page.locator("#toast")).to_contain_text("castmerge isn’t responding.")
            shown.complaints.clear()
        service.finish()
        with _app_process(folder, service) as (_, url), app_page(browser, url) as shown:
            page = shown.page
            shown.step("Make")
            expect(page.get_by_text("12 videos of an earlier run are still being made.")).to_be_visible()
            page.get_by_role("button", name="Wait for them").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("All done")
        assert len(service.listed()) == 12


def test_without_the_internet_the_page_says_so_and_tries_again(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that needs no account is there as always."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", "some-key")
    folder = example_folder(tmp_path / "campaign")
    nobody = ServiceOptions(base_url="http://127.0.0.1:9")
    with ServedApp(folder, tmp_path / "user", service=nobody) as app, app_page(browser, app.url) as shown:
        expect(shown.page.locator("[data-row='15']")).to_be_visible()
        shown.step("Files")
        shown.page.get_by_role("button", name="From AI Studios").click()
        dialog = shown.page.get_by_role("dialog")
        expect(dialog).to_contain_text("can't reach AI Studios")
        expect(dialog.get_by_role("button", name="Try again")).to_be_visible()
        shown.complaints.clear()


def test_two_tabs_show_the_same(browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choices, starts and stops in one tab appear in the other."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", "some-key")
    folder = example_folder(tmp_path / "campaign")
    settings = Settings(locale="en_US", timing=QUICK, trust_simulated=True)
    with (
        stand_in() as service,
        ServedApp(folder, tmp_path / "user", settings, ServiceOptions(base_url=service.base_url)) as app,
        app_page(browser, app.url) as first,
        app_page(browser, app.url) as second,
    ):
        first.page.get_by_role("switch", name="Practice mode").check()
        second.page.get_by_role("button", name="Leave practice mode").click()
        expect(first.page.get_by_role("switch", name="Practice mode")).not_to_be_checked()
        for shown in (first, second):
            shown.step("Make")
        _make_all(first.page)
        _expect_being_made(second.page)
        second.page.get_by_role("button", name="Pause").click()
        expect(first.page.locator(".run-words")).to_have_text("Paused. Nothing new is sent.")
        first.page.get_by_role("button", name="Continue").click()
        expect(second.page.get_by_role("button", name="Pause")).to_be_enabled()
        service.finish()
        for shown in (first, second):
            expect(shown.page.get_by_role("heading", level=1)).to_have_text("All done")
        assert len(service.listed()) == 12


def test_templates_slides_and_drafts_become_videos(browser: Browser, tmp_path: Path) -> None:
    """One of AI Studios' own templates, a presentation, and drafts of two rows that are exported later."""
    folder = example_folder(tmp_path / "campaign")
    (slides := tmp_path / "Offer.pdf").write_bytes(b"%PDF-1.4")
    draft = RerunOptions(draft=True)
    settings = Settings(locale="en_US", rerun=draft, project_options=ProjectOptions(draft=True))
    with ServedApp(folder, tmp_path / "user", settings) as app, app_page(browser, app.url) as shown:
        page = shown.page
        shown.step("Files")
        page.get_by_role("switch", name="Practice mode").check()
        page.get_by_role("button", name="Start from an AI Studios template").click()
        page.get_by_role("button", name="Use this project: Company news").click()
        chosen = page.locator(".gallery .on")
        expect(chosen).to_contain_text("Company news.json")
        page.locator("#slides-input").set_input_files(slides)
        expect(chosen).to_contain_text("Offer.json")
        page.get_by_role("button", name="welcome.json").click()
        expect(chosen).to_contain_text("welcome.json")
        shown.step("Rows")
        for row in ("4", "5"):
            page.get_by_role("checkbox", name=f"Select row {row}", exact=True).check()
        page.get_by_role("link", name="Make these").click()
        page.get_by_role("button", name="Make all 2").click()
        page.get_by_role("link", name="See the videos").click()
        drafts = page.get_by_role("region", name="Drafts")
        expect(drafts.get_by_role("listitem")).to_have_count(2)
        drafts.get_by_role("button", name="Make their videos").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("All done")


def test_another_folder_opens_from_the_list(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app of a recent folder starts, shows its page, and can be quit there."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    before, now = example_folder(tmp_path / "Autumn"), example_folder(tmp_path / "Spring")
    user = user_folder()
    UserFiles(user).used(before, "customers.xlsx", datetime.now(UTC))
    with ServedApp(now, user) as app, app_page(browser, app.url) as shown:
        page = shown.page
        expect(page.locator("#folder")).to_have_text("Spring")
        shown.step("Files")
        page.context.unroute_all()
        page.get_by_role("button", name="Open Autumn").click()
        expect(page.locator("#folder")).to_have_text("Autumn")
        page.get_by_role("button", name="Quit").click()
        page.get_by_role("button", name="Quit castmerge").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("castmerge is closed")
