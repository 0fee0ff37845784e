"""Bind a saved project to a worksheet's columns: resolve the names in its placeholders and compile them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateSyntaxError, nodes

from merge.model import JSON
from merge.project.json_text import strings
from merge.project.scripts import is_markup, is_number_place, is_script
from merge.sheet.columns import Header
from merge.sheet.values import TemplateValue
from merge.template.document import JsonTemplate
from merge.template.error_messages import TOO_DEEP
from merge.template.filters import FilterSet
from merge.template.foreign_placeholders import foreign_placeholders
from merge.template.name_resolution import NameResolver, ResolvedNames
from merge.template.placeholders import (
    has_placeholder,
    place_headers,
    repair_placeholders,
    without_unknown_headers,
)
from merge.template.render_json import NAME_PATH, NOT_IN_FINGERPRINT, Placeholder, Renderer, cut_skeleton
from merge.template.render_text import TextRenderer
from merge.template.sandbox.bounded_environment import BoundedEnvironment
from merge.template.sandbox.environments import environments


@dataclass(frozen=True, slots=True)
class Binding:
    """A template bound to a worksheet's columns."""

    renderer: Renderer | TextRenderer
    names: ResolvedNames


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a row, such as `plan == 'VIP'`."""

    compiled: JinjaTemplate
    names: ResolvedNames

    def holds(self, values: Mapping[int, TemplateValue]) -> bool:
        """Whether it is true for a row's values. Exceptions of the expression aren't caught."""
        return self.compiled.render(self.names.context(values)) == str(True)


@dataclass(frozen=True, slots=True)
class RowText:
    """A text filled in from a row that isn't part of a project, such as a file name."""

    compiled: JinjaTemplate
    names: ResolvedNames

    def text(self, values: Mapping[int, TemplateValue], facts: Mapping[str, str]) -> str:
        """The text for a row's values and further names. Exceptions of an expression aren't caught."""
        return self.compiled.render({**self.names.context(values), **facts})


def bind(
    template: JsonTemplate,
    header: Header,
    constants: Mapping[str, str],
    filters: FilterSet | None = None,
    *,
    marks: bool = False,
) -> Binding:
    """Compile the strings of a saved project for the columns of a worksheet.

    Args:
        template: the saved project
        header: the worksheet's columns
        constants: further names with their text
        filters: the filters, with their language and pronunciation list
        marks: put markers around merged words, for display only

    Raises:
        TemplateError: a name that isn't a column, with the likely one; an expression that Jinja can't parse,
            with its JSON path; a placeholder in another program's form. One error reports all of them
    """
    resolver = NameResolver(template.name, header, constants)
    filters = filters or FilterSet()
    compiler = _Compiler(resolver, filters, marks=marks)
    texts = dict(strings(template.tree))
    for path, text in texts.items():
        for found in foreign_placeholders(repair_placeholders(text), header, spoken=is_script(path)):
            resolver.add_foreign(found, path)
    sources = {
        path: text
        for path, text in texts.items()
        if path == NAME_PATH
        or has_placeholder(repair_placeholders(text))
        or filters.pronounce_script(path, text) != text
    }
    compiled = [compiler.placeholder(path, source) for path, source in sources.items()]
    names = resolver.resolved()
    indices = {path: index for index, path in enumerate(sources)}
    canonical: JSON = {name: part for name, part in template.tree.items() if name not in NOT_IN_FINGERPRINT}
    renderer = Renderer(
        tuple(placeholder for placeholder in compiled if placeholder),
        body=cut_skeleton(template.tree, indices),
        canonical=cut_skeleton(canonical, indices, sort=True),
        pronounce=filters.pronounce_script if filters.pronunciation.words else None,
    )
    return Binding(renderer, names)


def compile_condition(
    source: str, header: Header, constants: Mapping[str, str], filters: FilterSet | None = None
) -> Condition:
    """Compile the condition of `--where`.

    Raises:
        TemplateError: as `bind`
    """
    condition = f"{{% if {source} %}}{True}{{% endif %}}"
    return Condition(*_compile_one(condition, "--where", header, constants, filters))


def compile_text(
    source: str, option: str, header: Header, constants: Mapping[str, str], filters: FilterSet | None = None
) -> RowText:
    """Compile a text that isn't part of a project, such as a file name.

    Args:
        source: the text with its placeholders
        option: the option that it was given for, for messages
        header: the worksheet's columns
        constants: further names; those known only when a text is filled in may have any value here
        filters: the filters and their language

    Raises:
        TemplateError: as `bind`
    """
    return RowText(*_compile_one(source, option, header, constants, filters))


def _compile_one(
    source: str, option: str, header: Header, constants: Mapping[str, str], filters: FilterSet | None
) -> tuple[JinjaTemplate, ResolvedNames]:
    resolver = NameResolver(option, header, constants)
    placeholder = _Compiler(resolver, filters or FilterSet()).placeholder("", source)
    names = resolver.resolved()
    # Without a placeholder there was a fault, which `resolved` has raised.
    assert placeholder is not None
    return placeholder.compiled, names


class _Compiler:
    """Compiles the strings of one template and reports their names and faults to a resolver."""

    def __init__(self, resolver: NameResolver, filters: FilterSet, *, marks: bool = False) -> None:
        self._resolver = resolver
        self._environments = environments(filters, marks=marks)

    def placeholder(self, path: str, source: str) -> Placeholder | None:
        """A compiled string; None if it is invalid."""
        number = is_number_place(path)
        environment = self._environments.for_place(markup=is_markup(source), number=number)
        repaired = repair_placeholders(source)
        if not has_placeholder(repaired):
            # The project's name is rendered even without a placeholder, and must stay unchanged.
            repaired = f"{{% raw %}}{repaired}{{% endraw %}}"
        try:
            tree = environment.parse(place_headers(repaired, self._resolver.header))
            if any(tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends))):
                message = "a text in a saved project can't include other files"
                hint = "To include files, rename the template so that it ends in .json.j2"
                self._resolver.add_fault("an include", message, hint, path)
            # Compiling changes the tree, so its names are read first.
            self._resolver.declare(tree, path)
            return Placeholder(path, environment.from_string(tree), number=number)
        except TemplateSyntaxError as error:
            self._resolver.add_syntax_error(repaired, error, path)
            self._declare_known(environment, repaired, path)
        except (RecursionError, SyntaxError, MemoryError):
            self._resolver.add_fault("an expression", *TOO_DEEP, path)
        return None

    def _declare_known(self, environment: BoundedEnvironment, repaired: str, path: str) -> None:
        """Report the other names of a string that can't be parsed because of unknown headers."""
        placed = place_headers(repaired, self._resolver.header)
        rest = without_unknown_headers(placed)
        if rest != placed:
            with suppress(TemplateSyntaxError, RecursionError):
                self._resolver.declare(environment.parse(rest), path)
