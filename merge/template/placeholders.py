"""Placeholders as people write them, made into Jinja: `{{ First Name }}` means the column of that header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from merge.sheet.addresses import column_letters
from merge.sheet.columns import Column
from merge.template.editor_repair import as_typed

_BLOCK = re.compile(
    r"""(?P<open>\{\{|\{%)
        (?P<code>(?:"[^"{}]*"|'[^'{}]*'|(?!\}\}|%\}|\{\{|\{%).)*+)  # possessive: no text makes it slow
        (?P<close>\}\}|%\})""",
    re.VERBOSE | re.DOTALL,
)
_BLANK = r"(?:\s|\u00a0|\u200b)+"
_LITERAL_OR_WORD = r"""(?P<other>"[^"]*"|'[^']*'|\w+|.)"""
_OF_ROW = r"(?:row\s*\.\s*)?"
"""`row.First Name` is written by those who know `row.first_name`."""
_SEVERAL_WORDS = re.compile(r"^\s*(\w+(?:\s+\w+)+)\s*(?:\||$)")
_JINJA_WORDS = frozenset({"and", "else", "for", "if", "import", "in", "is", "not", "or", "set", "with"})


def has_placeholder(text: str) -> bool:
    """Whether a string of a project is to be rendered at all."""
    return "{{" in text or "{%" in text


def alias(column: Column) -> str:
    """The name by which a header that is no plain word is known inside a template."""
    return f"column_{column.number}_{column_letters(column.number)}"


def place_headers(source: str, columns: Iterable[Column]) -> str:
    """Replace headers written as they stand by names that Jinja understands.

    Only inside `{{ }}` and `{% %}`, outside quoted text, the longest header first. Entities, odd blanks and
    curly quotes are undone there as well.
    """
    headers = {_known_as(header): alias(column) for column in columns for header in _spellings(column)}
    pattern = _header_pattern(headers)
    return _BLOCK.sub(
        lambda block: f"{block['open']}{_replace(as_typed(block['code']), headers, pattern)}{block['close']}",
        source,
    )


def unknown_header(source: str) -> str | None:
    """The first placeholder of several words that nothing explains, such as `Frist Name`, or None."""
    for block in _BLOCK.finditer(source):
        several = _SEVERAL_WORDS.match(as_typed(block["code"]))
        if several and block["open"].startswith("{{") and not _JINJA_WORDS & set(several[1].split()):
            return " ".join(several[1].split())
    return None


def _spellings(column: Column) -> set[str]:
    return {text for text in (as_typed(column.header), column.name) if not text.isidentifier()}


def _known_as(header: str) -> str:
    return " ".join(as_typed(header).split()).casefold()


def _header_pattern(headers: Mapping[str, str]) -> re.Pattern[str]:
    longest_first = sorted(headers, key=len, reverse=True)
    choices = [_bounded(_BLANK.join(re.escape(word) for word in header.split())) for header in longest_first]
    header_or_not = "|".join(choices) or r"(?!)"
    return re.compile(f"{_OF_ROW}(?P<header>{header_or_not})|{_LITERAL_OR_WORD}", re.IGNORECASE | re.DOTALL)


def _bounded(pattern: str) -> str:
    """A header that ends in a word must not end in the middle of a longer one."""
    return rf"{pattern}(?!\w)" if re.search(r"\w$", pattern) else pattern


def _replace(code: str, headers: Mapping[str, str], pattern: re.Pattern[str]) -> str:
    return pattern.sub(
        lambda found: headers[_known_as(found["header"])] if found["header"] else found["other"], code
    )
