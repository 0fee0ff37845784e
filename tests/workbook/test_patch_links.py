from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook

from merge.errors import WorkbookError
from merge.model import Link, ResultValue
from merge.workbook import open_package, write_columns
from merge.workbook.write.hyperlinks import MOST_LINKS, followable
from tests.support.sample_workbooks import (
    MAIN,
    PACKAGE_RELATIONS,
    RELATIONS,
    SHEET_RELATIONS,
    STRICT,
    STRICT_RELATIONS,
    make,
    names,
    part,
    relations,
    sheet_xml,
    workbook_xml,
)

ONE = "https://videos.example/1?a=1&b=2"
TWO = "https://videos.example/2#start"


def write(path: Path, values: Mapping[int, ResultValue]) -> tuple[str, ...]:
    """Write values into one column."""
    rows = {row: {"Video URL": value} for row, value in values.items()}
    return write_columns(path, sheet="Sheet1", header_row=1, rows=rows).notes


def links(path: Path) -> dict[str, str]:
    """The URL of each cell's link, as openpyxl reads it."""
    found: dict[str, str] = {}
    for row in load_workbook(path)["Sheet1"].iter_rows():
        for cell in row:
            link = cell.hyperlink
            if link is not None:
                found[cell.coordinate] = str(link.target) + (f"#{link.location}" if link.location else "")
    return found


def test_a_link_is_a_real_hyperlink(tmp_path: Path) -> None:
    """It leads to its URL, shows its text, is underlined, and has the color of links."""
    path = make(tmp_path / "a.xlsx")
    assert write(path, {2: Link(ONE, "watch"), 3: Link(TWO)}) == ()
    assert links(path) == {"B2": ONE, "B3": TWO}
    cell = load_workbook(path)["Sheet1"]["B2"]
    assert cell.value == "watch"
    assert cell.font.u == "single"
    assert cell.font.color is not None
    assert cell.font.color.rgb == "FF0563C1"
    assert (cell.font.name, cell.font.b) == ("Arial", True), "everything else is the sheet's own font"


def test_links_have_the_themes_color(tmp_path: Path) -> None:
    """If there is a theme, links have its color for links."""
    parts = {
        "xl/_rels/workbook.xml.rels": relations(
            ("rId1", "worksheet", "worksheets/sheet1.xml"),
            ("rId2", "styles", "styles.xml"),
            ("rId3", "theme", "theme/theme1.xml"),
        ),
        "xl/theme/theme1.xml": '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"/>',
    }
    path = make(tmp_path / "a.xlsx", None, parts)
    write(path, {2: Link(ONE)})
    assert '<font><b/><u/><sz val="11"/><color theme="10"/><name val="Arial"/></font>' in part(
        path, "xl/styles.xml"
    )


def test_writing_again_adds_no_second_link(tmp_path: Path) -> None:
    """Links are kept, changed, added, and removed along with their cells."""
    path = make(tmp_path / "a.xlsx")
    write(path, {2: Link(ONE), 3: Link(TWO)})
    now = path.read_bytes()
    write(path, {2: Link(ONE), 3: Link(TWO)})
    assert path.read_bytes() == now
    write(path, {2: Link(TWO)})
    assert links(path) == {"B2": TWO, "B3": TWO}
    write(path, {3: "no link", 4: Link(ONE)})
    assert links(path) == {"B2": TWO, "B4": ONE}
    assert load_workbook(path)["Sheet1"]["B3"].font.u is None
    write(path, {2: None, 4: None})
    assert links(path) == {}
    assert "<hyperlinks" not in part(path)


def test_new_addresses_take_the_place_of_old_ones(tmp_path: Path) -> None:
    """However often addresses change, the sheet keeps as many relationships as it has links."""
    theirs = '<hyperlinks><hyperlink ref="A2" r:id="rId1"/></hyperlinks>'
    rels = relations(("rId1", "hyperlink", "https://videos.example/1-2")).replace(
        "/></", ' TargetMode="External"/></'
    )
    path = make(tmp_path / "a.xlsx", sheet_xml(after=theirs), {SHEET_RELATIONS: rels})
    for version in range(1, 5):
        urls = {row: f"https://videos.example/{version}-{row}" for row in range(2, 9)}
        write(path, {row: Link(url, "Watch video") for row, url in urls.items()})
        assert links(path) == {f"B{row}": url for row, url in urls.items()} | {
            "A2": "https://videos.example/1-2"
        }
    assert part(path, SHEET_RELATIONS).count("<Relationship ") == 8


def test_cells_with_one_url_share_a_relationship(tmp_path: Path) -> None:
    """A URL is stored once, however many cells link to it."""
    path = make(tmp_path / "a.xlsx")
    write(path, {2: Link(ONE), 3: Link(ONE)})
    assert part(path, SHEET_RELATIONS).count("<Relationship ") == 1
    assert links(path) == {"B2": ONE, "B3": ONE}


@pytest.mark.parametrize(
    "rels",
    [
        pytest.param(
            f'<Relationships xmlns="{PACKAGE_RELATIONS}">'
            f'<Relationship Id="rId7" Type="{RELATIONS}/hyperlink" '
            'Target="https://a.example/" TargetMode="External"/></Relationships>',
            id="plain",
        ),
        pytest.param(f'<Relationships xmlns="{PACKAGE_RELATIONS}"/>', id="self-closed"),
        pytest.param(
            f'<p:Relationships xmlns:p="{PACKAGE_RELATIONS}"><p:Relationship Id="rId7" '
            f'Type="{RELATIONS}/hyperlink" Target="https://a.example/" TargetMode="External"/>'
            "</p:Relationships>",
            id="prefixed",
        ),
    ],
)
def test_relationships_are_appended_to(tmp_path: Path, rels: str) -> None:
    """Existing relationships come first, and new ids are unique."""
    path = make(tmp_path / "a.xlsx", None, {SHEET_RELATIONS: rels})
    write(path, {2: Link(ONE)})
    after = part(path, SHEET_RELATIONS)
    assert after.startswith(rels[: rels.rindex("<")] if "rId7" in rels else rels[:-2])
    assert f'Id="rId{8 if "rId7" in rels else 1}"' in after
    assert links(path) == {"B2": ONE}


def test_many_links_lead_to_their_own_addresses(tmp_path: Path) -> None:
    """Also when all of them get others, and rows without a link get one."""
    path, values = make(tmp_path / "a.xlsx"), dict[int, Link]()
    for last, shift in ((2_100, 0), (2_100, 1), (2_300, 7)):
        values = {
            row: Link(f"https://videos.example/{'long' * 60}/?a=1&b={row + shift}") for row in range(2, last)
        }
        assert write(path, values) == ()
        with open_package(path) as package:
            addresses = package.links("xl/worksheets/sheet1.xml")
        found = re.findall(r'<hyperlink ref="B(\d+)" r:id="(\w+)"/>', part(path))
        assert {int(row): addresses[rel] for row, rel in found} == {row: it.url for row, it in values.items()}
        assert len(addresses) == len(found)
    now = path.read_bytes()
    assert write(path, values) == ()
    assert path.read_bytes() == now


def test_other_links_are_kept(tmp_path: Path) -> None:
    """Links on other cells and ranges aren't changed."""
    theirs = '<hyperlink ref="A1" r:id="rId1"/><hyperlink ref="A2" location="Sheet1!A1"/>'
    rels = relations(("rId1", "hyperlink", "https://theirs.example/")).replace(
        "/></", ' TargetMode="External"/></'
    )
    path = make(
        tmp_path / "a.xlsx", sheet_xml(after=f"<hyperlinks>{theirs}</hyperlinks>"), {SHEET_RELATIONS: rels}
    )
    write(path, {2: Link(ONE)})
    assert f'<hyperlinks>{theirs}<hyperlink ref="B2" r:id="rId2"/></hyperlinks>' in part(path)
    assert links(path)["A1"] == "https://theirs.example/"


def refs(path: Path) -> dict[str, str]:
    """The location of each hyperlink by range, "" for URLs; asserts that no range occurs twice."""
    found = [
        (attributes["ref"], attributes.get("location", ""))
        for attributes in (
            dict(re.findall(r'([\w:]+)="([^"]*)"', tag))
            for tag in re.findall("<hyperlink [^>]*>", part(path))
        )
    ]
    assert len(dict(found)) == len(found)
    return dict(found)


@pytest.mark.parametrize(
    ("old", "rows", "left"),
    [
        pytest.param("B2:F2", (2,), ["C2:F2"], id="one row starting at our cell"),
        pytest.param("A2:B2", (2,), ["A2"], id="one row up to our cell"),
        pytest.param("A1:C9", (2,), ["A1:A9", "B1", "B3:B9", "C1:C9"], id="in the middle"),
        pytest.param("A1:B3", (2, 3), ["A1:A3", "B1"], id="several rows"),
        pytest.param("B2:B5", (2, 4), ["B3", "B5"], id="every other row"),
        pytest.param("B2:B3", (2, 3), [], id="our cell only"),
        pytest.param("B2:B2", (2,), [], id="a range of one cell"),
        pytest.param("$A$2:$B$2", (2,), ["A2"], id="absolute"),
        pytest.param("C2:F2", (2,), ["C2:F2"], id="next to ours"),
        pytest.param("oops", (2,), ["oops"], id="not a range"),
    ],
)
def test_an_old_link_over_several_cells_is_split(
    tmp_path: Path, old: str, rows: tuple[int, ...], left: list[str]
) -> None:
    """Our cells open our links, and the other cells still open the old one."""
    after = f'<hyperlinks><hyperlink ref="{old}" location="Sheet1!A1" display="there"/></hyperlinks>'
    path = make(tmp_path / "a.xlsx", sheet_xml(after=after))
    assert write(path, {row: Link(ONE) for row in rows}) == ()
    assert refs(path) == dict.fromkeys(left, "Sheet1!A1") | {f"B{row}": "" for row in rows}
    now = path.read_bytes()
    write(path, {row: Link(ONE) for row in rows})
    assert path.read_bytes() == now


def test_a_link_behind_a_split_one_is_replaced(tmp_path: Path) -> None:
    """The pieces of one link don't shift those that come after it."""
    first, second = (f'<hyperlink ref="{ref}" location="Sheet1!A1"/>' for ref in ("A2:C2", "B3"))
    path = make(tmp_path / "a.xlsx", sheet_xml(after=f"<hyperlinks>{first}{second}</hyperlinks>"))
    write(path, {2: Link(ONE), 3: Link(TWO)})
    assert refs(path) == {"A2": "Sheet1!A1", "C2": "Sheet1!A1", "B2": "", "B3": "start"}


def test_the_pieces_of_a_split_link_share_no_unique_id(tmp_path: Path) -> None:
    """Only the first piece keeps the id; all of them keep the target and tooltip."""
    uid = 'xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision" xr:uid="{0-1}"'
    after = f'<hyperlinks><hyperlink ref="A2:C2" location="Sheet1!A1" tooltip="Go" {uid}/></hyperlinks>'
    path = make(tmp_path / "a.xlsx", sheet_xml(after=after))
    write(path, {2: Link(ONE)})
    assert part(path).count("{0-1}") == 1
    assert part(path).count('tooltip="Go"') == 2


def test_a_link_on_an_empty_cell_of_our_columns_is_kept(tmp_path: Path) -> None:
    """In a new column and in later runs, only our own link replaces it."""
    theirs = '<hyperlink ref="C2" location="Sheet1!A1"/>'
    path = make(tmp_path / "a.xlsx", sheet_xml(after=f"<hyperlinks>{theirs}</hyperlinks>"))
    for link in (Link(""), Link(ONE), Link("")):
        rows: dict[int, dict[str, ResultValue]] = {2: {"Video URL": link, "Video Note": "note"}}
        write_columns(path, sheet="Sheet1", header_row=1, rows=rows)
        assert refs(path)["C2"] == "Sheet1!A1"
        assert ("B2" in refs(path)) is bool(link.url)
    write_columns(path, sheet="Sheet1", header_row=1, rows={2: {"Video Note": Link(TWO)}})
    assert links(path)["C2"] == TWO


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("<pageMargins/>", id="before-margins"),
        pytest.param('<mergeCells><mergeCell ref="A5:A6"/></mergeCells><pageMargins/>', id="after-merges"),
        pytest.param(
            "<dataValidations><dataValidation/></dataValidations><printOptions/>", id="after-validations"
        ),
        pytest.param("", id="no-neighbors"),
    ],
)
def test_links_come_in_schema_order(tmp_path: Path, after: str) -> None:
    """The element comes after merges and validations and before page settings."""
    path = make(tmp_path / "a.xlsx", sheet_xml(after=after))
    write(path, {2: Link(ONE)})
    order = re.findall(
        "<(sheetData|mergeCells|dataValidations|hyperlinks|pageMargins|printOptions)[ />]", part(path)
    )
    ranks = ["sheetData", "mergeCells", "dataValidations", "hyperlinks", "printOptions", "pageMargins"]
    assert order == sorted(order, key=ranks.index)
    assert "hyperlinks" in order


def test_the_prefix_of_relationships_is_found_or_declared(tmp_path: Path) -> None:
    """If the sheet doesn't declare the namespace, the link does."""
    other = sheet_xml().replace("xmlns:r=", "xmlns:rel=")
    path = make(tmp_path / "a.xlsx", other)
    write(path, {2: Link(ONE)})
    assert '<hyperlink ref="B2" rel:id="rId1"/>' in part(path)
    none = sheet_xml().replace(f' xmlns:r="{RELATIONS}"', "")
    path = make(tmp_path / "b.xlsx", none)
    write(path, {2: Link(ONE)})
    assert f'<hyperlink ref="B2" xmlns:r="{RELATIONS}" r:id="rId1"/>' in part(path)
    now = path.read_bytes()
    write(path, {2: Link(ONE)})
    assert path.read_bytes() == now


def test_links_of_strict_and_prefixed_sheets(tmp_path: Path) -> None:
    """They use the strict relationship type and the prefix of the sheet's elements."""
    parts = {
        "_rels/.rels": relations(("rId1", "officeDocument", "xl/workbook.xml"), stem=STRICT_RELATIONS),
        "xl/workbook.xml": workbook_xml(STRICT),
        "xl/_rels/workbook.xml.rels": relations(
            ("rId1", "worksheet", "worksheets/sheet1.xml"), stem=STRICT_RELATIONS
        ),
    }
    path = make(tmp_path / "a.xlsx", sheet_xml(namespace=STRICT), parts)
    write(path, {2: Link(ONE)})
    assert f'Type="{STRICT_RELATIONS}/hyperlink"' in part(path, SHEET_RELATIONS)
    prefixed = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData/><x:pageMargins/></x:worksheet>'
    path = make(tmp_path / "b.xlsx", prefixed)
    write(path, {2: Link(ONE)})
    assert f'<x:hyperlinks><x:hyperlink ref="A2" xmlns:r="{RELATIONS}" r:id="rId1"/></x:hyperlinks>' in part(
        path
    )


def test_the_relationships_part_is_added_at_the_end(tmp_path: Path) -> None:
    """A new member comes after the existing ones."""
    path = make(tmp_path / "a.xlsx")
    before = names(path)
    write(path, {2: Link(ONE)})
    assert names(path) == [*before, SHEET_RELATIONS]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("https://a.example/x?y=1&z=%20#f", "https://a.example/x?y=1&z=%20#f", id="plain"),
        pytest.param(" HTTP://a.example ", "HTTP://a.example", id="blanks-around"),
        pytest.param("https://a.example/a b<c>", "https://a.example/a%20b%3Cc%3E", id="blanks-inside"),
        pytest.param("https://münchen.example/ü", "https://münchen.example/ü", id="letters"),
        pytest.param("https://a.example/#", "https://a.example/", id="bare-hash"),
        pytest.param("mailto:a@b.example", "mailto:a@b.example", id="mail"),
        pytest.param("javascript:alert(1)", None, id="script"),
        pytest.param("file:///etc/passwd", None, id="file"),
        pytest.param("ftp://a.example", None, id="other-scheme"),
        pytest.param("https://", None, id="scheme-only"),
        pytest.param("a.example/x", None, id="no-scheme"),
        pytest.param("https://a.example/\u2028x", None, id="unprintable"),
        pytest.param("https://a.example/\ud800", None, id="lone-surrogate"),
        pytest.param("https://a.example/" + "x" * 2061, "https://a.example/" + "x" * 2061, id="longest"),
        pytest.param("https://a.example/" + "x" * 2062, None, id="too-long"),
    ],
)
def test_only_links_that_excel_follows_are_written(url: str, expected: str | None) -> None:
    """Only web and mail addresses of up to 2,079 characters are links; spaces and brackets are escaped."""
    assert followable(url) == expected


def test_an_invalid_link_is_written_as_text(tmp_path: Path) -> None:
    """The cell shows the URL, and a note reports it."""
    path = make(tmp_path / "a.xlsx")
    notes = write(path, {2: Link("javascript:alert(1)", "click"), 3: Link(ONE)})
    assert links(path) == {"B3": ONE}
    assert load_workbook(path)["Sheet1"]["B2"].value == "javascript:alert(1)"
    assert "1 of the links are plain text" in notes[0]


@pytest.mark.long
def test_links_beyond_excels_limit_are_text(tmp_path: Path) -> None:
    """Links beyond 65,530 on a sheet are written as text with a note, also when writing again."""
    theirs = "".join(f'<hyperlink ref="A{row}" location="Sheet1!A1"/>' for row in range(2, MOST_LINKS))
    path = make(tmp_path / "a.xlsx", sheet_xml(after=f"<hyperlinks>{theirs}</hyperlinks>"))
    values = {row: Link(ONE) for row in range(2, 8)}
    notes = write(path, values)
    assert part(path).count("<hyperlink ") == MOST_LINKS == 65_530
    assert "4 of the links" in notes[0]
    now = path.read_bytes()
    assert write(path, values) == notes
    assert path.read_bytes() == now


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param("<theme/>", id="another part's"),
        pytest.param(relations(("rId1", "drawing", "d.xml"), ("rId1", "table", "t.xml")), id="one id twice"),
        pytest.param(relations(("", "drawing", "d.xml")), id="no id"),
        pytest.param(relations(("rId1", "drawing", "d.xml")).replace('Target="d.xml"', ""), id="no target"),
        pytest.param('<Relationships><Relationship Id="rId1" Target="d.xml"/></Relationships>', id="no type"),
    ],
)
def test_damaged_relationships_are_not_added_to(tmp_path: Path, damaged: str) -> None:
    """The workbook isn't changed; without a link to write they don't matter."""
    path = make(tmp_path / "a.xlsx", None, {SHEET_RELATIONS: damaged})
    before = path.read_bytes()
    with pytest.raises(WorkbookError, match="relationships are damaged"):
        write_columns(path, sheet="Sheet1", header_row=1, rows={2: {"URL": Link("https://a.example/")}})
    assert path.read_bytes() == before
    write_columns(path, sheet="Sheet1", header_row=1, rows={2: {"URL": "none"}})
