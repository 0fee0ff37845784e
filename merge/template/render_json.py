"""Fill in a saved project: its JSON is split at the placeholders once, and joined for each row.

Every string is rendered separately and quoted afterwards, so that no cell can break the JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from jinja2 import Template as JinjaTemplate

from merge.model import JSON, Fingerprint, Problem, Project, RowKey
from merge.project.fingerprint import fingerprint, make_tag, tagged_name
from merge.project.json_text import NumberText, quote, tokens
from merge.template.error_messages import problem_of

NAME_PATH = "$.name"
NOT_IN_FINGERPRINT = frozenset({"isExport", "webhookUrl"})
"""Top-level fields that a run sets and that don't affect the video's content."""
TEXT_LIMIT = 100_000
"""The maximum number of characters in one string of a project; a longer script is a mistake."""
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_MARK = "\0"
"""Surrounds a placeholder's index in the JSON text, where control characters are always escaped."""


@dataclass(frozen=True, slots=True)
class JsonSkeleton:
    """A project's JSON text, split at its placeholders.

    Attributes:
        pieces: alternately JSON text and "", an empty place
        order: the placeholders' indices, in the order of their places
    """

    pieces: tuple[str, ...]
    order: tuple[int, ...]

    def fill(self, texts: Sequence[str]) -> str:
        """The JSON text, with the JSON text of each placeholder in its place."""
        filled = list(self.pieces)
        filled[1::2] = [texts[index] for index in self.order]
        return "".join(filled)


def cut_skeleton(tree: JSON, indices: Mapping[str, int], *, sort: bool = False) -> JsonSkeleton:
    """Split a project's JSON text at its placeholders.

    Args:
        tree: the project
        indices: each placeholder's index by its JSON path
        sort: sort the keys, for the canonical form
    """

    def write(path: str, text: str) -> str:
        return f"{_MARK}{indices[path]}{_MARK}" if path in indices else quote(text)

    pieces = re.split(f"{_MARK}(\\d+){_MARK}", "".join(tokens(tree, write, sort=sort)))
    order = tuple(int(index) for index in pieces[1::2])
    pieces[1::2] = [""] * len(order)
    return JsonSkeleton(tuple(pieces), order)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One string of the template that is rendered.

    Attributes:
        path: its JSON path
        compiled: its Jinja template
        number: whether the result must be a number
    """

    path: str
    compiled: JinjaTemplate
    number: bool = False

    def render(self, context: dict[str, object]) -> str | Problem:
        """The string for one row, or why it can't be filled in."""
        try:
            # `compiled.render` would copy the context for every string.
            shared = self.compiled.new_context(context, shared=True)
            text = "".join(self.compiled.root_render_func(shared))
        except Exception as error:  # noqa: BLE001 - an expression in a template may raise anything
            return problem_of(error, self.path)
        return _number(text, self.path) if self.number else check_text(text, self.path)


@dataclass(frozen=True, slots=True)
class FilledIn:
    """A row's project before it has a key.

    Attributes:
        fingerprint: of the project without tag and webhook
        strings: every rendered string by its JSON path
    """

    fingerprint: Fingerprint
    strings: Mapping[str, str]
    _skeleton: JsonSkeleton
    _quoted: tuple[str, ...]
    _name_index: int

    @property
    def body(self) -> str:
        """The project as JSON text, its name without a tag."""
        return self._skeleton.fill(self._quoted)

    def project(self, key: RowKey, generation: int = 0, webhook: str = "") -> Project:
        """The project to submit; its name ends with the tag of this key and generation.

        Args:
            key: the row's key
            generation: how many times the row was made before
            webhook: the row's own webhook URL; the template must not have one then
        """
        tag = make_tag(key, self.fingerprint, generation)
        quoted = list(self._quoted)
        quoted[self._name_index] = quote(tagged_name(self.strings[NAME_PATH], tag))
        body = self._skeleton.fill(quoted)
        if webhook:
            body = f'{body.removesuffix("}")},"webhookUrl":{quote(webhook)}}}'
        return Project(key, body, self.fingerprint, tag)


@dataclass(frozen=True, slots=True)
class Renderer:
    """A saved project bound to a worksheet's columns.

    Attributes:
        placeholders: the strings to render, the project's name among them
        body: the project as it is submitted
        canonical: the project with sorted keys, without `NOT_IN_FINGERPRINT`
        pronounce: applies the pronunciation list to the text at a JSON path; None if there's no list
    """

    placeholders: tuple[Placeholder, ...]
    body: JsonSkeleton
    canonical: JsonSkeleton
    pronounce: Callable[[str, str], str] | None = None
    name_index: int = field(init=False)

    def __post_init__(self) -> None:
        paths = [placeholder.path for placeholder in self.placeholders]
        object.__setattr__(self, "name_index", paths.index(NAME_PATH))

    def render(self, context: dict[str, object]) -> FilledIn | tuple[Problem, ...]:
        """One row's project, or its problems.

        Args:
            context: from `ResolvedNames.context`
        """
        strings: dict[str, str] = {}
        problems: list[Problem] = []
        for placeholder in self.placeholders:
            text = placeholder.render(context)
            if isinstance(text, Problem):
                problems.append(text)
            else:
                strings[placeholder.path] = self.pronounce(placeholder.path, text) if self.pronounce else text
        if problems:
            return _merge_by_cell(problems)
        quoted = tuple([text if isinstance(text, NumberText) else quote(text) for text in strings.values()])
        return FilledIn(fingerprint(self.canonical.fill(quoted)), strings, self.body, quoted, self.name_index)


def _number(text: str, path: str) -> NumberText | Problem:
    digits = text.strip()
    if _JSON_NUMBER.fullmatch(digits):
        return NumberText(digits)
    return Problem(
        f"“{digits[:40]}” isn't a number, but the template needs one here", path, "Enter a number in the cell"
    )


def check_text(text: str, path: str) -> str | Problem:
    """A rendered string, or the problem with it: too long, or not valid Unicode."""
    if len(text) > TEXT_LIMIT:
        return Problem(
            f"the text has {len(text):,} characters", hint=f"Keep it under {TEXT_LIMIT:,}", path=path
        )
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return Problem(
            f"character {error.start + 1} of the text is only half of one, such as a cut emoji",
            path,
            "Type the cell's text again",
        )
    return text


def _merge_by_cell(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """One problem for each cell, however many places in the template use it."""
    by_cell: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        by_cell.setdefault((problem.place, problem.message), []).append(problem)
    return tuple(replace(same[0], path=" and ".join(each.path for each in same)) for same in by_cell.values())
