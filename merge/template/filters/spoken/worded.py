"""Numbers whose cells also show words: `12 kg`, `Level 7`, `Yes`.

The words are kept, and known units are spoken in full.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from merge.errors import CellError
from merge.sheet.values.numbers_and_dates import CellFormat, DecimalValue, WholeValue
from merge.template.filters.argument_parsing import number_of
from merge.template.filters.format_hints import currency_code, format_hints
from merge.template.filters.spoken.numbers import SPOKEN_LANGUAGES, digits_words, number_words, ordinal
from merge.template.filters.spoken.units import unit_words

if TYPE_CHECKING:
    from babel import Locale

_LETTER: Final = re.compile(r"[^\W\d_]|[°%℃℉]")
_FIGURE: Final = re.compile(r"\d(?:[\d.,'’\u00a0\u202f]*\d)?", re.ASCII)
_SCIENTIFIC: Final = re.compile(r"[-−]?\d[\d.,]*E[+-]?\d+", re.ASCII)
_ORDINAL: Final = re.compile(r"\d{1,6}(?:st|nd|rd|th)", re.ASCII)
_ORDINAL_ENDING: Final = re.compile(r"(?:st|nd|rd|th)(?=\s)")
_MINUS: Final = "-−("
_WITHOUT_MINUS: Final = dict.fromkeys(map(ord, _MINUS))
_SCALES: Final = {
    1_000: {"k", "tsd", "tsd.", "thousand", "mil"},
    1_000_000: {"m", "mm", "mn", "mio", "mio.", "mln", "million"},
    1_000_000_000: {"b", "bn", "mrd", "mrd.", "billion"},
}
"""Abbreviations of thousands, millions and billions in formats that leave out digits, such as `0,"K"`."""


def shows_words(value: object) -> bool:
    """Whether a number's cell shows words, a unit or a percent sign around its digits."""
    if not isinstance(value, WholeValue | DecimalValue) or value.form.calculated:
        return False
    shown = value.text.strip()
    return _LETTER.search(_without_currency(shown, value.form)) is not None and not (
        format_hints(value.form.number_format).percent or _SCIENTIFIC.fullmatch(shown)
    )


def _without_currency(shown: str, form: CellFormat) -> str:
    hints = format_hints(form.number_format)
    known = hints.currency and currency_code(hints.currency, None, hints.language)
    return shown.replace(hints.currency, "", 1) if known else shown


def worded_number(value: WholeValue | DecimalValue, locale: Locale, home: Locale) -> str | None:
    """The text of a cell with its number in words; None for an ordinal such as `3rd`.

    Args:
        value: a number for which `shows_words` is true
        locale: the language to speak
        home: the locale that the cell is shown in
    """
    shown = value.text.strip()
    if _ORDINAL.fullmatch(shown):
        return None
    figures = list(_FIGURE.finditer(shown))
    if len(figures) != 1:
        return shown
    [figure] = figures
    before, after = shown[: figure.start()], shown[figure.end() :].strip()
    negative = value < 0 and any(mark in before for mark in _MINUS)
    if negative:
        before = before.translate(_WITHOUT_MINUS)
        after = after.rstrip(")").rstrip()
    if before and not before[-1].isspace():
        # A code, such as INV-2041 or Q3.
        return shown
    try:
        number = number_of(figure[0], home) * (-1 if negative else 1)
    except CellError:
        return shown
    return " ".join(filter(None, [before.strip(), _after(value, number, figure[0], after, locale)]))


def _after(value: WholeValue | DecimalValue, number: Decimal, figure: str, after: str, locale: Locale) -> str:
    """The number in words with the text that follows it."""
    leading_zero = len(figure) > 1 and figure.isdigit() and figure.startswith("0")
    words = digits_words(figure, locale) if leading_zero else number_words(number, locale)
    if after == "%":
        language = SPOKEN_LANGUAGES.get(locale.language)
        return language.percent.format(words) if language else f"{words} %"
    for scale, names in _SCALES.items():
        if after.casefold() in names and abs(float(value)) >= abs(float(number)) * scale / 2 > 0:
            return number_words(number * scale, locale)
    ending = _ORDINAL_ENDING.match(after)
    if ending and locale.language == "en" and number == number.to_integral_value() and number >= 0:
        return f"{ordinal(int(number), locale)}{after[ending.end() :]}"
    if after.startswith("-"):
        return f"{words}{after}"
    space = SPOKEN_LANGUAGES[locale.language].space if locale.language in SPOKEN_LANGUAGES else " "
    return unit_words(number, words, after, locale) or (f"{words}{space}{after}" if after else words)
