import unicodedata
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined

from merge.errors import ColumnError
from merge.model import Cell, CellKind, MergedRange, Scalar, SheetRow, TableRange, Worksheet
from merge.sheet.columns import (
    Column,
    Header,
    address,
    data_rows,
    find_column,
    identifier,
    is_blank,
    normalize,
    require_distinct,
    suggest,
)
from merge.sheet.data_areas import find_header

Line = Sequence[Scalar | None]


def cell(value: Scalar) -> Cell:
    match value:
        case bool():
            return Cell(CellKind.BOOLEAN, value)
        case str() if value.startswith("#"):
            return Cell(CellKind.ERROR, value)
        case str():
            return Cell(CellKind.TEXT, value)
        case _:
            return Cell(CellKind.NUMBER, value)


def worksheet(
    lines: Mapping[int, Line] | Sequence[Line],
    *,
    tables: tuple[TableRange, ...] = (),
    merges: tuple[MergedRange, ...] = (),
) -> Worksheet:
    """A worksheet with rows by number, or counted from 1; None is a missing cell."""
    numbered = lines if isinstance(lines, Mapping) else dict(enumerate(lines, start=1))
    rows = (
        SheetRow(number, {at: cell(value) for at, value in enumerate(line, start=1) if value is not None})
        for number, line in numbered.items()
    )
    return Worksheet("book.xlsx", "Sheet1", tuple(row for row in rows if row.cells), tables, merges)


def headers(header: Header) -> list[str]:
    return [column.header for column in header.columns]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("First Name", "first name", id="case"),
        pytest.param("  First\n Name\t", "first name", id="line break"),
        pytest.param("First\u00a0\u00a0Name", "first name", id="non-breaking spaces"),
        pytest.param("First\u200bName\ufeff", "firstname", id="zero width"),
        pytest.param("\uff26\uff29rst\u3000Name", "first name", id="full width"),
        pytest.param("e\u0301te\u0301", "\u00e9t\u00e9", id="composed"),
        pytest.param("STRASSE", "strasse", id="upper sharp s"),
        pytest.param("Straße", "strasse", id="sharp s"),
        pytest.param(unicodedata.normalize("NFD", "이름"), "이름", id="decomposed Hangul"),
        pytest.param(" \n ", "", id="blank"),
    ],
)
def test_headers_are_compared_without_case_and_extra_spaces(header: str, expected: str) -> None:
    """Differences that people can't see, or don't care about, are ignored."""
    assert normalize(header) == expected


@given(st.text())
def test_normalizing_twice_changes_nothing(header: str) -> None:
    """A normalized header is left as is."""
    assert normalize(normalize(header)) == normalize(header)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("First Name", "first_name", id="two words"),
        pytest.param("First-Name", "first_name", id="hyphen"),
        pytest.param("Price (USD)", "price_usd", id="brackets"),
        pytest.param("이름", "이름", id="Korean"),
        pytest.param("客户 名称", "客户_名称", id="Chinese"),
        pytest.param("2026 Price", "_2026_price", id="digit first"),
        pytest.param("__Total__", "total", id="underscores"),
        pytest.param("Class", "class_", id="Python keyword"),
        pytest.param("None", "none_", id="Jinja keyword"),
        pytest.param("Row", "row_", id="template variable"),
        pytest.param("#", "_", id="no valid character"),
        pytest.param("E-mail", "e_mail", id="e-mail"),
        pytest.param("Company’s name", "company_s_name", id="apostrophe"),
        pytest.param("A\U0001cf00", "a", id="letter that Jinja doesn't know"),
    ],
)
def test_a_header_has_an_identifier(header: str, expected: str) -> None:
    """A template can write each header as one word."""
    assert identifier(header) == expected


@given(st.text())
def test_every_identifier_works_in_a_template(header: str) -> None:
    """Jinja finds the value of any header by its identifier."""
    name = identifier(header)
    assert name.isidentifier()
    assert identifier(name) == name
    environment = Environment(undefined=StrictUndefined, autoescape=True)
    assert environment.from_string(f"{{{{ {name} }}}}").render({name: "found"}) == "found"


@pytest.mark.parametrize(
    ("column", "row", "expected"),
    [
        (1, 1, "A1"),
        (26, 9, "Z9"),
        (27, 1, "AA1"),
        (702, 2, "ZZ2"),
        (703, 3, "AAA3"),
        (16384, 1048576, "XFD1048576"),
    ],
)
def test_cells_are_named_like_in_excel(column: int, row: int, expected: str) -> None:
    """Columns go from A to Z, AA to ZZ, and AAA to XFD."""
    assert address(column, row) == expected


@pytest.mark.parametrize(
    ("held", "blank"),
    [
        pytest.param(None, True, id="no cell"),
        pytest.param(Cell(CellKind.TEXT, ""), True, id="empty text"),
        pytest.param(Cell(CellKind.TEXT, " \u00a0\u200b\n"), True, id="white space"),
        pytest.param(Cell(CellKind.TEXT, " a "), False, id="text"),
        pytest.param(Cell(CellKind.NUMBER, 0), False, id="zero"),
        pytest.param(Cell(CellKind.BOOLEAN, False), False, id="FALSE"),
        pytest.param(Cell(CellKind.UNCALCULATED, ""), False, id="never calculated"),
        pytest.param(Cell(CellKind.ERROR, "#N/A"), False, id="error"),
    ],
)
def test_cells_that_show_nothing_are_blank(held: Cell | None, blank: bool) -> None:
    """A missing cell and white space are blank; zero and FALSE aren't."""
    assert is_blank(held) is blank


NAMES: Line = ["ID", "First Name", "Plan", "Amount"]
ANN: Line = [1, "Ann", "Pro", 10.5]
BOB: Line = [2, "Bob", "Free", 0]
ALL_TEXT: list[Line] = [["Name", "Email", "Plan"], ["Ann", "a@x.org", "Pro"], ["Bob", "b@x.org", "Free"]]


def across(row: int, first: int, last: int) -> MergedRange:
    return MergedRange(row, row, first, last)


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        pytest.param(worksheet([NAMES, ANN, BOB]), 1, id="first row"),
        pytest.param(worksheet(ALL_TEXT), 1, id="all the data is text"),
        pytest.param(worksheet({4: NAMES, 5: ANN}), 4, id="blank rows above"),
        pytest.param(worksheet([NAMES, [None], ANN, [None], BOB]), 1, id="blank row beneath"),
        pytest.param(worksheet([["Our customers"], NAMES, ANN]), 2, id="title"),
        pytest.param(
            worksheet([["Our customers"], ["as of today"], [None], NAMES, ANN]), 4, id="title, subtitle"
        ),
        pytest.param(worksheet([["Region", "EMEA"], ["By", "Kim"], [None], *ALL_TEXT]), 4, id="labels above"),
        pytest.param(worksheet([["Made on", 45000], NAMES, ANN]), 2, id="a date above"),
        pytest.param(
            worksheet([["List"], [None], ["Name"], ["Ann"], ["Bob"]]), 3, id="one column with title"
        ),
        pytest.param(worksheet([["Name"], ["Ann"], ["Bob"]]), 1, id="one column"),
        pytest.param(worksheet([["Name"], [None], ["Ann"]]), 1, id="one column, blank row, one name"),
        pytest.param(worksheet([["Code"], [1], [2]]), 1, id="one column of numbers"),
        pytest.param(
            worksheet([["Our customers"], ["Name", "Plan"], ["Ann", "Pro"]], merges=(across(1, 1, 2),)),
            2,
            id="merged title above two columns",
        ),
        pytest.param(
            worksheet([["Who", None, "What", None], NAMES, ANN], merges=(across(1, 1, 2), across(1, 3, 4))),
            2,
            id="merged group headings",
        ),
        pytest.param(
            worksheet([["List"], ["Name"], ["Ann"]], merges=(across(1, 1, 3),)),
            2,
            id="merged title, one column",
        ),
        pytest.param(
            worksheet([["Name", "Plan"], ["Ann", "Pro", "a note"]]), 1, id="an unnamed column of notes"
        ),
        pytest.param(worksheet([["Name", " ", "Plan"], ["Ann", None, "Pro"]]), 1, id="a gap between columns"),
        pytest.param(
            worksheet({**{n: ["note", n] for n in range(1, 20)}, 20: NAMES, 21: ANN}), 20, id="row 20"
        ),
        pytest.param(
            worksheet([["Name", "Video ID", "Video Status"], ["Ann", "k1", "Complete"]]),
            1,
            id="result columns",
        ),
        pytest.param(
            worksheet([["Name", "Video ID", "Video URL", "Video Note"], ["Ann", "k1", "u", "n"], ["Bob"]]),
            1,
            id="more result columns than columns",
        ),
    ],
)
def test_the_header_row_is_found(sheet: Worksheet, expected: int) -> None:
    """The header is the first row of text above the data, below any titles."""
    header = find_header(sheet, ignored=("Video ID", "Video Status", "Video URL", "Video Note"))
    assert header.row == expected
    assert header.first_row == expected + 1
    assert header.last_row is None


def test_columns_are_named_and_numbered() -> None:
    """A column has a number, a header, a name and an identifier; a blank header doesn't make a column."""
    sheet = worksheet([[" First\nName ", None, "Price (USD)", "\u00a0"], ["Ann", "note", 3, "more"]])
    assert find_header(sheet).columns == (
        Column(1, "First\nName", "first name", "first_name"),
        Column(3, "Price (USD)", "price (usd)", "price_usd"),
    )


def test_a_header_merged_downwards_belongs_to_the_lower_row() -> None:
    """In a header of two rows, the lower row is the header, including cells merged down into it."""
    sheet = worksheet(
        [["Name", "Address", None], [None, "Street", "City"], ["Ann", "1 High St", "Bath"]],
        merges=(MergedRange(1, 2, 1, 1), across(1, 2, 3)),
    )
    header = find_header(sheet)
    assert header.row == 2
    assert headers(header) == ["Name", "Street", "City"]


def test_a_merge_without_a_value_adds_no_column() -> None:
    """Blank cells merged downwards aren't headers."""
    merges = (MergedRange(1, 2, 4, 4), MergedRange(3, 4, 5, 5))
    sheet = worksheet([["Title"], ["Name", "Plan"], ["Ann", "Pro"], ["Bob", "Free"]], merges=merges)
    assert headers(find_header(sheet)) == ["Name", "Plan"]


TABLE = TableRange("Customers", 3, 6, 2, 3, totals_rows=1)
TABLE_LINES: list[Line] = [
    ["Name", "Plan", "Old"],
    ["Eve", "Pro", "x"],
    ["left", "Who", "What", "Video ID", "right"],
    [None, "Ann", "Pro", "k1"],
    [None, "Bob", "Free"],
    [None, "Total", 2],
]


def test_the_header_of_a_table_is_used() -> None:
    """A Table has the header and limits the data, without totals; result columns next to it are found."""
    sheet = worksheet(TABLE_LINES, tables=(TABLE,))
    header = find_header(sheet, ignored=["video id"])
    assert (header.row, header.first_row, header.last_row) == (3, 4, 5)
    assert headers(header) == ["Who", "What", "Video ID"]
    assert [row.number for row in data_rows(sheet.rows, header, result_columns=["Video ID"])] == [4, 5]


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        pytest.param([TableRange("a", 1, 2, 1, 2), TableRange("b", 3, 6, 2, 3)], 3, id="the larger one"),
        pytest.param(
            [TableRange("b", 3, 4, 2, 3), TableRange("a", 1, 2, 1, 2)], 1, id="the upper of two equal ones"
        ),
        pytest.param([TableRange("a", 1, 9, 1, 9, header_rows=0), TABLE], 3, id="not one without a header"),
        pytest.param([TableRange("a", 1, 9, 1, 9, header_rows=0)], 1, id="search if none has a header"),
    ],
)
def test_one_of_several_tables_is_chosen(tables: list[TableRange], expected: int) -> None:
    """The largest Table with a header row is used; of equally large ones, the upper left one."""
    assert find_header(worksheet(TABLE_LINES, tables=tuple(tables))).row == expected


def test_a_requested_table_without_names_is_refused() -> None:
    """The error names a Table whose header row is blank; if it isn't requested, the list is used."""
    sheet = worksheet([["Name"], ["Ann"]], tables=(TABLE,))
    assert find_header(sheet).row == 1
    with pytest.raises(ColumnError, match="Table Customers has no column names in row 3"):
        find_header(sheet, table="Customers")


def test_two_columns_with_one_name_are_a_problem_only_if_used() -> None:
    """Two unused “Notes” columns are fine; the error names both cells."""
    header = find_header(worksheet([["Name", "Notes", "notes\n"], ["Ann", "Pro", "Lee"]]))
    assert find_column(header, "name") == header.columns[0]
    with pytest.raises(
        ColumnError, match=r"two columns have the same name: B1 \(“Notes”\) and C1 \(“notes”\)"
    ):
        find_column(header, "Notes")


@pytest.mark.parametrize(
    ("row", "expected", "last_row"),
    [
        pytest.param(1, ["Name", "Plan", "Old"], 2, id="the row of a list above the Table"),
        pytest.param(3, ["Who", "What"], 5, id="the Table's row"),
    ],
)
def test_the_given_row_is_used(row: int, expected: list[str], last_row: int | None) -> None:
    """A given header row of a list is used as is; a list ends above the Table below it."""
    header = find_header(worksheet(TABLE_LINES, tables=(TABLE,)), header_row=row)
    assert (header.row, headers(header), header.last_row) == (row, expected, last_row)


def test_the_given_row_of_a_table_keeps_its_bounds() -> None:
    """Naming the Table's own header row is the same as finding it."""
    table = TableRange("T", 1, 3, 1, 2, totals_rows=1)
    sheet = worksheet([["Name", "Plan"], ["Ann", "Pro"], ["Total", 1]], tables=(table,))
    assert find_header(sheet, header_row=1) == find_header(sheet)


def test_numbers_may_be_headers_if_the_row_is_given() -> None:
    """Years, errors and booleans are headers by their text."""
    sheet = worksheet([["Name", 2026, 1.5, True, "#REF!"], ["Ann", 1, 2, 3, 4]])
    header = find_header(sheet, header_row=1)
    assert headers(header) == ["Name", "2026", "1.5", "TRUE", "#REF!"]
    assert header.columns[1].identifier == "_2026"


@pytest.mark.parametrize(
    ("lines", "row", "message"),
    [
        pytest.param([], None, "the worksheet is empty", id="empty"),
        pytest.param([["Name", "Plan"]], None, "only row 1 has values", id="no data"),
        pytest.param([ANN, BOB], None, "the first 20 rows", id="no texts"),
        pytest.param([[n, "x"] for n in range(20)] + [NAMES, ANN], None, "the first 20 rows", id="too far"),
        pytest.param(
            [["Budget"], ["Name", 2025, 2026], ["Ann", 1, 2]],
            None,
            "can't find column names",
            id="years, title",
        ),
        pytest.param(
            [NAMES, ANN],
            7,
            "row 7 should be the header row (--header-row), but it's blank",
            id="named, missing",
        ),
        pytest.param(
            [[" "], NAMES],
            1,
            "row 1 should be the header row (--header-row), but it's blank",
            id="named, blank",
        ),
    ],
)
def test_a_missing_header_is_refused(lines: list[Line], row: int | None, message: str) -> None:
    """The error describes the search and names the sheet."""
    with pytest.raises(ColumnError) as caught:
        find_header(worksheet(lines), header_row=row)
    assert message in caught.value.message
    assert caught.value.place == "Sheet1"


def test_two_columns_with_one_name_are_refused_when_looked_up() -> None:
    """Unused columns may have any names; the error names the cells of both."""
    header = find_header(worksheet([["Name", "Notes", "notes\n"], ["Ann", "Pro", "Lee"]]))

    assert find_column(header, "Name") is not None
    with pytest.raises(ColumnError, match=r"same name: B1 .“Notes”. and C1 .“notes”."):
        find_column(header, "Notes")
    with pytest.raises(ColumnError, match="two columns have the same name"):
        require_distinct(header)


def test_the_error_names_the_option() -> None:
    """If no header is found, the hint is to give its row."""
    with pytest.raises(ColumnError) as caught:
        find_header(worksheet([ANN, BOB]))
    assert "--header-row 1" in caught.value.hint


def test_data_rows_skip_blank_rows() -> None:
    """Blank rows don't end the data; rows with only results, or only cells without a header, are blank."""
    sheet = worksheet(
        [
            ["Title"],
            ["Name", "Plan", "Video ID"],
            ["Ann", "Pro", "k1"],
            [" ", "\u00a0", "k2"],
            [None],
            ["Bob", None, None],
            [None, None, None, "a note"],
            [None, 0],
        ]
    )
    header = find_header(sheet, ignored=["Video ID"])
    assert header.row == 2
    assert [row.number for row in data_rows(sheet.rows, header, result_columns=["VIDEO  ID"])] == [3, 6, 8]
    assert [row.number for row in data_rows(sheet.rows, header, result_columns=[])] == [3, 4, 6, 8]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("First Name", 1, id="as is"),
        pytest.param(" first\u00a0 NAME\n", 1, id="other spaces and case"),
        pytest.param("first_name", 1, id="identifier"),
        pytest.param("First_Name", 1, id="identifier in another case"),
        pytest.param("Price (USD)", 2, id="header with brackets"),
        pytest.param("price_usd", 2, id="its identifier"),
        pytest.param("price", None, id="part of a header"),
        pytest.param("Tel-No", 3, id="exact, though its identifier is shared"),
        pytest.param("tel no", 4, id="the other one"),
    ],
)
def test_a_column_is_found_by_header_or_identifier(name: str, expected: int | None) -> None:
    """The exact header takes precedence over the identifier."""
    header = find_header(worksheet([["First Name", "Price (USD)", "Tel-No", "Tel No"], ["Ann", 1, 2, 3]]))
    column = find_column(header, name)
    assert (column.number if column else None) == expected


def test_a_shared_identifier_is_refused() -> None:
    """The error for an identifier of two columns names both cells and asks for the header itself."""
    header = find_header(worksheet([["Tel-No", "Tel No"], [1, 2]]))
    with pytest.raises(ColumnError, match=r"A1 \(“Tel-No”\) and B1 \(“Tel No”\)") as caught:
        find_column(header, "tel_no")
    assert "as it is in the workbook" in caught.value.hint


KNOWN = ["Customer ID", "First Name", "Last Name", "Plan", "Amount Due", "이름"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("FirstName", "First Name", id="joined"),
        pytest.param("first-name", "First Name", id="hyphen"),
        pytest.param("name_first", "First Name", id="order"),
        pytest.param("frist_name", "First Name", id="typing error"),
        pytest.param("lastnam", "Last Name", id="cut off"),
        pytest.param("amount", "Amount Due", id="first word"),
        pytest.param("이룸", None, id="too different"),
        pytest.param("colour", None, id="nothing similar"),
    ],
)
def test_the_most_similar_name_is_suggested(name: str, expected: str | None) -> None:
    """A misspelt name gets the header of the most similar column as a suggestion."""
    assert suggest(name, KNOWN) == expected


@given(st.lists(st.text(min_size=1), min_size=1))
def test_a_known_name_suggests_a_name_with_the_same_spelling(known: list[str]) -> None:
    """The suggestion for a known name is a known name with the same spelling."""
    found = suggest(known[-1], known)
    assert found is not None
    assert identifier(found).replace("_", "") == identifier(known[-1]).replace("_", "")


VALUES = st.none() | st.integers(0, 9) | st.sampled_from(["Ann", "Bob", "Plan", "plan ", " ", "#N/A"])
TITLES = st.lists(st.sampled_from(["Campaign", "Spring 2026", None]), max_size=4)


@given(st.lists(st.lists(VALUES, max_size=5), max_size=25), st.none() | st.integers(1, 9))
def test_any_sheet_has_headers_or_raises_an_error(lines: list[Line], row: int | None) -> None:
    """Any sheet is either refused or has headers that are text above its data."""
    sheet = worksheet(lines)
    try:
        header = find_header(sheet, header_row=row)
    except ColumnError:
        return
    names = [column.name for column in header.columns]
    assert names
    assert all(names)
    rows = list(data_rows(sheet.rows, header, result_columns=()))
    assert all(found.number > header.row for found in rows)


@given(TITLES, st.integers(3, 8), st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_titles_never_hide_the_header(titles: list[str | None], width: int, data: list[int]) -> None:
    """The header is found below any number of titles and blank rows."""
    names: Line = [f"Column {number}" for number in range(width)]
    lines: list[Line] = [[title] for title in titles]
    rows: list[Line] = [[value, *["text"] * (width - 1)] for value in data]
    assert find_header(worksheet([*lines, names, *rows])).row == len(titles) + 1
