"""Which cells are the data: Tables, lists, titles, and castmerge's own columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import ColumnError
from merge.model import Cell, CellKind, Scalar, SheetRow, TableRange, Worksheet
from merge.sheet.columns import data_rows
from merge.sheet.data_areas import Fit, choose_area, data_areas, find_header
from merge.sheet.result_columns import ResultHeaders
from merge.template.column_use import count_used, placeholder_blocks

OURS = ResultHeaders.with_prefix().all
Line = Sequence[Scalar | None]


def worksheet(
    lines: Sequence[Line] | Mapping[int, Line], tables: Sequence[TableRange] = (), name: str = "Data"
) -> Worksheet:
    """A worksheet with rows by number, or counted from 1; None is a missing cell."""
    numbered = lines if isinstance(lines, Mapping) else dict(enumerate(lines, start=1))
    rows = (
        SheetRow(number, {at: cell(value) for at, value in enumerate(line, start=1) if value is not None})
        for number, line in numbered.items()
    )
    return Worksheet("book.xlsx", name, tuple(row for row in rows if row.cells), tuple(tables))


def cell(value: Scalar) -> Cell:
    return Cell(CellKind.TEXT if isinstance(value, str) else CellKind.NUMBER, value)


def fit_for(template: str) -> Fit:
    """Count the columns that a template's text uses."""
    blocks = placeholder_blocks([template])
    return lambda header: count_used(blocks, header)


HELLO = fit_for("Hello {{ First Name }}, your {{ Plan }} plan")
CUSTOMERS = TableRange("Customers", 1, 3, 1, 2)
STAFF = TableRange("Staff", 1, 4, 4, 5)
SIDE_BY_SIDE: list[Line] = [
    ["First Name", "Plan", None, "First Name", "Desk"],
    ["Ann", "Gold", None, "Kim", 4],
    ["Bob", "Free", None, "Lee", 7],
    [None, None, None, "Max", 9],
]
PRICES = TableRange("Prices", 1, 3, 4, 5)


@pytest.mark.parametrize(
    ("sheet", "table", "row", "people"),
    [
        pytest.param(worksheet(SIDE_BY_SIDE, [CUSTOMERS, STAFF]), "Customers", 1, [2, 3], id="two Tables"),
        pytest.param(worksheet(SIDE_BY_SIDE, [STAFF, CUSTOMERS]), "Customers", 1, [2, 3], id="other order"),
        pytest.param(
            worksheet(
                [
                    ["First Name", "Plan", None, "Plan", "Price"],
                    ["Ann", "Gold", None, "Gold", 9],
                    ["Bob", "Free", None, "Free", 0],
                    ["Cem", "Gold"],
                ],
                [PRICES],
            ),
            "",
            1,
            [2, 3, 4],
            id="a list next to a lookup Table",
        ),
        pytest.param(
            worksheet(
                {
                    1: ["Plan", "Price"],
                    2: ["Gold", 9],
                    3: ["Free", 0],
                    6: ["First Name", "Plan"],
                    7: ["Ann", "Gold"],
                },
                [TableRange("Prices", 1, 3, 1, 2)],
            ),
            "",
            6,
            [7],
            id="a list below a lookup Table",
        ),
        pytest.param(
            worksheet(
                {
                    1: ["First Name", "Plan"],
                    2: ["Ann", "Gold"],
                    5: ["Plan", "Price"],
                    6: ["Gold", 9],
                },
                [TableRange("Prices", 5, 6, 1, 2)],
            ),
            "",
            1,
            [2],
            id="a list above a lookup Table",
        ),
        pytest.param(
            worksheet([["Customers", "March 2026"], ["First Name", "Plan"], ["Ann", "Gold"]]),
            "",
            2,
            [3],
            id="a title of two cells",
        ),
        pytest.param(
            worksheet([["Made by", "Kim"], ["On", "Monday"], ["First Name", "Plan"], ["Ann", "Gold"]]),
            "",
            3,
            [4],
            id="two rows of labels",
        ),
        pytest.param(
            worksheet([["First Name", "Plan", 2025, 2026], ["Ann", "Gold", 1, 2]]),
            "",
            1,
            [2],
            id="years among the headers",
        ),
        pytest.param(worksheet([["First Name", "Plan"]]), "", 1, [], id="headers without rows"),
        pytest.param(
            worksheet([["FIRST\u00a0 name\n", " plan\u200b"], ["Ann", "Gold"]]), "", 1, [2], id="stray spaces"
        ),
        pytest.param(
            worksheet(
                [["First Name", "Plan"], ["Ann", "Gold"], ["Bob", "Free"], ["Total", 2]],
                [TableRange("T", 1, 4, 1, 2, totals_rows=1)],
            ),
            "T",
            1,
            [2, 3],
            id="a total row of a Table",
        ),
        pytest.param(
            worksheet(
                {1: ["First Name", "Plan"], 2: ["Ann", "Gold"], 4: ["Total", 1]},
                [TableRange("T", 1, 2, 1, 2)],
            ),
            "T",
            1,
            [2],
            id="a total below a Table",
        ),
    ],
)
def test_the_data_is_where_the_templates_columns_are(
    sheet: Worksheet, table: str, row: int, people: list[int]
) -> None:
    """The Table or list that has the template's columns is the data, limited to its own rows."""
    header = find_header(sheet, ignored=OURS, fit=HELLO)
    assert (header.table, header.row) == (table, row)
    assert [each.number for each in data_rows(sheet.rows, header)] == people


def with_results(sheet: Worksheet, row: int, first: int, last_row: int) -> Worksheet:
    """The sheet after castmerge has written its columns, starting at column `first`."""
    rows = {each.number: dict(each.cells) for each in sheet.rows}
    for number in range(row, last_row + 1):
        texts = OURS if number == row else ("6a1f", "Complete", "Watch video", "A note", "x")
        rows.setdefault(number, {}).update(
            {first + at: Cell(CellKind.TEXT, text) for at, text in enumerate(texts)}
        )
    return replace(sheet, rows=tuple(SheetRow(number, cells) for number, cells in sorted(rows.items())))


@pytest.mark.parametrize(
    "sheet",
    [
        pytest.param(worksheet(SIDE_BY_SIDE, [CUSTOMERS, STAFF]), id="two Tables"),
        pytest.param(
            worksheet([["List", "March"], ["First Name", "Plan"], ["Ann", "Gold"], ["Bob", "Free"]]),
            id="a title of two cells",
        ),
        pytest.param(worksheet([["First Name"], ["Ann"], ["Bob"]]), id="one column"),
        pytest.param(
            worksheet(
                [["First Name", "Plan", None, "Plan", "Price"], ["Ann", "Gold", None, "Gold", 9]], [PRICES]
            ),
            id="a list next to a Table",
        ),
    ],
)
@pytest.mark.parametrize("fit", [HELLO, None], ids=["by the template", "without a template"])
def test_own_columns_never_influence_the_choice(sheet: Worksheet, fit: Fit | None) -> None:
    """The sheet is read the same way before and after results are written to its right."""
    before = find_header(sheet, ignored=OURS, fit=fit)
    after = find_header(
        with_results(sheet, before.row, 7, before.row + 2), ignored=OURS, fit=fit
    )  # fmt: skip
    results = [column.header for column in after.columns if column.header in OURS]
    assert results == list(OURS)
    kept = tuple(column for column in after.columns if column.header not in OURS)
    assert replace(after, columns=kept) == before


def test_results_within_another_table_belong_to_that_table() -> None:
    """A Table's result columns aren't mistaken for those of the Table next to it."""
    lines: list[Line] = [["First Name", "Plan", None, "Name", "Video ID"], ["Ann", "Gold", None, "Kim", "6a"]]
    sheet = worksheet(lines, [TableRange("Customers", 1, 2, 1, 2), TableRange("Staff", 1, 2, 4, 5)])
    assert [each.header for each in find_header(sheet, ignored=OURS, fit=HELLO).columns] == [
        "First Name",
        "Plan",
    ]


def test_an_ambiguous_sheet_names_its_candidates() -> None:
    """Tables are listed with --table, and the list with its sheet and header row."""
    lines: list[Line] = [
        ["First Name", "Plan", None, "First Name", "Plan", None, "First Name", "Plan"],
        ["Ann", "Gold", None, "Kim", "Free", None, "Lee", "Gold"],
    ]
    tables = [TableRange("Customers", 1, 2, 1, 2), TableRange("New Staff", 1, 2, 4, 5)]
    with pytest.raises(ColumnError, match="the template's columns are in 3 places") as caught:
        find_header(worksheet(lines, tables), fit=HELLO)
    assert caught.value.hint.splitlines() == [
        "Add one of these to the command:",
        "  --table Customers for the Table Customers at A1:B2 in the sheet “Data”",
        '  --table "New Staff" for the Table New Staff at D1:E2 in the sheet “Data”',
        "  --sheet Data --header-row 1 for the list at G1:H1 in the sheet “Data”",
    ]
    assert find_header(worksheet(lines, tables), fit=HELLO, table="new staff").columns[0].number == 4
    assert find_header(worksheet(lines, tables), fit=HELLO, header_row=1).columns[0].number == 7


def test_a_table_with_rows_wins_over_an_empty_one() -> None:
    """An empty copy of the list is never the data."""
    lines: list[Line] = [
        ["First Name", "Plan", None, "First Name", "Plan"],
        [None, None, None, "Kim", "Free"],
    ]
    tables = [TableRange("Empty", 1, 2, 1, 2), TableRange("Full", 1, 2, 4, 5)]
    assert find_header(worksheet(lines, tables), fit=HELLO).table == "Full"


def test_the_table_of_the_last_run_is_chosen_again() -> None:
    """Later commands find the same data even if other Tables have gained the same columns."""
    areas = data_areas(worksheet(SIDE_BY_SIDE, [CUSTOMERS, STAFF]), fit=fit_for("{{ First Name }}"))
    for table in ("Customers", "Staff"):
        assert choose_area(areas, table=table, place="Data").header.table == table


def test_an_unknown_table_is_reported_with_the_existing_ones() -> None:
    """The error lists the Tables and suggests the most similar name."""
    with pytest.raises(ColumnError, match="there's no Excel Table “Custmers”") as caught:
        find_header(worksheet(SIDE_BY_SIDE, [CUSTOMERS, STAFF]), table="Custmers")
    assert caught.value.hint == (
        "Did you mean --table Customers? The Tables are: Customers (sheet “Data”), Staff (sheet “Data”)."
    )


def test_a_table_without_a_header_row_is_refused_by_name() -> None:
    """The error says how to turn on its header row."""
    sheet = worksheet(SIDE_BY_SIDE, [replace(CUSTOMERS, header_rows=0)])
    with pytest.raises(ColumnError, match="the Table Customers has no header row"):
        find_header(sheet, table="Customers")


@given(
    st.permutations(["First Name", "Plan", "City", "Notes"]),
    st.lists(st.sampled_from([["Spring", "2026"], ["Made by", "Kim", "Lee"], ["Our list"], []]), max_size=3),
    st.integers(1, 5),
)
def test_titles_of_any_width_never_hide_the_templates_columns(
    names: list[str], titles: list[list[str]], count: int
) -> None:
    """The header is found below any titles, because the template uses its names."""
    lines = [*titles, names, *(["Ann", "Gold", "Rome", "x"] for _ in range(count))]
    assert find_header(worksheet(lines), ignored=OURS, fit=HELLO).row == len(titles) + 1


@pytest.mark.parametrize(
    ("template", "count"),
    [
        pytest.param(
            "{{ First Name }} {{ first_name }} {{ row.first_name }}", 1, id="one column, three ways"
        ),
        pytest.param(
            '{{ row["First Name"] | upper }} {% if Plan == "City" %}x{% endif %}', 2, id="statements"
        ),
        pytest.param("{<b>{ Plan }</b>} { City } {{ nothing }}", 1, id="an editor's tags, lone braces"),
        pytest.param("{{ Frist Name }} {{ plan | default(city) }}", 2, id="next to an unknown header"),
        pytest.param("no placeholder", 0, id="none"),
    ],
)
def test_the_columns_that_a_template_uses_are_counted(template: str, count: int) -> None:
    """Headers are counted in every spelling that templates allow, even if the template can't be parsed."""
    header = find_header(worksheet([["First Name", "Plan", "City"], ["Ann", "Gold", "Rome"]]))
    assert fit_for(template)(header) == count
