"""Workbooks built from parts, for what no library writes, and an independent reader of their parts."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeAlias

from python_calamine import CalamineWorkbook

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET = "xl/worksheets/sheet1.xml"
SHEET_RELATIONS = "xl/worksheets/_rels/sheet1.xml.rels"

Shown: TypeAlias = "int | float | str | bool | time | date | datetime | timedelta"

CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{CONTENT}.sheet.main+xml"/>'
    f'<Override PartName="/{SHEET}" ContentType="{CONTENT}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{CONTENT}.styles+xml"/></Types>'
)
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><b/><sz val="11"/><name val="Arial"/></font></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    "<borders count=\"1\"><border/></borders><cellStyleXfs count='1'><xf/></cellStyleXfs>"
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"><alignment wrapText="1"/></xf>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
TWO_ROWS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c></row>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>Ana</t></is></c></row>'
)


def relations(*lines: tuple[str, str, str], stem: str = RELATIONS) -> str:
    """A relationships part: id, last word of the type, target."""
    written = "".join(
        f'<Relationship Id="{rel_id}" Type="{stem}/{kind}" Target="{target}"/>'
        for rel_id, kind, target in lines
    )
    return f'<Relationships xmlns="{PACKAGE_RELATIONS}">{written}</Relationships>'


def sheet_xml(rows: str = TWO_ROWS, before: str = "", after: str = "", namespace: str = MAIN) -> str:
    """A worksheet: the text before its rows, the rows, and the text after them."""
    relation_space = STRICT_RELATIONS if namespace == STRICT else RELATIONS
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="{namespace}" xmlns:r="{relation_space}">'
        f"{before}<sheetData>{rows}</sheetData>{after}</worksheet>"
    )


def workbook_xml(namespace: str = MAIN, properties: str = "") -> str:
    """A workbook of one sheet, Sheet1."""
    relation_space = STRICT_RELATIONS if namespace == STRICT else RELATIONS
    return (
        f'<workbook xmlns="{namespace}" xmlns:r="{relation_space}">{properties}'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )


def plain_parts(sheet: str | bytes) -> dict[str, str | bytes | None]:
    """The parts of a small workbook, in the order in which Excel writes them."""
    return {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": relations(("rId1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": workbook_xml(),
        "xl/_rels/workbook.xml.rels": relations(
            ("rId1", "worksheet", "worksheets/sheet1.xml"), ("rId2", "styles", "styles.xml")
        ),
        SHEET: sheet,
        "xl/styles.xml": STYLES,
    }


def make(
    path: Path, sheet: str | bytes | None = None, parts: Mapping[str, str | bytes | None] | None = None
) -> Path:
    """A workbook of these parts in addition to the usual ones; None leaves a part out."""
    everything = plain_parts(sheet_xml() if sheet is None else sheet) | dict(parts or {})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in everything.items():
            if content is not None:
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def part(path: Path, name: str = SHEET) -> str:
    """A part as text."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode("utf-8-sig")


def names(path: Path) -> list[str]:
    """The members in order."""
    with zipfile.ZipFile(path) as archive:
        return [info.orig_filename for info in archive.infolist()]


def raw_members(path: Path) -> dict[str, bytes]:
    """Every member as stored in the file: its local header and compressed bytes."""
    content = path.read_bytes()
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name_length, extra_length = struct.unpack_from("<HH", content, info.header_offset + 26)
            end = info.header_offset + 30 + name_length + extra_length + info.compress_size
            found[info.orig_filename] = content[info.header_offset : end]
    return found


def grid(path: Path, sheet: str = "Sheet1") -> dict[tuple[int, int], Shown]:
    """What another reader sees: values by row and column, without blank cells."""
    book = CalamineWorkbook.from_path(path)
    return filled(book.get_sheet_by_name(sheet).to_python(skip_empty_area=False))


def filled(rows: Sequence[Sequence[Shown]]) -> dict[tuple[int, int], Shown]:
    """Rows as values by row and column, without blank cells."""
    return {
        (row, column): value
        for row, values in enumerate(rows, 1)
        for column, value in enumerate(values, 1)
        if value != ""
    }
