"""Find text that was meant as a placeholder but isn't one, so that it would be spoken or shown unchanged.

- Forms of other programs: `{Name}`, `«Name»`, `[Name]`, `*|Name|*`.
- Near misses: a lone or unbalanced brace next to a column (`{ Name }}`, `{{ Name }`, `{{ Name }}}`), the
  wrong braces (`{% Name %}`, `{# Name #}`), and conditions such as `{% if Plan == "Gold" }}`.

Each text is read once from left to right, so that the time is linear in its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, islice, pairwise

from merge.sheet.columns import Column, Header, suggest
from merge.template.placeholders import as_typed, without_editor_tags

_JINJA = re.compile(
    r"""\{\#(?P<comment>(?>(?:(?!\{\#|\#\}).)*))\#\}
        |(?P<open>\{\{|\{%)
        (?P<code>(?>(?:"[^"{}]*"|'[^'{}]*'|(?!\}\}|%\}|\{\{|\{%).)*))
        (?P<close>\}\}|%\})""",
    re.VERBOSE | re.DOTALL,
)
_STATEMENTS = frozenset(
    {
        *(
            "if",
            "elif",
            "else",
            "endif",
            "for",
            "endfor",
            "set",
            "endset",
            "raw",
            "endraw",
            "with",
            "endwith",
        ),
        *("macro", "endmacro", "call", "endcall", "filter", "endfilter", "block", "endblock", "include"),
        *("import", "from", "extends", "do", "autoescape", "endautoescape", "trans", "endtrans"),
    }
)
_CONDITION = re.compile(r"(?:if|elif|for\s+\w+\s+in)\s+(?:not\s+)?\(?\s*", re.IGNORECASE)
_AFTER_CONDITION = re.compile(r"\s*(?:$|[=!<>}%]|\b(?:and|or|is|in|not)\b)")
_CLUSTER = re.compile(r"\$?\{(?>(?:[ \t]*[{%#])*)|\}(?>(?:[ \t]*[}%#])*)")
"""Braces of one direction with nothing but spaces and percent signs between them."""
_ENDS = re.compile(r"\}*")
_LONGEST = 120
"""Characters between the two ends of a placeholder."""
_LONGEST_NAME = 255
"""Characters of a header; Excel allows this many above a Table's columns."""
_ENDS_IN_WORD = re.compile(r"\w\w")
_SHORT = 5_000
_BEFORE = re.compile(r"""[\s"'(\[<«$%#@*=:!.+-]{0,6}+""")
_AFTER_REVERSED = re.compile(r"""[\s"')\]>»%#.,:;!?*=+-]{0,6}+""")
_FILTER_REVERSED = re.compile(r"[^{}|\n]{1,60}\|\s*")
_JUNK = "%#$=@&*{}!<>«»:;,.?[] \t\n"
_JUNK_AFTER = f"{_JUNK})"

_FOREIGN = re.compile(
    r"""«(?P<guillemets>[^«»]{1,120})»
        |《(?P<title>[^《》]{1,120})》
        |【(?P<lens>[^【】]{1,120})】
        |<<(?P<angles>[^<>]{1,120})>>
        |\[\[?(?P<bracket>[^\[\]]{1,120})\]\]?
        |\(\((?P<parentheses>[^()]{1,120})\)\)
        |%%(?P<percents>[^%]{1,120})%%
        |%(?P<percent>[^%]{1,120})%
        |\*\|(?P<stars>[^|*]{1,120})\|\*
        |<(?P<angle>[^<>/"=]{1,120})>
        |(?P<sign>[$\#~@|])(?P<twice>[^$\#~@|]{1,120})(?P=sign)
        |(?<!\w)__(?P<lines>[^_\n](?:[^_\n]|_(?!_)){0,119})__(?!\w)""",
    re.VERBOSE,
)
_FOREIGN_SIGNS = re.compile(r"[«《【<\[(%*$#~@|_]")
_NEVER_SPOKEN = frozenset({"guillemets", "angles", "percents", "stars"})
"""Forms that are never meant to be spoken, so a misspelled header counts in them too."""
_MARKUP_TAGS = frozenset(
    {"a", "b", "br", "code", "div", "em", "font", "i", "mark", "p", "s", "small", "span", "u"}
)
"""Tags rather than columns, even if a column has that name."""
_MOST_FOUND = 100
_MOST_EXAMINED = 20_000
"""The maximum number of braces checked in one text; no script has that many."""
_MOST_GUESSES = 100
"""The maximum number of different words in braces that are compared with all headers; a text with more uses
braces as text.
"""


@dataclass(frozen=True, slots=True)
class ForeignPlaceholder:
    """Text that was meant as a placeholder.

    Attributes:
        written: the text
        column: the column that it most likely means
        meant: the correct spelling
    """

    written: str
    column: Column
    meant: str


def foreign_placeholders(text: str, header: Header, *, spoken: bool) -> Iterator[ForeignPlaceholder]:
    """Find text that was meant as a placeholder, at most 100 times.

    Args:
        text: a string with its own placeholders repaired
        header: the worksheet's columns; any other word is plain text
        spoken: whether the avatar speaks it, so that a misspelled header counts too
    """
    return islice(_foreign_placeholders(text, header, spoken=spoken), _MOST_FOUND)


def _foreign_placeholders(text: str, header: Header, *, spoken: bool) -> Iterator[ForeignPlaceholder]:
    names = _names_of(header)
    spelling = _Spelling(header, enabled=spoken)
    for static, before, after in _pieces(text):
        if before is not None:
            yield from _in_block(before, names)
        plain = _plain(static)
        braces = _Braces(plain, names, spelling, before, after)
        beside_braces = list(islice(braces.found(), _MOST_FOUND)) if "{" in plain or "}" in plain else []
        yield from beside_braces
        if _FOREIGN_SIGNS.search(plain):
            known = {found.column for found in beside_braces}
            others = _in_foreign_form(plain, names, spelling)
            yield from (found for found in others if found.column not in known)


def _pieces(text: str) -> Iterator[tuple[str, re.Match[str] | None, re.Match[str] | None]]:
    """Each text outside Jinja with the blocks before and after it; `{% raw %}` is left out."""
    before: re.Match[str] | None = None
    end, raw = 0, False
    for block in _JINJA.finditer(text):
        word = (block["code"] or "").strip(" -+\t\n")
        if raw:
            raw = word != "endraw"
        else:
            yield text[end : block.start()], before, block
            raw = word == "raw" and block["open"] == "{%"
        before, end = block, block.end()
    if not raw:
        yield text[end:], before, None


def _plain(static: str) -> str:
    return as_typed(without_editor_tags(static), quoted=False) if static else ""


class _Names:
    """Finds columns by any spelling of their headers, at a position of a text."""

    def __init__(self, header: Header) -> None:
        self.by_key: dict[str, Column] = {}
        for column in header.columns:
            for name in (column.header, column.name, column.identifier, column.identifier.replace("_", "")):
                self.by_key.setdefault(_key(name), column)
        self.by_key.pop("", None)
        self._first_words = {name.split()[0] for name in self.by_key}
        self._forward = _LongestName(self.by_key)
        self._backward = _LongestName(self.by_key, turned=True)

    def are_in(self, text: str) -> bool:
        """Whether a text may name a column; no short text is searched twice."""
        if len(text) < _SHORT:
            return True
        folded = text.casefold()
        return any(word in folded for word in self._first_words)

    def at(self, text: str, position: int) -> tuple[Column, int] | None:
        """The column that is named at a position of a text, and where its name ends."""
        found = self._forward.at(text, position)
        return (self.by_key[found[0]], found[1]) if found else None

    def before(self, text: str, position: int) -> tuple[Column, int] | None:
        """The column that is named right before a position of a text, and where its name begins."""
        turned = text[max(0, position - _LONGEST) : position][::-1]
        start = _AFTER_REVERSED.match(turned)
        if start is None:
            return None
        found = self._backward.at(turned, start.end())
        if not found:
            filtered = _FILTER_REVERSED.match(turned)
            found = self._backward.at(turned, filtered.end()) if filtered else None
        return (self.by_key[found[0][::-1]], position - found[1]) if found else None


@lru_cache(maxsize=8)
def _names_of(header: Header) -> _Names:
    return _Names(header)


def _key(name: str) -> str:
    return " ".join(as_typed(name).split()).casefold()


class _LongestName:
    """Finds the longest of many names at a position of a text, in any case and spacing.

    Args:
        names: with single spaces, and folded
        turned: whether names and text are read backward
    """

    def __init__(self, names: Iterable[str], *, turned: bool = False) -> None:
        self._step = -1 if turned else 1
        self._names = {name[:: self._step] for name in names if len(name) <= _LONGEST_NAME}
        self._first_letters = {name[0] for name in self._names}
        self._lengths = sorted({len(name) for name in self._names}, reverse=True)

    def at(self, text: str, position: int) -> tuple[str, int] | None:
        """The name there, and where it ends; a name that ends in a letter doesn't end within a word."""
        if text[position : position + 1].casefold()[:: self._step][:1] not in self._first_letters:
            return None
        folded, ends = self._folded(text, position)
        for length in self._lengths:
            end = ends[length - 1] if length <= len(folded) else 0
            name = folded[:length]
            if end and name in self._names and not _ENDS_IN_WORD.match(name[-1] + text[end : end + 1]):
                return name, end
        return None

    def _folded(self, text: str, position: int) -> tuple[str, list[int]]:
        """The text with single spaces, and where each letter ends; 0 within one that folds to several."""
        folded: list[str] = []
        ends: list[int] = []
        for place in range(position, min(len(text), position + 2 * self._lengths[0])):
            if len(ends) >= self._lengths[0] and not text[place].isspace():
                break
            if not text[place].isspace():
                letters = text[place].casefold()[:: self._step]
            elif folded and folded[-1] == " ":
                continue
            else:
                letters = " "
            folded.append(letters)
            ends += [0] * (len(letters) - 1) + [place + 1]
        return "".join(folded), ends


@dataclass(slots=True)
class _Spelling:
    """Guesses which header a misspelled name means; only for text that is spoken."""

    header: Header
    enabled: bool
    guessed: dict[str, Column | None] = field(default_factory=dict)

    def guess(self, name: str) -> Column | None:
        """The column, or None."""
        if name not in self.guessed and self.enabled and name and len(self.guessed) < _MOST_GUESSES:
            likely = suggest(name, [column.header for column in self.header.columns])
            column = next((column for column in self.header.columns if column.header == likely), None)
            self.guessed[name] = column
        return self.guessed.get(name)


def _in_block(block: re.Match[str], names: _Names) -> Iterator[ForeignPlaceholder]:
    """A Jinja block that names a column in the wrong way."""
    found = _block_fault(block, names)
    if found is not None:
        more = _ENDS.match(block.string, block.end())
        yield ForeignPlaceholder(" ".join((block[0] + (more[0] if more else "")).split()), *found)


def _block_fault(block: re.Match[str], names: _Names) -> tuple[Column, str] | None:
    comment, opening = block["comment"], block["open"]
    if comment is not None:
        column = names.by_key.get(_key(comment.strip(" -+")))
        return (column, _variable(column)) if column else None
    code = as_typed(block["code"]).strip()
    matching = opening == ("{{" if block["close"] == "}}" else "{%")
    bare = code.strip(" -+") if opening == "{%" else code
    # A header may begin with such a sign: `% off`.
    inner = bare if names.at(bare, 0) else bare.lstrip(_JUNK)
    if inner.partition(" ")[0] in _STATEMENTS:
        return None if matching and inner == bare else _condition(inner.rstrip("% "), 0, names)
    found = names.at(inner, 0)
    if found is None:
        return None
    column, end = found
    rest = inner[end:].strip()
    if matching and opening == "{{":
        is_odd = len(inner) < len(bare) or (rest and not rest.strip(_JUNK_AFTER))
        return (column, _variable(column)) if is_odd and not rest.strip(_JUNK_AFTER) else None
    if rest.strip(_JUNK_AFTER) and not rest.startswith("|"):
        return None
    return column, _variable(column, rest if rest.startswith("|") else "")


def _variable(column: Column, rest: str = "") -> str:
    return " ".join(f"{{{{ {' '.join(column.header.split())} {rest.strip()} }}}}".split())


def _condition(text: str, position: int, names: _Names) -> tuple[Column, str] | None:
    """A condition about a column that begins at a position: the column, and the correct spelling."""
    asks = _CONDITION.match(text, position)
    found = names.at(text, asks.end()) if asks else None
    if found is None or not _AFTER_CONDITION.match(text, found[1]):
        return None
    end = _CLUSTER.search(text, found[1], found[1] + _LONGEST)
    code = text[position : end.start() if end else found[1] + (0 if position else _LONGEST)]
    return found[0], f"{{% {' '.join(code.split()).rstrip('% ')} %}}"


class _Braces:
    """Finds the braces of one text that are next to a column."""

    def __init__(
        self,
        text: str,
        names: _Names,
        spelling: _Spelling,
        before: re.Match[str] | None,
        after: re.Match[str] | None,
    ) -> None:
        self._text = text
        self._names = names
        self._spelling = spelling
        self._before = before if before and before["open"] == "{{" else None
        self._after = after if after and after["open"] == "{{" else None

    def found(self) -> Iterator[ForeignPlaceholder]:
        """Each of them, from left to right."""
        has_names = self._names.are_in(self._text)
        skip = False
        clusters: Iterator[re.Match[str] | None] = islice(_CLUSTER.finditer(self._text), _MOST_EXAMINED)
        for this, following in pairwise(chain(clusters, [None])):
            if skip or this is None:
                skip = False
                continue
            skip = following is not None and _belong_together(this, following)
            last = following if skip and following else this
            fault = self._fault(this, last) if skip or has_names else None
            if fault is not None:
                yield fault

    def _written(self, start: int, end: int, column: Column, meant: str) -> ForeignPlaceholder:
        return ForeignPlaceholder(" ".join(self._text[start:end].split()), column, meant)

    def _fault(self, this: re.Match[str], last: re.Match[str]) -> ForeignPlaceholder | None:
        opened = self._opened(this, last) if "{" in this[0] else None
        if opened is not None or _is_single_pair(this, last):
            return opened
        left = self._names.before(self._text, last.start()) if "}" in last[0] else None
        if left is not None and (last is this or left[1] >= this.end()):
            start = left[1] if last is this else this.start()
            return self._written(start, last.end(), left[0], _variable(left[0]))
        return self._next_to_block(this, last)

    def _opened(self, this: re.Match[str], last: re.Match[str]) -> ForeignPlaceholder | None:
        skipped = _BEFORE.match(self._text, this.end())
        position = skipped.end() if skipped else this.end()
        closed = last is not this
        content = self._text[position : last.start()] if closed else ""
        asks = _condition(self._text, position, self._names)
        if asks is not None:
            return self._written(this.start(), last.end(), *asks)
        right = self._names.at(self._text, position)
        if right is not None:
            column, end = right
            rest = self._text[end : last.start()].strip() if closed else ""
            odd = not _is_single_pair(this, last) or not rest.strip(_JUNK_AFTER + "\"'")
            if odd or rest.startswith(("|", ".")):
                meant = _variable(column, rest if rest.startswith("|") else "")
                return self._written(this.start(), last.end() if closed else end, column, meant)
        guessed = self._spelling.guess(" ".join(content.split())) if closed else None
        if guessed is not None:
            return self._written(this.start(), last.end(), guessed, _variable(guessed))
        between = self._names.before(self._text, this.start())
        if between is not None and self._text[: between[1]].rstrip().endswith("}"):
            return self._written(between[1], this.end(), between[0], _variable(between[0]))
        return None

    def _next_to_block(self, this: re.Match[str], last: re.Match[str]) -> ForeignPlaceholder | None:
        """An extra brace next to a placeholder: `{{ Name }}}`."""
        text = self._text
        follows = self._before is not None and "{" not in this[0] and not text[: this.start()].strip()
        leads = self._after is not None and "}" not in last[0] and not text[last.end() :].strip()
        block = self._before if follows else self._after if leads else None
        if block is None or (follows and block.string[: block.start()].rstrip().endswith("{")):
            return None
        if leads and block.string[block.end() :].lstrip().startswith("}"):
            return None
        found = self._names.at(as_typed(block["code"]).strip(), 0)
        if found is None:
            return None
        meant = " ".join(block[0].split())
        written = f"{meant}{text[: last.end()]}" if follows else f"{text[this.start() :]}{meant}"
        return ForeignPlaceholder(written, found[0], meant)


def _belong_together(this: re.Match[str], following: re.Match[str]) -> bool:
    """Whether the braces may be the two ends of one placeholder."""
    return "{" in this[0] and "}" in following[0] and following.start() - this.end() <= _LONGEST


def _is_single_pair(this: re.Match[str], last: re.Match[str]) -> bool:
    """Whether the braces are `{` and `}`, which may be meant as text."""
    return this[0] in {"{", "${"} and last[0] == "}"


def _in_foreign_form(plain: str, names: _Names, spelling: _Spelling) -> Iterator[ForeignPlaceholder]:
    found = _FOREIGN.search(plain)
    while found:
        column = _foreign_column(found, names, spelling)
        if column is not None:
            yield ForeignPlaceholder(" ".join(found[0].split()), column, _variable(column))
        # A match that isn't a placeholder may contain one: 5% for {Name}, 6% for all.
        found = _FOREIGN.search(plain, found.start() + 1 if column is None else found.end())


def _foreign_column(found: re.Match[str], names: _Names, spelling: _Spelling) -> Column | None:
    form = found.lastgroup or ""
    name = " ".join(found[form].split())
    if not name or (form == "angle" and name in _MARKUP_TAGS):
        return None
    column = names.by_key.get(name.casefold())
    return spelling.guess(name) if column is None and form in _NEVER_SPOKEN else column
