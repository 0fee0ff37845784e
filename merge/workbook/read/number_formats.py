"""Number formats: from a cell's style to the format code that it shows by (ECMA-376 part 1, 18.8)."""

from __future__ import annotations

from collections.abc import Mapping

from merge.sheet.number_format import BUILTIN_FORMATS
from merge.workbook.package.package import Package
from merge.workbook.xml.parse import Element, children, decode_xstring, parse

GENERAL = "General"


def number_formats(package: Package) -> Mapping[str, str]:
    """Read the format code of each cell style, by the style's index as a cell's `s` attribute writes it.

    Raises:
        WorkbookError: the styles are damaged.
    """
    part = package.part_by_type("styles")
    if part is None:
        return {}
    root = parse(package.read(part), f"{package.path} ({part})")
    codes = {str(number): code for number, code in BUILTIN_FORMATS.items()} | _own_codes(root)
    styles = (style for styles in children(root, "cellXfs") for style in children(styles, "xf"))
    return {str(index): codes.get(style.get("numFmtId", "0"), GENERAL) for index, style in enumerate(styles)}


def _own_codes(root: Element) -> dict[str, str]:
    return {
        line.get("numFmtId", ""): decode_xstring(line.get("formatCode", "")) or GENERAL
        for lines in children(root, "numFmts")
        for line in children(lines, "numFmt")
    }
