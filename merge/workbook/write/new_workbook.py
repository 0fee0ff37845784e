"""A new workbook of one worksheet, with as little in it as Excel needs (ECMA-376 part 1, 12.3)."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from merge.errors import WorkbookError
from merge.model import Scalar
from merge.sheet.addresses import column_letters
from merge.workbook.write.cell_xml import cell_xml, shown_text
from merge.workbook.write.replace_file import beside, flush, translated
from merge.workbook.write.source_file import SOURCE
from merge.workbook.xml.parse import DOCUMENT_RELATIONSHIPS, RELATIONSHIPS, TRANSITIONAL, attribute

_CUSTOM = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_VALUES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_CONTENT = "application/vnd.openxmlformats-officedocument"
_STEM = DOCUMENT_RELATIONSHIPS[TRANSITIONAL]
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NARROWEST, _WIDEST = 9, 60
_LOOKED_AT = 1_000
_BOLD = 1

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_CONTENT}.spreadsheetml.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_CONTENT}.spreadsheetml.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_CONTENT}.spreadsheetml.styles+xml"/>'
    f'<Override PartName="/docProps/custom.xml" ContentType="{_CONTENT}.custom-properties+xml"/></Types>'
)
_PACKAGE = (
    f'<Relationships xmlns="{RELATIONSHIPS}">'
    f'<Relationship Id="rId1" Type="{_STEM}/officeDocument" Target="xl/workbook.xml"/>'
    f'<Relationship Id="rId2" Type="{_STEM}/custom-properties" Target="docProps/custom.xml"/></Relationships>'
)
_PARTS = (
    f'<Relationships xmlns="{RELATIONSHIPS}">'
    f'<Relationship Id="rId1" Type="{_STEM}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_STEM}/styles" Target="styles.xml"/></Relationships>'
)
_STYLES = (
    f'<styleSheet xmlns="{TRANSITIONAL}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)

Rows = Sequence[Sequence[Scalar]]


def create_workbook(path: Path, sheet: str, rows: Rows, *, header_row: int, source: Path) -> None:
    """Makes a workbook that was not there, in one step.

    Args:
        path: where; there may be nothing yet
        sheet: the worksheet's name
        rows: its cells, from row 1 and column A on; "" is a blank one
        header_row: number of the row with the headers, which is bold and stays in view
        source: the file that all this comes from; its name is kept as a document property, and who may
            read the one may read the other

    Raises:
        WorkbookError: there is a file of that name.
        WriteBackError: the folder may not be written, or the disk is full.
    """
    if path.exists():
        raise WorkbookError("there is one already", place=str(path), hint="Rename it, or name it instead.")
    with beside(path) as file, translated(path):
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in _small_parts(sheet, source.name):
                archive.writestr(zipfile.ZipInfo(name), _DECLARATION + content, zipfile.ZIP_DEFLATED)
            with archive.open(zipfile.ZipInfo("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as part:
                for piece in _sheet(rows, header_row):
                    part.write(piece.encode())
        flush(file)
        file.close()
        Path(file.name).chmod(stat.S_IMODE(source.stat().st_mode))
        Path(file.name).replace(path)


def _small_parts(sheet: str, source: str) -> Iterator[tuple[str, str]]:
    yield "[Content_Types].xml", _TYPES
    yield "_rels/.rels", _PACKAGE
    yield "docProps/custom.xml", _properties(source)
    yield "xl/workbook.xml", _workbook(sheet)
    yield "xl/_rels/workbook.xml.rels", _PARTS
    yield "xl/styles.xml", _STYLES


def _properties(source: str) -> str:
    return (
        f'<Properties xmlns="{_CUSTOM}" xmlns:vt="{_VALUES}">'
        f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="{SOURCE}">'
        f"<vt:lpwstr>{attribute(source)}</vt:lpwstr></property></Properties>"
    )


def _workbook(sheet: str) -> str:
    return (
        f'<workbook xmlns="{TRANSITIONAL}" xmlns:r="{_STEM}"><workbookPr/>'
        "<bookViews><workbookView/></bookViews>"
        f'<sheets><sheet name="{attribute(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )


def _sheet(rows: Rows, header_row: int) -> Iterator[str]:
    widest = max(map(len, rows), default=0)
    yield (
        f'{_DECLARATION}<worksheet xmlns="{TRANSITIONAL}" xmlns:r="{_STEM}">'
        f'<dimension ref="A1:{column_letters(max(widest, 1))}{max(len(rows), 1)}"/>'
        f'<sheetViews><sheetView workbookViewId="0" tabSelected="1"><pane ySplit="{header_row}" '
        f'topLeftCell="A{header_row + 1}" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/>{_columns(rows, widest, header_row)}<sheetData>'
    )
    for number, row in enumerate(rows, start=1):
        style = _BOLD if number == header_row else 0
        cells = "".join(
            cell_xml(f"{column_letters(column)}{number}", style, value, "", date1904=False)
            for column, value in enumerate(row, start=1)
            if value != ""
        )
        if cells:
            yield f'<row r="{number}">{cells}</row>'
    yield "</sheetData></worksheet>"


def _columns(rows: Rows, widest: int, header_row: int) -> str:
    """Widths by what the first rows hold, titles above the headers left out."""
    widths = [_NARROWEST] * widest
    for row in islice(rows, header_row - 1, header_row + _LOOKED_AT):
        for place, value in enumerate(row):
            widths[place] = max(widths[place], _longest_line(shown_text(value).splitlines()) + 2)
    cols = (
        f'<col min="{column}" max="{column}" width="{min(width, _WIDEST)}" customWidth="1"/>'
        for column, width in enumerate(widths, start=1)
    )
    return f"<cols>{''.join(cols)}</cols>" if widest else ""


def _longest_line(lines: Iterable[str]) -> int:
    return max(map(len, lines), default=0)
