from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from shutil import copy

import numpy as np
import pandas as pd
import polars as pl
import pytest

from merge import ProjectOptions, Settings, Template, read_rows
from merge.errors import ColumnError, TemplateError
from merge.input.open_sheet import open_sheet
from merge.model import Cell, CellKind, SheetVideos
from merge.plan.plan import make_plan
from merge.sheet.values.from_python import cell_from_value
from tests.support.callables import MakeTemplate, MakeWorkbook

SCRIPT = "<p>{{ Name }} owes {{ amount }} since {{ Due }}.</p>"


def _number(value: float, form: str = "General") -> Cell:
    return Cell(CellKind.NUMBER, value, form)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        pytest.param("Ana", Cell(CellKind.TEXT, "Ana"), id="text"),
        pytest.param(True, Cell(CellKind.BOOLEAN, True), id="boolean"),
        pytest.param(3, _number(3), id="whole number"),
        pytest.param(3.0, _number(3), id="whole float"),
        pytest.param(0.5, _number(0.5), id="decimal"),
        pytest.param(10**400, _number(10**400), id="a number that no float holds"),
        pytest.param(Decimal("1.25"), _number(1.25), id="Decimal"),
        pytest.param(np.int64(7), _number(7), id="numpy integer"),
        pytest.param(np.float32(0.5), _number(0.5), id="numpy float"),
        pytest.param(np.bool_(1), Cell(CellKind.BOOLEAN, True), id="numpy boolean"),
        pytest.param(np.str_("Ana"), Cell(CellKind.TEXT, "Ana"), id="numpy string"),
        pytest.param(date(2026, 3, 1), _number(46082, "yyyy-mm-dd"), id="date"),
        pytest.param(datetime(1900, 1, 1), _number(1, "yyyy-mm-dd hh:mm:ss"), id="the first day"),
        pytest.param(datetime(1900, 3, 1), _number(61, "yyyy-mm-dd hh:mm:ss"), id="after 29 February 1900"),
        pytest.param(
            datetime(2026, 3, 1, 12, tzinfo=UTC), _number(46082.5, "yyyy-mm-dd hh:mm:ss"), id="datetime"
        ),
        pytest.param(
            pd.Timestamp("2026-03-01 12:00"), _number(46082.5, "yyyy-mm-dd hh:mm:ss"), id="pandas timestamp"
        ),
        pytest.param(time(6), _number(0.25, "hh:mm:ss"), id="time"),
        pytest.param(timedelta(hours=36), _number(1.5, "[h]:mm:ss"), id="duration"),
        pytest.param(None, None, id="None"),
        pytest.param(float("nan"), None, id="NaN"),
        pytest.param(np.nan, None, id="numpy NaN"),
        pytest.param(pd.NaT, None, id="NaT"),
        pytest.param(pd.NA, None, id="NA"),
    ],
)
def test_a_value_becomes_the_matching_cell(value: object, cell: Cell | None) -> None:
    """Any value of a data frame is accepted; missing values are blank."""
    assert cell_from_value(value) == cell


def test_a_list_is_not_a_cell() -> None:
    """The error names the type."""
    with pytest.raises(TypeError, match="list"):
        cell_from_value([1])


def test_examples_render_the_same_as_in_a_run(root: Path, tmp_path: Path) -> None:
    """The project of each template is what a run would submit, except for the tag."""
    workbook = Path(copy(root / "example_sheets" / "customers.xlsx", tmp_path))
    for path in (root / "templates" / "welcome.json", root / "templates" / "scenes.json.j2"):
        settings = Settings()
        plan = make_plan(open_sheet(workbook, settings), path, settings, SheetVideos())
        rows = read_rows(workbook)
        template = Template.load(path, rows)
        previews = [template.fill_in(row) for row in rows]
        for planned, preview in zip(plan.rows, previews, strict=True):
            assert planned.filled_in
            expected = json.loads(planned.filled_in.project(planned.row.key).body)
            expected["name"] = expected["name"].rpartition(" [")[0]
            assert preview.project == expected
            assert all(preview.scripts)
            assert preview.problems == ()


def test_the_used_columns_are_listed(make_workbook: MakeWorkbook, make_template: MakeTemplate) -> None:
    """They are listed by header, from left to right."""
    rows = read_rows(make_workbook([["Plan", "Due", "Amount", "Name"], ["Gold", "today", 5, "Ana"]]))
    template = Template.load(make_template(SCRIPT), rows)
    assert template.columns == ("Due", "Amount", "Name")


def test_problems_name_their_cells(make_workbook: MakeWorkbook, make_template: MakeTemplate) -> None:
    """The place is the same as in `check`; a row from another source has no cells."""
    rows = read_rows(make_workbook([["Name", "Amount", "Due"], ["Ana", 5, None]]))
    template = Template.load(make_template(SCRIPT), rows)
    [problem] = template.fill_in(next(iter(rows))).problems
    assert (problem.place, problem.message) == ("People!C2", "“Due” is blank")
    [elsewhere] = template.fill_in({"Name": "Ana", "Amount": 5}).problems
    assert (elsewhere.message, "People" in elsewhere.place) == ("“Due” is blank", False)


def test_rows_of_data_frames_are_rendered(make_template: MakeTemplate) -> None:
    """Dicts from pandas and polars work, including dates and missing values."""
    values = {"name": ["Ana", "Ben"], "Amount": [5.0, None], "Due": [date(2026, 3, 1), None]}
    template = Template.load(make_template(SCRIPT), ["Name", "Amount", "", "Due"])
    scripts = ("Ana owes 5 since 2026-03-01.",)
    for row, other in (
        pd.DataFrame(values).to_dict("records"),
        list(pl.DataFrame(values).iter_rows(named=True)),
    ):
        named = {str(name): value for name, value in row.items()}
        assert template.fill_in(named).scripts == scripts
        refused = template.fill_in({str(name): value for name, value in other.items()})
        assert (len(refused.problems), refused.body, refused.project, refused.scripts) == (1, "", None, ())


def test_read_values_may_be_passed_under_another_name(
    make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """A value from a cell keeps its formatting."""
    [row] = read_rows(make_workbook([["Person", "Sum"], ["Ana", 1200.5]]))
    template = Template.load(make_template(SCRIPT), ("Name", "Amount", "Due"))
    preview = template.fill_in({"Name": row["Person"], "Amount": row["Sum"], "Due": "May"})
    assert preview.scripts == ("Ana owes 1200.5 since May.",)


def test_settings_are_applied(make_template: MakeTemplate) -> None:
    """Constants, the locale, and the options for the service all count."""
    settings = Settings(
        constants={"season": "Spring"}, locale="de_DE", project_options=ProjectOptions(resolution="720")
    )
    template = Template.load(
        make_template("<p>{{ season }}: {{ price | number }}</p>"), ["Name", "Price"], settings=settings
    )
    preview = template.fill_in({"Name": "Ana", "Price": 1.5})
    assert preview.scripts == ("Spring: 1,5",)
    assert '"resolution": "720"' in json.dumps(preview.project)


def test_the_pronunciation_list_is_applied(root: Path, make_template: MakeTemplate, tmp_path: Path) -> None:
    """Its worksheet in the same workbook applies to the scripts."""
    import openpyxl  # noqa: PLC0415 - one test needs it

    path = tmp_path / "names.xlsx"
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Name"])
    book.worksheets[0].append(["Siobhan"])
    book.create_sheet("Pronunciation").append(["Siobhan", "Shivawn"])
    book.save(path)
    rows = read_rows(path)
    template = Template.load(make_template(), rows)
    assert [template.fill_in(row).scripts for row in rows] == [("Hello Shivawn.",)]


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        pytest.param(["Nmae"], TemplateError, id="no such column"),
        pytest.param(["Name", "name"], ColumnError, id="two with one name"),
    ],
)
def test_unknown_names_are_reported_when_loading(
    make_template: MakeTemplate, columns: list[str], error: type[Exception]
) -> None:
    """Loading the template finds the columns before any row is rendered."""
    with pytest.raises(error):
        Template.load(make_template(), columns)
