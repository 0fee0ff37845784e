"""The number formats that a workbook names by id alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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
_THAI: Final = {
    59: 1,
    60: 2,
    61: 3,
    62: 4,
    63: 5,
    64: 6,
    65: 7,
    66: 8,
    67: 9,
    68: 10,
    69: 12,
    70: 13,
    71: 14,
    72: 14,
    73: 15,
    74: 16,
    75: 17,
    76: 20,
    77: 21,
    78: 22,
    79: 45,
    80: 46,
    81: 47,
}
"""What stands in an English Excel for an id that only a Thai one gives a code of its own."""

BUILTIN_FORMATS: Final[Mapping[int, str]] = MappingProxyType(
    _CODES | dict.fromkeys(_EAST_ASIAN_DATES, _DATE) | {at: _CODES[like] for at, like in _THAI.items()}
)
"""Format code by id: ECMA-376 part 1, 18.8.30, as the English (United States) Excel shows it.

Three differ from the letter of the standard, as Excel does: 14 and 22 have the year in full, 47 has its
colon. The currency formats (5 to 8, 41 to 44) are those of Excel, since the standard leaves them open.
27 to 36 and 50 to 58 are dates whose form depends on an East Asian language; they are plain dates here.
"""
