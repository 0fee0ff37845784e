from __future__ import annotations

import re
from pathlib import Path

import pytest

from merge.errors import WorkbookError
from merge.model import Link, ResultValue, WrittenCells
from merge.workbook import write_columns
from tests.support.sample_workbooks import (
    CONTENT_TYPES,
    MAIN,
    RELATIONS,
    SHEET,
    STRICT,
    STRICT_RELATIONS,
    TWO_ROWS,
    Shown,
    grid,
    make,
    part,
    plain_parts,
    relations,
    sheet_xml,
    workbook_xml,
)

NAMES: dict[tuple[int, int], Shown] = {(1, 1): "Name", (2, 1): "Ana"}
WITH_RESULT = NAMES | {(1, 2): "Video ID", (2, 2): "id-1"}


def write(path: Path, row: int = 2, value: ResultValue = "id-1") -> WrittenCells:
    """Write one result into one column."""
    return write_columns(path, sheet="Sheet1", header_row=1, rows={row: {"Video ID": value}})


def test_a_cell_is_added_to_its_row(tmp_path: Path) -> None:
    """The new cell comes at the end of its row; nothing else in the sheet changes."""
    path = make(tmp_path / "a.xlsx")
    before = part(path)
    assert write(path).columns == {"Video ID": 2}
    cell = '<c r="B2" t="inlineStr"><is><t>id-1</t></is></c></row></sheetData>'
    assert part(path) == (
        before.replace("</row></sheetData>", cell)
        .replace("</c></row><row", '</c><c r="B1" t="inlineStr"><is><t>Video ID</t></is></c></row><row')
        .replace("<sheetData>", '<cols><col min="2" max="2" width="12" customWidth="1"/></cols><sheetData>')
    )


PREFIXED = (
    f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>'
    '<x:row r="1"><x:c r="A1" t="str"><x:v>Name</x:v></x:c></x:row>'
    '<x:row r="2"><x:c r="A2" t="str"><x:v>Ana</x:v></x:c></x:row></x:sheetData></x:worksheet>'
)
SPELLINGS = [
    pytest.param(sheet_xml(), id="plain"),
    pytest.param(PREFIXED, id="prefixed"),
    pytest.param("\ufeff" + sheet_xml(), id="byte-order-mark"),
    pytest.param(sheet_xml().replace('<?xml version="1.0" encoding="UTF-8"?>\n', ""), id="no-declaration"),
    pytest.param(re.sub(r' r="[AB]?\d"', "", sheet_xml()), id="no-addresses"),
    pytest.param(re.sub(r' r="[AB]\d"', "", sheet_xml()), id="no-cell-addresses"),
    pytest.param(sheet_xml().replace('"', "'"), id="single-quotes"),
    pytest.param(sheet_xml().replace("><", ">\n  <"), id="pretty-printed"),
    pytest.param(sheet_xml(TWO_ROWS.replace('<row r="2"', '<row r="2" spans="1:1"')), id="spans"),
    pytest.param(sheet_xml(before='<dimension ref="A1"/>'), id="dimension"),
    pytest.param(
        sheet_xml(TWO_ROWS.replace("</c></row>", '</c><c r="C1"/></row>', 1)), id="blank-cell-beyond"
    ),
    pytest.param(
        sheet_xml(TWO_ROWS.replace("</c></row>", '</c><c r="B1" s="1"/></row>', 1)), id="blank-target"
    ),
    pytest.param(sheet_xml(before="<!-- hello -->", after="<!-- <sheetData/> -->"), id="comments-around"),
    pytest.param(sheet_xml(before='<sheetPr codeName="&lt;a&gt;"/>'), id="escaped-attributes"),
]


@pytest.mark.parametrize("sheet", SPELLINGS)
def test_every_spelling_of_a_sheet_is_patched(tmp_path: Path, sheet: str) -> None:
    """Prefixes, missing addresses, quotes, and spaces don't matter; a second write changes nothing."""
    path = make(tmp_path / "a.xlsx", sheet)
    assert grid(path) == NAMES
    write(path)
    assert grid(path) == WITH_RESULT
    now = path.read_bytes()
    write(path)
    assert path.read_bytes() == now
    write(path, value="id-2")
    assert grid(path) == WITH_RESULT | {(2, 2): "id-2"}
    write(path, value=None)
    assert grid(path) == NAMES | {(1, 2): "Video ID"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param("", {}, id="none"),
        pytest.param('<row r="2"/>', {}, id="self-closed"),
        pytest.param('<row r="2" ht="20" customHeight="1"></row>', {}, id="empty"),
        pytest.param('<row r="1"/><row r="2"/><row r="3"/>', {}, id="several-self-closed"),
        pytest.param('<row r="3"><c r="A3"><v>5</v></c></row>', {(3, 1): 5.0}, id="a-later-one"),
        pytest.param("<row/><row/><row><c><v>5</v></c></row>", {(3, 1): 5.0}, id="unnumbered"),
        pytest.param('<row r="2"><c r="A2"/></row>', {}, id="blank-cell"),
    ],
)
def test_missing_rows_are_added(tmp_path: Path, rows: str, expected: dict[tuple[int, int], Shown]) -> None:
    """The header row and data row are created, and all rows stay in order."""
    path = make(tmp_path / "a.xlsx", sheet_xml(rows))
    column = write(path).columns["Video ID"]
    assert grid(path) == expected | {(1, column): "Video ID", (2, column): "id-1"}
    numbers = re.findall(r'<row r="(\d+)"', part(path))
    assert numbers == sorted(numbers, key=int)


def test_results_are_written_into_an_empty_sheet(tmp_path: Path) -> None:
    """A self-closed `sheetData` is opened."""
    path = make(
        tmp_path / "a.xlsx", sheet_xml().replace(f"<sheetData>{TWO_ROWS}</sheetData>", "<sheetData/>")
    )
    assert write(path).columns == {"Video ID": 1}
    assert grid(path) == {(1, 1): "Video ID", (2, 1): "id-1"}


def test_an_empty_sheet_stays_empty_without_headers(tmp_path: Path) -> None:
    """With nothing to write, the file isn't changed."""
    path = make(tmp_path / "a.xlsx", sheet_xml("").replace("<sheetData></sheetData>", "<sheetData/>"))
    before = path.read_bytes()
    assert write_columns(path, sheet="Sheet1", header_row=1, rows={}).columns == {}
    assert path.read_bytes() == before


def test_cells_are_inserted_in_column_order(tmp_path: Path) -> None:
    """A result column that was moved to the left of others is written where it is."""
    rows = (
        '<row r="1"><c r="A1" t="str"><v>Name</v></c><c r="C1" t="str"><v> VIDEO  id </v></c>'
        '<c r="E1" t="str"><v>Age</v></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c><c r="E2"><v>5</v></c></row><row r="3"><c r="D3"><v>4</v></c></row>'
        '<row r="4"><c r="A4"><v>1</v></c><c r="C4" vm="1" cm="1"><v>9</v></c><c r="E4"><v>5</v></c></row>'
    )
    path = make(tmp_path / "a.xlsx", sheet_xml(rows))
    results: dict[int, dict[str, ResultValue]] = {row: {"Video ID": f"id-{row}"} for row in (2, 3, 4)}
    assert write_columns(path, sheet="sheet1", header_row=1, rows=results).columns == {"Video ID": 3}
    refs = re.findall(r'<c r="([A-Z]\d)"', part(path))
    assert refs == ["A1", "C1", "E1", "A2", "C2", "E2", "C3", "D3", "A4", "C4", "E4"]
    assert "vm=" not in part(path), "what belonged to the old value is gone"
    assert grid(path)[4, 3] == "id-4"


def test_cells_without_an_address_get_one(tmp_path: Path) -> None:
    """If a row contains a cell with an address, cells without one need an address too."""
    rows = (
        '<row><c t="str"><v>Name</v></c><c t="str"><v>Video ID</v></c><c t="str"><v>Age</v></c></row>'
        "<row><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c></row>"
    )
    path = make(tmp_path / "a.xlsx", sheet_xml(rows))
    write(path)
    assert [grid(path)[2, column] for column in (1, 2, 3)] == [1.0, "id-1", 3.0]
    assert '<row r="2"><c r="A2"><v>1</v></c><c r="B2"' in part(path)


def test_dimension_and_spans_grow(tmp_path: Path) -> None:
    """Both include the new cells."""
    rows = TWO_ROWS.replace("<row ", '<row spans="1:1" ')
    path = make(tmp_path / "a.xlsx", sheet_xml(rows, before='<dimension ref="A1:A2"/>'))
    write(path, row=9)
    assert '<dimension ref="A1:B9"/>' in part(path)
    assert part(path).count('spans="1:2"') == 1


def test_a_wrong_dimension_is_left_alone(tmp_path: Path) -> None:
    """A dimension that isn't a range isn't changed."""
    path = make(tmp_path / "a.xlsx", sheet_xml(before='<dimension ref="oops"/>'))
    write(path)
    assert '<dimension ref="oops"/>' in part(path)


def test_strict_workbooks_are_patched(tmp_path: Path) -> None:
    """The strict namespace works like the transitional one."""
    sheet = sheet_xml(namespace=STRICT)
    path = make(
        tmp_path / "a.xlsx",
        sheet,
        {
            "_rels/.rels": relations(("rId1", "officeDocument", "xl/workbook.xml"), stem=STRICT_RELATIONS),
            "xl/workbook.xml": workbook_xml(STRICT),
            "xl/_rels/workbook.xml.rels": relations(
                ("rId1", "worksheet", "worksheets/sheet1.xml"), stem=STRICT_RELATIONS
            ),
        },
    )
    write(path)
    assert '<c r="B2" t="inlineStr">' in part(path)


@pytest.mark.parametrize(
    ("sheet", "reason"),
    [
        pytest.param(sheet_xml().encode("utf-16"), "UTF-16", id="utf-16"),
        pytest.param(sheet_xml().replace("UTF-8", "windows-1252"), "windows-1252", id="other-encoding"),
        pytest.param(sheet_xml().replace("<t>Ana</t>", "<t><![CDATA[Ana]]></t>"), "CDATA", id="cdata"),
        pytest.param(
            sheet_xml(TWO_ROWS.replace("</row><row", "</row><!-- x --><row")), "comment", id="comment"
        ),
        pytest.param(sheet_xml(TWO_ROWS.replace("</c>", "<?x y?></c>", 1)), "instruction", id="instruction"),
        pytest.param(sheet_xml("<extra/>" + TWO_ROWS), "between its rows", id="foreign-element"),
        pytest.param(sheet_xml(TWO_ROWS + "<extra/>"), "between its rows", id="foreign-element-at-the-end"),
        pytest.param(
            sheet_xml(TWO_ROWS.replace("</row><row", "</row ><row")),
            "between its rows",
            id="unexpected-end-tag",
        ),
        pytest.param(sheet_xml('<row r="2"></row><row r="1"></row>'), "out of order", id="out-of-order"),
        pytest.param(sheet_xml('<row r="2"/><row r="2"/>'), "out of order", id="row-twice"),
        pytest.param(sheet_xml('<row r="1048577"/>'), "out of order", id="row-beyond"),
        pytest.param(sheet_xml('<row r="99999999999"/>'), "no sheet has", id="row-far-beyond"),
        pytest.param(sheet_xml('<row r="-1"/>'), "no sheet has", id="row-below-one"),
        pytest.param(sheet_xml(after="<sheetData/>"), "more than one place", id="rows-twice"),
        pytest.param(sheet_xml(before="<sheetViews><sheetData/></sheetViews>"), "rows", id="rows-elsewhere"),
        pytest.param(
            sheet_xml().replace("<worksheet", "<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet"),
            "DOCTYPE",
            id="doctype",
        ),
        pytest.param(sheet_xml().partition("</row>")[0], "too early", id="cut-off"),
        pytest.param(sheet_xml().partition("</worksheet>")[0], "damaged", id="no-end"),
        pytest.param(sheet_xml().replace("sheetData", "sheetDate"), "too early", id="no-rows"),
        pytest.param(sheet_xml(after="<pageMargins left='>"), "damaged", id="bad-tail"),
        pytest.param(sheet_xml(namespace="urn:other"), "doesn't know its format", id="other-format"),
    ],
)
def test_xml_that_cannot_be_patched_safely_is_refused(
    tmp_path: Path, sheet: str | bytes, reason: str
) -> None:
    """The message names the reason and a hint, and the file doesn't change."""
    path = make(tmp_path / "a.xlsx", sheet)
    before = path.read_bytes()
    with pytest.raises(WorkbookError, match=reason) as caught:
        write(path)
    assert caught.value.hint
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_text_that_looks_like_a_cell_is_ignored(tmp_path: Path) -> None:
    """Text with a cell's address and elements with similar names aren't taken for cells."""
    rows = TWO_ROWS.replace("<t>Ana</t>", '<t>&lt;c r="B2" x</t>')
    path = make(tmp_path / "a.xlsx", sheet_xml(rows.replace('<c r="A2"', '<cx/><c r="A2"')))
    write(path)
    assert '<c r="B2" t="inlineStr"><is><t>id-1</t></is></c></row></sheetData>' in part(path)


@pytest.mark.parametrize(
    ("rows", "after"),
    [
        pytest.param(TWO_ROWS.replace("Ana", "Ana</b>"), "", id="tags that cross"),
        pytest.param(TWO_ROWS, "<y:odd/>", id="a prefix that is not declared"),
        pytest.param(TWO_ROWS, '<odd xmlns="odd"/>', id="an invalid namespace"),
    ],
)
def test_a_sheet_that_was_already_damaged_is_refused(tmp_path: Path, rows: str, after: str) -> None:
    """The damage is found before the file is replaced and isn't reported as a fault in castmerge."""
    path = make(tmp_path / "a.xlsx", sheet_xml(rows, after=after))
    before = path.read_bytes()
    with pytest.raises(WorkbookError, match="its XML is damaged") as caught:
        write(path)
    assert str(path) in caught.value.place
    assert path.read_bytes() == before


@pytest.mark.parametrize("row", [1, 0, -3, 1_048_577])
def test_results_must_be_below_the_header(tmp_path: Path, row: int) -> None:
    """A row number that is above the data or beyond the sheet is refused."""
    path = make(tmp_path / "a.xlsx")
    with pytest.raises(WorkbookError, match=f"row {row}"):
        write(path, row=row)


def test_a_signed_workbook_is_refused(tmp_path: Path) -> None:
    """A change would break the signature."""
    signed = relations(
        ("rId1", "officeDocument", "xl/workbook.xml"),
        ("rId2", "digital-signature/origin", "_xmlsignatures/o.sigs"),
    )
    path = make(tmp_path / "a.xlsx", None, {"_rels/.rels": signed, "_xmlsignatures/o.sigs": b""})
    with pytest.raises(WorkbookError, match="signed"):
        write(path)


def test_a_protected_sheet_is_written_with_a_note(tmp_path: Path) -> None:
    """A note reports the protection once, when the columns are created."""
    path = make(tmp_path / "a.xlsx", sheet_xml(after='<sheetProtection sheet="1"/>'))
    assert "protected" in "".join(write(path).notes)
    assert not write(path, value="id-2").notes


def test_rows_may_be_long_and_many(tmp_path: Path) -> None:
    """Rows may be longer than a chunk of the stream."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="str"><v>{"x" * 1500}</v></c></row><row r="{n + 1}"/>'
        for n in range(1, 1200, 2)
    )
    path = make(tmp_path / "a.xlsx", sheet_xml(rows))
    results: dict[int, dict[str, ResultValue]] = {n: {"Video ID": n} for n in range(2, 1400)}
    write_columns(path, sheet="Sheet1", header_row=1, rows=results)
    seen = grid(path)
    assert [seen[n, 2] for n in range(2, 1400)] == [float(n) for n in range(2, 1400)]
    assert sum(1 for (_, column) in seen if column == 1) == 600


def test_many_rows_without_cells_are_streamed(tmp_path: Path) -> None:
    """A sheet with only self-closed rows is read in chunks."""
    rows = "".join(f'<row r="{n}" ht="15.75" customHeight="1"/>' for n in range(1, 30_000))
    path = make(tmp_path / "a.xlsx", sheet_xml(rows))
    write(path, row=29_000)
    assert grid(path) == {(1, 1): "Video ID", (29_000, 1): "id-1"}


def test_a_new_part_is_added_to_libreoffices_content_types(tmp_path: Path) -> None:
    """If relationships have no default content type, the new part is listed."""
    types = CONTENT_TYPES.replace(
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>',
        "",
    )
    path = make(tmp_path / "a.xlsx", None, {"[Content_Types].xml": types})
    write_link(path)
    assert '<Override PartName="/xl/worksheets/_rels/sheet1.xml.rels"' in part(path, "[Content_Types].xml")


def write_link(path: Path) -> WrittenCells:
    """One hyperlink."""
    return write_columns(
        path, sheet="Sheet1", header_row=1, rows={2: {"Video URL": Link("https://videos.example/1")}}
    )


def test_parts_may_have_any_name(tmp_path: Path) -> None:
    """The sheet's part is found by its relationship."""
    parts = plain_parts(sheet_xml()) | {
        SHEET: None,
        "odd/Über sicht.xml": sheet_xml(),
        "xl/_rels/workbook.xml.rels": relations(("rId1", "worksheet", "/odd/%C3%9Cber%20sicht.xml")),
    }
    path = make(tmp_path / "a.xlsx", None, parts)
    write(path)
    assert '<c r="B2"' in part(path, "odd/Über sicht.xml")
    assert RELATIONS in part(path, "odd/Über sicht.xml")
