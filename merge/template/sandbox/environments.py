"""The sandbox in which templates are rendered: strict, immutable, without dice, files or network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from merge.project.scripts import escape_text
from merge.sheet.columns import Header, find_column
from merge.sheet.values import TemplateValue, as_json, exact_number, finalize
from merge.template.filters import FUNCTIONS, FilterSet
from merge.template.merge_marks import with_markers
from merge.template.sandbox.bounded_environment import BoundedEnvironment, Names
from merge.template.sandbox.json_quoting import (
    AS_VALUE,
    AS_WRITTEN,
    IN_MARKUP,
    IN_TEXT,
    JOINED,
    QuotingGenerator,
    as_value,
    as_written,
    in_markup,
    in_text,
    joined,
)

_SANDBOX = ImmutableSandboxedEnvironment()
GLOBALS: Mapping[str, object] = MappingProxyType(
    {name: _SANDBOX.globals[name] for name in ("range", "dict", "joiner", "cycler")}
    | {"namespace": Names}
    | dict(FUNCTIONS)
)
"""Jinja's own names that templates keep; they belong into each row's context.

As globals of an environment Jinja would gather them anew for every string of every row.
"""


class RowView(Mapping[str, TemplateValue]):
    """The row as a template sees it: `row["First Name"]`, `row.first_name`."""

    __slots__ = ("_header", "_values")

    def __init__(self, header: Header, values: Mapping[int, TemplateValue]) -> None:
        self._header = header
        self._values = values

    def __getitem__(self, name: str) -> TemplateValue:
        column = find_column(self._header, name)
        if column is None:
            raise KeyError(name)
        return self._values[column.number]

    def __iter__(self) -> Iterator[str]:
        return (column.header for column in self._header.columns)

    def __len__(self) -> int:
        return len(self._header.columns)


class Environments:
    """One environment for each kind of place: plain text, markup, and numbers."""

    def __init__(self, speech: FilterSet, *, marks: bool = False) -> None:
        text, markup = (
            (with_markers(_show), with_markers(_show_in_markup)) if marks else (_show, _show_in_markup)
        )
        self.text = _environment(text, autoescape=False, speech=speech)
        self.markup = _environment(markup, autoescape=True, speech=speech)
        self.number = _environment(_show_exactly, autoescape=False, speech=speech)

    def for_place(self, *, markup: bool, number: bool) -> BoundedEnvironment:
        """The environment for a string of the template."""
        if number:
            return self.number
        return self.markup if markup else self.text


def _environment(show: Callable[[object], str], *, autoescape: bool, speech: FilterSet) -> BoundedEnvironment:
    environment = BoundedEnvironment(
        undefined=StrictUndefined,
        finalize=show,
        autoescape=autoescape,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.globals.clear()
    environment.policies["json.dumps_kwargs"] = {"default": as_json, "ensure_ascii": False}
    speech.install(environment)
    # Filters of our own are put in before this, so that they pay as well.
    environment.bind_filters()
    return environment


def json_environment(
    files: Mapping[str, str], speech: FilterSet, *, marks: bool = False
) -> BoundedEnvironment:
    """Where projects as Jinja text are rendered.

    Args:
        files: every text that may be included, by its name; there is no other way to a file
        speech: the language of filters
        marks: put marks around what expressions put into texts
    """
    environment = _environment(_as_it_is, autoescape=True, speech=speech)
    environment.code_generator_class = QuotingGenerator
    environment.loader = DictLoader(files)
    environment.filters |= {
        IN_TEXT: in_text, IN_MARKUP: in_markup, AS_VALUE: as_value, AS_WRITTEN: as_written, JOINED: joined,
    }  # fmt: skip
    if marks:
        environment.filters |= {IN_TEXT: with_markers(in_text), IN_MARKUP: with_markers(in_markup)}
    return environment


def _as_it_is(value: object) -> str:
    """Inside quotes or not, each expression was made JSON by a filter of ours."""
    return value if isinstance(value, str) else str(value)


def _show(value: object) -> str:
    return value if type(value) is str else str(finalize(value))


def _show_in_markup(value: object) -> str:
    shown = value if type(value) is str else finalize(value)
    return shown if isinstance(shown, Markup) else Markup(escape_text(str(shown)))  # noqa: S704 - escaped here


def _show_exactly(value: object) -> str:
    exact = exact_number(value)
    return _show(value) if exact is None else exact
