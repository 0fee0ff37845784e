import warnings
from collections.abc import Callable, Collection
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles.numbers import BUILTIN_FORMATS
from python_calamine import SheetTypeEnum, load_workbook

from merge.errors import WorkbookError
from merge.model import Cell, CellKind, Worksheet
from merge.workbook.read.worksheet import read_worksheet, sheet_names
from tests.support.paths import WORKBOOK_FOLDER

FOLDER = WORKBOOK_FOLDER
NOT_FOR_OPENPYXL = {"calamine__whitespace_trim.xlsx"}
"""openpyxl keeps blanks that aren't marked as text; Excel and calamine drop them."""
NOT_FOR_CALAMINE = {"closedxml__tdf111974.xlsm"}
"""calamine can't open it."""
NO_ZIPS = ("LoadPivotTables", "clusterfuzz", "protected_sha512")

CellPosition = tuple[int, int]

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the real workbooks are not in {FOLDER}")


def workbooks(wanted: Callable[[str], bool]) -> pytest.MarkDecorator:
    paths = [path for path in sorted(FOLDER.glob("*.xls[xm]")) if wanted(path.name)]
    return pytest.mark.parametrize("path", paths, ids=[path.name for path in paths])


def is_broken(name: str) -> bool:
    return any(part in name for part in NO_ZIPS)


def by_place(sheet: Worksheet) -> dict[CellPosition, Cell]:
    return {(row.number, column): cell for row in sheet.rows for column, cell in row.cells.items()}


def seen_by_openpyxl(path: Path) -> dict[str, dict[CellPosition, tuple[object, str]]]:
    """Values and number formats by cell."""
    found: dict[str, dict[CellPosition, tuple[object, str]]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about losses that only matter when writing
        book = openpyxl.load_workbook(path, data_only=True, read_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # they may be wrong
            found[sheet.title] = {
                (cell.row, cell.column): (cell.value, cell.number_format)
                for line in sheet.iter_rows()
                for cell in line
                if cell.value is not None
            }
        book.close()
    return found


def seen_by_calamine(path: Path) -> dict[str, dict[CellPosition, object]]:
    book = load_workbook(path)
    found: dict[str, dict[CellPosition, object]] = {}
    for meta in book.sheets_metadata:
        if meta.typ is SheetTypeEnum.WorkSheet:
            sheet = book.get_sheet_by_name(meta.name)
            top, left = sheet.start or (0, 0)
            found[meta.name] = {
                (row, column): value
                for row, line in enumerate(sheet.to_python(), start=top + 1)
                for column, value in enumerate(line, start=left + 1)
            }
    return found


def serial(moment: datetime | date | time | timedelta, *, date1904: bool) -> float:
    match moment:
        case timedelta():
            return moment / timedelta(days=1)
        case time():
            moment = datetime.combine(date(1899, 12, 30), moment)
        case datetime():
            pass
        case date():
            moment = datetime.combine(moment, time())
    days = (moment - datetime(1899, 12, 30)) / timedelta(days=1)
    return days - 1462 if date1904 and days >= 1462 else days - (1 <= days < 61)


def same(cell: Cell | None, theirs: object, *, date1904: bool, unseen: Collection[CellKind]) -> bool:
    """Whether a cell equals another reader's value; dates are compared as serial numbers, to the millisecond.

    A cell of an unseen kind is blank to the other reader.
    """
    match theirs:
        case None | "":
            return cell is None or cell.kind in unseen
        case datetime() | date() | time() | timedelta():
            return (
                cell is not None
                and isinstance(cell.value, int | float)
                and abs(cell.value - serial(theirs, date1904=date1904)) < 1e-8
            )
        case bool():
            return cell is not None and cell.value is theirs
        case _:
            return cell is not None and cell.value == theirs


@pytest.mark.long
@workbooks(lambda name: not is_broken(name))
def test_real_workbooks_are_read_like_two_other_readers_do(path: Path) -> None:
    """Every cell has the value that openpyxl and calamine find, and its number format unless it is built in.

    calamine finds exactly the same cells, also in strict workbooks.
    """
    calamine_sees = seen_by_calamine(path) if path.name not in NOT_FOR_CALAMINE else {}
    openpyxl_sees = seen_by_openpyxl(path) if path.name not in NOT_FOR_OPENPYXL else {}
    for name in calamine_sees.keys() | openpyxl_sees.keys():
        sheet = read_worksheet(path, name)
        ours = by_place(sheet)
        for place, (value, number_format) in openpyxl_sees.get(name, {}).items():
            cell = ours.get(place)
            unseen = [CellKind.UNCALCULATED]
            assert same(cell, value, date1904=sheet.date1904, unseen=unseen), (
                f"{name} {place}: {cell}, {value!r}"
            )
            if cell is not None and number_format not in {"", *BUILTIN_FORMATS.values()}:
                assert cell.number_format == number_format
        theirs = calamine_sees.get(name, {})
        for place in ours.keys() | theirs.keys() if name in calamine_sees else ():
            cell, found = ours.get(place), theirs.get(place)
            unseen = [CellKind.UNCALCULATED, CellKind.ERROR]
            assert same(cell, found, date1904=sheet.date1904, unseen=unseen), (
                f"{name} {place}: {cell}, {found!r}"
            )


@workbooks(is_broken)
def test_damaged_and_encrypted_files_are_refused(path: Path) -> None:
    """The message includes a next step."""
    with pytest.raises(WorkbookError) as caught:
        sheet_names(path)
    assert caught.value.hint
