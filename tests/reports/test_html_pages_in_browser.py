from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
import xlsxwriter
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from merge.cli import main
from merge.model import RowKey
from merge.reports.html import Note, Report, ReportRow, report_page
from merge.reports.page_files import page_assets
from merge.reports.visible_text import visible
from merge.results import RowStatus
from merge.sheet.result_columns import Status
from tests.support.browser import CHROMIUM, WITHOUT, Opened, opened, running_browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)

TEMPLATE = """{"name": "For {{ item }}", "orientation": "landscape", "scenes": [
  {"sceneIdx": 0, "background": {"source_type": "image", "source_url": "https://pictures.example/room.jpg"},
   "clips": [
    {"id": "a", "type": "aiModel", "layer": 1, "top": 100, "left": 1100, "width": 679, "height": 2229,
     "script": {"org": "<p>Hello {{ item }}, {{ words }}</p>"},
     "model": {"ai_name": "M1", "emotion": "B1", "language": "en", "source_url": "https://pictures.example/m1.png"}},
    {"id": "t", "type": "textImage", "layer": 2, "top": 100, "left": 100, "width": 600, "height": 200,
     "fontSize": 40, "text": "{{ item }}", "fill": "#fff", "align": "center"},
    {"id": "i", "type": "image", "layer": 3, "top": 500, "left": 100, "width": 600, "height": 400,
     "source_url": "{{ picture | default('https://pictures.example/none.png') }}"}]}]}"""
HOSTILE: tuple[str, ...] = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "</template></noscript><img src=x onerror=alert(3)>",
    "javascript:alert(4)",
    "{{ 7 * 7 }} {% raw %}",
    "شكرا جزيلا \u202eلكم",
    "👩‍👩‍👧‍👦 zero\u200bwidth \u2028 line",
    "word " * 2_000,
    "Donaudampfschifffahrtsgesellschaft" * 30,
)


class Formatter(Protocol):
    """Opens a page in the browser."""

    def __call__(
        self,
        path: Path,
        *,
        width: int = 1440,
        dark: bool = False,
        zone: str = "UTC",
        scripts: bool = True,
    ) -> AbstractContextManager[Opened]: ...


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with running_browser() as browser:
        yield browser


@pytest.fixture
def show(browser: Browser) -> Formatter:
    """Opens a page in the browser."""

    def open_it(
        path: Path, *, width: int = 1440, dark: bool = False, zone: str = "UTC", scripts: bool = True
    ) -> AbstractContextManager[Opened]:
        return opened(browser, path, width=width, dark=dark, zone=zone, scripts=scripts)

    return open_it


def _proof_of(folder: Path, rows: list[list[str | None]]) -> Path:
    book = xlsxwriter.Workbook(
        str(folder / "people.xlsx"), {"strings_to_urls": False, "strings_to_formulas": False}
    )
    sheet = book.add_worksheet("People")
    header: list[str | None] = ["Item", "Words", "Picture"]
    for number, row in enumerate([header, *rows]):
        for place, text in enumerate(row):
            if text is not None:
                sheet.write_string(number, place, text)
    book.close()
    (folder / "template.json").write_text(TEMPLATE, encoding="utf-8")
    page = folder / "proof.html"
    arguments = [
        "proof",
        str(folder / "people.xlsx"),
        "-t",
        str(folder / "template.json"),
        "-o",
        str(page),
        "-q",
    ]
    with pytest.raises(SystemExit):
        main(arguments)
    return page


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A proof of 45 rows; row 7 is invalid, and row 9 has a warning."""
    rows: list[list[str | None]] = [[f"Hana {number}", "welcome.", None] for number in range(2, 47)]
    rows[5][1] = None
    rows[7][0] = f"Hana 9 {'of the house of many words ' * 9}"
    return _proof_of(tmp_path_factory.mktemp("proof"), rows)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A proof of rows that try to break the page."""
    rows: list[list[str | None]] = [[text[:60], text, None] for text in HOSTILE]
    return _proof_of(tmp_path_factory.mktemp("hostile"), rows)


NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _row(number: int, status: Status, **known: str) -> ReportRow:
    made = status in (Status.COMPLETE, Status.FAILED)
    result = RowStatus(
        row=number,
        key=RowKey(f"k{number}"),
        status=status,
        video_id=f"id{number}" if made else "",
        url=known.get("url", f"https://videos.example/{number}.mp4" if status is Status.COMPLETE else ""),
        credits=2.0 if status is Status.COMPLETE else None,
        submitted_at=_iso(NOON) if made else None,
        completed_at=_iso(NOON + timedelta(minutes=2 + number)) if made else None,
    )
    notes = (Note("People!B3", "the service refused it", "Shorten the script", stops=True),)
    return ReportRow(result, known.get("title", f"For {number}"), notes if status is Status.FAILED else ())


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of rows in every state, some of them hostile."""
    rows = [_row(number, Status.COMPLETE) for number in range(2, 12)]
    rows += [
        _row(12, Status.FAILED),
        _row(13, Status.INVALID),
        _row(14, Status.TO_DO),
        _row(15, Status.RENDERING),
    ]
    rows += [_row(20 + number, Status.COMPLETE, url=text, title=text) for number, text in enumerate(HOSTILE)]
    contents = Report("people.xlsx", "People", "hello.json", NOON, tuple(rows), credits=20.0)
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_page(contents, page_assets()), encoding="utf-8")
    return path


def test_search_finds_words_of_the_script_and_row_numbers(show: Formatter, proof: Path) -> None:
    """Every word must occur anywhere in the row; case and accents don't matter."""
    with show(proof) as found:
        found.page.fill("#find", "HÁNA 31")
        assert found.shown() == ["For Hana 31"]
        found.page.fill("#find", "row 46")
        assert found.shown() == ["For Hana 46"]
        found.page.fill("#find", "nobody")
        assert found.page.locator("#rows .empty").inner_text().startswith("No rows match your search.")
        found.page.get_by_role("button", name="Show all rows").click()
        assert len(found.shown()) == 20


def test_filters_show_only_matching_rows(show: Formatter, proof: Path) -> None:
    """They show only rows with warnings or only invalid rows; the active filter is marked."""
    with show(proof) as found:
        found.page.get_by_role("button", name="With warnings").click()
        assert found.page.locator(".card .number").all_text_contents() == ["Row 9"]
        assert found.page.locator(".card .note").first.inner_text().startswith("People!A9")
        found.page.get_by_role("button", name="With problems").click()
        assert found.page.locator(".card .note b").inner_text() == "People!B7"
        assert found.page.locator("[aria-pressed=true]").inner_text() == "With problems 1"


def test_rows_are_shown_by_page_and_in_the_chosen_order(show: Formatter, proof: Path) -> None:
    """Only twenty rows are in the document, so that a thousand rows open as fast as twenty."""
    with show(proof) as found:
        assert (len(found.shown()), found.shown()[0]) == (20, "For Hana 2")
        found.page.get_by_role("button", name="Next").click()
        assert found.shown()[0] == "For Hana 22"
        found.page.get_by_role("button", name="Next").click()
        assert (len(found.shown()), found.page.get_by_role("button", name="Next").is_disabled()) == (5, True)
        found.page.select_option("#order", "shortest")
        assert found.shown()[0] == "Hana 7"


def test_everything_works_with_the_keyboard(show: Formatter, proof: Path) -> None:
    """The first tab stop skips the tools; from there, keys move between rows and into a drawing and back."""
    with show(proof) as found:
        page = found.page
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the rows")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.locator("#row-2")).to_be_focused()
        page.keyboard.press("PageDown")
        expect(page.locator("#row-3")).to_be_focused()
        page.keyboard.press("PageUp")
        page.keyboard.press("Tab")
        expect(page.locator("#row-2 .play")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator("#row-2 .drawing")).to_be_focused()


def test_moving_past_the_last_row_turns_the_page(show: Formatter, proof: Path) -> None:
    """From the last row of a page, the next row is the first one of the next page."""
    with show(proof) as found:
        found.page.locator("#row-21").focus()
        found.page.keyboard.press("PageDown")
        expect(found.page.locator("#row-22")).to_be_focused()


MOVED_THROUGH = """slider => {
  const words = new Set();
  for (let at = 0.1; at <= Number(slider.max); at += 0.1) {
    slider.value = String(at);
    slider.dispatchEvent(new Event("input"));
    words.add([...CSS.highlights.get("castmerge-word")].join(""));
  }
  return [...words];
}"""
"""Moves a time line through its scene, and returns the highlighted words."""
SPOKEN_IS = "word => [...(CSS.highlights.get('castmerge-word') ?? [])].join('') === word"


def test_play_shows_every_word_and_mentions_a_missing_voice(show: Formatter, proof: Path) -> None:
    """Without a voice for the avatar's language, words appear at its pace; a click pauses and resumes."""
    with show(proof) as found:
        page = found.page
        page.locator("#row-2 .play").click()
        stage = page.get_by_role("dialog", name="Row 2: For Hana 2")
        expect(stage).to_contain_text("This computer has no voice for English.")
        slider = stage.get_by_role("slider")
        expect(slider).to_have_attribute("aria-valuetext", "0:02 of 0:02")
        spoken = slider.evaluate(MOVED_THROUGH)
        assert spoken == ["Hello", "Hana", "2", "welcome"]
        stage.get_by_role("button", name="Play").click()
        stage.get_by_role("button", name="Pause").click()
        slider.fill("0.1")
        page.wait_for_function(SPOKEN_IS, arg="Hello")


def test_a_drawing_has_a_text_alternative(show: Formatter, proof: Path) -> None:
    """A screen reader reads the scene's words and pictures."""
    with show(proof) as found:
        name = found.page.locator("#row-2 .drawing").get_attribute("aria-label") or ""
    assert name.startswith("Scene 1 of row 2: the picture room.jpg, the avatar, the text “Hana 2”")


def test_nothing_is_loaded_before_the_reader_asks(show: Formatter, proof: Path) -> None:
    """The page sends no request on its own; pictures with https URLs are loaded on request."""
    with show(proof) as found:
        found.page.wait_for_load_state("networkidle")
        assert found.asked == []
        with (
            found.page.expect_request("https://pictures.example/m1.png"),
            found.page.expect_request("https://pictures.example/room.jpg"),
        ):
            found.page.get_by_role("button", name="Load pictures").click()
        assert all(address.startswith("https://") for address in found.asked)


def test_the_code_can_be_copied(show: Formatter, proof: Path) -> None:
    """The button copies the code, or selects it where a page may not copy."""
    with show(proof) as found:
        found.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        found.page.locator("#copy").click()
        expect(found.page.locator("#announced")).to_have_text("Copied")
        assert (
            found.page.evaluate("navigator.clipboard.readText()") == found.page.locator("#code").inner_text()
        )


@pytest.mark.parametrize(
    ("name", "rows_a_sheet"),
    [pytest.param("proof", 4, id="proof"), pytest.param("report", 1, id="hostile report")],
)
def test_a_printed_page_has_every_row_and_no_buttons(
    show: Formatter, name: str, rows_a_sheet: int, request: pytest.FixtureRequest
) -> None:
    """Printing shows all matching rows, several a sheet, and the page is then as before."""
    path: Path = request.getfixturevalue(name)
    with show(path, dark=True) as found:
        page = found.page
        page.emulate_media(media="print")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert len(found.shown()) > 20
        assert not page.locator("#tools").is_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert len(found.shown()) <= 20
        sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf()))
        assert 0 < sheets <= page.evaluate("JSON.parse(data.textContent).rows.length") / rows_a_sheet


@pytest.mark.parametrize(
    ("name", "width", "dark"),
    [
        pytest.param("proof", 1440, False, id="proof, light, large"),
        pytest.param("proof", 390, True, id="proof, dark, small"),
        pytest.param("hostile", 390, False, id="hostile cells, light, small"),
        pytest.param("report", 1440, True, id="report, dark, large"),
        pytest.param("report", 390, False, id="report, light, small"),
    ],
)
def test_no_accessibility_fault_is_found(
    show: Formatter, name: str, width: int, dark: bool, request: pytest.FixtureRequest
) -> None:
    """Names, roles, heading order and contrast are right in light and dark, on large and small screens."""
    path: Path = request.getfixturevalue(name)
    with show(path, dark=dark, width=width) as found:
        faults = Axe().run(found.page).response["violations"]
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []
        assert found.page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_theme_can_be_chosen(show: Formatter, proof: Path) -> None:
    """The switch changes from automatic to light, dark, and back."""
    with show(proof, dark=True) as found:
        paper = "getComputedStyle(document.body).backgroundColor"
        dark = found.page.evaluate(paper)
        found.page.locator("#theme").click()
        assert (found.page.locator("#theme").inner_text(), found.page.evaluate(paper) != dark) == (
            "Theme: light",
            True,
        )
        found.page.locator("#theme").click()
        assert (found.page.locator("#theme").inner_text(), found.page.evaluate(paper)) == (
            "Theme: dark",
            dark,
        )


def test_cells_cannot_take_over_the_page(show: Formatter, hostile: Path) -> None:
    """Any cell content is shown as text, including its last visible letter, and none of it runs."""
    with show(hostile) as found:
        for number, text in enumerate(map(visible, HOSTILE), 2):
            card = found.page.locator(f"#row-{number}")
            cells = [cell.split() for cell in card.locator(".cells dd").all_text_contents()]
            assert text.split() in cells
            for shown in card.locator(".shown .text").all_text_contents():
                assert shown.split() == text[:60].split()
            for script in card.locator(".said").all_text_contents():
                assert script.split() == f"Hello {text[:60]}, {text}".split()
        assert found.page.locator("img, iframe, object, a[href^='javascript']").count() == 0
        assert found.page.locator("script").count() == 2


def test_a_very_long_script_is_folded(show: Formatter, hostile: Path) -> None:
    """Ten thousand letters don't push other rows away, and a click shows all of them."""
    with show(hostile) as found:
        card = found.page.locator(f"#row-{HOSTILE.index('word ' * 2_000) + 2}")
        folded = card.bounding_box()
        card.get_by_role("button", name="Show the whole script").click()
        unfolded = card.bounding_box()
        assert folded
        assert unfolded
        assert folded["height"] * 2 < unfolded["height"]


def test_failures_come_first_with_their_hint(show: Formatter, report: Path) -> None:
    """Rows that need attention are above complete ones."""
    with show(report) as found:
        assert found.shown()[:2] == ["For 12", "For 13"]
        assert (
            found.page.locator("#row-12 .note").inner_text()
            == "People!B3the service refused it. Shorten the script."
        )
        found.page.select_option("#order", "sheet")
        assert found.shown()[0] == "For 2"


def test_only_web_addresses_are_links(show: Formatter, report: Path) -> None:
    """`javascript:` in the sheet's link column is text, and a video opens without a referrer."""
    with show(report) as found:
        found.page.fill("#find", "javascript:alert")
        assert found.page.locator(".card a").count() == 0
        assert "Not a web address: javascript:alert(4)" in found.page.locator(".card").inner_text()
        found.page.fill("#find", "row 2")
        link = found.page.locator("#row-2 a")
        assert link.get_attribute("href") == "https://videos.example/2.mp4"
        assert link.get_attribute("rel") == "noopener noreferrer"


def test_times_are_in_the_readers_zone(show: Formatter, report: Path) -> None:
    """On a screen, times and plots are in the reader's zone; on paper they are in UTC."""
    with show(report, zone="Asia/Tokyo") as found:
        submitted = found.page.locator("#row-12 time").first
        assert submitted.inner_text() == "25 Nov 2026, 21:00"
        assert found.page.locator(".plot .local .name").first.text_content() == "Time (GMT+9)"
        found.page.emulate_media(media="print")
        assert submitted.inner_text() == "2026-11-25 12:00 UTC"
        assert not found.page.locator(".plot .local").first.is_visible()
        assert found.page.locator(".plot .utc").first.is_visible()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("proof", "Hello Hana 46, welcome.", id="proof"),
        pytest.param("report", "2026-11-25 12:04 UTC", id="report"),
    ],
)
def test_the_page_is_readable_without_scripts(
    show: Formatter, name: str, expected: str, request: pytest.FixtureRequest
) -> None:
    """A mail program that runs no scripts shows rows, texts and times in UTC."""
    path: Path = request.getfixturevalue(name)
    with show(path, scripts=False) as found:
        assert expected in re.sub(r"\s+", " ", found.page.locator("main").inner_text())
        assert found.page.locator("a[href^='javascript']").count() == 0
