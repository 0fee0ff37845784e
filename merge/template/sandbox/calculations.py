"""Calculations and comparisons with text in templates.

Text is calculated with as the number that it shows, in the reader's language; other text is a problem. A
comparison with text compares what is shown, so that `zip == "02110"` is true for a number that is shown as
02110. Texts are ordered as numbers or dates if both sides are such.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Container, Iterable, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final, TypeAlias, cast

from merge.errors import CellError
from merge.sheet.values import finalize
from merge.sheet.values.numbers_and_dates import (
    BooleanValue,
    CellFormat,
    DecimalValue,
    FormattedNumber,
    TextValue,
    WholeValue,
    number,
)
from merge.template.filters.argument_parsing import date_of, number_of, time_of
from merge.template.filters.format_hints import currency_code, currency_sign
from merge.template.filters.locales import locale_of

_Comparison: TypeAlias = Callable[[object, object], object]
_COMPARISONS: Final[dict[str, _Comparison]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": cast("_Comparison", operator.lt),
    "lteq": cast("_Comparison", operator.le),
    "gt": cast("_Comparison", operator.gt),
    "gteq": cast("_Comparison", operator.ge),
}
TESTS: Final = {
    "eq": ("eq", "==", "equalto"),
    "ne": ("ne", "!="),
    "lt": ("lt", "<", "lessthan"),
    "lteq": ("le", "<="),
    "gt": ("gt", ">", "greaterthan"),
    "gteq": ("ge", ">="),
    "in": ("in",),
}
"""Jinja's names of the tests that compare, by the operator."""
_LIST_FILTERS: Final = frozenset(
    {"attr", "batch", "count", "dictsort", "first", "groupby", "in", "items", "last", "length", "list", "map"}
    | {"max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "slice", "sort", "tojson"}
    | {"unique"}
)
"""Filters that take lists; all others take a single value."""
_JOINING_FILTERS: Final = frozenset({"join", "join_and"})
_WORDS_FOR_TRUE: Final = frozenset(
    {"true", "yes", "y", "wahr", "ja", "vrai", "oui", "verdadero", "sí", "si", "vero", "sì", "verdadeiro"}
    | {"sim", "waar", "prawda", "tak", "sann", "sandt", "tosi", "kyllä", "참", "예", "はい", "是"}
)
_WORDS_FOR_FALSE: Final = frozenset(
    {"false", "no", "n", "falsch", "nein", "faux", "non", "falso", "não", "nao", "onwaar", "nee", "fałsz"}
    | {"nie", "falskt", "usant", "epätosi", "ei", "nej", "nei", "거짓", "아니요", "いいえ", "否"}
)
"""The texts that TRUE and FALSE equal: what Excel shows in several languages, and words for yes and no."""
COUNTING: Final = frozenset({"abs", "divisibleby", "even", "float", "int", "odd", "round", "sum"})
"""Filters and tests that take numbers."""
_OPERANDS: Final = (str, int, float, datetime, time, timedelta)
_LONGEST: Final = 40


class TextError(CellError):
    """Text where a number is needed."""


def shown_number(text: str, locale: str) -> WholeValue | DecimalValue | None:
    """Return the number that a text shows, or None: `1,200`, `$1,200.50`, `15%`, `(80)`.

    It prints in the general format, and so do results of calculations with it.
    """
    if isinstance(text, FormattedNumber):
        return number(text.value, _general(locale))
    if not any(character.isdigit() for character in text):
        return None
    figure = text.strip()
    negative = figure.startswith("(") and figure.endswith(")")
    figure = figure[1:-1].strip() if negative else figure
    percent = figure.endswith("%")
    figure = figure.removesuffix("%").strip()
    language = locale_of(locale)
    sign = currency_sign(figure)
    if sign and not percent and currency_code(sign, language.territory):
        figure = figure.replace(sign, "", 1).strip()
    try:
        found = number_of(figure, language)
    except CellError:
        return None
    return _value(-found if negative else found, locale, percent=percent)


def _value(found: Decimal, locale: str, *, percent: bool) -> WholeValue | DecimalValue:
    exact = found / 100 if percent else found
    whole = exact == exact.to_integral_value()
    return number(int(exact) if whole else float(exact), _general(locale))


def _general(locale: str) -> CellFormat:
    return CellFormat(locale=locale, calculated=True)


def as_number(value: object, locale: str) -> object:
    """Return a text's number; any other value is unchanged.

    Raises:
        TextError: the text isn't a number
    """
    if not isinstance(value, str):
        return value
    found = shown_number(value, locale)
    if found is None:
        raise _not_a_number(value)
    return found


def operands(sign: str, left: object, right: object, locale: str) -> tuple[object, object]:
    """Return the operands of a calculation, with texts as the numbers that they show.

    `+` joins two texts, unless both are cells and one of them is a number. `%` after a plain text formats it.

    Raises:
        TextError: a text isn't a number
    """
    if not isinstance(left, _OPERANDS) or not isinstance(right, _OPERANDS):
        return left, right
    if sign == "+" and isinstance(left, str) and isinstance(right, str):
        cells = isinstance(left, TextValue) and isinstance(right, TextValue)
        if not cells or all(shown_number(text, locale) is None for text in (left, right)):
            return left, right
    if sign == "%" and type(left) is str and "%" in left:
        return left, right
    return as_number(left, locale), as_number(right, locale)


def compare(sign: str, left: object, right: object, locale: str) -> object:
    """Compare two values like a template does.

    Args:
        sign: Jinja's name of the operator: eq, ne, lt, lteq, gt, gteq, in, notin
        left: a value
        right: another, or for `in` a list or a text
        locale: the reader's, for numbers in texts

    Raises:
        CellError: a text can't be ordered with a number or a date
    """
    if sign == "notin":
        return not compare("in", left, right, locale)
    if sign == "in":
        return _is_in(left, right, locale)
    if isinstance(left, str) == isinstance(right, str):
        if not isinstance(left, str) or sign in {"eq", "ne"}:
            return _COMPARISONS[sign](left, right)
        numbers = shown_number(left, locale), shown_number(str(right), locale)
        return _COMPARISONS[sign](*numbers) if None not in numbers else _COMPARISONS[sign](left, right)
    if isinstance(left, str):
        if sign in {"eq", "ne"}:
            return _alike(right, left, locale) is (sign == "eq")
        return _COMPARISONS[sign](_as_other(left, right, locale), right)
    if sign in {"eq", "ne"} and isinstance(right, str):
        return _alike(left, right, locale) is (sign == "eq")
    return _COMPARISONS[sign](left, _as_other(right, left, locale))


def is_boolean(value: object, *, wanted: bool) -> bool:
    """Whether a value is TRUE (or FALSE), from a cell or from an expression."""
    return isinstance(value, bool | BooleanValue) and bool(value) is wanted


def _is_in(item: object, container: object, locale: str) -> object:
    match container:
        case str():
            return (item if isinstance(item, str) else str(finalize(item))) in container
        case list() | tuple():
            return any(compare("eq", item, each, locale) for each in container)
        case int() | float() | datetime() | time() if isinstance(item, str):
            return item in str(container)
        case Container():
            return item in container
        case _:
            raise CellError(
                "the template searches a single value as if it were a list", hint="Compare it with == instead"
            )


def _alike(value: object, text: str, locale: str) -> bool:
    """Whether a value that isn't a text shows a text, or is the number that a text cell shows."""
    match value:
        case bool() | BooleanValue():
            return text.strip().casefold() in (_WORDS_FOR_TRUE if value else _WORDS_FOR_FALSE)
        case WholeValue() | DecimalValue() if type(text) is str or str(value) == text:
            return str(value) == text
        case int() | float():
            return shown_number(text, locale) == value
        case datetime() | time() | timedelta():
            return str(value) == text
        case _:
            return bool(value == text)


def _as_other(text: object, other: object, locale: str) -> object:
    """A text as the kind of value that it is ordered with."""
    match other:
        case int() | float():
            return as_number(text, locale)
        case datetime():
            return date_of(text, locale_of(locale))
        case time():
            return time_of(text)
        case _:
            return text


def taken_by(name: str, value: object, arguments: Sequence[object], locale: str) -> object:
    """Return the value that a filter or a test gets: where it takes numbers, texts are those that they show.

    `int` and `float` replace other text by their default argument, but never by an implicit 0.

    Raises:
        CellError: it isn't what the filter takes
    """
    require_values(argument for argument in arguments if callable(argument))
    if name in _LIST_FILTERS:
        return value
    require_values(argument for argument in arguments if argument is not None)
    if name in _JOINING_FILTERS | {"sum"} and isinstance(value, Iterable) and not isinstance(value, str):
        items = list(value)
        require_values(items)
        return [as_number(item, locale) for item in items] if name == "sum" else items
    require_values([value])
    if name in COUNTING:
        has_default = bool(arguments) and isinstance(value, str) and shown_number(value, locale) is None
        return value if has_default else as_number(value, locale)
    return value


def require_values(items: Iterable[object]) -> None:
    """Refuse functions, lists and other non-values where text is created from them.

    Raises:
        CellError: one isn't a value
    """
    for item in items:
        finalize(item)


def _not_a_number(text: str) -> TextError:
    shown = text.strip()
    shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
    return TextError(
        f"“{shown}” isn't a number, so the template can't calculate with it",
        hint="Type a number into the cell, without words. To put texts side by side, write ~ between them",
    )
