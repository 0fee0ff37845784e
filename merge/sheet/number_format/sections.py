"""A format code, understood: its sections, which of them a value falls under, and its sign."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import zip_longest
from typing import Final

from merge.sheet.number_format.date_section import OUT_OF_RANGE, DateSection, date_section
from merge.sheet.number_format.fraction_section import FractionSection, fraction_section
from merge.sheet.number_format.general import NO_NUMBER, general
from merge.sheet.number_format.locale_names import LocaleNames, words_of
from merge.sheet.number_format.number_section import NumberSection, number_section
from merge.sheet.number_format.numerals import Numerals, kept_apart, numerals_of
from merge.sheet.number_format.serial_dates import DAYS_TO_1904
from merge.sheet.number_format.tokens import Condition, Source, TokenKind, read

_MOST_SECTIONS: Final = 4
_LONGEST_CODE: Final = 1000
_SIGNS: Final = ("-", "(")
_WITH_NUMERALS: Final = frozenset({"ja", "ko", "zh"})
_NATIVE: Final = re.compile(r"\[dbnum[1-4]\]", re.IGNORECASE)
_VALUE: Final = (TokenKind.TEXT, TokenKind.GENERAL)


@dataclass(frozen=True, slots=True)
class LiteralSection:
    """A section without digit placeholders; None stands where the value itself is shown as `General`."""

    pieces: tuple[str | None, ...]

    @property
    def signed(self) -> bool:
        """Whether the section brings the sign of a negative number itself."""
        return any(sign in (piece or "") for piece in self.pieces for sign in _SIGNS)

    def filled(self, text: str) -> str:
        """The section with the value in its places."""
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
    """When a section is used.

    Attributes:
        section: what it shows
        condition: what a value must fulfil, or None for whatever has come so far
        negative_only: whether only negative numbers can come here, so that their sign is left to the section
        numerals: the digits that it asks for, or None for the usual ones
    """

    section: Section
    condition: Condition | None
    negative_only: bool = False
    numerals: Numerals | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """A format code, understood once and used for many values.

    Attributes:
        rules: the sections for numbers; the first that a value fulfils is used
        text: the section for text, or None: text as it is
        alone: whether the code has one section, whose minus Excel adds by itself
    """

    rules: tuple[Rule, ...]
    text: LiteralSection | None
    alone: bool

    def number(self, value: float, words: LocaleNames, *, date1904: bool) -> str:
        """A finite number as it is shown."""
        for rule in self.rules:
            if rule.condition is None or rule.condition.holds(value):
                return self._ruled(rule, value, words, date1904=date1904)
        return OUT_OF_RANGE

    def _ruled(self, rule: Rule, value: float, words: LocaleNames, *, date1904: bool) -> str:
        text = self._in_usual_digits(rule, value, words, date1904=date1904)
        return rule.numerals.written(text) if rule.numerals else text

    def _in_usual_digits(self, rule: Rule, value: float, words: LocaleNames, *, date1904: bool) -> str:
        section = rule.section
        if isinstance(section, DateSection):
            return _dated(section, value, words, date1904=date1904)
        if isinstance(section, LiteralSection):
            return _literal(section, rule, value, words)
        if isinstance(section, FractionSection):
            text, keeps_sign = section.shown(abs(value), words), True
        else:
            text, keeps_sign = section.shown(abs(value), words)
        minus = value < 0 and not rule.negative_only and (keeps_sign or not self.alone)
        return f"-{text}" if minus else text


def _dated(section: DateSection, value: float, words: LocaleNames, *, date1904: bool) -> str:
    if not date1904:
        return section.shown(value, words)
    text = section.shown(abs(value), words, DAYS_TO_1904)
    return f"-{text}" if value < 0 and text != OUT_OF_RANGE else text


def _literal(section: LiteralSection, rule: Rule, value: float, words: LocaleNames) -> str:
    if None not in section.pieces:
        return section.filled("")
    number = general(value).replace(".", words.decimal)
    number = rule.numerals.said(number) if rule.numerals else number
    if value >= 0:
        return section.filled(number)
    if rule.negative_only:
        return section.filled(number.lstrip("-") if section.signed else number)
    return f"-{section.filled(number.lstrip('-'))}"


@lru_cache(maxsize=4096)
def compiled(code: str) -> Format:
    """Understands a format code; one that Excel would refuse counts as `General`."""
    sources = read(code) if 0 < len(code) <= _LONGEST_CODE else ()
    understood = _understood(sources) if 0 < len(sources) <= _MOST_SECTIONS else None
    return understood or Format((Rule(_GENERAL, None),), None, alone=True)


def _understood(sources: tuple[Source, ...]) -> Format | None:
    numbers, text = sources, None
    if len(sources) == _MOST_SECTIONS or sources[-1].has(TokenKind.TEXT):
        numbers, text = sources[:-1], _literal_section(sources[-1])
    sections: list[Section] = []
    numerals = [numerals_of(source) for source in numbers]
    for source, digits in zip(numbers, numerals, strict=True):
        section = _section(replace(source, tokens=kept_apart(source.tokens)) if digits else source)
        if section is None:
            return None
        sections.append(section)
    conditions = [source.condition for source in numbers] or [None]
    # The third section takes what is left over, whatever it says.
    conditions[2:] = [None] * len(conditions[2:])
    rules = _rules(sections or [_GENERAL], conditions)
    natives = zip_longest(rules, numerals) if any(numerals) else ((rule, None) for rule in rules)
    written = tuple(replace(rule, numerals=digits) if digits else rule for rule, digits in natives)
    return Format(written, text, alone=len(sources) == 1)


def _section(source: Source) -> Section | None:
    digits = source.has(TokenKind.DIGIT)
    if source.has(TokenKind.DATE, TokenKind.ELAPSED, TokenKind.HALF_DAY) or (
        source.has(TokenKind.EXPONENT) and not digits
    ):
        return date_section(source)
    if not source.tokens and source.marked:
        return _GENERAL
    if not digits or source.has(TokenKind.GENERAL):
        return _literal_section(source)
    fraction = fraction_section(source.tokens) if source.has(TokenKind.SLASH) else None
    return fraction or number_section(source.tokens)


def _literal_section(source: Source) -> LiteralSection:
    shown = (None if token.kind in _VALUE else token.text for token in source.tokens)
    return LiteralSection(tuple(piece for piece in shown if piece != ""))


def _rules(sections: list[Section], conditions: list[Condition | None]) -> tuple[Rule, ...]:
    """Fills in the conditions that the code leaves out: positive, negative and the rest."""
    wanted = [own or default for own, default in zip(conditions, _DEFAULTS[len(sections)], strict=True)]
    rules = [Rule(section, condition) for section, condition in zip(sections, wanted, strict=True)]
    if len(sections) == 1 and wanted[0] is not None:
        rules.append(Rule(_GENERAL, None))
    return _with_signs(rules)


def _with_signs(rules: list[Rule]) -> tuple[Rule, ...]:
    """Marks the sections that no number from 0 up can reach."""
    conditions = [rule.condition for rule in rules]
    reached = {_first(conditions, number) for number in _witnesses(conditions)}
    return tuple(
        Rule(rule.section, rule.condition, negative_only=at not in reached) for at, rule in enumerate(rules)
    )


def _first(conditions: list[Condition | None], value: float) -> int | None:
    matching = (at for at, condition in enumerate(conditions) if condition is None or condition.holds(value))
    return next(matching, None)


def _witnesses(conditions: list[Condition | None]) -> set[float]:
    """Numbers from 0 up, at least one of every stretch that the conditions tell apart."""
    limits = {condition.limit for condition in conditions if condition is not None}
    near = {math.nextafter(limit, towards) for limit in limits for towards in (-math.inf, math.inf)}
    return {number for number in {0.0, math.inf} | limits | near if number >= 0}


@lru_cache(maxsize=4096)
def compiled_for(code: str, locale: str) -> Format:
    """As `compiled`, with numerals that a code leaves to the reader's language (`[DBNum1]0`)."""
    if locale[:2] in _WITH_NUMERALS and "dbnum" in code.lower() and "[$" not in code:
        code = _NATIVE.sub(f"[$-{locale.replace('_', '-')}]\\g<0>", code)
    return compiled(code)


def shown(value: str | float, code: str, locale: str, *, date1904: bool) -> str:
    """A value as Excel shows it; see `merge.numformat.format_value`."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    form = compiled_for(code, locale)
    if isinstance(value, str):
        return value if form.text is None else form.text.filled(value)
    try:
        number = float(value)
    except OverflowError:
        return NO_NUMBER
    return form.number(number, words_of(locale), date1904=date1904) if math.isfinite(number) else NO_NUMBER
