"""Warnings about a CSV file that isn't UTF-8: how it was read, and cells that were probably read wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from merge.checks.warning import RowWarning, WarningKind
from merge.input.csv.encoding import DecodedText, name_of
from merge.input.data_sheet import DataSheet
from merge.sheet.addresses import cell_address
from merge.sheet.columns import Column

_ODD = re.compile(
    r"[\x80-\x9f\ufffd\ue000-\uf8ff]"
    # a symbol inside or at the start of a word: Gda±sk, £ukasz, M√ºnchen
    r"|(?<=[^\W\d_])[¡-©«-¯±-³¶¸¹»-¿×÷‚-„†-‰•™─-▟√∞≈◊≤≥∂∆∫∑∏Ω](?=[^\W\d_])"
    r"|(?<!\w)[£¥¤¦¨¬¯±¸¹¼-¾×÷√∞≈◊─-▟](?=[^\W\d_]{2})"
    # two scripts in one word: Jos茅, GÐ¿rig
    r"|[a-zß-ɏ][\u0370-\u05ff\u0e00-\u0e7f\u3400-\u9fff\uac00-\ud7a3]"
    # UTF-8 read as Western: JosÃ©, KÃ¶ln
    r"|[ÃÂ][\u00a0-\u00bf]|â€"
    # a capital inside a word of small letters: JosÈ, MŸnchen
    r"|[a-zß-öø-ÿ][À-ÖØ-ÞŠŽŸŒ](?![A-ZÀ-ÖØ-Þ])|[B-DF-HJ-NP-TV-Z][À-ÖØ-ÞŠŸŒ][a-z]"
)
"""Letters that are improbable in such a place, but that another encoding would produce."""
_LISTED = 3


def encoding_warnings(file: str, decoded: DecodedText, sheet: DataSheet) -> Iterator[RowWarning]:
    """Warnings about the encoding of a CSV file; none for UTF-8 and UTF-16.

    Args:
        file: its name
        decoded: its text
        sheet: its content as a worksheet
    """
    if not decoded.guesses:
        return
    samples = ", ".join(decoded.samples)
    message = f"this file isn't UTF-8, and was read as {name_of(decoded.encoding)}: {samples}"
    if decoded.rival:
        likelier = name_of(decoded.rival.encoding)
        message += f". It looks more like {likelier}: {', '.join(decoded.rival.samples)}"
    hint = "If that isn't right, add --encoding with another encoding. A file saved as CSV UTF-8 needs none"
    yield RowWarning(WarningKind.ENCODING, file, message, hint)
    odd = list(_odd_cells(sheet))
    if odd:
        row, column, _ = odd[0]
        values = ", ".join(dict.fromkeys(f"“{_printable(text)}”" for _, _, text in odd[:_LISTED]))
        yield RowWarning(
            WarningKind.ENCODING,
            cell_address(sheet.worksheet.name, row, column.number),
            f"these letters suggest that the file has another encoding: {values}",
            "Add --encoding with another encoding, or correct the value in the file",
            about=values,
            rows=tuple(dict.fromkeys(row for row, _, _ in odd)),
        )


def _odd_cells(sheet: DataSheet) -> Iterator[tuple[int, Column, str]]:
    for row in sheet.data_rows:
        for column in sheet.header.columns:
            cell = row.cells.get(column.number)
            text = "" if cell is None else str(cell.value)
            if not text.isascii() and _ODD.search(text):
                yield row.number, column, text


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
