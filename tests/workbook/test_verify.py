"""A new file is compared with the old workbook: a correct one passes, and any damage is detected."""

from __future__ import annotations

import re
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merge.errors import WorkbookError
from merge.model import Link, ResultValue
from merge.sheet.addresses import column_letters
from merge.workbook import open_package, write_columns
from merge.workbook.package.package import Package
from merge.workbook.package.zip_copy import Packed, pack, write_package
from merge.workbook.write.changed_parts import Built, build
from merge.workbook.write.column_plan import Request
from merge.workbook.write.compare_sheet import SheetComparison
from merge.workbook.write.excel_table import grown_table
from merge.workbook.write.soundness import refuse_unsound_table
from merge.workbook.write.verify import verify
from merge.workbook.xml.sheet_xml import SheetXml
from tests.support.paths import WORKBOOK_FOLDER
from tests.support.sample_workbooks import SHEET, SHEET_RELATIONS, grid, make, part, relations, sheet_xml

FOLDER = WORKBOOK_FOLDER
WORKBOOKS = sorted(FOLDER.glob("*.xls[xm]")) if FOLDER.is_dir() else []
HEADERS = ("Video ID", "Video Status", "Video URL", "Video Note", "Video Updated")
WHEN = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)

Rows = Mapping[int, Mapping[str, ResultValue]]


def write(path: Path, sheet: str, rows: Rows, columns: tuple[str, ...]) -> None:
    """Write, or be refused for a reason that isn't an internal error and without changing the file."""
    before = path.read_bytes()
    try:
        write_columns(path, sheet=sheet, header_row=1, rows=rows, columns=columns)
    except WorkbookError as error:
        refused = error
    else:
        return
    assert "Please report this" not in refused.hint, refused
    assert path.read_bytes() == before


def filled(number: int, when: datetime = WHEN) -> dict[str, ResultValue]:
    """Result values for one row."""
    return {
        "Video ID": f"id-{number}",
        "Video Status": "Complete",
        "Video URL": Link(f"https://videos.example/{number}?a=1&b=2"),
        "Video Note": "Made & <kept>" if number % 3 else "",
        "Video Updated": when + timedelta(seconds=number),
    }


@pytest.mark.long
@pytest.mark.skipif(not WORKBOOKS, reason="the real workbooks are not here")
@pytest.mark.parametrize("workbook", WORKBOOKS, ids=lambda path: path.stem[:60])
def test_real_sheets_pass(workbook: Path, tmp_path: Path) -> None:
    """Each worksheet is written twice: with new columns, then with existing ones."""
    path = tmp_path / workbook.name
    shutil.copyfile(workbook, path)
    try:
        with open_package(path) as package:
            sheets = [sheet.name for sheet in package.sheets if sheet.kind == "worksheet"]
    except WorkbookError:
        return
    for sheet in sheets[:3]:
        rows = {number: filled(number) for number in range(2, 120)}
        write(path, sheet, rows, HEADERS)
        again = {number: filled(number + 7) for number in range(2, 130, 2)}
        write(path, sheet, again, HEADERS)


PLAIN = st.sampled_from(
    ["a", "Complete", "x & y <z>", "übung", "😀", "=1+1", "", " ", "_x000D_", "a\nb", "\xa0"]
)
ANY: st.SearchStrategy[ResultValue] = st.one_of(
    PLAIN,
    st.none(),
    st.integers(-5, 10**16),
    st.floats(),
    st.booleans(),
    st.sampled_from(
        [
            WHEN,
            WHEN.replace(tzinfo=None),
            WHEN.astimezone(timezone(timedelta(hours=5, minutes=30))),
            datetime(1899, 5, 1),
            Link("https://a.example/1"),
            Link("https://a.example/2", "shown & told"),
            Link("no address"),
            Link(""),
        ]
    ),
)
STYLE = st.sampled_from(["", ' s="1"', ' s="2"', ' s="1" t="n"'])
ROW_TAGS = st.sampled_from(
    ["", ' spans="1:3"', ' spans="1:9"', ' ht="12.5"', ' s="1" customFormat="1"', ' spans="2:3" ht="3"', " "]
)


@st.composite
def written_rows(draw: st.DrawFn, prefix: str) -> str:
    """Rows with three columns; some already have result cells, and most have the usual layout."""
    rows: list[str] = []
    p = prefix
    for number in range(2, draw(st.integers(3, 50))):
        kind = draw(st.integers(0, 30))
        cells = "".join(
            f'<{p}c r="{letters}{number}"{draw(STYLE)}><{p}v>{number}</{p}v></{p}c>' for letters in "ABC"
        )
        for letters in "DEG" if draw(st.booleans()) else "":
            old = draw(st.sampled_from([f"><{p}v>1</{p}v></{p}c>", "/>", f"><{p}f>A1</{p}f></{p}c>", ""]))
            if old and (letters != "D" or "f>" not in old):
                cells += f'<{p}c r="{letters}{number}"{draw(STYLE)}{old}'
        tag = draw(ROW_TAGS)
        match kind:
            case 0:
                rows.append(f'<{p}row r="{number}"/>')
            case 1:
                rows.append(f"\n <{p}row{tag}>{cells}</{p}row>")
            case 2:
                rows.append(f'<{p}row r="{number}"></{p}row>')
            case 3:
                continue
            case _:
                rows.append(f'<{p}row r="{number}"{tag}>{cells}</{p}row>')
    return "".join(rows)


@st.composite
def sheets(draw: st.DrawFn) -> str:
    """A worksheet with three headers, and sometimes one of ours."""
    p = draw(st.sampled_from(["", "", "x:"]))
    headers = ["Name", "Town", "Plan", *draw(st.sampled_from([[], ["Video ID"], ["Video ID", "Video Note"]]))]
    cells = "".join(
        f'<{p}c r="{column_letters(at)}1" t="str"><{p}v>{text}</{p}v></{p}c>'
        for at, text in enumerate(headers, 1)
    )
    rows = f'<{p}row r="1">{cells}</{p}row>' + draw(written_rows(p))
    if not p:
        return sheet_xml(rows, '<dimension ref="A1"/>')
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<x:worksheet xmlns:x="{space}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'


@st.composite
def results(draw: st.DrawFn) -> Rows:
    """Values for many rows; a column has one kind of value or all kinds."""
    kinds = [
        draw(st.sampled_from([PLAIN, ANY, st.just("id"), st.just(WHEN), st.just(Link("https://a.example"))]))
        for _ in range(3)
    ]
    headers = HEADERS[:3] if draw(st.booleans()) else ("Video ID", "Video Note")
    numbers = range(2, draw(st.integers(3, 60)), draw(st.sampled_from([1, 1, 2])))
    rows = {n: {it: draw(kind) for it, kind in zip(headers, kinds, strict=False)} for n in numbers}
    if draw(st.integers(0, 4)) == 0:
        rows[numbers[0]] = {}
    return rows


@settings(max_examples=80, deadline=None)
@given(sheet=sheets(), rows=results())
def test_rows_written_together_equal_rows_written_one_by_one(sheet: str, rows: Rows) -> None:
    """How a row is written doesn't depend on the other rows."""
    with TemporaryDirectory() as folder:
        together, single = (make(Path(folder) / name, sheet) for name in ("a.xlsx", "b.xlsx"))
        columns = ("Video ID", *dict.fromkeys(header for values in rows.values() for header in values))
        write(together, "Sheet1", rows, columns)
        if together.read_bytes() == single.read_bytes():
            return
        for number in [*rows][:2]:
            write(single, "Sheet1", {number: rows[number]}, columns)
        left = {number: values for number, values in rows.items() if number not in [*rows][:2]}
        write(single, "Sheet1", left, columns)
        assert grid(together) == grid(single)


COUNT = 300
MANY: Rows = {
    number: {"Video ID": f"id-{number}", "Video Note": f"for {number}"} for number in range(2, COUNT, 2)
}


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A workbook of a few hundred rows in the usual layout."""
    rows = '<row r="1"><c r="A1" t="str"><v>Name</v></c></row>' + "".join(
        f'<row r="{number}" spans="1:2"><c r="A{number}" s="1"><v>{number * 1000}</v></c>'
        f'<c r="B{number}" t="inlineStr"><is><t>Town {number}</t></is></c></row>'
        for number in range(2, COUNT + 1)
    )
    return make(tmp_path / "many.xlsx", sheet_xml(rows))


def moved(sheet: str) -> str:
    """Move our cells of one row to the start of the next."""
    start = sheet.index('<c r="C100"')
    end = sheet.index("</row>", start)
    cells = sheet[start:end]
    without = sheet[:start] + sheet[end:]
    return without.replace('<c r="A101"', cells + '<c r="A101"')


def swapped(sheet: str) -> str:
    """Swap two rows."""
    start, middle, end = (sheet.index(f'<row r="{number}"') for number in (151, 152, 153))
    return sheet[:start] + sheet[middle:end] + sheet[start:middle] + sheet[end:]


OURS = (
    '<c r="C150" t="inlineStr"><is><t>id-150</t></is></c>'
    '<c r="D150" t="inlineStr"><is><t>for 150</t></is></c>'
)
Damage = Callable[[str], str]


def replaced(old: str, new: str) -> Damage:
    """Replace a piece of text."""
    return lambda sheet: sheet.replace(old, new)


MADE_WRONG = (
    pytest.param(
        replaced(OURS, OURS[OURS.index("</c>") + 4 :] + OURS[: OURS.index("</c>") + 4]),
        "out of order",
        id="cells-swapped",
    ),
    pytest.param(replaced(OURS, OURS + OURS), "out of order|twice", id="cells-twice"),
    pytest.param(
        replaced(OURS[: OURS.index("</c>") + 4], '<c r="C150"><v>id-150</v></c>'),
        "a text where",
        id="a-text-as-number",
    ),
)
"""Faults in our own cells of row 150, and what is said of them."""


def without_row(number: int) -> Damage:
    """Remove a row."""

    def damage(sheet: str) -> str:
        start = sheet.index(f'<row r="{number}"')
        return sheet[:start] + sheet[sheet.index("</row>", start) + len("</row>") :]

    return damage


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(replaced("<v>151000<", "<v>151001<"), "row 151 has changed", id="a-byte"),
        pytest.param(replaced("<v>150000<", "<v>150001<"), "cells of row 150", id="a-byte-next-to-ours"),
        pytest.param(replaced("Town 99<", "Town 98<"), "row 99 has changed", id="a-text"),
        pytest.param(replaced("Town 7<", "Town &7<"), "not well-formed", id="malformed"),
        pytest.param(replaced(">for 150<", ">for 15<"), "D150 doesn't have", id="our-value"),
        pytest.param(replaced(">id-150<", "><"), "C150 doesn't have", id="our-value-missing"),
        pytest.param(replaced('"C150"', '"C151"'), "C150 doesn't have", id="our-address"),
        pytest.param(replaced('A150" s="1"', 'A150" s="2"'), "cells of row 150", id="a-format"),
        pytest.param(replaced('<row r="151"', '<row r="151" ht="3"'), "row 151 has", id="a-height"),
        pytest.param(replaced('<row r="150"', '<row r="150" ht="3"'), "row 150 has", id="a-height-of-ours"),
        pytest.param(without_row(299), "row 299 is missing", id="one-row-less"),
        pytest.param(without_row(300), "row 300 is missing", id="last-row-missing"),
        pytest.param(replaced("</sheetData>", '<row r="301"/></sheetData>'), "301 is out", id="one-row-more"),
        pytest.param(swapped, "out of order", id="rows-swapped"),
        *MADE_WRONG,
        pytest.param(moved, "doesn't have|have changed|has changed", id="ours-in-another-row"),
        pytest.param(
            replaced("for 150</t></is></c>", 'for 150</t></is></c><c r="E150"><v>1</v></c>'),
            "cells of row 150",
            id="one-cell-more",
        ),
    ],
)
def test_a_single_difference_is_detected(many: Path, tmp_path: Path, damage: Damage, reason: str) -> None:
    """A wrong byte, cell or row is reported."""
    with open_package(many) as package:
        request = Request("Sheet1", 1, MANY, ("Video ID",))
        with closing(build(package, request)) as outcome:
            good, wrong = tmp_path / "good.xlsx", tmp_path / "wrong.xlsx"
            with good.open("wb") as file:
                write_package(package.archive, file, outcome.parts)
            verify(package, good, outcome)
            sheet = part(good)
            assert damage(sheet) != sheet
            with wrong.open("wb") as file, closing(pack(damage(sheet).encode())) as packed:
                write_package(package.archive, file, {**outcome.parts, SHEET: packed})
            with pytest.raises(WorkbookError, match=reason):
                verify(package, wrong, outcome)
            compare(package, outcome, sheet, sheet)
            with pytest.raises(WorkbookError, match=f"{reason}|row 7 has changed"):
                compare(package, outcome, damage(sheet), sheet)


def rows_of(sheet: str) -> str:
    """The rows of a sheet's XML."""
    return sheet[sheet.index("<sheetData>") + len("<sheetData>") : sheet.index("</sheetData>")]


def compare(package: Package, outcome: Built, sheet: str, made: str) -> None:
    """Compare rows with the old ones while they are written; `made` has our cells as they were made."""
    cells = [
        "".join(re.findall(rf'<c r="[CD]{row}".*?</c>', made)).encode() for row in outcome.plan.row_numbers()
    ]
    old = package.read(outcome.plan.sheet.part)
    comparison = SheetComparison(outcome.plan, outcome.writer, SheetXml(BytesIO(old), "here"))
    comparison.rows(rows_of(old.decode()).encode(), rows_of(sheet).encode(), cells, 0, COUNT)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        *MADE_WRONG,
        pytest.param(replaced(">id-150<", "><x>id-150</x><"), "C150 doesn't have", id="not-escaped"),
    ],
)
def test_cells_that_were_made_wrong_are_detected(many: Path, damage: Damage, reason: str) -> None:
    """A fault in the cells themselves is found, although they are written as they were made."""
    with open_package(many) as package:
        request = Request("Sheet1", 1, MANY, ("Video ID", "Video Note"))
        with closing(build(package, request)) as outcome:
            sheet = "".join(map(bytes.decode, unpacked(outcome.parts[SHEET])))
            compare(package, outcome, sheet, sheet)
            assert damage(sheet) != sheet
            with pytest.raises(WorkbookError, match=reason):
                compare(package, outcome, damage(sheet), damage(sheet))


def unpacked(packed: Packed) -> Iterator[bytes]:
    """The content of a part that is ready to be written."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    yield from map(inflate.decompress, packed.chunks())


def flips(size: int) -> Iterator[int]:
    """Positions spread over a file."""
    return iter(range(0, size, max(1, size // 97)))


def test_a_flipped_bit_is_detected_or_harmless(many: Path, tmp_path: Path) -> None:
    """If the comparison passes, the sheet's content is right."""
    request = Request("Sheet1", 1, MANY, ("Video ID",))
    with open_package(many) as package, closing(build(package, request)) as outcome:
        good, wrong = tmp_path / "good.xlsx", tmp_path / "wrong.xlsx"
        with good.open("wb") as file:
            write_package(package.archive, file, outcome.parts)
        content = good.read_bytes()
        found = 0
        for place in flips(len(content)):
            wrong.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
            try:
                verify(package, wrong, outcome)
            except WorkbookError:
                found += 1
            else:
                assert part(wrong) == part(good)
        assert found > 60


TABLE = (
    '<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" id="1" name="T" '
    'displayName="T" ref="A1:B3"><autoFilter ref="A1:B3"/>'
    '<tableColumns count="2"><tableColumn id="1" name="Name"/>'
    '<tableColumn id="2" name="Age"/></tableColumns></table>'
)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(replaced('ref="A1:C3"', 'ref="A1:D3"'), "wider", id="range"),
        pytest.param(replaced('count="3"', 'count="2"'), "wider", id="count"),
        pytest.param(replaced('name="Age"', 'name="Video ID"'), "aren't those", id="an old header"),
        pytest.param(replaced('name="Video ID"', 'name="Video"'), "aren't those", id="another header"),
        pytest.param(replaced('id="3"', 'id="2"'), "one number", id="number"),
    ],
)
def test_a_table_has_its_headers_and_no_more(tmp_path: Path, damage: Damage, reason: str) -> None:
    """Excel repairs a Table that is wider than its columns, or whose headers differ from the cells."""
    sheet = sheet_xml(
        '<row r="1"><c r="A1" t="str"><v>Name</v></c><c r="B1" t="str"><v>Age</v></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c></row>',
        after='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>',
    )
    rels = relations(("rId1", "table", "../tables/t.xml"))
    path = make(tmp_path / "a.xlsx", sheet, {SHEET_RELATIONS: rels, "xl/tables/t.xml": TABLE})
    request = Request("Sheet1", 1, {2: {"Video ID": "x"}}, ("Video ID",))
    with open_package(path) as package, closing(build(package, request)) as outcome:
        new = tmp_path / "new.xlsx"
        with new.open("wb") as file:
            write_package(package.archive, file, outcome.parts)
        verify(package, new, outcome)
        table = part(new, "xl/tables/t.xml")
        assert damage(table) != table
        with new.open("wb") as file, closing(pack(damage(table).encode())) as packed:
            write_package(package.archive, file, {**outcome.parts, "xl/tables/t.xml": packed})
        with pytest.raises(WorkbookError, match=reason):
            verify(package, new, outcome)


def test_a_table_never_gets_a_header_twice() -> None:
    """Two columns with one header are refused, in whatever case they are written."""
    with pytest.raises(WorkbookError, match="one header"):
        refuse_unsound_table(
            TABLE.encode(),
            grown_table(TABLE.encode(), ["AGE"], "here"),
            header_row=1,
            new={3: "AGE"},
            place="here",
        )


def test_a_formula_that_is_listed_for_calculation_is_never_lost(tmp_path: Path) -> None:
    """The calculation chain would list a cell without a formula."""
    rows = (
        '<row r="1"><c r="A1" t="str"><v>Name</v></c><c r="B1" t="str"><v>Video ID</v></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>7</v></c></row>'
    )
    plain = make(tmp_path / "plain.xlsx", sheet_xml(rows))
    formula = make(tmp_path / "formula.xlsx", sheet_xml(rows.replace("<v>7", "<f>3+4</f><v>7")))
    request = Request("Sheet1", 1, {2: {"Video ID": "x"}}, ("Video ID",))
    with open_package(plain) as package, closing(build(package, request)) as outcome:
        new = tmp_path / "new.xlsx"
        with new.open("wb") as file:
            write_package(package.archive, file, outcome.parts)
        verify(package, new, outcome)
        with open_package(formula) as original, pytest.raises(WorkbookError, match="formula of row 2"):
            verify(original, new, outcome)
