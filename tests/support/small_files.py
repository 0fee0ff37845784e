"""Small files with one part that unpacks to something large or takes a reader long."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.support.sample_workbooks import (
    CONTENT_TYPES,
    MAIN,
    PACKAGE_RELATIONS,
    RELATIONS,
    SHEET,
    STYLES,
    plain_parts,
    relations,
    sheet_xml,
    workbook_xml,
)

TWO_ROWS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>First Name</t></is></c></row>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>Ana</t></is></c></row>'
)
_FEWER = 10_000
"""The approximate number of bytes to write at once."""


@dataclass(frozen=True, slots=True)
class Trap:
    """A part that repeats something: the text before it, the repeated text, and the text after it.

    Attributes:
        part: the name of the part
        whole: the part, with `@` where the repetition goes
        others: other parts that lead to it
        counted: whether `%d` in the repeated text is counted
    """

    part: str
    whole: str
    before: str
    again: str
    behind: str
    others: Mapping[str, str]
    counted: bool = False

    def make(self, path: Path, size: int) -> Path:
        """A workbook in which the repetition takes this many bytes."""
        parts = {name: text for name, text in plain_parts("").items() if isinstance(text, str)}
        parts |= {SHEET: sheet_xml(TWO_ROWS), **self.others}
        start, _, end = self.whole.partition("@")
        times = size // len(self.again)
        at_once = max(1, _FEWER // len(self.again))
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name, text in parts.items():
                if name != self.part:
                    archive.writestr(name, text)
            with archive.open(self.part, "w") as member:
                member.write((start + self.before).encode())
                for first in range(0, times, at_once):
                    block = (
                        "".join(self.again % number for number in range(first, first + at_once))
                        if self.counted
                        else self.again * at_once
                    )
                    member.write(block.encode())
                member.write((self.behind + end).encode())
        return path


class _MakeTrap(Protocol):
    def __call__(self, before: str, again: str, behind: str, *, counted: bool = False) -> Trap: ...


def _trap(part: str, whole: str, others: Mapping[str, str] | None = None) -> _MakeTrap:
    def trap(before: str, again: str, behind: str, *, counted: bool = False) -> Trap:
        return Trap(part, whole, before, again, behind, others or {}, counted)

    return trap


_STRINGS = "xl/sharedStrings.xml"
_TABLE = "xl/tables/table1.xml"
_DRAWING = "xl/drawings/drawing1.xml"
_DRAWING_SPACE = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"

in_rows = _trap(SHEET, sheet_xml(f"{TWO_ROWS}@"))
before_rows = _trap(SHEET, sheet_xml(TWO_ROWS, before="@"))
behind_rows = _trap(SHEET, sheet_xml(TWO_ROWS, after="@"))
in_fonts = _trap("xl/styles.xml", STYLES.replace("</fonts>", "@</fonts>"))
in_formats = _trap("xl/styles.xml", STYLES.replace("</cellXfs>", "@</cellXfs>"))
in_number_formats = _trap("xl/styles.xml", STYLES.replace("<fonts", "<numFmts>@</numFmts><fonts", 1))
in_workbook = _trap("xl/workbook.xml", workbook_xml(properties="@"))
in_sheets = _trap("xl/workbook.xml", workbook_xml().replace("<sheets>", "<sheets>@"))
in_relationships = _trap(
    "_rels/.rels",
    relations(("rId1", "officeDocument", "xl/workbook.xml")).replace("</Relationships>", "@</Relationships>"),
)
in_content_types = _trap("[Content_Types].xml", CONTENT_TYPES.replace("</Types>", "@</Types>"))
in_texts = _trap(
    _STRINGS,
    f'<sst xmlns="{MAIN}">@</sst>',
    {
        "xl/_rels/workbook.xml.rels": relations(
            ("rId1", "worksheet", "worksheets/sheet1.xml"),
            ("rId2", "styles", "styles.xml"),
            ("rId3", "sharedStrings", "sharedStrings.xml"),
        )
    },
)
in_table = _trap(
    _TABLE,
    f'<table xmlns="{MAIN}" id="1" name="T" displayName="T" ref="A1:A2">@</table>',
    {
        SHEET: sheet_xml(TWO_ROWS, after='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'),
        "xl/worksheets/_rels/sheet1.xml.rels": relations(("rId1", "table", "../tables/table1.xml")),
    },
)
in_drawing = _trap(
    _DRAWING,
    f'<xdr:wsDr xmlns:xdr="{_DRAWING_SPACE}">@</xdr:wsDr>',
    {
        SHEET: sheet_xml(TWO_ROWS, after='<drawing r:id="rId1"/>'),
        "xl/worksheets/_rels/sheet1.xml.rels": relations(("rId1", "drawing", "../drawings/drawing1.xml")),
    },
)
in_links = _trap(
    "xl/worksheets/_rels/sheet1.xml.rels",
    f'<Relationships xmlns="{PACKAGE_RELATIONS}">@</Relationships>',
)
_ROW, _END = '<row r="3">', "</row>"

TRAPS: Mapping[str, Trap] = {
    "an attribute of a cell": in_rows('<row r="3"><c r="A3" x="', "A", '"/></row>'),
    "an attribute of brackets": in_rows('<row r="3"><c r="A3" x="', ">", '"/></row>'),
    "an attribute before the rows": before_rows('<sheetPr x="', "A", '"/>'),
    "an attribute behind the rows": behind_rows('<pageMargins x="', "A", '"/>'),
    "an attribute in the formats": in_formats('<xf x="', "A", '"/>'),
    "an attribute in the workbook": in_workbook('<workbookPr x="', "A", '"/>'),
    "an attribute in the relationships": in_relationships('<Relationship Id="', "A", '"/>'),
    "an attribute in the content types": in_content_types('<Default Extension="', "A", '"/>'),
    "a text": in_rows('<row r="3"><c r="A3" t="str"><v>', "A", "</v></c></row>"),
    "a number": in_rows('<row r="3"><c r="A3"><v>', "1", "</v></c></row>"),
    "accents": in_texts("", f"<si><t>{'&#790;&#769;' * 8_000}</t></si>", ""),
    "letters of a column": in_rows('<row r="3"><c r="', "Z", '3"/></row>'),
    "an address": in_rows('<row r="3"><c r="', "A", '3"/></row>'),
    "a shared text": in_texts("<si><t>", "A", "</t></si>"),
    "references to characters": in_texts("<si><t>", "&#65;", "</t></si>"),
    "blanks in a row": in_rows(_ROW, " ", _END),
    "blanks between rows": in_rows("", " ", ""),
    "blanks before the rows": before_rows("", " ", ""),
    "blanks behind the rows": behind_rows("", " ", ""),
    "blanks in a tag": in_rows('<row r="3"><c r="A3"', " ", "/></row>"),
    "blanks in pieces": in_rows(_ROW, "<c/>" + " " * 10_000, _END),
    "comments": in_rows(_ROW, "<!-- -->", _END),
    "a comment": before_rows("<!--", "< ", "-->"),
    "instructions": behind_rows("", "<?x y?>", ""),
    "CDATA": in_rows('<row r="3"><c r="A3" t="str"><v><![CDATA[', "<", "]]></v></c></row>"),
    "columns": in_rows(_ROW, "<c/>", _END),
    "columns with a value": in_rows(_ROW, "<c><v>1</v></c>", _END),
    "attributes": in_rows(_ROW, '<c s="" t="" r="A3"/>', _END),
    "other elements in a row": in_rows(_ROW, "<x/>", _END),
    "rows": in_rows("", "<row/>", ""),
    "rows of the same number": in_rows("", '<row r="3"/>', ""),
    "a deep tree": in_rows(_ROW, "<x>", _END),
    "column widths": before_rows("<cols>", '<col min="1" max="1"/>', "</cols>"),
    "merged ranges": behind_rows("<mergeCells>", '<mergeCell ref="A1:B2"/>', "</mergeCells>"),
    "links": behind_rows("<hyperlinks>", '<hyperlink ref="A1"/>', "</hyperlinks>"),
    "conditional formats": behind_rows("", '<conditionalFormatting sqref="A1"/>', ""),
    "formats": in_formats("", '<xf numFmtId="14"/>', ""),
    "fonts": in_fonts("", "<font/>", ""),
    "number formats": in_number_formats("", '<numFmt numFmtId="%d" formatCode="0"/>', "", counted=True),
    "a number format": in_number_formats('<numFmt numFmtId="200" formatCode="', "[$", '"/>'),
    "shared texts": in_texts("", "<si/>", ""),
    "runs of a text": in_texts("<si>", "<r/>", "</si>"),
    "columns of a Table": in_table("<tableColumns>", "<tableColumn/>", "</tableColumns>"),
    "pictures": in_drawing("", "<xdr:oneCellAnchor/>", ""),
    "sheets": in_sheets("", '<sheet name="x" sheetId="1" r:id="rId1"/>', ""),
    "names": in_workbook("<definedNames>", "<definedName>A</definedName>", "</definedNames>"),
    "relationships": in_relationships("", f'<Relationship Id="rId9" Type="{RELATIONS}/x" Target="x"/>', ""),
    "content types": in_content_types("", '<Override PartName="/x" ContentType="x"/>', ""),
    "relationships of a sheet": in_links(
        "", '<Relationship Id="rId%d" Type="/hyperlink" Target="x" TargetMode="External"/>', "", counted=True
    ),
}
"""The traps by what is repeated."""
