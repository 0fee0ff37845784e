from __future__ import annotations

import json
import re
from pathlib import Path
from zipfile import ZipFile

import pytest
import xlsxwriter

from merge.checks.warning import RowWarning, WarningKind
from merge.cli.check_text import problem_lines, warning_lines
from merge.cli.setup import schema_text
from merge.model import Problem
from merge.plan.findings import RowProblem
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook

Rows = list[list[str | float | bool | None]]


def _check(castmerge: Castmerge, *arguments: object) -> dict[str, list[dict[str, object]]]:
    output: dict[str, list[dict[str, object]]] = json.loads(castmerge("check", *arguments, "--json").out)
    return output


def test_check_lists_problems_and_warnings_as_json(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """They are listed in addition to the rows, each with its cell, a message and a hint."""
    book = make_workbook([["Name", "Photo"], ["Ana", 1], ["", 2], ["nan", 3], ["ana", 4]])
    template = make_template("<p>Hello {{ name }}, you.</p>")
    ran = castmerge("check", book, "-t", template, "--json")
    output = json.loads(ran.out)
    assert ran.code == 1
    assert output["problems"] == [
        {
            "row": 3,
            "place": "People!A3",
            "message": "“Name” is blank",
            "hint": 'Enter a value, or set a fallback in the template: {{ Name | default("…") }}',
            "path": "$.name and $.scenes[0].clips[0].script.org",
        }
    ]
    assert [(each["kind"], each["place"], each["rows"]) for each in output["warnings"]] == [
        ("leftover", "People!A4", [4]),
        ("capitals", "People!A5", [5]),
        ("rows alike", "People", []),
        ("unused column", "People!B1", []),
    ]
    assert len(output["rows"]) == 4


def test_a_correct_workbook_has_no_findings(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """The lists are empty, no headings are printed, and the exit code is 0."""
    book, template = make_workbook([["Name"], ["Ana"]]), make_template()
    ran = castmerge("check", book, "-t", template, "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["problems"] == json.loads(ran.out)["warnings"] == []
    assert "warning" not in ran.err
    assert "Problems" not in ran.err


def _with_hidden_rows(path: Path) -> Path:
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("People")
    for number, name in enumerate(["Name", "Ana", "Ben", "Cy"]):
        page.write(number, 0, name)
    page.set_row(2, None, None, {"hidden": True})
    book.close()
    return path


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Row 3 is hidden in Excel, but a video would still be made"),
        (("--visible-only",), "Row 3 is hidden in Excel, and will be skipped"),
    ],
    ids=["included", "left out"],
)
def test_hidden_rows_are_reported(
    castmerge: Castmerge, tmp_path: Path, make_template: MakeTemplate, options: tuple[str, ...], message: str
) -> None:
    """The message says whether they are included or left out."""
    book = _with_hidden_rows(tmp_path / "hidden.xlsx")
    assert message in castmerge("check", book, "-t", make_template(), *options).err


def test_names_in_conditions_and_key_columns_count_as_used(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """A name from --set may be used in --where, and a column may be a key."""
    book, template = make_workbook([["Name", "Photo"], ["Ana", "a"]]), make_template()
    output = _check(
        castmerge, book, "-t", template, "--set", "wanted=Ana", "--set", "saeson=x", "--key", "photo"
    )
    assert [each["place"] for each in output["warnings"]] == ["--set wanted", "--set saeson"]
    options = ("--set", "wanted=Ana", "--where", "name == wanted", "--key", "photo")
    assert _check(castmerge, book, "-t", template, *options)["warnings"] == []


def test_run_prints_the_number_of_warnings_before_it_asks(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """The user can look at them first."""
    book = make_workbook([["Name"], ["nan"]])
    ran = castmerge("run", book, "-t", make_template(), "--no-input")
    assert ran.code == 2
    assert "  1 warning. To see it, run: castmerge check " in ran.err


def test_run_names_a_row_of_totals_before_it_asks(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """Its video would be for nobody, so a count of warnings isn't enough."""
    book = make_workbook([["Name", "Amount"], ["Ana", 10], ["Ben", 20], ["Cid", 30], ["Total", 60]])
    ran = castmerge("run", book, "-t", make_template(), "--no-input")
    assert "  People!A5:B5: This row looks like a total of the rows above it" in ran.err


def test_a_project_in_json_text_is_checked_the_same_way(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """The cell that contains the words is found; a missing value is a problem of the row."""
    book = make_workbook([["Name", "Way"], ["nan", "portrait"], ["Ben", "square"]])
    template = make_template("<p>Hello {{ name }}</p>", "x.json.j2")
    source = template.read_text(encoding="utf-8").replace('"landscape"', '"{{ way }}"')
    template.write_text(source, encoding="utf-8")
    output = _check(castmerge, book, "-t", template)
    assert [each["place"] for each in output["warnings"]] == ["People!A2"]
    assert [(each["row"], each["path"], each["hint"]) for each in output["problems"]] == [
        (3, "x.json.j2, $.orientation", "Use landscape or portrait")
    ]


def test_problems_are_grouped_and_the_most_frequent_come_first() -> None:
    """A message has one line, a kind has at most five lines, and a hint is printed once."""
    problems = [RowProblem(Problem("no such thing", hint="Think"), 3)]
    problems += [
        RowProblem(Problem(f"“{n}” isn't a web address", f"A!B{n}", "Fix it"), n) for n in range(4, 11)
    ]
    assert list(problem_lines(problems)) == [
        "8 rows have problems and won't be submitted:",
        *(f"  A!B{n}: “{n}” isn't a web address." for n in range(4, 9)),
        "  … and 2 more of this kind",
        "    Fix it.",
        "  row 3: No such thing.",
        "    Think.",
    ]


def test_one_message_in_many_cells_is_one_line() -> None:
    """The line lists the first five cells."""
    problems = [RowProblem(Problem("It is blank", f"A!B{n}", path="$.name"), n) for n in range(4, 11)]
    assert list(problem_lines(problems))[1:] == [
        "  A!B4, A!B5, A!B6, A!B7, A!B8 and 2 more: It is blank.",
        "    In the template: Name of the video.",
    ]


def test_only_twenty_kinds_of_problems_are_printed() -> None:
    """The rest is in the JSON."""
    problems = [RowProblem(Problem(f"it is {'x' * n}"), n) for n in range(1, 23)]
    lines = list(problem_lines(problems))
    assert lines[-1] == "  … and more. To see all of them, add --json."
    assert len(lines) == 22


def test_warnings_name_rows_if_no_cell_is_known() -> None:
    """A warning about the template is printed once for all of its rows."""
    rows = tuple(range(2, 14))
    overlap = RowWarning(WarningKind.LAYER, "$.scenes[0]", "they lie over each other", "Move one", rows=rows)
    at_cell = RowWarning(WarningKind.TEXT_FIT, "A!B2", "it may not fit", "Shorten it!", rows=(2,))
    lines = list(warning_lines([overlap, at_cell]))
    assert lines == [
        "2 warnings. You can go ahead, but look at them first:",
        "  A!B2: It may not fit.",
        "    Shorten it!",
        "  Scene 1: They lie over each other (12 rows: 2, 3, 4, 5, 6, 7, 8, 9, …).",
        "    Move one.",
    ]


def test_rows_out_of_order_are_refused(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """Results couldn't be written into such a sheet, so the check stops before it renders any row."""
    people, mixed = make_workbook([["Name"], ["Ana"], ["Ben"]]), tmp_path / "mixed.xlsx"
    with ZipFile(people) as old, ZipFile(mixed, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if part == "xl/worksheets/sheet1.xml":
                content = re.sub(rb'(<row r="2".*?</row>)(<row r="3".*?</row>)', rb"\2\1", content)
            new.writestr(part, content)
    ran = castmerge("check", mixed, "-t", make_template("<p>{{ name }}</p>"), "--json")
    assert ran.code == 2
    assert "rows are out of order" in ran.err


def test_many_rows_with_one_problem_are_one_line(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """All are counted, five are listed, and the JSON has every one."""
    rows: Rows = [["ID", "Name"]]
    rows += [[number, ""] for number in range(300)]
    people = make_workbook(rows)
    ran = castmerge("check", people, "-t", make_template("<p>{{ name }}</p>"), "--key", "ID", "--json")
    assert "People!B2, People!B3, People!B4, People!B5, People!B6 and 295 more: “Name” is blank." in ran.err
    assert [each["row"] for each in json.loads(ran.out)["problems"]] == list(range(2, 302))


def test_many_rows_with_one_key_list_five_others(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """A key column that is the same everywhere doesn't list all rows in each problem."""
    rows: Rows = [["Country", "Name"]]
    rows += [["Spain", f"Person {number}"] for number in range(400)]
    people, template = make_workbook(rows), make_template("<p>{{ name }}</p>")
    problems = _check(castmerge, people, "-t", template, "--key", "Country")["problems"]
    assert len(problems) == 400
    assert problems[0]["message"] == "rows 3, 4, 5, 6, 7 have the same Country"


def test_every_kind_of_warning_is_in_the_schema() -> None:
    """Programs that read the JSON can know every kind."""
    schema = json.loads(schema_text("summary"))
    kinds = schema["properties"]["warnings"]["items"]["properties"]["kind"]["enum"]
    assert kinds == [str(kind) for kind in WarningKind]


def test_an_unknown_language_stops_the_check(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """It is reported before any row is rendered."""
    book, template = make_workbook([["Name"], ["Ana"]]), make_template()
    ran = castmerge("check", book, "-t", template, "--locale", "xx_YY")
    assert ran.code == 2
    assert "--locale: castmerge doesn't recognize the language “xx_YY”" in ran.err
    assert castmerge("check", book, "-t", template, "--locale", "de_DE").code == 0


@pytest.mark.parametrize(
    ("script", "place"),
    [
        pytest.param("{{ name }} {{ due | date }}", "People!B2", id="value"),
        pytest.param("{{ name }} {{ count | date(locale=language) }}", "People!C2", id="language"),
        pytest.param("{{ name }} {{ plural(due, 'day') }}", "People!B2", id="function"),
        pytest.param("{{ name }} {{ (due ~ 'x') | date }}", "row 2", id="neither"),
    ],
)
def test_an_unreadable_value_is_reported_with_its_cell(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, script: str, place: str
) -> None:
    """If a script uses several cells, it is the one that was passed to the filter."""
    rows: Rows = [["Name", "Due", "Language", "Count"]]
    rows.append(["Ana", "01/02/2026", "Klingon", 45000])
    template = make_template(f"<p>{script}</p>")
    [problem] = _check(castmerge, make_workbook(rows), "-t", template)["problems"]
    assert problem["place"] == place


def test_the_pronunciation_sheet_is_not_mistaken_for_the_data(
    castmerge: Castmerge, tmp_path: Path, make_template: MakeTemplate
) -> None:
    """Its position doesn't matter; it is only read as data if it is named."""
    path = tmp_path / "said.xlsx"
    book = xlsxwriter.Workbook(str(path))
    for name, rows in (("pronunciation", [["SQL", "sequel"], ["x", "y"]]), ("Data", [["Name"], ["SQL"]])):
        page = book.add_worksheet(name)
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    book.close()
    template = make_template("<p>{{ name }}</p>")
    ran = castmerge("check", path, "-t", template)
    assert ran.code == 0
    assert "said.xlsx, sheet Data: 1 row" in ran.err
    assert castmerge("check", path, "-t", template, "--sheet", "pronunciation").code == 2


@pytest.mark.parametrize(
    ("address", "code", "message"),
    [
        pytest.param("bg.png", 0, "", id="of-the-project"),
        pytest.param("https://cdn.example.com/bg.png", 0, "", id="web"),
        pytest.param("C:/bg.png", 2, "stored on a computer", id="disk"),
        pytest.param("http://localhost/bg.png", 2, "inside a company", id="this computer"),
        pytest.param("{{ photo }}", 1, "“nowhere” isn't a web address", id="of-the-row"),
    ],
)
def test_a_url_in_a_jinja_template_is_reported_once(
    castmerge: Castmerge, make_workbook: MakeWorkbook, tmp_path: Path, address: str, code: int, message: str
) -> None:
    """A URL that is the same in every row is checked once, like in a saved project."""
    template = tmp_path / "t.json.j2"
    template.write_text(
        '{"name": "x", "scenes": [{"background": {"source_type": "image", "source_url": "'
        + address
        + '"}, "clips": [{"type": "aiModel", "script": {"org": "<p>{{ name }}</p>"}, '
        + '"model": {"ai_name": "M1", "emotion": "B1"}}]}]}',
        encoding="utf-8",
    )
    ran = castmerge("check", make_workbook([["Name", "Photo"], ["Ana", "nowhere"]]), "-t", template)
    assert ran.code == code
    assert message in ran.err


def test_a_template_without_placeholders_is_a_problem_unless_confirmed(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """Several rows would get the same video; a single row, or a confirmation, is accepted."""
    book, template = make_workbook([["Name"], ["Ana"], ["Ben"], ["Cy"]]), make_template("<p>Hello you.</p>")
    template.write_text(template.read_text(encoding="utf-8").replace("{{ name }}", "x"), encoding="utf-8")
    stopped = castmerge("run", book, "-t", template, "--simulate", "--yes")
    assert stopped.code == 2
    assert "so all 3 videos would be the same" in stopped.err
    assert "{{ Name }}" in stopped.err
    assert "--same-video" in stopped.err
    assert castmerge("check", book, "-t", template, "--same-video").code == 0
    assert castmerge("check", book, "-t", template, "--rows", "2").code == 0
    assert castmerge("check", book, "-t", template, "--limit", "1").code == 0
