"""Formats that follow the regional settings: dates, times and amounts as Windows shows them."""

from __future__ import annotations

import pytest
from babel import Locale, localedata

from merge.sheet.number_format import BUILTIN_FORMATS, format_value, is_system_currency, is_system_date

DAY, MOMENT, CLOCK = 46082, 46082.6042, 0.37916667
"""1 March 2026; the same day at 14:30; and 9:06."""
LONG_DATE, LONG_TIME = "[$-F800]dddd, mmmm dd, yyyy", "[$-F400]h:mm:ss AM/PM"

REGIONS = [
    ("en_US", "3/1/2026", "Sunday, March 1, 2026", "9:06:00 AM", "($1,200.50)"),
    ("en_AU", "1/03/2026", "Sunday, 1 March 2026", "9:06:00 AM", "-$1,200.50"),
    ("en_CA", "2026-03-01", "March 1, 2026", "9:06:00 AM", "-$1,200.50"),
    ("en_CH", "01/03/2026", "Sunday, 1 March 2026", "09:06:00", "CHF-1.200,50"),
    ("en_GB", "01/03/2026", "01 March 2026", "09:06:00", "-£1,200.50"),
    ("en_HK", "1/3/2026", "Sunday, 1 March 2026", "9:06:00 am", "-$1,200.50"),
    ("en_IE", "01/03/2026", "Sunday 1 March 2026", "09:06:00", "-€1,200.50"),
    ("en_IN", "01-03-2026", "01 March 2026", "09:06:00", "₹ -1,200.50"),
    ("en_MY", "1/3/2026", "Sunday, 1 March, 2026", "9:06:00 AM", "-RM1,200.50"),
    ("en_NG", "01/03/2026", "Sunday, 1 March 2026", "9:06:00 am", "-₦1,200.50"),
    ("en_NL", "01/03/2026", "Sunday, 1 March 2026", "09:06:00", "€ -1.200,50"),
    ("en_NZ", "1/03/2026", "Sunday, 1 March 2026", "9:06:00 am", "-$1,200.50"),
    ("en_PH", "01/03/2026", "Sunday, 1 March 2026", "9:06:00 am", "-₱1,200.50"),
    ("en_SG", "1/3/2026", "Sunday, 1 March 2026", "9:06:00 am", "-$1,200.50"),
    ("en_ZA", "2026/03/01", "Sunday, 01 March 2026", "09:06:00", "-R1 200,50"),
    ("ar_AE", "01/03/2026", "01 مارس, 2026", "09:06:00 ص", "-1,200.50 د.إ.\u200f"),
    ("ar_EG", "01/03/2026", "01 مارس, 2026", "09:06:00 ص", "-1,200.50 ج.م.\u200f"),
    ("ar_KW", "01/03/2026", "01 مارس, 2026", "09:06:00 ص", "-1,200.50 د.ك.\u200f"),
    ("ar_MA", "01-03-2026", "01 مارس, 2026", "9:06:00", "-1,200.50 د.م.\u200f"),
    ("ar_QA", "01/03/2026", "01 مارس, 2026", "09:06:00 ص", "-1,200.50 ر.ق.\u200f"),
    ("be_BY", "01.03.26", "1 сакавіка 2026", "09:06:00", "-1 200,50 Br"),
    ("bg_BG", "1.3.2026 г.", "01 март 2026 г.", "9:06:00", "-1 200,50 €"),
    ("bn_IN", "01-03-26", "01 মার্চ 2026", "09.06.00", "₹ -1,200.50"),
    ("cs_CZ", "01.03.2026", "neděle 1. března 2026", "9:06:00", "-1 200,50 Kč"),
    ("da_DK", "01-03-2026", "1. marts 2026", "09:06:00", "-1.200,50 kr."),
    ("de_DE", "01.03.2026", "Sonntag, 1. März 2026", "09:06:00", "-1.200,50 €"),
    ("de_AT", "01.03.2026", "Sonntag, 1. März 2026", "09:06:00", "-€ 1 200,50"),
    ("de_CH", "01.03.2026", "Sonntag, 1. März 2026", "09:06:00", "CHF-1’200.50"),
    ("el_GR", "1/3/2026", "Κυριακή, 1 Μαρτίου 2026", "9:06:00 πμ", "-1.200,50 €"),
    ("es_ES", "01/03/2026", "domingo, 1 de marzo de 2026", "9:06:00", "-1.200,50 €"),
    ("es_AR", "1/3/2026", "domingo, 1 de marzo de 2026", "09:06:00", "-$ 1.200,50"),
    ("es_BO", "1/3/2026", "domingo, 1 de marzo de 2026", "09:06:00", "-Bs1.200,50"),
    ("es_CL", "01-03-2026", "domingo, 1 de marzo de 2026", "9:06:00", "$-1.200,50"),
    ("es_CO", "1/03/2026", "domingo, 1 de marzo de 2026", "9:06:00 a. m.", "-$ 1.200,50"),
    ("es_CR", "1/3/2026", "domingo, 1 de marzo de 2026", "09:06:00", "-₡1 200,50"),
    ("es_DO", "1/3/2026", "domingo, 1 de marzo de 2026", "9:06:00 a. m.", "($1,200.50)"),
    ("es_EC", "1/3/2026", "domingo, 1 de marzo de 2026", "9:06:00", "$-1.200,50"),
    ("es_GT", "1/03/2026", "domingo, 1 de marzo de 2026", "09:06:00", "-Q1,200.50"),
    ("es_HN", "1/3/2026", "domingo 01 de marzo de 2026", "09:06:00", "-L1,200.50"),
    ("es_MX", "01/03/2026", "domingo, 1 de marzo de 2026", "09:06:00 a. m.", "-$1,200.50"),
    ("es_NI", "1/3/2026", "domingo, 1 de marzo de 2026", "09:06:00", "-C$1,200.50"),
    ("es_PY", "1/3/2026", "domingo, 1 de marzo de 2026", "09:06:00", "₲ -1.200,50"),
    ("es_SV", "1/3/2026", "domingo, 1 de marzo de 2026", "09:06:00", "-$1,200.50"),
    ("es_US", "3/1/2026", "domingo, marzo 01, 2026", "9:06:00 AM", "($1,200.50)"),
    ("es_VE", "1/3/2026", "domingo, 1 de marzo de 2026", "9:06:00 a. m.", "Bs.S-1.200,50"),
    ("et_EE", "01.03.2026", "pühapäev, 1. märts 2026", "09:06:00", "-1 200,50 €"),
    ("fr_FR", "01/03/2026", "dimanche 1 mars 2026", "09:06:00", "-1 200,50 €"),
    ("fr_BE", "01-03-26", "dimanche 1 mars 2026", "09:06:00", "-1.200,50 €"),
    ("fr_CA", "2026-03-01", "1 mars 2026", "09:06:00", "(1 200,50 $)"),
    ("fr_MA", "01/03/2026", "dimanche 1 mars 2026", "09:06:00", "-1.200,50 DH"),
    ("ga_IE", "01/03/2026", "Dé Domhnaigh 1 Márta 2026", "09:06:00", "-€1,200.50"),
    ("gu_IN", "01-03-26", "01 માર્ચ 2026", "09:06:00", "₹ -1,200.50"),
    ("he_IL", "01/03/2026", "יום ראשון 01 מרץ 2026", "09:06:00", "₪-1,200.50"),
    ("hi_IN", "01-03-2026", "01 मार्च 2026", "09:06:00", "₹ -1,200.50"),
    ("hr_HR", "1.3.2026.", "1. ožujka 2026.", "9:06:00", "-1.200,50 €"),
    ("hu_HU", "2026. 03. 01.", "2026. március 1., vasárnap", "9:06:00", "-1 200,50 Ft"),
    ("id_ID", "01/03/2026", "Minggu, 01 Maret 2026", "09.06.00", "-Rp1.200,50"),
    ("is_IS", "1.3.2026", "sunnudagur, 1. mars 2026", "09:06:00", "-1.200,50 kr"),
    ("it_IT", "01/03/2026", "domenica 1 marzo 2026", "09:06:00", "-1.200,50 €"),
    ("it_CH", "01.03.2026", "domenica, 1 marzo 2026", "09:06:00", "CHF-1’200.50"),
    ("ko_KR", "2026-03-01", "2026년 3월 1일 일요일", "오전 9:06:00", "-₩1,200.50"),
    ("lb_LU", "01.03.26", "1. Mäerz 2026", "09:06:00", "-1 200,50 €"),
    ("lt_LT", "2026-03-01", "2026 m. kovo 1 d., sekmadienis", "09:06:00", "-1 200,50 €"),
    ("mk_MK", "01.3.2026", "недела, 01 март 2026", "09:06:00", "-1.200,50 ден"),
    ("ms_MY", "1/03/2026", "Ahad, 1 Mac 2026", "9:06:00 PG", "-RM1,200.50"),
    ("nb_NO", "01.03.2026", "søndag 1. mars 2026", "09:06:00", "-kr 1 200,50"),
    ("nl_NL", "1-3-2026", "zondag 1 maart 2026", "09:06:00", "€ -1.200,50"),
    ("nl_BE", "1/03/2026", "zondag 1 maart 2026", "9:06:00", "-€ 1.200,50"),
    ("pl_PL", "01.03.2026", "niedziela, 1 marca 2026", "09:06:00", "-1 200,50 zł"),
    ("pt_BR", "01/03/2026", "domingo, 1 de março de 2026", "09:06:00", "-R$ 1.200,50"),
    ("pt_PT", "01/03/2026", "1 de março de 2026", "09:06:00", "-1 200,50 €"),
    ("ro_RO", "01.03.2026", "duminică, 1 martie 2026", "09:06:00", "-1.200,50 lei"),
    ("ru_RU", "01.03.2026", "1 марта 2026 г.", "9:06:00", "-1 200,50 ₽"),
    ("sk_SK", "1. 3. 2026", "nedeľa 1. marca 2026", "9:06:00", "-1 200,50 €"),
    ("sl_SI", "1. 03. 2026", "nedelja, 01. marec 2026", "09:06:00", "-1.200,50 €"),
    ("sr_Latn_RS", "1.3.2026.", "nedelja, 01. mart 2026.", "09:06:00", "-1.200,50 RSD"),
    ("sv_SE", "2026-03-01", "den 1 mars 2026", "09:06:00", "-1 200,50 kr"),
    ("sv_FI", "01-03-2026", "söndag 1 mars 2026", "09:06:00", "-1 200,50 €"),
    ("ta_IN", "01-03-2026", "01 மார்ச் 2026", "09:06:00", "₹ -1,200.50"),
    ("te_IN", "01-03-26", "01 మార్చి 2026", "09:06:00", "₹ -1,200.50"),
    ("tr_TR", "1.03.2026", "1 Mart 2026 Pazar", "09:06:00", "-₺1.200,50"),
    ("uk_UA", "01.03.2026", "1 березня 2026 р.", "9:06:00", "-1 200,50 ₴"),
    ("ur_PK", "01/03/2026", "01 مارچ, 2026", "9:06:00 AM", "-Rs 1,200.50"),
    ("vi_VN", "01/03/2026", "01 Tháng Ba 2026", "9:06:00 SA", "-1.200,50 ₫"),
    ("zh_CN", "2026/3/1", "2026年3月1日", "9:06:00", "¥-1,200.50"),
    ("zh_HK", "1/3/2026", "2026年3月1日", "9:06:00", "(HK$1,200.50)"),
    ("zh_MO", "1/3/2026", "2026年3月1日", "9:06:00", "-MOP1,200.50"),
    ("zh_SG", "1/3/2026", "2026年3月1日", "上午 9:06:00", "-$1,200.50"),
    ("zh_TW", "2026/3/1", "2026年3月1日", "上午 09:06:00", "-NT$1,200.50"),
]
"""A locale, its short date, long date, long time and negative currency.

The values come from published data, not from the table that they test: the patterns, symbols, separators and
names are those of Kendo UI Core 2026.3.812 (npm `kendo-ui-core`, `js/cultures`; .NET on Windows 10). Month
names within a date are those of Globalize 0.1.1 (npm `globalize`, `lib/cultures`; .NET on Windows 7). Croatia
and Bulgaria have had the euro since.
"""
EXCEPTIONS = [
    pytest.param(
        *("el_CY", "1/3/2026", "Κυριακή, 1 Μαρτίου 2026", "9:06:00 π.μ.", "-1.200,50 €"),
        id="months-within-a-date-as-in-greece",
    ),
    pytest.param(
        *("fi_FI", "1.3.2026", "sunnuntai 1. maaliskuuta 2026", "9.06.00", "-1 200,50 €"),
        id="months-within-a-date",
    ),
    pytest.param(
        *("fr_CH", "01.03.2026", "dimanche, 1 mars 2026", "09:06:00", "-1 200,50 CHF"),
        id="one-decimal-separator",
    ),
    pytest.param(*("ja_JP", "2026/3/1", "2026年3月1日", "9:06:00", "-¥1,200.50"), id="excels-own-short-date"),
    pytest.param(*("th_TH", "1/3/2569", "1 มีนาคม 2569", "9:06:00", "-฿1,200.50"), id="buddhist-years"),
    pytest.param("de", "01.03.2026", "Sonntag, 1. März 2026", "09:06:00", "-1.200,50 €", id="language"),
    pytest.param("en-gb", "01/03/2026", "01 March 2026", "09:06:00", "-£1,200.50", id="small-letters"),
    pytest.param("zh_Hans_CN", "2026/3/1", "2026年3月1日", "9:06:00", "¥-1,200.50", id="with-a-script"),
    pytest.param(
        "sq_AL",
        "1.3.2026",
        "e diel, 1 mars 2026",
        "9:06:00 p.d.",
        "-1 200,50 Lekë",
        id="from-the-cldr",
    ),
]
"""Locales that aren't in the published data as they are shown, and other ways to name a locale."""


def _plain(text: str) -> str:
    """The text with ordinary spaces, because CLDR versions use different ones."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("locale", "short", "long", "clock", "amount"),
    [*(pytest.param(*region, id=region[0]) for region in REGIONS), *EXCEPTIONS],
)
def test_regional_formats_match_windows(locale: str, short: str, long: str, clock: str, amount: str) -> None:
    """The system's short date, long date, time and currency follow the locale."""
    assert format_value(DAY, BUILTIN_FORMATS[14], locale=locale) == short
    assert format_value(DAY, LONG_DATE, locale=locale) == long
    assert format_value(DAY, "[$-x-sysdate]dddd, mmmm dd, yyyy;@", locale=locale) == long
    assert _plain(format_value(CLOCK, LONG_TIME, locale=locale)) == clock
    assert _plain(format_value(-1200.5, BUILTIN_FORMATS[8], locale=locale)) == amount


@pytest.mark.parametrize(
    ("number", "value", "american", "german", "french"),
    [
        pytest.param(5, 1200, "$1,200", "1.200 €", "1 200 €", id="currency"),
        pytest.param(6, -1200, "($1,200)", "-1.200 €", "-1 200 €", id="currency-red"),
        pytest.param(15, DAY, "1-Mar-26", "01. Mrz 26", "01-mars-26", id="short-month"),
        pytest.param(16, DAY, "1-Mar", "01. Mrz", "01-mars", id="day-and-month"),
        pytest.param(17, DAY, "Mar-26", "Mrz 26", "mars-26", id="month-and-year"),
        pytest.param(18, CLOCK, "9:06 AM", "9:06 AM", "9:06 AM", id="am-pm"),
        pytest.param(20, CLOCK, "9:06", "09:06", "09:06", id="hours"),
        pytest.param(21, CLOCK, "9:06:00", "09:06:00", "09:06:00", id="seconds"),
        pytest.param(
            22, MOMENT, "3/1/2026 14:30", "01.03.2026 14:30", "01/03/2026 14:30", id="date-and-time"
        ),
        pytest.param(37, -5, "(5)", "-5", "-5", id="without-a-currency"),
        pytest.param(40, -1200.5, "(1,200.50)", "-1.200,50", "-1 200,50", id="with-decimals"),
        pytest.param(41, -1200, "(1,200)", "-1.200", "-1 200", id="in-columns"),
        pytest.param(44, 1200.5, "$1,200.50", "1.200,50 €", "1 200,50 €", id="amounts-in-columns"),
        pytest.param(44, 0, "$-", "- €", "- €", id="zero-in-columns"),
        pytest.param(45, CLOCK, "06:00", "06:00", "06:00", id="minutes"),
        pytest.param(46, 1.5, "36:00:00", "36:00:00", "36:00:00", id="elapsed"),
        pytest.param(47, CLOCK, "06:00.0", "06:00,0", "06:00,0", id="tenths"),
    ],
)
def test_built_in_formats_follow_the_locale(
    number: int, value: float, american: str, german: str, french: str
) -> None:
    """Formats that a workbook refers to by id only look different in each country."""
    shown = [
        " ".join(format_value(value, BUILTIN_FORMATS[number], locale=locale).split())
        for locale in ("en_US", "de_DE", "fr_FR")
    ]

    assert shown == [american, german, french]


@pytest.mark.parametrize("locale", ["de_DE", "en_GB", "ja_JP"])
def test_custom_formats_do_not_follow_the_locale(locale: str) -> None:
    """A custom date order and an explicit currency are the same everywhere."""
    assert format_value(DAY, "m/d/yyyy", locale=locale) == "3/1/2026"
    assert format_value(5, '"$"0', locale=locale) == "$5"
    assert not is_system_date("m/d/yyyy")
    assert not is_system_currency('"$"0')
    assert is_system_date(LONG_DATE)
    assert is_system_currency(BUILTIN_FORMATS[44])


@pytest.mark.long
def test_every_locale_has_a_date_with_day_month_and_year() -> None:
    """All of Babel's locales show day, month and year, in any order."""
    for name in localedata.locale_identifiers():
        if Locale.parse(name).language != "th":
            shown = format_value(46371, BUILTIN_FORMATS[14], locale=name)
            assert "15" in shown, name
            assert "12" in shown, name
            assert "26" in shown, name


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        pytest.param("ja_JP", "1-Mar-26 Sun Sunday March 日 日曜日", id="japanese"),
        pytest.param("ko_KR", "1-Mar-26 Sun Sunday March 일 일요일", id="korean"),
        pytest.param("zh_CN", "1-Mar-26 Sun Sunday March 日 星期日", id="chinese"),
        pytest.param("de_DE", "1-Mrz-26 So Sonntag März So. Sonntag", id="german"),
    ],
)
def test_east_asian_readers_see_english_names_in_formats_without_a_language(locale: str, shown: str) -> None:
    """Only `aaa` and `aaaa` are in Chinese, Japanese and Korean, unless the format selects the language."""
    assert format_value(DAY, "d-mmm-yy ddd dddd mmmm aaa aaaa", locale=locale) == shown


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        pytest.param("ca_ES", "març", id="catalan"),
        pytest.param("el_GR", "Μαρ", id="greek"),
        pytest.param("fr_CA", "mars", id="canada"),
        pytest.param("he_IL", "מרץ", id="hebrew"),
        pytest.param("hu_HU", "márc.", id="full-stop"),
        pytest.param("ro_RO", "mar.", id="romanian"),
        pytest.param("uk_UA", "Бер", id="ukrainian"),
        pytest.param("vi_VN", "Thg3", id="vietnamese"),
    ],
)
def test_short_months_match_windows(locale: str, shown: str) -> None:
    """Short months are those of the published data of Windows 7 and 10."""
    assert format_value(DAY, BUILTIN_FORMATS[17], locale=locale) == f"{shown}-26"


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        pytest.param("en_ZA", "1 200,5", id="south-africa"),
        pytest.param("en_NL", "1.200,5", id="netherlands"),
        pytest.param("en_IE", "1,200.5", id="ireland"),
        pytest.param("fr_CH", "1 200,5", id="french-switzerland"),
        pytest.param("fr_MA", "1.200,5", id="morocco"),
        pytest.param("de_AT", "1 200,5", id="austria"),
        pytest.param("gl_ES", "1.200,5", id="galicia"),
        pytest.param("rm_CH", "1’200.5", id="romansh"),
        pytest.param("ar_TN", "1,200.5", id="tunisia"),
    ],
)
def test_separators_match_windows(locale: str, shown: str) -> None:
    """Separators follow the region, in English too."""
    assert _plain(format_value(1200.5, "#,##0.0", locale=locale)) == shown


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("en_IN", "12,34,567.50"),
        ("hi_IN", "12,34,567.50"),
        ("gu_IN", "12,34,567.50"),
        ("ta_IN", "12,34,567.50"),
        ("ta_MY", "1,234,567.50"),
        ("kn_IN", "1,234,567.50"),
        ("bn_BD", "12,34,567.50"),
        ("en_GB", "1,234,567.50"),
    ],
)
def test_lakhs_and_crores_are_grouped_as_on_windows(locale: str, shown: str) -> None:
    """In India, all digits before the last three are in pairs, in plain and in zero-padded formats."""
    assert format_value(1234567.5, "#,##0.00", locale=locale) == shown
    assert format_value(-1234567.5, "#,##0.00", locale=locale) == f"-{shown}"
    assert format_value(1234.5, "0,000,000.0", locale=locale)[-7:] == "1,234.5"
    assert format_value(100_000, "#,##0", locale=locale) in {"1,00,000", "100,000"}
