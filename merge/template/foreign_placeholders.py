"""Placeholders in another program's form: `«Name»`, `[Name]`, `*|Name|*`. They are not guessed, but found."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from merge.project.scripts import without_tags
from merge.sheet.columns import Column, Header, find_column, suggest

_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_FORMS = re.compile(
    r"""(?<!\{)\$?\{(?P<brace>[^{}]{1,120})\}(?!\})
        |«(?P<guillemets>[^«»]{1,120})»
        |《(?P<title>[^《》]{1,120})》
        |【(?P<lens>[^【】]{1,120})】
        |<<(?P<angles>[^<>]{1,120})>>
        |\[\[?(?P<bracket>[^\[\]]{1,120})\]\]?
        |%%(?P<percents>[^%]{1,120})%%
        |%(?P<percent>[^%]{1,120})%
        |\*\|(?P<stars>[^|*]{1,120})\|\*
        |<(?P<angle>[^<>/"=]{1,120})>
        |(?P<sign>[$\#~@|])(?P<twice>[^$\#~@|]{1,120})(?P=sign)
        |(?<!\w)__(?P<lines>[^_](?:[^\n]{0,118}?[^_])??)__(?!\w)""",
    re.VERBOSE,
)
_MARKS_ONLY = frozenset({"brace", "guillemets", "angles", "percents", "stars"})
"""Forms that nobody means to be spoken; a misspelt name in them is found as well."""
_TAGS = frozenset({"a", "b", "br", "code", "div", "em", "font", "i", "mark", "p", "s", "small", "span", "u"})
"""What stands between angle brackets in markup, whatever a column is called."""
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
        plain = html.unescape(static).translate(_FULL_WIDTH)
        found = _FORMS.search(plain)
        while found:
            column = _meant(found, header, spoken=spoken)
            if column is not None:
                yield Lookalike(" ".join(found[0].split()), column)
            # What is none may hold one: 5% for {Name}, 6% for all.
            found = _FORMS.search(plain, found.start() + 1 if column is None else found.end())


def _meant(found: re.Match[str], header: Header, *, spoken: bool) -> Column | None:
    form = found.lastgroup or ""
    name = " ".join((found[form] if form == "angle" else without_tags(found[form])).split())
    if not name or (form == "angle" and name in _TAGS):
        return None
    column = find_column(header, name)
    return _nearly(name, header) if column is None and spoken and form in _MARKS_ONLY else column


def _nearly(name: str, header: Header) -> Column | None:
    likely = suggest(name, [column.header for column in header.columns])
    return find_column(header, likely) if likely else None
