"""Checks of a filled-in project, before anything is submitted.

`find_problems` reports what would certainly waste credits: the row is not submitted. `warnings_of` reports
what is probably a mistake: the row is submitted, but the user sees the warning first.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol

from merge.checks.clip_layout import LAYOUT_FIELDS, TEXT_FIELDS, layout_warnings, shortened, text_warnings
from merge.checks.warning import RowWarning, WarningKind
from merge.model import JSON, Problem
from merge.project.media_urls import ADDRESS_FIELDS, suspicious_link, unusable_link
from merge.project.required_fields import CHOICES, unknown_choice
from merge.project.scripts import is_script, is_shown, plain_text, spoken_text
from merge.project.speech_time import Spoken, speech_in_clips, speech_in_scripts
from merge.project.tree import clips_of, items_of, text_of

LONGEST_SCRIPT: Final = 300.0
"""Seconds of speech above which a script is reported as long."""

_FIX_TEXT: Final = "Fix the text in the cell or in the template"
_ORDER: Final = {kind: order for order, kind in enumerate(WarningKind)}
_KIND_OF_FILE: Final = {"image": "image", "videoImage": "video", "audio": "audio"}
_FOREIGN_TAG: Final = re.compile(r"</?\s*(?!(?:p|span)\b)[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>")

_BRACES: Final = re.compile(r"\{\{.{0,60}?(?:\}\}|$)|\{%.{0,60}?(?:%\}|$)|\}\}|%\}", re.DOTALL)
_ERROR: Final = re.compile(r"(?<![\w#])#(?:N/A(?!\w)|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!)")
_OBJECT: Final = re.compile(
    r"<(?:built-in |bound )?(?:method|function|generator|macro|class|module|merge\.)\b[^<>]*>"
    r"|<[\w.]+ object at 0x[0-9a-f]+>|\((?:'[^'\n]*',)+(?: ?'[^'\n]*')?\)|\['[^'\n]*'(?:, '[^'\n]*')*\]"
    r"|\{'[^'\n]*': "
)
"""The representation of Python objects that a template printed by mistake."""
_TOO_NARROW: Final = re.compile(r"#{4,}")
_EMPTY: Final = re.compile(
    r"(?<![\w'’-])(?:None|nan|NaN|NaT|<NA>|null|NULL|undefined|\[object Object\])(?![\w'’-])"
)
_A_WORD: Final = re.compile(
    r"None (?:of|is|are|was|were|other|at|the|but|can|will|has|have)\b"
    r"|null (?:[Kk]omma|Euro|Cent|Prozent|Uhr|Grad|Stück|prosent|procent|kroner|euro)\b"
)
"""English, and the zero of German, Danish and Norwegian."""
_STEP: Final = re.compile(r"[.\[]")
"""Where a JSON path goes one step deeper."""
_ADDRESS: Final = re.compile(r" (?:of [\w.]+ )?object at 0x[0-9a-f]+")
_TAG: Final = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>")
_SINGLE_BRACES: Final = re.compile(r"\{[^{}\n]{1,60}\}")


class CellLocator(Protocol):
    """A function that finds the cell that a JSON path is filled from."""

    def __call__(self, path: str, about: str = "", /) -> str:
        """Return the cell's address (`Contacts!D14`), or "" if there's none or more than one.

        Args:
            path: JSON path within the project
            about: text that the cell contains, if known
        """
        ...


def no_cell(path: str, about: str = "", /) -> str:
    """A `CellLocator` that never finds a cell."""
    del path, about
    return ""


def find_problems(strings: Mapping[str, str], locate: CellLocator = no_cell) -> tuple[Problem, ...]:
    """Return the problems of one filled-in project.

    Args:
        strings: its filled-in strings by JSON path
        locate: finds the cell that a path is filled from
    """
    return tuple(
        Problem(message, cell or path, hint, path if cell else "")
        for path, about, message, hint in _problems(strings)
        for cell in [locate(path, about)]
    )


def with_cell(problem: Problem, locate: CellLocator) -> Problem:
    """Return a problem with the cell that it comes from, if that is known."""
    path = problem.path or problem.place
    cell = "" if "!" in problem.place else locate(path)
    return replace(problem, place=cell, path=path) if cell else problem


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a project, which may be made again after its strings have changed.

    Attributes:
        place: the JSON path of the part that it looks at
        fields: the names of the fields that it reads; empty if it reads all of them
        find: makes it
    """

    place: str
    find: Callable[[], Iterable[RowWarning]]
    fields: frozenset[str] = frozenset()


def that_read(checks: Iterable[Check], paths: Iterable[str]) -> Iterator[bool]:
    """For each check, whether it may read one of the strings at these JSON paths.

    None reads the project's own name.
    """
    fields: dict[str, set[str]] = {}
    for path in paths:
        if path != "$.name":
            for end in (*(sign.start() for sign in _STEP.finditer(path)), len(path)):
                fields.setdefault(path[:end], set()).add(path.rpartition(".")[2])
    for check in checks:
        inside = fields.get(check.place, set())
        yield bool(inside and (not check.fields or inside & check.fields))


def checks_of(project: JSON, *, longest: float = LONGEST_SCRIPT) -> list[Check]:
    """All checks of a project that lead to warnings.

    Args:
        project: its tree, from `parse_json` or `json.loads`
        longest: seconds of speech above which a script is reported as long
    """
    checks = [Check("$", partial(layout_warnings, project), LAYOUT_FIELDS)]
    for path, clip in clips_of(project):
        checks += [
            Check(path, partial(_clip_texts, path, clip)),
            Check(path, partial(_links, path, clip), frozenset({*ADDRESS_FIELDS, "type"})),
            Check(path, partial(text_warnings, path, clip), TEXT_FIELDS),
        ]
    for number, scene in items_of(project, "scenes"):
        checks.append(Check(f"$.scenes[{number}]", partial(_scripts, number, scene, longest)))
    return checks


def warnings_of(
    project: JSON, locate: CellLocator = no_cell, *, longest: float = LONGEST_SCRIPT
) -> tuple[RowWarning, ...]:
    """Return the warnings about one filled-in project, most costly first.

    Args:
        project: its tree, from `parse_json` or `json.loads`
        locate: finds the cell that a path is filled from; if it finds none, the path is the place
        longest: seconds of speech above which a script is reported as long
    """
    checks = checks_of(project, longest=longest)
    return placed((warning for check in checks for warning in check.find()), locate)


def placed(warnings: Iterable[RowWarning], locate: CellLocator) -> tuple[RowWarning, ...]:
    """Warnings about one project with their cells, each once, most costly first."""
    found = (
        replace(warning, place=locate(warning.path, warning.about) or warning.place) for warning in warnings
    )
    return tuple(sorted(dict.fromkeys(found), key=lambda warning: _ORDER[warning.kind]))


def _problems(strings: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield path, offending text, message and hint."""
    for path, text in strings.items():
        if is_script(path) and not spoken_text(text):
            yield path, "", "the avatar would have nothing to say", "Fill in the cells that the script uses"
        leftover = certain_leftover(html.unescape(text)) if is_script(path) or is_shown(path) else ""
        if leftover:
            yield path, leftover, f"“{leftover}” would be {_used(path)} exactly as written", _FIX_TEXT
        if path in CHOICES and text not in CHOICES[path]:
            problem = unknown_choice(path, text)
            yield path, "", problem.message, problem.hint
        if path.rpartition(".")[2] in ADDRESS_FIELDS:
            unusable = unusable_link(text)
            if unusable:
                yield path, "", *unusable


def _used(path: str) -> str:
    return "spoken" if is_script(path) else "shown"


def _clip_texts(path: str, clip: dict[str, JSON]) -> Iterator[RowWarning]:
    """Leftovers in spoken and shown texts, and markup that the service doesn't know."""
    yield from _text(f"{path}.script.org", text_of(clip.get("script"), "org"))
    if clip.get("type") == "textImage":
        yield from _text(f"{path}.text", text_of(clip, "text"))


def _text(path: str, text: str) -> Iterator[RowWarning]:
    leftover = likely_leftover(plain_text(text))
    if leftover and not certain_leftover(html.unescape(text)):
        yield RowWarning(
            WarningKind.LEFTOVER,
            path,
            f"“{leftover}” would be {_used(path)} exactly as written",
            _FIX_TEXT,
            path,
            leftover,
        )
    foreign = _FOREIGN_TAG.search(text) if is_script(path) else None
    if foreign:
        message = f"AI Studios doesn't support the markup “{shortened(foreign[0])}”"
        hint = "Use only <p> and <span>, and remove other tags"
        yield RowWarning(WarningKind.MARKUP, path, message, hint, path, foreign[0])


def _scripts(number: int, scene: dict[str, JSON], longest: float) -> Iterator[RowWarning]:
    for index, script in items_of(scene, "scripts"):
        yield from _text(f"$.scenes[{number}].scripts[{index}].org", text_of(script, "org"))
    newer, older = tuple(speech_in_scripts(number, scene)), tuple(speech_in_clips(number, scene))
    for spoken in newer or older:
        # No letter takes a second to say, so most scripts needn't be measured.
        if len(spoken.text) > longest and spoken.seconds > longest:
            long = f"{len(spoken.text):,} characters, about {spoken.seconds / 60:.0f} min"
            message = f"this script is long: {long}"
            hint = "If that's not what you want, shorten the script"
            yield RowWarning(WarningKind.LONG_SCRIPT, spoken.path, message, hint, spoken.path)
    if newer and older and _words(newer) != _words(older):
        message = f"scene {number + 1} has two different scripts: its own and its avatar's"
        hint = "Make the two scripts match, or delete the avatar's script"
        yield RowWarning(WarningKind.TWO_SCRIPTS, older[0].path, message, hint, older[0].path)
    if not newer and not older and any(clip.get("type") == "aiModel" for _, clip in items_of(scene, "clips")):
        message = f"scene {number + 1} has an avatar but no script"
        yield RowWarning(WarningKind.SILENT, f"$.scenes[{number}]", message, "Write a script for it")


def _words(scripts: Iterable[Spoken]) -> str:
    return " ".join(" ".join(script.text for script in scripts).split())


def _links(path: str, clip: dict[str, JSON]) -> Iterator[RowWarning]:
    kind = _KIND_OF_FILE.get(text_of(clip, "type"), "")
    for field in ADDRESS_FIELDS:
        text = text_of(clip, field)
        reason = suspicious_link(text, kind) if text and not unusable_link(text) else None
        if reason:
            yield RowWarning(WarningKind.LINK, f"{path}.{field}", *reason, f"{path}.{field}")


def certain_leftover(text: str) -> str:
    """Return what can't be intended in a spoken or shown text, such as `{{ name }}` or `#N/A`, or "".

    Args:
        text: without markup
    """
    for pattern in (_BRACES, _ERROR, _OBJECT, _TOO_NARROW):
        found = pattern.search(text)
        if found:
            return _ADDRESS.sub("…", found[0])
    return ""


def likely_leftover(text: str) -> str:
    """Return what is probably a mistake, such as `nan`, `{name}` or a tag that is shown as text, or ""."""
    for found in _EMPTY.finditer(text):
        if not _A_WORD.match(text, found.start()):
            return found[0]
    single = _SINGLE_BRACES.search(text) or _TAG.search(text)
    return single[0] if single else ""
