"""Workbooks with the features of real workbooks: one for each feature, next to a small list of people."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HEADERS = ("Name", "Plan", "Due", "Price")
PEOPLE: Sequence[tuple[str, str, datetime, float]] = (
    ("Ana", "Gold", datetime(2026, 12, 1), 1200.5),
    ("Ben", "Silver", datetime(2026, 1, 2), 15),
    ("Cem", "Gold", datetime(2026, 3, 3), 0.30000000000000004),
)

Feature = Callable[[Workbook, Worksheet], object]


def _people(book: Workbook, sheet: Worksheet) -> None:
    dates = book.add_format({"num_format": "d mmm yyyy", "border": 1})
    money = book.add_format({"num_format": "$#,##0.00", "border": 1})
    bold = book.add_format({"bold": True, "bg_color": "#1F4E79", "font_color": "white", "border": 1})
    plain = book.add_format({"border": 1})
    for place, text in enumerate(HEADERS):
        sheet.write(0, place, text, bold)
    for number, (name, plan, due, price) in enumerate(PEOPLE, start=1):
        sheet.write(number, 0, name, plain)
        sheet.write(number, 1, plan, plain)
        sheet.write_datetime(number, 2, due, dates)
        sheet.write(number, 3, price, money)


def _charts(book: Workbook, sheet: Worksheet) -> None:
    for place, kind in enumerate(
        ("column", "line", "pie", "scatter", "area", "bar", "radar", "stock", "doughnut")
    ):
        chart = book.add_chart({"type": kind})
        chart.add_series(
            {
                "categories": "=People!$A$2:$A$4",
                "values": "=People!$D$2:$D$4",
                "trendline": {"type": "linear"},
            }
        )
        chart.set_title({"name": f"By {kind}"})
        sheet.insert_chart(20 + 16 * place, 0, chart, {"description": "a chart"})


def _chartsheet(book: Workbook, sheet: Worksheet) -> None:
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=People!$D$2:$D$4"})
    book.add_chartsheet("Chart").set_chart(chart)


def _side_chart(book: Workbook, sheet: Worksheet) -> None:
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=People!$D$2:$D$4"})
    sheet.insert_chart("F1", chart)


def _table(book: Workbook, sheet: Worksheet) -> None:
    columns = [
        {"header": "Name"},
        {"header": "Plan", "total_string": "Sum"},
        {"header": "Due"},
        {"header": "Price", "total_function": "sum", "total_value": 1215.8},
    ]
    sheet.add_table(
        "A1:D5", {"name": "People", "total_row": True, "columns": columns, "style": "Table Style Medium 2"}
    )
    _people(book, sheet)


def _calculated(book: Workbook, sheet: Worksheet) -> None:
    columns = [
        {"header": "Name"},
        {"header": "Plan"},
        {"header": "Due"},
        {"header": "Price", "formula": "=LEN([@Name])*2"},
    ]
    sheet.add_table("A1:D4", {"columns": columns})


def _formulas(book: Workbook, sheet: Worksheet) -> None:
    sheet.write_formula("D2", '=IF(A2="Ana",1200,0)&" due"', None, "1200 due")
    sheet.write_formula("D3", "=NOW()", None, 46000.5)
    sheet.write_array_formula("C2:C4", "{=LEN(A2:A4)}", None, 3)
    sheet.write_dynamic_array_formula("B8", "=SORT(A2:A4)", None, "Ana")
    sheet.write_formula("A9", "=1/0", None, "#DIV/0!")
    sheet.write_formula("A10", "=SUM(2:2)", None, 0)


def _formats(book: Workbook, sheet: Worksheet) -> None:
    for number in range(40):
        style = book.add_format(
            {
                "font_size": 8 + number,
                "rotation": number,
                "indent": number % 5,
                "num_format": f"0.{'0' * (number % 6)}",
            }
        )
        sheet.write(number + 5, number % 4, number, style)
    sheet.set_column("A:XFD", 12, book.add_format({"font_name": "Arial"}))
    sheet.set_row(1, 40, book.add_format({"italic": True}))


def _conditions(book: Workbook, sheet: Worksheet) -> None:
    red = book.add_format({"bg_color": "#FFC7CE"})
    sheet.conditional_format("D2:D4", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format("D2:D4", {"type": "3_color_scale"})
    sheet.conditional_format("D2:D4", {"type": "icon_set", "icon_style": "3_arrows"})
    sheet.conditional_format("A2:XFD4", {"type": "formula", "criteria": "=MOD(ROW(),2)", "format": red})
    sheet.conditional_format("A2:A4", {"type": "duplicate", "format": red})


def _validations(book: Workbook, sheet: Worksheet) -> None:
    sheet.data_validation(
        "B2:B100", {"validate": "list", "source": ["Gold", "Silver", 'with "quotes" & <brackets>']}
    )
    sheet.data_validation("D2:D1048576", {"validate": "decimal", "criteria": ">=", "value": 0})


def _comments(book: Workbook, sheet: Worksheet) -> None:
    sheet.write_comment("A2", "A remark\nof two lines", {"visible": True, "author": "Ben"})
    sheet.write_comment("D4", "Another", {"x_scale": 2})


def _pictures(book: Workbook, sheet: Worksheet) -> None:
    sheet.insert_image("B12", "pixel.png", {"image_data": BytesIO(PIXEL), "url": "https://example.com/"})
    sheet.embed_image("A8", "pixel.png", {"image_data": BytesIO(PIXEL)})
    sheet.set_header("&L&G&R&D", {"image_left": "p.png", "image_data_left": BytesIO(PIXEL)})
    sheet.set_background(BytesIO(PIXEL))


def _shapes(book: Workbook, sheet: Worksheet) -> None:
    sheet.insert_textbox("A8", "A text box", {"fill": {"color": "yellow"}})
    sheet.insert_button("C8", {"macro": "say_hello", "caption": "Press"})
    sheet.insert_checkbox("D9", True)


def _links(book: Workbook, sheet: Worksheet) -> None:
    for number in range(30):
        sheet.write_url(
            number + 6, 0, f"https://example.com/{number}?a=1&b=2#place", string=f"Link {number}", tip="a tip"
        )
    sheet.write_url("B7", "internal:'Other sheet'!A1")
    sheet.write_url("B8", "external:c:\\temp\\other book.xlsx#Sheet1!A1")
    sheet.write_url("B9", "mailto:ana@example.com")


def _rich(book: Workbook, sheet: Worksheet) -> None:
    bold = book.add_format({"bold": True})
    sheet.write_rich_string("A6", "Some ", bold, "bold", " text ")
    sheet.write_string("A7", " blanks \n and lines ")
    sheet.write_string("A8", "_x000D_ <b>&amp;</b> \U0001f600 고객")


def _outlines(book: Workbook, sheet: Worksheet) -> None:
    sheet.set_row(1, None, None, {"level": 1, "hidden": True})
    sheet.set_row(2, None, None, {"level": 1})
    sheet.set_row(3, None, None, {"collapsed": True})
    sheet.set_column("B:C", 10, None, {"level": 2, "hidden": True})
    sheet.outline_settings(True, False, True, False)


def _filter(book: Workbook, sheet: Worksheet) -> None:
    sheet.autofilter("A1:D4")
    sheet.filter_column_list("B", ["Gold"])
    sheet.set_row(2, None, None, {"hidden": True})


def _views(book: Workbook, sheet: Worksheet) -> None:
    sheet.freeze_panes(1, 1)
    sheet.set_selection("B2:C3")
    sheet.hide_gridlines(2)
    sheet.set_zoom(80)
    sheet.right_to_left()
    sheet.set_tab_color("red")
    sheet.split_panes(15, 8)


def _printing(book: Workbook, sheet: Worksheet) -> None:
    sheet.print_area("A1:D4")
    sheet.repeat_rows(0)
    sheet.repeat_columns("A:A")
    sheet.set_h_pagebreaks([2, 3])
    sheet.set_v_pagebreaks([2])
    sheet.fit_to_pages(1, 0)
    sheet.set_landscape()
    sheet.set_footer("&CPage &P of &N")


def _protected(book: Workbook, sheet: Worksheet) -> None:
    sheet.protect("secret", {"sort": True, "format_cells": True})
    sheet.unprotect_range("A2:B4", "Free", "password")


def _sparklines(book: Workbook, sheet: Worksheet) -> None:
    sheet.add_sparkline("A6", {"range": "People!D2:D4", "markers": True})
    sheet.add_sparkline("B6", {"range": "People!D2:D4", "type": "column", "style": 12})


def _merged(book: Workbook, sheet: Worksheet) -> None:
    sheet.merge_range("A6:D7", "One over many", book.add_format({"align": "center"}))
    sheet.merge_range("F8:H9", "At the right", book.add_format())


def _names(book: Workbook, sheet: Worksheet) -> None:
    book.define_name("Prices", "=People!$D$2:$D$4")
    book.define_name("People!Local", "=People!$A$1")
    book.set_properties({"title": "A title & more", "author": "Ana"})
    book.set_custom_property("Checked by", "Eve")
    book.set_custom_property("castmerge source", "not ours.csv")


def _ignored(book: Workbook, sheet: Worksheet) -> None:
    sheet.write_string("A6", "123")
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})


def _many(book: Workbook, sheet: Worksheet) -> None:
    for number in range(1, 1200):
        sheet.write_row(number, 0, [f"Person {number}", "Gold", 46000 + number, number / 7])


def _wide(book: Workbook, sheet: Worksheet) -> None:
    sheet.write_row(0, 4, [f"Column {number}" for number in range(900)])
    sheet.write(3, 16000, "far away")


def _nothing(book: Workbook, sheet: Worksheet) -> None:
    """Only plain cells."""


def _empty_rows(book: Workbook, sheet: Worksheet) -> None:
    for number in range(6, 60, 7):
        sheet.set_row(number, 30)
    sheet.write(100, 0, "far below")


FEATURES: Mapping[str, Feature] = {
    function.__name__.strip("_").replace("_", "-"): function
    for function in (
        _nothing, _charts, _chartsheet, _side_chart, _table, _calculated, _formulas, _formats, _conditions,
        _validations, _comments, _pictures, _shapes, _links, _rich, _outlines, _filter, _views, _printing,
        _protected, _sparklines, _merged, _names, _ignored, _many, _wide, _empty_rows,
    )
}  # fmt: skip


def make_featured(path: Path, feature: str, options: Mapping[str, object]) -> Path:
    """A workbook with this feature, written by XlsxWriter or, with its options, in other ways."""
    with xlsxwriter.Workbook(path, dict(options)) as book:
        sheet = book.add_worksheet("People")
        if not options.get("constant_memory"):
            _people(book, sheet)
        FEATURES[feature](book, sheet)
        other = book.add_worksheet("Other sheet")
        other.write_row(0, 0, ["What", "Else"])
    return path
