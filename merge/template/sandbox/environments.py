"""The Jinja environments of templates: strict, immutable, and without randomness, files or network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        text, markup = (
            (with_markers(_show), with_markers(_show_in_markup)) if marks else (_show, _show_in_markup)
        )
        self._text = _environment(text, filters)
        self._markup = _environment(markup, filters, autoescape=True)
        self._number = _environment(_show_exactly, filters)

    def for_place(self, *, markup: bool, number: bool) -> BoundedEnvironment:
        """The environment for a string of the template."""
        if number:
            return self._number
        return self._markup if markup else self._text


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
