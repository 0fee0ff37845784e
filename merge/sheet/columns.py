"""The columns of a worksheet: their names, how they are found by name, and which rows are data.

Headers are compared by their normalized name, so that case, extra whitespace, line breaks and full-width
letters make no difference. Templates can also use a header's identifier.
"""

from __future__ import annotations

import difflib
import keyword
import math
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from merge.errors import ColumnError
from merge.model import Cell, CellKind, SheetRow
from merge.sheet.addresses import column_letters

PRONUNCIATION: Final = "Pronunciation"
"""The worksheet with the pronunciation list; never chosen as the data unless it is named."""

_JINJA_WORDS: Final = frozenset(
    {"true", "false", "none", "self", "super", "caller", "varargs", "kwargs", "loop", "row"}
)
_SIMILARITY: Final = 0.6
_REMEMBERED: Final = 512
"""The number of cached headers: the same few are compared again and again."""
_MOST_NAMED: Final = 30
"""The maximum number of columns that a message lists."""
_MOST_COMPARED: Final = 1000
"""The maximum number of names that are compared with a misspelled one letter by letter."""
_ASCII_WORD: Final = re.compile("[a-z0-9]+")
_INVISIBLE: Final = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\xad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column that has a header.

    Attributes:
        number: counted from 1 (column A)
        header: its text as in the worksheet, stripped
        name: the normalized header; several columns may share it as long as nothing uses one of them
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
        last_row: the last row of the Excel Table, without its totals, or the row above a Table that is below
            a plain list; None if nothing ends the list
        sheet: the worksheet's name, for messages
        table: the Excel Table's name; "" for a plain list
    """

    row: int
    columns: tuple[Column, ...]
    first_row: int
    last_row: int | None = None
    sheet: str = ""
    table: str = ""

    def __hash__(self) -> int:
        """A hash that doesn't read thousands of columns: what is known of a header is looked up by it."""
        return hash((self.sheet, self.table, self.row, len(self.columns)))


@lru_cache(_REMEMBERED)
def normalize(header: str) -> str:
    """Return the form in which headers are compared; idempotent.

    Ignores case, compatibility forms (full-width letters, non-breaking spaces), the kind and amount of
    whitespace, and invisible characters.
    """
    if header.isascii():
        return " ".join(header.casefold().split())
    visible = "".join(letter for letter in header if unicodedata.category(letter) != "Cf")
    # Case folding can decompose a composed character and the other way round, so both run twice.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", visible).casefold())
    return " ".join(unicodedata.normalize("NFKC", folded.casefold()).split())


@lru_cache(_REMEMBERED)
def identifier(header: str) -> str:
    """Return how a template may write a header: `Price (USD)` is `price_usd`, `2026 Price` is `_2026_price`.

    Always an identifier of both Python and Jinja, whose tables of letters are of different Unicode versions.
    Words reserved by Python, Jinja or castmerge get a trailing `_`.
    """
    normal = normalize(header)
    if normal.isascii():
        name = "_".join(_ASCII_WORD.findall(normal))
    else:
        letters = (letter if _may_be_in_a_name(letter) else " " for letter in normal)
        name = "_".join("".join(letters).replace("_", " ").split())
    if not name.isidentifier():
        name = f"_{name}"
    return f"{name}_" if keyword.iskeyword(name) or name in _JINJA_WORDS else name


@lru_cache(_REMEMBERED)
def _may_be_in_a_name(letter: str) -> bool:
    # Its table of letters has no other name.
    from jinja2.lexer import name_re  # type: ignore[attr-defined]  # noqa: PLC0415 - slow, and most are ASCII

    name = f"_{letter}"
    return name.isidentifier() and bool(name_re.fullmatch(name))


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
    by_form = {_joined(candidate): candidate for candidate in reversed(names[:_MOST_COMPARED])}
    close = difflib.get_close_matches(_joined(name), by_form, n=1, cutoff=_SIMILARITY)
    return by_form[close[0]] if close else None


def likely_header(wanted: str, header: Header) -> str:
    """Return what to write instead of a header that doesn't exist: the likely one, or one that does."""
    likely = suggest(wanted, [column.header for column in header.columns])
    return f"Did you mean “{likely}”?" if likely else headers_of(header)


def headers_of(header: Header) -> str:
    """Name the columns; only the first of many."""
    names = [" ".join(column.header.split()) for column in header.columns[:_MOST_NAMED]]
    more = len(header.columns) - _MOST_NAMED
    return f"The columns are: {', '.join(names)}" + (f" and {more:,} more" if more > 0 else "")


def _joined(name: str) -> str:
    return identifier(name).replace("_", "")


def _sorted_words(name: str) -> str:
    return "".join(sorted(identifier(name).split("_")))


def with_placeholders(header: Header, columns: Mapping[str, str]) -> Header:
    """Return the header as a template sees it, with further names for some of its columns.

    Args:
        header: the worksheet's columns
        columns: headers by the placeholder that they fill; a placeholder takes precedence over a header of
            that name

    Raises:
        ColumnError: one of the headers doesn't exist
    """
    named: list[Column] = []
    for placeholder, wanted in columns.items():
        column = find_column(header, wanted)
        if column is None:
            raise ColumnError(
                f"there's no column “{wanted}” to fill “{placeholder}” from",
                place=header.sheet,
                hint=likely_header(wanted, header),
            )
        # `first_name` fills both {{ first_name }} and {{ First Name }}.
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
    return filter(data_row_test(header, result_columns=result_columns), rows)


def data_row_test(header: Header, *, result_columns: Collection[str] = ()) -> Callable[[SheetRow], bool]:
    """A function that decides whether a row is one of the data."""
    ours = frozenset(map(normalize, result_columns))
    numbers = [column.number for column in header.columns if column.name not in ours]
    first, last = header.first_row, header.last_row or math.inf

    def is_data(row: SheetRow) -> bool:
        if not first <= row.number <= last:
            return False
        cells = row.cells
        return any(not is_blank(cells.get(number)) for number in numbers)

    return is_data


def find_column(header: Header, name: str) -> Column | None:
    """Find a column by its header (in any case and spacing), or else by its identifier.

    Raises:
        ColumnError: several columns have this header or identifier
    """
    names, identifiers = _columns_by_name(header)
    found = names.get(normalize(name)) or identifiers.get(identifier(name), [])
    if len({column.number for column in found}) > 1:
        raise shared_name(header, name, found)
    return found[0] if found else None


@lru_cache(8)
def _columns_by_name(header: Header) -> tuple[Mapping[str, list[Column]], Mapping[str, list[Column]]]:
    """The columns by their names, and by their identifiers."""
    names: dict[str, list[Column]] = {}
    identifiers: dict[str, list[Column]] = {}
    for column in header.columns:
        names.setdefault(column.name, []).append(column)
        identifiers.setdefault(column.identifier, []).append(column)
    return names, identifiers


def shared_name(header: Header, name: str, columns: Sequence[Column]) -> ColumnError:
    """The error for a name that several columns share."""
    cells = _cells(columns[0], columns[1], header.row)
    if columns[0].name == columns[1].name:
        return ColumnError(
            f"two columns have the same name: {cells}",
            place=header.sheet,
            hint="Rename one of them in the workbook",
        )
    return ColumnError(
        f"`{name}` could mean either: {cells}",
        place=header.sheet,
        hint="Write the header exactly as it is in the workbook, or rename one of them",
    )


def require_distinct(header: Header) -> None:
    """Refuse columns with the same header, because all columns are used.

    Raises:
        ColumnError: names the first two of them
    """
    for column in header.columns:
        find_column(header, column.header)


def make_header(row: int, cells: Mapping[int, Cell], *, sheet: str = "") -> Header:
    """Make the header of a plain list from the cells that name its columns, by column number."""
    columns = tuple(_column(number, cell_text(cell)) for number, cell in sorted(cells.items()))
    return Header(row, columns, row + 1, sheet=sheet)


def _column(number: int, text: str) -> Column:
    header = text.strip(_INVISIBLE)
    return Column(number, header, normalize(header), identifier(header))


def _cells(first: Column, second: Column, row: int) -> str:
    return " and ".join(f"{address(each.number, row)} ({_quoted(each)})" for each in (first, second))


def _quoted(column: Column) -> str:
    return f"“{' '.join(column.header.split())}”"


def cell_text(cell: Cell) -> str:
    """The text of a header cell; numbers as they are stored."""
    if cell.kind is CellKind.BOOLEAN:
        return str(cell.value).upper()
    return str(cell.value)
