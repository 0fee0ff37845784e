"""Texts that can't be wrong on their own, such as `Olivia Bennett`: the content check skips them.

Nearly all cells of a list are such texts, and their words repeat, so each word is checked only once.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from merge.checks.column_role import ColumnRole
from merge.checks.content_words import (
    ANYBODY,
    OF_NO_COMPANY,
    STAND_INS,
    TEST_WORDS,
    TITLES,
    UNKNOWN,
    WORDS_OF_NOTES,
)
from merge.checks.damaged_text import damage_fault
from merge.checks.stand_ins import is_mash, is_to_replace, needs_a_look, of_header

_LONGEST: Final = 60
FEWEST_OF_A_SENTENCE: Final = 5
"""Words."""
_MOST_ALIKE: Final = 3
_LOOKED_FOR: Final = WORDS_OF_NOTES | ANYBODY | TEST_WORDS | TITLES | UNKNOWN | OF_NO_COMPANY
_OF_COMPANIES: Final = frozenset(
    {"and", "und", "et", "&", "PLC", "LLC", "GmbH", "KG", "AG", "SE", "SA", "SARL", "BV", "AB"}
)
_JOINED: Final = re.compile("[-'’]")
_THRICE: Final = re.compile(r"([a-zà-ÿ])\1\1")
_INITIAL: Final = re.compile(r"[A-Z]\.")


def is_ordinary(text: str, header: str) -> bool:
    """Whether a text consists of capitalized ordinary words, none of them twice, and isn't a stand-in."""
    words = text.split(" ")
    if text.endswith(",") or (len(text) == 2 and text[1] == "."):  # noqa: PLR2004 - an initial
        return False
    if len(text) > _LONGEST or len(set(words)) < len(words) or not all(map(_is_ordinary_word, words)):
        return False
    folded = text.casefold()
    return folded not in STAND_INS and folded not in of_header(header)


def is_ordinary_sentence(text: str) -> bool:
    """Whether a text is a sentence of ordinary words, including those of notes."""
    words = text.split(" ")
    if len(words) < FEWEST_OF_A_SENTENCE or not text.endswith((".", "!", "?")) or text.endswith(("??", "!!")):
        return False
    few_alike = len(words) - len(set(words)) < _MOST_ALIKE
    return few_alike and all(map(_is_word_of_a_sentence, words))


@lru_cache(maxsize=65536)
def _is_word_of_a_sentence(word: str) -> bool:
    """Whether nothing in a sentence is wrong because of a word, with the marks after it."""
    letters = word.rstrip(".,!?;:").replace("-", "").replace("'", "").replace("’", "")
    if not letters.isalnum() or is_to_replace(letters) or needs_a_look(word.casefold()):
        return False
    return word.isascii() or damage_fault(word, ColumnRole.PERSON) is None


@lru_cache(maxsize=65536)
def _is_ordinary_word(word: str) -> bool:
    """Whether a word is capitalized, continues in lower case, and isn't one that is searched for."""
    if word in _OF_COMPANIES or _INITIAL.fullmatch(word):
        return True
    parts = _JOINED.split(word.removesuffix(","))
    letters = "".join(parts)
    if not all(map(_is_capitalized, parts)) or not any(map(str.islower, letters)) or _THRICE.search(letters):
        return False
    folded = letters.casefold()
    if folded in _LOOKED_FOR or needs_a_look(folded) or is_mash(letters, name=True):
        return False
    return letters.isascii() or damage_fault(word, ColumnRole.PERSON) is None


def _is_capitalized(part: str) -> bool:
    return part.isalpha() and part[0].isupper() and (len(part) == 1 or part[1:].islower())
