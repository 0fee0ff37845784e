"""The pronunciation list, which respells words that the avatar speaks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
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
# Scripts without spaces between words, so that word boundaries can't be detected.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff"
_HANGUL: Final = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
_PARTS: Final = re.compile(
    rf"</?[a-zA-Z!][^<>]*>|(?:\s|\u00a0|&nbsp;)+|&(?:#\w+|\w+);|[{_UNSPACED}{_HANGUL}]"
    rf"|[^\W{_UNSPACED}{_HANGUL}]+|.",
    re.DOTALL,
)
"""Parts of a text: tags, spaces, entities, letters of scripts without spaces, words, other signs."""
_IS_WORD: Final = re.compile(rf"[^\W{_UNSPACED}]")
_IS_HANGUL_OR_UNSPACED: Final = re.compile(f"[{_UNSPACED}{_HANGUL}]")
_IS_COMBINING: Final = re.compile("[\u0300-\u036f]")
_ESCAPED: Final = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}


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
        pieces = []
        for written, respelling in self._tree.split(text):
            said = respelling or written
            pieces.append(escape_text(said) if markup and respelling else said)
        return "".join(pieces)

    @cached_property
    def _tree(self) -> _WordTree:
        known = dict(self.words)
        plain = _WordTree(known)
        kept = {respelling: respelling for respelling in known.values() if plain.has_word(respelling)}
        return _WordTree(kept | known)


class _WordTree:
    """The words of a list by their parts, so that a text is read once, however long the list is."""

    def __init__(self, respellings: Mapping[str, str]) -> None:
        self._root = _Node()
        for word, respelling in respellings.items():
            node = self._root
            for part in _PARTS.findall(word):
                node = node.following.setdefault(_key(part), _Node())
            node.respelling = node.respelling or respelling

    def has_word(self, text: str) -> bool:
        """Whether a text contains a word of the list."""
        return any(respelling for _, respelling in self.split(text))

    def split(self, text: str) -> Iterator[tuple[str, str]]:
        """A text in pieces, each with the respelling of the word that it is, or ""."""
        parts = _PARTS.findall(text)
        first = self._root.following
        place = 0
        while place < len(parts):
            end, respelling = place + 1, ""
            if _key(parts[place]) in first and _begins_word(parts, place):
                end, respelling = self._longest(parts, place)
            yield "".join(parts[place:end]), respelling
            place = end

    def _longest(self, parts: Sequence[str], start: int) -> tuple[int, str]:
        """Where the longest word that begins at a part ends, and its respelling."""
        found, node = (start + 1, ""), self._root
        for place in range(start, len(parts)):
            following = node.following.get(_key(parts[place]))
            if following is None:
                break
            node = following
            if node.respelling and _ends_word(parts, place):
                found = place + 1, node.respelling
        return found


@dataclass(slots=True)
class _Node:
    """What may follow the parts so far, and the respelling of the word that ends here, or ""."""

    following: dict[str, _Node] = field(default_factory=dict)
    respelling: str = ""


@lru_cache(maxsize=65536)
def _key(part: str) -> str:
    """The form in which parts are compared; a dotted or dotless i counts as an i, as in `re.IGNORECASE`."""
    if part.isspace() or part.startswith("&nbsp;"):
        return " "
    return _ESCAPED.get(part, part.casefold().replace("i\u0307", "i").replace("\u0131", "i"))


def _begins_word(parts: Sequence[str], place: int) -> bool:
    # A Korean word begins after a non-Korean letter; particles follow it without a space.
    if place == 0 or not _IS_WORD.match(parts[place]):
        return True
    return not _IS_WORD.match(parts[place - 1])


def _ends_word(parts: Sequence[str], place: int) -> bool:
    if place + 1 == len(parts) or not _IS_WORD.match(parts[place]):
        return True
    return bool(_IS_HANGUL_OR_UNSPACED.match(parts[place])) or not _IS_COMBINING.match(parts[place + 1])


def pronunciation(rows: Iterable[tuple[str, str]]) -> Pronunciation:
    """Read the list from a worksheet; a first row with column names is skipped.

    Args:
        rows: the first two cells of each row as text; incomplete rows are skipped, and of several rows for
            one word the first is used
    """
    found: dict[str, tuple[str, str]] = {}
    for number, (word, respelling) in enumerate(rows):
        clean, spelled = " ".join(word.split()), " ".join(respelling.split())
        names_columns = number == 0 and not _COLUMN_NAMES.isdisjoint({clean.casefold(), spelled.casefold()})
        if clean and spelled and not names_columns:
            found.setdefault(clean.casefold(), (clean, spelled))
    return Pronunciation(tuple(found.values()))
