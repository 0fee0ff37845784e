import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from openpyxl.utils.escape import escape

from merge.errors import WorkbookError
from merge.model import Cell, CellKind, MergedRange, TableRange
from merge.sheet.serial_dates import serial_from_iso
from merge.workbook.read.worksheet import read_worksheet, sheet_names, stream_rows
from merge.workbook.xml.parse import decode_xstring

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OFFICE_STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"


def relationships(targets: Mapping[str, tuple[str, str]], office: str = OFFICE) -> str:
    lines = "".join(
        f'<Relationship Id="{name}" Type="{office}/{kind}" Target="{target}"/>'
        for name, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{PACKAGE}">{lines}</Relationships>'


def sheet_xml(rows: str, *, after: str = "", namespace: str = MAIN) -> str:
    return f'<worksheet xmlns="{namespace}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def write_parts(path: Path, parts: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("[Content_Types].xml", f'<Types xmlns="{TYPES}"/>')
        package.writestr("_rels/.rels", relationships({"rId1": ("officeDocument", "xl/workbook.xml")}))
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def write_book(
    path: Path, *sheets: str, extra: Mapping[str, str] | None = None, properties: str = ""
) -> Path:
    """Write a workbook of these sheets, named One, Two, Three; `extra` adds or replaces parts."""
    names = ("One", "Two", "Three")[: len(sheets)]
    parts = {f"xl/worksheets/{name}.xml": sheet for name, sheet in zip(names, sheets, strict=True)}
    tabs = "".join(f'<sheet name="{name}" sheetId="1" r:id="{name}"/>' for name in names)
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}<sheets>{tabs}</sheets></workbook>'
    )
    targets = {name: ("worksheet", f"worksheets/{name}.xml") for name in names}
    targets |= {"s": ("sharedStrings", "strings.xml"), "f": ("styles", "styles.xml")}
    parts["xl/_rels/workbook.xml.rels"] = relationships(targets)
    return write_parts(path, parts | dict(extra or {}))


def strings_xml(*items: str) -> str:
    return f'<sst xmlns="{MAIN}">{"".join(f"<si>{item}</si>" for item in items)}</sst>'


STRINGS = strings_xml(
    "<t>Ann</t>",
    '<t xml:space="preserve"> kept </t>',
    "<t> trimmed \n</t>",
    "<r><t>Rich </t></r><r><rPr><b/></rPr><t xml:space='preserve'>text </t></r><r><t>here</t></r>",
    "<t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh><phoneticPr fontId='1'/>",
    "<t>a_x000D__x005F_x0041_b</t>",
    "<t/>",
    "<t><![CDATA[<b> & </b>]]></t>",
)
STYLES = f"""<styleSheet xmlns="{MAIN}"><numFmts count="2">
<numFmt numFmtId="164" formatCode="&quot;Nr. &quot;00000"/>
<numFmt numFmtId="9" formatCode="0.000%"/></numFmts><cellStyleXfs><xf numFmtId="2"/></cellStyleXfs>
<cellXfs>
<xf/><xf numFmtId="164"/><xf numFmtId="14"/><xf numFmtId="9"/><xf numFmtId="99"/></cellXfs></styleSheet>"""
BOTH = {"xl/strings.xml": STRINGS, "xl/styles.xml": STYLES}


def text(value: str, number_format: str = "General") -> Cell:
    return Cell(CellKind.TEXT, value, number_format)


def number(value: float, number_format: str = "General") -> Cell:
    return Cell(CellKind.NUMBER, value, number_format)


UNCALCULATED = Cell(CellKind.UNCALCULATED, "")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param('<c r="A1" t="s"><v>0</v></c>', text("Ann"), id="shared string"),
        pytest.param('<c r="A1" t="s"><v>1</v></c>', text(" kept "), id="blanks marked as text"),
        pytest.param('<c r="A1" t="s"><v>2</v></c>', text("trimmed"), id="blanks not marked"),
        pytest.param('<c r="A1" t="s"><v>3</v></c>', text("Richtext here"), id="rich text"),
        pytest.param('<c r="A1" t="s"><v>4</v></c>', text("東京"), id="phonetic guide"),
        pytest.param('<c r="A1" t="s"><v>5</v></c>', text("a\r_x0041_b"), id="escaped"),
        pytest.param('<c r="A1" t="s"><v>6</v></c>', None, id="empty shared string"),
        pytest.param('<c r="A1" t="s"><v>7</v></c>', text("<b> & </b>"), id="CDATA"),
        pytest.param('<c r="A1" t="s"/>', None, id="shared string without a value"),
        pytest.param(
            '<c r="A1" t="inlineStr"><is><t>in &amp; line</t></is></c>', text("in & line"), id="inline"
        ),
        pytest.param(
            '<c r="A1" t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r></is></c>',
            text("inline"),
            id="inline, rich",
        ),
        pytest.param('<c r="A1" t="inlineStr"><is><t/></is></c>', None, id="inline, empty"),
        pytest.param('<c r="A1"><v>12</v></c>', number(12), id="whole number"),
        pytest.param('<c r="A1" t="n"><v>1.5E3</v></c>', number(1500), id="exponent"),
        pytest.param('<c r="A1"><v>0.1</v></c>', number(0.1), id="fraction"),
        pytest.param('<c r="A1"><v>-7</v></c>', number(-7), id="negative"),
        pytest.param('<c r="A1"><v>9007199254740991</v></c>', number(2**53 - 1), id="last exact number"),
        pytest.param('<c r="A1"><v>9007199254740993</v></c>', number(2.0**53), id="not exact"),
        pytest.param('<c r="A1"><v>NaN</v></c>', Cell(CellKind.ERROR, "#NUM!"), id="not a number"),
        pytest.param('<c r="A1"><v>-INF</v></c>', Cell(CellKind.ERROR, "#NUM!"), id="infinite"),
        pytest.param('<c r="A1" t="b"><v>1</v></c>', Cell(CellKind.BOOLEAN, True), id="TRUE"),
        pytest.param('<c r="A1" t="b"><v>0</v></c>', Cell(CellKind.BOOLEAN, False), id="FALSE"),
        pytest.param('<c r="A1" t="e"><v>#N/A</v></c>', Cell(CellKind.ERROR, "#N/A"), id="error"),
        pytest.param('<c r="A1"><f>1+1</f><v>2</v></c>', number(2), id="formula"),
        pytest.param('<c r="A1" t="str"><f>B1</f><v>a_x000A_b</v></c>', text("a\nb"), id="text of a formula"),
        pytest.param('<c r="A1" t="str"><f>B1</f><v></v></c>', None, id="empty text of a formula"),
        pytest.param('<c r="A1"><f>B1</f></c>', UNCALCULATED, id="never calculated"),
        pytest.param('<c r="A1"><f>B1</f><v/></c>', UNCALCULATED, id="never calculated, empty value"),
        pytest.param('<c r="A1" t="str"><f>B1</f></c>', UNCALCULATED, id="never calculated text"),
        pytest.param('<c r="A1"><f t="shared" si="0"/></c>', UNCALCULATED, id="never calculated, shared"),
        pytest.param('<c r="A1" s="1"/>', None, id="style only"),
        pytest.param('<c r="A1" s="1"><v>7</v></c>', number(7, '"Nr. "00000'), id="own format"),
        pytest.param('<c r="A1" s="2"><v>7</v></c>', number(7, "[$-x-id14]m/d/yyyy"), id="built-in format"),
        pytest.param('<c r="A1" s="3"><v>7</v></c>', number(7, "0.000%"), id="built-in format, redefined"),
        pytest.param('<c r="A1" s="4"><v>7</v></c>', number(7), id="unknown format"),
        pytest.param('<c r="A1" s="77"><v>7</v></c>', number(7), id="unknown style"),
        pytest.param('<c r="A1" t="d"><v>2021-01-01</v></c>', number(44197, "yyyy-mm-dd"), id="written date"),
        pytest.param(
            '<c r="A1" s="2" t="d"><v>2021-01-01</v></c>',
            number(44197, "[$-x-id14]m/d/yyyy"),
            id="with its format",
        ),
        pytest.param('<c r="A1" t="d"><v>someday</v></c>', text("someday"), id="not a date"),
        pytest.param('<c r="A1" t="odd"><v>x</v></c>', text("x"), id="unknown kind"),
        pytest.param(
            '<c r="A1"><!-- a --><v>1<!-- b -->2</v><?x y?><extLst/></c>', number(12), id="comments"
        ),
        pytest.param(
            '<c r="A1"><is><t>no</t></is><v>3</v></c>', number(3), id="inline text with another type"
        ),
    ],
)
def test_every_way_of_storing_a_cell_is_read(tmp_path: Path, written: str, expected: Cell | None) -> None:
    """The value, its kind and its number format are right."""
    path = write_book(tmp_path / "a.xlsx", sheet_xml(f"<row>{written}</row>"), extra=BOTH)
    rows = read_worksheet(path).rows
    assert [dict(row.cells) for row in rows] == ([] if expected is None else [{1: expected}])


def test_rows_and_cells_without_a_reference_are_numbered(tmp_path: Path) -> None:
    """A row or cell without a number follows the previous one."""
    rows = """<row><c><v>1</v></c><c><v>2</v></c></row><row r="5"><c r="C5"><v>3</v></c><c><v>4</v></c></row>
    <row/><row><c r="AA7"><v>5</v></c></row>"""
    sheet = read_worksheet(write_book(tmp_path / "a.xlsx", sheet_xml(rows)))
    found = {row.number: {column: cell.value for column, cell in row.cells.items()} for row in sheet.rows}
    assert found == {1: {1: 1, 2: 2}, 5: {3: 3, 4: 4}, 7: {27: 5}}


def test_rows_are_sorted(tmp_path: Path) -> None:
    """Rows out of order are sorted, and rows with one number are joined, with the later cell winning."""
    rows = """<row r="3"><c r="A3"><v>3</v></c></row><row r="1" hidden="1"><c r="A1"><v>1</v></c></row>
    <row r="3"><c r="A3"><v>33</v></c><c r="B3"><v>4</v></c></row>"""
    sheet = read_worksheet(write_book(tmp_path / "a.xlsx", sheet_xml(rows)))
    assert [(row.number, [cell.value for cell in row.cells.values()], row.hidden) for row in sheet.rows] == [
        (1, [1], True),
        (3, [33, 4], False),
    ]


def test_hidden_rows_are_marked(tmp_path: Path) -> None:
    """Rows hidden by hand or by a filter are marked."""
    rows = '<row hidden="1"><c><v>1</v></c></row><row hidden="0"><c><v>2</v></c></row>'
    sheet = read_worksheet(write_book(tmp_path / "a.xlsx", sheet_xml(rows)))
    assert [row.hidden for row in sheet.rows] == [True, False]


def test_values_under_a_merge_are_read(tmp_path: Path) -> None:
    """Merges are reported, and the values beneath them are read as stored."""
    rows = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
    merges = '<mergeCells><mergeCell ref="A1:C1"/><mergeCell ref="E2"/><mergeCell ref="odd!"/></mergeCells>'
    sheet = read_worksheet(write_book(tmp_path / "a.xlsx", sheet_xml(rows, after=merges)))
    assert sheet.merges == (MergedRange(1, 1, 1, 3), MergedRange(2, 2, 5, 5))
    assert len(sheet.rows[0].cells) == 2


def test_tables_are_read(tmp_path: Path) -> None:
    """A Table has its name, range, header and totals rows; one without a range is left out."""
    tables = {
        "a": f'<table xmlns="{MAIN}" name="T1" displayName="List_x0041_" ref="B2:D9" totalsRowCount="1"/>',
        "b": f'<table xmlns="{MAIN}" name="T2" ref="F2" headerRowCount="0" totalsRowShown="0"/>',
        "c": f'<table xmlns="{MAIN}" name="T3"/>',
    }
    extra = {f"xl/tables/{name}.xml": table for name, table in tables.items()}
    targets = {name: ("table", f"../tables/{name}.xml") for name in tables}
    extra["xl/worksheets/_rels/One.xml.rels"] = relationships(targets)
    sheet = read_worksheet(write_book(tmp_path / "a.xlsx", sheet_xml(""), extra=extra))
    assert sheet.tables == (
        TableRange("ListA", 2, 9, 2, 4, header_rows=1, totals_rows=1),
        TableRange("T2", 2, 2, 6, 6, header_rows=0, totals_rows=0),
    )


def test_the_date_system_is_read(tmp_path: Path) -> None:
    """The 1904 date system is reported, and written dates count from 1904."""
    rows = '<row><c t="d"><v>1904-01-02T12:00:00Z</v></c></row>'
    path = write_book(tmp_path / "a.xlsx", sheet_xml(rows), properties='<workbookPr date1904="1"/>')
    sheet = read_worksheet(path)
    assert sheet.date1904
    assert sheet.rows[0].cells[1] == number(1.5, "yyyy-mm-dd hh:mm:ss")


def test_prefixed_element_names_are_read(tmp_path: Path) -> None:
    """A workbook that writes `x:` before every name is read like any other."""
    sheet = f"""<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c>
    <x:c r="B1" t="inlineStr"><x:is><x:r><x:t>in</x:t></x:r></x:is></x:c>
    </x:row></x:sheetData></x:worksheet>"""
    strings = f'<x:sst xmlns:x="{MAIN}"><x:si><x:t>Ann</x:t></x:si></x:sst>'
    path = write_book(tmp_path / "a.xlsx", sheet, extra={"xl/strings.xml": strings})
    assert read_worksheet(path).rows[0].cells == {1: text("Ann"), 2: text("in")}


def test_strict_workbooks_are_read(tmp_path: Path) -> None:
    """A workbook saved as Strict Open XML has other namespaces but the same cells."""
    workbook = f"""<workbook xmlns="{STRICT}" xmlns:r="{OFFICE_STRICT}"><sheets>
    <sheet name="One" sheetId="1" r:id="One"/></sheets></workbook>"""
    targets = {"One": ("worksheet", "worksheets/One.xml"), "s": ("sharedStrings", "strings.xml")}
    extra = {
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": relationships(targets, OFFICE_STRICT),
        "xl/strings.xml": STRINGS.replace(MAIN, STRICT),
    }
    rows = '<row><c t="s"><v>3</v></c><c><f>A1</f></c><c t="d"><v>2021-01-01T12:00</v></c></row>'
    after = '<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'
    path = write_book(tmp_path / "a.xlsx", sheet_xml(rows, after=after, namespace=STRICT), extra=extra)
    sheet = read_worksheet(path)
    assert list(sheet.rows[0].cells.values()) == [
        text("Richtext here"),
        UNCALCULATED,
        number(44197.5, "yyyy-mm-dd hh:mm:ss"),
    ]
    assert sheet.merges == (MergedRange(1, 1, 1, 2),)


def test_long_sheets_are_read_completely(tmp_path: Path) -> None:
    """Elements are freed after they are read, but no row, string or merge is lost."""
    count = 2000
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>{n - 1}</v></c></row>' for n in range(1, count + 1))
    merges = "".join(f'<mergeCell ref="B{n}:C{n}"/>' for n in range(1, count + 1))
    strings = strings_xml(*(f"<t>text {n}</t>" for n in range(1, count + 1)))
    sheet = read_worksheet(
        write_book(
            tmp_path / "a.xlsx",
            sheet_xml(rows, after=f"<mergeCells>{merges}</mergeCells>"),
            extra={"xl/strings.xml": strings},
        )
    )
    assert [(row.number, row.cells[1].value) for row in sheet.rows] == [
        (n, f"text {n}") for n in range(1, count + 1)
    ]
    assert len(sheet.merges) == count


EMPTY = sheet_xml("")
FILLED = sheet_xml("<row><c><v>1</v></c></row>")
TABS = f"""<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>
<sheet name="Chart" sheetId="9" r:id="chart"/>{{}}</sheets></workbook>"""


def tabs(*states: str) -> dict[str, str]:
    names = ("One", "Two", "Three")
    lines = "".join(
        f'<sheet name="{name}" sheetId="1" state="{state}" r:id="{name}"/>'
        for name, state in zip(names, states, strict=False)
    )
    targets = {name: ("worksheet", f"worksheets/{name}.xml") for name in names} | {
        "chart": ("chartsheet", "chart.xml")
    }
    return {
        "xl/workbook.xml": TABS.format(lines),
        "xl/chart.xml": f'<chartsheet xmlns="{MAIN}"/>',
        "xl/_rels/workbook.xml.rels": relationships(targets),
    }


@pytest.mark.parametrize(
    ("states", "sheets", "expected"),
    [
        pytest.param(["visible"] * 3, [FILLED, FILLED, FILLED], "One", id="the first"),
        pytest.param(["visible"] * 3, [EMPTY, FILLED, FILLED], "Two", id="the first with a value"),
        pytest.param(
            ["hidden", "veryHidden", "visible"], [FILLED, FILLED, FILLED], "Three", id="the first shown"
        ),
        pytest.param(
            ["hidden", "visible", "visible"], [FILLED, EMPTY, EMPTY], "Two", id="all shown are empty"
        ),
        pytest.param(["hidden"] * 3, [EMPTY, FILLED, FILLED], "Two", id="none is shown"),
    ],
)
def test_the_first_visible_sheet_with_a_value_is_chosen(
    tmp_path: Path, states: list[str], sheets: list[str], expected: str
) -> None:
    """Without a name, it is the first worksheet that is visible and has a value."""
    path = write_book(tmp_path / "a.xlsx", *sheets, extra=tabs(*states))
    assert read_worksheet(path).name == expected


def test_worksheets_are_listed(tmp_path: Path) -> None:
    """Visible worksheets come first and hidden ones last; chart sheets aren't listed."""
    path = write_book(tmp_path / "a.xlsx", EMPTY, EMPTY, EMPTY, extra=tabs("hidden", "visible", "visible"))
    assert sheet_names(path) == ("Two", "Three", "One")


@pytest.mark.parametrize("name", ["Two", "two", " TWO\u00a0"])
def test_a_sheet_is_found_by_name(tmp_path: Path, name: str) -> None:
    """Case and extra spaces don't matter, and a hidden or empty sheet may be named."""
    path = write_book(tmp_path / "a.xlsx", FILLED, EMPTY, extra=tabs("visible", "hidden"))
    assert read_worksheet(path, name).name == "Two"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        pytest.param(
            "Thee",
            "no worksheet “Thee”",
            "Did you mean “Three”? Its worksheets: “One”, “Two”, “Three”.",
            id="typed",
        ),
        pytest.param("xyz", "no worksheet “xyz”", "Its worksheets: “One”, “Two”, “Three”.", id="unknown"),
        pytest.param("chart", "its sheet “Chart” is a chartsheet, not a worksheet", "--sheet", id="chart"),
    ],
)
def test_an_unknown_sheet_is_refused(tmp_path: Path, name: str, message: str, hint: str) -> None:
    """The error lists the worksheets and suggests the most similar name."""
    path = write_book(tmp_path / "a.xlsx", EMPTY, EMPTY, EMPTY, extra=tabs(*["visible"] * 3))
    with pytest.raises(WorkbookError, match=message) as caught:
        read_worksheet(path, name)
    assert hint in caught.value.hint
    assert caught.value.place == str(path)


def test_a_workbook_of_chart_sheets_is_refused(tmp_path: Path) -> None:
    """A workbook without worksheets has nothing to read."""
    with pytest.raises(WorkbookError, match="no worksheet"):
        read_worksheet(write_book(tmp_path / "a.xlsx", extra=tabs()))


DOCTYPE = '<!DOCTYPE x [<!ENTITY e "boo">]>'


@pytest.mark.parametrize(
    ("sheet", "strings", "message"),
    [
        pytest.param(DOCTYPE + FILLED, STRINGS, "DOCTYPE", id="document type"),
        pytest.param(DOCTYPE + EMPTY, STRINGS, "DOCTYPE", id="document type, no rows"),
        pytest.param(FILLED, DOCTYPE + STRINGS, "DOCTYPE", id="document type of the strings"),
        pytest.param(FILLED[:-20], STRINGS, "its XML is damaged", id="cut off"),
        pytest.param(FILLED, STRINGS[:-20], "its XML is damaged", id="strings cut off"),
        pytest.param("", STRINGS, "its XML is damaged", id="empty part"),
        pytest.param(
            f'<row r="x" xmlns="{MAIN}"/>', STRINGS, "damaged after row 0", id="no worksheet at all"
        ),
        pytest.param(
            FILLED.replace(MAIN, "urn:other"), STRINGS, "doesn't know its format", id="other namespace"
        ),
        pytest.param(
            sheet_xml('<row r="4"/><row><c t="s"><v>99</v></c></row>'),
            STRINGS,
            "its worksheet “One” is damaged after row 4",
            id="missing string",
        ),
        pytest.param(
            sheet_xml('<row><c t="s"><v>-1</v></c></row>'),
            STRINGS,
            "damaged after row 0",
            id="negative string",
        ),
        pytest.param(
            sheet_xml("<row><c><v>ten</v></c></row>"), STRINGS, "damaged after row 0", id="invalid number"
        ),
        pytest.param(sheet_xml('<row r="x"/>'), STRINGS, "damaged after row 0", id="invalid row number"),
        pytest.param(
            sheet_xml('<row><c r="7"><v>1</v></c></row>'), STRINGS, "damaged after", id="invalid column"
        ),
    ],
)
def test_damaged_parts_are_refused(tmp_path: Path, sheet: str, strings: str, message: str) -> None:
    """A part that can't be read reliably is refused with a next step."""
    path = write_book(tmp_path / "a.xlsx", sheet, extra={"xl/strings.xml": strings})
    with pytest.raises(WorkbookError, match=message) as caught:
        read_worksheet(path)
    assert caught.value.place.startswith(str(path))
    assert caught.value.hint.endswith(".")


@pytest.mark.parametrize(
    ("written", "date1904", "expected"),
    [
        pytest.param("1900-01-01", False, (1, "yyyy-mm-dd"), id="first day"),
        pytest.param("1900-02-28", False, (59, "yyyy-mm-dd"), id="before 29 February 1900"),
        pytest.param("1900-03-01", False, (61, "yyyy-mm-dd"), id="after 29 February 1900"),
        pytest.param("1904-01-01", True, (0, "yyyy-mm-dd"), id="first day of 1904"),
        pytest.param("2021-01-01T06:00:00", False, (44197.25, "yyyy-mm-dd hh:mm:ss"), id="date and time"),
        pytest.param("2021-01-01T06:00:00.000Z", False, (44197.25, "yyyy-mm-dd hh:mm:ss"), id="time zone"),
        pytest.param(" 18:00:00 ", False, (0.75, "hh:mm:ss"), id="time"),
        pytest.param("00:00:00", False, (0, "hh:mm:ss"), id="midnight"),
        pytest.param("1899-12-31", False, (0, "yyyy-mm-dd"), id="Excel's day 0"),
        pytest.param("1899-12-30", False, None, id="before the first day"),
        pytest.param("1903-12-31", True, None, id="before the first day of 1904"),
        pytest.param("PT10H", False, None, id="duration"),
        pytest.param("2021-13-01", False, None, id="invalid month"),
    ],
)
def test_iso_dates_become_serial_numbers(
    written: str,
    date1904: bool,
    expected: tuple[float, str] | None,
) -> None:
    """A date is counted in the workbook's date system, and a time is a fraction of a day."""
    assert serial_from_iso(written, date1904=date1904) == expected


@given(st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)))
def test_serial_numbers_count_days(moment: datetime) -> None:
    """Adding a serial number to Excel's first day gives the date again."""
    found = serial_from_iso(moment.isoformat(), date1904=False)
    assert found is not None
    back = datetime(1899, 12, 30) + timedelta(days=found[0])
    assert abs(back - moment) < timedelta(milliseconds=1)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaped_characters_are_decoded(value: str) -> None:
    """Control characters that another program escaped are read as the original characters."""
    assume("_x" not in value)
    assert decode_xstring(escape(value)) == value


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("a_x000d_b", "a\rb", id="lower case"),
        pytest.param("_x005F_x000D_", "_x000D_", id="an escaped escape"),
        pytest.param("_xD83D__xDE00_", "\U0001f600", id="two halves of one character"),
        pytest.param("_xD83D_", "\ufffd", id="half a character"),
        pytest.param("_x00_", "_x00_", id="too short"),
        pytest.param("max_x", "max_x", id="none"),
    ],
)
def test_escapes_are_decoded(written: str, expected: str) -> None:
    """`_xHHHH_` stands for the character with that code."""
    assert decode_xstring(written) == expected


def test_streamed_rows_equal_rows_read_at_once(tmp_path: Path) -> None:
    """Streaming returns the same rows, with and without the sheet's name."""
    rows = '<row r="2"><c r="A2"><v>1</v></c><c r="C2"><v>3</v></c></row><row><c><v>4</v></c></row><row/>'
    path = write_book(tmp_path / "a.xlsx", sheet_xml("<row/>"), sheet_xml(rows))
    whole = read_worksheet(path)
    assert whole.name == "Two"
    assert tuple(stream_rows(path)) == tuple(stream_rows(path, "two")) == whole.rows
    assert [row.number for row in whole.rows] == [2, 3]


def test_only_requested_columns_are_read(tmp_path: Path) -> None:
    """Rows without values in them are left out, and damage elsewhere doesn't matter."""
    rows = '<row r="1"><c r="A1"><v>x</v></c><c r="B1"><v>2</v></c><c><v>3</v></c></row><row r="2"><c/></row>'
    path = write_book(
        tmp_path / "a.xlsx", sheet_xml(rows), sheet_xml('<row r="1"><c r="D1"><v>4</v></c></row>')
    )
    [row] = stream_rows(path, "One", columns=[2, 3])
    assert {column: cell.value for column, cell in row.cells.items()} == {2: 2, 3: 3}
    assert list(stream_rows(path, "Two", columns=())) == []


def test_all_columns_decide_which_sheet_is_the_first_with_values(tmp_path: Path) -> None:
    """The choice of the sheet doesn't depend on the requested columns."""
    sheets = [sheet_xml(f'<row r="1"><c r="{ref}1"><v>4</v></c></row>') for ref in "AB"]
    path = write_book(tmp_path / "a.xlsx", *sheets)
    assert list(stream_rows(path, columns=[2])) == []
    empty = write_book(tmp_path / "empty.xlsx", sheet_xml(""), sheet_xml(""))
    assert list(stream_rows(empty)) == []
    assert read_worksheet(empty).name == "One"


def test_damage_is_reported_when_it_is_reached(tmp_path: Path) -> None:
    """The rows before it are returned first; a missing file is reported with the first row."""
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>x</v></c></row>'
    streamed = stream_rows(write_book(tmp_path / "a.xlsx", sheet_xml(rows)))
    assert next(streamed).number == 1
    with pytest.raises(WorkbookError, match="damaged after row 1"):
        next(streamed)
    with pytest.raises(WorkbookError):
        next(stream_rows(tmp_path / "none.xlsx"))
