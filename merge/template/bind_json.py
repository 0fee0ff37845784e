"""Bind a template to a header: which placeholder means which column, before anything is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateSyntaxError, nodes

from merge.model import JSON
from merge.project.json_text import strings
from merge.project.scripts import is_markup, is_number_place, is_script
from merge.sheet.columns import Header, find_column
from merge.sheet.values import TemplateValue
from merge.template.document import JsonTemplate
from merge.template.editor_repair import repair_placeholders
from merge.template.error_messages import TOO_DEEP, explain_syntax_error
from merge.template.fast_fill import FastString, NamePart, compile_fast, named_pieces
from merge.template.filters import FilterSet
from merge.template.foreign_placeholders import lookalikes
from merge.template.json_skeleton import NOT_IN_FINGERPRINT, cut_skeleton
from merge.template.name_resolution import NameResolver, ResolvedNames, with_printed
from merge.template.placeholders import has_placeholder, place_headers, unknown_header
from merge.template.render_json import NAME_PATH, Placeholder, Renderer
from merge.template.render_text import TextRenderer
from merge.template.sandbox.environments import Environments


@dataclass(frozen=True, slots=True)
class Binding:
    """A template bound to a worksheet's columns."""

    renderer: Renderer | TextRenderer
    names: ResolvedNames


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition over a row, such as `plan == 'VIP'`."""

    compiled: JinjaTemplate
    names: ResolvedNames

    def holds(self, values: Mapping[int, TemplateValue]) -> bool:
        """Whether it holds for a row's values; whatever the expression raises comes through."""
        return self.compiled.render(self.names.names(values)) == str(True)


@dataclass(frozen=True, slots=True)
class RowText:
    """A text over a row that is no part of a project."""

    compiled: JinjaTemplate
    names: ResolvedNames

    def text(self, values: Mapping[int, TemplateValue], facts: Mapping[str, str]) -> str:
        """The text for a row's values and what is known by now; what an expression raises comes through."""
        return self.compiled.render({**self.names.names(values), **facts})


def bind(
    template: JsonTemplate,
    header: Header,
    constants: Mapping[str, str],
    speech: FilterSet | None = None,
    *,
    marks: bool = False,
) -> Binding:
    """Compile a template's strings for the columns of a worksheet.

    Args:
        template: the saved project
        header: the worksheet's columns
        constants: further names with their text
        speech: the language of filters, and how words are said
        marks: render with marks around merged words, for showing only

    Raises:
        TemplateError: a name that is no column, with the one that was likely meant; an expression that
            Jinja does not understand, with its JSON path; a placeholder in another program's form. One
            error tells of all of them
    """
    naming = NameResolver(template.name, header, constants)
    speech = speech or FilterSet()
    compiler = _Compiler(naming, speech, marks=marks)
    texts = dict(strings(template.tree))
    for path, text in texts.items():
        compiler.look_for_other_forms(path, text)
    sources = {
        path: text
        for path, text in texts.items()
        if path == NAME_PATH or has_placeholder(repair_placeholders(text)) or speech.said(path, text) != text
    }
    compiled = [compiler.placeholder(path, source) for path, source in sources.items()]
    names = naming.row_names()
    columns = {name: column.number for name, column in names.columns.items()}
    placeholders = tuple(
        replace(each, compile_fast=compiler.compile_fast(each.path, columns, constants))
        for each in compiled
        if each
    )
    names = compiler.names(each.path for each in placeholders if not each.compile_fast)
    indices = {path: index for index, path in enumerate(sources)}
    canonical: JSON = {name: part for name, part in template.tree.items() if name not in NOT_IN_FINGERPRINT}
    moulds = (cut_skeleton(template.tree, indices), cut_skeleton(canonical, indices, sort=True))
    renderer = Renderer(placeholders, *moulds, said=speech.said if speech.pronunciation.words else None)
    return Binding(renderer, names)


def compile_condition(
    source: str, header: Header, constants: Mapping[str, str], speech: FilterSet | None = None
) -> Condition:
    """Compile a condition over a row; the filters' language is that of `speech`.

    Raises:
        TemplateError: as `bind`
    """
    naming = NameResolver("--where", header, constants)
    condition = f"{{% if {source} %}}{True}{{% endif %}}"
    compiler = _Compiler(naming, speech or FilterSet())
    placeholder = compiler.placeholder("", condition)
    names = compiler.names([""])
    # Without a placeholder there was a fault, and the names were refused.
    assert placeholder is not None
    return Condition(placeholder.compiled, names)


def compile_text(
    source: str, option: str, header: Header, constants: Mapping[str, str], speech: FilterSet | None = None
) -> RowText:
    """Compile a text over a row that is no part of a project, such as a file's name.

    Args:
        source: the text with its placeholders
        option: what it was given for, for messages
        header: the worksheet's columns
        constants: further names; those that are only known when a text is made stand here with any value
        speech: the language of the filters

    Raises:
        TemplateError: as `bind`
    """
    naming = NameResolver(option, header, constants)
    compiler = _Compiler(naming, speech or FilterSet())
    placeholder = compiler.placeholder("", source)
    names = compiler.names([""])
    # Without a placeholder there was a fault, and the names were refused.
    assert placeholder is not None
    return RowText(placeholder.compiled, names)


def _literal(source: str) -> str:
    """A name without placeholders, which is rendered all the same, must come out as it stands."""
    return source if has_placeholder(source) else f"{{% raw %}}{source}{{% endraw %}}"


class _Compiler:
    """Compiles the strings of one template, and has its names noted."""

    def __init__(self, naming: NameResolver, speech: FilterSet, *, marks: bool = False) -> None:
        self._naming = naming
        self._environments = Environments(speech, marks=marks)
        self._marks = marks
        self._trees: dict[str, nodes.Template] = {}
        self._pieces: dict[str, tuple[tuple[str | NamePart, ...], bool]] = {}

    def placeholder(self, path: str, source: str) -> Placeholder | None:
        """A string compiled, or None where it is at fault."""
        number = is_number_place(path)
        environment = self._environments.for_place(markup=is_markup(source), number=number)
        whole = _literal(repair_placeholders(source))
        placed = place_headers(whole, self._naming.header.columns)
        try:
            tree = environment.parse(placed)
            shown = environment.parse(placed)
            if not number:
                with_printed(shown, self._naming)
            compiled = environment.from_string(shown)
        except TemplateSyntaxError as error:
            self._misunderstood(path, whole, error)
            return None
        except (RecursionError, SyntaxError, MemoryError):
            self._naming.fault("an expression", *TOO_DEEP, path)
            return None
        if any(tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends))):
            message = "a text in a saved project cannot include other files"
            self._naming.fault("an include", message, "Name the template .json.j2 to include its parts", path)
        pieces = None if number or self._marks else named_pieces(tree)
        if pieces is not None:
            self._pieces[path] = pieces, is_markup(source)
        self._trees[path] = shown
        self._naming.declare(tree, path)
        return Placeholder(path, compiled, number=number)

    def compile_fast(
        self, path: str, columns: Mapping[str, int], constants: Mapping[str, str]
    ) -> FastString | None:
        """The short way to a string whose expressions are names alone, or None; columns by name."""
        pieces, markup = self._pieces.get(path, (None, False))
        return None if pieces is None else compile_fast(pieces, columns, constants, markup=markup)

    def names(self, paths: Iterable[str]) -> ResolvedNames:
        """What the names mean in the strings of these JSON paths.

        Raises:
            TemplateError: something was at fault
        """
        names = self._naming.row_names()
        return names.asking([self._trees[path] for path in paths])

    def look_for_other_forms(self, path: str, text: str) -> None:
        """Placeholders of other programs would be spoken with their braces."""
        for found in lookalikes(repair_placeholders(text), self._naming.header, spoken=is_script(path)):
            self._naming.other_form(found, path)

    def _misunderstood(self, path: str, source: str, error: TemplateSyntaxError) -> None:
        unknown = unknown_header(source)
        if unknown and find_column(self._naming.header, unknown) is None:
            self._naming.unknown(unknown, path)
        else:
            message, hint = explain_syntax_error(error.message or "", source)
            self._naming.fault("an expression", message, hint, path)
