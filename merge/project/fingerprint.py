"""What names a row and its project for good: content hash, fingerprint, tag."""

from __future__ import annotations

import hashlib
import re

from merge.model import Fingerprint, RowKey, Tag

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = tuple(first + second for first in _LETTERS for second in _LETTERS)
"""Two letters of base 32 (RFC 4648, section 6, in small letters) for each ten bits."""
_TAG_AT_END = re.compile(r"\[([a-z2-7]{10})\]\s*$")


def fingerprint(canonical: str) -> Fingerprint:
    """SHA-256 of a rendered project's canonical JSON text, as hex."""
    return Fingerprint(sha256_text(canonical))


def make_tag(key: RowKey, of: Fingerprint, generation: int = 0) -> Tag:
    """The ten letters by which a submission is recognised at the service.

    A row that is asked for again (`generation`) gets another tag: its older video is not taken for it.
    """
    digest = hashlib.sha256(f"{key}\x1f{of}\x1f{generation}".encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest[:7], "big") >> 6
    return Tag("".join([_PAIRS[number >> shift & 1023] for shift in (40, 30, 20, 10, 0)]))


def tagged_name(name: str, tag: Tag) -> str:
    """A project's name with its tag at the end: `Welcome Ana [k7f3q9x2ma]`."""
    return f"{name} [{tag}]" if name else f"[{tag}]"


def tag_of_name(name: str) -> Tag | None:
    """The tag that a project's name ends with, or None."""
    found = _TAG_AT_END.search(name)
    return Tag(found[1]) if found else None


def sha256_text(text: str) -> str:
    """SHA-256 of a text as hex; lone surrogates are allowed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
