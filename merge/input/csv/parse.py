"""Tables as text (CSV, TSV), as Excel and other programs write them in any country.

Every field is text as it is written: leading zeros, dates and blanks stay.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from merge.errors import WorkbookError
from merge.input.csv.encoding import decoded
from merge.sheet.addresses import LAST_COLUMN, LAST_ROW
from merge.sheet.number_format import format_value

ENDINGS = frozenset({".csv", ".tsv", ".tab", ".txt"})
"""What the names of such files end in."""

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 400
_LONGEST_FIELD = 32_767
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,14})?", re.ASCII)
_END = "\x00the end"
"""A last line of our own: it stays by itself unless a quotation mark was never closed."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table as it is written.

    Attributes:
        rows: its records from the first line on; blank lines are records without fields
        delimiter: what stands between fields
        notes: what was guessed, in words
    """

    rows: tuple[tuple[str, ...], ...]
    delimiter: str
    notes: tuple[str, ...] = ()


def parse_table(data: bytes, place: str, *, tabs: bool = False) -> TextTable:
    """Read delimited text.

    Args:
        data: the file's bytes
        place: its name, for messages
        tabs: whether its name says that tabs stand between its fields

    Raises:
        WorkbookError: it is no such text, or holds more than a worksheet can.
    """
    text, notes = decoded(data, place)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    told = _SEPARATOR_LINE.fullmatch(lines[0])
    if told:
        lines = lines[1:]
    delimiter = told[1] if told else _delimiter(lines, "\t,;|" if tabs else _DELIMITERS)
    rows = tuple(_records(lines, delimiter, place))
    while rows and not rows[-1]:
        rows = rows[:-1]
    _refuse_too_much(rows, place)
    return TextTable(rows, delimiter, notes)


def plain_number(text: str) -> int | float | None:
    """The number that a field is, if a cell with it shows exactly what is written; `007`, `1.50` are none."""
    if not _PLAIN_NUMBER.fullmatch(text):
        return None
    value = float(text) if "." in text else int(text)
    return value if format_value(value, "General") == text else None


def number_columns(rows: Sequence[Sequence[str]]) -> frozenset[int]:
    """Which columns (A is 1) hold plain numbers and blanks alone: a template can calculate with them."""
    seen: set[int] = set()
    other: set[int] = set()
    for row in rows:
        for column, text in enumerate(row, start=1):
            if text and column not in other:
                (other if plain_number(text) is None else seen).add(column)
    return frozenset(seen - other)


def _delimiter(lines: Sequence[str], candidates: str) -> str:
    """What divides the most records into the same number of fields, more than one; else the first."""
    sample = lines[:_SAMPLE_LINES]
    return max(candidates, key=lambda delimiter: _evenness(sample, delimiter))


def _evenness(sample: Sequence[str], delimiter: str) -> tuple[float, int]:
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
    return csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)


def _records(lines: Sequence[str], delimiter: str, place: str) -> Iterator[tuple[str, ...]]:
    reader = csv.reader((f"{line}\n" for line in (*lines, _END)), delimiter=delimiter)
    begins = 1
    try:
        for record in reader:
            if record == [_END]:
                return
            if reader.line_num > len(lines):
                raise _unclosed(begins, place)
            yield tuple(record) if any(record) else ()
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _unclosed(begins, place) from error


def _unclosed(line: int, place: str) -> WorkbookError:
    return WorkbookError(
        f"a quotation mark is opened in line {line} and never closed",
        place=place,
        hint='Close it; inside of a text that stands in quotation marks, write each as two: "".',
    )


def _refuse_too_much(rows: Sequence[Sequence[str]], place: str) -> None:
    if not rows:
        raise WorkbookError("it is empty", place=place, hint="Fetch it again from where it came from.")
    if len(rows) > LAST_ROW or max(map(len, rows)) > LAST_COLUMN:
        raise WorkbookError(
            f"it has more rows or columns than a worksheet ({LAST_ROW:,} and {LAST_COLUMN:,})",
            place=place,
            hint="Split it into smaller ones.",
        )
    for number, row in enumerate(rows, start=1):
        if any(len(text) > _LONGEST_FIELD for text in row):
            raise WorkbookError(
                f"a text in row {number} is longer than a cell can be ({_LONGEST_FIELD:,} characters)",
                place=place,
                hint="Shorten it; if it is not that long, a quotation mark before it is not closed.",
            )
