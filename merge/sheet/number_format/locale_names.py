"""The language of a number format: its code (`[$-409]`), and names and separators in that language.

An LCID is up to eight hex digits: two for the shape of digits, two for the calendar, four for the language. A
language tag may have the upper four digits after a comma (`[$-th-TH,D07]`).
The names are Babel's, except where Windows has different ones. Source: Kendo UI Core 2026.3.812 (npm
`kendo-ui-core`, `js/cultures`), which has the names, separators and halves of the day of Windows 10.
"""

from __future__ import annotations

import locale as standard_locale
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from merge.sheet.number_format.calendars import EraSystem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from babel import Locale

_Entry = TypeVar("_Entry")

_SYSTEM: Final = frozenset({0, 0xF800, 0xF400})
_SYSTEM_TAGS: Final = frozenset({"", "x-sysdate", "x-systime"})
_GENITIVE: Final = 0xFC00
_LANGUAGE_BITS: Final = 0x3FF
_FIRST_YEAR: Final = "-x-gannen"
_SHOWN_BITS: Final = 0x7F
"""The eighth bit is about how such a date is typed, not how it is shown."""
_LANGUAGE_TAG: Final = re.compile(
    r"([a-z]{2,3}(?:-[a-z0-9]+)*|x-[a-z]+)?(?:,([0-9a-f]{1,4}))?", re.IGNORECASE
)
_LCID: Final = re.compile(r"(?=[a-f]*[0-9])([0-9a-f]{1,8})(?:,.*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Language:
    """The language of a number format.

    Attributes:
        locale: such as `de_DE`; "" for the reader's
        shape: number of the shape of digits; 0 for Western digits
        calendar: number of the calendar in Windows; 0 for Gregorian
        inflected: whether month names have the form they take within a date
        first_year: whether the first year of a Japanese era has a name instead of a number
    """

    locale: str = ""
    shape: int = 0
    calendar: int = 0
    inflected: bool = False
    first_year: bool = False


@lru_cache(maxsize=512)
def parse_language(code: str) -> Language:
    """Parse a hexadecimal LCID or a language tag; an unknown one is English."""
    if lcid := _LCID.fullmatch(code):
        return _by_number(int(lcid[1], 16))
    first_year = _FIRST_YEAR in code.lower()
    found = _LANGUAGE_TAG.fullmatch(code.lower().replace(_FIRST_YEAR, ""))
    if not found:
        return Language("en")
    upper = int(found[2] or "0", 16)
    tag = found[1] or ""
    locale = "" if tag in _SYSTEM_TAGS else tag.replace("-", "_")
    return Language(locale, upper >> 8 & _SHOWN_BITS, upper & _SHOWN_BITS, first_year=first_year)


def _by_number(number: int) -> Language:
    shape, calendar, lcid = number >> 24 & _SHOWN_BITS, number >> 16 & _SHOWN_BITS, number & 0xFFFF
    if lcid in _SYSTEM:
        return Language("", shape, calendar)
    inflected = lcid >= _GENITIVE
    known = 0x400 | (lcid & _LANGUAGE_BITS) if inflected else lcid
    return Language(standard_locale.windows_locale.get(known, "en"), shape, calendar, inflected)


@dataclass(frozen=True, slots=True)
class LocaleNames:
    """Names and separators of a language; months begin with January, days with Saturday.

    Attributes:
        weekdays: the short days for `aaa`, one character in Japanese and Chinese
        long_weekdays: the days for `aaaa`
        halves: morning and afternoon
        decimal: replaces the `.` of the format
        group: replaces the `,` between thousands
        pairs: whether the digits before the last three are in groups of two: `12,34,567`
        era_system: how years are counted in a format that shows an era
    """

    months: tuple[str, ...]
    short_months: tuple[str, ...]
    days: tuple[str, ...]
    short_days: tuple[str, ...]
    weekdays: tuple[str, ...]
    long_weekdays: tuple[str, ...]
    halves: tuple[str, str] = ("AM", "PM")
    decimal: str = "."
    group: str = ","
    pairs: bool = False
    era_system: EraSystem = EraSystem.COMMON


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ENGLISH: Final = LocaleNames(
    months=_split("January February March April May June July August September October November December"),
    short_months=_split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    days=_split("Saturday Sunday Monday Tuesday Wednesday Thursday Friday"),
    short_days=_split("Sat Sun Mon Tue Wed Thu Fri"),
    weekdays=_split("Sat Sun Mon Tue Wed Thu Fri"),
    long_weekdays=_split("Saturday Sunday Monday Tuesday Wednesday Thursday Friday"),
)

_FROM_SATURDAY: Final = (5, 6, 0, 1, 2, 3, 4)
# Languages whose months are inflected within a date. Only for these the stand-alone names are read, because
# Babel 2.18 may return another language's stand-alone names for the rest.
_INFLECTED: Final = frozenset({"be", "ca", "cs", "el", "fi", "hr", "hy", "lt", "pl", "ru", "sk", "uk"})
_TRADITIONAL_MONTHS: Final = _split("一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月")
_MONTHS_OF_WINDOWS: Final = {
    "hi": _split("जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितम्बर अक्तूबर नवम्बर दिसम्बर"),
    "vi": tuple(
        f"Tháng {number}"
        for number in (*_split("Giêng Hai Ba Tư Năm Sáu Bảy Tám Chín Mười"), "Mười Một", "Mười Hai")
    ),
    "zh_HK": _TRADITIONAL_MONTHS,
    "zh_MO": _TRADITIONAL_MONTHS,
    "zh_TW": _TRADITIONAL_MONTHS,
}
_SHORT_MONTHS_OF_WINDOWS: Final = {
    "ca": _split("gen. febr. març abr. maig juny jul. ag. set. oct. nov. des."),
    "de": _split("Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
    "de_AT": _split("Jän Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
    "de_CH": _split("Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
    "el": _split("Ιαν Φεβ Μαρ Απρ Μαϊ Ιουν Ιουλ Αυγ Σεπ Οκτ Νοε Δεκ"),
    "es": _split("ene feb mar abr may jun jul ago sep oct nov dic"),
    "fr_CA": _split("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."),
    "he": _split("ינו פבר מרץ אפר מאי יונ יול אוג ספט אוק נוב דצמ"),
    "hi": _MONTHS_OF_WINDOWS["hi"],
    "hr": _split("sij vlj ožu tra svi lip srp kol ruj lis stu pro"),
    "nb": _split("jan feb mar apr mai jun jul aug sep okt nov des"),
    "ru": _split("янв фев мар апр май июн июл авг сен окт ноя дек"),
    "sv": _split("jan feb mar apr maj jun jul aug sep okt nov dec"),
    "uk": _split("Січ Лют Бер Кві Тра Чер Лип Сер Вер Жов Лис Гру"),
    "vi": tuple(f"Thg{number}" for number in range(1, 13)),
    "zh_HK": _TRADITIONAL_MONTHS,
    "zh_MO": _TRADITIONAL_MONTHS,
    "zh_TW": _TRADITIONAL_MONTHS,
}
_SATURDAY_OF_WINDOWS: Final = {"he": "שבת"}
_SHORT_DAYS_OF_WINDOWS: Final = {
    "el": _split("Σαβ Κυρ Δευ Τρι Τετ Πεμ Παρ"),
    "pt_PT": _split("sáb dom seg ter qua qui sex"),
    "sv": _split("lör sön mån tis ons tor fre"),
    "th": _split("ส. อา. จ. อ. พ. พฤ. ศ."),
    "vi": _split("T7 CN T2 T3 T4 T5 T6"),
}
_HALVES_OF_WINDOWS: Final = {
    "el_GR": ("πμ", "μμ"),
    "es": ("a. m.", "p. m."),
    "es_US": ("AM", "PM"),
    "ko": ("오전", "오후"),
    **dict.fromkeys(("en_HK", "en_IE", "en_NG", "en_NZ", "en_PH", "en_SG", "en_ZA"), ("am", "pm")),
}
_SEPARATORS_OF_WINDOWS: Final = {
    "fa_IR": ("/", ","),
    "rm_CH": (".", "’"),
    "wae_CH": (",", "’"),
    "wal_ET": (".", "’"),
    **dict.fromkeys(
        _split("ar_DZ ar_LB ar_LY ar_MA ar_TN ff_Latn_NG ff_NG hy nqo_GN to_TO"),
        (".", ","),
    ),
    **dict.fromkeys(
        _split(
            "arn_CL en_AT en_BE en_CH en_DE en_DK en_ID en_NL en_SI fr_BE fr_MA fur_IT gl_ES gn_PY"
            " nds_DE nds_NL"
        ),
        (",", "."),
    ),
    **dict.fromkeys(
        _split(
            "co_FR cu_RU de_AT en_FI en_SE en_ZA fr_CH fr_RW gsw_FR ksh_DE lb oc_FR os_GE os_RU sma_NO"
            " sma_SE smj_NO smj_SE sms_FI st_LS st_ZA wo_SN"
        ),
        (",", "\u00a0"),
    ),
    **dict.fromkeys(("nso_ZA", "tn_BW", "tn_ZA"), (".", "\u00a0")),
}
"""The decimal separator, and the one between thousands.

Excel takes those of numbers for amounts too, although Windows has others for amounts in Austria and
Switzerland: its option “Use system separators” means the symbols under “Numbers” in the region's settings
(https://excelatfinance.com/xlf18/xlf-decimal-separator-dot-to-comma.php).
"""
_IN_PAIRS: Final = frozenset(
    _split("as bn brx dz en_IN gu hi kok ks ml mr or pa_Guru pa_IN sa ta_IN ta_LK te")
)
"""Languages, or locales, whose digits are grouped by twos before the last three: lakhs and crores."""
_UNINFLECTED_DAYS: Final = frozenset({"fi"})
"""Languages whose days Excel shows in the stand-alone form, not in the form within a date."""
_WITH_FULL_STOP: Final = frozenset({"ca", "fr", "hu", "is", "pl", "ro", "th"})
"""Languages whose short names keep their full stop in Windows 7 and 10; it isn't shown in the others."""
_CAPITAL: Final = frozenset({"ru"})
"""Languages whose stand-alone months and short days begin with a capital letter."""
_MAIN_TERRITORIES: Final = {"ja": "JP", "zh": "CN"}
_CHINESE_DAYS: Final = _split("六 日 一 二 三 四 五")
_WITH_CHINESE_DAYS: Final = frozenset({("zh", "CN"), ("zh", "SG")})
"""Territories where `aaa` shows only the character that differs from day to day."""
_ENGLISH_MONTHS_AND_DAYS: Final = frozenset({"ja", "ko", "zh"})
_ERA_SYSTEMS: Final = {("ja", "JP"): EraSystem.JAPANESE, ("zh", "TW"): EraSystem.TAIWANESE}
_ISLAMIC: Final = (
    *("Muharram", "Safar", "Rabiʻ I", "Rabiʻ II", "Jumada I", "Jumada II"),
    *("Rajab", "Shaʻban", "Ramadan", "Shawwal", "Dhuʻl-Qiʻdah", "Dhuʻl-Hijjah"),
)
_ISLAMIC_IN_ARABIC: Final = (
    *("محرم", "صفر", "ربيع الأول", "ربيع الثاني", "جمادى الأولى", "جمادى الثانية"),
    *("رجب", "شعبان", "رمضان", "شوال", "ذو القعدة", "ذو الحجة"),
)


@lru_cache(maxsize=128)
def names_for(locale: str) -> LocaleNames:
    """Return the names of a locale such as `de_DE`; English names for an unknown locale."""
    language, _, territory = locale.replace("-", "_").partition("_")
    if language.lower().startswith("en"):
        name = f"en_{territory.upper()}"
        decimal, group = _SEPARATORS_OF_WINDOWS.get(name, (ENGLISH.decimal, ENGLISH.group))
        halves = _HALVES_OF_WINDOWS.get(name, ENGLISH.halves)
        return replace(ENGLISH, halves=halves, decimal=decimal, group=group, pairs=name in _IN_PAIRS)
    return _from_babel(locale.replace("-", "_")) or ENGLISH


@lru_cache(maxsize=128)
def readers_names(locale: str) -> LocaleNames:
    """Return the names of a reader's locale, for formats that don't select a language.

    In Chinese, Japanese and Korean, `mmm` and `ddd` are then English; only `aaa` and `aaaa` are in the
    reader's language. Sources: tables of what Excel shows, in Japanese
    (https://biz-data-analytics.com/excel/1678/), Korean (https://mrlee-sub.tistory.com/1296) and Chinese
    (https://m.163wenku.com/p-455822.html).
    """
    names = names_for(locale)
    if locale[:2].lower() not in _ENGLISH_MONTHS_AND_DAYS:
        return names
    return replace(
        names,
        months=ENGLISH.months,
        short_months=ENGLISH.short_months,
        days=ENGLISH.days,
        short_days=ENGLISH.short_days,
    )


@lru_cache(maxsize=128)
def names_in(language: Language) -> LocaleNames | None:
    """Return the names of a format's language, or None if the reader's language is used."""
    if language.inflected:
        return _from_babel(language.locale, inflected=True) or ENGLISH
    return names_for(language.locale) if language.locale else None


@lru_cache(maxsize=128)
def with_islamic_months(names: LocaleNames) -> LocaleNames:
    """Return the same names with the months of the Islamic calendar."""
    arabic = any("\u0600" <= letter <= "\u06ff" for letter in names.months[0])
    months = _ISLAMIC_IN_ARABIC if arabic else _ISLAMIC
    return replace(names, months=months, short_months=months)


def _from_babel(name: str, *, inflected: bool = False) -> LocaleNames | None:
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - English needs no Babel

    try:
        found = Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return None
    inflects = found.language in _INFLECTED
    place = found.language, found.territory or _MAIN_TERRITORIES.get(found.language, "")
    months, days = found.months["format"], found.days["format"]
    wide = found.months["stand-alone"]["wide"] if inflects and not inflected else months["wide"]
    symbols, periods = found.number_symbols["latn"], found.day_periods["format"]["abbreviated"]
    shaped = str.capitalize if found.language in _CAPITAL else str
    long_days = found.days["stand-alone"] if found.language in _UNINFLECTED_DAYS else days
    saturday, *others = (long_days["wide"][day] for day in _FROM_SATURDAY)
    full_days = (_SATURDAY_OF_WINDOWS.get(found.language, saturday), *others)
    abbreviated = _of_windows(_SHORT_DAYS_OF_WINDOWS, found) or tuple(
        days["abbreviated"][day] for day in _FROM_SATURDAY
    )
    decimal, group = _of_windows(_SEPARATORS_OF_WINDOWS, found) or (symbols["decimal"], symbols["group"])
    return LocaleNames(
        months=_of_windows(_MONTHS_OF_WINDOWS, found)
        or tuple(wide[month] if inflected else shaped(wide[month]) for month in range(1, 13)),
        short_months=_of_windows(_SHORT_MONTHS_OF_WINDOWS, found)
        or tuple(_short(months["abbreviated"][month], found.language) for month in range(1, 13)),
        days=full_days,
        short_days=tuple(shaped(_short(day, found.language)) for day in abbreviated),
        weekdays=_CHINESE_DAYS if place in _WITH_CHINESE_DAYS else abbreviated,
        long_weekdays=full_days,
        halves=_of_windows(_HALVES_OF_WINDOWS, found) or (periods.get("am", "AM"), periods.get("pm", "PM")),
        decimal=decimal,
        # Windows has only the typographic apostrophe.
        group=group.replace("'", "’"),
        pairs=not _IN_PAIRS.isdisjoint({found.language, f"{found.language}_{found.territory or 'IN'}"}),
        era_system=_ERA_SYSTEMS.get(place, EraSystem.COMMON),
    )


def _of_windows(table: Mapping[str, _Entry], found: Locale) -> _Entry | None:
    """The entry of the locale, or else of its language."""
    return table.get(f"{found.language}_{found.territory}") or table.get(found.language)


def _short(name: str, language: str) -> str:
    """The name without its full stop, unless the language keeps it or it has others (`ມ.ກ.`)."""
    keeps_stop = language in _WITH_FULL_STOP or "." in name[:-1]
    return name if keeps_stop else name.removesuffix(".")
