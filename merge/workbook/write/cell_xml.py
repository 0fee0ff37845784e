"""The XML of result cells (ECMA-376 part 1, 18.3.1.4 and 18.18.11)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from merge.model import Link, ResultValue
from merge.sheet.serial_dates import EPOCH_1904, MARCH_1900, serial_number
from merge.workbook.xml.parse import encode_xstring, escape

LONGEST_TEXT = 32_767
"""The number of UTF-16 code units that Excel keeps of a cell's text."""
BLANK = b"/>"
"""Content of a cell without a value."""
_MOST_DIGITS = 10**15
"""From here on, Excel would round a whole number."""

_ROWS_AT_ONCE = 1_024
_SURELY_SHORT = LONGEST_TEXT // 2
"""A text of this many characters certainly fits, however many of them take two code units."""


class CellStyle(StrEnum):
    """The kind of format that a cell needs: by its value, except for headers."""

    PLAIN = "plain"
    WRAPPED = "wrapped"
    LINK = "link"
    DATE = "date"
    UTC = "utc"
    BLANK = "blank"
    HEADER = "header"


class LinkedCells:
    """Cells that have a hyperlink, a bit of memory for each row."""

    def __init__(self) -> None:
        self._marks: dict[str, bytearray] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, ref: object) -> bool:
        letters = str(ref).rstrip("0123456789")
        return self.count(letters, [int(str(ref)[len(letters) :] or 0)]) > 0

    def count(self, letters: str, rows: Sequence[int]) -> int:
        """Return how many of a column's cells in these rows are among them."""
        marks = self._marks.get(letters, b"")
        if rows[-1] - rows[0] + 1 == len(rows):
            return marks.count(1, rows[0], rows[-1] + 1)
        return sum(marks[row] for row in rows if row < len(marks))

    def add(self, letters: str, *rows: int) -> None:
        """Add cells of a column, from top to bottom, that aren't among them yet."""
        marks = self._marks.setdefault(letters, bytearray())
        if rows[-1] >= len(marks):
            marks.extend(bytes(rows[-1] + _ROWS_AT_ONCE - len(marks)))
        if rows[-1] - rows[0] + 1 == len(rows):
            marks[rows[0] : rows[-1] + 1] = b"\1" * len(rows)
        else:
            for row in rows:
                marks[row] = 1
        self._count += len(rows)


@dataclass(frozen=True, slots=True)
class CellWriter:
    """Writes values as cells of one sheet.

    Attributes:
        prefix: the sheet's namespace prefix with its colon, or ""
        date1904: whether serial dates count from 1904
        has_date_formats: whether cells can have a date format; otherwise dates are written as text
        linked: addresses of the cells that have a hyperlink, such as `K5`
    """

    prefix: str
    date1904: bool
    has_date_formats: bool
    linked: LinkedCells

    def contents(
        self, letters: str, numbers: Sequence[int], values: Sequence[ResultValue]
    ) -> tuple[list[CellStyle], bytes, list[bytes]]:
        """Return the kinds of many cells of a column, a template for their contents, and what it takes.

        The template takes nothing where all contents are equal. Ordinary texts are escaped together.

        Args:
            letters: the column
            numbers: its rows
            values: a value for each of them
        """
        first, ref = values[0], f"{letters}{numbers[0]}"
        if isinstance(first, str | datetime | None) and values.count(first) == len(values):
            return [self._kind(ref, first)] * len(values), _as_template(self.content(ref, first)), []
        if isinstance(first, Link):
            texts = {it.text if isinstance(it, Link) else "" for it in values}
            linked = self.linked.count(letters, numbers)
            if linked == len(values) and len(texts) == 1 and first.text:
                content = self._inline_string(first.text)
                return [CellStyle.LINK] * len(values), _as_template(content), []
            if not linked:
                values = [it.url or it.text if isinstance(it, Link) else it for it in values]
        ordinary = _ordinary(values)
        if ordinary is None:
            refs = [f"{letters}{number}" for number in numbers]
            kinds = [self._kind(ref, value) for ref, value in zip(refs, values, strict=True)]
            return kinds, b"%b", [self.content(ref, value) for ref, value in zip(refs, values, strict=True)]
        p = self.prefix.encode()
        cell = b' t="inlineStr"><%bis><%bt>%%b</%bt></%bis></%bc>' % (p, p, p, p, p)
        escaped = escape("\0".join(ordinary)).encode().split(b"\0")
        if all(ordinary):
            return [CellStyle.PLAIN] * len(values), cell, escaped
        kinds = [CellStyle.PLAIN if text else CellStyle.BLANK for text in ordinary]
        return kinds, b"%b", [cell % text if text else BLANK for text in escaped]

    def _kind(self, ref: str, value: ResultValue) -> CellStyle:
        match value:
            case None | "" | Link("", ""):
                return CellStyle.BLANK
            case Link() if ref in self.linked:
                return CellStyle.LINK
            case datetime() if self._serial(value) is not None:
                return CellStyle.UTC if value.tzinfo else CellStyle.DATE
            case _:
                return CellStyle.PLAIN

    def content(self, ref: str, value: ResultValue) -> bytes:
        """Return a cell's XML after the `s` attribute; `BLANK` for None, "" and an empty Link."""
        match value:
            case str():
                return self._inline_string(value)
            case None:
                return BLANK
            case bool():
                return self._number(str(int(value)), ' t="b"')
            case int() if abs(value) < _MOST_DIGITS:
                return self._number(str(value))
            case float() if math.isfinite(value):
                return self._number(repr(value))
            case datetime() if (serial := self._serial(value)) is not None:
                return self._number(repr(serial))
            case _:
                return self._inline_string(self.text(ref, value))

    def text(self, ref: str, value: ResultValue) -> str:
        """Return the whole text of a value; a Link that can't be a hyperlink shows its URL."""
        if isinstance(value, Link) and ref not in self.linked:
            return value.url or value.text
        return shown_text(value)

    def _number(self, text: str, kind: str = "") -> bytes:
        p = self.prefix
        return f"{kind}><{p}v>{text}</{p}v></{p}c>".encode()

    def _inline_string(self, text: str) -> bytes:
        if not text:
            return BLANK
        p = self.prefix
        text = escape(encode_xstring(shortened(text)))
        has_space = text != text.strip() or "\n" in text or "\t" in text
        space = ' xml:space="preserve"' if has_space else ""
        return f' t="inlineStr"><{p}is><{p}t{space}>{text}</{p}t></{p}is></{p}c>'.encode()

    def _serial(self, when: datetime) -> float | None:
        return serial_date(when, date1904=self.date1904) if self.has_date_formats else None


def _as_template(content: bytes) -> bytes:
    return content.replace(b"%", b"%%")


def shown_text(value: ResultValue) -> str:
    """Return a value as text."""
    match value:
        case None:
            return ""
        case Link():
            return value.text or value.url
        case datetime():
            return _wall_clock(value).isoformat(" ", "seconds")
        case _:
            return str(value)


def is_too_long(text: str) -> bool:
    """Whether a text is longer than Excel allows in a cell."""
    return len(text) > _SURELY_SHORT and _units(text) > LONGEST_TEXT


def shortened(text: str) -> str:
    """Return as much of a text as Excel keeps; a truncated text ends with an ellipsis."""
    if not is_too_long(text):
        return text
    kept = text[: LONGEST_TEXT - 1]
    while _units(kept) > LONGEST_TEXT - 1:
        kept = kept[: -max(1, (_units(kept) - LONGEST_TEXT + 1) // 2)]
    return kept + "…"


@lru_cache(64)
def serial_date(when: datetime, *, date1904: bool) -> float | None:
    """Return the serial number of a moment, in days; None if the workbook's calendar has none for it.

    A moment with a time zone is converted to UTC. The 1900 calendar is only used from 1 March 1900 on.
    """
    clock = _wall_clock(when)
    if clock < (EPOCH_1904 if date1904 else MARCH_1900):
        return None
    return float(serial_number(clock, date1904=date1904))


def _ordinary(values: Sequence[ResultValue]) -> list[str] | None:
    """Return the values if they are texts that only need `&`, `<` and `>` escaped; None otherwise."""
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) < len(values) or not "".join(texts).isprintable():
        return None
    joined = "\0".join(["", *texts, ""])
    special = "\0 " in joined or " \0" in joined or "_x" in joined
    return None if special or max(map(len, texts), default=0) > _SURELY_SHORT else texts


def _wall_clock(when: datetime) -> datetime:
    return when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
