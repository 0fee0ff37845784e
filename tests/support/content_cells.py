"""Test cells for the content check, good and bad, each in a column of ordinary values.

A digest of the cell puts it into one of two halves: rules are written with one half and measured with the
other. `tests/data/content_cells` has more, from lists of names, places and currencies in thirty languages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from zlib import crc32

from merge.model import JSON, Cell, CellKind
from tests.support.paths import DATA

Given: TypeAlias = str | float | tuple[float, str]
"""A text, a number in the format General, or a number with its format."""

_DATE: Final = "d mmmm yyyy"
_MONEY: Final = "$#,##0.00"

COLUMNS: Final[Mapping[str, tuple[str, Sequence[Given]]]] = {
    "first": (
        "First Name",
        [
            "Olivia", "Mateo", "Aisha", "Ben", "Chloé", "Jürgen",
        ],
    ),
    "last": (
        "Last Name",
        [
            "Bennett", "Alvarez", "Khan", "Müller", "Okafor", "Sørensen",
        ],
    ),
    "name": (
        "Name",
        [
            "Olivia Bennett", "Mateo Alvarez", "Aisha Khan", "Ben Müller", "Chloé Petit", "Li Wei",
        ],
    ),
    "vorname": (
        "Vorname",
        [
            "Anna", "Lukas", "Sofie", "Jonas", "Mia", "Paul",
        ],
    ),
    "prenom": (
        "Prénom",
        [
            "Camille", "Léa", "Hugo", "Louis", "Zoé", "Jules",
        ],
    ),
    "nombre": (
        "Nombre",
        [
            "Lucía", "Pablo", "Carmen", "Diego", "Inés", "Jorge",
        ],
    ),
    "korean": (
        "이름",
        [
            "지수", "민준", "서연", "하준", "도윤", "서준",
        ],
    ),
    "japanese": (
        "氏名",
        [
            "佐藤 健", "鈴木 花子", "高橋 誠", "田中 美咲", "伊藤 翔", "渡辺 葵",
        ],
    ),
    "company": (
        "Company",
        [
            "Acme Ltd", "Globex", "Initech GmbH", "Umbrella", "Hooli", "Stark & Sons",
        ],
    ),
    "city": (
        "City",
        [
            "Paris", "Berlin", "Oslo", "Rome", "Lisbon", "New York",
        ],
    ),
    "plan": (
        "Plan",
        [
            "Premium", "Basic", "Premium", "Pro", "Basic", "Basic",
        ],
    ),
    "amount": (
        "Amount Due",
        [
            (1200, _MONEY), (96, _MONEY), (348.5, _MONEY), (510, _MONEY), (75.25, _MONEY), (820, _MONEY),
        ],
    ),
    "general": (
        "Amount",
        [
            1200, 96, 348.5, 510, 75.25, 820,
        ],
    ),
    "betrag": (
        "Betrag",
        [
            "1.200,00 €", "96,00 €", "348,50 €", "510,00 €", "75,25 €", "820,00 €",
        ],
    ),
    "renewal": (
        "Renewal Date",
        [
            (46357, _DATE), (46360, _DATE), (46365, _DATE), (46371, _DATE), (46380, _DATE), (46390, _DATE),
        ],
    ),
    "due": (
        "Due date",
        [
            "December 1, 2026", "December 4, 2026", "December 9, 2026", "January 3, 2027", "May 2, 2026",
            "June 30, 2026",
        ],
    ),
    "birthday": (
        "Birthday",
        [
            (30000, _DATE), (25569, _DATE), (33000, _DATE), (28400, _DATE), (21500, _DATE), (36600, _DATE),
        ],
    ),
    "visits": (
        "Visits",
        [
            5, 7, 9, 12, 3, 8,
        ],
    ),
    "mobile": (
        "Mobile",
        [
            "+44 7700 900123", "+44 7700 900456", "0151 2345678", "+1 415 555 2671", "+33 6 12 34 56 78",
            "020 7946 0958",
        ],
    ),
    "order": (
        "Order No",
        [
            "A-2041", "A-2042", "A-2043", "A-2051", "A-2059", "A-2077",
        ],
    ),
    "offer": (
        "Offer",
        [
            "20 % off all shoes", "A free month & more", "Two for one", "Free delivery until May",
            "10 % for members", "A gift for you",
        ],
    ),
    "title": (
        "Job Title",
        [
            "Head of Sales", "CFO", "Engineer", "VP Marketing", "Nurse", "Teacher",
        ],
    ),
    "greeting": (
        "Greeting",
        [
            "Dear Ms Bennett", "Dear Mr Alvarez", "Dear Dr Khan", "Dear Ben", "Hello Chloé", "Dear all",
        ],
    ),
    "email": (
        "Email",
        [
            "o@acme.org", "mateo@globex.net", "aisha@initech.com", "ben@hooli.xyz", "c@umbrella.io",
            "j@stark.de",
        ],
    ),
    "count": (
        "Seats",
        [
            10, 25, 8, 40, 15, 30,
        ],
    ),
    "share": (
        "Saving",
        [
            (0.125, "0.0%"), (0.2, "0.0%"), (0.05, "0.0%"), (0.3, "0.0%"), (0.11, "0.0%"), (0.07, "0.0%"),
        ],
    ),
}  # fmt: skip

GOOD: Final[Mapping[str, Sequence[Given]]] = {
    "first": [
        "Null", "Test", "Noor", "Xi", "MacKenzie", "Jean-Luc", "Mary Ann", "JP", "AJ", "Ana", "Bo", "Al",
        "Ng", "DeShawn", "LaToya", "D'Angelo", "Renée", "Zoë", "Siân", "Ana Sofía", "Mr. John", "Dr. Lee",
        "Øyvind", "Nguyễn", "Αλέξανδρος", "Иван", "محمد", "Robert (Bob)", "T.J.", "X", "Na", "Prince",
        "Sunday", "April", "Maximiliane-Charlotte", "Anne-Marie", "Björn", "Ömer", "Łukasz", "Žofie",
        "Seán", "O'Neil", "Jo", "Li", "McKenna", "Summer", "Will", "May", "June", "Rue", "Dada", "Lulu",
        "Mimi", "Coco", "Bar", "Doe-Eun",
    ],
    "last": [
        "O'Neil", "van der Berg", "de la Cruz", "von Trapp", "Null", "Test", "True", "Sample", "McDonald",
        "Doe", "MacKenzie", "Smith-Jones", "d'Arcy", "St. John", "Ó Súilleabháin", "bin Salman",
        "al-Rashid", "Xu", "X", "Day", "Price", "None-Smith", "Van den Broeck", "ter Horst",
        "Schmidt-Rottluff", "Ng", "Weiß", "Nader", "di Caprio", "dos Santos", "Krzyżanowski", "Blank",
        "Dash", "Void", "Unger", "Summe-Meyer", "Strč",
    ],
    "name": [
        "IKEA", "Anna van der Berg", "Dr. Olivia Bennett", "Li Na", "Christopher Null", "Jennifer Null",
        "Test Kumar", "Ludwig van Beethoven", "Sir Ian McKellen", "Null Müller", "Martin Luther King Jr.",
        "Beyoncé", "Xi Jinping", "Mary-Kate O'Brien", "LeBron James", "J. K. Rowling", "Bono",
        "Noor Inayat Khan", "José Ángel Gurría",
    ],
    "vorname": [
        "Jörg", "Karl-Heinz", "Anna-Lena", "Käthe", "Uwe", "Ole",
    ],
    "prenom": [
        "Jean-François", "Anaïs", "Océane", "Loïc", "Noé",
    ],
    "nombre": [
        "José María", "Íñigo", "Ángela", "María del Mar", "Sol",
    ],
    "korean": [
        "현", "수빈", "김하늘", "남궁민",
    ],
    "japanese": [
        "林", "山田 太郎 様", "小野寺 優",
    ],
    "company": [
        "IKEA", "3M", "7-Eleven", "SAP SE", "eBay", "adidas", "easyJet", "AT&T", "H&M", "KPMG", "Yahoo!",
        "Total", "Studio 54", "C&A Mode GmbH & Co. KG", "Booking.com", 'Toys "R" Us',
        "McKinsey & Company", "Unknown Worlds", "Null Industries", "BMW", "Dash Ltd", "Who Gives A Crap",
        "Accenture (UK) Ltd", "thyssenkrupp", "YO! Sushi",
    ],
    "city": [
        "LA", "'s-Hertogenbosch", "den Haag", "Ho Chi Minh City", "Å", "NYC", "Saint-Denis (93)",
        "São Paulo", "Nowhere",
    ],
    "plan": [
        "Premium", "Pro+", "Basic 2", "free", "VIP",
    ],
    "amount": [
        (0, _MONEY), (12, _MONEY), (2400, _MONEY), (1199.999999, _MONEY), (4999.9, _MONEY),
    ],
    "general": [
        1200, 348.5, 0.3, 99.95, 15, 2750, 40,
    ],
    "betrag": [
        "1.050,00 €", "kostenlos", "99 €", "2.340,50 €",
    ],
    "renewal": [
        (46023, _DATE), (46700, _DATE), (45990, _DATE), "December 1, 2026",
    ],
    "due": [
        "1/3/2026", "31/12/2026", "2026-11-30", "3. März 2026", "Feb 28, 2027",
    ],
    "birthday": [
        (18000, _DATE), (40000, _DATE), (14000, _DATE),
    ],
    "visits": [
        0, 1, 25, 14,
    ],
    "mobile": [
        "+49 30 901820", "(020) 7946 0000", "555-2368", "07700900789",
    ],
    "order": [
        "B-1", "A-2100", "2041", "A-2044/2",
    ],
    "offer": [
        "30 % off", "Free coffee for a year, in all our shops in town, and a card for your best friend",
        "Bye bye winter", "Test our new app", "Call us on 0800 123 456",
        "Buy 1, get 1 (to be collected in store)", "Sign up at acme.com",
    ],
    "title": [
        "CEO", "Head of R&D", "VP (EMEA)", "IT Manager", "Test Engineer", "Professor emeritus",
    ],
    "greeting": [
        "Dear Ms O'Neil", "Liebe Anna", "Hi there", "Dear MacKenzie",
    ],
    "email": [
        "anna.null@acme.org", "x@y.co",
    ],
    "count": [
        1, 100, 60, 4,
    ],
    "share": [
        (0.5, "0.0%"), (0, "0.0%"), (0.01, "0.0%"),
    ],
}  # fmt: skip

BAD: Final[Mapping[str, Sequence[Given]]] = {
    "first": [
        "N/A", "n/a", "-", "--", "—", "?", "???", "TBC", "tbd", "xxx", "Xxx", "[First Name]", "<name>",
        "asdf", "asdfgh", "qwerty", "test", "OLIVIA", "mateo", "ANNA-LENA", "jean-luc",
        "Aisha (do not contact)", "JosÃ©", "Jos\ufffd", "O&#39;Neil", "&eacute;lise", "Olivia " * 40,
        "olivia@x.com", "www.acme.com", "https://acme.com/o", "12345", 44791, "+44 7700 900123", "unknown",
        "unbekannt", "First Name", "lorem ipsum", "(blank)", "aaa", "Ben (deceased)", "Ben - ask Dana",
        "Ben ???", "Ben!!", "Jos?phine", "Zo\u00c3\u00ab", "Fran%C3%A7ois", "Ren\\u00e9e", "to do", "dummy",
        "no name", "oLIVIA", "Ben\u0080", "Do not contact", "DNC", "...", "n.a.", "J\u00fcrgen &amp; Eva",
        "Max (test)", "delete me", "Olivia [check spelling]", "sdkfjhg",
    ],
    "last": [
        "n/a", "none given", "BENNETT", "alvarez", "pending", "not available", "to be confirmed", "x",
        "MÃ¼ller", "Mu\ufffdller", "Khan (left company)", "Khan *duplicate*", "Last Name", "23 Main Street",
        "Bennett Bennett Bennett Bennett Bennett", "bennett@acme.org", "xxxx", "Khan // check",
        "S\u00c3\u00b8rensen", "0", "TEST", "asdfasdf", "Nguyá»…n",
    ],
    "name": [
        "OLIVIA BENNETT", "mateo alvarez", "Olivia Bennett (unsubscribed)", "John Doe", "test test",
        "Test User", "tba", "12 High Street, Leeds", "olivia.bennett@acme.org", "Name", "Your Name",
        "Olivia Bennett – do not call", "NAME", "Mateo \u00c1lvarez\u00c2\u00a0",
        "Olivia Bennett Olivia Bennett Olivia Bennett Olivia Bennett",
    ],
    "vorname": [
        "k.A.", "keine Angabe", "Mustermann", "ANNA", "lukas", "JÃ¶rg", "bitte prüfen", "entfällt",
        "Anna (verstorben)",
    ],
    "prenom": [
        "inconnu", "non renseigné", "à confirmer", "CAMILLE", "LÃ©a", "Léa (ne pas contacter)", "n.c.",
    ],
    "nombre": [
        "desconocido", "sin nombre", "por confirmar", "LucÃ\u00ada", "PABLO", "Carmen (no contactar)",
    ],
    "korean": [
        "미정", "없음", "ì§\u0080ìˆ˜", "테스트", "지수 (연락 금지)",
    ],
    "japanese": [
        "未定", "不明", "該当なし", "テスト", "佐藤 健（要確認）",
    ],
    "company": [
        "N/A", "tbc", "Acme Ltd (old, ask Tom)", "Hooli &amp; Sons", "GlÃ¼ck AG", "-", "xxx", "unknown",
        "info@acme.org",
    ],
    "city": [
        "PARIS", "berlin", "N/A", "?", "MÃ¼nchen", "Rome (check)", "TBD", "K\ufffdln", "75001",
    ],
    "plan": [
        "?", "TBD", "-", "https://acme.com/plan", "Premium &amp; Plus", "n/a", "Premium (ask Dana)", 1200,
        "[Plan]",
    ],
    "amount": [
        "call us", "TBD", "-", (-1200, _MONEY), (120000, _MONEY), 1199.999999, "n/a", "see contract",
        (46357, _DATE),
    ],
    "general": [
        1199.999999, -1200, 348.12345, "ask Tom", "?", 96000, 447901234567, "Premium",
    ],
    "betrag": [
        "offen", "k.A.", "auf Anfrage prüfen", "-1.200,00 €", "siehe Vertrag",
    ],
    "renewal": [
        "TBD", 46357, (59507, _DATE), (1, _DATE), "Premium", "next week?", "n/a", (2958465, _DATE), 1200,
        "Olivia",
    ],
    "due": [
        "December 4, 2062", "TBD", 46000, "asap", "May 2, 1926", "1/1/1900", "N/A", "unknown", "Premium",
    ],
    "birthday": [
        (1, _DATE), "unknown", (2958465, _DATE), 31000,
    ],
    "visits": [
        "many", -5, "?", 5000, 7.123456, "n/a", "December 1, 2026",
    ],
    "mobile": [
        447901234567, "4.47901E+11", "n/a", "4,479E+11", "000000000", "1234567890", "-", "ask Dana",
    ],
    "order": [
        "n/a", "TBD", "2.04E+15", "?", "A-2041 (cancelled)",
    ],
    "offer": [
        "lorem ipsum dolor sit amet", "TBD", "donâ€™t miss it", "Free &nbsp;delivery", "Xxx % off",
        "sale " * 60, "???", "10 % off (check with Tom)",
    ],
    "title": [
        "N/A", "tbc", "Head of SalesÂ®Â", "Head of Sales (acting? check)", "x",
    ],
    "greeting": [
        "Dear [Name]", "Dear N/A", "Dear Xxx", "Dear Mr ?", "Dear OLIVIA",
    ],
    "count": [
        -3, "lots", 3000, 12.999999, "?",
    ],
    "share": [
        "n/a", 0.123456, "tbd", (25, "0.0%"),
    ],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MadeCell:
    """A value in a column.

    Attributes:
        column: its column in `COLUMNS`
        given: the value
        bad: whether it must be reported
    """

    column: str
    given: Given
    bad: bool

    @property
    def is_unseen(self) -> bool:
        """Whether it is in the half that wasn't used to write the rules."""
        return crc32(f"{self.column}\x1f{self.given!r}".encode()) % 2 == 1


def made_cells() -> Iterator[MadeCell]:
    """All of them."""
    for cells, bad in ((GOOD, False), (BAD, True)):
        for column, values in cells.items():
            yield from (MadeCell(column, given, bad) for given in values)


def cell_of(given: Given) -> Cell:
    """The value as a stored cell."""
    match given:
        case str():
            return Cell(CellKind.TEXT, given)
        case (number, code):
            return Cell(CellKind.NUMBER, number, code)
        case number:
            return Cell(CellKind.NUMBER, number)


@dataclass(frozen=True, slots=True)
class ColumnOfCells:
    """A column of `tests/data/content_cells`.

    Attributes:
        header: its header
        others: ordinary values
        good: values that mustn't be reported among the others
        bad: values that must be
    """

    header: str
    others: Sequence[Given]
    good: Sequence[Given]
    bad: Sequence[Given]


def columns_of_cells(name: str) -> Iterator[ColumnOfCells]:
    """The columns of a file in `tests/data/content_cells`."""
    stored: dict[str, dict[str, JSON]] = json.loads(
        (DATA / "content_cells" / f"{name}.json").read_text(encoding="utf-8")
    )
    for column in stored.values():
        others, good, bad = (_given(column[key]) for key in ("others", "good", "bad"))
        yield ColumnOfCells(str(column["header"]), others, good, bad)


def _given(values: JSON) -> list[Given]:
    found: list[Given] = []
    for value in values if isinstance(values, list) else []:
        match value:
            case [int() | float() as number, str() as code]:
                found.append((number, code))
            case str() | int() | float():
                found.append(value)
            case _:
                raise AssertionError(value)
    return found
