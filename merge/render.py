"""Fill in a template from rows: compiled once, each string on its own, so that no cell can break the JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from jinja2 import Template as JinjaTemplate

from merge.errors import CellError
from merge.jsontext import NumberText, quote
from merge.keys import fingerprint, make_tag, tagged_name
from merge.misread import failed
from merge.model import Fingerprint, Problem, Project, RowKey
from merge.mould import Mould

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
    """

    path: str
    compiled: JinjaTemplate
    number: bool = False

    def text(self, names: dict[str, object]) -> str:
        """What it comes to, without Jinja's own copy of the names for every string."""
        context = self.compiled.new_context(names, shared=True)
        return "".join(self.compiled.root_render_func(context))


@dataclass(frozen=True, slots=True)
class Rendered:
    """A row's project before it has a key.

    Attributes:
        fingerprint: of the project without tag and webhook
        strings: every rendered string by its JSON path
    """

    fingerprint: Fingerprint
    strings: Mapping[str, str]
    _mould: Mould
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


def _as_it_is(_path: str, text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Renderer:
    """A template bound to a header, ready for rows.

    Attributes:
        placeholders: what is rendered, the project's name among them
        body: the project as it is submitted
        canonical: the same with sorted keys, without what does not belong to the fingerprint
        said: the text of a JSON path as it is said; only what the avatar says is changed
    """

    placeholders: tuple[Placeholder, ...]
    body: Mould
    canonical: Mould
    said: Callable[[str, str], str] = _as_it_is

    def render(self, context: dict[str, object]) -> Rendered | tuple[Problem, ...]:
        """One row's project, or all that stands against it.

        Args:
            context: the names that the template uses, with the row's values
        """
        outcomes = [_render_one(placeholder, context) for placeholder in self.placeholders]
        problems = [outcome for outcome in outcomes if isinstance(outcome, Problem)]
        if problems:
            return _merged(problems)
        texts = [outcome for outcome in outcomes if isinstance(outcome, str)]
        paths = [placeholder.path for placeholder in self.placeholders]
        texts = [self.said(path, text) for path, text in zip(paths, texts, strict=True)]
        strings = dict(zip(paths, texts, strict=True))
        tokens = tuple(text if isinstance(text, NumberText) else quote(text) for text in texts)
        return Rendered(
            fingerprint(self.canonical.fill(tokens)),
            strings,
            self.body,
            tokens,
            list(strings).index(NAME_PATH),
        )


def _render_one(placeholder: Placeholder, context: dict[str, object]) -> str | Problem:
    try:
        text = placeholder.text(context)
    except CellError as error:
        return Problem(error.message, error.place, error.cure, placeholder.path)
    except Exception as error:  # noqa: BLE001 - an expression in a template may raise anything
        return Problem(
            failed(error),
            cure="Compare the expression with the cells of this row",
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
            f"the text comes to {len(text):,} characters", cure=f"Keep it under {TEXT_LIMIT:,}", path=path
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return Problem(
            f"character {error.start + 1} of the text is half of a broken pair",
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
