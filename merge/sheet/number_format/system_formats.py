"""Number formats that follow the regional settings of the computer, written out for a locale.

These are the built-in formats 5 to 8, 14 to 22 and 37 to 47, which a workbook refers to only by id, and the
system's long date and time: `[$-F800]`, `[$-F400]`, `[$-x-sysdate]` and `[$-x-systime]`. Excel shows the
system's date or time whatever follows them in their section.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from merge.sheet.number_format.regional_settings import RegionalSettings, regional_settings

_BY_ID: Final = re.compile(r"\[\$-x-id(\d+)\]")
_MARK: Final = "[$-x-id"
_SYSTEM: Final = re.compile(
    r"""\[\$-(?:[0-9a-f]{0,4}(?:(?P<date>f800)|f400)|x-sys(?:(?P<day>date)|time))(?:,[^\]]*)?\]
        (?P<rest>(?:"[^"]*"|\\.|[^;"\\])*)""",
    re.VERBOSE | re.IGNORECASE,
)
_TOKEN: Final = re.compile(r"'(?P<quoted>[^']*)'|(?P<half>t+)|(?P<letter>[dMyHhms]+)|(?P<other>.)")
_GENITIVE: Final = {
    "be": "FC23", "ca": "FC03", "cs": "FC05", "el": "FC08", "fi": "FC0B", "hr": "FC1A", "hy": "FC2B",
    "lt": "FC27", "pl": "FC15", "ru": "FC19", "sk": "FC1B", "uk": "FC22",
}  # fmt: skip
"""Languages whose months have another form after a day, and the LCID that selects it."""
_KOREAN: Final = "412"
"""Selects Korean days for the long date; without a language, they're English."""
_BUDDHIST: Final = "7041E"
"""The calendar and language of Thai Windows."""
_SEPARATORS: Final = {"de": (". ", " "), "ru": (".", ".")}
"""Between day and month, and between month and year, in Excel's own dates with a short month (15 to 17)."""
_DATES: Final = frozenset({14, 15, 16, 17, 22})
_CURRENCIES: Final = frozenset({5, 6, 7, 8, 42, 44})
_IN_PARENTHESES: Final = frozenset({0, 4, 14, 15})
_POSITIVE: Final = ("$n", "n$", "$ n", "n $")
_NEGATIVE: Final = (
    *("($n)", "-$n", "$-n", "$n-", "(n$)", "-n$", "n-$", "n$-"),
    *("-n $", "-$ n", "n $-", "$ n-", "$ -n", "n- $", "($ n)", "(n $)"),
)
"""How Windows numbers the patterns of amounts."""


def by_id(number: int, american: str) -> str:
    """Return a built-in format's code with a mark, by which `system_format` recognizes it."""
    return f"{_MARK}{number}]{american}"


@lru_cache(maxsize=1024)
def is_system_date(code: str) -> bool:
    """Whether a format shows a date in the form of the regional settings."""
    found = _BY_ID.match(code)
    return (
        int(found[1]) in _DATES
        if found
        else any(each["date"] or each["day"] for each in _SYSTEM.finditer(code))
    )


@lru_cache(maxsize=1024)
def is_system_currency(code: str) -> bool:
    """Whether a format shows the currency of the regional settings."""
    found = _BY_ID.match(code)
    return found is not None and int(found[1]) in _CURRENCIES


@lru_cache(maxsize=1024)
def system_format(code: str, locale: str) -> str:
    """Return a format code with the system's formats written out for a locale; other codes are unchanged."""
    if "[$-" not in code:
        return code
    if found := _BY_ID.match(code):
        return _built_in(int(found[1]), code[found.end() :], regional_settings(locale), locale)
    return _SYSTEM.sub(lambda found: _long(found, locale), code)


def _long(found: re.Match[str], locale: str) -> str:
    if not re.search("[dmyhs]", found["rest"], re.IGNORECASE):
        return found[0]
    settings = regional_settings(locale)
    if found["date"] or found["day"]:
        return _dated(_excel(settings.long_date), locale, within_date=True)
    return _excel(settings.long_time)


def _built_in(number: int, american: str, settings: RegionalSettings, locale: str) -> str:
    date, hour = _excel(settings.short_date), "hh" if "HH" in settings.short_time else "h"
    day = "dd" if "dd" in settings.short_date else "d"
    between, before_year = _SEPARATORS.get(locale[:2], ("-", "-"))
    clock = "." if "." in settings.short_time else ":"
    match number:
        case 14:
            return _dated(date, locale)
        case 15:
            return _dated(f"{day}{between}mmm{before_year}yy", locale)
        case 16:
            return f"{day}{between}mmm"
        case 17:
            return _dated(f"mmm{before_year}yy", locale)
        case 20 | 21:
            return american.replace("h", hour).replace(":", clock)
        case 22:
            return _dated(f"{date} {hour}{clock}mm", locale)
        case 18 | 19 | 45 | 46 | 47:
            return american.replace(":", clock)
        case _:
            return _amount(number, american, settings)


def _dated(code: str, locale: str, *, within_date: bool = False) -> str:
    """The code with the language for the system's calendar, and for month names used within a date."""
    language = re.split("[-_]", locale)[0].lower()
    if language == "th":
        return f"[$-{_BUDDHIST}]{code}"
    names = {**_GENITIVE, "ko": _KOREAN}.get(language) if within_date else None
    return f"[$-{names}]{code}" if names else code


def _excel(pattern: str) -> str:
    """Write a pattern of Windows as a format code."""
    return "".join(_excel_token(found) for found in _TOKEN.finditer(pattern))


def _excel_token(found: re.Match[str]) -> str:
    if found["quoted"] is not None:
        return f'"{found["quoted"]}"'
    if found["half"]:
        return "AM/PM"
    return (
        found["letter"].lower() if found["letter"] else found[0] if found[0] in " .,/-:" else f"\\{found[0]}"
    )


def _amount(number: int, american: str, settings: RegionalSettings) -> str:
    """The code of an amount, with or without a currency, and in columns (41 to 44) or not."""
    symbol = f'"{settings.currency}"'
    if settings.positive == 0 and settings.negative == 0:
        return american.replace('"$"', symbol)
    digits = "#,##0.00" if ".00" in american else "#,##0"
    positive, negative = _POSITIVE[settings.positive], _NEGATIVE[settings.negative]
    if number not in _CURRENCIES:
        positive, negative = "n", "(n)" if settings.negative in _IN_PARENTHESES else "-n"
    if "* " in american:
        zero = '"-"??' if ".00" in american else '"-"'
        sections = [(positive, digits), (negative, digits), (positive, zero)]
        return ";".join([*(_in_column(each, shown, symbol) for each, shown in sections), "_-@_-"])
    red = "[Red]" if "[Red]" in american else ""
    after = "_)" if negative.endswith(")") else ""
    return f"{_written(positive, digits, symbol)}{after};{red}{_written(negative, digits, symbol)}"


def _in_column(pattern: str, digits: str, symbol: str) -> str:
    """A section of an accounting format: the symbol at one edge of the cell, the digits at the other."""
    before = "" if pattern.startswith("-") else "_-"
    body = pattern.replace("n", "* n", 1) if pattern.find("$") < pattern.find("n") else pattern
    if body is pattern:
        body = f"-* {pattern[1:]}" if pattern.startswith("-") else f"* {pattern}"
    return f"{before}{_written(body, digits, symbol)}_-"


def _written(pattern: str, digits: str, symbol: str) -> str:
    parts = {"n": digits, "$": symbol, "(": "\\(", ")": "\\)"}
    return "".join(parts.get(character, character) for character in pattern)
