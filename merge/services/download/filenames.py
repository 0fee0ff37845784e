"""File names that Windows, macOS and Linux all take, and that lead nowhere else.

Rules: Microsoft, "Naming Files, Paths, and Namespaces"; POSIX 3.170; the limits of NTFS, APFS and ext4.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["MOST_BYTES", "UNFINISHED", "distinct_names", "folded", "numbered", "safe_name"]

MOST_BYTES = 180
"""Of a name in UTF-8, its suffix included. Drives take 255; the rest is for what stands beside the file."""
UNFINISHED = ".part"
"""What a file that is still on its way ends with; no safe name does."""

_NAMELESS = "video"
_FORBIDDEN = frozenset('<>:"/\\|?*')
_BLANK = {"Zs", "Zl", "Zp"}
# Marks that turn the direction of writing would show `gpj.exe` as `exe.jpg`.
_UNSEEN = {"Cc", "Cf", "Cn", "Cs"}
_JOINERS = frozenset("\u200c\u200d")
_EDGES = " ."
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE)
_ON_ITS_WAY = re.compile(r"\.(?=part$)", re.IGNORECASE)
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")


def safe_name(text: str) -> str:
    """A file name of any text, as near to it as the three systems allow.

    Forbidden characters become `_`, runs of blanks one blank; a device's name (`CON`, `nul.mp4`) gets a `_`
    in front; what is too long is cut before its suffix. A safe name is its own safe name.
    """
    letters = "".join(_allowed(letter) for letter in unicodedata.normalize("NFC", text))
    # What has lost a letter in between may have to be composed once more.
    name = _trimmed(unicodedata.normalize("NFC", letters))
    if _DEVICE.fullmatch(name.partition(".")[0].rstrip()):
        name = f"_{name}"
    return _cut(name or _NAMELESS, "")


def numbered(name: str, number: int) -> str:
    """The name for the number-th file that wants this safe name: `Ana.mp4`, `Ana (2).mp4`, and so on."""
    return _cut(name, f" ({number})" if number > 1 else "")


def distinct_names(wanted: Iterable[str]) -> list[str]:
    """Safe names in the same order, no two of which fall together on any drive.

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
    """What two names have in common that are one to a drive which knows neither case nor accents' forms."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _allowed(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind in _BLANK or letter in "\t\r\n":
        return " "
    if letter in _FORBIDDEN:
        return "_"
    return "" if kind in _UNSEEN and letter not in _JOINERS else letter


def _trimmed(name: str) -> str:
    # A leading dot hides a file, blanks and dots at the end are dropped by Windows.
    return re.sub(" {2,}", " ", name).strip(_EDGES)


def _cut(name: str, addition: str) -> str:
    """The name with an addition before its suffix, as long as it may be."""
    stem, dot, rest = name.rpartition(".")
    suffix = dot + rest if stem and _SUFFIX.fullmatch(dot + rest) else ""
    room = MOST_BYTES - len((addition + suffix).encode())
    kept = name.removesuffix(suffix).encode()[:room].decode(errors="ignore")
    return _ON_ITS_WAY.sub("_", f"{kept.rstrip(_EDGES)}{addition}{suffix}")
