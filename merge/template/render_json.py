"""Fill in a template from rows: compiled once, each string on its own, so that no cell can break the JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from jinja2 import Template as JinjaTemplate

from merge.errors import CellError
from merge.model import Fingerprint, Problem, Project, RowKey
from merge.project.fingerprint import fingerprint, make_tag, tagged_name
from merge.project.json_text import NumberText, quote
from merge.template.error_messages import failed
from merge.template.fast_fill import FastString
from merge.template.json_skeleton import JsonSkeleton
from merge.template.name_resolution import RowContext

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
NAME_PATH = "$.name"
TEXT_LIMIT = 100_000
"""Characters that one string of a project may come to; a script of this length is a mistake."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One string of the template that is rendered.

    Attributes:
        path: its JSON path
        compiled: its Jinja
        number: whether a number must come of it
        compile_fast: the short way to the same text, or None
    """

    path: str
    compiled: JinjaTemplate
    number: bool = False
    compile_fast: FastString | None = None

    def text(self, row: RowContext) -> str:
        """What it comes to, without Jinja's own copy of the names for every string."""
        if self.compile_fast:
            return self.compile_fast.text(row.values)
        context = self.compiled.new_context(row.names, shared=True)
        return "".join(self.compiled.root_render_func(context))


@dataclass(frozen=True, slots=True)
class FilledIn:
    """A row's project before it has a key.

    Attributes:
        fingerprint: of the project without tag and webhook
        strings: every rendered string by its JSON path
    """

    fingerprint: Fingerprint
    strings: Mapping[str, str]
    _mould: JsonSkeleton
    _texts: tuple[str, ...]
    _name_index: int

    @property
    def body(self) -> str:
        """The project as JSON text, its name still without a tag."""
        return self._mould.fill(self._texts)

    def project(self, key: RowKey, generation: int = 0, webhook: str = "") -> Project:
        """The project to submit, its name ending with the tag of this key and generation.

        Args:
            key: the row's key
            generation: how many times the row was asked for again
            webhook: the row's own address to report to; the template must not have one then
        """
        tag = make_tag(key, self.fingerprint, generation)
        texts = list(self._texts)
        texts[self._name_index] = quote(tagged_name(self.strings[NAME_PATH], tag))
        body = self._mould.fill(texts)
        if webhook:
            body = f'{body.removesuffix("}")},"webhookUrl":{quote(webhook)}}}'
        return Project(key, body, self.fingerprint, tag)


@dataclass(frozen=True, slots=True)
class Renderer:
    """A template bound to a header, ready for rows.

    Attributes:
        placeholders: what is rendered, the project's name among them
        body: the project as it is submitted
        canonical: the same with sorted keys, without what does not belong to the fingerprint
        said: the text of a JSON path as it is said; None where nothing is said differently
    """

    placeholders: tuple[Placeholder, ...]
    body: JsonSkeleton
    canonical: JsonSkeleton
    said: Callable[[str, str], str] | None = None
    name_index: int = field(init=False)

    def __post_init__(self) -> None:
        paths = [placeholder.path for placeholder in self.placeholders]
        object.__setattr__(self, "name_index", paths.index(NAME_PATH))

    def render(self, context: RowContext) -> FilledIn | tuple[Problem, ...]:
        """One row's project, or all that stands against it.

        Args:
            context: the row
        """
        strings: dict[str, str] = {}
        problems: list[Problem] = []
        for placeholder in self.placeholders:
            outcome = _render_one(placeholder, context)
            if isinstance(outcome, Problem):
                problems.append(outcome)
            else:
                strings[placeholder.path] = self.said(placeholder.path, outcome) if self.said else outcome
        if problems:
            return _merged(problems)
        tokens = tuple([text if isinstance(text, NumberText) else quote(text) for text in strings.values()])
        return FilledIn(fingerprint(self.canonical.fill(tokens)), strings, self.body, tokens, self.name_index)


def _render_one(placeholder: Placeholder, context: RowContext) -> str | Problem:
    try:
        text = placeholder.text(context)
    except CellError as error:
        return Problem(error.message, error.place, error.hint, placeholder.path)
    except Exception as error:  # noqa: BLE001 - an expression in a template may raise anything
        return Problem(
            failed(error),
            hint="Compare the expression with the cells of this row",
            path=placeholder.path,
        )
    return _number(text, placeholder.path) if placeholder.number else checked(text, placeholder.path)


def _number(text: str, path: str) -> NumberText | Problem:
    digits = text.strip()
    if _JSON_NUMBER.fullmatch(digits):
        return NumberText(digits)
    return Problem(
        f"'{digits[:40]}' is not a number, and a number belongs here", path, "Put a number into the cell"
    )


def checked(text: str, path: str) -> str | Problem:
    """A rendered string, or what stands against it."""
    if len(text) > TEXT_LIMIT:
        return Problem(
            f"the text comes to {len(text):,} characters", hint=f"Keep it under {TEXT_LIMIT:,}", path=path
        )
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return Problem(
            f"character {error.start + 1} of the text is half of one, such as a cut emoji",
            path,
            "Type the cell's text again",
        )
    return text


def _merged(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """One problem for each cell, however many places of the template use it."""
    by_cell: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        by_cell.setdefault((problem.place, problem.message), []).append(problem)
    return tuple(replace(same[0], path=" and ".join(each.path for each in same)) for same in by_cell.values())
