from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from merge.errors import MergeError
from merge.model import Link, ResultValue
from merge.workbook import write_columns
from tests.support.check_inputs import RequestedCells, differences
from tests.support.sample_workbooks import (
    MAIN,
    RELATIONS,
    SHEET,
    SHEET_RELATIONS,
    STRICT,
    STRICT_RELATIONS,
    Shown,
    make,
    relations,
    workbook_xml,
)

STRINGS = ("Name", "Video ID", "Ana", "two\nlines", " blanks ", "<b>&amp;", "고객 😀")
OURS = ("Video ID", "Video URL", "Score", "When")
CELLS = (
    "<{p}c{r}{s}><{p}v>12.5</{p}v></{p}c>",
    '<{p}c{r}{s} t="n"><{p}v>0.30000000000000004</{p}v></{p}c>',
    '<{p}c{r}{s} t="s"><{p}v>2</{p}v></{p}c>',
    '<{p}c{r}{s} t="s"><{p}v>5</{p}v></{p}c>',
    '<{p}c{r}{s} t="inlineStr"><{p}is><{p}t xml:space="preserve"> in line </{p}t></{p}is></{p}c>',
    '<{p}c{r}{s} t="inlineStr"><{p}is><{p}r><{p}rPr><{p}b/></{p}rPr><{p}t>rich</{p}t></{p}r></{p}is></{p}c>',
    '<{p}c{r}{s} t="str"><{p}f>"a"&amp;A1</{p}f><{p}v>aName</{p}v></{p}c>',
    "<{p}c{r}{s}><{p}f t='shared' si='0'/><{p}v>7</{p}v></{p}c>",
    '<{p}c{r}{s} t="b"><{p}v>1</{p}v></{p}c>',
    '<{p}c{r}{s} t="e"><{p}v>#N/A</{p}v></{p}c>',
    "<{p}c{r}{s}/>",
    "<{p}c{r}{s}></{p}c>",
    "<{p}c{r}{s} >\n<{p}v>3</{p}v>\n</{p}c>",
)  # fmt: skip
ROW_LOOKS = (
    "",
    ' spans="1:3"',
    " spans='1:16384'",
    ' ht="30" customHeight="1"',
    ' s="1" customFormat="1"',
    ' hidden="1"',
    ' collapsed="0" \n',
)
BEFORE = (
    "",
    '<{p}dimension ref="A1"/>',
    '<{p}dimension ref="A1:H12"/><{p}sheetViews><{p}sheetView workbookViewId="0"/></{p}sheetViews>',
    '<{p}sheetFormatPr defaultRowHeight="15"/><{p}cols><{p}col min="1" max="3" width="9"/></{p}cols>',
    '<{p}cols><{p}col min="1" max="16384" width="9" style="1"/></{p}cols>',
    '<{p}cols><{p}col min="9" max="16384" hidden="1"/></{p}cols>',
)
RULE = '<{p}cfRule type="expression" priority="1"><{p}formula>TRUE</{p}formula></{p}cfRule>'
AFTER = (
    "",
    '<{p}autoFilter ref="A1:C5"/><{p}mergeCells count="1"><{p}mergeCell ref="J20:K21"/></{p}mergeCells>',
    f'<{{p}}conditionalFormatting sqref="A2:XFD9">{RULE}</{{p}}conditionalFormatting>',
    '<{p}dataValidations count="1"><{p}dataValidation type="list" sqref="B2:B9"/></{p}dataValidations>',
    '<{p}hyperlinks><{p}hyperlink ref="A2" r:id="rId9"/></{p}hyperlinks><{p}pageMargins left="1"/>',
    "\n <{p}pageMargins left='1'/>\n",
)
VALUES: st.SearchStrategy[tuple[ResultValue, Shown]] = st.sampled_from(
    [
        ("done", "done"),
        ("=1+1 & <two>", "=1+1 & <two>"),
        ("two\nlines", "two\nlines"),
        (7, 7),
        (-0.125, -0.125),
        (True, True),
        (None, ""),
        (datetime(2026, 11, 22, 10, 30), datetime(2026, 11, 22, 10, 30)),
        (Link("https://a.example/?a=1&b=2#c"), "https://a.example/?a=1&b=2#c"),
        (Link("https://b.example/", "shown"), "shown"),
    ]
)


@st.composite
def sheets(draw: st.DrawFn) -> tuple[str, bool]:
    """A worksheet in a layout that some program might write, and whether it is strict OOXML."""
    prefix, strict = draw(st.sampled_from(["", "x:"])), draw(st.booleans())
    blank = draw(st.sampled_from(["", "\n", "\r\n  "]))
    rows: list[str] = []
    last = 0
    for number in sorted(draw(st.sets(st.integers(1, 12), min_size=1, max_size=7))):
        named = number != last + 1 or draw(st.booleans())
        cells = _cells(draw, prefix, number)
        tag = f"<{prefix}row" + (f' r="{number}"' if named else "") + draw(st.sampled_from(ROW_LOOKS))
        closed = not cells and draw(st.booleans())
        rows.append(f"{tag}/>" if closed else f"{tag}>{cells}</{prefix}row>")
        last = number
    data = f"<{prefix}sheetData>{blank}{blank.join(rows)}{blank}</{prefix}sheetData>"
    before, after = (draw(st.sampled_from(it)).format(p=prefix) for it in (BEFORE, AFTER))
    space = f'xmlns{":x" if prefix else ""}="{STRICT if strict else MAIN}"'
    relation = f'xmlns:r="{STRICT_RELATIONS if strict else RELATIONS}"'
    mark = draw(st.sampled_from(["", '<?xml version="1.0" encoding="UTF-8"?>\n', "\ufeff"]))
    return (
        f"{mark}<{prefix}worksheet {relation} {space}>{blank}{before}{data}{after}</{prefix}worksheet>",
        strict,
    )


def _cells(draw: st.DrawFn, prefix: str, row: int) -> str:
    made: list[str] = []
    last = 0
    for column in sorted(draw(st.sets(st.integers(1, 8), max_size=6))):
        named = column != last + 1 or draw(st.booleans())
        ref = f' r="{get_column_letter(column)}{row}"' if named else ""
        style = draw(st.sampled_from(["", ' s="1"', " s='2'"]))
        pattern = draw(st.sampled_from(CELLS)) if row > 1 else CELLS[2]
        if row == 1:
            pattern = pattern.replace(">2<", f">{draw(st.integers(0, len(STRINGS) - 1))}<")
        made.append(pattern.format(p=prefix, r=ref, s=style))
        last = column
    return "".join(made)


def _workbook(path: Path, sheet: str, *, strict: bool) -> Path:
    stem, space = (STRICT_RELATIONS, STRICT) if strict else (RELATIONS, MAIN)
    link = relations(("rId9", "hyperlink", "https://old.example/"), stem=stem)
    items = "".join(
        f'<si><t xml:space="preserve">{text.replace("&", "&amp;").replace("<", "&lt;")}</t></si>'
        for text in STRINGS
    )
    return make(
        path,
        sheet,
        {
            "_rels/.rels": relations(("rId1", "officeDocument", "xl/workbook.xml"), stem=stem),
            "xl/workbook.xml": workbook_xml(space),
            "xl/_rels/workbook.xml.rels": relations(
                ("rId1", "worksheet", "worksheets/sheet1.xml"),
                ("rId2", "styles", "styles.xml"),
                ("rId3", "sharedStrings", "sharedStrings.xml"),
                stem=stem,
            ),
            "xl/sharedStrings.xml": f'<sst xmlns="{space}">{items}</sst>',
            SHEET_RELATIONS: link.replace('old.example/"', 'old.example/" TargetMode="External"'),
        },
    )


ASKED = st.dictionaries(
    st.integers(2, 15), st.dictionaries(st.sampled_from(OURS), VALUES, max_size=4), max_size=5
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(sheets(), ASKED, st.lists(st.sampled_from(OURS), unique=True))
def test_results_are_read_back_and_nothing_else_changes(
    sheet: tuple[str, bool],
    asked: Mapping[int, Mapping[str, tuple[ResultValue, Shown]]],
    columns: Sequence[str],
) -> None:
    """Holds for any sheet layout and any values, as read by lxml, calamine, and openpyxl."""
    with TemporaryDirectory() as folder:
        before = _workbook(Path(folder) / "before.xlsx", sheet[0], strict=sheet[1])
        after = Path(folder) / "after.xlsx"
        shutil.copyfile(before, after)
        rows = {row: {name: value for name, (value, _) in values.items()} for row, values in asked.items()}
        try:
            written = write_columns(after, sheet="Sheet1", header_row=1, rows=rows, columns=columns)
        except MergeError as error:
            refused = error
        else:
            cells: dict[tuple[int, int], Shown] = {(1, at): name for name, at in written.columns.items()}
            for row, values in asked.items():
                cells |= {(row, written.columns[name]): shown for name, (_, shown) in values.items()}
            assert differences(before, after, SHEET, RequestedCells("Sheet1", 1, written, cells)) == []
            return
        event(f"refused: {refused.message[:30]}")
        assert refused.hint
        assert after.read_bytes() == before.read_bytes()
