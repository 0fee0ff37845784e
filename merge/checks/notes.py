"""Notes for colleagues in a cell: `(do not contact)`, `- ask Tom`, `Premium??`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from merge.checks.column_role import FIRST_UNSPACED, NAMES, ColumnRole, is_of_products, is_unspaced
from merge.checks.content_words import (
    BORN,
    NOTE_LABELS,
    NOTES,
    NOTES_IN_BRACKETS,
    NOTES_IN_UNSPACED_NAMES,
    PARTICLES,
    WORDS_OF_NOTES,
)
from merge.checks.fault import Fault, quoted
from merge.checks.ordinary_text import FEWEST_OF_A_SENTENCE
from merge.checks.warning import WarningKind

_LONGEST_NOTE, _LONGEST_LABEL = 80, 60
BRACKETED: Final = re.compile(r"[(\[{（【]([^()\[\]{}（）【】]{1,80})[)\]}）】]|(?<!\w)\*+([^*]{2,40})\*+")
_TRAILING_MARKS: Final = re.compile(
    r"^#[A-Z/0]{3,5}[!?]?$|\s=\w|\?{2,}|!{2,}|←|→|[=-]>|<--?|(?<!:)//|\*+$|#\w*check|\s\?$"
    r"|[^\W_]{3,}\?$|\d\?$|？$|\(\?\)",
    re.IGNORECASE,
)
_ONE_MARK: Final = re.compile(r"(?<![?*])[?*]$")
_UNSPACED_NOTE: Final = re.compile(NOTES_IN_UNSPACED_NAMES)
_REMARK: Final = re.compile(r"(?:\s[-–—/|]+|[,;])\s([^\W\d_]{2,}.*)$|[(\[]([^\W\d_]{2,}[^()\[\]]*)[)\]]$")
"""Text after a name behind a dash or in brackets; in lower case it isn't part of the name."""
_ASIDE: Final = re.compile(r"[^\d()]*[^\W\d] ([(\[]([a-zà-ÿ-]{2,}\.?)[^()\d]*[)\]])")
"""A remark in small letters: `Atlas Ltd (closed)`."""
_BEHIND: Final = re.compile(r"(?:(?<=\w),| [-–—]) (?!inc\b|ltd\b|llc\b)([a-zà-ÿ]{3,})(?: [a-zà-ÿ]+)*$")
"""A remark in small letters behind a comma or a dash: `Atlas Ltd, invoice overdue`."""
_SHOUTED_WORD: Final = re.compile(r"\s[A-ZÄÖÜÉ]{3,}$")

_MARKS: Final = (" -", "- ", "–", "—", ";", ":", "：")
_WORDS: Final = re.compile(r"\w+")
_WITHOUT_WORDS: Final = NAMES | {
    *(ColumnRole.AMOUNT, ColumnRole.COUNT, ColumnRole.SHARE, ColumnRole.DATE, ColumnRole.PHONE),
    *(ColumnRole.COMPANY, ColumnRole.CODE),
}
"""Columns in which a question mark at the end marks a note."""


@lru_cache(maxsize=1)
def _note_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    capitalized = "(?-i:[A-ZÄÖÜÉ]\\\\w+)"
    phrases = "|".join(re.sub(r"\\p", capitalized, phrase) for phrase in NOTES)
    labels = rf"^(?:{NOTE_LABELS})\s*[:：]"
    return re.compile(f"{phrases}|{labels}", re.IGNORECASE), re.compile(NOTES_IN_BRACKETS, re.IGNORECASE)


def note_fault(text: str, role: ColumnRole, header: str) -> Fault | None:
    """The warning about a note in a text, or None."""
    if len(text) > _LONGEST_NOTE or text.startswith("http"):
        return None
    in_brackets = _note_patterns()[1]
    for found in BRACKETED.finditer(text):
        words = found[1] or found[2]
        starred = found[2] is not None
        sentence = role is ColumnRole.OTHER and words.casefold().startswith(
            ("to ", "call ", "see ", "not ", "no ")
        )
        marked = (
            starred
            or (role in NAMES and found[0][0] == "[")
            or (len(text) <= _LONGEST_LABEL and words.endswith("!"))
        )
        if (in_brackets.search(words) or marked) and not sentence:
            return fault_of_note(text, found[0])
    aside = _aside(text, role, header)
    if aside:
        return fault_of_note(text, aside)
    shouted = _SHOUTED_WORD.search(text) if role in NAMES and not text.isupper() else None
    if shouted and in_brackets.search(shouted[0]):
        return fault_of_note(text, shouted[0].strip())
    remark = _REMARK.search(text) if role is not ColumnRole.OTHER else None
    if remark and _is_remark(remark, role):
        return fault_of_note(text, remark[0].strip())
    short = role is not ColumnRole.OTHER or len(text) <= _LONGEST_LABEL
    found_phrase = _phrase(text, role) if short else None
    marks = _TRAILING_MARKS.search(text) if role in _WITHOUT_WORDS else None
    if marks and role is ColumnRole.COMPANY and _ONE_MARK.search(text):
        marks = None
    hit = found_phrase or marks
    return fault_of_note(text, hit[0]) if hit else None


def _aside(text: str, role: ColumnRole, header: str) -> str:
    """A remark in small letters at the end of a company or a place, or ""."""
    is_company = role is ColumnRole.COMPANY and not is_of_products(header)
    aside = _ASIDE.fullmatch(text) if role is ColumnRole.PLACE or is_company else None
    if aside and aside[2] not in BORN:
        return aside[1]
    behind = _BEHIND.search(text) if is_company else None
    return behind[0].strip() if behind and behind[1] not in PARTICLES else ""


def _is_remark(remark: re.Match[str], role: ColumnRole) -> bool:
    """Whether words after a name, behind a dash or in brackets, are a remark rather than part of it."""
    words = str(remark[1] or remark[2])
    first = words.split(maxsplit=1)[0]
    if first[0].isupper() and role is ColumnRole.PERSON and remark[1] and remark[0][0] != ",":
        acronym = first.rstrip(",").isupper() and not remark.string.isupper()
        return acronym or bool(_note_patterns()[1].search(words))
    return remark[1] is not None and bool(_note_patterns()[1].search(words))


def _phrase(text: str, role: ColumnRole) -> re.Match[str] | None:
    """A phrase that makes a text a note, unless it is a sentence or a company such as TBC Bank."""
    is_sentence = text.rstrip().endswith((".", "!")) and len(text.split()) >= FEWEST_OF_A_SENTENCE
    if role is ColumnRole.OTHER and is_sentence:
        return None
    found = _note_patterns()[0].search(text) if _may_be_a_note(text) else None
    if found is None and role is ColumnRole.PERSON and is_unspaced(text):
        return _UNSPACED_NOTE.search(text)
    if found is None:
        return None
    begins_a_name = found.start() == 0 and found[0][0].isupper() and (found[0] != text or text.istitle())
    return None if role is ColumnRole.COMPANY and begins_a_name else found


def _may_be_a_note(text: str) -> bool:
    """Whether a text has a word or a mark of a note; looking for the phrases themselves takes longer."""
    if not text.isascii() and max(text) >= FIRST_UNSPACED:
        return True
    folded = text.casefold()
    marked = "xxx" in folded or "???" in text or any(mark in text for mark in _MARKS)
    return marked or not WORDS_OF_NOTES.isdisjoint(_WORDS.findall(folded))


def fault_of_note(text: str, note: str) -> Fault:
    """The warning about a part of a text that is a note."""
    about = f": {quoted(note)}" if note.strip() != text.strip() else ""
    return Fault(
        WarningKind.NOTE,
        f"{quoted(text)} contains a note that isn't meant for the video{about}",
        "Move the note into a column that the template doesn't use",
    )
