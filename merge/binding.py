"""Bind a template to a header: which placeholder means which column, before anything is rendered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateSyntaxError, meta, nodes

from merge.columns import Column, Header, find_column, suggest
from merge.environment import GLOBALS, Environments, RowView
from merge.errors import TemplateError
from merge.jsontext import quote, strings, tokens
from merge.model import JSON
from merge.placeholders import alias, has_placeholder, place_headers, unknown_header
from merge.refs import column_letters
from merge.render import NAME_PATH, Mould, Placeholder, Renderer
from merge.script import is_markup, is_number_place
from merge.template import Template
from merge.values import TemplateValue

ROW = "row"
_NOT_IN_FINGERPRINT = frozenset({"isExport", "webhookUrl"})
_MARK = "\0"
"""Stands around a placeholder's index in the JSON text, where no control character can stand by itself."""


@dataclass(frozen=True, slots=True)
class RowNames:
    """What the names in a template mean, for one worksheet.

    Attributes:
        header: the worksheet's columns
        columns: each name that means a column
        used: the columns that are used, in the sheet's order
        constants: names with a text of their own (`--set`)
    """

    header: Header
    columns: Mapping[str, Column]
    used: tuple[Column, ...]
    constants: Mapping[str, str]

    def context(self, values: Mapping[int, TemplateValue]) -> dict[str, object]:
        """What one row's expressions see.

        Args:
            values: the row's values by column number, at least those of `used`
        """

        def lookup(name: str) -> TemplateValue:
            column = find_column(self.header, name)
            if column is None:
                raise KeyError(name)
            return values[column.number]

        named: dict[str, object] = {name: values[column.number] for name, column in self.columns.items()}
        row = RowView(lookup, tuple(column.header for column in self.header.columns))
        return {**GLOBALS, **self.constants, **named, ROW: row}


@dataclass(frozen=True, slots=True)
class Binding:
    """A template bound to a worksheet's columns."""

    renderer: Renderer
    names: RowNames


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition over a row, such as `plan == 'VIP'`."""

    compiled: JinjaTemplate
    names: RowNames

    def holds(self, values: Mapping[int, TemplateValue]) -> bool:
        """Whether it holds for a row's values; whatever the expression raises comes through."""
        return self.compiled.render(self.names.context(values)) == str(True)


def bind(template: Template, header: Header, constants: Mapping[str, str]) -> Binding:
    """Compile a template's strings for the columns of a worksheet.

    Args:
        template: the saved project
        header: the worksheet's columns
        constants: further names with their text

    Raises:
        TemplateError: a name that is no column, with the one that was likely meant; an expression that
            Jinja does not understand, with its JSON path
    """
    compiler = _Compiler(template.name, header, constants)
    sources = {
        path: text for path, text in strings(template.tree) if path == NAME_PATH or has_placeholder(text)
    }
    placeholders = tuple(compiler.placeholder(path, _literal(source)) for path, source in sources.items())
    indices = {path: index for index, path in enumerate(sources)}
    canonical: JSON = {name: part for name, part in template.tree.items() if name not in _NOT_IN_FINGERPRINT}
    renderer = Renderer(placeholders, _mould(template.tree, indices), _mould(canonical, indices, sort=True))
    return Binding(renderer, compiler.row_names())


def compile_condition(source: str, header: Header, constants: Mapping[str, str]) -> Condition:
    """Compile a condition over a row.

    Raises:
        TemplateError: as `bind`
    """
    compiler = _Compiler("--where", header, constants)
    whole = f"{{% if {source} %}}{True}{{% endif %}}"
    return Condition(compiler.placeholder("", whole).compiled, compiler.row_names())


def _mould(tree: JSON, indices: Mapping[str, int], *, sort: bool = False) -> Mould:
    def write(path: str, text: str) -> str:
        return f"{_MARK}{indices[path]}{_MARK}" if path in indices else quote(text)

    pieces = re.split(f"{_MARK}(\\d+){_MARK}", "".join(tokens(tree, write, sort=sort)))
    order = tuple(int(index) for index in pieces[1::2])
    pieces[1::2] = [""] * len(order)
    return Mould(tuple(pieces), order)


def _literal(source: str) -> str:
    """A name without placeholders, which is rendered all the same, must come out as it stands."""
    return source if has_placeholder(source) else f"{{% raw %}}{source}{{% endraw %}}"


class _Compiler:
    """Compiles the strings of one template and gathers the columns that they name."""

    def __init__(self, template: str, header: Header, constants: Mapping[str, str]) -> None:
        self._template = template
        self._header = header
        self._constants = constants
        self._environments = Environments()
        self._aliases = {alias(column): column for column in header.columns}
        self._names: dict[str, Column] = {}
        self._used: set[int] = set()

    def row_names(self) -> RowNames:
        used = tuple(column for column in self._header.columns if column.number in self._used)
        return RowNames(self._header, self._names, used, self._constants)

    def placeholder(self, path: str, source: str) -> Placeholder:
        number = is_number_place(path)
        environment = self._environments.for_place(markup=is_markup(source), number=number)
        placed = place_headers(source, self._header.columns)
        try:
            tree = environment.parse(placed)
            compiled = environment.from_string(placed)
        except TemplateSyntaxError as error:
            raise self._syntax(path, source, error) from error
        for name in sorted(meta.find_undeclared_variables(tree)):
            self._declare(name, path)
        self._declare_row(tree, path)
        return Placeholder(path, compiled, number=number)

    def _declare(self, name: str, path: str) -> None:
        if name == ROW or name in self._constants or name in GLOBALS:
            return
        self._names[name] = self._column(name, path)
        self._used.add(self._names[name].number)

    def _declare_row(self, tree: nodes.Template, path: str) -> None:
        """`row["First Name"]` and `row.first_name` use one column; any other use of `row` may use all."""
        named = list(_row_members(tree))
        for name in named:
            self._used.add(self._column(name, path).number)
        mentions = sum(1 for node in tree.find_all(nodes.Name) if node.name == ROW)
        if mentions > len(named):
            self._used.update(column.number for column in self._header.columns)

    def _column(self, name: str, path: str) -> Column:
        column = self._aliases.get(name) or find_column(self._header, name)
        if column is None:
            raise self._unknown(name, path)
        return column

    def _unknown(self, name: str, path: str) -> TemplateError:
        headers = [column.header for column in self._header.columns]
        likely = suggest(name, [*headers, *self._constants])
        meant = find_column(self._header, likely) if likely else None
        if meant:
            cell = f"{column_letters(meant.number)}{self._header.row}"
            cure = f"Did you mean '{meant.header}' (cell {cell})?"
        else:
            cure = f"The columns are: {', '.join(headers)}"
        return TemplateError(f"there is no column '{name}'", place=self._place(path), cure=cure)

    def _syntax(self, path: str, source: str, error: TemplateSyntaxError) -> TemplateError:
        unknown = unknown_header(source)
        if unknown:
            return self._unknown(unknown, path)
        return TemplateError(
            f"this expression cannot be understood: {error.message}",
            place=self._place(path),
            cure="Write a placeholder as {{ First Name }} or {{ first_name }}",
        )

    def _place(self, path: str) -> str:
        return ", ".join(part for part in (self._template, path) if part)


def _row_members(tree: nodes.Template) -> Iterator[str]:
    found: Iterable[nodes.Getitem | nodes.Getattr] = tree.find_all((nodes.Getitem, nodes.Getattr))
    for node in found:
        match node:
            case nodes.Getitem(node=nodes.Name(name="row"), arg=nodes.Const(value=str(name))):
                yield name
            case nodes.Getattr(node=nodes.Name(name="row"), attr=str(name)):
                yield name
            case _:
                continue
