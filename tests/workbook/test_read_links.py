"""The targets of hyperlinks: those of the cell and those of the formula HYPERLINK."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from merge import read_rows
from merge.errors import CellError
from merge.workbook.read.worksheet import read_worksheet


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A workbook with links on texts and numbers, by formula, to a place, and a cell without a link."""
    path = tmp_path / "links.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("People")
        page.write_row(0, 0, ["Name", "Photo", "Page", "Number", "Plain"])
        page.write_row(1, 0, ["Ana"])
        page.write_url(1, 1, "https://example.com/ana.png", string="my photo")
        page.write_formula(1, 2, '=HYPERLINK("https://example.com/?a=""b""","page")', None, "page")
        page.write_url(1, 3, "https://example.com/7#part")
        page.write_number(1, 3, 7)
        page.write_string(1, 4, " https://example.com/typed ")
    return path


def test_the_target_of_a_cells_link_is_read(linked: Path) -> None:
    """Both ways of reading a worksheet find it."""
    [row] = read_rows(linked)

    assert str(row["Photo"]) == "my photo"
    assert row["Photo"].link == "https://example.com/ana.png"
    assert row["Page"].link == 'https://example.com/?a="b"'
    assert (row["Number"], row["Number"].link) == (7, "https://example.com/7#part")
    assert row["Plain"].link == "https://example.com/typed"
    assert [cell.link for cell in read_worksheet(linked).rows[1].cells.values()][:2] == [
        "",
        "https://example.com/ana.png",
    ]


def test_a_missing_link_is_false(linked: Path) -> None:
    """It is false, takes a default, and raises an error when printed."""
    [row] = read_rows(linked)

    assert not row["Name"].link
    with pytest.raises(CellError, match="the cell has no link"):
        str(row["Name"].link)
