"""The public `Template`: fill in a template without sending anything, for previews and tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from merge.checks.project_checks import CellLocator, no_cell
from merge.input.paths import workbook_path
from merge.input.read_rows import DataRow, Rows
from merge.input.template_file import bind_template
from merge.model import JSON, Cell, CellKind, Problem
from merge.plan.recognize import fill_in_and_check
from merge.project.speech_time import spoken_of
from merge.settings import Settings
from merge.sheet.columns import Header, find_column, make_header
from merge.sheet.values import TemplateValue, template_value
from merge.sheet.values.from_python import cell_from_value
from merge.template.bind_json import Binding
from merge.template.name_resolution import RowCellLocator
from merge.template.render_json import FilledIn

_FIRST = 1


@dataclass(frozen=True, slots=True)
class Preview:
    """The project that would be submitted for a row, or the problems that prevent it.

    Attributes:
        body: the project as JSON text, as submitted except for the tag at the end of its name; "" if there
            are problems
        problems: why the row would not be submitted, each with `place`, `message` and `hint`
    """

    body: str
    problems: tuple[Problem, ...] = ()

    @property
    def project(self) -> JSON:
        """The parsed project; None if there are problems."""
        project: JSON = json.loads(self.body) if self.body else None
        return project

    @property
    def scripts(self) -> tuple[str, ...]:
        """The text of each script, without markup."""
        return tuple(said.text for said in spoken_of(self.project)) if self.body else ()


@dataclass(frozen=True, slots=True)
class Template:
    """A saved project with placeholders, bound to columns. It is immutable and can be used in any thread.

    Attributes:
        path: the template
        header: the columns that it is bound to
        binding: what its names mean
    """

    path: Path
    header: Header
    binding: Binding

    @classmethod
    def load(
        cls, path: Path | str, columns: Rows | Iterable[str], *, settings: Settings | None = None
    ) -> Self:
        """Read a template and find the column for each of its names.

        Args:
            path: a saved project (`.json`), or a project as Jinja text (`.json.j2`)
            columns: the rows to fill in, or headers. With rows, the worksheet “Pronunciation” of their
                workbook is used, too
            settings: `constants`, `locale` and `project_options` are used

        Raises:
            TemplateError: the template can't be read, isn't a project, or uses a name that isn't a column
            ColumnError: two headers have the same name
            InputError: the locale is unknown
        """
        settings = settings or Settings()
        if isinstance(columns, Rows):
            header, workbook = columns.form.header, workbook_path(columns.workbook)
        else:
            header, workbook = _header_of(columns), None
        return cls(Path(path), header, bind_template(Path(path), header, settings, workbook=workbook))

    @property
    def columns(self) -> tuple[str, ...]:
        """The headers of the columns that the template uses, from left to right."""
        return tuple(" ".join(column.header.split()) for column in self.binding.names.used)

    def fill_in(self, row: DataRow | Mapping[str, object]) -> Preview:
        """Fill the template in from one row and check the result as a run would.

        Args:
            row: a row from `read_rows`, or values by header. Texts, numbers, booleans, dates, times and
                durations print as in a cell without a number format; missing values, None and NaN are blank

        Raises:
            TypeError: a cell can't hold one of the values
        """
        values = self._values(row)
        cell_of: CellLocator = no_cell
        if isinstance(row, DataRow) and row.form.header == self.header:
            cell_of = RowCellLocator(self.binding.names, row.form.sheet, row.number, values)
        outcome = fill_in_and_check(self.binding, values, cell_of)
        return Preview(outcome.body) if isinstance(outcome, FilledIn) else Preview("", outcome)

    def _values(self, row: DataRow | Mapping[str, object]) -> dict[int, TemplateValue]:
        if isinstance(row, DataRow):
            return {column.number: row[column.header] for column in self.binding.names.used}
        named = {find_column(self.header, name): value for name, value in row.items()}
        return {
            column.number: _value(named.get(column), " ".join(column.header.split()))
            for column in self.binding.names.used
        }


def _value(value: object, header: str) -> TemplateValue:
    if isinstance(value, TemplateValue):
        return value
    return template_value(cell_from_value(value), address="", header=header)


def _header_of(headers: Iterable[str]) -> Header:
    cells = {
        number: Cell(CellKind.TEXT, text) for number, text in enumerate(headers, start=1) if text.strip()
    }
    return make_header(_FIRST, cells)
