from __future__ import annotations

import pytest

from merge.errors import CellError
from merge.template.filters import FilterSet

FILTERS = FilterSet()

DATES = [
    ("DD.MM.YYYY", "en", "01.12.2026"),
    ("dd/mm/yyyy", "en", "01/12/2026"),
    ("dddd, d mmmm yyyy", "de", "Dienstag, 1 Dezember 2026"),
    ("ddd d", "fr", "mar. 1"),
    ("d de MMMM de y", "es", "1 de diciembre de 2026"),
    ("d 'Tag' MMM", "en", "1 Tag Dec"),
    ("yyyy-MM-dd HH:mm", "en", "2026-12-01 00:00"),
    ("y年M月d日", "ja", "2026年12月1日"),
]
TIMES = [
    ("HH:MM", "en", "14:30"),
    ("h:mm AM/PM", "en", "2:30 PM"),
    ("HH 'h' mm", "fr", "14 h 30"),
    ("HH Uhr mm", "de", "14 Uhr 30"),
    ("HH:MM:SS", "de", "14:30:05"),
]


@pytest.mark.parametrize(("pattern", "locale", "written"), DATES, ids=[pattern for pattern, _, _ in DATES])
def test_excel_date_patterns_are_understood(pattern: str, locale: str, written: str) -> None:
    """Capital D and Y, months without hours, weekdays, and short words in between all work."""
    assert FILTERS.date("2026-12-01", pattern, locale=locale) == written


@pytest.mark.parametrize(("pattern", "locale", "written"), TIMES, ids=[pattern for pattern, _, _ in TIMES])
def test_excel_time_patterns_are_understood(pattern: str, locale: str, written: str) -> None:
    """Capital minutes and seconds and AM/PM all work."""
    assert FILTERS.time("14:30:05", pattern, locale=locale) == written


@pytest.mark.parametrize("pattern", ["%d.%m.%Y", "nonsense", "Tag d"])
def test_an_invalid_pattern_is_quoted_in_the_error(pattern: str) -> None:
    """Letters without a meaning would otherwise be spoken."""
    with pytest.raises(CellError, match=f"“{pattern}” isn't a date"):
        FILTERS.date("2026-12-01", pattern)


READ = [
    ("1.200,50 €", "de", "eintausendzweihundert Euro und fünfzig Cent"),
    ("12,5 %", "de", "zwölf Komma fünf Prozent"),
    ("1 200,50 €", "fr", "mille deux cents euros et cinquante centimes"),
    ("-3,5", "es", "menos tres coma cinco"),
    ("1,200", "ja", "千二百"),
    ("1.200 €", "de", "1.200 €"),
]


@pytest.mark.parametrize(("text", "language", "spoken"), READ, ids=[text for text, _, _ in READ])
def test_numbers_in_text_may_follow_the_spoken_language(text: str, language: str, spoken: str) -> None:
    """A number that is valid in only one of the two languages is spoken; an ambiguous one is unchanged."""
    assert FILTERS.spoken(text, lang=language) == spoken


@pytest.mark.parametrize("filtered", ["number", "currency", "percent"])
def test_an_ambiguous_number_is_not_guessed(filtered: str) -> None:
    """1.200 in German isn't 1.2 in English."""
    with pytest.raises(CellError, match=r"“1\.200” isn't clearly a number"):
        getattr(FILTERS, filtered)("1.200", *(["EUR"] if filtered == "currency" else []), locale="de")


IN_WORDS = [
    ("1. Dezember 2026", "de", "01.12.26"),
    ("1.12.2026", "de", "01.12.26"),
    ("01. 12. 2026", "de", "01.12.26"),
    ("1 décembre 2026", "fr", "01/12/2026"),
    ("1er déc. 2026", "fr", "01/12/2026"),
    ("1 de diciembre de 2026", "es", "1/12/26"),
    ("1 dicembre 2026", "it", "01/12/26"),
    ("December 1, 2026", "de", "01.12.26"),
]


@pytest.mark.parametrize(("text", "language", "written"), IN_WORDS, ids=[text for text, _, _ in IN_WORDS])
def test_dates_are_read_in_the_language_they_are_written_in(text: str, language: str, written: str) -> None:
    """Month names and full stops of that language are understood, and English always is."""
    assert FILTERS.date(text, "short", locale=language) == written


@pytest.mark.parametrize(
    ("text", "language"), [("1.12.2026", "en"), ("1 Dezember 2026", "fr"), ("32. Dezember 2026", "de")]
)
def test_a_date_in_another_language_is_not_guessed(text: str, language: str) -> None:
    """Only date formats of the language itself are read."""
    with pytest.raises(CellError, match="isn't clearly a date"):
        FILTERS.date(text, locale=language)


def test_a_plus_sign_is_spoken_in_each_language() -> None:
    """It is left out if the word isn't known."""
    assert FILTERS.spoken("+49 30 901820", "phone", lang="es").startswith("más cuatro nueve, ")
    assert FILTERS.spoken("+49 30 901820", "phone", lang="ja").startswith("プラス 四九, ")
    assert FILTERS.spoken("+49 30 901820", "phone", lang="sv").startswith("fyra nio, ")
