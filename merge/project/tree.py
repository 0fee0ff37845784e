"""Access parts of a project's JSON tree, which may have any shape."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from operator import setitem

from merge.model import JSON
from merge.project.json_text import NumberText, child_path


def items_of(parent: JSON, name: str) -> tuple[tuple[int, dict[str, JSON]], ...]:
    """Return the objects in a member list with their indices; empty if there's no such list."""
    items = parent.get(name) if isinstance(parent, dict) else None
    found = enumerate(items) if isinstance(items, list) else ()
    return tuple((index, item) for index, item in found if isinstance(item, dict))


def text_of(parent: JSON, name: str) -> str:
    """Return a member if it is a text, else ""."""
    value = parent.get(name) if isinstance(parent, dict) else None
    return value if isinstance(value, str) and not isinstance(value, NumberText) else ""


def number_of(parent: JSON, name: str) -> float | None:
    """Return a member if it is a number, else None."""
    value = parent.get(name) if isinstance(parent, dict) else None
    match value:
        case NumberText():
            return float(value)
        case bool():
            return None
        case int() | float():
            return float(value)
        case _:
            return None


Setter = Callable[[str], None]


def setters(tree: JSON, paths: Collection[str], path: str = "$") -> Iterator[tuple[str, Setter]]:
    """Yield each of these JSON paths that exists, with a function that replaces the value there by a text."""
    members: list[tuple[str, JSON, Setter]] = []
    match tree:
        case dict():
            members = [(child_path(path, key), tree[key], partial(setitem, tree, key)) for key in tree]
        case list():
            members = [(f"{path}[{n}]", item, partial(setitem, tree, n)) for n, item in enumerate(tree)]
        case _:
            pass
    for place, member, setter in members:
        if place in paths:
            yield place, setter
        else:
            yield from setters(member, paths, place)


def clips_of(project: JSON) -> Iterator[tuple[str, dict[str, JSON]]]:
    """Yield every clip of every scene, with its JSON path."""
    for number, scene in items_of(project, "scenes"):
        for index, clip in items_of(scene, "clips"):
            yield f"$.scenes[{number}].clips[{index}]", clip
