"""File names that are valid on Windows, macOS and Linux, and never lead to another folder.

Rules: Microsoft, "Naming Files, Paths, and Namespaces"; POSIX 3.170; the limits of NTFS, APFS and ext4.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["MAX_BYTES", "UNFINISHED", "distinct_names", "folded", "numbered", "safe_name"]

MAX_BYTES = 180
"""Of a name in UTF-8, including its suffix. Drives allow 255; the rest is for names derived from it."""
UNFINISHED = ".part"
"""Suffix of an incomplete download; no safe name ends with it."""

_DEFAULT = "video"
_FORBIDDEN = frozenset('<>:"/\\|?*')
_BLANK = {"Zs", "Zl", "Zp"}
# Direction marks would show `gpj.exe` as `exe.jpg`.
_INVISIBLE = {"Cc", "Cf", "Cn", "Cs"}
_JOINERS = frozenset("\u200c\u200d")
_EDGES = " ."
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE)
_PART_SUFFIX = re.compile(r"\.(?=part$)", re.IGNORECASE)
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")


def safe_name(text: str) -> str:
    """Return a valid file name for any text, as close to it as the three systems allow.

    Forbidden characters become `_` and runs of spaces one space; a device name (`CON`, `nul.mp4`) gets a `_`
    in front; a name that is too long is cut before its suffix. A safe name is returned unchanged.
    """
    letters = "".join(_allowed(letter) for letter in unicodedata.normalize("NFC", text))
    # Letters that were separated by a removed one may have to be composed again.
    name = _trimmed(unicodedata.normalize("NFC", letters))
    if _DEVICE.fullmatch(name.partition(".")[0].rstrip()):
        name = f"_{name}"
    return _cut(name or _DEFAULT, "")


def numbered(name: str, number: int) -> str:
    """Return the name of the n-th file with this safe name: `Ana.mp4`, `Ana (2).mp4` …."""
    return _cut(name, f" ({number})" if number > 1 else "")


def distinct_names(wanted: Iterable[str]) -> list[str]:
    """Return safe names in the same order, no two of which are the same file on any drive.

    The same texts in the same order always give the same names, so a later run finds its files again.
    """
    taken: set[str] = set()
    names = []
    for text in wanted:
        safe, number = safe_name(text), 1
        while folded(name := numbered(safe, number)) in taken:
            number += 1
        taken.add(folded(name))
        names.append(name)
    return names


def folded(name: str) -> str:
    """Return a key that is equal for names that ignore case and Unicode normalization, as some drives do."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _allowed(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind in _BLANK or letter in "\t\r\n":
        return " "
    if letter in _FORBIDDEN:
        return "_"
    return "" if kind in _INVISIBLE and letter not in _JOINERS else letter


def _trimmed(name: str) -> str:
    # A leading dot hides a file; Windows removes spaces and dots at the end.
    return re.sub(" {2,}", " ", name).strip(_EDGES)


def _cut(name: str, addition: str) -> str:
    """Return the name with an addition before its suffix, cut to `MAX_BYTES`."""
    stem, dot, rest = name.rpartition(".")
    suffix = dot + rest if stem and _SUFFIX.fullmatch(dot + rest) else ""
    room = MAX_BYTES - len((addition + suffix).encode())
    kept = name.removesuffix(suffix).encode()[:room].decode(errors="ignore")
    return _PART_SUFFIX.sub("_", f"{kept.rstrip(_EDGES)}{addition}{suffix}")
