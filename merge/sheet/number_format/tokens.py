"""Tokenizer for format codes: sections, their tokens, and directives in square brackets.

Source: ECMA-376 part 1, 18.8.31, and Excel's behavior where the standard leaves it open.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class TokenKind(Enum):
    """The kinds of tokens in a format code."""

    LITERAL = auto()
    NUMERAL = auto()
    DIGIT = auto()
    POINT = auto()
    COMMA = auto()
    PERCENT = auto()
    EXPONENT = auto()
    SLASH = auto()
    TEXT = auto()
    GENERAL = auto()
    DATE = auto()
    ELAPSED = auto()
    HALF_DAY = auto()
    CALENDAR = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind and text (literals without quotes, date letters in lower case)."""

    kind: TokenKind
    text: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A section's explicit condition, such as `[>=1000]`."""

    sign: str
    limit: float

    def holds(self, value: float) -> bool:
        """Whether the value meets the condition."""
        return _COMPARE[self.sign](value, self.limit)


@dataclass(frozen=True, slots=True)
class Source:
    """One section of a format code.

    Attributes:
        tokens: without colors and fill characters
        condition: its explicit condition, or None
        language: what follows the dash in `[$-409]` (a hexadecimal LCID or a language tag), or ""
        native: the number of `[DBNum1]` to `[DBNum4]`, or 0
        bracketed: whether it has square brackets; if it has nothing else, it shows `General`
    """

    tokens: tuple[Token, ...]
    condition: Condition | None = None
    language: str = ""
    native: int = 0
    bracketed: bool = False

    def has(self, *kinds: TokenKind) -> bool:
        """Whether it has a token of one of these kinds."""
        return any(token.kind in kinds for token in self.tokens)


_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}

_CONDITION: Final = re.compile(r"(<=|>=|<>|<|>|=)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*")
_NATIVE: Final = re.compile(r"dbnum([1-4])", re.IGNORECASE)
_ELAPSED: Final = re.compile(r"h+|m+|s+", re.IGNORECASE)

_TOKEN: Final = re.compile(
    r"""
      "(?P<quoted>[^"]*)"?
    | \\(?P<escaped>.?)
    | _(?P<blank>.?)
    | (?P<fill>\*.?)
    | \[(?P<bracket>[^\]]*)\]
    | (?P<general>general)
    | (?P<half_day>am/pm|a/p|上午/下午)
    | (?P<exponent>e[+-])
    | (?P<calendar>b[12])
    | (?P<date>y+|m+|d+|h+|s+|e+|b+|g+|aaa+)
    | (?P<digit>[0\#?])
    | (?P<numeral>[1-9])
    | (?P<point>\.)
    | (?P<comma>,)
    | (?P<percent>%)
    | (?P<slash>/)
    | (?P<text>@)
    | (?P<section>;)
    | (?P<open>\[)
    | (?P<literal>.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)

_PLAIN: Final = {
    "quoted": TokenKind.LITERAL,
    "escaped": TokenKind.LITERAL,
    "literal": TokenKind.LITERAL,
    "general": TokenKind.GENERAL,
    "half_day": TokenKind.HALF_DAY,
    "numeral": TokenKind.NUMERAL,
    "digit": TokenKind.DIGIT,
    "point": TokenKind.POINT,
    "comma": TokenKind.COMMA,
    "percent": TokenKind.PERCENT,
    "slash": TokenKind.SLASH,
    "text": TokenKind.TEXT,
}
_LOWERED: Final = {"exponent": TokenKind.EXPONENT, "date": TokenKind.DATE, "calendar": TokenKind.CALENDAR}


class _Draft:
    """A section being parsed."""

    def __init__(self) -> None:
        self.tokens: list[Token] = []
        self.condition: Condition | None = None
        self.language = ""
        self.native = 0
        self.bracketed = False

    def bracket(self, inside: str) -> None:
        self.bracketed = True
        if inside.startswith("$"):
            symbol, _, language = inside[1:].partition("-")
            self.tokens += [Token(TokenKind.LITERAL, symbol)] if symbol else []
            self.language = language or self.language
        elif _ELAPSED.fullmatch(inside):
            self.tokens.append(Token(TokenKind.ELAPSED, inside.lower()))
        elif found := _CONDITION.fullmatch(inside):
            self.condition = Condition(found[1], float(found[2]))
        elif found := _NATIVE.fullmatch(inside):
            self.native = int(found[1])

    def add(self, group: str, text: str) -> None:
        if group == "bracket":
            self.bracket(text)
        elif group == "blank":
            self.tokens.append(Token(TokenKind.LITERAL, " "))
        elif group in _LOWERED:
            self.tokens.append(Token(_LOWERED[group], text.lower()))
        elif group in _PLAIN:
            self.tokens.append(Token(_PLAIN[group], text))

    def source(self) -> Source:
        return Source(tuple(self.tokens), self.condition, self.language, self.native, self.bracketed)


def tokenize(code: str) -> tuple[Source, ...]:
    """Split a format code into its sections; empty if a square bracket isn't closed."""
    drafts = [_Draft()]
    for found in _TOKEN.finditer(code):
        group = found.lastgroup or "literal"
        if group == "open":
            return ()
        if group == "section":
            drafts.append(_Draft())
        else:
            drafts[-1].add(group, found[group])
    return tuple(draft.source() for draft in drafts)
