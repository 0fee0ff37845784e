"""The columns of a worksheet: where the header row is, what its columns are called, which rows are data.

Headers are compared by their normalized name, so that case, extra whitespace, line breaks and full-width
letters make no difference. Templates can also use a header's identifier.
"""

from __future__ import annotations

import difflib
import keyword
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from merge.errors import ColumnError
from merge.model import Cell, CellKind, MergedRange, SheetRow, TableRange, Worksheet
from merge.sheet.addresses import column_letters

PRONUNCIATION: Final = "Pronunciation"
"""The worksheet that lists how words are pronounced; never chosen as the data unless it is named."""
SEARCHED_ROWS: Final = 20
"""How many rows that aren't blank are searched for a header."""

_JINJA_WORDS: Final = frozenset(
    {"true", "false", "none", "self", "super", "caller", "varargs", "kwargs", "loop", "row"}
)
_SIMILARITY: Final = 0.6
_INVISIBLE: Final = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\xad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
)
_NAME_THE_ROW: Final = "Name the row that holds the column names with --header-row."


@dataclass(frozen=True, slots=True)
class Column:
    """One column that has a header.

    Attributes:
        number: counted from 1 (column A)
        header: its text as in the worksheet, stripped
        name: the normalized header; unique within a header row
        identifier: how a template may write it; two columns may share one
    """

    number: int
    header: str
    name: str
    identifier: str


@dataclass(frozen=True, slots=True)
class Header:
    """The header row and the range of the data below it; rows count from 1.

    Attributes:
        row: number of the header row
        columns: every column that has a header, from left to right, including result columns
        first_row: the first row that may hold data
        last_row: the last row of the Excel Table, without its totals; None if the data isn't a Table
        sheet: the worksheet's name, for messages
    """

    row: int
    columns: tuple[Column, ...]
    first_row: int
    last_row: int | None = None
    sheet: str = ""


def normalize(header: str) -> str:
    """Return the form in which headers are compared; idempotent.

    Ignores case, compatibility forms (full-width letters, non-breaking spaces), the kind and amount of
    whitespace, and invisible characters.
    """
    visible = "".join(letter for letter in header if unicodedata.category(letter) != "Cf")
    # Case folding can decompose a composed character and the other way round, so both run twice.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", visible).casefold())
    return " ".join(unicodedata.normalize("NFKC", folded.casefold()).split())


def identifier(header: str) -> str:
    """Return how a template may write a header: `Price (USD)` is `price_usd`, `2026 Price` is `_2026_price`.

    Always a Python identifier. Words reserved by Python, Jinja or castmerge get a trailing `_`.
    """
    letters = (letter if f"_{letter}".isidentifier() else " " for letter in normalize(header))
    name = "_".join("".join(letters).replace("_", " ").split())
    if not name.isidentifier():
        name = f"_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _JINJA_WORDS else name


def suggest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant, or None.

    Recognizes other spellings (`FirstName`, `first-name`), another word order, and typing errors.
    """
    names = list(dict.fromkeys(known))
    for form in (_joined, _sorted_words):
        wanted = form(name)
        for candidate in names:
            if form(candidate) == wanted:
                return candidate
    by_form = {_joined(candidate): candidate for candidate in reversed(names)}
    close = difflib.get_close_matches(_joined(name), by_form, n=1, cutoff=_SIMILARITY)
    return by_form[close[0]] if close else None


def _joined(name: str) -> str:
    return identifier(name).replace("_", "")


def _sorted_words(name: str) -> str:
    return "".join(sorted(identifier(name).split("_")))


def with_placeholders(header: Header, columns: Mapping[str, str]) -> Header:
    """Return the header as a template sees it, with further names for some of its columns.

    Args:
        header: the worksheet's columns
        columns: headers by the placeholder that they fill; a placeholder wins over a header of that name

    Raises:
        ColumnError: one of the headers doesn't exist
    """
    named: list[Column] = []
    for placeholder, wanted in columns.items():
        column = find_column(header, wanted)
        if column is None:
            headers = [each.header for each in header.columns]
            likely = suggest(wanted, headers)
            raise ColumnError(
                f"there is no column '{wanted}' to fill '{placeholder}' from",
                place=header.sheet,
                hint=f"Did you mean '{likely}'?" if likely else f"The columns are: {', '.join(headers)}",
            )
        # `first_name` fills {{ first_name }} and {{ First Name }} alike.
        spellings = dict.fromkeys((placeholder, placeholder.replace("_", " ").strip()))
        named += [_column(column.number, spelling) for spelling in spellings if spelling]
    hidden = {column.identifier for column in named}
    kept = tuple(
        column
        for column in header.columns
        if column.identifier not in hidden or any(column.number == each.number for each in named)
    )
    return replace(header, columns=(*kept, *named)) if named else header


def address(column: int, row: int) -> str:
    """Return a cell's address: column 28, row 5 is `AB5`."""
    return f"{column_letters(column)}{row}"


def is_blank(cell: Cell | None) -> bool:
    """Whether a cell shows nothing; a formula without a stored result isn't blank."""
    if cell is None:
        return True
    return cell.kind is CellKind.TEXT and not str(cell.value).strip(_INVISIBLE)


def data_rows(
    rows: Iterable[SheetRow], header: Header, *, result_columns: Collection[str] = ()
) -> Iterator[SheetRow]:
    """Yield the rows below the header that have a value in one of its columns that isn't a result column.

    Blank rows are skipped; they don't end the data.
    """
    ours = frozenset(map(normalize, result_columns))
    numbers = [column.number for column in header.columns if column.name not in ours]
    for row in rows:
        if row.number < header.first_row or (header.last_row is not None and row.number > header.last_row):
            continue
        if any(not is_blank(row.cells.get(number)) for number in numbers):
            yield row


def find_column(header: Header, name: str) -> Column | None:
    """Find a column by its header (in any case and spacing), or else by its identifier.

    Raises:
        ColumnError: several columns have the name, or it is the identifier of several
    """
    normalized = normalize(name)
    named = [column for column in header.columns if column.name == normalized]
    if named:
        _require_one(named, header)
        return named[0]
    wanted = identifier(name)
    found = [column for column in header.columns if column.identifier == wanted]
    if len({column.number for column in found}) > 1:
        raise ColumnError(
            f"`{name}` could mean either: {_cells(found[0], found[1], header.row)}",
            place=header.sheet,
            hint="Write the header as it stands in the workbook, or rename one of them.",
        )
    return found[0] if found else None


def require_distinct(header: Header) -> None:
    """Check that no two columns have the same name.

    Raises:
        ColumnError: two of them have it
    """
    for column in header.columns:
        _require_one([other for other in header.columns if other.name == column.name], header)


def _require_one(named: Sequence[Column], header: Header) -> None:
    """Check that columns with one name are one column; `--map` may give it further names."""
    second = next((column for column in named if column.number != named[0].number), None)
    if second:
        raise ColumnError(
            f"two columns have the same name: {_cells(named[0], second, header.row)}",
            place=header.sheet,
            hint=f"Rename one of them in the workbook. If this is not the header row: {_NAME_THE_ROW}",
        )


def make_header(
    sheet: Worksheet, row: SheetRow, cells: Mapping[int, Cell], *, first_row: int, last_row: int | None = None
) -> Header:
    """Make a header from the cells that name the columns, by column number.

    Two columns may have the same name as long as nobody uses it; `find_column` refuses it.
    """
    columns = tuple(_column(number, _text(cell)) for number, cell in sorted(cells.items()))
    return Header(row.number, columns, first_row, last_row, sheet.name)


def _column(number: int, text: str) -> Column:
    header = text.strip(_INVISIBLE)
    return Column(number, header, normalize(header), identifier(header))


def _cells(first: Column, second: Column, row: int) -> str:
    return " and ".join(f"{address(each.number, row)} ({_quoted(each)})" for each in (first, second))


def _quoted(column: Column) -> str:
    return f"“{' '.join(column.header.split())}”"


def _text(cell: Cell) -> str:
    """A header cell's text; numbers as they are stored."""
    if cell.kind is CellKind.BOOLEAN:
        return str(cell.value).upper()
    return str(cell.value)


def find_header(sheet: Worksheet, *, header_row: int | None = None, ignored: Collection[str] = ()) -> Header:
    """Find the row that names the columns.

    A given `header_row` is used as is. Otherwise the header of an Excel Table is used: that of the largest
    Table, or of the upper left one if several are equally large. Otherwise it is the first row, among the
    first 20 that aren't blank, whose cells are all text, that has data below it, and that isn't a title.

    A title is a row that is merged across columns; a single cell above a wider sheet or before a blank row;
    a row less than half as wide as the rows below it; or a row narrower than a row of text that follows
    after a blank row.

    Args:
        sheet: the worksheet
        header_row: its number as Excel shows it, or None to search
        ignored: headers of castmerge's own columns. They don't influence the search, but are included in
            the columns found, even right next to a Table

    Raises:
        ColumnError: there is no such row
    """
    ours = frozenset(map(normalize, ignored))
    if header_row is not None:
        return _given_header(sheet, header_row, ours)
    if tables := [table for table in sheet.tables if table.header_rows]:
        return _table_header(sheet, max(tables, key=_table_rank), ours)
    row = _search(sheet, ours)
    return make_header(sheet, row, _header_cells(sheet, row), first_row=row.number + 1)


def _given_header(sheet: Worksheet, number: int, ours: frozenset[str]) -> Header:
    row = next((row for row in sheet.rows if row.number == number), None)
    cells = _header_cells(sheet, row) if row else {}
    if row is None or not cells:
        raise ColumnError(
            f"row {number} was named as the header row, but it is blank",
            place=sheet.name,
            hint=_NAME_THE_ROW,
        )
    for table in sheet.tables:
        if table.header_rows and table.first_row == number and _covers(table, min(cells)):
            return _table_header(sheet, table, ours)
    return make_header(sheet, row, cells, first_row=number + 1)


def _table_rank(table: TableRange) -> tuple[int, int, int]:
    size = (table.last_row - table.first_row + 1) * (table.last_column - table.first_column + 1)
    return size, -table.first_row, -table.first_column


def _covers(area: TableRange | MergedRange, column: int) -> bool:
    return area.first_column <= column <= area.last_column


def _table_header(sheet: Worksheet, table: TableRange, ours: frozenset[str]) -> Header:
    row = next((row for row in sheet.rows if row.number == table.first_row), SheetRow(table.first_row, {}))
    cells = {
        number: cell
        for number, cell in _header_cells(sheet, row).items()
        if _covers(table, number) or normalize(_text(cell)) in ours
    }
    if not cells:
        raise ColumnError(
            f"the Table {table.name} has no column names in row {row.number}",
            place=sheet.name,
            hint=_NAME_THE_ROW,
        )
    last_row = table.last_row - table.totals_rows
    return make_header(sheet, row, cells, first_row=row.number + table.header_rows, last_row=last_row)


def _header_cells(sheet: Worksheet, row: SheetRow) -> dict[int, Cell]:
    """The cells of a header row that aren't blank, including cells merged down into it from above."""
    cells = {number: cell for number, cell in row.cells.items() if not is_blank(cell) and _text(cell)}
    for merge in sheet.merges:
        if merge.first_column == merge.last_column and merge.first_row < row.number <= merge.last_row:
            above = next((other for other in sheet.rows if other.number == merge.first_row), None)
            anchor = above.cells.get(merge.first_column) if above else None
            if anchor is not None and not is_blank(anchor):
                cells.setdefault(merge.first_column, anchor)
    return cells


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One of the first rows, with what the search needs to know about it.

    Attributes:
        row: the row
        width: how many of its cells aren't blank
        block: the same number for rows without a blank row between them
        all_text: whether it could be a header: only text, and not all of it merged across columns
        has_merged: whether some of its cells are merged across columns
    """

    row: SheetRow
    width: int
    block: int
    all_text: bool
    has_merged: bool


def _search(sheet: Worksheet, ours: frozenset[str]) -> SheetRow:
    candidates = _candidates(sheet, ours)
    for index, candidate in enumerate(candidates[:SEARCHED_ROWS]):
        below = candidates[index + 1 :]
        if candidate.all_text and below and not _is_title(candidate, below):
            return candidate.row
    message = (
        f"no row among the first {SEARCHED_ROWS} holds only texts (the column names) with data beneath it"
    )
    raise ColumnError(
        message if candidates else "the worksheet is empty",
        place=sheet.name,
        hint=_NAME_THE_ROW if candidates else "",
    )


def _candidates(sheet: Worksheet, ours: frozenset[str]) -> list[_Candidate]:
    """The rows to search, and one more, because the last of them must have data below it too."""
    candidates: list[_Candidate] = []
    block, previous = 0, 0
    filled = (row for row in sheet.rows if any(not is_blank(cell) for cell in row.cells.values()))
    for row in islice(filled, SEARCHED_ROWS + 1):
        block += row.number > previous + 1
        previous = row.number
        cells = _header_cells(sheet, row)
        theirs = [cell for cell in cells.values() if normalize(_text(cell)) not in ours]
        across = [merge for merge in sheet.merges if _is_merged_across(merge, row.number)]
        all_text = bool(theirs) and all(cell.kind is CellKind.TEXT for cell in theirs)
        merged = [any(_covers(merge, number) for merge in across) for number in cells]
        candidates.append(_Candidate(row, len(cells), block, all_text and not all(merged), any(merged)))
    return candidates


def _is_merged_across(merge: MergedRange, row: int) -> bool:
    return merge.first_row <= row <= merge.last_row and merge.last_column > merge.first_column


def _is_title(candidate: _Candidate, below: list[_Candidate]) -> bool:
    widths = sorted(other.width for other in below)
    headings = [other for other in below[:-1] if other.all_text]
    widest_heading = max((other.width for other in headings), default=0)
    usual_width = max(widest_heading, widths[len(widths) // 2])
    if usual_width > (2 * candidate.width if candidate.width > 1 else 1):
        return True
    following = below[0]
    if following.block > candidate.block and candidate.width == 1 and headings:
        return True
    if candidate.has_merged and following.all_text and following.width > candidate.width:
        return True
    return any(other.block > candidate.block and other.width > candidate.width for other in headings)
