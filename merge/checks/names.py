"""What names look like: a person's has letters, a few marks, and small words such as `van`; nothing else."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import category

from merge.checks.column_role import FIRST_UNSPACED, ColumnRole
from merge.checks.content_words import ANYBODY, BORN, PARTICLES, STREETS, TITLES
from merge.checks.fault import Fault, quoted, unlike_fault
from merge.checks.notes import BRACKETED, fault_of_note

_LONGEST: Final = 120
_GREETING: Final = re.compile(
    r"(?:Dear|Hello|Hey|Hi|Liebe[rs]?|Hallo|Hola|Bonjour|Ch(?:er|ère)|Estimad[oa]|Querid[oa]|Beste"
    r"|Geachte) [^\W\d_]{2}"
)
_PHONE_WITHIN: Final = re.compile(r"\S\s.*\d[\d\s()/.-]{5,}\d")
_NUMBER_IN_NAME: Final = re.compile(
    r"[^\W\d_]\.? \d+$|\+ ?\d$|[^\W\d_]\d|\d(?!st\b|nd\b|rd\b|th\b)[^\W\d_]"
    r"|^(?-i:\d+ [a-zà-öø-ÿ])|\d(?:st|nd|rd|th)(?-i: [a-z])",
    re.IGNORECASE,
)
_USER_NAME: Final = re.compile(
    r"@\w+|\w+@|(?-i:zz+|xx+)[ _-]?[A-Z]\w+|[A-Za-z][a-z]{2,}\.[A-Z]?[a-z]{2,}"
    r"|[a-z]+[._][a-z._]*[a-z]\d*|[A-Za-z]{2,}_[A-Za-z_]+"
)
_MISTYPED: Final = re.compile(
    r'^"[^"]*"$|^“[^”]*”$|^[^\W\d_](?: [^\W\d_]){3,}$',
    re.IGNORECASE,
)
"""Quotation marks around a name, or letters with spaces between them."""
_MARK_AT_THE_END: Final = re.compile(r"(?<=[^\W\d_])(?:[,;:/|_-]+|\.{2,}|…|(?<=[^\W\d_]{6})\.)$")
_MARKS: Final = frozenset(" \t\r\n\u200c\u200d\u00a0\u202f\u3000'’‘ʻʼ´`.,&()（）“”„«»\"・·‐‑–—-־׳״،")
_MARKUP: Final = re.compile(r"</?[a-zA-Z]")
_TWO_NAMES: Final = re.compile(r"(?<!\w)[A-Z][a-zà-ÿ]{4,}[A-Z][a-z]{3,}(?!\w)")
_THRICE: Final = re.compile(r"([a-zà-ÿ])\1\1")
_FEWEST_OF_A_REMARK: Final = 3
_MARK_OF_A_LIST: Final = re.compile(r"(?<=[^\W\d_])(?:[;|]+|,)$|(?: _|_+$|__)[^\W_]*$")
_SMALL_FIRST: Final = re.compile(r"[a-zà-ÿ]{4,}(?= [^\d]*$)")
_SIGN_IN_PLACE: Final = re.compile(r"[_=*<>{}\[\]|~^@]")
_CHOICE: Final = re.compile(r"(?<!Truth)(?<=[^\W\d_]{2}) (?:or|oder|ou|o) [A-ZÀ-Þ]")


def unlike_a_name(text: str, role: ColumnRole) -> Fault | None:
    """The warning about what no name of a person, a place or a company looks like, or None."""
    bare = text.strip()
    if len(text) > _LONGEST:
        return None
    match role:
        case ColumnRole.PERSON:
            return _unlike_a_person(bare) or _mistyped(bare)
        case ColumnRole.PLACE:
            return _unlike_a_place(bare) or _mistyped(bare)
        case ColumnRole.COMPANY:
            return _unlike_a_company(bare)
        case _:
            return None


def _unlike_a_person(name: str) -> Fault | None:
    if name.isalpha() and name[1:].islower() and not _THRICE.search(name):
        return None
    patterns = (_PHONE_WITHIN, "a phone number"), (_NUMBER_IN_NAME, "a number")
    what = next((what for pattern, what in patterns if pattern.search(name)), "")
    if what:
        return unlike_fault(name, f"contains {what}, which would be spoken", "Correct the cell")
    if _USER_NAME.fullmatch(name):
        return unlike_fault(name, "looks like a user name", "Write the name as it should be spoken")
    if _MARKUP.search(name):  # `project_checks` reports it
        return None
    sign = next((each for each in name if not (each in _MARKS or category(each)[0] in "LMN")), "")
    if (sign and sign in "/;|") or _TWO_NAMES.search(name):
        return unlike_fault(name, "has two names", "Keep one, or write “and” between them")
    if sign:
        return _sign_fault(name, sign)
    if _GREETING.match(name):
        return unlike_fault(name, "contains a greeting", "Write only the name")
    return _remark(name)


def _sign_fault(name: str, sign: str) -> Fault:
    match category(sign)[0]:
        case "C":
            return unlike_fault(name, f"contains an invisible character (U+{ord(sign):04X})", "Type it again")
        case "S" if not sign.isascii():
            return unlike_fault(name, "contains a symbol", "Delete the symbol")
        case _:
            return unlike_fault(name, f"contains “{sign}”, which isn't used in names", "Correct the cell")


def _remark(name: str) -> Fault | None:
    """The warning about words after a name: in brackets, unless they are a name, or in small letters."""
    if _THRICE.search(name):
        return unlike_fault(name, "has the same letter three times in a row", "Correct the cell")
    for remark in BRACKETED.finditer(name):
        first, *more = str(remark[1] or remark[2]).split()
        is_nickname = not more and first[0].isupper() and first.casefold() not in TITLES | ANYBODY
        if not is_nickname and first.casefold() not in BORN and not _is_reading(first):
            return fault_of_note(name, remark[0])
    if " " not in name or name.islower():
        return None
    small = next(
        (word for word in name.split() if word[0].islower() and len(word) > 1 and not _is_particle(word)),
        None,
    )
    if small is None:
        return None
    return unlike_fault(name, f"has {quoted(small)} in lowercase, unlike other names", "Correct the cell")


def _is_reading(word: str) -> bool:
    """Whether a word is the reading of a name, or another one: `山田（やまだ）`, `佐藤（旧姓田中）`."""
    if word[0] < FIRST_UNSPACED:
        return False
    is_kana = all("\u3040" <= letter <= "\u30ff" for letter in word)
    return is_kana or word.startswith(("旧姓", "本名")) or len(word) == 1


def _is_particle(word: str) -> bool:
    """Whether a word in a name may begin with a small letter: `van`, `d'Artagnan`, `al-Rashid`."""
    bare = word.strip(",.()")
    return bare in PARTICLES or bare in BORN or word in TITLES or any(map(str.isupper, bare))


def _unlike_a_place(name: str) -> Fault | None:
    sign = _SIGN_IN_PLACE.search(name)
    if sign:
        return _sign_fault(name, sign[0])
    small = _SMALL_FIRST.match(name)
    if small and small[0] not in PARTICLES | STREETS:
        return unlike_fault(name, "starts with a lowercase letter", "Correct the cell")
    return unlike_fault(name, "has two names", "Keep one") if _CHOICE.search(name) else None


def _unlike_a_company(name: str) -> Fault | None:
    words = name.split()
    if len(words) >= _FEWEST_OF_A_REMARK and name.islower() and "".join(words).isalpha():
        return unlike_fault(name, "doesn't look like the name of a company or a product", "Correct the cell")
    return _mark_fault(name, _MARK_OF_A_LIST.search(name))


def _mistyped(name: str) -> Fault | None:
    if _MISTYPED.search(name):
        return unlike_fault(name, "doesn't look like a name", "Correct the cell")
    return _mark_fault(name, _MARK_AT_THE_END.search(name))


def _mark_fault(name: str, mark: re.Match[str] | None) -> Fault | None:
    if mark is None:
        return None
    return unlike_fault(name, f"ends with “{mark[0]}”", "Delete the character if it isn't part of the name")
