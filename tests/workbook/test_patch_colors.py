from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook

from merge.errors import MergeError
from merge.model import Color, ResultValue
from merge.sheet.result_columns import STATUS_COLORS, Status
from merge.workbook import write_columns
from merge.workbook.read.worksheet import read_worksheet
from tests.support.paths import ROOT
from tests.support.sample_workbooks import STRICT, STYLES, make, part, sheet_xml

FOLDER = Path(os.environ.get("CASTMERGE_WORKBOOKS", ROOT.parent / "shared" / "workbooks"))
REAL = sorted(FOLDER.glob("*.xls[xm]")) if FOLDER.is_dir() else []
THEIRS = (
    '<conditionalFormatting sqref="A1:A9"><cfRule type="cellIs" dxfId="0" priority="7" operator="equal">'
    '<formula>"Complete"</formula></cfRule></conditionalFormatting>'
)


def write(path: Path, rows: int = 2, sheet: str = "Sheet1", header_row: int = 1) -> Mapping[str, int]:
    """Write a status and a note into some rows."""
    values: dict[str, ResultValue] = {"Video Status": "Complete", "Video Note": "a long note"}
    return write_columns(
        path,
        sheet=sheet,
        header_row=header_row,
        rows=dict.fromkeys(range(header_row + 1, header_row + 1 + rows), values),
        columns=("Video Status", "Video Note"),
        colors={"Video Status": STATUS_COLORS},
        wrapped=("Video Note",),
    ).columns


def formats(path: Path) -> list[str]:
    """The ranges of the sheet's conditional formats."""
    return re.findall(r'conditionalFormatting sqref="([^"]*)"', part(path))


def test_every_status_has_its_color(tmp_path: Path) -> None:
    """Text and background are set, by rules that other programs read too."""
    path = make(tmp_path / "a.xlsx")
    write(path, 4)
    (found,) = load_workbook(path)["Sheet1"].conditional_formatting
    assert str(found.sqref) == "B2:B5"
    shown = {rule.formula[0].strip('"'): rule.dxf for rule in found.rules}
    assert shown.keys() == {str(status) for status in Status if status}
    assert shown["Complete"].fill.bgColor.rgb == "FFC6EFCE"
    assert shown["Complete"].font.color.rgb == "FF006100"
    backgrounds = {text: dxf.fill.bgColor.rgb for text, dxf in shown.items()}
    assert backgrounds["Failed"] == backgrounds["Invalid"]
    assert backgrounds["Check"] == backgrounds["Out of date"]
    assert backgrounds["Submitted"] == backgrounds["Rendering"]
    assert len(set(backgrounds.values())) == len(Color)


def test_colors_are_never_duplicated(tmp_path: Path) -> None:
    """A second write changes nothing; more rows extend the colors."""
    path = make(tmp_path / "a.xlsx")
    write(path, 2)
    now = path.read_bytes()
    write(path, 2)
    assert path.read_bytes() == now
    write(path, 6)
    assert formats(path) == ["B2:B7"]
    assert part(path, "xl/styles.xml").count("<dxf>") == len(Color)


def test_the_users_conditional_formats_are_left_alone(tmp_path: Path) -> None:
    """They are unchanged and come first, even if they compare with the same words."""
    path = make(tmp_path / "a.xlsx", sheet_xml(after=f"{THEIRS}<pageMargins/>"))
    write(path)
    after = part(path)
    assert THEIRS in after
    assert formats(path) == ["A1:A9", "B2:B3"]
    assert min(int(it) for it in re.findall(r'priority="(\d+)"', after.partition(THEIRS)[2])) == 8
    assert after.index("<sheetData") < after.index(THEIRS) < after.index('sqref="B2:B3"')
    assert after.index('sqref="B2:B3"') < after.index("<pageMargins/>")


def test_colors_that_somebody_changed_or_removed_stay_that_way(tmp_path: Path) -> None:
    """Removed colors don't come back; a rule that was added next to ours is kept when ours are extended."""
    path = make(tmp_path / "a.xlsx")
    write(path, 2)
    ours = re.findall("<conditionalFormatting.*</conditionalFormatting>", part(path))[0]
    rule = '<cfRule type="duplicateValues" dxfId="0" priority="99"/></conditionalFormatting>'
    mixed = ours.replace("</conditionalFormatting>", rule)
    for there, expected in (("", []), (mixed, ["B2:B5"])):
        sheet = part(path).replace(ours, there)
        other = make(tmp_path / "b.xlsx", sheet, {"xl/styles.xml": part(path, "xl/styles.xml")})
        write(other, 4)
        assert formats(other) == expected
        assert part(other).count("duplicateValues") == len(expected)


def test_cleared_columns_are_reused(tmp_path: Path) -> None:
    """Our own colors don't reserve a column, unlike a conditional format of somebody else."""
    path = make(tmp_path / "a.xlsx")
    write(path)
    ours = re.findall("<conditionalFormatting.*</conditionalFormatting>", part(path))[0]
    other = make(tmp_path / "b.xlsx", sheet_xml(after=ours), {"xl/styles.xml": part(path, "xl/styles.xml")})
    assert write(other)["Video Status"] == 2
    assert formats(other) == ["B2:B3"]


@pytest.mark.parametrize(
    ("styles", "expected"),
    [
        pytest.param(STYLES, 5, id="no list of them"),
        pytest.param(STYLES.replace("</styleSheet>", '<dxfs count="0"/></styleSheet>'), 5, id="an empty one"),
        pytest.param(
            STYLES.replace("</styleSheet>", '<dxfs count="1"><dxf/></dxfs><tableStyles/></styleSheet>'),
            6,
            id="one is there",
        ),
        pytest.param(None, 0, id="no styles"),
    ],
)
def test_differential_styles_are_appended(tmp_path: Path, styles: str | None, expected: int) -> None:
    """They are counted and in schema order; without a styles part there are no colors."""
    path = make(tmp_path / "a.xlsx", None, {"xl/styles.xml": styles})
    write(path)
    if styles is None:
        assert formats(path) == []
        return
    after = part(path, "xl/styles.xml")
    assert f'<dxfs count="{expected}">' in after
    assert after.count("<dxf>") + after.count("<dxf/>") == expected
    assert after.index("<cellStyles") < after.index("<dxfs")
    first = 5 - expected if expected > 5 else 0
    assert f'dxfId="{-first}"' in part(path)


def test_notes_wrap_in_new_cells(tmp_path: Path) -> None:
    """Their text starts at the top of the cell; a cell with its own format keeps it."""
    path = make(tmp_path / "a.xlsx")
    write(path)
    cell = load_workbook(path)["Sheet1"]["C2"]
    assert (cell.alignment.wrap_text, cell.alignment.vertical) == (True, "top")
    assert not load_workbook(path)["Sheet1"]["B2"].alignment.wrap_text
    assert not load_workbook(path)["Sheet1"]["C1"].alignment.wrap_text
    plain = re.sub(r'(<c r="C2") s="\d+"', r"\1", part(path))
    other = make(tmp_path / "b.xlsx", plain, {"xl/styles.xml": part(path, "xl/styles.xml")})
    write(other)
    assert not load_workbook(other)["Sheet1"]["C2"].alignment.wrap_text


def test_strict_workbooks_get_colors(tmp_path: Path) -> None:
    """Colors are written in the strict namespace."""
    styles = STYLES.replace("http://schemas.openxmlformats.org/spreadsheetml/2006/main", STRICT)
    path = make(tmp_path / "a.xlsx", sheet_xml(namespace=STRICT), {"xl/styles.xml": styles})
    write(path)
    assert formats(path) == ["B2:B3"]


@pytest.mark.long
@pytest.mark.parametrize("original", REAL, ids=lambda path: path.stem)
def test_real_workbooks_get_colors_once(original: Path, tmp_path: Path) -> None:
    """The new conditional format is the last one, and a second write changes nothing."""
    path = tmp_path / original.name
    shutil.copyfile(original, path)
    try:
        sheet = read_worksheet(path)
        header = next((row.number for row in sheet.rows), 1)
        write(path, 3, sheet.name, header)
    except MergeError:
        return  # other tests check which workbooks are refused
    now = path.read_bytes()
    write(path, 3, sheet.name, header)
    assert path.read_bytes() == now
