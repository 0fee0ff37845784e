"""A project's JSON text with empty places in it, so that only what changes is written for every row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from merge.model import JSON
from merge.project.json_text import quote, tokens

NOT_IN_FINGERPRINT = frozenset({"isExport", "webhookUrl"})
"""What a run decides about a project without changing what is seen and heard."""
_MARK = "\0"
"""Stands around a placeholder's index in the JSON text, where no control character can stand by itself."""


@dataclass(frozen=True, slots=True)
class JsonSkeleton:
    """A template's JSON text, cut where placeholders stand.

    Attributes:
        pieces: text, then in turn an empty place and text
        order: the placeholders' indices, in the order of their places
    """

    pieces: tuple[str, ...]
    order: tuple[int, ...]

    def fill(self, texts: Sequence[str]) -> str:
        """The JSON text with each placeholder's own JSON text in its place."""
        filled = list(self.pieces)
        filled[1::2] = [texts[index] for index in self.order]
        return "".join(filled)


def cut_skeleton(tree: JSON, indices: Mapping[str, int], *, sort: bool = False) -> JsonSkeleton:
    """Cut a tree's text where its placeholders stand.

    Args:
        tree: the project
        indices: each placeholder's index by its JSON path
        sort: keys in order, for the canonical form
    """

    def write(path: str, text: str) -> str:
        return f"{_MARK}{indices[path]}{_MARK}" if path in indices else quote(text)

    pieces = re.split(f"{_MARK}(\\d+){_MARK}", "".join(tokens(tree, write, sort=sort)))
    order = tuple(int(index) for index in pieces[1::2])
    pieces[1::2] = [""] * len(order)
    return JsonSkeleton(tuple(pieces), order)
