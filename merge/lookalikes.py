"""Placeholders in another program's form: `«Name»`, `[Name]`, `{Name}`. They are not guessed, but found."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from merge.columns import Column, Header, find_column, suggest
from merge.script import without_tags

_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_FORMS = re.compile(
    r"""(?<!\{)\$?\{(?P<brace>[^{}]{1,120})\}(?!\})
        |«(?P<guillemets>[^«»]{1,120})»
        |《(?P<title>[^《》]{1,120})》
        |【(?P<lens>[^【】]{1,120})】
        |<<(?P<angles>[^<>]{1,120})>>
        |\[\[?(?P<bracket>[^\[\]]{1,120})\]\]?
        |%(?P<percent>[^%]{1,120})%""",
    re.VERBOSE,
)
_MARKS_ONLY = frozenset({"brace", "guillemets", "angles"})
"""Forms that nobody means to be spoken; a misspelt name in them is found as well."""
_FULL_WIDTH = str.maketrans("｛｝［］％＜＞", "{}[]%<>")


@dataclass(frozen=True, slots=True)
class Lookalike:
    """What stands in the template, and the column that is likely meant."""

    written: str
    column: Column


def lookalikes(text: str, header: Header, *, spoken: bool) -> Iterator[Lookalike]:
    """The placeholders of another form in a string whose own are whole.

    Args:
        text: the string
        header: the worksheet's columns; what is none of them is plain text
        spoken: whether the avatar says it, so that a name that is nearly a header counts too
    """
    for static in _JINJA.split(text):
        for found in _FORMS.finditer(html.unescape(static).translate(_FULL_WIDTH)):
            name = " ".join(without_tags(found[found.lastgroup or 0]).split())
            column = find_column(header, name) if name else None
            if column is None and name and spoken and found.lastgroup in _MARKS_ONLY:
                column = _nearly(name, header)
            if column is not None:
                yield Lookalike(" ".join(found[0].split()), column)


def _nearly(name: str, header: Header) -> Column | None:
    likely = suggest(name, [column.header for column in header.columns])
    return find_column(header, likely) if likely else None
