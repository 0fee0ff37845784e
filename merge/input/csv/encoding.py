"""The letters of a text file: which encoding it is in, and what it is if it is no text at all."""

from __future__ import annotations

import re
from contextlib import suppress

from merge.errors import WorkbookError

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_OTHER_KINDS = (
    (b"PK", "an Excel workbook or another zip file", "Give it the ending .xlsx, and name it so."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", "In Excel: File, Save As, Excel Workbook (.xlsx)."),
    (b"%PDF", "a PDF", "Name the table that it was made from."),
    (b"<", "a web page or an XML file", "Open it in Excel, then: File, Save As, Excel Workbook (.xlsx)."),
    (b"{", "a JSON file", "Name a table: a workbook (.xlsx), or a CSV file."),
)
SAVE_AS_UTF8 = "In Excel: File, Save As, CSV UTF-8."
_LOOKED_AT = 4096
_GUESSES = (
    ("cp949", "Korean", "euc_kr", re.compile(r"[\x00-\x7f\uac00-\ud7a3\u3000-\u303f\uff01-\uff5e]+")),
    (
        "cp932",
        "Japanese",
        "cp932",
        re.compile(r"(?=.*[\u3040-\u30ff])[\x00-\x7f\u3000-\u9fff\uff01-\uff9f]+", re.DOTALL),
    ),
    (
        "cp1251",
        "Cyrillic",
        "cp1251",
        re.compile(
            r"(?=.*[\u0400-\u04ff]{3})(?!.*(?:[a-z][\u0400-\u04ff]|[\u0400-\u04ff][a-z])).+",
            re.DOTALL | re.IGNORECASE,
        ),
    ),
)
"""Encodings of older Windows: name, whose, what it must decode as, and what its text must look like then."""
_WESTERN = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xA0)}


def decoded(data: bytes, place: str) -> tuple[str, tuple[str, ...]]:
    """The text, and what was guessed about its letters, in words.

    Raises:
        WorkbookError: it is empty, damaged, or something else than text.
    """
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if encoding is None:
        _refuse_other_kinds(data, place)
        encoding = _wide_encoding(data, place) or "utf-8"
    try:
        return data.decode(encoding), ()
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise WorkbookError(
                f"its text is damaged at byte {error.start}", place=place, hint=SAVE_AS_UTF8
            ) from error
    return _from_eight_bits(data)


def _refuse_other_kinds(data: bytes, place: str) -> None:
    if not data.strip(b" \t\r\n\0"):
        raise WorkbookError("it is empty", place=place, hint="Fetch it again from where it came from.")
    start = data[:64].lstrip(b" \t\r\n")
    for beginning, kind, hint in _OTHER_KINDS:
        if start.startswith(beginning):
            raise WorkbookError(f"it is {kind}, whatever its name says", place=place, hint=hint)


def _wide_encoding(data: bytes, place: str) -> str | None:
    """UTF-16 without its mark has a NUL in every second byte; elsewhere a NUL is no text's."""
    if b"\0" not in data:
        return None
    head = data[:_LOOKED_AT]
    even, odd = head[::2].count(0), head[1::2].count(0)
    many = len(head) // 8
    if odd > many and even <= odd // 8:
        return "utf-16-le"
    if even > many and odd <= even // 8:
        return "utf-16-be"
    line = data.count(b"\n", 0, data.index(b"\0")) + 1
    raise WorkbookError(
        f"it holds NUL bytes (the first in line {line}), so it is no text or a damaged one",
        place=place,
        hint=f"Fetch it again, or open it in Excel and save it anew. {SAVE_AS_UTF8}",
    )


def _from_eight_bits(data: bytes) -> tuple[str, tuple[str, ...]]:
    for encoding, whose, narrow, letters in _GUESSES:
        with suppress(UnicodeDecodeError):
            if letters.fullmatch(data.decode(narrow)):
                return data.decode(encoding), (_guess(whose, encoding),)
    # Five bytes mean nothing in this encoding; where they stand, they stay what they are.
    text = data.decode("latin-1").translate(_WESTERN)
    return text, (_guess("Western", "cp1252"),)


def _guess(whose: str, encoding: str) -> str:
    return (
        f"Its letters are not UTF-8; they were read as those of {whose} Windows ({encoding}). "
        f"If names look wrong, save it anew. {SAVE_AS_UTF8}"
    )
