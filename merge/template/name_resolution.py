"""Which name in a template means which column; all names that mean none are reported together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from jinja2 import meta, nodes

from merge.errors import TemplateError
from merge.sheet.addresses import column_letters
from merge.sheet.columns import Column, Header, find_column, suggest
from merge.sheet.values import TemplateValue
from merge.template.foreign_placeholders import Lookalike
from merge.template.placeholders import alias
from merge.template.row_values import RowValues, printable
from merge.template.sandbox.budget import METER, CostMeter
from merge.template.sandbox.environments import GLOBALS, RowView

ROW = "row"
SHOWN_FAULTS = 20
TEXT_ONLY_PREFIX = "ǃ"
"""What begins the name of a column of which only the text is wanted: a letter that no header has."""


@dataclass(frozen=True, slots=True)
class ResolvedNames:
    """What the names in a template mean, for one worksheet.

    Attributes:
        header: the worksheet's columns
        columns: each name that means a column
        used: the columns that are used, in the sheet's order
        constants: names with a text of their own (`--set`)
        places: the columns that fill each place of the template
        idle: constants that the template never mentions
        asked: the names whose values are wanted, each with its column's number
        printed: the names of which only the text is wanted
        fixed: the names that mean the same for every row
        whole_row: whether the row itself is named
    """

    header: Header
    columns: Mapping[str, Column]
    used: tuple[Column, ...]
    constants: Mapping[str, str]
    places: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)
    idle: tuple[str, ...] = ()
    asked: tuple[tuple[str, int], ...] = ()
    printed: tuple[tuple[str, int], ...] = ()
    fixed: Mapping[str, object] = field(default_factory=dict)
    whole_row: bool = True

    def context(self, values: Mapping[int, TemplateValue]) -> RowContext:
        """What one row's expressions see.

        Args:
            values: the row's values by column number, at least those of `used`
        """
        return RowContext(self, values)

    def names(self, values: Mapping[int, TemplateValue]) -> dict[str, object]:
        """Every name with its value, for Jinja; the arguments are those of `context`."""
        named: dict[str, object] = {name: values[number] for name, number in self.asked}
        for name, number in self.printed:
            named[name] = printable(values, number)
        if self.whole_row:
            named[ROW] = RowView(self.header, values)
        meter = CostMeter(values.address_of) if isinstance(values, RowValues) else CostMeter()
        return {**self.fixed, **named, METER: meter}

    def asking(self, trees: Iterable[nodes.Template]) -> ResolvedNames:
        """The same for these templates only; names that are only printed begin with `TEXT_ONLY_PREFIX`."""
        wanted = {node.name for tree in trees for node in tree.find_all(nodes.Name)}
        columns = {name: column.number for name, column in self.columns.items()}
        return replace(
            self,
            fixed={name: value for name, value in self.fixed.items() if name in wanted},
            whole_row=ROW in wanted,
            asked=tuple((name, number) for name, number in columns.items() if name in wanted),
            printed=tuple(
                (TEXT_ONLY_PREFIX + name, number)
                for name, number in columns.items()
                if TEXT_ONLY_PREFIX + name in wanted
            ),
        )


def with_printed(tree: nodes.Template, naming: NameResolver) -> None:
    """Gives names that are printed as they are a name of their own, so that no value is made of their cells.

    Args:
        tree: a parsed template, changed in place; names that it sets itself stay as they are
        naming: knows which names are columns
    """
    free = meta.find_undeclared_variables(tree)
    free -= {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    for output in tree.find_all(nodes.Output):
        for part in output.nodes:
            if isinstance(part, nodes.Name) and part.name in free and naming.is_column(part.name):
                part.name = TEXT_ONLY_PREFIX + part.name


class RowContext:
    """One row as templates see it; its names are only gathered where a string is more than names.

    Attributes:
        values: the row's values by column number
    """

    __slots__ = ("_made", "_names", "values")

    def __init__(self, names: ResolvedNames, values: Mapping[int, TemplateValue]) -> None:
        self._names = names
        self._made: dict[str, object] | None = None
        self.values = values

    @property
    def names(self) -> dict[str, object]:
        """Every name with its value; what is spent on one string is spent for all of the row."""
        if self._made is None:
            self._made = self._names.names(self.values)
        return self._made


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one place of a template cannot be understood.

    Attributes:
        subject: the name or the text at fault, for a summary
        message: what is wrong
        hint: what to do
        path: where, within the template
    """

    subject: str
    message: str
    hint: str
    path: str


class NameResolver:
    """Gathers what a template names, and all that is wrong with it."""

    def __init__(self, template: str, header: Header, constants: Mapping[str, str]) -> None:
        self.header = header
        self._template = template
        self._constants = constants
        self._aliases = {alias(column): column for column in header.columns}
        self._names: dict[str, Column] = {}
        self._used: set[int] = set()
        self._places: dict[str, dict[int, Column]] = {}
        self._mentioned: set[str] = set()
        self._faults: list[Fault] = []

    def row_names(self) -> ResolvedNames:
        """What the names mean.

        Raises:
            TemplateError: something was at fault; one error for all of it
        """
        if self._faults:
            raise _together(self._template, list(dict.fromkeys(self._faults)))
        used = tuple(column for column in self.header.columns if column.number in self._used)
        places = {path: tuple(columns.values()) for path, columns in self._places.items()}
        idle = tuple(name for name in self._constants if name not in self._mentioned)
        asked = tuple((name, column.number) for name, column in self._names.items())
        fixed = {**GLOBALS, **self._constants}
        return ResolvedNames(
            self.header, self._names, used, self._constants, places, idle, asked, fixed=fixed
        )

    def declare(
        self, tree: nodes.Template, path: str, *, given: Collection[str] = (), by_line: bool = False
    ) -> None:
        """Take note of the names that a template uses without setting them.

        Args:
            tree: the template, parsed
            path: where it stands, for messages
            given: names that are set elsewhere
            by_line: whether the place of a name is its line
        """
        lines = {node.name: node.lineno for node in reversed(list(tree.find_all(nodes.Name)))}
        undeclared = meta.find_undeclared_variables(tree)
        self._mentioned |= undeclared
        for name in sorted(undeclared - {ROW, *self._constants, *GLOBALS, *given}):
            column = self._column(name, f"{path}line {lines.get(name, 1)}" if by_line else path)
            if column is not None:
                self._names[name] = column
        self._declare_row(tree, f"{path}line {lines.get(ROW, 1)}" if by_line else path)

    def is_column(self, name: str) -> bool:
        """Whether a name means a column."""
        if name in {ROW, *self._constants, *GLOBALS}:
            return False
        return name in self._aliases or find_column(self.header, name) is not None

    def unknown(self, name: str, path: str) -> None:
        """A name is no column: say which one was likely meant, and where it stands."""
        headers = [column.header for column in self.header.columns]
        likely = suggest(name, [*headers, *self._constants])
        meant = find_column(self.header, likely) if likely else None
        lettered = next((column for column in self.header.columns if _is_letter(name, column)), None)
        if lettered and not meant:
            header = " ".join(lettered.header.split())
            hint = f"A column is named by its header: write {{{{ {header} }}}} (cell {self.cell(lettered)})"
        elif meant:
            hint = f"Did you mean '{meant.header}' (cell {self.cell(meant)})?"
        else:
            hint = f"The columns are: {', '.join(headers)}"
        self.fault(f"'{name}'", f"there is no column '{name}'", hint, path)

    def other_form(self, found: Lookalike, path: str) -> None:
        """A placeholder of another program would be spoken with its braces."""
        written = " ".join(found.column.header.split())
        message = f"{found.written} is not filled in: placeholders have double curly braces"
        hint = f"Write {{{{ {written} }}}} (cell {self.cell(found.column)})"
        self.fault(found.written, message, hint, path)

    def fault(self, subject: str, message: str, hint: str, path: str) -> None:
        """Take note of something else that is wrong."""
        self._faults.append(Fault(subject, message, hint, path))

    def cell(self, column: Column) -> str:
        """Where a header stands, such as `B3`."""
        return f"{column_letters(column.number)}{self.header.row}"

    def _declare_row(self, tree: nodes.Template, path: str) -> None:
        """`row["First Name"]` and `row.first_name` use one column; any other use of `row` may use all."""
        named = list(_row_members(tree))
        for name in named:
            self._column(name, path)
        mentions = sum(1 for node in tree.find_all(nodes.Name) if node.name == ROW)
        if mentions > len(named):
            self._used.update(column.number for column in self.header.columns)

    def _column(self, name: str, path: str) -> Column | None:
        column = self._aliases.get(name) or find_column(self.header, name)
        if column is None:
            self.unknown(name, path)
        else:
            self._used.add(column.number)
            self._places.setdefault(path, {})[column.number] = column
        return column


def _together(template: str, faults: list[Fault]) -> TemplateError:
    """One error: a single fault as it is, several with one line each as the cure."""
    if len(faults) == 1:
        [only] = faults
        place = ", ".join(part for part in (template, only.path) if part)
        return TemplateError(only.message, place=place, hint=only.hint)
    paths: dict[tuple[str, str, str], list[str]] = {}
    for fault in faults:
        paths.setdefault((fault.subject, fault.message, fault.hint), []).append(fault.path)
    lines = [
        f"{' and '.join(path for path in where)}: {message}. {hint}"
        for (_, message, hint), where in paths.items()
    ]
    more = [f"… and {len(lines) - SHOWN_FAULTS} more"] if len(lines) > SHOWN_FAULTS else []
    subjects = ", ".join(list(dict.fromkeys(fault.subject for fault in faults))[:8])
    return TemplateError(
        f"{len(faults)} placeholders cannot be filled: {subjects}",
        place=template,
        hint="\n  ".join([*lines[:SHOWN_FAULTS], *more]),
    )


def _is_letter(name: str, column: Column) -> bool:
    """Whether a name is Excel's own for a column or one of its cells: `B`, `B2`."""
    return name.upper().rstrip("0123456789") == column_letters(column.number)


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
