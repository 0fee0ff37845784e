"""A value as the XML of its cell (ECMA-376 part 1, 18.3.1.4 and 18.18.11)."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from enum import Enum

from merge.model import Link, ResultValue
from merge.sheet.serial_dates import EPOCH_1904, MARCH_1900, serial_number
from merge.workbook.xml.parse import encode_xstring, escape

LONGEST_TEXT = 32_767
"""UTF-16 units that Excel keeps of a cell's text."""
_MOST_DIGITS = 10**15
"""From here on Excel would round a whole number."""

_ORDINARY = re.compile("(?!\\s)[^\x00-\x1f\ud800-\udfff\ufffe\uffff]{1,16000}(?<!\\s)")
"""Text that needs no more than the escapes of any XML, as nearly all results."""


class CellStyle(Enum):
    """What kind of style a value needs."""

    PLAIN = "plain"
    LINK = "link"
    DATE = "date"


def cell_xml(ref: str, style: int, value: ResultValue, prefix: str, *, date1904: bool) -> str:
    """A cell with a value; a blank one where the value is None or "".

    Args:
        ref: its address, such as `K5`
        style: index of its format in `cellXfs`
        value: what it shows; a Link as its text
        prefix: the sheet's namespace prefix with its colon, or ""
        date1904: whether serial dates count from 1904
    """
    styled = f' s="{style}"' if style else ""
    start = f'<{prefix}c r="{ref}"{styled}'
    if is_blank(value):
        return f"{start}/>"
    if isinstance(value, str) and _ORDINARY.fullmatch(value) and "_x" not in value:
        content = escape(value)
        return f'{start} t="inlineStr"><{prefix}is><{prefix}t>{content}</{prefix}t></{prefix}is></{prefix}c>'
    kind, content = _content(value, date1904=date1904)
    if kind != "inlineStr":
        typed = f' t="{kind}"' if kind else ""
        return f"{start}{typed}><{prefix}v>{content}</{prefix}v></{prefix}c>"
    space = ' xml:space="preserve"' if _shows_blanks(content) else ""
    return (
        f'{start} t="inlineStr"><{prefix}is><{prefix}t{space}>{content}</{prefix}t></{prefix}is></{prefix}c>'
    )


def is_blank(value: ResultValue) -> bool:
    """Whether the value leaves its cell empty."""
    if isinstance(value, str):
        return not value
    match value:
        case None:
            return True
        case Link():
            return not (value.text or value.url)
        case _:
            return False


def shown_text(value: ResultValue) -> str:
    """What a value is as text, whole."""
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
    """Whether Excel would not keep all of a text."""
    return len(text) > LONGEST_TEXT // 2 and _units(text) > LONGEST_TEXT


def serial_date(when: datetime, *, date1904: bool) -> float | None:
    """The serial number of a moment, in days; None where the workbook's calendar has none for it.

    A moment with a time zone is put down as UTC. Excel counts a 29 February 1900 that never was, so
    the 1900 calendar is used from 1 March 1900 on.
    """
    clock = _wall_clock(when)
    if clock < (EPOCH_1904 if date1904 else MARCH_1900):
        return None
    return float(serial_number(clock, date1904=date1904))


def usual_style(value: ResultValue, *, date1904: bool) -> CellStyle:
    """Which style a value needs: a date its number format, a link its colour."""
    match value:
        case str():
            return CellStyle.PLAIN
        case Link():
            return CellStyle.LINK
        case datetime() if serial_date(value, date1904=date1904) is not None:
            return CellStyle.DATE
        case _:
            return CellStyle.PLAIN


def escaped_text(text: str) -> str:
    """Text as it stands in a cell's XML: control characters and what looks like one as `_xHHHH_`."""
    return escape(encode_xstring(shortened(text)))


def shortened(text: str) -> str:
    """Text as far as Excel keeps it; where it is longer, it ends with an ellipsis."""
    if not is_too_long(text):
        return text
    kept = text[: LONGEST_TEXT - 1]
    while _units(kept) > LONGEST_TEXT - 1:
        kept = kept[: -max(1, (_units(kept) - LONGEST_TEXT + 1) // 2)]
    return kept + "…"


def _content(value: ResultValue, *, date1904: bool) -> tuple[str, str]:
    """The cell's type and its content."""
    match value:
        case str():
            return "inlineStr", escaped_text(value)
        case bool():
            return "b", str(int(value))
        case int() if abs(value) < _MOST_DIGITS:
            return "", str(value)
        case float() if math.isfinite(value):
            return "", repr(value)
        case datetime():
            serial = serial_date(value, date1904=date1904)
            if serial is not None:
                return "", repr(serial)
        case _:
            pass
    return "inlineStr", escaped_text(shown_text(value))


def _shows_blanks(content: str) -> bool:
    return content[:1].isspace() or content[-1:].isspace() or "\n" in content or "\t" in content


def _wall_clock(when: datetime) -> datetime:
    return when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
