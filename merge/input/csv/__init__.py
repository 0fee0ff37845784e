"""Delimited text, CSV and TSV: read as it is written, and followed when it changes. Pure."""

from __future__ import annotations

from merge.input.csv.changes import Changes, TextRow, find_changes
from merge.input.csv.parse import ENDINGS, TextTable, number_columns, parse_table, plain_number

__all__ = [
    "ENDINGS",
    "Changes",
    "TextRow",
    "TextTable",
    "find_changes",
    "number_columns",
    "parse_table",
    "plain_number",
]
