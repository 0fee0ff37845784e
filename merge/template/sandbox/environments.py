"""The Jinja environments of templates: strict, immutable, and without randomness, files or network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from types import MappingProxyType

from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from markupsafe import Markup

from merge.project.scripts import escape_text
from merge.sheet.values import as_json, exact_number, finalize
from merge.template.filters import FUNCTIONS, FilterSet, TemplateFunction, without_context
from merge.template.merge_marks import with_markers
from merge.template.sandbox.bounded_environment import BoundedEnvironment, charging_output
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
    {
        name: TemplateFunction(name, without_context(_SANDBOX.globals[name]))
        for name in ("range", "dict", "joiner", "cycler")
    }
    | {"namespace": TemplateFunction("namespace", without_context(Namespace))}
    | dict(FUNCTIONS)
)
"""Functions that templates may use, for each row's context; Jinja would copy an environment's globals for
every string of every row.
"""


class Environments:
    """One environment for each kind of place: plain text, markup, and numbers."""

    def __init__(self, filters: FilterSet, *, marks: bool = False) -> None:
        self._filters = filters
        self._marks = marks

    def for_place(self, *, markup: bool, number: bool) -> BoundedEnvironment:
        """The environment for a string of the template."""
        if number:
            return self._number
        return self._markup if markup else self._text

    # Few templates need all three, and each takes a millisecond to make.

    @cached_property
    def _text(self) -> BoundedEnvironment:
        return _environment(with_markers(_show) if self._marks else _show, self._filters)

    @cached_property
    def _markup(self) -> BoundedEnvironment:
        show = with_markers(_show_in_markup) if self._marks else _show_in_markup
        return _environment(show, self._filters, autoescape=True)

    @cached_property
    def _number(self) -> BoundedEnvironment:
        return _environment(_show_exactly, self._filters)


@lru_cache(maxsize=8)
def environments(filters: FilterSet, *, marks: bool) -> Environments:
    """The environments for these filters; they don't change, so all templates of a process share them."""
    return Environments(filters, marks=marks)


def json_environment(
    files: Mapping[str, str], filters: FilterSet, *, marks: bool = False
) -> BoundedEnvironment:
    """The environment for projects written as Jinja text.

    Args:
        files: every text that may be included, by its name; no other file can be read
        filters: the filters and their language
        marks: put markers around the values in texts
    """
    # Every expression ends with one of the filters below, so that its value is JSON already.
    environment = _environment(_show_json, filters, autoescape=True)
    environment.code_generator_class = QuotingGenerator
    environment.loader = DictLoader(files)
    text, markup = (with_markers(in_text), with_markers(in_markup)) if marks else (in_text, in_markup)
    environment.filters |= {
        IN_TEXT: text, IN_MARKUP: markup, AS_VALUE: as_value, AS_WRITTEN: as_written, JOINED: joined,
    }  # fmt: skip
    return environment


def _environment(
    show: Callable[[object], str], filters: FilterSet, *, autoescape: bool = False
) -> BoundedEnvironment:
    environment = BoundedEnvironment(
        undefined=StrictUndefined,
        finalize=charging_output(show),
        autoescape=autoescape,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.locale = filters.locale
    environment.globals.clear()
    environment.policies["json.dumps_kwargs"] = {"default": as_json, "ensure_ascii": False}
    filters.install(environment)
    environment.charge_filters()
    return environment


def _show_json(value: object) -> str:
    return value if isinstance(value, str) else str(value)


def _show(value: object) -> str:
    return value if type(value) is str else str(finalize(value))


def _show_in_markup(value: object) -> str:
    shown = value if type(value) is str else finalize(value)
    # The constructor of `Markup` looks for a method that text doesn't have.
    return shown if isinstance(shown, Markup) else str.__new__(Markup, escape_text(str(shown)))


def _show_exactly(value: object) -> str:
    exact = exact_number(value)
    return _show(value) if exact is None else exact
