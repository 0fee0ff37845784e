"""A template's text in pieces for an editor without Jinja: words, columns with a fallback, and other code.

Splitting and joining again gives an equivalent text. A placeholder that an editor can't offer, such as a
condition or a rare filter, is a piece of code that isn't changed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from merge.errors import ColumnError, InputError
from merge.project.scripts import escape_text, is_markup
from merge.sheet.columns import Header, find_column
from merge.template.placeholders import as_typed, repair_placeholders

FORMATS: Final[Mapping[str, str]] = {
    "excel": "",
    "date_long": "date",
    "date_short": 'date("short")',
    "spoken": "spoken",
    "first_word": "first_word",
    "upper": "upper",
}
"""The filter of each format that an editor offers."""
_FORMAT_OF = {code.replace("'", '"'): name for name, code in FORMATS.items()} | {'date("long")': "date_long"}


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Words as they are spoken or shown."""

    text: str


@dataclass(frozen=True, slots=True)
class ColumnPiece:
    """A column.

    Attributes:
        header: as in the sheet
        fallback: the text if the cell is blank; "" for a problem
        format: a key of `FORMATS`
    """

    header: str
    fallback: str = ""
    format: str = "excel"


@dataclass(frozen=True, slots=True)
class CodePiece:
    """Jinja code or a tag, unchanged."""

    code: str


Piece: TypeAlias = TextPiece | ColumnPiece | CodePiece

_BLOCK = re.compile(r"""(\{\{(?:"[^"{}]*"|'[^'{}]*'|(?!\}\}).)*?\}\}|\{%.*?%\}|\{#.*?#\})""", re.DOTALL)
_TAG = re.compile(r"(</?[a-zA-Z][^<>{}]*>)")
_PARAGRAPHS = re.compile(r"\s*<p>(?:(?!</?[a-zA-Z]).)*</p>(?:\s*<p>(?:(?!</?[a-zA-Z]).)*</p>)*\s*", re.DOTALL)
_BETWEEN = re.compile(r"</p>\s*<p>")
_QUOTED = r"""(?:"(?P<double>[^"{}\\]*)"|'(?P<single>[^'{}\\]*)')"""
_PART = r"""(?:[^|"'{}()]|\([^()]*\))+?"""
_WITH_DEFAULT = re.compile(rf"(?P<name>{_PART})\s*\|\s*d(?:efault)?\(\s*{_QUOTED}\s*\)", re.DOTALL)
_WITH_ELSE = re.compile(
    rf"(?P<name>{_PART})\s*\|\s*(?P<filter>{_PART})\s+if\s+(?P<again>{_PART})\s+else\s+{_QUOTED}", re.DOTALL
)
_PLAIN = re.compile(rf"(?P<name>{_PART})(?:\s*\|\s*(?P<filter>\w+(?:\(\s*[^()]*\))?))?", re.DOTALL)


def split_pieces(source: str, header: Header) -> tuple[Piece, ...]:
    """Split a template's text.

    Args:
        source: the text in the template
        header: the columns that a placeholder may mean
    """
    repaired = repair_placeholders(source)
    markup = is_markup(repaired)
    if _PARAGRAPHS.fullmatch(repaired):
        repaired = _BETWEEN.sub("\n", repaired.strip().removeprefix("<p>").removesuffix("</p>"))
    return tuple(_joined_texts(_pieces(repaired, header, markup=markup)))


def join_pieces(pieces: Sequence[Piece], original: str) -> str:
    """Join pieces into a template's text, in the form of the original: plain, or with its paragraphs.

    Raises:
        InputError: a fallback has characters that it can't contain
    """
    repaired = repair_placeholders(original)
    markup = is_markup(repaired)
    text = "".join(_written(piece, markup=markup) for piece in pieces)
    if not _PARAGRAPHS.fullmatch(repaired):
        return text
    return "".join(f"<p>{line}</p>" for line in text.split("\n"))


def _pieces(source: str, header: Header, *, markup: bool) -> Iterator[Piece]:
    for number, part in enumerate(_BLOCK.split(source)):
        if number % 2:
            yield _placeholder(part, header)
        elif not markup:
            yield TextPiece(part)
        else:
            for turn, text in enumerate(_TAG.split(part)):
                yield CodePiece(text) if turn % 2 else TextPiece(html.unescape(text))


def _joined_texts(pieces: Iterable[Piece]) -> Iterator[Piece]:
    waiting = ""
    for piece in pieces:
        if isinstance(piece, TextPiece):
            waiting += piece.text
            continue
        if waiting:
            yield TextPiece(waiting)
        waiting = ""
        yield piece
    if waiting:
        yield TextPiece(waiting)


def _placeholder(block: str, header: Header) -> Piece:
    code = as_typed(block[2:-2]).strip() if block.startswith("{{") else ""
    for pattern in (_WITH_DEFAULT, _WITH_ELSE, _PLAIN):
        found = pattern.fullmatch(code)
        if found is None:
            continue
        groups = found.groupdict()
        name, again = str(groups["name"]).strip(), groups.get("again")
        format_name = _FORMAT_OF.get(str(groups.get("filter") or "").strip().replace("'", '"'))
        column = _header_of(name, header)
        if column and format_name and (again is None or str(again).strip() == name):
            return ColumnPiece(column, str(groups.get("double") or groups.get("single") or ""), format_name)
    return CodePiece(block)


def _header_of(name: str, header: Header) -> str:
    try:
        column = find_column(header, name)
    except ColumnError:
        return ""
    return " ".join(column.header.split()) if column else ""


def _written(piece: Piece, *, markup: bool) -> str:
    match piece:
        case TextPiece(text):
            return escape_text(text) if markup else text
        case CodePiece(code):
            return code
        case ColumnPiece(header, "", format_name):
            return f"{{{{ {header}{_filter(format_name)} }}}}"
        case ColumnPiece(header, fallback, "excel"):
            return f"{{{{ {header} | default({_literal(fallback)}) }}}}"
        case ColumnPiece(header, fallback, format_name):
            # A filter can't read the fallback as a date or a number.
            return f"{{{{ {header}{_filter(format_name)} if {header} else {_literal(fallback)} }}}}"


def _filter(format_name: str) -> str:
    code = FORMATS.get(format_name, "")
    return f" | {code}" if code else ""


def _literal(text: str) -> str:
    if re.search(r"[{}\\\n]", text):
        raise InputError(
            "the words for a blank cell can't have braces, backslashes or line breaks",
            place=text[:40],
            hint="Write plain words, such as: there",
        )
    if '"' not in text:
        return f'"{text}"'
    return f"'{text}'" if "'" not in text else '"{}"'.format(text.replace('"', "”"))
