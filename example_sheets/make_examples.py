"""Makes the example workbooks beside this script: `python example_sheets/make_examples.py [FOLDER]`.

They are committed as made, so that nobody needs to run this; the same script always makes the same cells.
"""

from __future__ import annotations

import re
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

MADE = datetime(2026, 11, 2, 9, 0, tzinfo=UTC).replace(tzinfo=None)
INK, PAPER, PALE = "#1F2937", "#FFFFFF", "#F3F4F6"

US_DOLLARS = "$#,##0.00"
US_DATE = "mmmm d, yyyy"
HEADERS = (
    "Customer ID",
    "First Name",
    "Last Name",
    "Plan",
    "Amount Due",
    "Renewal Date",
    "Zip",
    "Discount",
    "Visits",
    "Nickname",
    "Full Name",
)
WIDTHS = (13, 14, 14, 12, 13, 20, 9, 10, 9, 12, 22)


@dataclass(frozen=True, slots=True)
class Customer:
    """One row; what is None stays blank."""

    number: str
    first: str | None
    last: str
    plan: str
    amount: float | None
    renewal: date | None
    postcode: int | str
    discount: float
    visits: int
    nickname: str | None = None

    @property
    def full(self) -> str:
        """What the formula of the last column comes to."""
        return f"{self.first or ''} {self.last}"


CUSTOMERS = (
    Customer("C-1001", "Olivia", "Bennett", "Premium", 1200, date(2026, 12, 1), 2134, 0.15, 1482, "Liv"),
    Customer("C-1002", "Mateo", "Alvarez", "Standard", 348.5, date(2026, 12, 4), 60614, 0, 327),
    Customer("C-1003", "Aisha", "Khan", "Premium", 1475.25, date(2026, 12, 9), 8540, 0.2, 2950),
    Customer("C-1004", "Thomas", "O'Connor", "Basic", 96, date(2026, 12, 12), 94110, 0, 58, "Tom"),
    Customer("C-1005", "Chloé", "Dubois", "Standard", 348.5, date(2026, 12, 15), 1002, 0.05, 611),
    Customer("C-1006", "Benjamin", "Fischer", "Basic", 120, date(2026, 12, 18), 33139, 0, 74, "Ben"),
    Customer("C-1007", "Sofia", "Rossi", "Premium", 1320, date(2027, 1, 4), 7030, 0.1, 1204),
    Customer("C-1008", "James & June", "Whitfield", "Family", 640.75, date(2027, 1, 8), 75201, 0.075, 903),
    Customer("C-1009", "Ngozi", "Adeyemi", "Standard", 410, date(2027, 1, 11), 30303, 0.05, 466),
    Customer("C-1010", "William", "Clark", "Basic", 96, date(2027, 1, 15), 98101, 0, 12, "Will"),
    Customer("C-1011", "Hana", "Novák", "Premium", 1580, date(2027, 1, 20), 55401, 0.25, 3120),
    Customer("C-1012", "Lucas", "Moreau", "Family", 705, date(2027, 1, 27), 4101, 0.075, 820),
)
HIDDEN_CUSTOMER = "C-1009"

NOTES = (
    "How this list is used",
    "One video is made for each customer. The results are written into new columns beside the list.",
    "Nickname may stay blank: the template then says the first name.",
    "Full Name is a formula, Zip shows five digits, C-1009 is hidden: she asked for no more videos.",
)

GUESTS = (
    Customer("K-01", "서연", "김", "프리미엄", 1200, date(2026, 12, 1), 4524, 0.1, 1250),
    Customer("K-02", "준호", "이", "스탠다드", 349.5, date(2026, 12, 3), 6236, 0, 318),
    Customer("C-01", "小明", "王", "高级版", 980, date(2026, 12, 8), 100000, 0.15, 2204),
    Customer("C-02", "娜", "李", "标准版", 349.5, date(2026, 12, 10), 200120, 0.05, 87),
    Customer("J-01", "陽子", "佐藤", "プレミアム", 1200, date(2026, 12, 14), 1500001, 0.1, 640, "ようこ"),
    Customer("J-02", "健", "髙橋", "ベーシック", 120, date(2026, 12, 20), 5300001, 0, 41),
    Customer("E-01", "Jürgen", "Weiß", "Premium", 1475.25, date(2027, 1, 12), 10115, 0.2, 1999, "Jogi"),
)
GREETINGS = (
    "서연님, 안녕하세요!",
    "준호님, 반갑습니다.",
    "小明，您好！",
    "李娜，你好！",
    "陽子さん、こんにちは。",
    "健さん、お元気ですか。",
    "Jürgen, 안녕하세요 🎉",
)
KOREAN_DATE = '[$-412]yyyy"년" m"월" d"일";@'
CHINESE_DATE = '[$-804]yyyy"年"m"月"d"日";@'
JAPANESE_DATE = '[$-411]yyyy"年"m"月"d"日"(ddd);@'
GERMAN_DATE = "[$-407]d. mmmm yyyy;@"
EUROS = "#,##0.00 [$€-407]"


@dataclass(frozen=True, slots=True)
class Styles:
    """The cell formats of one workbook."""

    title: Format
    heading: Format
    text: Format
    money: Format
    day: Format
    postcode: Format
    typed: Format
    percent: Format
    count: Format


def main() -> None:
    """Make all three workbooks, here or in the folder that was named."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent
    make_customers(folder / "customers.xlsx")
    make_mistakes(folder / "mistakes.xlsx")
    make_international(folder / "international.xlsx")


def make_customers(path: Path) -> None:
    """A list as one wishes for: an Excel Table with a title, a chart and a second sheet."""
    with _workbook(path, "Winter renewals") as book:
        styles = _styles(book, money=US_DOLLARS, day=US_DATE, postcode="00000")
        sheet = book.add_worksheet("Customers")
        _title(sheet, styles, "Winter renewals 2026/27: customers to thank")
        first, last = 3, 2 + len(CUSTOMERS)
        for row, customer in enumerate(CUSTOMERS, start=first):
            _write(sheet, row, customer, styles)
        formula = '=Customers[[#This Row],[First Name]]&" "&Customers[[#This Row],[Last Name]]'
        sheet.add_table(
            first - 1,
            0,
            last,
            len(HEADERS) - 1,
            {
                "name": "Customers",
                "style": "Table Style Medium 2",
                "columns": [
                    {"header": header, "header_format": styles.heading}
                    | ({"formula": formula} if header == "Full Name" else {})
                    for header in HEADERS
                ],
            },
        )
        for row, customer in enumerate(CUSTOMERS, start=first):
            sheet.write_formula(row, 10, formula, styles.text, customer.full)
            if customer.number == HIDDEN_CUSTOMER:
                sheet.set_row(row, None, None, {"hidden": True})
        sheet.freeze_panes(first, 2)
        _chart(book, sheet, first, last)
        notes = book.add_worksheet("Notes")
        notes.set_column(0, 0, 100)
        for row, note in enumerate(NOTES):
            notes.write_string(row, 0, note, styles.title if row == 0 else None)


def make_mistakes(path: Path) -> None:
    """A list with every mistake that castmerge reports, and good rows between them."""
    with _workbook(path, "Renewals with mistakes") as book:
        styles = _styles(book, money=US_DOLLARS, day=US_DATE, postcode="00000")
        sheet = book.add_worksheet("Renewals")
        _title(sheet, styles, "Renewals (pasted together from three exports)")
        headers = (
            "Customer ID ",
            "First\nName",
            "Last\u00a0Name",
            "Plan",
            "  Amount   Due",
            "Renewal Date\u00a0",
            *HEADERS[6:],
        )
        sheet.set_row(2, 32)
        for column, header in enumerate(headers):
            sheet.write_string(2, column, header, styles.heading)
        good = dict(zip(("liv", "mateo", "aisha", "tom", "chloe", "ben"), CUSTOMERS, strict=False))
        rows: tuple[Customer | None, ...] = (
            good["liv"],
            Customer("C-2001", None, "Larsen", "Premium", 980, date(2026, 12, 3), 2139, 0.1, 510),
            good["mateo"],
            Customer("C-2002", "Priya", "Nair", "Standard", None, date(2026, 12, 8), 94016, 0, 233),
            good["aisha"],
            good["aisha"],
            None,
            good["tom"],
            Customer("C-2003", "Oscar", "Lindqvist", "Family", 655, None, 7302, 0.05, 190),
            Customer("C-2004", "Grace", "Kim", "Premium", 1310, date(2027, 1, 9), "02110", 0.2, 1420, " "),
            good["chloe"],
            Customer("C-2005", " \u00a0", "Petrov", "Basic", 96, date(2027, 1, 14), 60601, 0, 21),
            good["ben"],
        )
        for row, customer in enumerate(rows, start=3):
            if customer is None:
                continue
            _write(sheet, row, customer, styles)
            formula = f'=B{row + 1}&" "&C{row + 1}'
            sheet.write_formula(row, 10, formula, styles.text, customer.full)
        sheet.write_formula(6, 4, "=VLOOKUP(A7,Prices!A:B,2,FALSE)", styles.money, "#N/A")
        sheet.write_formula(11, 5, "=EDATE(DATE(2026,1,12),12)", styles.day, 0)
        sheet.autofilter(2, 0, 2 + len(rows), len(HEADERS) - 1)
        sheet.freeze_panes(3, 2)
        prices = book.add_worksheet("Prices")
        prices.write_row(0, 0, ("Customer ID", "Price"), styles.heading)
        prices.write_row(1, 0, ("C-1001", 1200))
    _forget_value(path, "xl/worksheets/sheet1.xml", "F12")


def make_international(path: Path) -> None:
    """A list in Korean, Chinese, Japanese and German, with dates and money as they are written there."""
    with _workbook(path, "International guests") as book:
        styles = _styles(book, money=EUROS, day=KOREAN_DATE, postcode="General")
        days = {"K": KOREAN_DATE, "C": CHINESE_DATE, "J": JAPANESE_DATE, "E": GERMAN_DATE}
        postcodes = {"K": "00000", "C": "000000", "J": '[<=999]000;000"-"0000', "E": "00000"}
        sheet = book.add_worksheet("고객 명단")
        _title(sheet, styles, "International guests · 해외 고객 · 海外客户 · 海外のお客様")
        for column, header in enumerate((*HEADERS, "인사말")):
            sheet.write_string(2, column, header, styles.heading)
        for row, (guest, greeting) in enumerate(zip(GUESTS, GREETINGS, strict=True), start=3):
            _write(sheet, row, guest, styles)
            region = guest.number[0]
            day = book.add_format({"num_format": days[region], "align": "left", "indent": 1})
            sheet.write_datetime(row, 5, _midnight(guest.renewal), day)
            postcode = book.add_format({"num_format": postcodes[region]})
            sheet.write_number(row, 6, int(guest.postcode), postcode)
            if region == "E":
                formula, full = f'=B{row + 1}&" "&C{row + 1}', guest.full
            else:
                formula, full = f"=C{row + 1}&B{row + 1}", f"{guest.last}{guest.first}"
            sheet.write_formula(row, 10, formula, styles.text, full)
            sheet.write_string(row, 11, greeting, styles.text)
        sheet.set_column(11, 11, 28)
        sheet.autofilter(2, 0, 2 + len(GUESTS), len(HEADERS))
        sheet.freeze_panes(3, 2)


def _workbook(path: Path, title: str) -> Workbook:
    book = Workbook(path)
    book.set_properties({"title": title, "author": "Marketing", "created": MADE})
    return book


def _styles(book: Workbook, *, money: str, day: str, postcode: str) -> Styles:
    return Styles(
        title=book.add_format({"bold": True, "font_size": 16, "font_color": INK, "valign": "vcenter"}),
        heading=book.add_format(
            {
                "bold": True,
                "font_color": PAPER,
                "bg_color": INK,
                "text_wrap": True,
                "valign": "vcenter",
                "border": 1,
            }
        ),
        text=book.add_format({"font_color": INK}),
        money=book.add_format({"num_format": money}),
        day=book.add_format({"num_format": day, "align": "left", "indent": 1}),
        postcode=book.add_format({"num_format": postcode}),
        typed=book.add_format({"quote_prefix": True}),
        percent=book.add_format({"num_format": "0.0%"}),
        count=book.add_format({"num_format": "#,##0"}),
    )


def _title(sheet: Worksheet, styles: Styles, text: str) -> None:
    sheet.merge_range(0, 0, 0, 6, text, styles.title)
    sheet.set_row(0, 28)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)


def _write(sheet: Worksheet, row: int, customer: Customer, styles: Styles) -> None:
    sheet.write_string(row, 0, customer.number, styles.text)
    if customer.first is not None:
        sheet.write_string(row, 1, customer.first, styles.text)
    sheet.write_string(row, 2, customer.last, styles.text)
    sheet.write_string(row, 3, customer.plan, styles.text)
    if customer.amount is not None:
        sheet.write_number(row, 4, customer.amount, styles.money)
    if customer.renewal is not None:
        sheet.write_datetime(row, 5, _midnight(customer.renewal), styles.day)
    if isinstance(customer.postcode, str):
        sheet.write_string(row, 6, customer.postcode, styles.typed)
    else:
        sheet.write_number(row, 6, customer.postcode, styles.postcode)
    sheet.write_number(row, 7, customer.discount, styles.percent)
    sheet.write_number(row, 8, customer.visits, styles.count)
    if customer.nickname is not None:
        sheet.write_string(row, 9, customer.nickname, styles.text)


def _midnight(day: date | None) -> datetime:
    assert day is not None
    return datetime(day.year, day.month, day.day, tzinfo=UTC).replace(tzinfo=None)


def _chart(book: Workbook, sheet: Worksheet, first: int, last: int) -> None:
    chart = book.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": ["Customers", first - 1, 4],
            "categories": ["Customers", first, 1, last, 1],
            "values": ["Customers", first, 4, last, 4],
        }
    )
    chart.set_title({"name": "Amount due"})
    chart.set_legend({"none": True})
    sheet.insert_chart(last + 2, 0, chart)


def _forget_value(path: Path, part: str, cell: str) -> None:
    """Take the cached value out of a formula cell, as programs leave it that cannot calculate."""
    with zipfile.ZipFile(path) as package:
        parts = [(info, package.read(info)) for info in package.infolist()]
    pattern = re.compile(rf'(<c r="{cell}"[^>]*>.*?</f>)<v>[^<]*</v>'.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for info, content in parts:
            package.writestr(info, pattern.sub(rb"\1", content) if info.filename == part else content)


if __name__ == "__main__":
    main()
