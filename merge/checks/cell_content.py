"""What is wrong with a single cell: notes, odd capitals, repetition.

`text_fault` gets the text as the cell shows it, and what its column holds. `stand_ins` recognizes values that
stand for a missing one, `damaged_text` recognizes damage from converting a file, and `content_words` has the
words.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from unicodedata import category

from merge.checks.column_role import FIRST_UNSPACED, NAMES, ColumnRole, is_unspaced
from merge.checks.content_words import (
    BORN,
    BRANDS,
    LEFT_TO_PROJECT_CHECKS,
    NOTE_LABELS,
    NOTES,
    NOTES_IN_BRACKETS,
    NOTES_IN_UNSPACED_NAMES,
    PARTICLES,
    WORDS_OF_NOTES,
)
from merge.checks.damaged_text import damage_fault
from merge.checks.fault import Fault, quoted
from merge.checks.ordinary_text import FEWEST_OF_A_SENTENCE, is_ordinary, is_ordinary_sentence
from merge.checks.stand_ins import is_stand_in, stand_in_fault
from merge.checks.warning import WarningKind

_LONGEST_NAME: Final = 60
_LONGEST_NOTE: Final = 80
_LONGEST_ADDRESS: Final = 120
_MOST_EXAMINED: Final = 1000
"""Characters of a text; some patterns take time that grows with the square of its length."""
_OUTER: Final = " \t\n\u00a0.…!:;,*'\"“”"
_BRACKETED: Final = re.compile(r"[(\[{（【]([^()\[\]{}（）【】]{1,80})[)\]}）】]|(?<!\w)\*+([^*]{2,40})\*+")
_TRAILING_MARKS: Final = re.compile(
    r"\s=\w|\?{2,}|!{2,}|←|→|[=-]>|<--?|(?<!:)//|\*+$|#\w*check|\s\?$|[^\W_]{3,}\?$|\d\?$|？$|\(\?\)",
    re.IGNORECASE,
)
_ONE_MARK: Final = re.compile(r"(?<![?*])[?*]$")
_UNSPACED_NOTE: Final = re.compile(NOTES_IN_UNSPACED_NAMES)
_REMARK: Final = re.compile(r"(?:\s[-–—/|]+|[,;])\s([^\W\d_]{2,}.*)$|[(\[]([^\W\d_]{2,}[^()\[\]]*)[)\]]$")
"""Text after a name behind a dash or in brackets; in lower case it isn't part of the name."""
_SHOUTED_WORD: Final = re.compile(r"\s[A-ZÄÖÜÉ]{3,}$")
_GREETED: Final = re.compile(
    r"(?:Dear|Hello|Hi|Liebe[r]?|Hallo|Hola|Bonjour|Ciao|Beste)\s+([^\W\d_]{4,})[,!]?"
)
_FORMULA: Final = re.compile(r"=\s*[A-Z+(\d-][^=]*$|=[A-Z]{2,}\(")
_ADDRESS_WITHIN: Final = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[a-z]{2,}")
_PHONE_WITHIN: Final = re.compile(r"\S\s.*\d[\d\s()/.-]{5,}\d")
_NUMBER_IN_NAME: Final = re.compile(
    r"(?<=[^\W\d_]) \d+$|\+ ?\d$|[^\W\d_]\d|\d(?!st\b|nd\b|rd\b|th\b)[^\W\d_]"
    r"|^(?-i:\d+ [a-zà-öø-ÿ])|\d(?:st|nd|rd|th)(?-i: [a-z])",
    re.IGNORECASE,
)
_USER_NAME: Final = re.compile(
    r"@\w+|\w+@|(?-i:zz+|xx+)[ _-]?[A-Z]\w+|[a-z]{2,}[._][a-z._]*[a-z]\d*|[A-Za-z]{2,}_[A-Za-z_]+"
)
_MISTYPED: Final = re.compile(
    r'^[+=]|^"[^"]*"$|^“[^”]*”$|([^\W\d_])\1{3,}|^[^\W\d_](?: [^\W\d_]){3,}$',
    re.IGNORECASE,
)
"""A sign or quotation marks around a name, a letter four times, or letters with spaces between them."""
_MARK_AT_THE_END: Final = re.compile(r"(?<=[^\W\d_])(?:[,;:/|_-]+|\.{2,}|…)$")
_SCIENTIFIC: Final = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE][+-]?\d{1,3}")
_REPEATED: Final = 3
_REPEATED_WORDS: Final = re.compile(r"(?<!\w)(\w[^\n]{0,40}?)(?:[\s,;]+\1(?!\w)){3,}", re.IGNORECASE)
_WORDS: Final = re.compile(r"\w+")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_FEWEST_LETTERS: Final = 4
_VOWELS: Final = re.compile(
    r"[aeiouyáàâäãåąăéèêëęěíìîïıóòôöõøőúùûüůűýæœаеёиоуыэюяіїєαεηιουωάέήίόύώ]", re.IGNORECASE
)
_WITHOUT_WORDS: Final = NAMES | {
    *(ColumnRole.AMOUNT, ColumnRole.COUNT, ColumnRole.SHARE, ColumnRole.DATE, ColumnRole.PHONE),
    *(ColumnRole.COMPANY, ColumnRole.CODE),
}
"""Columns in which a question mark at the end marks a note."""


def text_fault(text: str, role: ColumnRole, header: str) -> Fault | None:
    """The most likely fault of a text, or None.

    Args:
        text: as the cell shows it
        role: what its column holds
        header: its column's header
    """
    if text.strip(_OUTER).casefold() in LEFT_TO_PROJECT_CHECKS and not text.strip(_OUTER).istitle():
        return None
    if is_ordinary(text, header) or (role is ColumnRole.OTHER and is_ordinary_sentence(text)):
        return None
    whole, text = text, text[:_MOST_EXAMINED]
    if role is ColumnRole.LINK:
        return _stand_in(text, role, header)
    if _FORMULA.match(text):
        return Fault(
            WarningKind.UNLIKE,
            f"{quoted(text)} is a formula stored as text, and would be spoken exactly as written",
            "Enter its result in the cell",
        )
    address = _ADDRESS_WITHIN.search(text) if role in NAMES and "@" in text else None
    if address and address[0] != text:
        return Fault(
            WarningKind.UNLIKE,
            f"{quoted(text)} contains an email address, which would be spoken",
            "Correct the cell",
        )
    return (
        _stand_in(text, role, header)
        or damage_fault(text, role)
        or _scientific(text)
        or _note(text, role)
        or _unlike_a_name(text, role)
        or _runaway(whole, role)
        or _capitals(text, role)
    )


def _unlike_a_name(text: str, role: ColumnRole) -> Fault | None:
    """A digit in a person's name, a phone number next to it, a user name, or a mark at its end."""
    if role not in NAMES or len(text) > _LONGEST_ADDRESS:
        return None
    bare = text.strip()
    plain = bare.replace(" ", "").isalpha() and not bare.startswith(("zz", "xx"))
    if role is ColumnRole.PERSON and not plain:
        patterns = (_PHONE_WITHIN, "a phone number"), (_NUMBER_IN_NAME, "a number")
        what = next((what for pattern, what in patterns if pattern.search(bare)), "")
        if what:
            message = f"{quoted(text)} contains {what}, which would be spoken"
            return Fault(WarningKind.UNLIKE, message, "Correct the cell")
        if not bare.isascii() and any(category(letter) == "So" for letter in bare):
            return Fault(WarningKind.UNLIKE, f"{quoted(text)} contains a symbol", "Delete the symbol")
        if "/" in bare and bare.replace("/", "").replace(" ", "").isalpha():
            return Fault(WarningKind.UNLIKE, f"{quoted(text)} has two names", "Keep one, or write “and”")
        if _USER_NAME.fullmatch(bare):
            message = f"{quoted(text)} looks like a user name"
            return Fault(WarningKind.UNLIKE, message, "Write the name as it should be spoken")
    if _MISTYPED.search(bare):
        message = f"{quoted(text)} doesn't look like a name"
        return Fault(WarningKind.UNLIKE, message, "Correct the cell")
    mark = _MARK_AT_THE_END.search(bare)
    if mark:
        message = f"{quoted(text)} ends with “{mark[0]}”"
        return Fault(WarningKind.UNLIKE, message, "Delete the character if it isn't part of the name")
    return None


def _stand_in(text: str, role: ColumnRole, header: str) -> Fault | None:
    return stand_in_fault(text) if is_stand_in(text, role, header) else None


def _scientific(text: str) -> Fault | None:
    return scientific_fault(text) if _SCIENTIFIC.fullmatch(text.strip()) else None


def scientific_fault(text: str, number: str = "") -> Fault:
    """The warning about a long number that Excel abbreviates."""
    of = f" of {number}" if number else ""
    return Fault(
        WarningKind.SCIENTIFIC,
        f"{quoted(text)} is Excel's short form{of}, and would be spoken exactly as written",
        "Format the column as text or as a number without decimals, and enter the number again",
    )


@lru_cache(maxsize=1)
def _note_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    capitalized = "(?-i:[A-ZÄÖÜÉ]\\\\w+)"
    phrases = "|".join(re.sub(r"\\p", capitalized, phrase) for phrase in NOTES)
    labels = rf"^(?:{NOTE_LABELS})\s*[:：]"
    return re.compile(f"{phrases}|{labels}", re.IGNORECASE), re.compile(NOTES_IN_BRACKETS, re.IGNORECASE)


def _note(text: str, role: ColumnRole) -> Fault | None:
    if len(text) > _LONGEST_NOTE or text.startswith("http"):
        return None
    in_brackets = _note_patterns()[1]
    for found in _BRACKETED.finditer(text):
        words = found[1] or found[2]
        starred = found[2] is not None
        sentence = role is ColumnRole.OTHER and words.casefold().startswith(("to ", "call ", "see ", "not "))
        marked = starred or (role in NAMES and (words.endswith("!") or found[0][0] == "["))
        if (in_brackets.search(words) or marked) and not sentence:
            return _note_fault(text, found[0])
    shouted = _SHOUTED_WORD.search(text) if role in NAMES and not text.isupper() else None
    if shouted and in_brackets.search(shouted[0]):
        return _note_fault(text, shouted[0].strip())
    remark = _REMARK.search(text) if role is not ColumnRole.OTHER else None
    if remark and _is_remark(remark, role):
        return _note_fault(text, remark[0].strip())
    short = role is not ColumnRole.OTHER or len(text) <= _LONGEST_NAME
    found_phrase = _phrase(text, role) if short else None
    marks = _TRAILING_MARKS.search(text) if role in _WITHOUT_WORDS else None
    if marks and role is ColumnRole.COMPANY and _ONE_MARK.search(text):
        marks = None
    hit = found_phrase or marks
    return _note_fault(text, hit[0]) if hit else None


def _is_remark(remark: re.Match[str], role: ColumnRole) -> bool:
    """Whether words after a name, behind a dash or in brackets, are a remark rather than part of it."""
    words = str(remark[1] or remark[2])
    first = words.split(maxsplit=1)[0]
    if first[0].isupper() and role is ColumnRole.PERSON and remark[1] and remark[0][0] != ",":
        acronym = first.rstrip(",").isupper() and not remark.string.isupper()
        return acronym or bool(_note_patterns()[1].search(words))
    is_name = first in BORN or (first in PARTICLES and not words.islower())
    if role is ColumnRole.PERSON and first.islower() and not is_name and remark[0][0] != ",":
        return True
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
    marked = "xxx" in folded or any(mark in text for mark in "-–—;:：")
    return marked or not WORDS_OF_NOTES.isdisjoint(_WORDS.findall(folded))


def _note_fault(text: str, note: str) -> Fault:
    about = f": {quoted(note)}" if note.strip() != text.strip() else ""
    return Fault(
        WarningKind.NOTE,
        f"{quoted(text)} contains a note that isn't meant for the video{about}",
        "Move the note into a column that the template doesn't use",
    )


def _runaway(text: str, role: ColumnRole) -> Fault | None:
    words = text.casefold().split()
    repeated = _REPEATED_WORDS.search(text) if len(words) - len(set(words)) >= _REPEATED else None
    if repeated:
        times = len(re.findall(re.escape(repeated[1]), repeated[0], re.IGNORECASE))
        message = f"{quoted(text)} repeats {quoted(repeated[1])} {times} times"
        return Fault(WarningKind.RUNAWAY, message, "Shorten the cell")
    if role in NAMES and len(text) > (_LONGEST_NAME if role is ColumnRole.PERSON else _LONGEST_ADDRESS):
        message = f"{quoted(text)} has {len(text):,} characters, a lot for {role}"
        return Fault(WarningKind.RUNAWAY, message, "Shorten the cell")
    return None


def _capitals(text: str, role: ColumnRole) -> Fault | None:
    if role not in NAMES:
        return _shouted(text) if role is ColumnRole.OTHER else None
    words = _LETTERS.findall(text)
    if not words or any(letter.isdigit() for letter in text) or "@" in text or "." in text.rstrip("."):
        return None
    if _is_shouted(text, words, role):
        return _capitals_fault(text, "is in all capitals")
    first = words[0]
    has_cases = _as_name(text) != text
    small = has_cases and all(map(str.islower, words))
    if small and first not in PARTICLES and not text.startswith(("'", "’")):
        return _capitals_fault(text, "starts with a lowercase letter")
    fewest = _FEWEST_LETTERS - (role is ColumnRole.PERSON)
    if len(first) >= fewest and first[0].islower() and first[1:].isupper():
        return _capitals_fault(text, "has its uppercase and lowercase letters swapped")
    return None


def _is_shouted(text: str, words: list[str], role: ColumnRole) -> bool:
    if not text.isupper() or text.casefold() in BRANDS or any(map(_is_caseless, text)):
        return False
    longest = max(words, key=len)
    fewest = 3 if role is ColumnRole.PERSON else 4
    return len(longest) >= fewest and bool(_VOWELS.search(longest))


def _is_caseless(letter: str) -> bool:
    return letter.isalpha() and letter.lower() == letter.upper()


def _shouted(text: str) -> Fault | None:
    """A greeting with a name in capitals: `Dear OLIVIA`."""
    greeted = re.fullmatch(
        r"(?:Dear|Hello|Hi|Liebe[r]?|Hallo|Hola|Bonjour|Ciao|Beste)\s+([^\W\d_]{4,})[,!]?", text
    )
    if greeted and greeted[1].isupper() and greeted[1].casefold() not in BRANDS:
        return _capitals_fault(text, "is in all capitals")
    return None


def capitals_fault(text: str) -> Fault | None:
    """The fault of a text's capitals if the words in its column are usually capitalized, or None."""
    words = _LETTERS.findall(text)
    if len(max(words, key=len, default="")) < _FEWEST_LETTERS or len(words) > _FEWEST_LETTERS:
        return None
    return _capitals(text, ColumnRole.PLACE)


def _capitals_fault(text: str, how: str) -> Fault:
    return Fault(
        WarningKind.CAPITALS,
        f"{quoted(text)} {how}; the usual form is {quoted(_as_name(text))}",
        "Correct the cell if the name is shown on the screen",
    )


def _as_name(text: str) -> str:
    words = re.sub(r"[^\W\d_]+", lambda found: found[0].capitalize(), text.casefold())
    return re.sub(r"^Mc([a-z])", lambda found: f"Mc{found[1].upper()}", words)
