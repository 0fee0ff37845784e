from __future__ import annotations

import pytest

from merge.model import Cell, CellKind, Link, SheetRow
from merge.sheet.result_columns import WATCH, ResultColumns, ResultHeaders

HEADERS = ResultHeaders.with_prefix()
COLUMNS = ResultColumns(HEADERS, {header: number for number, header in enumerate(HEADERS.all, start=1)})
URL = "https://videos.example/1?a=1"


def row(text: str, link: str = "") -> SheetRow:
    """A row with a cell for its link."""
    return SheetRow(2, {COLUMNS.numbers[HEADERS.url]: Cell(CellKind.TEXT, text, link=link)})


@pytest.mark.parametrize(
    ("text", "link", "url"),
    [
        pytest.param(WATCH, URL, URL, id="link"),
        pytest.param(URL, URL, URL, id="a link of an earlier version"),
        pytest.param(URL, "", URL, id="an address without a link"),
        pytest.param(WATCH, "", "", id="a link that was lost"),
        pytest.param(URL, f"{URL}&other", f"{URL}&other", id="another link behind the address"),
    ],
)
def test_a_rows_address_is_what_its_cell_opens(text: str, link: str, url: str) -> None:
    """Sheets of earlier versions show the address, and links beyond Excel's limit do too."""
    assert COLUMNS.url_of(row(text, link)) == url
    assert COLUMNS.shows(row(text, link), {HEADERS.url: Link(URL, WATCH)}) is (url == URL)


def test_an_address_that_was_escaped_is_the_same() -> None:
    """Excel keeps addresses with blanks escaped."""
    wanted = {HEADERS.url: Link("https://videos.example/a b", WATCH)}
    assert COLUMNS.shows(row(WATCH, "https://videos.example/a%20b"), wanted)
    assert not COLUMNS.shows(row("mine", "https://videos.example/a%20b"), wanted)
    assert not COLUMNS.shows(row(WATCH, URL), {HEADERS.url: Link("")})
    assert COLUMNS.shows(SheetRow(2, {}), {HEADERS.url: Link("")})


def test_a_new_sheet_begins_with_what_people_read() -> None:
    """The status and the link come first, the id last."""
    assert HEADERS.all == ("Video Status", "Video URL", "Video Note", "Video Updated", "Video ID")
