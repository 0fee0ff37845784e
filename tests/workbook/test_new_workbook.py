from __future__ import annotations

import stat
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from python_calamine import CalamineWorkbook

from merge.errors import WorkbookError
from merge.model import CellKind, Scalar
from merge.workbook import source_of
from merge.workbook.new_workbook import Rows, create_workbook
from merge.workbook.read.worksheet import read_worksheet
from merge.workbook.xml.parse import decode_xstring, encode_xstring

LONGEST_TEXT = 32_767
TEXT = st.one_of(
    st.text(),
    st.text(st.characters(codec="utf-8", categories=["Cc", "Zs", "Zl"])),
    st.lists(st.sampled_from(["_x000B_", "_x0041", "_", "x", "\x0b", "\r", "\n", "=", "&", "\ufffe"])).map(
        "".join
    ),
    st.sampled_from(["=1+1", "=", "+1", "-1", "@SUM(A1)", "#N/A", "007", " a ", "true"]),
)
VALUES = st.one_of(TEXT, st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))


def create(folder: Path, rows: Rows, header_row: int = 1) -> Path:
    """A workbook with these rows, created from `people.csv`."""
    source = folder / "people.csv"
    source.touch()
    path = folder / "people.xlsx"
    create_workbook(path, "People", rows, header_row=header_row, source=source)
    return path


def read(path: Path) -> dict[tuple[int, int], Scalar]:
    """The values that castmerge reads, by row and column."""
    sheet = read_worksheet(path)
    kinds = {cell.kind for row in sheet.rows for cell in row.cells.values()}
    assert kinds <= {CellKind.TEXT, CellKind.NUMBER, CellKind.BOOLEAN}
    return {(row.number, column): cell.value for row in sheet.rows for column, cell in row.cells.items()}


def read_with_openpyxl(path: Path) -> dict[tuple[int, int], object]:
    """The values that openpyxl reads; it leaves escapes to its caller."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    cells = (cell for row in sheet.iter_rows() for cell in row if cell.value is not None)
    return {
        (cell.row, cell.column): decode_xstring(cell.value) if isinstance(cell.value, str) else cell.value
        for cell in cells
    }


@settings(deadline=None, max_examples=100)
@given(st.lists(st.lists(VALUES, max_size=4), max_size=5))
def test_values_are_read_back(rows: list[list[Scalar]]) -> None:
    """Both castmerge and openpyxl read every value with its type."""
    expected = {
        (row, column): value
        for row, values in enumerate(rows, start=1)
        for column, value in enumerate(values, start=1)
        if value != ""
    }
    with TemporaryDirectory() as folder:
        path = create(Path(folder), rows)
        for found in (read(path), read_with_openpyxl(path)):
            assert found == expected
            assert {place: isinstance(value, str) for place, value in found.items()} == {
                place: isinstance(value, str) for place, value in expected.items()
            }


@given(TEXT)
def test_escaped_text_is_read_back(text: str) -> None:
    """Text that contains an escape, or half of one, is read back unchanged."""
    assert decode_xstring(encode_xstring(text)) == text.encode("utf-16-le", "replace").decode("utf-16-le")


def test_text_is_escaped_as_excel_does() -> None:
    """Control characters and look-alikes become `_xHHHH_`; a lone surrogate is replaced."""
    assert encode_xstring("a\x0b_x000B_\t\n\r") == "a_x000B__x005F_x000B_\t\n_x000D_"
    assert encode_xstring("\ud83d") == "\ufffd"
    assert unescape(encode_xstring("a\x0b")) == "a\x0b"


@pytest.mark.parametrize("text", ["=HYPERLINK(A1)", "+1", "-2+3", "@SUM(A1)", "#REF!"])
def test_text_like_a_formula_stays_text(tmp_path: Path, text: str) -> None:
    """A CSV file can't smuggle a formula or an error value into the workbook."""
    path = create(tmp_path, [["Name"], [text]])
    cell = openpyxl.load_workbook(path).worksheets[0]["A2"]
    assert (cell.data_type, cell.value) == ("s", text)
    assert CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1] == [text]


@pytest.mark.parametrize("filler", ["a", "\x0b", "😀"])
def test_text_is_kept_up_to_excels_limit(tmp_path: Path, filler: str) -> None:
    """The limit counts UTF-16 units, not escapes; longer text is cut and ends with an ellipsis."""
    most = LONGEST_TEXT // (len(filler.encode("utf-16-le")) // 2)
    values = read(create(tmp_path, [["Name"], [filler * most], [filler * (most + 1)]]))
    assert values[2, 1] == filler * most
    cut = str(values[3, 1])
    assert (cut[-1], len(cut.encode("utf-16-le")) // 2 <= LONGEST_TEXT) == ("…", True)
    assert cut[:-1] == filler * (len(cut) - 1)


def test_new_workbook_is_compressed(tmp_path: Path) -> None:
    """Every part is deflated, the sheet to a fraction of its size."""
    path = create(tmp_path, [["Name"], *([f"Person {number}"] for number in range(1_000))])
    with zipfile.ZipFile(path) as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_DEFLATED}
        sheet = archive.getinfo("xl/worksheets/sheet1.xml")
        assert sheet.compress_size < sheet.file_size / 5


def test_header_row_is_bold_and_stays_in_view(tmp_path: Path) -> None:
    """Columns are as wide as their text, within limits and ignoring titles above the headers."""
    rows = [["A title that is a good deal longer than its column"], ["Customer ID", "Note"], ["7", "x" * 200]]
    sheet = openpyxl.load_workbook(create(tmp_path, rows, header_row=2))["People"]
    assert [sheet.cell(row, 1).font.b for row in (1, 2, 3)] == [False, True, False]
    assert sheet.freeze_panes == "A3"
    assert [sheet.column_dimensions[it].width for it in "AB"] == [len("Customer ID") + 2, 60]


def test_the_workbook_names_its_source(tmp_path: Path) -> None:
    """The workbook names the file it was made from and has the same read permissions."""
    source = tmp_path / "a_x0041_ & ü.csv"
    source.touch(mode=0o640)
    source.chmod(0o640)
    path = tmp_path / "a.xlsx"
    create_workbook(path, "People", [["Name"]], header_row=1, source=source)
    assert source_of(path) == source.name
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    """The new workbook is refused and the existing file doesn't change."""
    path = tmp_path / "people.xlsx"
    path.write_bytes(b"x")
    with pytest.raises(WorkbookError, match="this file already exists"):
        create(tmp_path, [["Name"]])
    assert path.read_bytes() == b"x"
