"""Parse CSV and TSV as Excel and other programs write them: delimiter and fields.

Every field stays text as written, with leading zeros and white space.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from merge.errors import WorkbookError
from merge.sheet.addresses import LAST_COLUMN, LAST_ROW
from merge.sheet.number_format import format_value

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 400
_LONGEST_FIELD = 32_767
_END_OF_FILE = "\x1a\r\n"
"""What a file may end with: line ends, and the end-of-file mark of DOS and CP/M."""
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,14})?", re.ASCII)
_END = "\x00the end"
"""An additional last line, which becomes part of a field if a quotation mark was never closed."""


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A parsed file.

    Attributes:
        rows: its records from the first line on; a blank line is a record without fields
        delimiter: the character between fields
    """

    rows: tuple[tuple[str, ...], ...]
    delimiter: str


def parse_table(text: str, place: str, *, tabs: bool = False) -> CsvTable:
    """Parse CSV or TSV.

    Args:
        text: the file's content
        place: its name, for messages
        tabs: whether its name implies fields separated by tabs

    Raises:
        WorkbookError: the content isn't CSV, is damaged, or is larger than a worksheet
    """
    if max(text.count("\n"), text.count("\r")) > LAST_ROW:
        raise _more_than_a_worksheet(place)
    lines = text.rstrip(_END_OF_FILE).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    # Taking millions of fields apart takes a lot of memory.
    if '"' not in lines[0] and max(map(lines[0].count, _DELIMITERS)) > LAST_COLUMN:
        raise _more_than_a_worksheet(place)
    separator = _SEPARATOR_LINE.fullmatch(lines[0])
    if separator:
        lines = lines[1:]
    delimiter = separator[1] if separator else _find_delimiter(lines, "\t,;|" if tabs else _DELIMITERS)
    rows = tuple(_records(lines, delimiter, place))
    while rows and not rows[-1]:
        rows = rows[:-1]
    _refuse_too_much(rows, place)
    return CsvTable(rows, delimiter)


def plain_number(text: str) -> int | float | None:
    """The number in a field if a General cell would show it exactly as written; None for `007` or `1.50`."""
    if not _PLAIN_NUMBER.fullmatch(text):
        return None
    value = float(text) if "." in text else int(text)
    return value if format_value(value, "General") == text else None


def number_columns(rows: Sequence[Sequence[str]]) -> frozenset[int]:
    """The numbers (A is 1) of columns that hold only plain numbers and blanks."""
    numeric: set[int] = set()
    other: set[int] = set()
    for row in rows:
        for column, text in enumerate(row, start=1):
            if text and column not in other:
                (other if plain_number(text) is None else numeric).add(column)
    return frozenset(numeric - other)


def _find_delimiter(lines: Sequence[str], candidates: str) -> str:
    """The candidate that splits most records into the same number of fields; the first one on a tie."""
    sample = lines[:_SAMPLE_LINES]
    return max(candidates, key=lambda delimiter: _evenness(sample, delimiter))


def _evenness(sample: Sequence[str], delimiter: str) -> tuple[float, int]:
    """The share of records with the most frequent number of fields above one, and that number."""
    try:
        widths = Counter(len(row) for row in _read(sample, delimiter) if any(row))
    except csv.Error:
        return 0.0, 0
    several = {width: count for width, count in widths.items() if width > 1}
    if not several:
        return 0.0, 0
    width = max(several, key=lambda width: (several[width], width))
    return several[width] / widths.total(), width


def _read(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    return csv.reader(_ended(lines), delimiter=delimiter, skipinitialspace=_has_blanks(lines, delimiter))


def _ended(lines: Iterable[str]) -> Iterator[str]:
    return (f"{line}\n" for line in lines)


def _has_blanks(lines: Iterable[str], delimiter: str) -> bool:
    """Whether quotation marks follow a space, as in `Ana, "Boston, MA"`; it isn't part of the value."""
    blank = f'{delimiter} "'
    return any(blank in line for line in lines)


def _records(lines: Sequence[str], delimiter: str, place: str) -> Iterator[tuple[str, ...]]:
    skips = _has_blanks(lines, delimiter)
    reader = csv.reader(_ended((*lines, _END)), delimiter=delimiter, skipinitialspace=skips)
    first_line = 1
    try:
        for record in reader:
            if record == [_END]:
                return
            if reader.line_num > len(lines):
                raise _unclosed(first_line, place)
            yield tuple(record) if any(record) else ()
            first_line = reader.line_num + 1
    except csv.Error as error:
        is_quoted = '"' in lines[first_line - 1]
        raise (_unclosed(first_line, place) if is_quoted else _too_long(first_line, place)) from error


def _unclosed(line: int, place: str) -> WorkbookError:
    return WorkbookError(
        f"a quotation mark in line {line} is never closed",
        place=place,
        hint='Close it. Inside a quoted text, write each quotation mark twice: "".',
    )


def _refuse_too_much(rows: Sequence[Sequence[str]], place: str) -> None:
    if not rows:
        raise WorkbookError("this file is empty", place=place, hint="Export or download it again.")
    if len(rows) > LAST_ROW or max(map(len, rows)) > LAST_COLUMN:
        raise _more_than_a_worksheet(place)
    for number, row in enumerate(rows, start=1):
        if any(len(text) > _LONGEST_FIELD for text in row):
            raise _too_long(number, place)


def _too_long(row: int, place: str) -> WorkbookError:
    return WorkbookError(
        f"a text in row {row} is longer than a cell allows ({_LONGEST_FIELD:,} characters)",
        place=place,
        hint="Shorten it. If it isn't that long, a quotation mark before it isn't closed.",
    )


def _more_than_a_worksheet(place: str) -> WorkbookError:
    return WorkbookError(
        f"this file has more rows or columns than a worksheet ({LAST_ROW:,} and {LAST_COLUMN:,})",
        place=place,
        hint="Split it into smaller ones.",
    )
