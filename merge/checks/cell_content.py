"""What is wrong with a single cell: odd capitals, repetition, and what other modules recognize.

`text_fault` gets the text as the cell shows it, and what its column holds. `stand_ins` recognizes values that
stand for a missing one, `notes` recognizes notes, `names` what no name looks like, `damaged_text` damage from
converting a file, and `content_words` has the words.
"""

from __future__ import annotations

import re
from typing import Final

from merge.checks.column_role import NAMES, ColumnRole, is_of_first_names
from merge.checks.content_words import BRANDS, GREETED, LEFT_TO_PROJECT_CHECKS, PARTICLES
from merge.checks.damaged_text import damage_fault
from merge.checks.fault import Fault, quoted
from merge.checks.names import unlike_a_name
from merge.checks.notes import note_fault
from merge.checks.ordinary_text import is_ordinary, is_ordinary_sentence
from merge.checks.stand_ins import is_stand_in, stand_in_fault
from merge.checks.warning import WarningKind

_LONGEST_NAME: Final = 60
_LONGEST_ADDRESS: Final = 120
_MOST_EXAMINED: Final = 1000
"""Characters of a text; some patterns take time that grows with the square of its length."""
_OUTER: Final = " \t\n\u00a0.…!:;,*'\"“”"
_FORMULA: Final = re.compile(r"=\s*[A-Z+(\d-][^=]*$|=[A-Z]{2,}\(")
_ADDRESS_WITHIN: Final = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[a-z]{2,}")
_CAPITAL_INSIDE: Final = re.compile(
    r"(?<!\w)(?:(?!O|D|IJ)[A-ZÀ-Þ]{2}[a-zà-ÿ]{3,}|(?![deiloutn])[a-z][A-Z][a-z]+|(?!(?:al|d[aeiu]|el"
    r"|fitz|l[aeo]|mac|mc|st|v[ao]n)[A-Z])[a-z]{2,}[A-Z][a-z]+)(?!\w)"
)
"""`HAnnah`, `hAnnah`; but `DeShawn`, `LaToya` and `OBrien`."""
_SCIENTIFIC: Final = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE][+-]?\d{1,3}")
_REPEATED: Final = 3
_FEWEST_DOUBLED: Final = 5
_REPEATED_WORDS: Final = re.compile(r"(?<!\w)(\w[^\n]{0,40}?)(?:[\s,;]+\1(?!\w)){3,}", re.IGNORECASE)
_TWICE: Final = re.compile(r"(\w[^\n]{2,80}?)(?:[\s,;]+\1)+", re.IGNORECASE)
_DOUBLE_NAMES: Final = frozenset({"baden", "bora", "duran", "pago", "wagga", "walla"})
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_FEWEST_LETTERS: Final = 4
_VOWELS: Final = re.compile(
    r"[aeiouyáàâäãåąăéèêëęěíìîïıóòôöõøőúùûüůűýæœаеёиоуыэюяіїєαεηιουωάέήίόύώ]", re.IGNORECASE
)


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
        or note_fault(text, role, header)
        or unlike_a_name(text, role)
        or _runaway(whole, role, header)
        or _capitals(text, role)
    )


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


def _runaway(text: str, role: ColumnRole, header: str) -> Fault | None:
    words = text.casefold().replace(",", " ").split()
    twice = _TWICE.fullmatch(text) if len(set(words)) * 2 <= len(words) else None
    if twice and _is_too_much(twice[1], role, header):
        message = f"{quoted(text)} says {quoted(twice[1])} more than once"
        return Fault(WarningKind.RUNAWAY, message, "Delete what was pasted twice")
    repeated = _REPEATED_WORDS.search(text) if len(words) - len(set(words)) >= _REPEATED else None
    if not repeated and (piece := _doubled(text)):
        message = f"{quoted(text)} repeats {quoted(piece)} without a space between"
        return Fault(WarningKind.RUNAWAY, message, "Delete what was pasted twice")
    if repeated:
        times = len(re.findall(re.escape(repeated[1]), repeated[0], re.IGNORECASE))
        message = f"{quoted(text)} repeats {quoted(repeated[1])} {times} times"
        return Fault(WarningKind.RUNAWAY, message, "Shorten the cell")
    if role in NAMES and len(text) > (_LONGEST_NAME if role is ColumnRole.PERSON else _LONGEST_ADDRESS):
        message = f"{quoted(text)} has {len(text):,} characters, a lot for {role}"
        return Fault(WarningKind.RUNAWAY, message, "Shorten the cell")
    return None


def _is_too_much(piece: str, role: ColumnRole, header: str) -> bool:
    """Whether nobody would repeat this; people may be called Ali Ali, and cities Walla Walla."""
    if " " in piece:
        return True
    if len(piece) < _FEWEST_LETTERS or (role is ColumnRole.PERSON and not is_of_first_names(header)):
        return False  # Dee Dee, Woy Woy
    return role in NAMES and piece.casefold() not in _DOUBLE_NAMES


def _doubled(text: str) -> str:
    """The piece that a text was pasted from twice or more, in full or at its beginning, else ""."""
    start = text[:_FEWEST_DOUBLED]
    again = text.find(start, len(start)) if len(start) == _FEWEST_DOUBLED and start.isprintable() else -1
    piece = text[:again]
    are_words = start[:1].isalpha() and piece[-1:].isalnum() and (piece.isalpha() or " " in piece)
    if again < 0 or not are_words:
        return ""
    rest = text[again:]
    return piece if piece.startswith(rest[: len(piece)]) and rest.startswith(piece[: len(rest)]) else ""


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
    if (len(first) >= fewest and first[0].islower() and first[1:].isupper()) or _CAPITAL_INSIDE.search(text):
        return _capitals_fault(text, "has its uppercase and lowercase letters mixed up")
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
        r"(?:Dear|Hello|Hi|Liebe[r]?|Hallo|Hola|Bonjour|Ciao|Beste)\s+([^\W\d_]{3,})[,!]?", text
    )
    if greeted and greeted[1].isupper() and greeted[1].casefold() not in BRANDS:
        return _capitals_fault(text, "is in all capitals")
    if greeted and greeted[1].islower() and greeted[1] not in GREETED:
        return _capitals_fault(text, "has a name in lowercase")
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
