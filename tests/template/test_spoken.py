from __future__ import annotations

from datetime import timedelta

import pytest

from merge.errors import CellError
from merge.model import Cell, CellKind
from merge.sheet.values import TemplateValue, template_value
from merge.template.filters import FilterSet
from merge.template.filters.spoken.numbers import chinese

FILTERS = FilterSet()


def _value(value: str | float, number_format: str = "General") -> TemplateValue:
    kind = CellKind.TEXT if isinstance(value, str) else CellKind.NUMBER
    return template_value(Cell(kind, value, number_format), address="People!A2", header="A")


SHOWN = [
    (1234.5, "General", "one thousand two hundred thirty-four point five"),
    (-5, "General", "minus five"),
    (3.14159, "0.00", "three point one four"),
    (0.1 + 0.2, "General", "zero point three"),
    (1200.5, "$#,##0.00", "one thousand two hundred dollars and fifty cents"),
    (1200, '"$"#,##0.00', "one thousand two hundred dollars"),
    (1, "[$€-407] #,##0", "one euro"),
    (1999.999, "$#,##0.00", "two thousand dollars"),
    (-0.5, "£0.00", "minus fifty pence"),
    (1.01, "$0.00", "one dollar and one cent"),
    (0.002, "$0.000", "zero point zero zero two US dollars"),
    (1500, "₩#,##0", "one thousand five hundred won"),
    (7, "0 [$PLN]", "seven Polish zlotys"),
    (0.125, "0%", "thirteen percent"),
    (0.125, "0.0%", "twelve point five percent"),
    (46357, "yyyy-mm-dd", "December first, twenty twenty-six"),
    (46357.6041667, "m/d/yyyy h:mm", "December first, twenty twenty-six at two thirty PM"),
    (46357, "dddd, mmmm d", "Tuesday, December first"),
    (46357, "mmm yyyy", "December twenty twenty-six"),
    (46357, "yyyy", "twenty twenty-six"),
    (46357, "d", "the first"),
    (0.5, "h:mm", "noon"),
    (0, "h:mm", "midnight"),
    (0.37847222, "h:mm AM/PM", "nine oh five AM"),
    (0.375, "h:mm", "nine AM"),
    (1.5, "[h]:mm", "thirty-six hours"),
    (1.0625, "[h]:mm", "twenty-five hours and thirty minutes"),
    (-0.5, "[h]:mm", "minus twelve hours"),
    (0, "[h]:mm", "zero seconds"),
    (2110, "00000", "zero two one one zero"),
    (5550109999, "(###) ###-####", "five five five, zero one zero, nine nine nine nine"),
    (5550109, "[<=9999999]###-####;(###) ###-####", "five five five, zero one zero nine"),
    (1200, "0.0E+0", "one thousand two hundred"),
    (3000000, "yyyy-mm-dd", "########"),
]


@pytest.mark.parametrize(
    ("value", "number_format", "spoken"), SHOWN, ids=[f"{v} as {f}" for v, f, _ in SHOWN]
)
def test_a_cell_is_spoken_as_it_is_shown(value: float, number_format: str, spoken: str) -> None:
    """Its number format determines whether it is money, a percentage, a date, or single digits."""
    assert FILTERS.spoken(_value(value, number_format)) == spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("1st", "first"),
        ("23rd", "twenty-third"),
        ("1,200", "one thousand two hundred"),
        ("$1,200.50", "one thousand two hundred dollars and fifty cents"),
        ("-$5", "minus five dollars"),
        ("12 EUR", "twelve euros"),
        ("25%", "twenty-five percent"),
        ("-1.5 %", "minus one point five percent"),
        ("2026-12-01", "December first, twenty twenty-six"),
        ("2026-12-01 09:00", "December first, twenty twenty-six at nine AM"),
        ("December 1, 2026", "December first, twenty twenty-six"),
        ("2:30 pm", "two thirty PM"),
        ("+1 (555) 010-9999", "plus one, five five five, zero one zero, nine nine nine nine"),
        ("555-0100", "five five five, zero one zero zero"),
        ("555.010.9999", "five five five, zero one zero, nine nine nine nine"),
        ("02110", "zero two one one zero"),
        ("AB-123", "A B, one two three"),
        ("MP3", "M P three"),
        ("J. K. Rowling", "J K Rowling"),
        ("J.R.R. Tolkien", "J R R Tolkien"),
        ("John F. Kennedy", "John F Kennedy"),
    ],
)
def test_text_that_is_one_number_or_code_is_spoken(text: str, spoken: str) -> None:
    """The whole text must be that number or code."""
    assert FILTERS.spoken(_value(text)) == spoken


@pytest.mark.parametrize(
    "text",
    [
        *("Hello there", "COVID-19", "ABC", "Café", "about 12", "1.200,5", "99:99", "2026-13-01", "$1.200,5"),
        *(
            "01/02/2026",
            "01-02-2026",
            "1.234.567",
            "5,5 Mio",
            "Plan B.",
            "we met J. Doe",
            "x" * 500,
            "iPhone 15",
        ),
    ],
)
def test_other_text_is_unchanged(text: str) -> None:
    """The filter doesn't guess."""
    assert FILTERS.spoken(_value(text)) == text


@pytest.mark.parametrize(
    ("value", "kind", "spoken"),
    [
        (3, "ordinal", "third"),
        ("3.", "ordinal", "third"),
        (2026, "year", "twenty twenty-six"),
        (_value(46357, "yyyy-mm-dd"), "year", "twenty twenty-six"),
        (1905, "year", "nineteen oh five"),
        ("1999", "Year", "nineteen ninety-nine"),
        (0.5, "percent", "fifty percent"),
        ("0.5", "percent", "fifty percent"),
        ("NASA 1", "letters", "N A S A, one"),
        ("abc", "code", "A B C"),
        (5550109999, "phone", "five five five, zero one zero, nine nine nine nine"),
        (123456, "phone", "one two three, four five six"),
        (12, "phone", "one two"),
        (42, "digits", "four two"),
        ("no figures", "digits", ""),
        ("Ask J. Doe", "initials", "Ask J Doe"),
        (12, "text", "12"),
        ("14:30", "duration", "fourteen hours and thirty minutes"),
        (timedelta(seconds=61), "duration", "one minute and one second"),
    ],
)
def test_the_template_may_name_the_kind(value: object, kind: str, spoken: str) -> None:
    """This is for kinds that the cell doesn't show."""
    assert FILTERS.spoken(value, kind) == spoken


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (-3, "ordinal", "can't be an ordinal"),
        (1.5, "ordinal", "can't be an ordinal"),
        (0, "year", "isn't a year"),
        ("soon", "date", "isn't clearly a date"),
        ("soon", "money", "isn't clearly a number"),
        (10**20, "number", "more than fifteen digits"),
    ],
)
def test_a_value_of_another_kind_is_a_problem(value: object, kind: str, message: str) -> None:
    """The problem of the row names the value."""
    with pytest.raises(CellError, match=message):
        FILTERS.spoken(value, kind)


def test_the_template_may_name_the_currency() -> None:
    """This is for cells that show none."""
    assert FILTERS.spoken(12.5, "money", currency="EUR") == "twelve euros and fifty cents"


LANGUAGES = [
    ("de", 1200.5, "$0.00", "eintausendzweihundert Dollar und fünfzig Cent"),
    ("de", 0.125, "0.0%", "zwölf Komma fünf Prozent"),
    ("de", 46357, "dddd d mmmm yyyy", "Dienstag, erster Dezember zweitausendsechsundzwanzig"),
    ("de", 0.04236112, "h:mm", "ein Uhr eins"),
    ("fr", -1200.5, "[$€-40C] 0.00", "moins mille deux cents euros et cinquante centimes"),
    ("fr", 46357, "d/m/yyyy", "premier décembre deux mille vingt-six"),
    ("de", 1500, "₩0", "eintausendfünfhundert Südkoreanische Won"),
    ("fr", 46358, "d mmmm", "deux décembre"),
    ("fr", 0.875, "h:mm", "vingt et une heures"),
    ("fr", 0.05, "h:mm", "une heure douze"),
    ("es", 46357, "d/m/yyyy", "primero de diciembre de dos mil veintiséis"),
    ("es", 0.0416666667, "h:mm", "una hora"),
    ("es", 0.875, "h:mm", "veintiuna horas"),
    ("it", 3.05, "0.00", "tre virgola zero cinque"),
    ("it", 0.604, "h:mm", "quattordici e ventinove"),
    ("it", 0.05, "h:mm", "una e dodici"),
    ("pt_BR", 1200, "[$R$-416] 0.00", "mil e duzentos reais"),
    ("pt_BR", 1200.01, "$0.00", "mil e duzentos dólares e um centavo"),
    ("pt", 0.0833333333, "h:mm", "duas horas"),
    ("nl", 46357, "d-m-yyyy", "één december tweeduizendzesentwintig"),
    ("ko", 46357, "yyyy-mm-dd", "이천이십육년 십이월 일일"),
    ("ko", 46188, "m/d", "유월 십오일"),
    ("ko", 46357, "dddd", "화요일"),
    ("ko", 0.604, "h:mm", "오후 두 시 이십구 분"),
    ("ko", 0.375, "h:mm", "오전 아홉 시"),
    ("ko", 1500, "₩0", "천오백 원"),
    ("ja", 46357, "yyyy/m/d", "二千二十六年十二月一日"),
    ("ja", 0.604, "h:mm", "十四時二十九分"),
    ("ja", 1500, "¥0", "千五百円"),
    ("zh_CN", 46357, "yyyy/m/d", "二零二六年十二月一日"),
    ("zh_CN", 0.375, "h:mm", "九点"),
    ("zh_CN", -0.125, "0.0%", "百分之负十二点五"),
    ("sv", 21, "General", "tjugoett"),
    ("en_GB", 101, "General", "one hundred and one"),
    ("en_GB", 46357, "d/m/yyyy", "the first of December, twenty twenty-six"),
]


@pytest.mark.parametrize(
    ("language", "value", "number_format", "spoken"),
    LANGUAGES,
    ids=[f"{lang} {value}" for lang, value, *_ in LANGUAGES],
)
def test_other_languages_are_spoken(language: str, value: float, number_format: str, spoken: str) -> None:
    """Ten languages are complete; others are supported where num2words has numbers."""
    assert FILTERS.spoken(_value(value, number_format), lang=language) == spoken


@pytest.mark.parametrize(
    ("language", "text", "kind", "spoken"),
    [
        ("ko", "010-1234-5678", None, "공 일 공, 일 이 삼 사, 오 육 칠 팔"),
        ("zh", "3rd", None, "第三"),
        ("de", "AB-12", None, "A B, eins zwei"),
        ("sv", "02110", None, "noll två ett ett noll"),
    ],
)
def test_digits_and_ordinals_are_spoken_in_other_languages(
    language: str, text: str, kind: str | None, spoken: str
) -> None:
    """Korean telephone numbers have a zero of their own."""
    assert FILTERS.spoken(_value(text), kind, locale=language) == spoken


@pytest.mark.parametrize(
    ("language", "value", "kind"),
    [("sv", 1.5, "number"), ("sv", 0.5, "percent"), ("ar", "14:30", "time"), ("de", "14:30", "duration"),
     ("sw", 3, "number"), ("sv", "2026-12-01", "date"), ("sv", -3, "money")],
)  # fmt: skip
def test_an_unsupported_language_is_a_problem(language: str, value: object, kind: str) -> None:
    """The message names the language."""
    with pytest.raises(CellError, match=r"can't say .* in (Swedish|Arabic|German|Swahili)"):
        FILTERS.spoken(value, kind, lang=language, currency="USD")


@pytest.mark.parametrize(
    ("number", "spoken"),
    [
        (0, "零"),
        (10, "十"),
        (15, "十五"),
        (20, "二十"),
        (101, "一百零一"),
        (110, "一百一十"),
        (1001, "一千零一"),
        (10500, "一万零五百"),
        (100001, "十万零一"),
        (20001000, "二千万一千"),
        (100010000, "一亿零一万"),
        (12345678, "一千二百三十四万五千六百七十八"),
        (10**12 + 1, "一万亿零一"),
        (3 * 10**8 + 10**4, "三亿零一万"),
    ],
)
def test_chinese_numerals_are_spoken(number: int, spoken: str) -> None:
    """Each gap between digits is spoken as one zero."""
    assert chinese(number) == spoken
