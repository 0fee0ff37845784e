"""Texts for the page: nothing in them is for a terminal or from inside a file."""

from __future__ import annotations

import re

import pytest

from merge.app.errors import AppError, error_json
from merge.app.pages import STATIC
from merge.plan.decide import FAILED_NOTE, OUT_OF_DATE_NOTE
from merge.reports.page_text import page_text
from tests.support.reference_pages import commands


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("castmerge needs the API key", "castmerge needs the API key."),
        ("castmerge ran into an error", "castmerge ran into an error."),
        (FAILED_NOTE, FAILED_NOTE),
        (f"{OUT_OF_DATE_NOTE} It's late", f"{OUT_OF_DATE_NOTE} It's late."),
        ("Close the workbook. To see the rows, add --json", "Close the workbook."),
        (
            'Enter a value, or set a fallback in the template: {{ Plan | default("…") }}',
            "Enter a value, or set what to say if it's empty, in Script.",
        ),
        ("$.scenes[0].clips[1].script.org is too long", "Scene 1, script is too long."),
        ("it's empty", "It's empty."),
        ("", ""),
    ],
    ids=[
        *("needs a key", "fault", "failed", "out of date", "an option"),
        *("a fallback", "a path", "a short form", "nothing"),
    ],
)
def test_a_text_fits_the_page(text: str, shown: str) -> None:
    """Options, commands, filters and paths are left out or replaced, and other sentences are kept."""
    assert page_text(text) == shown


@pytest.mark.parametrize("name", commands())
def test_no_command_reaches_the_page(name: str) -> None:
    """People on the page can't type them."""
    assert page_text(f"It's closed. Run castmerge {name} again") == "It's closed."


def test_a_place_is_shown_in_words() -> None:
    """A place inside a template is its scene and part."""
    error = AppError("input", "it's empty", place="welcome.json, $.scenes[1].clips[0].script.org")
    assert error_json(error)["place"] == "welcome.json, Scene 2, script"


def test_every_text_of_the_page_is_shown_somewhere() -> None:
    """A text that no view asks for can go. Those of some sections are also looked up by a name."""
    views = "".join(path.read_text("utf-8") for path in STATIC.glob("*.js") if path.name != "texts.js")
    section, unused = "", []
    for line in (STATIC / "texts.js").read_text("utf-8").splitlines():
        if begins := re.fullmatch(r"  (\w+): \{", line):
            section = begins[1]
        elif (found := re.match(r"    (\w+):", line)) and f"T.{section}[" not in views:
            unused += [] if f"T.{section}.{found[1]}" in views else [f"{section}.{found[1]}"]
    assert unused == []
