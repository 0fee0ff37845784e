"""Which columns of a header a template uses, without compiling it: decides which data a run is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from merge.errors import ColumnError
from merge.sheet.columns import Column, Header, find_column
from merge.template.placeholders import alias, mentioned_headers, place_headers, repair_placeholders

_BLOCK = re.compile(r"(?:\{\{|\{%)(?>(?:(?!\}\}|%\}|\{\{|\{%).)*)(?:\}\}|%\})", re.DOTALL)
_NAME = re.compile(
    r"""\brow\s*\[\s*(?P<quote>["'])(?P<member>[^"']*)(?P=quote)
        |\brow\s*\.\s*(?P<attribute>\w+)
        |"[^"]*"|'[^']*'|[|.]\s*\w+
        |(?P<name>\w+)""",
    re.VERBOSE,
)


def placeholder_blocks(texts: Iterable[str]) -> str:
    """All placeholders and statements of a template's texts, each once, one per line."""
    blocks = (block for text in texts for block in _BLOCK.findall(repair_placeholders(text)))
    return "\n".join(dict.fromkeys(blocks))


def count_used(blocks: str, header: Header, columns: Mapping[str, str] | None = None) -> int:
    """Count the columns that placeholders use.

    Args:
        blocks: as `placeholder_blocks` returns them
        header: the columns of a worksheet
        columns: headers by the placeholder that they fill
    """
    aliases = {alias(column): column for column in mentioned_headers(blocks, header).values()}
    headers = {name.casefold(): target for name, target in (columns or {}).items()}
    used: set[int | str] = set()
    for found in _NAME.finditer(place_headers(blocks, header)):
        name = found["member"] or found["attribute"] or found["name"]
        if name:
            used |= _used(headers.get(name.casefold(), name), header, aliases)
    return len(used)


def count_found(names: Iterable[str], header: Header) -> int:
    """Count the names that are headers."""
    return len({each for name in names for each in _used(name, header, {})})


def _used(name: str, header: Header, aliases: Mapping[str, Column]) -> set[int | str]:
    try:
        column = aliases.get(name) or find_column(header, name)
    except ColumnError:
        return {name}  # a name that several columns share still counts as used
    return {column.number} if column else set()
