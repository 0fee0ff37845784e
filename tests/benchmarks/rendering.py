"""Rows rendered per second, compared with plain Jinja2: `python tests/benchmarks/rendering.py`.

All render `templates/welcome.json`, as is and with a filter and a condition, for rows with the columns of
`example_sheets/customers.xlsx`. Plain Jinja2 renders the JSON text; it is wrong if a cell has a quote or a
line break, and stops at the parsed project, while castmerge escapes, fingerprints and tags as well. The ways
take turns, and the best round of each counts, because noise only adds time; the ratio is what matters.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jinja2 import Environment

from merge.input.data_sheet import DataSheet, WantedData, read_sheet
from merge.model import Cell, RowKey, SheetRow
from merge.sheet.columns import Column
from merge.sheet.values import TemplateValue
from merge.template.bind_json import Binding, bind
from merge.template.document import parse_template
from merge.template.placeholders import alias, place_headers
from merge.template.render_json import FilledIn
from merge.template.row_values import RowValues

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "templates" / "welcome.json"
WORKBOOK = ROOT / "example_sheets" / "customers.xlsx"
ROWS, ROUNDS = 240, 60
WITH_FILTERS = ("default(first_name) }}", "default(first_name) | upper }}{% if plan == 'x' %}!{% endif %}")
PLAIN = "plain Jinja2 and json.loads"

Values = Mapping[int, TemplateValue]


def many_rows(sheet: DataSheet, count: int) -> list[SheetRow]:
    """The example's rows repeated, each with its own amount and date."""
    found = [row for row in sheet.worksheet.rows if row.number >= sheet.header.first_row]
    return [varied(found[place % len(found)], place) for place in range(count)]


def varied(row: SheetRow, place: int) -> SheetRow:
    """A row with its own numbers."""
    return row._replace(number=place + 4, cells={at: other(cell, place) for at, cell in row.cells.items()})


def other(cell: Cell, place: int) -> Cell:
    """The cell with another number, if it has one."""
    changed = cell.value + place if isinstance(cell.value, int | float) else cell.value
    return cell._replace(value=changed)


def values_of(sheet: DataSheet, columns: Sequence[Column], row: SheetRow) -> RowValues:
    """The values of a row for a template."""
    return RowValues(
        row.cells,
        columns,
        sheet=sheet.worksheet.name,
        row=row.number,
        date1904=sheet.worksheet.date1904,
        locale="en_US",
    )


def render_and_address(binding: Binding, values: Values) -> int:
    """Render one row to the text that would be submitted."""
    rendered = binding.renderer.render(binding.names.context(values))
    if not isinstance(rendered, FilledIn):
        raise TypeError(rendered)
    return len(rendered.project(RowKey("a row")).body)


def plain_names(sheet: DataSheet, values: Values, row: SheetRow) -> dict[str, TemplateValue]:
    """The non-blank values of a row by name, for a plain template."""
    columns = [column for column in sheet.header.columns if column.number in row.cells.keys() & values]
    return {name: values[column.number] for column in columns for name in (alias(column), column.identifier)}


def ways(sheet: DataSheet, rows: Sequence[SheetRow], text: str) -> dict[str, Callable[[], int]]:
    """Each way to render all rows with a template's text."""
    binding = bind(parse_template(text, TEMPLATE.name), sheet.header, {})
    used = binding.names.used
    values = [dict(values_of(sheet, used, row)) for row in rows]
    plain = Environment().from_string(place_headers(text, sheet.header))  # noqa: S701 - the usual way
    named = [plain_names(sheet, row, cells) for row, cells in zip(values, rows, strict=True)]
    texts = [{name: str(value) for name, value in row.items()} for row in named]
    return {
        PLAIN: lambda: sum(len(json.loads(plain.render(row))) for row in named),
        "the same, values made as well": lambda: sum(
            len(json.loads(plain.render(plain_names(sheet, dict(values_of(sheet, used, row)), row))))
            for row in rows
        ),
        "the same, texts made before": lambda: sum(len(json.loads(plain.render(row))) for row in texts),
        "castmerge, from values": lambda: sum(render_and_address(binding, row) for row in values),
        "castmerge, from cells": lambda: sum(
            render_and_address(binding, values_of(sheet, used, row)) for row in rows
        ),
    }


def seconds(work: Callable[[], int]) -> float:
    """The CPU time of one call."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main() -> None:
    """Measure and print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    sheet = read_sheet(WORKBOOK, WantedData(), prefix="Video")
    rows, text = many_rows(sheet, count), TEMPLATE.read_text(encoding="utf-8")
    for title, changed in (("names alone", text), ("with filters", text.replace(*WITH_FILTERS))):
        compared = ways(sheet, rows, changed)
        taken = [{name: seconds(work) for name, work in compared.items()} for _ in range(ROUNDS)]
        rates = {name: count / min(each[name] for each in taken) for name in compared}
        print(f"{title:30}{'rows/s':>10}{'ratio':>8}")
        for name, rate in rates.items():
            print(f"{name:30}{rate:10,.0f}{rate / rates[PLAIN]:8.2f}")


if __name__ == "__main__":
    main()
