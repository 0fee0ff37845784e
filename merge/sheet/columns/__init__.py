"""The header row of a worksheet: where it is, what its columns are called, which rows are data.

Pure. A header is known by its normalised name, so that case, stray blanks, line breaks and full-width
letters make no difference, and by the identifier that a template may write for it.
"""

from __future__ import annotations

from merge.sheet.columns.header import Column, Header, address, data_rows, find_column, is_blank
from merge.sheet.columns.header_search import find_header
from merge.sheet.columns.names import PRONUNCIATION, identifier, normalise, suggest

__all__ = [
    "PRONUNCIATION",
    "Column",
    "Header",
    "address",
    "data_rows",
    "find_column",
    "find_header",
    "identifier",
    "is_blank",
    "normalise",
    "suggest",
]
