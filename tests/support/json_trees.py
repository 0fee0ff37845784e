from __future__ import annotations

from merge.model import JSON
from merge.project.json_text import quote, tokens


def dump_json(tree: JSON) -> str:
    """Return the compact JSON text of a tree, with its own key order and spelling of numbers."""
    return "".join(tokens(tree, lambda path, text: quote(text)))
