"""The built-in number formats, which a workbook refers to only by id."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from merge.sheet.number_format.system_formats import by_id

_DATE: Final = "m/d/yyyy"

_CODES: Final = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"$"#,##0_);\\("$"#,##0\\)',
    6: '"$"#,##0_);[Red]\\("$"#,##0\\)',
    7: '"$"#,##0.00_);\\("$"#,##0.00\\)',
    8: '"$"#,##0.00_);[Red]\\("$"#,##0.00\\)',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: _DATE,
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: f"{_DATE} h:mm",
    37: "#,##0 ;(#,##0)",
    38: "#,##0 ;[Red](#,##0)",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;[Red](#,##0.00)",
    41: '_(* #,##0_);_(* \\(#,##0\\);_(* "-"_);_(@_)',
    42: '_("$"* #,##0_);_("$"* \\(#,##0\\);_("$"* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)',
    44: '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
}
_EAST_ASIAN_DATES: Final = (*range(27, 37), *range(50, 59))
_THAI: Final = dict(
    zip(range(59, 82), (*range(1, 11), 12, 13, 14, 14, 15, 16, 17, 20, 21, 22, 45, 46, 47), strict=True)
)
"""Ids that have formats only in a Thai Excel, and the id whose format an English Excel shows for each."""

_SYSTEM_IDS: Final = (*range(5, 9), *range(14, 23), *range(37, 48))
_SHOWN: Final = _CODES | {number: by_id(number, _CODES[number]) for number in _SYSTEM_IDS}

BUILTIN_FORMATS: Final[Mapping[int, str]] = MappingProxyType(
    _SHOWN | dict.fromkeys(_EAST_ASIAN_DATES, _SHOWN[14]) | {at: _SHOWN[like] for at, like in _THAI.items()}
)
"""Format code by id: ECMA-376 part 1, 18.8.30, as the English (United States) Excel shows it.

Those that follow the computer's regional settings begin with a mark; `system_format` writes them out.

Three differ from the standard, as in Excel: 14 and 22 have a four-digit year, and 47 has a colon. The
currency formats (5 to 8, 41 to 44) are Excel's, because the standard leaves them open. 27 to 36 and 50 to 58
are dates whose form depends on an East Asian language; they are plain dates here.
"""
