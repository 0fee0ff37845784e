"""Fingerprints and tags, which identify a filled-in project."""

from __future__ import annotations

import hashlib
import re

from merge.model import Fingerprint, RowKey, Tag

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = tuple(first + second for first in _LETTERS for second in _LETTERS)
"""Two base32 digits (RFC 4648, section 6, in lower case) for each ten bits."""
_TAG_AT_END = re.compile(r"\[([a-z2-7]{10})\]\s*$")


def fingerprint(canonical: str) -> Fingerprint:
    """Return the SHA-256 of a filled-in project's canonical JSON text, as hex."""
    return Fingerprint(sha256_text(canonical))


def make_tag(key: RowKey, of: Fingerprint, generation: int = 0) -> Tag:
    """Return the ten characters by which a submission is recognized at the service.

    Each `generation` of a row has a different tag, so that its older video isn't mistaken for the new one.
    """
    digest = hashlib.sha256(f"{key}\x1f{of}\x1f{generation}".encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest[:7], "big") >> 6
    return Tag("".join([_PAIRS[number >> shift & 1023] for shift in (40, 30, 20, 10, 0)]))


def tagged_name(name: str, tag: Tag) -> str:
    """Return a project's name with its tag at the end: `Welcome Ana [k7f3q9x2ma]`."""
    return f"{name} [{tag}]" if name else f"[{tag}]"


def tag_of_name(name: str) -> Tag | None:
    """Return the tag that a project's name ends with, or None."""
    found = _TAG_AT_END.search(name)
    return Tag(found[1]) if found else None


def is_tag(text: str) -> bool:
    """Whether a text has the form of a tag."""
    return bool(re.fullmatch(r"[a-z2-7]{10}", text))


def sha256_text(text: str) -> str:
    """Return the SHA-256 of a text as hex; lone surrogates are allowed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
