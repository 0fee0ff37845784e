"""Read and write JSON without loss: keys keep their order, and numbers their spelling.

Python would turn `1E2` into `100.0` and `1.50` into `1.5`. A saved project has to be sent unchanged, so its
numbers are kept as text (RFC 8259, section 6).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from json.encoder import encode_basestring
from typing import Final

from merge.errors import TemplateError
from merge.model import JSON


class NumberText(str):
    """A JSON number as it is spelled."""

    __slots__ = ()


def parse_json(text: str, *, place: str) -> JSON:
    """Read JSON text into a tree whose numbers are `NumberText`.

    Args:
        text: JSON, with or without a byte order mark
        place: the file's name, for the error

    Raises:
        TemplateError: not JSON; the message names line and column
    """
    try:
        tree: JSON = json.loads(
            text.removeprefix("\ufeff"),
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise TemplateError(
            f"this file isn't valid JSON: {explain(error)}",
            place=place,
            hint="Save the project from AI Studios again, or fix the file at that line",
        ) from error
    except (RecursionError, ValueError) as error:
        raise TemplateError(
            "this file isn't valid JSON: it has a number or a nesting that JSON doesn't allow",
            place=place,
            hint="Save the project from AI Studios again",
        ) from error
    return tree


def explain(error: json.JSONDecodeError) -> str:
    """What is wrong with JSON text, and in which line."""
    text = error.doc
    if not text.strip():
        return "the file is empty"
    if text.lstrip().startswith("<"):
        return "it's a web page or an XML file"
    where = f"at line {error.lineno}, column {error.colno}"
    if not text[error.pos :].strip() or error.msg.startswith("Unterminated"):
        return f"it ends too early or a quotation mark isn't closed, {where}"
    found = text[error.pos : error.pos + 2]
    if not error.pos and found[0] not in "/#":
        return "it doesn't begin with { as a saved project does"
    for beginning, what in _FOUND.items():
        if found.startswith(beginning):
            return f"{what} {where}"
    what = next((what for complaint, what in _COMPLAINTS.items() if error.msg.startswith(complaint)), "")
    return f"{what or 'something that JSON does not know'} {where}"


_FOUND: Final = {
    **dict.fromkeys(("//", "/*", "#"), "comments aren't allowed, as"),
    "'": "a single quotation mark, where double ones belong,",
    **dict.fromkeys("“”„‘’", "a curly quotation mark, where straight ones belong,"),
    **dict.fromkeys("]}", "an extra comma or colon before the closing bracket"),
}
"""What is at the place of an error, and what to call it."""
_COMPLAINTS: Final = {
    "Invalid control character": "a line break or a tab inside a text",
    "Extra data": "there's more text after the end of the project,",
    "Invalid \\": "a single backslash that should be double",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting property name": "a name in quotation marks is missing",
    "Expecting value": "a value is missing",
}
"""The complaints of Python's reader, and what to call them."""


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def quote(text: str) -> str:
    """Return a text as a JSON string with its quotes; only what must be escaped is escaped."""
    return encode_basestring(text)


def tokens(
    tree: JSON,
    write_string: Callable[[str, str], str],
    *,
    path: str = "$",
    sort: bool = False,
) -> Iterator[str]:
    """Yield the compact JSON text of a tree in pieces.

    Args:
        tree: what to write
        write_string: returns the JSON text of a string value, given its JSON path and the value
        path: the tree's own JSON path, such as `$.scenes[0]`
        sort: sort keys by code point, for a canonical form
    """
    match tree:
        case NumberText():
            yield tree
        case str():
            yield write_string(path, tree)
        case None | bool() | int() | float():
            yield json.dumps(tree)
        case list():
            yield "["
            for index, item in enumerate(tree):
                yield "," if index else ""
                yield from tokens(item, write_string, path=f"{path}[{index}]", sort=sort)
            yield "]"
        case dict():
            yield "{"
            for index, key in enumerate(sorted(tree) if sort else tree):
                yield f"{',' if index else ''}{quote(key)}:"
                yield from tokens(tree[key], write_string, path=child_path(path, key), sort=sort)
            yield "}"


def child_path(path: str, key: str) -> str:
    """Return the JSON path of a member: `$.scenes` or, if the key isn't an identifier, `$["a b"]`."""
    return f"{path}.{key}" if key.isidentifier() else f"{path}[{quote(key)}]"


_BLANK = re.compile(r"[ \t\r\n]*")
_PLAIN = re.compile(r"[^\s,\]}]+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def string_spans(text: str) -> dict[str, tuple[int, int]]:
    """Find the position of each string value in JSON text, including its quotes, by its JSON path.

    Args:
        text: valid JSON; of members with the same name the last counts, as for every reader
    """
    spans: dict[str, tuple[int, int]] = {}
    _scan(text, _after_blanks(text, 0), "$", spans)
    return spans


def _after_blanks(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    assert found
    return found.end()


def _scan(text: str, at: int, path: str, spans: dict[str, tuple[int, int]]) -> int:
    """Record the strings of the value that begins at a position; return where it ends."""
    opening = text[at]
    if opening not in '{["':
        plain = _PLAIN.match(text, at)
        return plain.end() if plain else at + 1
    if opening == '"':
        end = _end_of_string(text, at)
        spans[path] = at, end
        return end
    at, index = _after_blanks(text, at + 1), 0
    while text[at] not in "]}":
        place = f"{path}[{index}]"
        if opening == "{":
            end = _end_of_string(text, at)
            key: str = json.loads(text[at:end])
            place, at = child_path(path, key), _after_blanks(text, _after_blanks(text, end) + 1)
        at = _after_blanks(text, _scan(text, at, place, spans))
        if text[at] == ",":
            at = _after_blanks(text, at + 1)
        index += 1
    return at + 1


def _end_of_string(text: str, at: int) -> int:
    found = _STRING.match(text, at)
    assert found
    return found.end()


def strings(tree: JSON, path: str = "$") -> Iterator[tuple[str, str]]:
    """Yield every string value of a tree with its JSON path, in order; keys aren't values."""
    match tree:
        case NumberText():
            return
        case str():
            yield path, tree
        case list():
            for index, item in enumerate(tree):
                yield from strings(item, f"{path}[{index}]")
        case dict():
            for key, item in tree.items():
                yield from strings(item, child_path(path, key))
        case _:
            return
