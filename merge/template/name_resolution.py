"""Resolve the names in a template to columns; all names that aren't one are reported in one error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jinja2 import TemplateSyntaxError, meta, nodes

from merge.errors import CellError, ColumnError, TemplateError, UnknownColumnsError
from merge.sheet.addresses import cell_address, column_letters
from merge.sheet.columns import Column, Header, find_column, headers_of, suggest
from merge.sheet.values import TemplateValue
from merge.template.error_messages import explain_syntax_error
from merge.template.foreign_placeholders import ForeignPlaceholder, foreign_placeholders
from merge.template.placeholders import alias, unknown_headers
from merge.template.row_values import RowValues, RowView
from merge.template.sandbox.budget import BUDGET_NAME, Budget
from merge.template.sandbox.environments import GLOBALS

ROW = "row"
SHOWN_FAULTS = 100
_NAMED_PATHS = 2


_MOST_SUGGESTED = 50
"""The number of faults after which no likely column is looked for any more."""


@dataclass(frozen=True, slots=True)
class ResolvedNames:
    """What the names in a template mean, for one worksheet.

    Attributes:
        header: the worksheet's columns
        columns: each name that means a column
        used: the columns that are used, in the sheet's order
        constants: names with a text of their own (`--set`)
        places: the columns that fill each place of the template
        unused: constants that the template doesn't mention
        tested: the columns that a condition tests without comparing them, such as `{% if VIP %}`
    """

    header: Header
    columns: Mapping[str, Column]
    used: tuple[Column, ...]
    constants: Mapping[str, str]
    places: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    tested: tuple[Column, ...] = ()

    def context(self, values: Mapping[int, TemplateValue]) -> dict[str, object]:
        """Every name with its value for one row, and the row's budget, in the form that Jinja takes.

        Args:
            values: the row's values by column number, at least those of `used`
        """
        named = {name: values[column.number] for name, column in self.columns.items()}
        address_of = values.address_of if isinstance(values, RowValues) else _no_address
        own: dict[str, object] = {ROW: RowView(self.header, values), BUDGET_NAME: Budget(address_of)}
        return {**GLOBALS, **self.constants, **named, **own}


def _no_address(value: object) -> str:
    del value
    return ""


@dataclass(frozen=True, slots=True)
class RowCellLocator:
    """Finds the cell of one row that fills a place of the template.

    Attributes:
        names: what the names in the template mean
        sheet: the worksheet's name
        row: the row's number
        values: the row's values by column number
    """

    names: ResolvedNames
    sheet: str
    row: int
    values: Mapping[int, TemplateValue]

    def __call__(self, path: str, about: str = "", /) -> str:
        """The one cell that fills a path and contains `about`, such as `People!B3`; else ""."""
        columns = self.names.places.get(path, self.names.used if about else ())
        match tuple(column for column in columns if about in self._text(column)):
            case [column]:
                return cell_address(self.sheet, self.row, column.number)
            case _:
                return ""

    def _text(self, column: Column) -> str:
        """The cell's text; "" for a cell that can't be used, so that it still counts if `about` is ""."""
        try:
            return str(self.values.get(column.number, ""))
        except CellError:
            return ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in one place of a template.

    Attributes:
        subject: the faulty name or text, for a summary
        message: what is wrong
        hint: what to do
        path: the place within the template
        unknown: the name of the column that the worksheet lacks, or ""
    """

    subject: str
    message: str
    hint: str
    path: str
    unknown: str = ""


class NameResolver:
    """Collects the names that a template uses, and its faults."""

    def __init__(self, template: str, header: Header, constants: Mapping[str, str]) -> None:
        self.header = header
        self._template = template
        self._constants = constants
        self._aliases = {alias(column): column for column in header.columns}
        self._columns: dict[str, Column] = {}
        self._used: set[int] = set()
        self._places: dict[str, dict[int, Column]] = {}
        self._mentioned: set[str] = set()
        self._tested: set[int] = set()
        self._faults: list[Fault] = []

    def resolved(self) -> ResolvedNames:
        """What the names mean.

        Raises:
            TemplateError: the template has faults; one error for all of them
        """
        if self._faults:
            raise _one_error(self._template, list(dict.fromkeys(self._faults)), self.header.sheet)
        # A column may have further names (`--map`); it is used once.
        by_number = {column.number: column for column in reversed(self.header.columns)}
        used = tuple(by_number[number] for number in sorted(self._used))
        places = {path: tuple(columns.values()) for path, columns in self._places.items()}
        unused = tuple(name for name in self._constants if name not in self._mentioned)
        tested = tuple(column for column in used if column.number in self._tested)
        return ResolvedNames(self.header, self._columns, used, self._constants, places, unused, tested)

    def declare(
        self, tree: nodes.Template, path: str, *, given: Collection[str] = (), by_line: bool = False
    ) -> None:
        """Collect the names that a template uses without setting them.

        Args:
            tree: the template, parsed
            path: its place, for messages
            given: names that are set elsewhere
            by_line: add the name's line to the place
        """
        lines = {node.name: node.lineno for node in reversed(list(tree.find_all(nodes.Name)))}
        undeclared = meta.find_undeclared_variables(tree)
        self._mentioned |= undeclared
        for name in sorted(undeclared - {ROW, *self._constants, *GLOBALS, *given}):
            column = self._column(name, f"{path}line {lines.get(name, 1)}" if by_line else path)
            if column is not None:
                self._columns[name] = column
        self._declare_row(tree, f"{path}line {lines.get(ROW, 1)}" if by_line else path)
        for name in _tested_names(tree):
            column = self._columns.get(name) or find_column(self.header, name)
            if column is not None:
                self._tested.add(column.number)

    def add_unknown(self, name: str, path: str) -> None:
        """Report a name that isn't a column, with the most similar column."""
        likely, lettered = None, None
        if len(self._faults) < _MOST_SUGGESTED:
            likely = suggest(name, [*(column.header for column in self.header.columns), *self._constants])
            lettered = next((column for column in self.header.columns if _is_letter(name, column)), None)
        meant = find_column(self.header, likely) if likely else None
        if lettered and not meant:
            header = " ".join(lettered.header.split())
            hint = f"Use the column's header: {{{{ {header} }}}} (cell {self._cell(lettered)})"
        elif meant:
            hint = f"Did you mean “{meant.header}” (cell {self._cell(meant)})?"
        else:
            hint = headers_of(self.header)
        self.add_fault(f"“{name}”", f"there's no column “{name}”", hint, path, unknown=name)

    def add_foreign(self, found: ForeignPlaceholder, path: str) -> None:
        """Report text that was meant as a placeholder."""
        message = f"{found.written} isn't a placeholder, because placeholders need double braces"
        hint = f"Write {found.meant} (cell {self._cell(found.column)})"
        self.add_fault(found.written, message, hint, path)

    def add_fault(self, subject: str, message: str, hint: str, path: str, *, unknown: str = "") -> None:
        """Report any other fault."""
        self._faults.append(Fault(subject, message, hint, path, unknown))

    def add_syntax_error(self, source: str, error: TemplateSyntaxError, path: str) -> None:
        """Report that Jinja can't parse a text: as an unknown name, near misses, or with another message."""
        unknown = [name for name in unknown_headers(source) if not self._has_column(name)]
        for name in unknown:
            self.add_unknown(name, path)
        if unknown:
            return
        found = foreign_placeholders(source, self.header, spoken=False)
        near_misses = [near_miss for near_miss in found if _is_unparsable(near_miss.written)]
        for near_miss in near_misses:
            self.add_foreign(near_miss, path)
        if not near_misses:
            self.add_fault("an expression", *explain_syntax_error(error.message or "", source), path)

    def _has_column(self, name: str) -> bool:
        try:
            return find_column(self.header, name) is not None
        except ColumnError:
            return True

    def _cell(self, column: Column) -> str:
        """The address of a header, such as `B3`."""
        return f"{column_letters(column.number)}{self.header.row}"

    def _declare_row(self, tree: nodes.Template, path: str) -> None:
        """`row["First Name"]` and `row.first_name` use one column; any other use of `row` may use all."""
        members = list(_row_members(tree))
        for name in members:
            self._column(name, path)
        mentions = sum(1 for node in tree.find_all(nodes.Name) if node.name == ROW)
        if mentions > len(members):
            self._used.update(column.number for column in self.header.columns)

    def _column(self, name: str, path: str) -> Column | None:
        aliased = self._aliases.get(name)
        column = find_column(self.header, aliased.header if aliased else name)
        if column is None:
            self.add_unknown(name, path)
        else:
            self._used.add(column.number)
            self._places.setdefault(path, {})[column.number] = column
        return column


def _one_error(template: str, faults: list[Fault], sheet: str) -> TemplateError:
    """A single fault unchanged; several with a line each in the hint. Names the sheet that lacks columns."""
    is_lacking = bool(sheet) and any(fault.unknown for fault in faults)
    paths: dict[tuple[str, str, str], list[str]] = {}
    for fault in faults:
        paths.setdefault((fault.subject, fault.message, fault.hint), []).append(fault.path)
    if len(paths) == 1:
        [((_, message, hint), where)] = paths.items()
        place = ", ".join(part for part in (template, _listed(where)) if part)
        where_not = f" in the sheet “{sheet}”" if is_lacking else ""
        return _error(faults, f"{message}{where_not}", place, hint)
    where_from = f" from the sheet “{sheet}”" if is_lacking else ""
    hints = Counter(hint for _, _, hint in paths)
    # A list of all columns is shown once, a suggestion next to what it is about.
    shared = [hint for hint, times in hints.items() if times > 1 and not hint.startswith("Did you mean")]
    lines = [
        f"{_listed(where)}: {message}" + (f". {hint}" if hint not in shared else "")
        for (_, message, hint), where in paths.items()
    ]
    more = [f"… and {len(lines) - SHOWN_FAULTS} more"] if len(lines) > SHOWN_FAULTS else []
    more += shared
    subjects = ", ".join(dict.fromkeys(fault.subject for fault in faults[:SHOWN_FAULTS]))
    message = f"{len(faults)} placeholders don't match any column{where_from}: {subjects}"
    return _error(faults, message, template, "\n".join([*lines[:SHOWN_FAULTS], *more]))


def _error(faults: list[Fault], message: str, place: str, hint: str) -> TemplateError:
    if not all(fault.unknown for fault in faults):
        return TemplateError(message, place=place, hint=hint)
    names: dict[str, tuple[str, ...]] = {}
    for fault in faults:
        names[fault.unknown] = (*names.get(fault.unknown, ()), fault.path)
    return UnknownColumnsError(message, place=place, hint=hint, names=names)


def _listed(paths: Sequence[str]) -> str:
    """Places as text: two by name, the others by number."""
    if len(paths) <= _NAMED_PATHS:
        return " and ".join(paths)
    return f"{', '.join(paths[:_NAMED_PATHS])} and {len(paths) - _NAMED_PATHS} more"


def _is_letter(name: str, column: Column) -> bool:
    """Whether a name is the column's letters in Excel, or one of its cells: `B`, `B2`."""
    return name.upper().rstrip("0123456789") == column_letters(column.number)


def _is_unparsable(written: str) -> bool:
    return "{{" in written or "{%" in written


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


def _tested_names(tree: nodes.Template) -> Iterator[str]:
    """The names that conditions test without comparing them."""
    for statement in tree.find_all(nodes.If):
        yield from _uncompared(statement.test)
    for expression in tree.find_all(nodes.CondExpr):
        yield from _uncompared(expression.test)


def _uncompared(node: nodes.Node | None) -> Iterator[str]:
    match node:
        case nodes.Name(name=str(name)) | nodes.Getattr(node=nodes.Name(name="row"), attr=str(name)):
            yield name
        case nodes.Getitem(node=nodes.Name(name="row"), arg=nodes.Const(value=str(name))):
            yield name
        case (
            nodes.Not(node=inner)
            | nodes.Filter(node=inner, name="default" | "d" | "trim" | "lower" | "upper")
        ):
            yield from _uncompared(inner)
        case nodes.And(left=left, right=right) | nodes.Or(left=left, right=right):
            yield from _uncompared(left)
            yield from _uncompared(right)
        case _:
            pass
