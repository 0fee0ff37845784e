"""Checks of a filled-in project, before anything is submitted.

`find_problems` reports what would certainly waste credits: the row is not submitted. `warnings_of` reports
what is probably a mistake: the row is submitted, but the user sees the warning first.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

from merge.checks.clip_positions import layout_warnings
from merge.checks.leftovers import certain_leftover, likely_leftover
from merge.checks.text_fit import misfit
from merge.checks.warning import RowWarning, WarningKind
from merge.model import JSON, Problem
from merge.project.media_urls import ADDRESS_FIELDS, doubtful_link, unusable_link
from merge.project.required_fields import CHOICES, unknown_choice
from merge.project.scripts import is_script, is_shown, plain_text, spoken_text
from merge.project.speech_time import said_in_clips, said_in_scripts, spoken_of
from merge.project.tree import clips_of, items_of, number_of, text_of

__all__ = ["CellLocator", "RowWarning", "WarningKind", "find_problems", "no_cell", "warnings_of", "with_cell"]

LONGEST_SCRIPT = 300.0
"""Seconds that one script may take before it is said to be long."""
_SHOWN = 40
"""Characters of a text in a message."""
MEND = "Mend the cell, or the template's own text"
_ORDER = {kind: order for order, kind in enumerate(WarningKind)}
_KIND_OF_FILE = {"image": "image", "videoImage": "video", "audio": "audio"}
_FOREIGN_TAG = re.compile(r"</?\s*(?!(?:p|span)\b)[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>")


class CellLocator(Protocol):
    """Says which cell a JSON path is filled from."""

    def __call__(self, path: str, about: str = "", /) -> str:
        """The cell's address (`Contacts!D14`), or "" where it is none or several.

        Args:
            path: where, within the project
            about: words that stand in the cell, as far as they are known
        """
        ...


def no_cell(path: str, about: str = "", /) -> str:
    """No cell is known."""
    del path, about
    return ""


def find_problems(strings: Mapping[str, str], place: CellLocator = no_cell) -> tuple[Problem, ...]:
    """The problems of one rendered project.

    Args:
        strings: its rendered strings by JSON path
        place: says which cell fills a path
    """
    return tuple(
        Problem(message, cell or path, hint, path if cell else "")
        for path, about, message, hint in _problems(strings)
        for cell in [place(path, about)]
    )


def with_cell(problem: Problem, place: CellLocator) -> Problem:
    """A problem of rendering with the cell that it comes from, where that is known."""
    path = problem.path or problem.place
    cell = "" if "!" in problem.place else place(path)
    return replace(problem, place=cell, path=path) if cell else problem


def warnings_of(
    project: JSON, place: CellLocator = no_cell, *, longest: float = LONGEST_SCRIPT
) -> tuple[RowWarning, ...]:
    """The doubts about one rendered project, worst first.

    Args:
        project: its tree, from `parse_json` or `json.loads`
        place: says which cell fills a path; where it knows none, the path itself is the place
        longest: seconds that one script may take
    """
    warnings = (*_texts(project), *_scripts(project, longest), *_links(project), *_fits(project))
    placed = (
        replace(doubt, place=place(doubt.path, doubt.about) or doubt.place)
        for doubt in (*warnings, *layout_warnings(project))
    )
    return tuple(sorted(dict.fromkeys(placed), key=lambda doubt: _ORDER[doubt.kind]))


def _problems(strings: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """Path, the words at fault, message and cure."""
    for path, text in strings.items():
        if is_script(path) and not spoken_text(text):
            yield path, "", "the avatar would have nothing to say", "Fill in the cells that the script uses"
        left = certain_leftover(html.unescape(text)) if is_script(path) or is_shown(path) else ""
        if left:
            yield path, left, f"'{left}' would be {_done(path)} as it stands", MEND
        if path in CHOICES and text not in CHOICES[path]:
            lack = unknown_choice(path, text)
            yield path, "", lack.message, lack.hint
        if path.rpartition(".")[2] in ADDRESS_FIELDS:
            unusable = unusable_link(text)
            if unusable:
                yield path, "", *unusable


def _done(path: str) -> str:
    return "spoken" if is_script(path) else "shown"


def _texts(project: JSON) -> Iterator[RowWarning]:
    """What is left over in spoken and shown texts, and markup that the service does not know."""
    for number, scene in items_of(project, "scenes"):
        for index, script in items_of(scene, "scripts"):
            yield from _text(f"$.scenes[{number}].scripts[{index}].org", text_of(script, "org"))
    for path, clip in clips_of(project):
        yield from _text(f"{path}.script.org", text_of(clip.get("script"), "org"))
        if clip.get("type") == "textImage":
            yield from _text(f"{path}.text", text_of(clip, "text"))


def _text(path: str, text: str) -> Iterator[RowWarning]:
    left = likely_leftover(plain_text(text))
    if left and not certain_leftover(html.unescape(text)):
        yield RowWarning(
            WarningKind.LEFTOVER, path, f"'{left}' would be {_done(path)} as it stands", MEND, path, left
        )
    foreign = _FOREIGN_TAG.search(text) if is_script(path) else None
    if foreign:
        message = f"'{_short(foreign[0])}' is markup that the service does not know"
        hint = "Only <p> and <span> are: take the rest away"
        yield RowWarning(WarningKind.MARKUP, path, message, hint, path, foreign[0])


def _scripts(project: JSON, longest: float) -> Iterator[RowWarning]:
    for spoken in spoken_of(project):
        # No letter takes a whole second, so that most scripts need not be measured.
        if len(spoken.text) > longest and spoken.seconds > longest:
            long = f"{len(spoken.text):,} characters, about {spoken.seconds / 60:.0f} min"
            message = f"this script is long: {long}"
            hint = "Shorten it, if that is not meant"
            yield RowWarning(WarningKind.LONG_SCRIPT, spoken.path, message, hint, spoken.path)
    for number, scene in items_of(project, "scenes"):
        avatars = [clip for _, clip in items_of(scene, "clips") if clip.get("type") == "aiModel"]
        newer, older = tuple(said_in_scripts(number, scene)), tuple(said_in_clips(number, scene))
        words = [" ".join(" ".join(said.text for said in place).split()) for place in (newer, older)]
        if newer and older and words[0] != words[1]:
            message = f"scene {number + 1} has two scripts that differ: the scene's own and its avatar's"
            hint = "Write the same into both, or take the avatar's away"
            yield RowWarning(WarningKind.TWO_SCRIPTS, older[0].path, message, hint, older[0].path)
        if avatars and not newer and not older:
            message = f"nobody says anything in scene {number + 1}, though there is an avatar in it"
            yield RowWarning(WarningKind.SILENT, f"$.scenes[{number}]", message, "Write a script for it")


def _links(project: JSON) -> Iterator[RowWarning]:
    for path, clip in clips_of(project):
        kind = _KIND_OF_FILE.get(text_of(clip, "type"), "")
        for field in ADDRESS_FIELDS:
            text = text_of(clip, field)
            doubt = doubtful_link(text, kind) if text and not unusable_link(text) else None
            if doubt:
                yield RowWarning(WarningKind.LINK, f"{path}.{field}", *doubt, f"{path}.{field}")


def _fits(project: JSON) -> Iterator[RowWarning]:
    for path, clip in clips_of(project):
        size, width, height = (number_of(clip, name) for name in ("fontSize", "width", "height"))
        if clip.get("type") != "textImage" or None in (size, width, height):
            continue
        text = plain_text(text_of(clip, "text"))
        bold = "bold" in str(clip.get("fontWeight"))
        why = misfit(text, points=size or 0, width=width or 0, height=height or 0, bold=bold)
        if why:
            message = f"the text “{_short(text)}” may not fit: {why}"
            hint = "Shorten it, or make the box larger or its font smaller"
            yield RowWarning(WarningKind.TEXT_FIT, f"{path}.text", message, hint, f"{path}.text")


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
