"""Format codes, parsed into sections: which section shows a value, and with which sign."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import zip_longest
from typing import Final

from merge.sheet.number_format.date_section import OUT_OF_RANGE, DateSection, date_section
from merge.sheet.number_format.fraction_section import FractionSection, fraction_section
from merge.sheet.number_format.general import NOT_A_NUMBER, general
from merge.sheet.number_format.locale_names import LocaleNames, readers_names
from merge.sheet.number_format.number_section import NumberSection, number_section
from merge.sheet.number_format.numerals import Numerals, numerals_of, protect_literals
from merge.sheet.number_format.system_formats import system_format
from merge.sheet.number_format.tokens import Condition, Source, TokenKind, tokenize

Formatter = Callable[[str | float], str]
"""Returns the text of a value, in one format and language."""

_MAX_SECTIONS: Final = 4
_LONGEST_CODE: Final = 1000
_CACHED_DATES: Final = 8192
"""Dates whose text is kept for each format: 22 years of days."""
_SIGNS: Final = ("-", "(")
_WITH_NUMERALS: Final = frozenset({"ja", "ko", "zh"})
_NATIVE: Final = re.compile(r"\[dbnum[1-4]\]", re.IGNORECASE)
_VALUE: Final = (TokenKind.TEXT, TokenKind.GENERAL)


@dataclass(frozen=True, slots=True)
class LiteralSection:
    """A section without digit placeholders; None marks where the value is shown as `General`."""

    pieces: tuple[str | None, ...]

    @property
    def signed(self) -> bool:
        """Whether the section has its own sign for negative numbers."""
        return any(sign in (piece or "") for piece in self.pieces for sign in _SIGNS)

    def filled(self, text: str) -> str:
        """Return the text of the section with the value filled in."""
        return "".join([text if piece is None else piece for piece in self.pieces])


Section = LiteralSection | NumberSection | FractionSection | DateSection

_GENERAL: Final = LiteralSection((None,))
_DEFAULTS: Final[dict[int, tuple[Condition | None, ...]]] = {
    1: (None,),
    2: (Condition(">=", 0), None),
    3: (Condition(">", 0), Condition("<", 0), None),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A section and when it is used.

    Attributes:
        section: how it shows numbers
        condition: the condition that a number must meet, or None for all the numbers left
        negative_only: whether only negative numbers can get here; if so, the sign is left to the section
        numerals: its digits, or None for Western ones
    """

    section: Section
    condition: Condition | None
    negative_only: bool = False
    numerals: Numerals | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """A parsed format code.

    Attributes:
        rules: the sections for numbers; the first whose condition is met is used
        text: the section for text, or None to show text as is
        single: whether the code has only one section; Excel drops the minus of a number that it rounds to 0
    """

    rules: tuple[Rule, ...]
    text: LiteralSection | None
    single: bool


@lru_cache(maxsize=4096)
def parse_format(code: str) -> Format:
    """Parse a format code; one that Excel would reject is read as `General`."""
    sources = tokenize(code) if 0 < len(code) <= _LONGEST_CODE else ()
    parsed = _parsed(sources) if 0 < len(sources) <= _MAX_SECTIONS else None
    return parsed or Format((Rule(_GENERAL, None),), None, single=True)


def _parsed(sources: tuple[Source, ...]) -> Format | None:
    numbers, text = sources, None
    if len(sources) == _MAX_SECTIONS or sources[-1].has(TokenKind.TEXT):
        numbers, text = sources[:-1], _literal_section(sources[-1])
    sections: list[Section] = []
    numerals = [numerals_of(source) for source in numbers]
    for source, digits in zip(numbers, numerals, strict=True):
        section = _section(replace(source, tokens=protect_literals(source.tokens)) if digits else source)
        if section is None:
            return None
        sections.append(section)
    conditions = [source.condition for source in numbers] or [None]
    # The third section shows all numbers left, whatever its condition.
    conditions[2:] = [None] * len(conditions[2:])
    rules = _rules(sections or [_GENERAL], conditions)
    natives = zip_longest(rules, numerals) if any(numerals) else ((rule, None) for rule in rules)
    with_numerals = tuple(replace(rule, numerals=digits) if digits else rule for rule, digits in natives)
    return Format(with_numerals, text, single=len(sources) == 1)


def _section(source: Source) -> Section | None:
    digits = source.has(TokenKind.DIGIT)
    if source.has(TokenKind.DATE, TokenKind.ELAPSED, TokenKind.HALF_DAY) or (
        source.has(TokenKind.EXPONENT) and not digits
    ):
        return date_section(source)
    if not source.tokens and source.bracketed:
        return _GENERAL
    if not digits or source.has(TokenKind.GENERAL):
        return _literal_section(source)
    fraction = fraction_section(source.tokens) if source.has(TokenKind.SLASH) else None
    return fraction or number_section(source.tokens)


def _literal_section(source: Source) -> LiteralSection:
    shown = (None if token.kind in _VALUE else token.text for token in source.tokens)
    return LiteralSection(tuple(piece for piece in shown if piece != ""))


def _rules(sections: list[Section], conditions: list[Condition | None]) -> tuple[Rule, ...]:
    """Make the rules, with default conditions where the code has none: positive, negative, zero."""
    wanted = [own or default for own, default in zip(conditions, _DEFAULTS[len(sections)], strict=True)]
    rules = [Rule(section, condition) for section, condition in zip(sections, wanted, strict=True)]
    if len(sections) == 1 and wanted[0] is not None:
        rules.append(Rule(_GENERAL, None))
    return _with_signs(rules)


def _with_signs(rules: list[Rule]) -> tuple[Rule, ...]:
    """Mark the sections that only negative numbers can get to."""
    conditions = [rule.condition for rule in rules]
    reached = {_first(conditions, number) for number in _witnesses(conditions)}
    return tuple(
        Rule(rule.section, rule.condition, negative_only=at not in reached) for at, rule in enumerate(rules)
    )


def _first(conditions: list[Condition | None], value: float) -> int | None:
    matching = (at for at, condition in enumerate(conditions) if condition is None or condition.holds(value))
    return next(matching, None)


def _witnesses(conditions: list[Condition | None]) -> set[float]:
    """Numbers from 0 up, at least one from each interval that the conditions distinguish."""
    limits = {condition.limit for condition in conditions if condition is not None}
    near = {math.nextafter(limit, towards) for limit in limits for towards in (-math.inf, math.inf)}
    return {number for number in {0.0, math.inf} | limits | near if number >= 0}


@lru_cache(maxsize=4096)
def formatter_for(code: str, locale: str, *, date1904: bool) -> Formatter:
    """Return the function that shows values in a format; the arguments are those of `format_value`."""
    form, names = parse_format(_with_language(system_format(code, locale), locale)), readers_names(locale)
    rules = [
        (rule.condition, _number_formatter(rule, names, single=form.single, date1904=date1904))
        for rule in form.rules
    ]

    def shown(value: str | float) -> str:
        if isinstance(value, str):
            return value if form.text is None else form.text.filled(value)
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        try:
            number = float(value)
        except OverflowError:
            return NOT_A_NUMBER
        if not math.isfinite(number):
            return NOT_A_NUMBER
        for condition, show_number in rules:
            if condition is None or condition.holds(number):
                return show_number(number)
        return OUT_OF_RANGE

    return shown


def _number_formatter(
    rule: Rule, names: LocaleNames, *, single: bool, date1904: bool
) -> Callable[[float], str]:
    """Return the function that shows finite numbers by a rule."""
    show: Callable[[float], str]
    match rule.section:
        case DateSection() as section:
            show = lru_cache(maxsize=_CACHED_DATES)(partial(section.shown, names=names, date1904=date1904))
        case LiteralSection() as section:
            show = partial(_literal, section, rule, names)
        case section:
            show = partial(_digits, section, names, signed=not rule.negative_only, single=single)
    numerals = rule.numerals
    return show if numerals is None else lambda value: numerals.replaced(show(value))


def _literal(section: LiteralSection, rule: Rule, names: LocaleNames, value: float) -> str:
    if None not in section.pieces:
        return section.filled("")
    number = general(value).replace(".", names.decimal)
    number = rule.numerals.in_words(number) if rule.numerals else number
    if value >= 0:
        return section.filled(number)
    if rule.negative_only:
        return section.filled(number.lstrip("-") if section.signed else number)
    return f"-{section.filled(number.lstrip('-'))}"


def _digits(
    section: NumberSection | FractionSection,
    names: LocaleNames,
    value: float,
    *,
    signed: bool,
    single: bool,
) -> str:
    text, nonzero = section.shown(abs(value), names)
    return f"-{text}" if value < 0 and signed and (nonzero or not single) else text


def _with_language(code: str, locale: str) -> str:
    """The code, with the reader's language for numerals that have no language (`[DBNum1]0`)."""
    if locale[:2] in _WITH_NUMERALS and "dbnum" in code.lower() and "[$" not in code:
        return _NATIVE.sub(f"[$-{locale.replace('_', '-')}]\\g<0>", code)
    return code
