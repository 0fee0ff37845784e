"""JSON text without loss: key order is kept, and every number stays as it was written.

Python's own numbers would turn `1E2` into `100.0` and `1.50` into `1.5`; a saved project must leave as it
came, so numbers are kept as the text that they had (RFC 8259, section 6).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from json.encoder import encode_basestring

from merge.errors import TemplateError
from merge.model import JSON


class NumberText(str):
    """A JSON number by its own digits; in a tree it stands where a float would."""

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
            f"not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}",
            place=place,
            hint="Save the project from AI Studios again, or mend the file at that line",
        ) from error
    except (RecursionError, ValueError) as error:
        raise TemplateError(
            "not valid JSON: a number or a nesting that JSON does not know",
            place=place,
            hint="Save the project from AI Studios again",
        ) from error
    return tree


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def quote(text: str) -> str:
    """A text as a JSON string, quotes included; only what must be escaped is."""
    return encode_basestring(text)


def dump_json(tree: JSON) -> str:
    """Compact JSON text of a tree, in its own key order."""
    return "".join(tokens(tree, lambda path, text: quote(text)))  # noqa: ARG005 - the signature of a replacement


def tokens(
    tree: JSON,
    write_string: Callable[[str, str], str],
    *,
    path: str = "$",
    sort: bool = False,
) -> Iterator[str]:
    """The compact text of a tree, piece by piece.

    Args:
        tree: what to write
        write_string: makes a string value's text from its JSON path and itself
        path: where the tree stands, such as `$.scenes[0]`
        sort: keys in order of their code points, for a canonical form
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
    """The JSON path of a member: `$.scenes` or, where the key is no plain word, `$["a b"]`."""
    return f"{path}.{key}" if key.isidentifier() else f"{path}[{quote(key)}]"


def strings(tree: JSON, path: str = "$") -> Iterator[tuple[str, str]]:
    """Every string value of a tree with its JSON path, in order; keys are not values."""
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
