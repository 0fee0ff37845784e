"""The pronunciation list, which respells words in what the avatar says."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Final

from merge.project.scripts import escape_text, is_markup
from merge.sheet.columns import PRONUNCIATION

SHEET: Final = PRONUNCIATION
"""The worksheet with the list: a word in the first column, its respelling in the second."""

_COLUMN_NAMES: Final = frozenset(
    {
        *("word", "words", "term", "written", "wort", "mot", "palabra", "parola", "palavra", "woord"),
        *("단어", "単語", "词", "词语", "how it is said", "said", "say", "say as", "spoken", "pronunciation"),
        *("aussprache", "prononciation", "pronunciación", "pronuncia", "pronúncia", "발음", "発音", "发音"),
    }
)
_TAG: Final = r"</?[a-zA-Z!][^<>]*>"
_ENTITY: Final = r"&(?:#\w+|\w+);"
_COMBINING: Final = "\u0300-\u036f"
# Scripts without spaces between words, so that word boundaries can't be detected.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff"
_HANGUL: Final = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
_SPACE: Final = r"(?:\s|\u00a0|&nbsp;)+"


@dataclass(frozen=True)
class Pronunciation:
    """A list of words and their respellings.

    Attributes:
        words: each word with its respelling
    """

    words: tuple[tuple[str, str], ...] = ()

    def apply(self, text: str) -> str:
        """Replace the words of a text by their respellings.

        Whole words in any case, the longest first, never inside tags or entities. Respellings themselves are
        kept, so that applying the list twice is safe.
        """
        if not self.words:
            return text
        markup = is_markup(text)

        def replaced(found: re.Match[str]) -> str:
            if found.lastindex is None:
                return found[0]
            respelling = self._choices[found.lastindex - 1][1]
            return escape_text(respelling) if markup else respelling

        return self._pattern.sub(replaced, text)

    @cached_property
    def _choices(self) -> tuple[tuple[str, str], ...]:
        known = dict(self.words)
        plain = _pattern_of(known)
        kept = {respelling: respelling for respelling in known.values() if _has_word(plain, respelling)}
        return tuple(sorted((kept | known).items(), key=lambda pair: (_first(pair[0]), -len(pair[0]))))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return _pattern_of(word for word, _ in self._choices)


def pronunciation(rows: Iterable[tuple[str, str]]) -> Pronunciation:
    """Read the list from a worksheet; a first row with column names is skipped.

    Args:
        rows: the first two cells of each row as text; incomplete rows are skipped, and of several rows for
            one word the first counts
    """
    found: dict[str, tuple[str, str]] = {}
    for number, (word, respelling) in enumerate(rows):
        clean, spelled = " ".join(word.split()), " ".join(respelling.split())
        names_columns = number == 0 and not _COLUMN_NAMES.isdisjoint({clean.casefold(), spelled.casefold()})
        if clean and spelled and not names_columns:
            found.setdefault(clean.casefold(), (clean, spelled))
    return Pronunciation(tuple(found.values()))


def _has_word(pattern: re.Pattern[str], text: str) -> bool:
    return any(found.lastindex for found in pattern.finditer(text))


def _pattern_of(words: Iterable[str]) -> re.Pattern[str]:
    """A pattern with a group per word; a lookahead at the first letter keeps it fast."""
    choices = []
    for _, alike in groupby(words, key=_first):
        same = list(alike)
        letters = "".join(
            sorted({re.escape(letter) for word in same for letter in _entity(word[0])[0] + word[0]})
        )
        choices.append(f"(?=[{letters}])(?:{'|'.join(f'({_whole(word)})' for word in same)})")
    return re.compile("|".join([_TAG, *choices, _ENTITY]), re.IGNORECASE)


def _first(word: str) -> str:
    return word[0].casefold()


def _entity(char: str) -> str:
    """A character as it is written in markup."""
    return html.escape(char, quote=False)


def _whole(word: str) -> str:
    escaped = _SPACE.join(_spelled(part) for part in word.split())
    return f"{_before(word[0])}{escaped}{_after(word[-1])}"


def _spelled(part: str) -> str:
    """Each character as it is, or as its entity."""
    return "".join(
        re.escape(char) if (entity := _entity(char)) == char else f"(?:{entity}|{char})" for char in part
    )


def _before(char: str) -> str:
    if re.match(f"[{_UNSPACED}]", char):
        return ""
    # A Korean word begins after a non-Korean letter; particles follow it without a space.
    return rf"(?<![^\W{_UNSPACED}])" if re.match(r"\w", char) else ""


def _after(char: str) -> str:
    if re.match(f"[{_UNSPACED}{_HANGUL}]", char):
        return ""
    return rf"(?![^\W{_UNSPACED}{_HANGUL}]|[{_COMBINING}])" if re.match(r"\w", char) else ""
