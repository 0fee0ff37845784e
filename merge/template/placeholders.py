"""Placeholders as people and their editors write them, converted to Jinja.

- `repair_placeholders` undoes what a rich-text editor does to them: `{<b>{ name }</b>}` becomes `{{ name }}`.
- `place_headers` replaces headers by names: `{{ First Name }}` is the column with that header.

Every pattern takes linear time: no part of one can match in two ways, and none looks beyond the next
beginning of a placeholder.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from merge.sheet.addresses import column_letters
from merge.sheet.columns import Column, Header, normalize

# Tags, entities and invisible characters that an editor inserts at the cursor.
_TAG_NAMES = "a|b|br|code|div|em|font|i|mark|p|s|small|span|strong|sub|sup|u"
_TAG = rf"""</?(?:{_TAG_NAMES})(?:\s+[\w-]+\s*=\s*\\?(?:"[^"<>]*"|'[^'<>]*'))*\s*/?>"""
_INVISIBLE = "[\u00ad\u200b-\u200f\u2060\ufeff]|&(?:shy|zwnj|zwj|#0*173|#0*820[3-7]|#[xX]0*200[b-fB-F]);"
_SPACE = r"[ \t\u00a0\u3000]|&(?:nbsp|#0*160|#[xX]0*[aA]0);"
_OPEN = r"(?:[{\uff5b]|&(?:lbrace|lcub|#0*123|#[xX]0*7[bB]|#0*65371|#[xX]0*[fF]{2}5[bB]);)"
_CLOSE = r"(?:[}\uff5d]|&(?:rbrace|rcub|#0*125|#[xX]0*7[dD]|#0*65373|#[xX]0*[fF]{2}5[dD]);)"
_PERCENT = r"(?:%|&(?:percnt|#0*37);)"
_NOISE = rf"(?>(?:{_TAG}|{_INVISIBLE})*)"
_GAP = rf"(?>(?:{_TAG}|{_INVISIBLE}|{_SPACE})*)"

_VARIABLE_END = f"{_CLOSE}{_GAP}{_CLOSE}"
_BLOCK_END = f"{_PERCENT}{_NOISE}{_CLOSE}"
_BEGINNING = f"{_OPEN}(?:{_GAP}{_OPEN}|{_NOISE}{_PERCENT})"
"""Where the next placeholder begins, so that the code of this one must have ended."""
_QUOTED_CODE = r"""(?:"[^"{}<>]*"|'[^'{}<>]*')"""
_MANGLED = re.compile(
    f"(?P<opening>{_OPEN}(?:(?P<variable>{_GAP}{_OPEN})|{_NOISE}{_PERCENT}))"
    f"(?P<code>(?>(?:{_TAG}|{_QUOTED_CODE}|(?!{_VARIABLE_END}|{_BLOCK_END}|{_BEGINNING}).)*))"
    f"(?P<closing>(?(variable){_VARIABLE_END}|{_BLOCK_END}))",
    re.DOTALL,
)
_ENDS = re.compile(_CLOSE)
_TAGS = re.compile(_TAG)
_BREAKS = re.compile(r"</?(?:br|p|div)\b[^<>]*>")
_TAG_NAME = re.compile(r"<(/?)(\w+)")
_SEPARATING_TAGS = frozenset({"br", "p", "div"})
_LITERAL_OR_TAG = re.compile(
    rf"""(?P<quote>["'])(?P<inner>(?>(?:{_TAG}|(?!(?P=quote)).)*))(?P=quote)|{_TAG}""", re.DOTALL
)
_STRAIGHT_QUOTES = str.maketrans(
    dict.fromkeys("\u201c\u201d\u201e\u201f\uff02", '"')
    | dict.fromkeys("\u2018\u2019\u201a\u201b\uff07", "'")
)
_QUOTED = re.compile(
    r"""(?P<straight>"[^"]*"|'[^']*')
        |[\u201c\u201d\u201e\u201f\uff02](?P<curly>[^"\u201c\u201d\u201e\u201f\uff02]*)[\u201c\u201d\u201f\uff02]""",
    re.VERBOSE,
)

_BLOCK = re.compile(
    r"""(?P<open>\{\{|\{%)
        (?P<code>(?>(?:"[^"{}]*"|'[^'{}]*'|(?!\}\}|%\}|\{\{|\{%).)*))  # atomic: no backtracking
        (?P<close>\}\}|%\})""",
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(r"\w+")
_HEADER_SPACE = r"\s+"
_LITERAL_OR_WORD = r"""(?:"[^"]*"|'[^']*'|\w+|.)"""
_ROW_PREFIX = r"(?:row\s*\.\s*)?"
"""Lets people who know `row.first_name` write `row.First Name`."""
_SEVERAL_WORDS = re.compile(r"^\s*(\w+(?:\s+\w+)+)\s*(?:\||$)")
_JINJA_WORDS = frozenset({"and", "else", "for", "if", "import", "in", "is", "not", "or", "set", "with"})


def has_placeholder(text: str) -> bool:
    """Whether a string contains Jinja."""
    return "{{" in text or "{%" in text


def repair_placeholders(text: str) -> str:
    """A template string with its placeholders repaired; everything else is unchanged.

    Tags inside a placeholder are dropped if they pair up there, and moved behind it otherwise, so that the
    markup stays balanced.
    """
    return _MANGLED.sub(_repair, text) if _ENDS.search(text) else text


def without_editor_tags(text: str) -> str:
    """A text without the tags that editors insert; line breaks become spaces."""
    return _TAGS.sub("", _BREAKS.sub(" ", text)) if "<" in text else text


def as_typed(code: str, *, quoted: bool = True) -> str:
    """The code between two braces without entities, curly quotes, special spaces and invisible characters.

    Quoted text keeps its characters, such as an apostrophe, unless `quoted` is false.
    """
    plain = html.unescape(code)
    if plain.isascii():
        return plain
    if not quoted:
        return _normalize(plain)
    pieces = []
    end = 0
    for found in _QUOTED.finditer(plain):
        pieces += [_normalize(plain[end : found.start()]), found["straight"] or f'"{found["curly"]}"']
        end = found.end()
    return "".join([*pieces, _normalize(plain[end:])])


def alias(column: Column) -> str:
    """The Jinja name of a column whose header isn't an identifier."""
    return f"column_{column.number}_{column_letters(column.number)}"


def place_headers(source: str, header: Header) -> str:
    """Replace the headers in a template by names that Jinja accepts.

    Only inside `{{ }}` and `{% %}` and outside quoted text; the longest header takes precedence. The code
    there is also cleaned by `as_typed`.
    """
    headers = {name: alias(column) for name, column in mentioned_headers(source, header).items()}
    pattern = _header_pattern(tuple(headers))
    return _BLOCK.sub(
        lambda block: f"{block['open']}{_replace(as_typed(block['code']), headers, pattern)}{block['close']}",
        source,
    )


def mentioned_headers(source: str, header: Header) -> dict[str, Column]:
    """The headers in a template that aren't identifiers, by their normalized spelling."""
    mentioned = normalize(as_typed(source, quoted=False))
    by_first_word = _spellings_by_first_word(header)
    words = ("", *dict.fromkeys(_WORD.findall(mentioned)))
    return {
        name: column for word in words for name, column in by_first_word.get(word, ()) if name in mentioned
    }


@lru_cache(maxsize=8)
def _spellings_by_first_word(header: Header) -> Mapping[str, Sequence[tuple[str, Column]]]:
    """What `place_headers` replaces; under "", headers that begin with a sign."""
    found: dict[str, list[tuple[str, Column]]] = {}
    for column in header.columns:
        for name in _spellings(column):
            word = _WORD.match(name)
            found.setdefault(word[0] if word else "", []).append((name, column))
    return found


def unknown_headers(source: str) -> tuple[str, ...]:
    """Placeholders of several words that `place_headers` hasn't replaced because they aren't headers.

    `{{ Frist Name }}` is one, for example.
    """
    return tuple(dict.fromkeys(filter(None, map(_unknown_header, _BLOCK.finditer(source)))))


def without_unknown_headers(source: str) -> str:
    """A template with an empty text in place of each unknown header, so that it can be parsed."""
    return _BLOCK.sub(
        lambda block: '{{ "" }}' if _unknown_header(block) else block[0],
        source,
    )


def _unknown_header(block: re.Match[str]) -> str:
    several = _SEVERAL_WORDS.match(as_typed(block["code"]))
    if several and block["open"].startswith("{{") and not _JINJA_WORDS & set(several[1].split()):
        return " ".join(several[1].split())
    return ""


def _repair(found: re.Match[str]) -> str:
    tags = [tag for part in ("opening", "code", "closing") for tag in _tags_of(part, found[part])]
    start, end = ("{{", "}}") if found["variable"] is not None else ("{%", "%}")
    return f"{start}{_LITERAL_OR_TAG.sub(_without_tags, found['code'])}{end}{''.join(_unpaired(tags))}"


def _tags_of(part: str, text: str) -> list[str]:
    if part != "code":
        return _TAGS.findall(text)
    literals = _LITERAL_OR_TAG.finditer(text)
    return [tag for found in literals if _is_broken(found) for tag in _TAGS.findall(found[0])]


def _is_broken(found: re.Match[str]) -> bool:
    """Whether the editor inserted the tags there: not in quoted text, unless they contain the same quotes."""
    return found["quote"] is None or found["quote"] in found["inner"]


def _without_tags(found: re.Match[str]) -> str:
    return _TAGS.sub(_space_for_break, found[0]) if _is_broken(found) else found[0]


def _space_for_break(tag: re.Match[str]) -> str:
    name = _TAG_NAME.match(tag[0])
    return " " if name and name[2] in _SEPARATING_TAGS else ""


def _unpaired(tags: list[str]) -> list[str]:
    """The tags that don't pair up among themselves, in their order."""
    left: list[tuple[str, str, str]] = []
    for tag in tags:
        name = _TAG_NAME.match(tag)
        closes, kind = (name[1], name[2]) if name else ("", "")
        if kind == "br":
            continue
        if closes and left and left[-1][:2] == ("", kind):
            left.pop()
        else:
            left.append((closes, kind, tag))
    return [tag for _, _, tag in left]


def _normalize(code: str) -> str:
    visible = "".join(letter for letter in code if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", visible.translate(_STRAIGHT_QUOTES))


def _spellings(column: Column) -> set[str]:
    """The normalized spellings of a header, unless a template may write them as they are."""
    typed = as_typed(column.header)
    names = {column.name} if typed == column.header else {column.name, normalize(typed)}
    return {name for name in names if not name.isidentifier()}


def _letters(text: str) -> list[tuple[str, str]]:
    """Each letter with its accents, as written and as headers are compared: `ß` becomes two letters."""
    letters: list[str] = []
    for each in text:
        if letters and not letters[-1].isspace() and unicodedata.combining(each):
            letters[-1] += each
        else:
            letters.append(each)
    return [(letter, normalize(letter) or letter) for letter in letters]


@lru_cache(maxsize=64)
def _header_pattern(headers: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(headers, key=len, reverse=True)
    words = [_HEADER_SPACE.join(re.escape(word) for word in header.split()) for header in longest_first]
    # A header that ends in a word must not match the beginning of a longer word.
    choices = [rf"{pattern}(?!\w)" if re.search(r"\w$", pattern) else pattern for pattern in words]
    header_or_not = "|".join(choices) or r"(?!)"
    return re.compile(f"{_ROW_PREFIX}(?P<header>{header_or_not})|{_LITERAL_OR_WORD}", re.DOTALL)


def _replace(code: str, headers: Mapping[str, str], pattern: re.Pattern[str]) -> str:
    letters = _letters(code)
    places: list[int] = []
    end = 0
    for written, folded in letters:
        places += [end] * len(folded)
        end += len(written)
    places.append(end)
    pieces = []
    end = 0
    for found in pattern.finditer("".join(folded for _, folded in letters)):
        if found["header"]:
            pieces += [code[end : places[found.start()]], headers[" ".join(found["header"].split())]]
            end = places[found.end()]
    return "".join([*pieces, code[end:]])
