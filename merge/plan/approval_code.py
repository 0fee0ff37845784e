"""The code by which somebody approves a set of rows: short, readable, and another one once anything changed.

Its first six letters stand for the rows and the template together, its last two for the template alone, so
that it can be said what changed. It guards against accidents, not against forgers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import TypeAlias

from merge.model import Fingerprint, RowKey

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's 32 letters and digits: none that is taken for another one, by eye or over the telephone."""
_MISREAD = str.maketrans("OIL", "011", " -‐‑–—.\u00a0")
_LETTERS, _OF_TEMPLATE = 8, 2
_MODULUS = 1 << 256

Made: TypeAlias = tuple[RowKey, Fingerprint]
"""A row and what is made of it."""


class ApprovalCheck(StrEnum):
    """Whether a code stands for what is about to be made."""

    APPROVED = "approved"
    UNREADABLE = "unreadable"
    """No code at all: a slip of the pen."""
    OTHER_TEMPLATE = "other template"
    OTHER_ROWS = "other rows"


def approval_code(rows: Iterable[Made], template: bytes) -> str:
    """The code of rows and template, such as `K7F3-9X2M`.

    Args:
        rows: what is to be made, in any order
        template: the template's file as it is
    """
    return _code(sum(_weight(row) for row in rows), template)


def check_code(code: str, to_make: Iterable[Made], made: Iterable[Made], template: bytes) -> ApprovalCheck:
    """Whether a code was given for this set of rows, of which some may have been submitted since.

    Args:
        code: as somebody typed it: case, blanks and hyphens do not count
        to_make: what would be submitted now
        made: what was submitted before, the latest first; a run that was cut short left its rows here
        template: the template's file as it is now
    """
    given = read_code(code)
    if given is None:
        return ApprovalCheck.UNREADABLE
    total = sum(_weight(row) for row in to_make)
    if _code(total, template) == given:
        return ApprovalCheck.APPROVED
    for row in made:
        total += _weight(row)
        if _code(total, template) == given:
            return ApprovalCheck.APPROVED
    same_template = _template_letters(template) == given.replace("-", "")[-_OF_TEMPLATE:]
    return ApprovalCheck.OTHER_ROWS if same_template else ApprovalCheck.OTHER_TEMPLATE


def read_code(code: str) -> str | None:
    """A code as it is printed, from how it was typed; None where it is none."""
    letters = code.upper().translate(_MISREAD)
    return _printed(letters) if len(letters) == _LETTERS and set(letters) <= set(ALPHABET) else None


def _weight(row: Made) -> int:
    """A number for each row; their sum is the same in any order, and grows row by row."""
    key, fingerprint = row
    return int.from_bytes(hashlib.sha256(f"{key}\x1f{fingerprint}".encode("utf-8", "surrogatepass")).digest())


def _code(total: int, template: bytes) -> str:
    whole = hashlib.sha256((total % _MODULUS).to_bytes(32) + hashlib.sha256(template).digest()).digest()
    return _printed(_spelled(whole, _LETTERS - _OF_TEMPLATE) + _template_letters(template))


def _template_letters(template: bytes) -> str:
    return _spelled(hashlib.sha256(b"template" + template).digest(), _OF_TEMPLATE)


def _spelled(digest: bytes, letters: int) -> str:
    number = int.from_bytes(digest)
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(letters))


def _printed(letters: str) -> str:
    return f"{letters[: _LETTERS // 2]}-{letters[_LETTERS // 2 :]}"
