"""Regional settings of Windows: short and long dates, times of day and currency, by locale.

The notation is that of Windows: `tt` is the half of the day, `H` an hour of 24, and quoted text is literal.
Currency patterns are Windows' numbers (LOCALE_ICURRENCY, LOCALE_INEGCURR). A locale that isn't listed has
the settings of the CLDR, through Babel: its short date with a four-digit year, its full date, and its
standard currency pattern.

Sources, newest first; where they differ, the newest counts:

1. Kendo UI Core 2026.3.812 (npm `kendo-ui-core`, `js/cultures`): every culture of .NET on Windows 10. Its
   currencies date it to version 1809 or later. Each row below has been compared with it.
2. Wijmo 5.20261.50 (npm `@grapecity/wijmo.cultures`): 47 languages of Windows 8.1 to 10.
3. Globalize 0.1.1 (npm `globalize`, `lib/cultures`): the cultures of .NET on Windows 7.

Newer than Kendo's data is the euro in Croatia (2023, also in Wijmo) and in Bulgaria (2026, as in the CLDR).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True)
class RegionalSettings:
    """How a region writes dates, times and amounts.

    Attributes:
        short_date: pattern in the notation of Windows, such as `dd.MM.yyyy`
        long_date: the same with the month's name, such as `dddd, d. MMMM yyyy`
        short_time: such as `HH:mm`
        long_time: such as `HH:mm:ss`
        currency: the currency's symbol
        positive: 0 is $n, 1 is n$, 2 is $ n, 3 is n $
        negative: Windows' number from 0 to 15; 0 is ($n)
    """

    short_date: str
    long_date: str
    short_time: str
    long_time: str
    currency: str
    positive: int
    negative: int


_SPANISH: Final = "dddd, d 'de' MMMM 'de' yyyy"
_HAN: Final = "yyyy'年'M'月'd'日'"

_WINDOWS: Final = {
    "en_US": ("M/d/yyyy", "dddd, MMMM d, yyyy", "h:mm tt", "$", 0, 0),
    "en_AU": ("d/MM/yyyy", "dddd, d MMMM yyyy", "h:mm tt", "$", 0, 1),
    "en_CA": ("yyyy-MM-dd", "MMMM d, yyyy", "h:mm tt", "$", 0, 1),
    "en_CH": ("dd/MM/yyyy", "dddd, d MMMM yyyy", "HH:mm", "CHF", 2, 2),
    "en_GB": ("dd/MM/yyyy", "dd MMMM yyyy", "HH:mm", "£", 0, 1),
    "en_HK": ("d/M/yyyy", "dddd, d MMMM yyyy", "h:mm tt", "$", 0, 1),
    "en_IE": ("dd/MM/yyyy", "dddd d MMMM yyyy", "HH:mm", "€", 0, 1),
    "en_IN": ("dd-MM-yyyy", "dd MMMM yyyy", "HH:mm", "₹", 2, 12),
    "en_MY": ("d/M/yyyy", "dddd, d MMMM, yyyy", "h:mm tt", "RM", 0, 1),
    "en_NG": ("dd/MM/yyyy", "dddd, d MMMM yyyy", "h:mm tt", "₦", 0, 1),
    "en_NL": ("dd/MM/yyyy", "dddd, d MMMM yyyy", "HH:mm", "€", 2, 12),
    "en_NZ": ("d/MM/yyyy", "dddd, d MMMM yyyy", "h:mm tt", "$", 0, 1),
    "en_PH": ("dd/MM/yyyy", "dddd, d MMMM yyyy", "h:mm tt", "₱", 0, 1),
    "en_SG": ("d/M/yyyy", "dddd, d MMMM yyyy", "h:mm tt", "$", 0, 1),
    "en_ZA": ("yyyy/MM/dd", "dddd, dd MMMM yyyy", "HH:mm", "R", 0, 1),
    "ar_AE": ("dd/MM/yyyy", "dd MMMM, yyyy", "hh:mm tt", "د.إ.\u200f", 3, 8),
    "ar_EG": ("dd/MM/yyyy", "dd MMMM, yyyy", "hh:mm tt", "ج.م.\u200f", 3, 8),
    "ar_KW": ("dd/MM/yyyy", "dd MMMM, yyyy", "hh:mm tt", "د.ك.\u200f", 3, 8),
    "ar_MA": ("dd-MM-yyyy", "dd MMMM, yyyy", "H:mm", "د.م.\u200f", 3, 8),
    "ar_QA": ("dd/MM/yyyy", "dd MMMM, yyyy", "hh:mm tt", "ر.ق.\u200f", 3, 8),
    "be_BY": ("dd.MM.yy", "d MMMM yyyy", "HH:mm", "Br", 3, 8),
    "bg_BG": ("d.M.yyyy 'г.'", "dd MMMM yyyy 'г.'", "H:mm", "€", 3, 8),
    "bn_IN": ("dd-MM-yy", "dd MMMM yyyy", "HH.mm", "₹", 2, 12),
    "ca_ES": ("d/M/yyyy", "dddd, d MMMM 'de' yyyy", "H:mm", "€", 3, 8),
    "cs_CZ": ("dd.MM.yyyy", "dddd d. MMMM yyyy", "H:mm", "Kč", 3, 8),
    "da_DK": ("dd-MM-yyyy", "d. MMMM yyyy", "HH:mm", "kr.", 3, 8),
    "de_DE": ("dd.MM.yyyy", "dddd, d. MMMM yyyy", "HH:mm", "€", 3, 8),
    "de_AT": ("dd.MM.yyyy", "dddd, d. MMMM yyyy", "HH:mm", "€", 2, 9),
    "de_CH": ("dd.MM.yyyy", "dddd, d. MMMM yyyy", "HH:mm", "CHF", 2, 2),
    "el_GR": ("d/M/yyyy", "dddd, d MMMM yyyy", "h:mm tt", "€", 3, 8),
    "el_CY": ("d/M/yyyy", "dddd, d MMMM yyyy", "h:mm tt", "€", 3, 8),
    "es_ES": ("dd/MM/yyyy", _SPANISH, "H:mm", "€", 3, 8),
    "es_AR": ("d/M/yyyy", _SPANISH, "HH:mm", "$", 2, 9),
    "es_BO": ("d/M/yyyy", _SPANISH, "HH:mm", "Bs", 0, 1),
    "es_CL": ("dd-MM-yyyy", _SPANISH, "H:mm", "$", 0, 2),
    "es_CO": ("d/MM/yyyy", _SPANISH, "h:mm tt", "$", 2, 9),
    "es_CR": ("d/M/yyyy", _SPANISH, "HH:mm", "₡", 0, 1),
    "es_DO": ("d/M/yyyy", _SPANISH, "h:mm tt", "$", 0, 0),
    "es_EC": ("d/M/yyyy", _SPANISH, "H:mm", "$", 0, 2),
    "es_GT": ("d/MM/yyyy", _SPANISH, "HH:mm", "Q", 0, 1),
    "es_HN": ("d/M/yyyy", "dddd dd 'de' MMMM 'de' yyyy", "HH:mm", "L", 0, 1),
    "es_MX": ("dd/MM/yyyy", _SPANISH, "hh:mm tt", "$", 0, 1),
    "es_NI": ("d/M/yyyy", _SPANISH, "HH:mm", "C$", 0, 1),
    "es_PE": ("d/MM/yyyy", _SPANISH, "HH:mm", "S/", 0, 1),
    "es_PY": ("d/M/yyyy", _SPANISH, "HH:mm", "₲", 2, 12),
    "es_SV": ("d/M/yyyy", _SPANISH, "HH:mm", "$", 0, 1),
    "es_US": ("M/d/yyyy", "dddd, MMMM dd, yyyy", "h:mm tt", "$", 0, 0),
    "es_UY": ("d/M/yyyy", _SPANISH, "H:mm", "$", 2, 9),
    "es_VE": ("d/M/yyyy", _SPANISH, "h:mm tt", "Bs.S", 0, 2),
    "et_EE": ("dd.MM.yyyy", "dddd, d. MMMM yyyy", "HH:mm", "€", 3, 8),
    "fi_FI": ("d.M.yyyy", "dddd d. MMMM yyyy", "H.mm", "€", 3, 8),
    "fr_FR": ("dd/MM/yyyy", "dddd d MMMM yyyy", "HH:mm", "€", 3, 8),
    "fr_BE": ("dd-MM-yy", "dddd d MMMM yyyy", "HH:mm", "€", 3, 8),
    "fr_CA": ("yyyy-MM-dd", "d MMMM yyyy", "HH:mm", "$", 3, 15),
    "fr_CH": ("dd.MM.yyyy", "dddd, d MMMM yyyy", "HH:mm", "CHF", 3, 8),
    "fr_MA": ("dd/MM/yyyy", "dddd d MMMM yyyy", "HH:mm", "DH", 3, 8),
    "ga_IE": ("dd/MM/yyyy", "dddd d MMMM yyyy", "HH:mm", "€", 0, 1),
    "gu_IN": ("dd-MM-yy", "dd MMMM yyyy", "HH:mm", "₹", 0, 12),
    "he_IL": ("dd/MM/yyyy", "dddd dd MMMM yyyy", "HH:mm", "₪", 2, 2),
    "hi_IN": ("dd-MM-yyyy", "dd MMMM yyyy", "HH:mm", "₹", 0, 12),
    "hr_HR": ("d.M.yyyy.", "d. MMMM yyyy.", "H:mm", "€", 3, 8),
    "hu_HU": ("yyyy. MM. dd.", "yyyy. MMMM d., dddd", "H:mm", "Ft", 3, 8),
    "hy_AM": ("dd.MM.yyyy", "d MMMM, yyyy", "HH:mm", "֏", 3, 8),
    "id_ID": ("dd/MM/yyyy", "dddd, dd MMMM yyyy", "HH.mm", "Rp", 0, 1),
    "is_IS": ("d.M.yyyy", "dddd, d. MMMM yyyy", "HH:mm", "kr", 3, 8),
    "it_IT": ("dd/MM/yyyy", "dddd d MMMM yyyy", "HH:mm", "€", 3, 8),
    "it_CH": ("dd.MM.yyyy", "dddd, d MMMM yyyy", "HH:mm", "CHF", 2, 2),
    "ja_JP": ("yyyy/MM/dd", _HAN, "H:mm", "¥", 0, 1),
    "ko_KR": ("yyyy-MM-dd", "yyyy'년' M'월' d'일' dddd", "tt h:mm", "₩", 0, 1),
    "lb_LU": ("dd.MM.yy", "d. MMMM yyyy", "HH:mm", "€", 3, 8),
    "lt_LT": ("yyyy-MM-dd", "yyyy 'm'. MMMM d 'd'., dddd", "HH:mm", "€", 3, 8),
    "lv_LV": ("dd.MM.yyyy", "dddd, yyyy. 'gada' d. MMMM", "HH:mm", "€", 3, 8),
    "mk_MK": ("dd.M.yyyy", "dddd, dd MMMM yyyy", "HH:mm", "ден", 3, 8),
    "mr_IN": ("dd-MM-yyyy", "dd MMMM yyyy", "HH:mm", "₹", 0, 12),
    "ms_MY": ("d/MM/yyyy", "dddd, d MMMM yyyy", "h:mm tt", "RM", 0, 1),
    "nb_NO": ("dd.MM.yyyy", "dddd d. MMMM yyyy", "HH:mm", "kr", 2, 9),
    "nl_NL": ("d-M-yyyy", "dddd d MMMM yyyy", "HH:mm", "€", 2, 12),
    "nl_BE": ("d/MM/yyyy", "dddd d MMMM yyyy", "H:mm", "€", 2, 9),
    "pl_PL": ("dd.MM.yyyy", "dddd, d MMMM yyyy", "HH:mm", "zł", 3, 8),
    "pt_BR": ("dd/MM/yyyy", _SPANISH, "HH:mm", "R$", 2, 9),
    "pt_PT": ("dd/MM/yyyy", "d 'de' MMMM 'de' yyyy", "HH:mm", "€", 3, 8),
    "ro_RO": ("dd.MM.yyyy", "dddd, d MMMM yyyy", "HH:mm", "lei", 3, 8),
    "ru_RU": ("dd.MM.yyyy", "d MMMM yyyy 'г.'", "H:mm", "₽", 3, 8),
    "sk_SK": ("d. M. yyyy", "dddd d. MMMM yyyy", "H:mm", "€", 3, 8),
    "sl_SI": ("d. MM. yyyy", "dddd, dd. MMMM yyyy", "HH:mm", "€", 3, 8),
    "sr_Latn_RS": ("d.M.yyyy.", "dddd, dd. MMMM yyyy.", "HH:mm", "RSD", 3, 8),
    "sv_SE": ("yyyy-MM-dd", "'den' d MMMM yyyy", "HH:mm", "kr", 3, 8),
    "sv_FI": ("dd-MM-yyyy", "dddd d MMMM yyyy", "HH:mm", "€", 3, 8),
    "ta_IN": ("dd-MM-yyyy", "dd MMMM yyyy", "HH:mm", "₹", 2, 12),
    "te_IN": ("dd-MM-yy", "dd MMMM yyyy", "HH:mm", "₹", 0, 12),
    "th_TH": ("d/M/yyyy", "d MMMM yyyy", "H:mm", "฿", 0, 1),
    "tr_TR": ("d.MM.yyyy", "d MMMM yyyy dddd", "HH:mm", "₺", 0, 1),
    "uk_UA": ("dd.MM.yyyy", "d MMMM yyyy 'р.'", "H:mm", "₴", 3, 8),
    "ur_PK": ("dd/MM/yyyy", "dd MMMM, yyyy", "h:mm tt", "Rs", 2, 9),
    "vi_VN": ("dd/MM/yyyy", "dd MMMM yyyy", "h:mm tt", "₫", 3, 8),
    "zh_CN": ("yyyy/M/d", _HAN, "H:mm", "¥", 0, 2),
    "zh_HK": ("d/M/yyyy", _HAN, "H:mm", "HK$", 0, 0),
    "zh_MO": ("d/M/yyyy", _HAN, "H:mm", "MOP", 0, 1),
    "zh_SG": ("d/M/yyyy", _HAN, "tt h:mm", "$", 0, 1),
    "zh_TW": ("yyyy/M/d", _HAN, "tt hh:mm", "NT$", 0, 1),
}
"""Short date, long date, short time, currency symbol, and the patterns of positive and negative amounts.

The long time is the short time with seconds, as in every locale of the source. The first locale of a language
is the language's own.
"""
_EXCEL: Final = {"ja_JP": "yyyy/M/d"}
"""Short dates that Excel shows differently from Windows: without leading zeros in Japanese."""
_MINUTES: Final = re.compile(r"([:.])mm")

_CLDR_TOKEN: Final = re.compile(r"'(?P<quoted>[^']*)'|(?P<run>([A-Za-z])\3*)|(?P<other>.)")
_MARKS: Final = dict.fromkeys(map(ord, "\u200e\u200f\u061c"))
_CLDR_LETTERS: Final = {"L": "M", "k": "H", "K": "h", "B": "a", "b": "a", "u": "y"}


@lru_cache(maxsize=128)
def regional_settings(locale: str) -> RegionalSettings:
    """Return the settings of a locale such as `de_DE` or a language; American ones for an unknown one."""
    language, *rest = locale.replace("-", "_").split("_")
    name = "_".join([language.lower(), *(part.upper() if len(part) == len("US") else part for part in rest)])
    listed = next((each for each in (name, _without_script(name)) if each in _WINDOWS), _first_of(name))
    if listed is None:
        return _from_cldr(name) or regional_settings("en_US")
    short_date, long_date, short_time, currency, positive, negative = _WINDOWS[listed]
    return RegionalSettings(
        _EXCEL.get(listed, short_date),
        long_date,
        short_time,
        _MINUTES.sub(r"\1mm\1ss", short_time),
        currency,
        positive,
        negative,
    )


def _without_script(name: str) -> str:
    """Write `zh_Hans_CN` as `zh_CN`."""
    language, _, territory = name.partition("_")
    return f"{language}_{territory.rpartition('_')[2]}"


def _first_of(language: str) -> str | None:
    return next((listed for listed in _WINDOWS if listed.startswith(f"{language}_")), None)


def _from_cldr(name: str) -> RegionalSettings | None:
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - most locales need no Babel
    from babel.core import get_global  # noqa: PLC0415 - most locales need no Babel
    from babel.numbers import get_currency_symbol, get_territory_currencies  # noqa: PLC0415 - see above

    try:
        found = Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return None
    # The most likely subtags of a language are such as `de_Latn_DE`.
    territory = found.territory or get_global("likely_subtags").get(found.language, "").rpartition("_")[2]
    codes = get_territory_currencies(territory, tender=True) if territory else []
    pattern = str(found.currency_formats["standard"].pattern).translate(_MARKS).partition(";")[0]
    before, spaced = pattern.startswith("¤"), bool(re.search(r"\s", pattern.strip()))
    settings = RegionalSettings(
        _windows_pattern(found.date_formats["short"].pattern),
        _windows_pattern(found.date_formats["full"].pattern),
        _windows_pattern(found.time_formats["short"].pattern),
        _windows_pattern(found.time_formats["medium"].pattern),
        get_currency_symbol(codes[0], found) if codes else "¤",
        (0 if before else 1) + 2 * spaced,
        (9 if spaced else 1) if before else 8 if spaced else 5,
    )
    return replace(settings, short_date=re.sub(r"(?<!y)yy?(?!y)", "yyyy", settings.short_date))


def _windows_pattern(pattern: str) -> str:
    """Write a pattern of the CLDR (UTS 35, part 4) in the notation of Windows."""
    return "".join(_windows_token(found) for found in _CLDR_TOKEN.finditer(pattern.translate(_MARKS)))


def _windows_token(found: re.Match[str]) -> str:
    if found["quoted"] is not None:
        return f"'{found['quoted']}'" if found["quoted"] else ""
    run = found["run"]
    if run is None:
        return " " if found[0].isspace() else found[0]
    letter = _CLDR_LETTERS.get(run[0], run[0])
    match letter:
        case "a":
            return "tt"
        case "E" | "c":
            return "dddd" if len(run) > 3 else "ddd"  # noqa: PLR2004 - EEEE
        case "y":
            return "yy" if len(run) == 2 else "yyyy"  # noqa: PLR2004 - yy
        case "d" | "M" | "H" | "h" | "m" | "s":
            return letter * min(len(run), 4)
        case _:
            return ""
