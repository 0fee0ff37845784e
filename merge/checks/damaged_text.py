"""Characters that were damaged when a file was converted: read in the wrong encoding, or written as codes."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from typing import Final

from merge.checks.column_role import FIRST_UNSPACED, ColumnRole, is_unspaced
from merge.checks.fault import Fault, quoted
from merge.checks.warning import WarningKind

_NAMES: Final = frozenset({ColumnRole.PERSON, ColumnRole.PLACE, ColumnRole.COMPANY})
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_ESCAPE: Final = re.compile(
    r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|(?:%[0-9A-Fa-f]{2}){2,}|%20|_x[0-9A-Fa-f]{4}_"
    r"|=[C-E][0-9A-F]=[89AB][0-9A-F]"
)
_TWO_SCRIPTS: Final = re.compile(
    r"\w*(?:[A-Za-z][\u0370-\u03ff\u0400-\u04ff]|[\u0370-\u03ff\u0400-\u04ff][A-Za-z])\w*"
)
"""A Latin letter next to a Greek or Cyrillic one."""
_LOST_LETTER: Final = re.compile(r"[^\W\d_]\?[^\W\d_]")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ufffe\uffff]")
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]{2,}")
_EASTERN_ENCODINGS: Final = ("cp932", "gbk", "cp949")
_WRONG_ENCODINGS: Final = ("cp1252", "cp1250", "cp1251", "cp1254", "mac_roman", "cp850")
_TYPICAL_DAMAGE: Final = re.compile(
    "[ÂÃ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€.?|ï»¿|ï¿½|á[º»].|锟斤|[a-z][®©]Â"
    "|[a-z][ÂÃ](?![a-zà-ÿ])|(?<= )[ÂÃ]$"
)
_ONLY_ACCENTS: Final = re.compile(r"(?<![A-Za-z])[\u00a1-\u00ff]{3,}(?![A-Za-z])")
"""A word of only accented letters and symbols: text in another script that was read as Western."""
_SIGN_IN_WORD: Final = re.compile(r"[A-Za-z][³¹¿¯£¤¥¦¨«¬±¶¼½¾~^][a-zà-ÿ]|(?<!\w)[£¯][a-zà-ÿ]{3,}")
"""Symbols in place of Central European letters: `Wa³êsa`."""
_OTHER_SCRIPTS: Final = ("cp1251", "gbk", "euc_kr", "cp932", "iso8859-7")
_READ_AS_SHIFT_JIS: Final = re.compile("(?:[縺繧繝].?){2}")
"""The letters that kana become most often."""
_LAST_LATIN: Final = "\u024f"


def damage_fault(text: str, role: ColumnRole) -> Fault | None:
    """What is damaged in a text, with what it probably was, or None."""
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
    mixed = None if text.isascii() else _TWO_SCRIPTS.search(text)
    if mixed:
        message = f"{quoted(text)} mixes letters of two scripts in {quoted(mixed[0])}, which look alike"
        return Fault(WarningKind.DAMAGED, message, "Type the word again")
    lost = _LOST_LETTER.search(text) if role in _NAMES and "/" not in text else None
    if lost:
        message = f"{quoted(text)} has a question mark in a word, where a letter was probably lost"
        return Fault(WarningKind.DAMAGED, message, "Correct the cell, or export the list again as UTF-8")
    return None


def _repaired(text: str) -> str | None:
    """The original of a damaged text, "" if it isn't known, or None if the text isn't damaged."""
    if text.isascii():
        return "" if _CONTROLS.search(text) else None
    repaired = _NOT_ASCII.sub(lambda run: _read_rightly(run[0]), text)
    if repaired != text:
        return repaired
    eastern = _repaired_eastern(text) if is_unspaced(text) else None
    if eastern is not None:
        return eastern
    other = _ONLY_ACCENTS.search(text)
    if other and len(set(other[0])) > 2:  # noqa: PLR2004 - `ÄÄÄ` is a cry
        return text.replace(other[0], _in_another_script(other[0]))
    damage = (_CONTROLS, _TYPICAL_DAMAGE, _SIGN_IN_WORD)
    return "" if any(pattern.search(text) for pattern in damage) else None


def _read_rightly(run: str) -> str:
    """The original of characters that were read in the wrong encoding, or the same characters."""
    found = (_decoded(run, encoding) for encoding in _WRONG_ENCODINGS)
    return next((meant for meant in found if meant is not None), run)


def _repaired_eastern(text: str) -> str | None:
    """The original in Chinese or other letters if UTF-8 was read as Shift-JIS, GBK or EUC-KR, or None."""
    for encoding in _EASTERN_ENCODINGS:
        try:
            meant = text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        eastern = [letter for letter in meant if letter >= FIRST_UNSPACED]
        if (
            meant.isprintable()
            and len(eastern) > len(meant) / 2
            and all(letter.isascii() or letter >= FIRST_UNSPACED for letter in meant)
        ):
            return meant
    return "" if _READ_AS_SHIFT_JIS.search(text) else None


def _in_another_script(run: str) -> str:
    """Western letters in the encoding of another script, or "" if they aren't a word in any."""
    for encoding in _OTHER_SCRIPTS:
        try:
            meant = run.encode("latin-1").decode(encoding)
        except UnicodeError:
            continue
        if meant.isalpha() and (
            meant.istitle() or meant.islower() or meant.isupper() or meant[0] >= FIRST_UNSPACED
        ):
            return meant
    return ""


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
