from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import WorkbookError
from merge.input.csv.changes import Changes, CsvRow, find_changes
from merge.input.csv.encoding import decode
from merge.input.csv.parse import number_columns, parse_table, plain_number

PLACE = "people.csv"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        pytest.param("Name,Zip\nAna,02110\n", [("Name", "Zip"), ("Ana", "02110")], id="commas"),
        pytest.param("Name;Price\r\nAna;1,50\r\n", [("Name", "Price"), ("Ana", "1,50")], id="semicolons"),
        pytest.param("Name\tAge\rAna\t3\r", [("Name", "Age"), ("Ana", "3")], id="tabs, old Mac line ends"),
        pytest.param("Name|Age\nAna|3", [("Name", "Age"), ("Ana", "3")], id="bars, no final line end"),
        pytest.param('A,B\n"2\nlines, ""1"" x",x\n', [("A", "B"), ('2\nlines, "1" x', "x")], id="BOM"),
        pytest.param("sep=;\nA;B\n1;2,3,4\n", [("A", "B"), ("1", "2,3,4")], id="Excel's sep= line"),
        pytest.param("A,B\n\n1,2\n\n\n", [("A", "B"), (), ("1", "2")], id="blank lines"),
        pytest.param("A,B,C\n1\n1,2,3,4\n", [("A", "B", "C"), ("1",), ("1", "2", "3", "4")], id="ragged"),
        pytest.param("A,B\n,\n", [("A", "B")], id="only commas"),
        pytest.param("Name\nAna\n", [("Name",), ("Ana",)], id="one column"),
        pytest.param('A;B\nx;"a, b, c"\ny;d, e\n', [("A", "B"), ("x", "a, b, c"), ("y", "d, e")], id="mixed"),
        pytest.param('A,B\n"x" y,2\n', [("A", "B"), ("x y", "2")], id="letters after a quotation mark"),
        pytest.param('A, B\nx, "Boston, MA"\n', [("A", "B"), ("x", "Boston, MA")], id="quoted after a space"),
        pytest.param("A,B\nx, y\n", [("A", "B"), ("x", " y")], id="a value after a space"),
        pytest.param("A,B\r\n1,2\r\n\x1a", [("A", "B"), ("1", "2")], id="a DOS end-of-file mark"),
        pytest.param("A,B\r\n1,2\x1a\x1a\x1a", [("A", "B"), ("1", "2")], id="end-of-file marks"),
        pytest.param("A,B\n1,\x1ax\n", [("A", "B"), ("1", "\x1ax")], id="the same letter inside"),
    ],
)  # fmt: skip
def test_text_is_read_as_written(text: str, rows: list[tuple[str, ...]]) -> None:
    """The delimiter is detected, line ends and quotation marks are understood, and fields stay text."""
    assert parse_table(text, PLACE).rows == tuple(rows)


def test_the_file_extension_selects_tabs() -> None:
    """A .tsv file of texts with commas may have as many commas as tabs."""
    text = "Name\tGreeting\nHi, Ana\tx\n"
    assert parse_table(text, PLACE, tabs=True).delimiter == "\t"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "this file is empty", id="empty"),
        pytest.param(b"\r\n \n", "this file is empty", id="only spaces"),
        pytest.param(b"\x1a", "this file is empty", id="an end-of-file mark"),
        pytest.param(b"\xef\xbb\xbf\n\n", "this file is empty", id="only a byte order mark"),
        pytest.param(b",,\n,,\n", "this file is empty", id="only delimiters"),
        pytest.param(b'A,B\n1,2\n3,"open\n5,6\n', "in line 3 is never closed", id="an open quotation mark"),
        pytest.param(b'A\n"' + b"x" * 200_000, "in line 2 is never closed", id="a very long one"),
        pytest.param(b"PK\x03\x04\0\0", "Excel workbook or another zip", id="a workbook"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel workbook", id="an old workbook"),
        pytest.param(b"%PDF-1.7\n", "a PDF", id="a PDF"),
        pytest.param(b"\n<html><table>", "web page", id="a web page"),
        pytest.param(b'{"url": "x"}', "JSON", id="JSON"),
        pytest.param(b"A\n" + b"x" * 32_768, "longer than a cell", id="a long text"),
        pytest.param(b"A\n" + b"x" * 200_000, "text in row 2 is longer than a cell", id="a very long text"),
        pytest.param(b"A\n" + b"x\n" * 1_048_576, "more rows or columns", id="too many rows"),
        pytest.param(b"," * 16_384 + b"x", "more rows or columns", id="too many columns"),
    ],
)  # fmt: skip
def test_files_that_are_not_tables_are_refused(data: bytes, reason: str) -> None:
    """Each refusal has a reason, a place and a hint."""
    with pytest.raises(WorkbookError, match=reason) as caught:
        parse_table(decode(data, PLACE).text, PLACE)
    assert (caught.value.place, bool(caught.value.hint)) == (PLACE, True)


FIELDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0\x1a\x1b"), max_size=8)
TABLES = st.lists(st.lists(FIELDS, min_size=2, max_size=2), min_size=3, max_size=6).map(
    lambda rows: [["Name", "Age"], *rows]
)


@given(TABLES, st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_files_of_other_programs_are_read(rows: list[list[str]], delimiter: str, encoding: str) -> None:
    """Every field is read back unchanged, whatever it contains."""
    made = io.StringIO()
    csv.writer(made, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    data = f"sep={delimiter}\r\n{made.getvalue()}".encode(encoding)
    expected = [tuple(row) if any(row) else () for row in rows]
    while not expected[-1]:
        expected.pop()
    assert parse_table(decode(data, PLACE).text, PLACE).rows == tuple(expected)


@given(st.text(max_size=300))
def test_any_text_is_a_table_or_refused(text: str) -> None:
    """The only error is a WorkbookError, and every table has a row."""
    try:
        table = parse_table(text, PLACE)
    except WorkbookError as error:
        refused = error
    else:
        assert table.rows
        return
    assert refused.hint


@pytest.mark.parametrize("text", ["0", "7", "-12", "1200", "15.5", "99999999999"])
def test_plain_numbers_become_numbers(text: str) -> None:
    """Text that Excel would show unchanged as a number is a number."""
    assert str(plain_number(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "007",
        "1.50",
        "1,200",
        "$5",
        "5 %",
        "1e5",
        "+1",
        "-0",
        "12345678901234567",
        "12/1/2026",
        ".5",
        "٣",
        "NaN",
    ],
)
def test_everything_else_stays_text(text: str) -> None:
    """Leading zeros, dates, money and long ids stay as written."""
    assert plain_number(text) is None


def test_a_column_has_only_numbers_or_only_text() -> None:
    """One id with a leading zero makes all of them text; blanks don't matter."""
    assert number_columns([("1", "02110", ""), ("", "10001", ""), ("2.5", "7")]) == {1}


def rows(*people: str, made: str = "") -> list[CsvRow]:
    """Rows written as `Ana/Gold`; those in `made` have a video."""
    return [
        CsvRow(number, dict(zip(("name", "plan"), person.split("/"), strict=True)), person[0] in made)
        for number, person in enumerate(people, start=2)
    ]


COLUMNS = ("name", "plan")


def amounts(changes: Changes) -> tuple[int, ...]:
    """The numbers of edited, added, removed, kept and conflicting rows."""
    found = (changes.edited, changes.added, changes.gone, changes.kept, changes.disputed)
    return tuple(map(len, found))


def test_order_does_not_matter() -> None:
    """Identical rows are the same rows."""
    changes = find_changes(rows("Ana/Gold", "Ben/Silver"), rows("Ben/Silver", "Ana/Gold"), None, COLUMNS)
    assert {number: row.values["name"] for number, row in changes.same.items()} == {2: "Ana", 3: "Ben"}
    assert amounts(changes) == (0, 0, 0, 0, 0)


def test_new_edited_and_removed_rows_are_distinguished() -> None:
    """An edited row is matched by the first column whose values all differ; rows with a video are kept."""
    known = rows("Ana/Gold", "Ben/Silver", "Cem/Gold", "Dora/Gold", made="AC")
    now = rows("Eva/Gold", "Ana/Silver", "Ben/Silver")
    changes = find_changes(known, now, known, COLUMNS)
    assert {number: dict(row.values) for number, row in changes.edited.items()} == {
        2: {"name": "Ana", "plan": "Silver"}
    }
    assert [row.values["name"] for row in changes.added] == ["Eva"]
    assert (changes.gone, changes.kept) == ((5,), (4,))


def test_a_key_distinguishes_rows_with_the_same_name() -> None:
    """Only the key columns are compared."""
    known = rows("Ana/Gold", "Ana/Silver", "Ben/Silver")
    now = rows("Eva/Gold", "Ana/Silver", "Ben/Silver")
    assert find_changes(known, now, known, COLUMNS, ("plan",)).edited.keys() == {2}
    assert [row.number for row in find_changes(known, now, known, COLUMNS).added] == [2]


def test_edits_in_the_workbook_are_kept() -> None:
    """Rows that are unchanged in the CSV file keep their state in the workbook: edited, deleted, or added."""
    before = rows("Ana/Gold", "Ben/Silver", "Cem/Gold")
    known = rows("Ana/Platinum", "Ben/Silver", "Zoe/Gold")
    now = rows("Ana/Gold", "Ben/Silver", "Cem/Gold", "Dora/Gold")
    changes = find_changes(known, now, before, COLUMNS)
    assert [row.values["name"] for row in changes.added] == ["Dora"]
    assert amounts(changes) == (0, 1, 0, 0, 0)


def test_a_row_with_changed_leading_cells_is_matched_by_the_next() -> None:
    """Excel drops leading zeros when it saves a CSV file; no video is paid for twice because of that."""
    columns = ("id", "name", "due", "visits")

    def table(*people: str) -> list[CsvRow]:
        return [
            CsvRow(n, dict(zip(columns, it.split("/"), strict=True)), True) for n, it in enumerate(people)
        ]

    known = table("007/Ana/1-12/3", "008/Ben/2-12/3", "009/Cem/3-12/4")
    now = table("7/Ana/01-12/3", "8/Ben/02-12/3", "11/Cem/04-12/9")
    changes = find_changes(known, now, known, columns)
    assert {number: row.values["id"] for number, row in changes.edited.items()} == {0: "7", 1: "8"}
    assert ([row.values["id"] for row in changes.added], changes.kept) == (["11"], (2,))


def test_a_row_edited_in_both_files_is_a_conflict() -> None:
    """Neither edit takes precedence."""
    changes = find_changes(rows("Ana/Platinum"), rows("Ana/Silver"), rows("Ana/Gold"), COLUMNS)
    assert [(number, row.values["plan"]) for number, row in changes.disputed] == [(2, "Silver")]
    assert not changes.added


PEOPLE = st.lists(
    st.sampled_from(["Ana/Gold", "Ana/Silver", "Ben/Gold", "Cem/Gold", "Dora/Blue"]), max_size=6
)


@given(PEOPLE, PEOPLE, st.sets(st.sampled_from("ABCD")))
def test_after_an_update_nothing_is_left_to_do(old: list[str], new: list[str], made: set[str]) -> None:
    """The workbook has the CSV file's rows and the kept ones; no row with a video is removed."""
    known, now = rows(*old, made="".join(made)), rows(*new)
    changes = find_changes(known, now, known, COLUMNS)
    left = {row.number: row for row in known if row.number not in changes.gone}
    assert all(not row.made for row in known if row.number in changes.gone)
    updated = [
        CsvRow(number, {**changes.edited.get(number, row).values}, row.made) for number, row in left.items()
    ]
    added = [CsvRow(100 + row.number, row.values) for row in changes.added]
    again = find_changes([*updated, *added], now, now, COLUMNS)
    assert amounts(again) == (0, 0, 0, 0, 0)
    assert len(left) + len(added) == len(now) + len(changes.kept)
