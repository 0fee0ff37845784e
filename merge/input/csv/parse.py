"""Parse CSV and TSV as Excel and other programs write them: encoding, delimiter, fields.

Every field stays text as written, with leading zeros and white space.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from merge.errors import WorkbookError
from merge.sheet.addresses import LAST_COLUMN, LAST_ROW
from merge.sheet.number_format import format_value

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_OTHER_KINDS = (
    (b"PK", "an Excel workbook or another zip file", "Give it the ending .xlsx, and name it so."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", "In Excel: File, Save As, Excel Workbook (.xlsx)."),
    (b"%PDF", "a PDF", "Name the table that it was made from."),
    (b"<", "a web page or an XML file", "Open it in Excel, then: File, Save As, Excel Workbook (.xlsx)."),
    (b"{", "a JSON file", "Name a table: a workbook (.xlsx), or a CSV file."),
)
_SAVE_AS_UTF8 = "In Excel: File, Save As, CSV UTF-8."
_UTF16_SAMPLE = 4096
"""Bytes at the start of a file that show whether it is UTF-16."""
_GUESSES = (
    ("cp949", "Korean", "euc_kr", re.compile(r"[\x00-\x7f\uac00-\ud7a3\u3000-\u303f\uff01-\uff5e]+")),
    (
        "cp932",
        "Japanese",
        "cp932",
        re.compile(r"(?=.*[\u3040-\u30ff])[\x00-\x7f\u3000-\u9fff\uff01-\uff9f]+", re.DOTALL),
    ),
    (
        "cp1251",
        "Cyrillic",
        "cp1251",
        re.compile(
            r"(?=.*[\u0400-\u04ff]{3})(?!.*(?:[a-z][\u0400-\u04ff]|[\u0400-\u04ff][a-z])).+",
            re.DOTALL | re.IGNORECASE,
        ),
    ),
)
"""Windows code pages: codec, language, the codec that must accept the bytes, and a pattern for the text."""
_WESTERN = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xA0)}
_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 400
_LONGEST_FIELD = 32_767
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,14})?", re.ASCII)
_END = "\x00the end"
"""An additional last line; it becomes part of a field if a quotation mark was never closed."""


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A parsed file.

    Attributes:
        rows: its records from the first line on; a blank line is a record without fields
        delimiter: the character between fields
        notes: sentences about what was guessed
    """

    rows: tuple[tuple[str, ...], ...]
    delimiter: str
    notes: tuple[str, ...] = ()


def parse_table(data: bytes, place: str, *, tabs: bool = False) -> CsvTable:
    """Parse CSV or TSV.

    Args:
        data: the file's content
        place: its name, for messages
        tabs: whether its name says that fields are separated by tabs

    Raises:
        WorkbookError: the content isn't CSV, is damaged, or is larger than a worksheet
    """
    text, notes = _decode(data, place)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    separator = _SEPARATOR_LINE.fullmatch(lines[0])
    if separator:
        lines = lines[1:]
    delimiter = separator[1] if separator else _find_delimiter(lines, "\t,;|" if tabs else _DELIMITERS)
    rows = tuple(_records(lines, delimiter, place))
    while rows and not rows[-1]:
        rows = rows[:-1]
    _refuse_too_much(rows, place)
    return CsvTable(rows, delimiter, notes)


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


def _decode(data: bytes, place: str) -> tuple[str, tuple[str, ...]]:
    """The text, and notes about a guessed encoding."""
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if encoding is None:
        _refuse_other_kinds(data, place)
        encoding = _utf16_without_mark(data, place) or "utf-8"
    try:
        return data.decode(encoding), ()
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise WorkbookError(
                f"its text is damaged at byte {error.start}", place=place, hint=_SAVE_AS_UTF8
            ) from error
    return _decode_code_page(data)


def _refuse_other_kinds(data: bytes, place: str) -> None:
    if not data.strip(b" \t\r\n\0"):
        raise WorkbookError("it is empty", place=place, hint="Fetch it again from where it came from.")
    start = data[:64].lstrip(b" \t\r\n")
    for beginning, kind, hint in _OTHER_KINDS:
        if start.startswith(beginning):
            raise WorkbookError(f"it is {kind}, whatever its name says", place=place, hint=hint)


def _utf16_without_mark(data: bytes, place: str) -> str | None:
    """UTF-16 has a NUL in about every second byte; any other text has none."""
    if b"\0" not in data:
        return None
    sample = data[:_UTF16_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    many = len(sample) // 8
    if odd > many and even <= odd // 8:
        return "utf-16-le"
    if even > many and odd <= even // 8:
        return "utf-16-be"
    line = data.count(b"\n", 0, data.index(b"\0")) + 1
    raise WorkbookError(
        f"it holds NUL bytes (the first in line {line}), so it is no text or a damaged one",
        place=place,
        hint=f"Fetch it again, or open it in Excel and save it anew. {_SAVE_AS_UTF8}",
    )


def _decode_code_page(data: bytes) -> tuple[str, tuple[str, ...]]:
    for encoding, language, narrow, pattern in _GUESSES:
        with suppress(UnicodeDecodeError):
            if pattern.fullmatch(data.decode(narrow)):
                return data.decode(encoding), (_guess_note(language, encoding),)
    # cp1252 leaves five bytes undefined; they are kept as control characters, as browsers do.
    text = data.decode("latin-1").translate(_WESTERN)
    return text, (_guess_note("Western", "cp1252"),)


def _guess_note(language: str, encoding: str) -> str:
    return (
        f"Its letters are not UTF-8; they were read as those of {language} Windows ({encoding}). "
        f"If names look wrong, save it anew. {_SAVE_AS_UTF8}"
    )


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
    return csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)


def _records(lines: Sequence[str], delimiter: str, place: str) -> Iterator[tuple[str, ...]]:
    reader = csv.reader((f"{line}\n" for line in (*lines, _END)), delimiter=delimiter)
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
        raise _unclosed(first_line, place) from error


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
