"""What is wrong with a cell in its column: a different type, size or date, negative, or unformatted.

A value's kind is compared with the header's meaning or, if the header has none, with the other values.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from statistics import median
from typing import Final, TypeAlias, cast

from merge.checks.cell_content import capitals_fault, text_fault
from merge.checks.column_role import ColumnRole, is_of_customers, is_of_products, role_of
from merge.checks.content_words import FREE_AMOUNTS, NEGATIVE_TOO, TIMES_IN_WORDS
from merge.checks.fault import Fault, quoted, unlike_fault
from merge.checks.number_content import (
    DECIMALS_OF_AMOUNTS,
    NUMERIC,
    decimals_fault,
    decimals_fault_of_text,
    letter_fault,
    number_fault,
    vague_fault,
)
from merge.checks.stand_ins import says_nothing, stand_in_fault
from merge.checks.value_kind import SIGNS, ValueKind, impossible_day, kind_of
from merge.checks.warning import WarningKind
from merge.model import Cell, CellKind, Scalar
from merge.sheet.columns import Column
from merge.sheet.number_format import format_value, general
from merge.sheet.packed import Make, Packed, Record

_FEW: Final = 4
"""With fewer other values than this, only the header determines what a column holds."""
_MOST: Final = 0.9
_FAR_ABOVE, _FAR_BELOW = 10.0, 1000.0
"""A number is an outlier if it is this many times larger or smaller than all others."""
_RECENT: Final = 1024
"""Different values of a column that are looked for again; a value beyond them may be kept twice."""
_YEARS: Final = range(1900, 2101)
_FEWEST_YEARS: Final = 2
_FAR_YEARS: Final = 15
_LONG_TEXT, _LONGER = 200, 8
_LOST_DATES: Final = (20_000, 80_000)
"""Serial numbers of dates from 1954 to 2119."""
_BIRTH: Final = re.compile(
    r"\bdob\b|\bdate of birth|\bbirth ?date|\bborn|geburtsdatum|geboren am|naissance|nacimiento|nascita"
    r"|nascimento|geboortedatum|f[öø]dsels?dato|födelsedatum|urodzenia|narození|рождения|doğum tarihi"
    r"|생년월일|生年月日|出生",
    re.IGNORECASE,
)
"""Headers of dates of birth; a birthday may be the next one."""
_FIRST_YEAR, _LAST_YEAR = 1901, 2200


_UNUSABLE: Final = frozenset({CellKind.ERROR, CellKind.UNCALCULATED, CellKind.BOOLEAN})
_TEXT: Final = frozenset(
    {ValueKind.WORDS, ValueKind.MIXED, ValueKind.POSTCODE, ValueKind.PHONE, ValueKind.STREET}
)
_NEVER_SAID: Final = frozenset({ValueKind.MAIL, ValueKind.LINK})
_FITTING: Final[Mapping[ColumnRole, frozenset[ValueKind]]] = {
    ColumnRole.PERSON: frozenset({ValueKind.WORDS, ValueKind.MIXED}),
    ColumnRole.PLACE: frozenset({ValueKind.WORDS, ValueKind.MIXED, ValueKind.STREET}),
    ColumnRole.COMPANY: frozenset({ValueKind.WORDS, ValueKind.MIXED, ValueKind.STREET, ValueKind.POSTCODE}),
    ColumnRole.DATE: frozenset({ValueKind.DATE}),
    ColumnRole.AMOUNT: frozenset({ValueKind.NUMBER}),
    ColumnRole.COUNT: frozenset({ValueKind.NUMBER}),
    ColumnRole.SHARE: frozenset({ValueKind.NUMBER}),
    ColumnRole.PHONE: frozenset({ValueKind.PHONE, ValueKind.NUMBER, ValueKind.MIXED, ValueKind.DATE}),
    ColumnRole.LINK: frozenset({ValueKind.MAIL, ValueKind.LINK, ValueKind.WORDS, ValueKind.MIXED}),
}

_NEGATIVE_TEXT: Final = re.compile(
    rf"\(?\s?(?:[A-Z]{{3}}|[{SIGNS}])?\s?[−-]\s?[{SIGNS}]?\d|\([{SIGNS}]?\s?\d[\d.,]*\)"
)
_TWO_MEANINGS: Final = re.compile(
    r"(0?[1-9]|1[0-2])[/-](?!\1[/-])(?:0?[1-9]|1[0-2])[/-]\d{4}|\d{1,2}[/.-]\d{1,2}[/.-]\d{2}"
)
"""Dates whose day and month, or whose year, aren't certain: `3/1/2026`, `3.1.26`."""
_HAS_DIGIT: Final = re.compile(r"\d")
_SIGNS_BEFORE: Final = frozenset("@#")
_AFTER_NAMES: Final = frozenset(
    {"jr", "sr", "ii", "iii", "iv", "md", "phd", "esq", "dds", "cpa", "mba", "rn", "obe", "sj"}
)
_CAPITALIZED: Final = re.compile(r"[^\W\d_]+(?<=[^\W\d_a-zà-öø-ÿ])[^\W\d_]*[a-zà-öø-ÿ]|[^a-zA-Zà-öø-ÿÀ-Þ]")
_LONGEST_LABEL: Final = 30
_ASKED_COMPANY: Final = re.compile(
    r"(?!(?:how|is|are|do|did|can|got|ready|wer|was|wie|qu|où|dove|come)\b|wh)(?:\S{2,} )+\S{2,} ?\?",
    re.IGNORECASE,
)
"""A company whose name isn't a question: `Mint Bank?`, but not `What If?` or `Guess?`."""
_ASKED_WORD: Final = re.compile(r"\S{2,} ?\?|[a-zà-öø-ÿ]\w*(?: \w+){1,2}\?")
_YEAR: Final = re.compile(r"(?<!\d)[1-9]\d{3}(?!\d)")


@dataclass(frozen=True, slots=True)
class Value:
    """A distinct value of a column, with its rows."""

    cell: Cell
    kind: ValueKind
    rows: Sequence[int]


Check: TypeAlias = Callable[[Value], Fault | None]


@dataclass(slots=True)
class ColumnContent:
    """The values of one column: each different one with its rows, in little memory.

    Attributes:
        column: the column
        this_year: in later years, nobody was born; None if that isn't known
        role: what it holds
        typical: what most of its values look like
    """

    column: Column
    date1904: bool = False
    locale: str = "en_US"
    this_year: int | None = None
    role: ColumnRole = field(init=False)
    typical: ValueKind | None = None
    _recent: dict[tuple[Scalar, str, CellKind], list[int]] = field(default_factory=dict)
    _sound: list[Packed[Value]] = field(default_factory=list)
    _faults: list[tuple[Fault, Sequence[int]]] = field(default_factory=list)
    _counts: Counter[ValueKind] = field(default_factory=Counter)
    _sizes: array[float] = field(default_factory=lambda: array("d"))
    _asked: list[Value] = field(default_factory=list)
    _with_comma: list[Value] = field(default_factory=list)
    _named_months: int = 0
    _negative: int = 0
    _longest: int = 0

    def __post_init__(self) -> None:
        self.role = role_of(self.column.header)

    def add(self, row: int, cell: Cell) -> None:
        """Take in the value of a row."""
        key = (cell.value, cell.number_format, cell.kind)
        known = self._recent.get(key)
        if known is not None:
            known.append(row)
            return
        if len(self._recent) >= _RECENT:
            self._examine()
        self._recent[key] = [row]

    def _examine(self) -> None:
        self._sound.append(Packed(self._sound_values(), cast("Make[Value]", _value)))
        self._recent = {}

    def _sound_values(self) -> Iterator[Record]:
        """The values to be compared with others; keeps the faults of those that are wrong by themselves."""
        for (value, code, kind), rows in self._recent.items():
            if kind in _UNUSABLE:
                continue
            cell = Cell(kind, value, code)
            # A number with its own format can only be wrong in comparison with the others.
            fault = None if kind is CellKind.NUMBER and code != "General" else self._fault_alone(cell)
            if fault is None:
                sound = Value(cell, kind_of(cell), rows)
                self._count(sound)
                yield value, code, kind.value, sound.kind.value, tuple(rows)
            else:
                self._faults.append((fault, rows))

    def _count(self, value: Value) -> None:
        """Count what the checks need to know of all values."""
        given, times = value.cell.value, len(value.rows)
        self._counts[value.kind] += times
        if isinstance(given, str):
            self._longest = max(self._longest, len(given))
            if given.endswith("?"):
                self._asked = [*self._asked[-1:], value]
            if "," in given:
                self._with_comma = [*self._with_comma[-2:], value]
        elif value.kind is ValueKind.DATE:
            self._named_months += times * ("mmm" in value.cell.number_format.casefold())
        elif value.kind is ValueKind.NUMBER and given:
            self._sizes.extend([abs(given)] * times)
        if value.kind is ValueKind.NUMBER and _is_negative(value):
            self._negative += times

    @property
    def _values(self) -> Iterator[Value]:
        """The values to be compared, made again for each reader."""
        return chain.from_iterable(self._sound)

    def faults(self) -> Iterator[tuple[Fault, int]]:
        """Each fault with its row."""
        self._examine()
        found = chain(self._faults, self._faults_together())
        return ((fault, row) for fault, rows in found for row in rows)

    def _fault_alone(self, cell: Cell) -> Fault | None:
        if isinstance(cell.value, str):
            text = cell.value
            found = text_fault(text, self.role, self.column.header) if text.strip() else None
            return (
                found
                or decimals_fault_of_text(text, self.role)
                or letter_fault(text, self.role)
                or vague_fault(text, self.role)
            )
        return number_fault(cell, self.role)

    def _faults_together(self) -> Iterator[tuple[Fault, Sequence[int]]]:
        self._settle_role()
        accepted = _FITTING.get(self.role) or {self.typical}
        if self.role is ColumnRole.LINK:
            accepted = _NEVER_SAID
        checks = (
            *(self._calendar_check(), self._birth_check(), self._size_check(), self._date_check()),
            self._negative_check(),
            self._length_check(),
            *(self._whole_number_check(), self._question_check(), self._comma_check(), self._sign_check()),
            self._capitals_check(),
        )
        needed = [check for check in checks if check is not None]
        if not needed and self._counts.keys() <= accepted:
            return
        for value in self._values:
            unlike = None if value.kind in accepted else self._unlike(value)
            fault = unlike or next((fault for check in needed if (fault := check(value))), None)
            if fault is not None:
                yield fault, value.rows

    def _settle_role(self) -> None:
        """Follow the values instead of the header if most of them are of another kind."""
        counts, total = self._counts, self._counts.total()
        most = counts.most_common(1)
        fitting = _FITTING.get(self.role)
        if total > _FEW and fitting is not None:
            fits = sum(counts[kind] for kind in fitting)
            if fits * 2 < total:
                self.role = ColumnRole.OTHER
        if most and most[0][1] * 2 > total:
            self.typical = most[0][0]
        if self.role is ColumnRole.OTHER and total > _FEW and self.typical is ValueKind.PHONE:
            self.role = ColumnRole.PHONE

    def _unlike(self, value: Value) -> Fault | None:
        kind, text = value.kind, self.shown(value.cell)
        if self.role is ColumnRole.DATE and kind is ValueKind.NUMBER:
            return unlike_fault(text, self._lost_date(value.cell), "Format the cell as a date, or correct it")
        expected = self._expected(value)
        if not expected:
            return None
        fitting = _FITTING.get(self.role)
        is_there = fitting is None or any(self._counts[one] for one in fitting)
        why = f"this column has {expected} elsewhere" if is_there else f"its header suggests {expected}"
        return unlike_fault(text, f"is {kind}, but {why}", "Correct the cell")

    def _lost_date(self, cell: Cell) -> str:
        if isinstance(cell.value, (int, float)) and _LOST_DATES[0] <= cell.value <= _LOST_DATES[1]:
            date = format_value(cell.value, "d mmmm yyyy", date1904=self.date1904, locale=self.locale)
            return f"is a number in a column of dates; it's probably {date} without its format"
        return "is a number in a column of dates"

    def _expected(self, value: Value) -> str:
        """The kind of the column's other values if this one differs, else ""."""
        counts, total = self._counts, self._counts.total()
        kind, others = value.kind, total - len(value.rows)
        fitting = _FITTING.get(self.role)
        if self.role is ColumnRole.LINK:
            never_said = next((one for one in _NEVER_SAID if counts[one] >= others * _MOST), None)
            return str(never_said) if never_said and others >= _FEW else ""
        if fitting is not None:
            text = str(value.cell.value).strip().casefold()
            free = self.role in NUMERIC and text in FREE_AMOUNTS
            free = free or (self.role in NUMERIC and kind is ValueKind.MIXED)
            free = free or (
                self.role is ColumnRole.PLACE and kind is ValueKind.DATE and not _year_of(value.cell.value)
            )
            free = free or (kind is ValueKind.NUMBER and self.role is ColumnRole.COMPANY and others < _FEW)
            return "" if kind in fitting or free else str(self.role)
        if others < _FEW or self.role is ColumnRole.CODE:
            return ""
        if self.typical is ValueKind.NUMBER and str(value.cell.value).strip().casefold() in FREE_AMOUNTS:
            return ""
        if kind in _NEVER_SAID and sum(counts[one] for one in _NEVER_SAID) * 4 < total:
            return "text"
        for usual in (ValueKind.NUMBER, ValueKind.DATE, ValueKind.MAIL, ValueKind.LINK):
            if kind is ValueKind.PHONE and usual is ValueKind.NUMBER:
                continue
            if kind is not usual and counts[usual] >= others * _MOST:
                return str(usual)
        is_number = kind in {ValueKind.NUMBER, ValueKind.DATE}
        return "text" if is_number and counts[ValueKind.WORDS] >= others * _MOST else ""

    def _size_check(self) -> Check | None:
        sizes = sorted(self._sizes) if self.role in NUMERIC or self.role is ColumnRole.OTHER else []
        if len(sizes) <= _FEW:
            return None
        if all(number in _YEARS for number in sizes[:-1]) and sizes[-1] not in _YEARS:
            return self._size_of(sizes[-1])
        largest = sizes[-3:]
        smallest = sizes[:3]
        usual = median(sizes)
        if sizes[-1] <= largest[0] * _FAR_ABOVE and sizes[0] * _FAR_BELOW >= smallest[-1]:
            return None

        def check(value: Value) -> Fault | None:
            number = value.cell.value
            if value.kind is not ValueKind.NUMBER or isinstance(number, str) or not number:
                return None
            size = abs(number)
            above = next((other for other in reversed(largest) if other * _FAR_ABOVE < size), None)
            below = next((other for other in smallest if other > size * _FAR_BELOW), None)
            if size >= largest[0] and above is not None and above <= usual * _FAR_ABOVE:
                return self._size_fault(value.cell, "larger")
            if size <= smallest[-1] and below is not None and below * _FAR_ABOVE >= usual:
                return self._size_fault(value.cell, "smaller")
            return None

        return check

    def _size_of(self, size: float) -> Check:
        """The warning about the only number that isn't a year."""

        def check(value: Value) -> Fault | None:
            number = value.cell.value
            return (
                None
                if isinstance(number, str) or abs(number) != size
                else self._size_fault(value.cell, "larger")
            )

        return check

    def _size_fault(self, cell: Cell, how: str) -> Fault:
        return unlike_fault(
            self.shown(cell), f"is far {how} than the other numbers in this column", "Check the number"
        )

    def _date_check(self) -> Check | None:
        if self.role is not ColumnRole.DATE and self.typical is not ValueKind.DATE:
            return None
        each = ([_year(value, self.date1904)] * len(value.rows) for value in self._values)
        years = array("d", (year for years in each for year in years if year))
        usual = median(years) if years else 0
        spread = median(abs(year - usual) for year in years) if years else 0
        far = max(_FAR_YEARS, 5 * spread)

        def is_usual(year: float) -> bool:
            near = len(years) <= _FEWEST_YEARS or abs(year - usual) <= far
            return near and _FIRST_YEAR < year < _LAST_YEAR

        if all(map(is_usual, set(years))):
            return None

        def check(value: Value) -> Fault | None:
            year = _year(value, self.date1904)
            if not year or is_usual(year):
                return None
            what = f"is in the year {year:.0f}"
            more = f"; the others are around {usual:.0f}" if len(years) > _FEWEST_YEARS else ""
            return unlike_fault(self.shown(value.cell), f"{what}{more}", "Check the date")

        return check

    def _calendar_check(self) -> Check | None:
        """The warning about dates that no calendar has, such as 31 February."""
        if self.role is not ColumnRole.DATE and self.typical is not ValueKind.DATE:
            return None

        def check(value: Value) -> Fault | None:
            text = value.cell.value
            if value.kind is not ValueKind.DATE or not isinstance(text, str):
                return None
            if impossible_day(text):
                return unlike_fault(text, "isn't a date in the calendar", "Correct the date")
            if self._named_months * 2 > self._counts.total() and _TWO_MEANINGS.fullmatch(text.strip()):
                why = "could be read as two dates; the others spell out the month"
                return unlike_fault(text, why, "Enter the date again, in the same format as the others")
            return None

        return check

    def _birth_check(self) -> Check | None:
        """The warning about dates of birth that are yet to come, such as 2062 for 1962."""
        this_year = self.this_year
        if this_year is None or not _BIRTH.search(self.column.header):
            return None

        def check(value: Value) -> Fault | None:
            if value.kind is not ValueKind.DATE or _year(value, self.date1904) <= this_year:
                return None
            return unlike_fault(self.shown(value.cell), "is a date of birth in the future", "Check the year")

        return check

    def _negative_check(self) -> Check | None:
        words = set(re.split(r"[\s_/().,:;-]+", self.column.header.casefold()))
        numeric = self.role in NUMERIC or self.typical is ValueKind.NUMBER
        if not numeric or not words.isdisjoint(NEGATIVE_TOO) or self.role is ColumnRole.CODE:
            return None
        if not self._negative:
            return None
        usual = self._negative * 5 > self._counts.total() > _FEW

        def check(value: Value) -> Fault | None:
            shown = self.shown(value.cell)
            if usual or not _is_negative(value) or not _HAS_DIGIT.search(shown):
                return None
            message = f"{quoted(shown)} is negative, unlike the other numbers in this column"
            return Fault(WarningKind.NEGATIVE, message, "Check the sign")

        return check

    def _whole_number_check(self) -> Check | None:
        """The warning about a number with decimals and without a format, if all others are whole."""
        if (
            self.role is ColumnRole.AMOUNT
            or self.typical is not ValueKind.NUMBER
            or self._counts.total() <= _FEW
        ):
            return None
        uneven = list(islice(filter(_decimals, self._values), 2))
        if len(uneven) != 1 or _decimals(uneven[0]) < DECIMALS_OF_AMOUNTS:
            return None
        fault = decimals_fault(self.shown(uneven[0].cell), _decimals(uneven[0]))
        return lambda value: fault if value == uneven[0] else None

    def _question_check(self) -> Check | None:
        """The warning about the only word with a question mark."""
        text = str(self._asked[0].cell.value) if len(self._asked) == 1 else ""
        if self.role is ColumnRole.COMPANY and not is_of_products(self.column.header) and text[:1].isupper():
            asked = _ASKED_COMPANY
        else:
            asked = _ASKED_WORD
        if self._counts.total() <= _FEW or not asked.fullmatch(text):
            return None
        fault = Fault(
            WarningKind.NOTE,
            f"{quoted(text)} ends with a question mark, unlike the other values",
            "Correct the cell, or move the question into a column that the template doesn't use",
        )
        return lambda value: fault if value.cell.value == text else None

    def _comma_check(self) -> Check | None:
        """The warning about one or two names in the order `Bennett, Olivia`."""
        turned = {value.cell.value for value in self._with_comma if _is_turned(str(value.cell.value))}
        few = self._counts.total() > _FEW * len(self._with_comma)
        if self.role is not ColumnRole.PERSON or not turned or not few:
            return None

        def check(value: Value) -> Fault | None:
            if value.cell.value not in turned:
                return None
            shown = self.shown(value.cell)
            return unlike_fault(
                shown, "has a comma, unlike the other names", "Write the name as it should be spoken"
            )

        return check

    def _sign_check(self) -> Check | None:
        """The warning about a word without a digit or symbol, if all others have one."""
        if self.role not in {ColumnRole.OTHER, ColumnRole.CODE}:
            return None
        plain = list(islice((each for each in self._values if _is_plain(each)), 2))
        if len(plain) != 1 or self._counts.total() <= _FEW:
            return None
        text = str(plain[0].cell.value)
        if not text[0].islower() or text.casefold() in FREE_AMOUNTS | TIMES_IN_WORDS:
            return None
        others = [self.shown(value.cell) for value in self._values if value != plain[0]]
        if len(others) < _FEW:
            return None
        if all(map(_HAS_DIGIT.search, others)):
            fault = unlike_fault(text, "has no digits, unlike the other values", "Correct the cell")
        elif all(other[:1] in _SIGNS_BEFORE and other[0] == others[0][0] for other in others):
            fault = unlike_fault(text, f"has no {others[0][0]}, unlike the other values", "Correct the cell")
        else:
            return None
        return lambda value: fault if value == plain[0] else None

    def _capitals_check(self) -> Check | None:
        """The warning about words in only small or capital letters, if all other values are capitalized.

        Companies may have such names: adidas, IKEA. Customers may be companies or people.
        """
        products, customers = is_of_products(self.column.header), is_of_customers(self.column.header)
        if (
            not (
                self.role is ColumnRole.OTHER or (self.role is ColumnRole.COMPANY and (products or customers))
            )
            or self.typical is not ValueKind.WORDS
            or self._counts.total() <= _FEW
        ):
            return None
        odd_rows = sum(len(value.rows) for value in self._values if _is_odd(value))
        if not odd_rows or odd_rows > self._counts.total() * (1 - _MOST) + 1:
            return None
        short = all(
            len(str(value.cell.value)) <= _LONGEST_LABEL for value in self._values if not _is_odd(value)
        )

        def check(value: Value) -> Fault | None:
            text = str(value.cell.value)
            if not _is_odd(value) or text in FREE_AMOUNTS or (customers and " " not in text):
                return None
            if says_nothing(text):
                return stand_in_fault(text)
            return capitals_fault(text) if short else None

        return check

    def _length_check(self) -> Check | None:
        given = (each.cell.value for each in self._values) if self._longest > _LONG_TEXT else ()
        lengths = array("L", (len(value) for value in given if isinstance(value, str)))
        if len(lengths) <= _FEW:
            return None
        usual = median(lengths)

        def check(value: Value) -> Fault | None:
            text = value.cell.value
            if not isinstance(text, str) or len(text) <= max(_LONG_TEXT, usual * _LONGER):
                return None
            message = f"{quoted(text)} has {len(text):,} characters; the others have about {usual:.0f}"
            return Fault(WarningKind.RUNAWAY, message, "If that's not what you want, shorten the cell")

        return check

    def shown(self, cell: Cell) -> str:
        """The text that the cell shows."""
        if isinstance(cell.value, str):
            return cell.value
        return format_value(cell.value, cell.number_format, date1904=self.date1904, locale=self.locale)


def _value(value: Scalar, code: str, kind: str, found: str, rows: Sequence[int]) -> Value:
    return Value(Cell(CellKind(kind), value, code), ValueKind(found), rows)


def _is_odd(value: Value) -> bool:
    return not _CAPITALIZED.match(str(value.cell.value))


def fits(cell: Cell, content: ColumnContent) -> bool:
    """Whether a value may belong to a column."""
    fitting = _FITTING.get(content.role)
    kind = kind_of(cell)
    if fitting is not None:
        return kind in fitting
    return content.typical is None or kind is content.typical or {kind, content.typical} <= _TEXT


def _is_turned(text: str) -> bool:
    first, _, rest = text.partition(",")
    given = rest.strip(" .")
    return first.isalpha() and given.isalpha() and given.casefold() not in _AFTER_NAMES


def _is_plain(value: Value) -> bool:
    return value.kind is ValueKind.WORDS and str(value.cell.value)[:1] not in _SIGNS_BEFORE


def _decimals(value: Value) -> int:
    """The number of decimals shown for a number without a format."""
    if isinstance(value.cell.value, (str, int)) or value.cell.number_format != "General":
        return 0
    return len(general(value.cell.value).partition(".")[2])


def _is_negative(value: Value) -> bool:
    given = value.cell.value
    if isinstance(given, str):
        return value.kind is ValueKind.NUMBER and bool(_NEGATIVE_TEXT.match(given.strip()))
    return value.kind is ValueKind.NUMBER and given < 0


def _year(value: Value, date1904: bool) -> float:  # noqa: FBT001 - as in `serial_dates`
    """The year of a date, or 0 if it isn't a date or has no year."""
    if value.kind is not ValueKind.DATE:
        return 0
    given = value.cell.value
    if isinstance(given, str):
        return _year_of(given)
    return (1904 if date1904 else 1900) + int(given / 365.2425)


def _year_of(given: Scalar) -> float:
    """The year in a text, or 0."""
    years = _YEAR.findall(given) if isinstance(given, str) else []
    return float(years[0]) if years else 0
