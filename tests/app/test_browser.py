from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.app_client import ServedApp
from tests.support.app_page import AppPage, app_page
from tests.support.browser import (
    CHROMIUM,
    VOICES,
    WITHOUT,
    WITHOUT_VOICES,
    running_browser,
    with_voices,
)
from tests.support.paths import ROOT

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)

ENLARGED = 720
"""The width of a window of 1440 pixels at 200 %."""
STEPS = ("Files", "Script", "Rows", "Approve", "Make", "Videos")
HOSTILE = '<img src="https://evil.example/x.png" onerror="document.title=1"> {{ 7 * 7 }} שלום \u202eabc'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    """The app of a folder with the example's customers, one of whom has a hostile name."""
    folder = tmp_path_factory.mktemp("campaign")
    shutil.copy(ROOT / "example_sheets/customers.xlsx", folder)
    shutil.copy(ROOT / "templates/welcome.json", folder)
    _write(folder / "customers.xlsx", {"B5": HOSTILE, "B7": "김민준", "B8": "Jürgen Müßig", "F9": None})
    with ServedApp(folder, tmp_path_factory.mktemp("user")) as app:
        yield app


def _write(workbook: Path, cells: dict[str, str | None]) -> None:
    book = openpyxl.load_workbook(workbook)
    for place, text in cells.items():
        book["Customers"][place] = text
    book.save(workbook)


def _choose_files(page: Page) -> None:
    page.get_by_role("button", name="customers.xlsx").click()
    expect(page.locator(".books .on")).to_be_visible()
    page.get_by_role("button", name="welcome.json").click()
    expect(page.locator(".gallery .on")).to_be_visible()


@pytest.fixture(scope="module")
def shown(browser: Browser, campaign: ServedApp) -> Iterator[AppPage]:
    """The page of that folder, with its files chosen in practice mode."""
    with app_page(browser, campaign.url) as app:
        app.page.get_by_role("switch", name="Practice mode").check()
        app.step("Files")
        _choose_files(app.page)
        app.step("Rows")
        expect(app.page.locator("[data-row='15']")).to_be_visible()
        yield app


def test_an_empty_folder_leads_to_twelve_practice_videos_by_mouse(browser: Browser, tmp_path: Path) -> None:
    """From the example to the list of videos: script, rows, preview, one sample, the others."""
    (folder := tmp_path / "Früh & spät").mkdir()
    with ServedApp(folder, tmp_path / "user") as app, app_page(browser, app.url) as shown:
        page = shown.page
        page.get_by_role("button", name="Try the example").click()
        page.get_by_role("link", name="Next: Script").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("What does each person see and hear?")
        expect(page.locator(".result").first).to_have_text("Welcome Olivia Bennett")
        page.get_by_role("link", name="Next: Rows").click()
        page.get_by_text("Olivia", exact=True).click()
        expect(page.get_by_role("article", name="Preview of row 4")).to_contain_text("Olivia")
        shown.step("Make")
        page.get_by_role("button", name="Make one sample").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your sample is ready")
        page.get_by_role("button", name="Continue with the others").click()
        page.get_by_role("button", name="Make the other 11").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("All done")
        page.get_by_role("link", name="See the videos").click()
        expect(page.locator(".results .chip")).to_have_text(["Practice"] * 12)


def test_an_older_state_does_not_bring_back_an_earlier_run(shown: AppPage) -> None:
    """It may arrive after the answer that a new run has begun."""
    newest = shown.page.evaluate("""async () => {
        const store = await import("/static/store.js");
        const before = store.state;
        const run = (id, state) => ({ ...before.run, id, state });
        store.take({ ...before, run: run(1002, "running") });
        store.take({ ...before, run: run(1001, "finished") });
        const { run: newest } = store.state;
        store.take({ ...before, run: null });
        return [newest.id, newest.state];
    }""")
    assert newest == [1002, "running"]


def test_a_keyboard_is_enough(browser: Browser, tmp_path: Path) -> None:
    """Tab, Enter, arrows and Space lead from an empty folder to twelve videos."""
    with ServedApp(tmp_path, tmp_path / ".user") as app, app_page(browser, app.url) as shown:
        page, title = shown.page, shown.page.get_by_role("heading", level=1)
        shown.press("Try the example")
        shown.press("Next: Script")
        expect(title).to_be_focused()
        expect(page.locator(".result").first).to_have_text("Welcome Olivia Bennett")
        shown.press("Next: Rows")
        expect(title).to_be_focused()
        expect(page.locator("[data-row='4']")).to_be_visible()
        shown.press("4", key="ArrowDown")
        for key in ("Space", "ArrowDown", "Space", "ArrowRight"):
            page.keyboard.press(key)
        expect(page.locator(".selection")).to_contain_text("2 rows selected")
        page.keyboard.press("Enter")
        expect(page.get_by_role("article", name="Preview of row 6")).to_be_visible()
        shown.press("Make these")
        shown.press("Make all 2")
        expect(title).to_have_text("All done")
        shown.press("Back to the plan")
        shown.press("Make the other 10")
        expect(title).to_have_text("All done")
        shown.press("See the videos")
        expect(page.locator(".results .chip")).to_have_text(["Practice"] * 12)


def test_a_saved_workbook_is_checked_again_and_keeps_its_place(shown: AppPage, campaign: ServedApp) -> None:
    """The empty cell is filled in Excel: its problem disappears, and row and search stay as they were."""
    page = shown.page
    shown.step("Rows")
    page.get_by_role("searchbox", name="Search rows").fill("Family")
    expect(page.locator("[data-row]")).to_have_count(2)
    page.locator("[data-row='11'] [role=rowheader]").click()
    preview = page.get_by_role("article", name="Preview of row 11")
    expect(preview).to_contain_text("James & June")
    _write(campaign.folder / "customers.xlsx", {"B11": "Jean-Luc"})
    expect(preview).to_contain_text("Jean-Luc")
    expect(page.locator("[data-row]")).to_have_count(2)
    page.get_by_role("searchbox", name="Search rows").fill("")
    expect(page.locator("[data-row]")).to_have_count(12)


def test_a_problem_is_shown_at_its_cell(shown: AppPage) -> None:
    """The empty date is red and counted, and its message and fix are next to it."""
    page = shown.page
    shown.step("Rows")
    page.get_by_role("button", name="Problems").click()
    expect(page.locator("[data-row='4']")).to_have_count(0)
    page.locator("[data-row='9'] [role=gridcell].problem").hover()
    expect(page.get_by_role("tooltip")).to_contain_text("Renewal Date")
    page.locator("[data-row='9'] [role=rowheader]").click()
    expect(page.get_by_role("article", name="Preview of row 9")).to_contain_text("Renewal Date")
    expect(page.get_by_role("link", name="Make this one")).to_have_count(0)
    page.get_by_role("button", name="All 12").click()


def test_hostile_cells_stay_text(shown: AppPage) -> None:
    """Markup, braces and directions of a cell are shown as they are; nothing of them runs or is loaded."""
    page = shown.page
    shown.step("Rows")
    expect(page.locator("[data-row='5']")).to_contain_text('<img src="https://evil.example/x.png"')
    page.locator("[data-row='5'] [role=rowheader]").click()
    expect(page.get_by_role("article", name="Preview of row 5")).to_contain_text("{{ 7 * 7 }}")
    expect(page.locator("main img")).to_have_count(0)
    expect(page).to_have_title(re.compile("^Rows"))


def test_a_column_is_put_in_by_selecting_words_and_clicking(shown: AppPage, campaign: ServedApp) -> None:
    """The word becomes a column with a fallback, and the template is saved as a copy."""
    page = shown.page
    shown.step("Script")
    card = page.get_by_role("region", name="Script").first
    editor = card.get_by_role("textbox").first
    editor.evaluate(
        """element => {
          const node = [...element.childNodes].find((each) => each.textContent.includes("thank you"));
          const start = node.textContent.indexOf("being with us");
          element.focus();
          getSelection().setBaseAndExtent(node, start, node, start + "being with us".length);
        }"""
    )
    page.get_by_role("button", name="Put in Visits").click()
    setting = card.get_by_role("group", name="Visits")
    setting.get_by_label("If empty, say").fill("many")
    expect(card.locator(".result")).to_contain_text("thank you for 1,482.")
    title = page.get_by_role("region", name="Name of the video")
    title.get_by_role("textbox").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" at")
    page.get_by_role("button", name="Put in Zip").click()
    expect(title.locator(".result")).to_contain_text("Olivia Bennett at 02134")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The original hasn’t changed.").first).to_be_visible()
    saved = (campaign.folder / "welcome (edited).json").read_text(encoding="utf-8")
    assert "thank you for {{ Visits" in saved
    assert "many" in saved


def test_play_highlights_words_and_two_rows_can_be_compared(shown: AppPage) -> None:
    """Play moves the highlight; two selected rows are shown side by side."""
    page = shown.page
    shown.step("Rows")
    page.locator("[data-row='4'] [role=rowheader]").click()
    stage = page.get_by_role("article", name="Preview of row 4")
    stage.get_by_role("slider").fill("0.5")
    page.wait_for_function("CSS.highlights.get('castmerge-word')?.size === 1")
    for row in ("4", "7"):
        page.get_by_role("checkbox", name=f"Select row {row}").check()
    page.get_by_role("button", name="Compare").click()
    dialog = page.get_by_role("dialog", name="Compare two rows")
    expect(dialog.get_by_role("button", name="Play")).to_have_count(2)
    expect(dialog).to_contain_text("김민준")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear").click()


@pytest.mark.skipif(VOICES is None, reason=WITHOUT_VOICES)
@pytest.mark.usefixtures("shown")
def test_play_is_spoken_by_a_voice_of_this_computer(browser: Browser, campaign: ServedApp) -> None:
    """The highlight follows the voice from sentence to sentence."""
    with with_voices(browser) as speaking, app_page(speaking, campaign.url) as shown:
        shown.step("Rows")
        shown.page.locator("[data-row='4'] [role=rowheader]").click()
        stage = shown.page.get_by_role("article", name="Preview of row 4")
        expect(stage.get_by_role("combobox", name="Voice for English")).to_be_visible()
        stage.get_by_role("button", name="Play").click()
        expect(stage.locator(".stage-clock")).to_have_text(re.compile("^(0:[0-9]+) / \\1$"))
        expect(stage.get_by_role("button", name="Play")).to_be_visible()
        expect(stage).to_contain_text("Spoken by this computer’s own voice")


def test_a_decision_is_kept_with_its_name(shown: AppPage) -> None:
    """The name is asked for once; the decision is listed and shown next to the rows."""
    page = shown.page
    shown.step("Approve")
    page.get_by_role("button", name="Approve all").click()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Enter your name")
    page.get_by_label("Your name").fill("Ann Lee")
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator(".records li").first).to_contain_text("Ann Lee")
    shown.step("Rows")
    expect(page.locator(".decided.approved").first).to_be_visible()


def test_the_connect_dialog_offers_practice_and_goes_on_to_what_it_was_for(shown: AppPage) -> None:
    """Outside practice mode, the page asks for a key, explains where to find it, and offers practice."""
    page = shown.page
    shown.step("Files")
    page.get_by_role("button", name="Leave practice mode").click()
    page.get_by_role("button", name="Start from an AI Studios template").click()
    dialog = page.get_by_role("dialog", name="Connect AI Studios")
    expect(dialog).to_contain_text("API key")
    dialog.get_by_role("button", name="Connect").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Paste the key first.")
    assert shown.faults() == []
    assert page.evaluate("document.getAnimations().length") == 0
    dialog.get_by_role("button", name="Use practice mode").click()
    expect(page.get_by_text("Practice mode is on.")).to_be_visible()
    expect(page.get_by_role("button", name="Use this project: Company news")).to_be_visible()
    page.keyboard.press("Escape")


def test_every_step_is_accessible_on_every_screen(shown: AppPage) -> None:
    """Names, roles, contrast and width are right; at 200%, nothing needs horizontal scrolling."""
    for step in STEPS:
        shown.step(step)
        expect(shown.page.locator(".busy")).to_have_count(0)
        shown.resize(ENLARGED, 450, dark=False)
        assert (step, shown.overflow()) == (step, [])
        shown.resize(1440, 900, dark=False)
        assert (step, shown.faults(colors_only=True)) == (step, [])
        shown.resize(390, 900, dark=True)
        assert (step, shown.faults()) == (step, [])
    shown.resize(1440, 900, dark=False)


def _row(number: int) -> dict[str, object]:
    return {
        "number": number,
        "cells": [f"Cell {number}.{column}" for column in range(12)],
        "marks": [],
        "status": {"group": "to_make", "label": "To make", "will": "submit"},
        "problems": [],
        "warnings": [],
        "percent": None,
        "note": "",
        "video": None,
        "approval": None,
        "hidden": False,
    }


def _answer_with_many_rows(route: Route) -> None:
    asked = dict(part.split("=") for part in route.request.url.partition("?")[2].split("&"))
    first = int(asked.get("offset", 0))
    columns = [
        {"header": f"Column {number}", "letter": "A", "used": True, "align": "left", "width": 14}
        for number in range(12)
    ]
    answer = {"version": 1, "total": 100_000, "matching": 100_000, "offset": first, "columns": columns}
    rows = [_row(number) for number in range(first + 2, first + 102)]
    route.fulfill(body=json.dumps({**answer, "rows": rows}), content_type="application/json")


def test_only_visible_rows_of_a_long_sheet_are_in_the_page(shown: AppPage) -> None:
    """This is so at every scroll position, which keeps scrolling smooth."""
    page = shown.page
    page.route("**/api/rows?*", _answer_with_many_rows)
    shown.step("Files")
    shown.step("Rows")
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "100001")
    for _ in range(5):
        page.locator(".grid").evaluate("grid => { grid.scrollTop += 150_000; }")
        expect(page.locator("[data-row]").first).to_be_visible()
        assert page.locator("[data-row]").count() < 80
    page.locator(".grid [tabindex='0']").first.focus()
    page.keyboard.press("Control+End")
    expect(page.locator("[data-row='100001']")).to_be_visible()
    assert page.locator("[data-row]").count() < 80
    page.unroute("**/api/rows?*")
