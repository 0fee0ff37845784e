"""What is wrong with a single cell: stand-ins, notes, damaged characters, odd capitals, repetition.

`text_fault` gets the text as the cell shows it, and what its column holds. `content_words` has the words.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from merge.checks.column_role import ColumnRole
from merge.checks.content_words import (
    BRANDS,
    HEADERS,
    NOTE_LABELS,
    NOTES,
    NOTES_IN_BRACKETS,
    ONLY_FOR_NAMES,
    PARTICLES,
    STAND_INS,
    SURNAMES_TOO,
)
from merge.checks.warning import WarningKind

NAMES: Final = frozenset({ColumnRole.PERSON, ColumnRole.PLACE})
_SHOWN: Final = 40
_LONGEST_NAME: Final = 60
_LONGEST_NOTE: Final = 80
_PLAIN: Final = re.compile(r"[^\W\d_]+(?:[ '’.-]{1,2}[^\W\d_]+)*\.?")
"""Letters and what joins them: in such text, only the words can be wrong."""
_SIMPLE: Final = re.compile(r"(?:[A-Za-z0-9]++[ .,'-]{0,2}+)++|[^\W\d_]+(?:[ '’.-]{1,2}[^\W\d_]+)*\.?")
_OUTER: Final = " \t\n\u00a0.…!:;,*'\"“”"
_SAME_LETTERS: Final = re.compile(r"([^\W\d_])\1{2,}")
_KEYBOARD: Final = re.compile(
    r"asdf|sdfg|dfgh|fghj|ghjk|hjkl|jklö|lkjh|fdsa|qwer[tz]?|wertz|zxcv|xcvb|yxcv|poiuy|йцук|фыва",
    re.IGNORECASE,
)
_LONGEST_MASH: Final = 16
_FEWEST_DIGITS: Final = 6
_NO_VOWEL: Final = re.compile(r"[bcdfghjklmnpqrstvwxz]{6,}", re.IGNORECASE)
_WHOLE_BRACKETS: Final = re.compile(r"[\[<{(«]+\s*([^\[\]<>{}()«»]{1,60})\s*[\]>})»]+")
_BRACKETED: Final = re.compile(r"[(\[{（【]([^()\[\]{}（）【】]{1,80})[)\]}）】]|\*+([^*]{2,40})\*+")
_BRACKETED_BLANK: Final = re.compile(
    r"\[(?:[^\]]*name[^\]]*|date|amount|company|city|…|\.\.\.|x+|_+)\]|<[^<>]*name[^<>]*>|_{3,}",
    re.IGNORECASE,
)
_TRAILING_MARKS: Final = re.compile(r"\?{2,}|!{2,}|←|<--?|//|#\w*check|\s\?$|\(\?\)", re.IGNORECASE)
_GREETED_STAND_IN: Final = re.compile(
    r"(?:^|\s)(?:N/A|TBD|TBC|TBA|XX+|\?+)(?=[\s,.!]|$)|\blorem ipsum\b", re.IGNORECASE
)
_GREETED: Final = re.compile(
    r"(?:Dear|Hello|Hi|Liebe[r]?|Hallo|Hola|Bonjour|Ciao|Beste)\s+([^\W\d_]{4,})[,!]?"
)
_PERSONAL: Final = re.compile(r"\b(?:last|first|full|nick|sur|given|family)[\s_-]*names?\b")
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_ESCAPE: Final = re.compile(
    r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|(?:%[0-9A-Fa-f]{2}){2,}|%20|_x[0-9A-Fa-f]{4}_"
    r"|=[C-E][0-9A-F]=[89AB][0-9A-F]"
)
_LOST_LETTER: Final = re.compile(r"[^\W\d_]\?[^\W\d_]")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff]")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]{2,}")
_WRONG_ENCODINGS: Final = ("cp1252", "cp1250", "cp1251", "cp1254", "mac_roman", "cp850")
_TYPICAL_DAMAGE: Final = re.compile(
    "[ÂÃ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€.?|ï»¿|ï¿½|á[º»].|锟斤|[a-z][®©]Â"
)
_LAST_LATIN: Final = "\u024f"
_SCIENTIFIC: Final = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE][+-]?\d{1,3}")
_REPEATED: Final = 3
_REPEATED_WORDS: Final = re.compile(r"(?<!\w)(\w[^\n]{0,40}?)(?:[\s,;]+\1(?!\w)){3,}", re.IGNORECASE)
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_FEWEST_LETTERS: Final = 4
_VOWELS: Final = re.compile(r"[aeiouyáàâäãåéèêëíìîïóòôöõøúùûüýæœ]", re.IGNORECASE)
_WITHOUT_WORDS: Final = NAMES | {
    *(ColumnRole.AMOUNT, ColumnRole.COUNT, ColumnRole.SHARE, ColumnRole.DATE, ColumnRole.PHONE),
    ColumnRole.COMPANY,
}
"""Columns in which a question mark at the end marks a note."""
_LEFT_TO_PROJECT_CHECKS: Final = frozenset(
    {"none", "nan", "nat", "<na>", "null", "undefined", "[object object]"}
)
"""`project_checks` reports these where they are spoken."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell.

    Attributes:
        kind: the kind of warning
        message: about the value, which it quotes
        hint: what to do
    """

    kind: WarningKind
    message: str
    hint: str


def quoted(text: str) -> str:
    """A text as messages quote it: on one line, and shortened."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= _SHOWN else f'{line[:_SHOWN]}…'}”"


def text_fault(text: str, role: ColumnRole, header: str) -> Fault | None:
    """What is most likely wrong with a text, or None.

    Args:
        text: as the cell shows it
        role: what its column holds
        header: its column's header
    """
    if text.strip(_OUTER).casefold() in _LEFT_TO_PROJECT_CHECKS and not text.strip(_OUTER).istitle():
        return None
    # Most texts contain no character that could be damaged or enclose a note.
    if len(text) <= _LONGEST_NAME and _SIMPLE.fullmatch(text):
        damaged = None if text.isascii() else _damaged(text, role)
        found = damaged or _stand_in(text, role, header) or _scientific(text) or _whole_note(text)
        return found or _capitals(text, role) or _runaway(text, role)
    if role is ColumnRole.LINK:
        return _stand_in(text, role, header)
    return (
        _stand_in(text, role, header)
        or _damaged(text, role)
        or _scientific(text)
        or _note(text, role)
        or _runaway(text, role)
        or _capitals(text, role)
    )


def _stand_in(text: str, role: ColumnRole, header: str) -> Fault | None:
    if not _is_stand_in(text, role, header):
        return None
    return Fault(
        WarningKind.STAND_IN,
        f"{quoted(text)} looks like a stand-in for a missing value",
        "Write the real value, or clear the cell and give the template a default",
    )


def _is_stand_in(text: str, role: ColumnRole, header: str) -> bool:
    bare = text.strip(_OUTER)
    folded = " ".join(bare.casefold().split())
    if folded in _LEFT_TO_PROJECT_CHECKS:
        return False
    known = folded in STAND_INS or " ".join(text.casefold().split()) in STAND_INS
    if (known and _counts(folded, bare, role)) or folded == " ".join(header.casefold().split()):
        return True
    if " " not in folded and _is_mash(bare, folded, name=role in NAMES):
        return True
    if _SIMPLE.fullmatch(text) and _STAND_IN_WITHIN.isdisjoint(folded.split()):
        return _is_mash_of_digits(bare, role)
    return _has_stand_in(text, folded) or _is_mash_of_digits(bare, role)


def _has_stand_in(text: str, folded: str) -> bool:
    """Whether a text consists of symbols, is in brackets, or has a blank to fill in: `Dear [Name]`."""
    if folded.startswith("lorem ipsum") or not any(map(str.isalnum, text)):
        return True
    brackets = _WHOLE_BRACKETS.fullmatch(text.strip())
    if brackets and any(map(str.isalpha, brackets[1])):
        return True
    short = len(text) <= _LONGEST_NOTE
    return short and bool(_BRACKETED_BLANK.search(text) or _GREETED_STAND_IN.search(text))


def _counts(folded: str, bare: str, role: ColumnRole) -> bool:
    """Whether a word that may be a stand-in is one here; `Test` is also a surname."""
    if folded in SURNAMES_TOO and bare.istitle():
        return False
    if folded in ONLY_FOR_NAMES:
        return role not in {ColumnRole.OTHER, ColumnRole.COMPANY} or folded.endswith("name")
    # Companies have names like Placeholder or Foo.
    return role is not ColumnRole.COMPANY or " " in folded or not bare.istitle() or folded in _UNKNOWN


def _is_mash(bare: str, folded: str, *, name: bool) -> bool:
    """Whether somebody typed random keys: `xxx`, `asdf`, `sdkfjhg`."""
    if folded in {"x", "xx"}:
        return bare.islower() or folded == "xx"
    if " " in folded or not folded:
        return False
    same = _SAME_LETTERS.fullmatch(folded)
    if same:
        return True
    if (
        len(folded) <= _LONGEST_MASH
        and _KEYBOARD.search(folded)
        and len(_KEYBOARD.sub("", folded)) <= len(folded) / 2
    ):
        return True
    return name and bool(_NO_VOWEL.fullmatch(folded)) and not bare.isupper()


def _is_mash_of_digits(bare: str, role: ColumnRole) -> bool:
    digits = re.sub(r"[\s()/+.-]", "", bare)
    if role is not ColumnRole.PHONE and role not in NAMES:
        return False
    return len(digits) >= _FEWEST_DIGITS and digits.isdigit() and _is_row_of_digits(digits)


def _is_row_of_digits(digits: str) -> bool:
    """Whether they repeat one digit or count up: `000000`, `123456`."""
    return len(set(digits)) == 1 or digits in "01234567890123456789"


def _damaged(text: str, role: ColumnRole) -> Fault | None:
    meant = _repaired(text)
    if meant is not None:
        probably = f"; it was probably {quoted(meant)}" if meant else ""
        return Fault(
            WarningKind.DAMAGED,
            f"{quoted(text)} has characters that were damaged when the file was converted{probably}",
            "Correct the cell, or export the list again as UTF-8",
        )
    entity = next((found for found in _ENTITY.finditer(text) if html.unescape(found[0]) != found[0]), None)
    code = entity or (None if "://" in text else _ESCAPE.search(text))
    if code:
        sign = f", a code for “{html.unescape(code[0])}”" if entity else ", which is the code of a character"
        return Fault(
            WarningKind.DAMAGED, f"{quoted(text)} contains {code[0]}{sign}", "Write the character itself"
        )
    lost = _LOST_LETTER.search(text) if role in NAMES | {ColumnRole.COMPANY} and "/" not in text else None
    if lost:
        message = f"{quoted(text)} has a question mark in a word, where a letter was probably lost"
        return Fault(WarningKind.DAMAGED, message, "Correct the cell, or export the list again as UTF-8")
    return None


def _repaired(text: str) -> str | None:
    """The original of a damaged text, "" if it isn't known, or None if the text isn't damaged."""
    if text.isascii():
        return "" if _CONTROLS.search(text) else None
    for run in _NOT_ASCII.findall(text):
        for encoding in _WRONG_ENCODINGS:
            meant = _decoded(run, encoding)
            if meant is not None:
                return text.replace(run, meant)
    return "" if _CONTROLS.search(text) or _TYPICAL_DAMAGE.search(text) else None


def _decoded(run: str, encoding: str) -> str | None:
    """The original of characters that are UTF-8 read in the wrong encoding, or None."""
    try:
        raw = b"".join(_byte(letter, encoding) for letter in run)
        meant = raw.decode("utf-8")
    except (UnicodeError, ValueError):
        return None
    if len(meant) == len(run) or not _is_plausible(meant):
        return None
    # Pairs of letters that happen to be valid UTF-8, such as Íñ, aren't damaged.
    return meant if encoding == "cp1251" or any(map(_is_odd, run)) else None


def _is_plausible(meant: str) -> bool:
    """Whether a text has only letters and common symbols, with several letters of any non-Latin script."""
    if not meant.isprintable() or any(unicodedata.combining(letter) for letter in meant):
        return meant in {"\u00a0", "\u202f"}
    foreign = sum(1 for letter in meant if letter.isalpha() and letter > _LAST_LATIN)
    return foreign != 1


def _is_odd(letter: str) -> bool:
    """Whether a character is rare in words but frequent in UTF-8 that was read in a Western encoding."""
    return not letter.isalpha() or letter in "ªºµƒŸœŠšŽžŒˆ"


@lru_cache(maxsize=4096)
def _byte(letter: str, encoding: str) -> bytes:
    try:
        return letter.encode(encoding)
    except UnicodeError:
        # The five bytes without a letter in these encodings are read as C1 controls.
        return letter.encode("latin-1") if "\x80" <= letter <= "\x9f" else letter.encode(encoding)


def _scientific(text: str) -> Fault | None:
    return scientific_fault(text) if _SCIENTIFIC.fullmatch(text.strip()) else None


def scientific_fault(text: str, number: str = "") -> Fault:
    """The warning about a long number that Excel abbreviates."""
    of = f" of {number}" if number else ""
    return Fault(
        WarningKind.SCIENTIFIC,
        f"{quoted(text)} is Excel's short form{of}, and would be said like this",
        "Format the column as text or as a number without decimals, and enter the number again",
    )


_STAND_IN_WITHIN: Final = frozenset({"tbd", "tbc", "tba", "xx", "xxx", "xxxx", "lorem"})
_UNKNOWN: Final = frozenset(
    {"unknown", "unbekannt", "desconocido", "inconnu", "sconosciuto", "desconhecido", "onbekend"}
)
_NOTE_WORDS: Final = frozenset(
    {
        *(
            "do",
            "please",
            "don",
            "dnc",
            "dnr",
            "todo",
            "fixme",
            "tbc",
            "tbd",
            "tba",
            "ask",
            "check",
            "to",
            "see",
        ),
        *(
            "left",
            "moved",
            "no",
            "unsubscribed",
            "opt",
            "opted",
            "bitte",
            "nicht",
            "siehe",
            "ne",
            "non",
            "da",
        ),
        *("niet", "zu", "noch", "xxx", "xxxx"),
    }
)
"""First words of the phrases in `NOTES`, where they are plain letters."""


@lru_cache(maxsize=1)
def _note_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    capitalized = "(?-i:[A-ZÄÖÜÉ]\\\\w+)"
    phrases = "|".join(re.sub(r"\\p", capitalized, phrase) for phrase in NOTES)
    labels = rf"^(?:{NOTE_LABELS})\s*[:：]"
    return re.compile(f"{phrases}|{labels}", re.IGNORECASE), re.compile(NOTES_IN_BRACKETS, re.IGNORECASE)


def _note(text: str, role: ColumnRole) -> Fault | None:
    if len(text) > _LONGEST_NOTE or text.startswith("http"):
        return None
    phrases, in_brackets = _note_patterns()
    for found in _BRACKETED.finditer(text):
        words = found[1] or found[2]
        starred = found[2] is not None
        sentence = role is ColumnRole.OTHER and words.casefold().startswith(("to ", "call ", "see ", "not "))
        if (in_brackets.search(words) or starred) and not sentence:
            return _note_fault(text, found[0])
    short = role is not ColumnRole.OTHER or len(text) <= _LONGEST_NAME
    found_phrase = phrases.search(text) if short else None
    marks = _TRAILING_MARKS.search(text) if role in _WITHOUT_WORDS else None
    hit = found_phrase or marks
    return _note_fault(text, hit[0]) if hit else None


def _whole_note(text: str) -> Fault | None:
    if text.isascii() and _NOTE_WORDS.isdisjoint(re.split(r"[\s'-]+", text.casefold())):
        return None
    found = _note_patterns()[0].search(text)
    return _note_fault(text, found[0]) if found else None


def _note_fault(text: str, note: str) -> Fault:
    about = f": {quoted(note)}" if note.strip() != text.strip() else ""
    return Fault(
        WarningKind.NOTE,
        f"{quoted(text)} contains a note that isn't meant for the video{about}",
        "Move the note into a column that the template doesn't use",
    )


def _runaway(text: str, role: ColumnRole) -> Fault | None:
    repeated = _REPEATED_WORDS.search(text) if len(text.split(None, 3)) > _REPEATED else None
    if repeated:
        times = len(re.findall(re.escape(repeated[1]), repeated[0], re.IGNORECASE))
        message = f"{quoted(text)} repeats {quoted(repeated[1])} {times} times"
        return Fault(WarningKind.RUNAWAY, message, "Shorten the cell")
    if role in NAMES and len(text) > _LONGEST_NAME:
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
        return _capitals_fault(text, "is written in capitals")
    first = words[0]
    if first not in PARTICLES and not text.startswith(("'", "’")) and all(map(str.islower, words)):
        return _capitals_fault(text, "begins with a small letter")
    if len(first) >= _FEWEST_LETTERS and first[0].islower() and first[1:].isupper():
        return _capitals_fault(text, "has small and capital letters the wrong way round")
    return None


def _is_shouted(text: str, words: list[str], role: ColumnRole) -> bool:
    if not text.isupper() or text.casefold() in BRANDS:
        return False
    longest = max(words, key=len)
    fewest = 3 if role is ColumnRole.PERSON else 5
    return len(longest) >= fewest and bool(_VOWELS.search(longest))


def _shouted(text: str) -> Fault | None:
    """A greeting with a name in capitals: `Dear OLIVIA`."""
    greeted = re.fullmatch(
        r"(?:Dear|Hello|Hi|Liebe[r]?|Hallo|Hola|Bonjour|Ciao|Beste)\s+([^\W\d_]{4,})[,!]?", text
    )
    if greeted and greeted[1].isupper() and greeted[1].casefold() not in BRANDS:
        return _capitals_fault(text, "is written in capitals")
    return None


def _capitals_fault(text: str, how: str) -> Fault:
    return Fault(
        WarningKind.CAPITALS,
        f"{quoted(text)} {how}; usual is {quoted(_as_name(text))}",
        "Correct the cell, if the name is shown on the screen",
    )


def _as_name(text: str) -> str:
    words = re.sub(r"[^\W\d_]+", lambda found: found[0].capitalize(), text.casefold())
    return re.sub(r"^Mc([a-z])", lambda found: f"Mc{found[1].upper()}", words)


@lru_cache(maxsize=512)
def role_of(header: str) -> ColumnRole:
    """What a column holds, according to the words of its header."""
    folded = " ".join(header.casefold().split())
    words = {folded, *re.split(r"[\s_/().,:;-]+", folded), *folded.split()}
    if _PERSONAL.search(folded):
        return ColumnRole.PERSON
    for role, names in HEADERS:
        if any(name in words or (_is_unspaced(name) and name in folded) for name in names):
            return role
    return ColumnRole.OTHER


def _is_unspaced(name: str) -> bool:
    """Whether a word may be part of a header without spaces around it, like in Chinese."""
    return len(name) > 1 and not name.isascii() and not name[0].islower()
