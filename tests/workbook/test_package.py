from __future__ import annotations

import struct
import zipfile
from contextlib import nullcontext
from pathlib import Path

import pytest
import xlsxwriter

from merge.errors import WorkbookError
from merge.workbook import open_package
from merge.workbook.package.package import Relationship, relationships_part
from merge.workbook.xml.parse import STRICT, TRANSITIONAL, attribute, is_on, local, namespace, parse
from tests.support.sample_workbooks import (
    MAIN,
    RELATIONS,
    SHEET,
    SHEET_RELATIONS,
    STRICT_RELATIONS,
    make,
    relations,
    sheet_xml,
    workbook_xml,
)


def refused(path: Path, reason: str) -> WorkbookError:
    """Assert that opening is refused for this reason, with a hint."""
    with pytest.raises(WorkbookError, match=reason) as caught:
        open_package(path)
    assert caught.value.hint
    assert str(path) in caught.value.place
    return caught.value


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "this file is empty", id="empty"),
        pytest.param(OLE + "Workbook".encode("utf-16-le"), r"old binary format \(\.xls\)", id="xls"),
        pytest.param(
            OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted with a password", id="encrypted"
        ),
        pytest.param(b"Name;Age\nAna;7\n", "text file, such as CSV", id="csv"),
        pytest.param(b"\xef\xbb\xbf  <html><table>", "web page", id="html"),
        pytest.param(b"\x89XYZ\r\n\x1a\n\0\0\0\0", "damaged", id="garbage"),
        pytest.param(b"PK\x03\x04 and nothing else", "damaged", id="cut-off"),
        pytest.param(b"\x03Ana".ljust(165, b"\0"), "temporary Excel file", id="owner-file"),
    ],
)
def test_a_file_that_is_not_a_workbook_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    """The file's content decides, whatever its name."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    refused(path, reason)


def test_paths_that_cannot_be_a_workbook_are_refused(tmp_path: Path) -> None:
    """A folder, a missing file, and Excel's owner file each have their own message."""
    refused(tmp_path, "this is a folder")
    refused(tmp_path / "none.xlsx", "there's no such file")
    assert refused(tmp_path / "~$a.xlsx", "temporary").hint == "Use the workbook itself: a.xlsx"


def test_a_file_without_read_permission_is_refused(ordinary_folder: Path) -> None:
    """The message says that the permission to read is missing."""
    path = make(ordinary_folder / "a.xlsx")
    path.chmod(0)
    refused(path, "isn't allowed to read it")


def test_a_name_that_no_drive_allows_is_refused(tmp_path: Path) -> None:
    """The message contains the operating system's reason."""
    loop = tmp_path / "a.xlsx"
    loop.symlink_to(loop)
    refused(loop, "no such file")


def changed(tmp_path: Path, **parts: str | bytes | None) -> Path:
    """A workbook with some of its parts replaced."""
    known = {
        "types": "[Content_Types].xml",
        "rels": "_rels/.rels",
        "workbook": "xl/workbook.xml",
        "workbook_rels": "xl/_rels/workbook.xml.rels",
    }
    return make(tmp_path / "a.xlsx", None, {known[name]: content for name, content in parts.items()})


def test_packages_without_a_workbook_are_refused(tmp_path: Path) -> None:
    """Other zip files are refused, and so are packages whose relationships lead nowhere."""
    refused(changed(tmp_path, types=None), "zip file without a workbook")
    refused(changed(tmp_path, rels=None), "zip file without a workbook")
    refused(changed(tmp_path, rels=relations(("a", "other", "xl/workbook.xml"))), "without a workbook")
    refused(changed(tmp_path, rels=relations(("a", "officeDocument", "gone.xml"))), "without a workbook")
    refused(changed(tmp_path, workbook=b"\x83\x01\0"), r"binary workbook \(\.xlsb\)")
    refused(changed(tmp_path, workbook="<document/>"), "its main part is a document")
    refused(changed(tmp_path, workbook="<workbook/>"), "doesn't know its format")
    beta = "http://schemas.openxmlformats.org/spreadsheetml/2006/5/main"
    refused(changed(tmp_path, workbook=workbook_xml(beta)), "doesn't know its format")
    refused(changed(tmp_path, workbook="<workbook"), "its XML is damaged")
    refused(changed(tmp_path, workbook="<!DOCTYPE a [<!ENTITY b 'c'>]>" + workbook_xml()), "DOCTYPE")
    utf16 = ("<!DOCTYPE a>" + workbook_xml()).encode("utf-16-le")
    refused(changed(tmp_path, workbook=b"\xff\xfe" + utf16), "DOCTYPE")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("xl/workbook.xml", "has the part xl/workbook.xml twice", id="twice"),
        pytest.param("XL/Workbook.XML", "has the part XL/Workbook.XML twice", id="case"),
        pytest.param("xl\\workbook.xml", "has the part xl/workbook.xml twice", id="backslash"),
        pytest.param("../evil.xml", "unsafe name", id="upwards"),
        pytest.param("xl/../../evil.xml", "unsafe name", id="upwards-inside"),
        pytest.param("//evil.xml", "unsafe name", id="absolute"),
        pytest.param("C:\\evil.xml", "unsafe name", id="drive"),
    ],
)
def test_unsafe_members_are_refused(tmp_path: Path, name: str, reason: str) -> None:
    """Names that collide or lead out of the package are refused."""
    path = make(tmp_path / "a.xlsx")
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        twice = pytest.warns(UserWarning, match="Duplicate") if name == "xl/workbook.xml" else nullcontext()
        with twice:
            archive.writestr(info, b"<a/>")
    refused(path, reason)


def directory_entry(content: bytearray, path: Path, name: str) -> int:
    """The offset of a member's record in the central directory."""
    with zipfile.ZipFile(path) as archive:
        position = archive.start_dir
    while True:
        lengths = struct.unpack_from("<HHH", content, position + 28)
        if content[position + 46 : position + 46 + lengths[0]] == name.encode():
            return position
        position += 46 + sum(lengths)


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    """The zip format's own encryption isn't Excel's, and is refused too."""
    path = make(tmp_path / "a.xlsx")
    content = bytearray(path.read_bytes())
    content[directory_entry(content, path, SHEET) + 8] |= 1
    path.write_bytes(content)
    refused(path, "its part xl/worksheets/sheet1.xml is encrypted")


@pytest.mark.parametrize(
    ("packed", "unpacked"),
    [
        pytest.param(100_000, 100 << 20, id="steep"),
        pytest.param(1 << 30, (1 << 32) - 2, id="large"),
    ],
)
def test_zip_bombs_are_refused(tmp_path: Path, packed: int, unpacked: int) -> None:
    """A part with an extreme compression ratio or an impossible size isn't unpacked."""
    path = make(tmp_path / "a.xlsx")
    content = bytearray(path.read_bytes())
    at = directory_entry(content, path, SHEET)
    struct.pack_into("<LL", content, at + 20, packed, unpacked)
    path.write_bytes(content)
    if packed < 1 << 30:
        refused(path, "would unpack to 105 MB")
    else:
        twice = directory_entry(content, path, "xl/styles.xml")
        struct.pack_into("<LL", content, twice + 20, packed, unpacked)
        more = directory_entry(content, path, "xl/workbook.xml")
        struct.pack_into("<LL", content, more + 20, packed, unpacked)
        path.write_bytes(content)
        refused(path, "too much for a workbook")


def test_too_many_parts_are_refused(tmp_path: Path) -> None:
    """No real workbook has tens of thousands of parts."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20_001):
            archive.writestr(f"{number}", b"")
    refused(path, "more parts than a workbook needs")


def test_damage_inside_a_part_is_named(tmp_path: Path) -> None:
    """A wrong checksum or broken compression is found, whether the part is read whole or as a stream."""
    path = make(tmp_path / "a.xlsx")
    content = bytearray(path.read_bytes())
    at = directory_entry(content, path, SHEET)
    content[at + 16] ^= 1
    path.write_bytes(content)
    with open_package(path) as package:
        with pytest.raises(WorkbookError, match=r"sheet1.xml is damaged"):
            package.read(SHEET)
        with pytest.raises(WorkbookError, match=r"sheet1.xml is damaged"), package.open(SHEET) as stream:
            stream.read(None)


def test_an_unknown_compression_is_named(tmp_path: Path) -> None:
    """Excel never writes such a compression method."""
    path = make(tmp_path / "a.xlsx")
    content = bytearray(path.read_bytes())
    at = directory_entry(content, path, SHEET)
    struct.pack_into("<H", content, at + 10, 97)
    (offset,) = struct.unpack_from("<L", content, at + 42)
    struct.pack_into("<H", content, offset + 8, 97)
    path.write_bytes(content)
    with open_package(path) as package, pytest.raises(WorkbookError, match=r"sheet1.xml is damaged"):
        package.read(SHEET)


def test_a_part_too_large_for_memory_is_refused(tmp_path: Path) -> None:
    """Only sheets and strings are read as streams; any other part has a size limit."""
    path = make(tmp_path / "a.xlsx")
    content = bytearray(path.read_bytes())
    at = directory_entry(content, path, SHEET)
    struct.pack_into("<LL", content, at + 20, 2 << 20, 300 << 20)
    path.write_bytes(content)
    with open_package(path) as package, pytest.raises(WorkbookError, match="too large"):
        package.read(SHEET)


def test_streams_are_readable_and_closed(tmp_path: Path) -> None:
    """A part is read piece by piece."""
    with open_package(make(tmp_path / "a.xlsx")) as package:
        with package.open(SHEET) as stream:
            assert stream.readable()
            assert stream.read(5) == b"<?xml"
            assert (b"<?xml" + stream.read()).decode() == sheet_xml()
        assert stream.closed
        with pytest.raises(WorkbookError, match=r"its part xl/none.xml is missing"):
            package.open("xl/none.xml")


def test_parts_are_found_by_relationship(tmp_path: Path) -> None:
    """The names of parts and their case don't matter."""
    parts = {
        "_rels/.rels": relations(("rId1", "officeDocument", "/XL/workbook.xml")),
        SHEET_RELATIONS: relations(
            ("t1", "table", "..\\tables\\t.xml"),
            ("h1", "hyperlink", "https://a.example/"),
            ("t2", "table", "gone.xml"),
        ).replace('example/"/>', 'example/" TargetMode="External"/>'),
        "xl/tables/t.xml": "<table/>",
    }
    with open_package(make(tmp_path / "a.xlsx", None, parts)) as package:
        assert package.workbook_part == "xl/workbook.xml"
        assert package.namespace == TRANSITIONAL
        assert package.part_by_type("styles") == "xl/styles.xml"
        assert package.part_by_type("sharedStrings") is None
        assert package.related(SHEET, "table") == ("xl/tables/t.xml",)
        assert package.relationships(SHEET) == (
            Relationship("t1", "table", "xl/tables/t.xml"),
            Relationship("t2", "table", "xl/worksheets/gone.xml"),
        )
        assert package.links(SHEET) == {"h1": "https://a.example/"}
        assert package.relationships("xl/styles.xml") == ()
        assert package.has("XL/STYLES.xml")
        assert not package.has("xl/none.xml")


def test_a_failed_opening_closes_the_file(tmp_path: Path) -> None:
    """The file can be repaired or deleted at once."""
    refused(changed(tmp_path, workbook="<workbook/>"), "its format")
    (tmp_path / "a.xlsx").unlink()


@pytest.mark.parametrize(
    ("value", "expected"),
    [('date1904="1"', True), ('date1904="true"', True), ('date1904="0"', False), ("", False)],
)
def test_the_date_system_is_known(tmp_path: Path, value: str, expected: bool) -> None:
    """Some workbooks count days from 1904."""
    path = changed(tmp_path, workbook=workbook_xml(properties=f"<workbookPr {value}/>"))
    with open_package(path) as package:
        assert package.date1904 is expected


def test_sheets_are_listed_with_kind_and_state(tmp_path: Path) -> None:
    """Hidden sheets and chart sheets are listed; sheets without a part are left out."""
    sheets = (
        '<sheet name="One" sheetId="1" r:id="rId1"/>'
        '<sheet name="Two" sheetId="2" state="hidden" r:id="rId1"/>'
        '<sheet name="Three" sheetId="3" state="veryHidden" r:id="rId1"/>'
        '<sheet name="Chart" sheetId="4" r:id="rId2"/>'
        '<sheet name="Gone" sheetId="5" r:id="rId3"/><sheet name="None" sheetId="6"/><!-- no sheet -->'
    )
    workbook = f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{sheets}</sheets></workbook>'
    rels = relations(
        ("rId1", "worksheet", "worksheets/sheet1.xml"),
        ("rId2", "chartsheet", "styles.xml"),
        ("rId3", "worksheet", "no.xml"),
    )
    with open_package(changed(tmp_path, workbook=workbook, workbook_rels=rels)) as package:
        assert [(it.name, it.state, it.kind) for it in package.sheets] == [
            ("One", "visible", "worksheet"),
            ("Two", "hidden", "worksheet"),
            ("Three", "veryHidden", "worksheet"),
            ("Chart", "visible", "chartsheet"),
        ]
        assert package.sheet("ONE").part == SHEET
        with pytest.raises(WorkbookError, match="is a chartsheet, not a worksheet"):
            package.sheet("chart")
        with pytest.raises(WorkbookError, match="no worksheet “Four”"):
            package.sheet("Four")


def test_a_strict_workbook_is_opened(tmp_path: Path) -> None:
    """Strict Open XML has other namespaces with the same meaning."""
    rels = relations(("rId1", "worksheet", "worksheets/sheet1.xml"), stem=STRICT_RELATIONS)
    root = relations(("rId1", "officeDocument", "xl/workbook.xml"), stem=STRICT_RELATIONS)
    path = changed(tmp_path, workbook=workbook_xml(STRICT), workbook_rels=rels, rels=root)
    with open_package(path) as package:
        assert package.namespace == STRICT
        assert package.sheet("Sheet1").part == SHEET


def test_workbooks_of_other_libraries_are_opened(tmp_path: Path) -> None:
    """Workbooks written by other libraries are read."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("People").write(0, 0, "Name")
    with open_package(path) as package:
        assert [it.name for it in package.sheets] == ["People"]
        assert package.part_by_type("theme") == "xl/theme/theme1.xml"


def test_relationships_are_stored_next_to_their_part() -> None:
    """Part 2 of the standard defines their names."""
    assert relationships_part("xl/workbook.xml") == "xl/_rels/workbook.xml.rels"
    assert relationships_part("book.xml") == "_rels/book.xml.rels"
    assert relationships_part("") == "_rels/.rels"


def test_xml_names_are_compared_without_namespaces() -> None:
    """Comments have an empty name."""
    root = parse(b"<a xmlns='urn:x'><!-- c --><b/></a>", "here")
    assert (local(root), namespace(root)) == ("a", "urn:x")
    assert [local(it) == "b" for it in root] == [False, True]
    assert namespace(parse(b"<a/>", "here")) == ""


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("true", True), ("0", False), (None, False)])
def test_xml_booleans_are_read(value: str | None, expected: bool) -> None:
    """A missing attribute is false."""
    assert is_on(value) is expected


def test_attributes_are_escaped() -> None:
    """A value in double quotes is read back unchanged."""
    text = "a<b>&\"'\n\t\r"
    assert parse(f'<a b="{attribute(text)}"/>'.encode(), "here").get("b") == text


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    """A part whose entities expand without bound isn't read."""
    bomb = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><styleSheet>&b;</styleSheet>'
    with pytest.raises(WorkbookError, match="DOCTYPE"):
        parse(bomb.encode(), "here")
