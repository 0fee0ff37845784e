"""Texts for people who never open a terminal: readers of the app's page and of a proof."""

from __future__ import annotations

import re

from merge.model import sentence
from merge.project.places import with_place_labels

COMMANDS = (
    "open|run|check|proof|submit|collect|export-drafts|status|report|write-back"
    "|init|projects|pull|doctor|login|logout|help|schema|simulate|queue|worker"
)
"""The commands of the command line, which people on a page can't type, as a pattern."""
_SENTENCES = re.compile(r"(?<=[.?!])\s+")
_COMMAND = rf"castmerge (?:{COMMANDS})\b"
_FOR_TERMINALS = re.compile(rf"(?<![\w-])--[a-z]|{_COMMAND}")
_FALLBACK = re.compile(r"set a fallback in the template: (?:\{\{.*?\}\}|\| default\(…\))")


def page_text(text: str) -> str:
    """A text for the page: whole sentences, without commands, options, filters and JSON paths.

    >>> page_text("row 12 is hidden. To skip hidden rows, add --visible-only")
    'Row 12 is hidden.'
    """
    text = _FALLBACK.sub("set what to say if it's empty, in Script", text.strip())
    kept = " ".join(each for each in _SENTENCES.split(text) if not _FOR_TERMINALS.search(each))
    return sentence(with_place_labels(kept))
