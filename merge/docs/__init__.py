"""The documentation: Markdown pages that `castmerge help` and the app show.

Add a page as `TOPIC.md` in this folder and its topic below. A page begins with its title (`# …`); the first
sentence below it is its summary. Pages link to each other by file name (`csv.md#encodings`).
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from merge.errors import InputError

TOPICS = {
    "Tutorial": ("first-campaign", "app"),
    "How to": (
        "placeholders",
        "scenes",
        "csv",
        "content-check",
        "approval",
        "jobs",
        "airflow",
        "prefect",
        "notebooks",
        "teams",
        "recovery",
        "write-columns",
    ),
    "Reference": (
        "commands",
        "configuration",
        "templates",
        "statuses",
        "exit-codes",
        "json",
        "python",
    ),
    "Explanation": ("paid-once", "write-back", "limits", "security"),
}
"""Every page's topic, by kind, in reading order."""


@dataclass(frozen=True, slots=True)
class Page:
    """An entry in a list of pages.

    Attributes:
        topic: its name in `castmerge help TOPIC`, and of its file without `.md`
        kind: a key of `TOPICS`
        title: its heading
        summary: its first sentence
    """

    topic: str
    kind: str
    title: str
    summary: str


@cache
def list_pages() -> tuple[Page, ...]:
    """All pages, in reading order."""
    return tuple(_described(topic, kind) for kind, topics in TOPICS.items() for topic in topics)


def load_page(topic: str) -> str:
    """The Markdown of a page.

    Raises:
        InputError: there's no such page
    """
    known = [name for names in TOPICS.values() for name in names]
    name = topic.strip().lower().removesuffix(".md")
    if name not in known:
        [likely, *_] = [*difflib.get_close_matches(name, known, 1), ""]
        hint = (
            f"Did you mean castmerge help {likely}?" if likely else "To list the topics, run: castmerge help"
        )
        raise InputError(f"there's no help topic “{topic}”", hint=hint)
    return (files("merge") / "docs" / f"{name}.md").read_text(encoding="utf-8")


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it.

    >>> anchor("What `--rows` and `--where` do")
    'what---rows-and---where-do'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def _described(topic: str, kind: str) -> Page:
    title, _, text = load_page(topic).removeprefix("# ").partition("\n")
    sentence = re.split(r"(?<=[.!?])\s", text.strip(), maxsplit=1)[0]
    return Page(topic, kind, title.strip(), " ".join(sentence.split()))
