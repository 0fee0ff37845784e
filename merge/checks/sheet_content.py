"""The content check: what is wrong with the cells that a template speaks or shows, one warning per range.

`cell_content` checks a value on its own, `column_content` compares it with its column, and this module checks
whole rows: totals, tests, and values that are one column off.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Final

from merge.checks.column_content import ColumnContent, fits
from merge.checks.content_words import TOTALS
from merge.checks.fault import Fault, quoted
from merge.checks.warning import RowWarning, WarningKind
from merge.model import Cell, CellKind, SheetRow
from merge.sheet.addresses import cell_address, column_letters
from merge.sheet.columns import Column, Header, is_blank

_MOST_RANGES: Final = 20
"""The maximum number of ranges of one kind and column with a warning each; more of them share one."""
_LAST_ROWS: Final = 3
"""The maximum number of rows at the end that may be totals."""
_SHIFTED: Final = 2
"""The minimum number of values that must fit the neighboring column."""
_NEARBY: Final = 20
"""How far from a column in use the values of a row are compared with their columns."""
_TEST_WORDS: Final = (
    *("test", "asdf", "qwer", "lorem", "dummy", "foo", "xxx", "zxcv", "yxcv", "doe", "muster"),
    *("テスト", "테스트"),
)
_LONGEST_TEST: Final = 20


class SheetContent:
    """Reads the cells that a template says or shows, and reports what is wrong with them.

    Args:
        header: all columns of the data
        columns: those that are spoken or shown
        sheet: the worksheet's name
        rows: the rows of the data, in their order
        date1904: whether serial dates count from 1904
        locale: for number formats without a language
        this_year: for dates of birth; None if it isn't known
    """

    def __init__(  # noqa: PLR0913 - what is read, and how
        self,
        header: Header,
        columns: Iterable[Column],
        sheet: str,
        rows: Sequence[SheetRow],
        *,
        date1904: bool = False,
        locale: str = "en_US",
        this_year: int | None = None,
    ) -> None:
        self._sheet = sheet
        self._header = header
        self._used = [ColumnContent(column, date1904, locale, this_year) for column in columns]
        self._rows = rows
        self._numbers = array("L")

    def _read(self) -> None:
        used = [(content.column.number, content.add) for content in self._used]
        for row in self._rows:
            number = row.number
            self._numbers.append(number)
            for column, add in used:
                cell = row.cells.get(column)
                if cell is not None:
                    add(number, cell)

    def warnings(self) -> Iterator[RowWarning]:
        """One warning per kind and cell range, those about most rows first."""
        self._read()
        faults = {content.column.number: _by_row(content) for content in self._used}
        whole_rows = list(self._faults_of_rows(faults))
        about_rows = {number for number, _ in whole_rows}
        found = [self._row_warning(number, fault) for number, fault in whole_rows]
        for column, by_row in faults.items():
            kinds: dict[WarningKind, dict[int, Fault]] = defaultdict(dict)
            for number, fault in by_row.items():
                if number not in about_rows:
                    kinds[fault.kind][number] = fault
            for of_kind in kinds.values():
                found += self._range_warnings(column, of_kind)
        yield from sorted(found, key=lambda warning: -len(warning.rows))

    def _range_warnings(self, column: int, faults: Mapping[int, Fault]) -> Iterator[RowWarning]:
        ranges = list(self._ranges(faults))
        if len(ranges) > _MOST_RANGES:
            ranges = [[number for numbers in ranges for number in numbers]]
        for numbers in ranges:
            first = faults[numbers[0]]
            place = cell_address(self._sheet, numbers[0], column)
            message = first.message
            if len(numbers) > 1:
                place = f"{place}:{column_letters(column)}{numbers[-1]}"
                more = len(numbers) - 1
                message += f", and {more:,} more {'cell' if more == 1 else 'cells'} like it"
            yield RowWarning(first.kind, place, message, first.hint, rows=tuple(numbers))

    def _ranges(self, faults: Mapping[int, Fault]) -> Iterator[list[int]]:
        """The rows with faults, with consecutive rows grouped."""
        together: list[int] = []
        before = -1
        for number in sorted(faults):
            place = self._place(number)
            if together and place != before + 1:
                yield together
                together = []
            together.append(number)
            before = place
        if together:
            yield together

    def _place(self, number: int) -> int:
        return bisect_left(self._numbers, number)

    def _row_warning(self, number: int, fault: Fault) -> RowWarning:
        numbers = [column.number for column in self._header.columns]
        place = f"{cell_address(self._sheet, number, numbers[0])}:{column_letters(numbers[-1])}{number}"
        return RowWarning(fault.kind, place, fault.message, fault.hint, rows=(number,))

    def _faults_of_rows(self, faults: Mapping[int, Mapping[int, Fault]]) -> Iterator[tuple[int, Fault]]:
        suspected: dict[int, list[Fault]] = defaultdict(list)
        for by_row in faults.values():
            for number, found in by_row.items():
                suspected[number].append(found)
        last = self._numbers[-_LAST_ROWS:]
        for number in sorted(suspected.keys() | set(last)):
            row, faults_here = self._rows[self._place(number)], suspected.get(number, [])
            fault = _test_row(faults_here, self._texts(row)) if faults_here else None
            if any(one.kind is WarningKind.UNLIKE for one in faults_here):
                fault = fault or self._shifted(row)
            if number in last:
                fault = fault or self._total(row)
            if fault is not None:
                yield number, fault

    def _texts(self, row: SheetRow) -> list[str]:
        cells = (row.cells.get(content.column.number) for content in self._used)
        return [str(cell.value) for cell in cells if cell is not None and cell.kind is CellKind.TEXT]

    def _shifted(self, row: SheetRow) -> Fault | None:
        """Values that fit the column to their left or right, but not their own."""
        contents = self._columns_nearby
        filled = [(place, row.cells.get(content.column.number)) for place, content in enumerate(contents)]
        wrong = [
            (place, cell) for place, cell in filled if not is_blank(cell) and not _fits(cell, contents[place])
        ]
        for step, side in ((1, "right"), (-1, "left")):
            fitting = sum(
                1
                for place, cell in wrong
                if 0 <= place - step < len(contents) and _fits(cell, contents[place - step])
            )
            if fitting >= _SHIFTED and fitting >= len(wrong) - 1:
                return Fault(
                    WarningKind.SHIFTED,
                    f"some values of this row seem to be one column too far to the {side}",
                    "Compare the row with its headers, and move the cells back",
                )
        return None

    @cached_property
    def _columns_nearby(self) -> list[ColumnContent]:
        """The columns around those in use; unused ones are read by their headers and first values."""
        used = {content.column.number: content for content in self._used}
        every = sorted(self._header.columns, key=lambda column: column.number)
        near = {
            place + step
            for place, column in enumerate(every)
            if column.number in used
            for step in range(-_NEARBY, _NEARBY + 1)
        }
        contents = []
        for column in (column for place, column in enumerate(every) if place in near):
            content = used.get(column.number)
            if content is None:
                content = ColumnContent(column)
                for row in islice(self._rows, 100):
                    cell = row.cells.get(column.number)
                    if cell is not None:
                        content.add(row.number, cell)
                list(content.faults())
                used[column.number] = content
            contents.append(content)
        return contents

    def _total(self, row: SheetRow) -> Fault | None:
        """A row with a word for a total or the sum of the rows above, and fewer values than they have."""
        place = self._place(row.number)
        if place < 2:  # noqa: PLR2004 - a sum of at least two
            return None
        headed = {column.number for column in self._header.columns}
        filled = [number for number, cell in row.cells.items() if number in headed and not is_blank(cell)]
        usual = max(
            sum(1 for cell in other.cells.values() if not is_blank(cell))
            for other in self._rows[max(0, place - 50) : place]
        )
        words = [cell for cell in row.cells.values() if _is_total_word(cell)]
        if not words and len(filled) * 2 > usual:
            return None
        if (words and len(filled) < usual) or self._has_sum(place, row, filled):
            named = f" ({quoted(str(words[0].value))})" if words else ""
            return Fault(
                WarningKind.TOTALS,
                f"this row looks like a total of the rows above it{named}",
                "Delete the row, or choose the other rows with --rows",
            )
        return None

    def _has_sum(self, place: int, row: SheetRow, columns: Iterable[int]) -> bool:
        """Whether a value is the sum of at least two values above it."""
        totals = {number: total for number in columns if (total := _number(row.cells.get(number)))}
        if not totals:
            return False
        sums, counts = dict.fromkeys(totals, 0.0), dict.fromkeys(totals, 0)
        for other in islice(self._rows, place):
            cells = other.cells
            for number in totals:
                value = _number(cells.get(number))
                if value is not None:
                    sums[number] += value
                    counts[number] += 1
        return any(
            counts[number] > 1 and abs(sums[number] - total) < 0.005 + abs(total) * 1e-9
            for number, total in totals.items()
        )


def _by_row(content: ColumnContent) -> dict[int, Fault]:
    return {number: fault for fault, number in content.faults()}


def _fits(cell: Cell | None, content: ColumnContent) -> bool:
    return cell is not None and fits(cell, content)


def _test_row(faults: Sequence[Fault], texts: Sequence[str]) -> Fault | None:
    """A row with several values that were typed as a test."""
    stand_ins = sum(1 for fault in faults if fault.kind is WarningKind.STAND_IN)
    tests = [
        text
        for text in texts
        if text.strip().casefold().startswith(_TEST_WORDS) and len(text) <= _LONGEST_TEST
    ]
    if not stand_ins or len(tests) < _SHIFTED:
        return None
    named = ", ".join(quoted(text) for text in tests[:3])
    return Fault(
        WarningKind.TEST_ROW,
        f"this row looks like a test: {named}",
        "Delete the row, or choose the other rows with --rows",
    )


def _is_total_word(cell: Cell) -> bool:
    return cell.kind is CellKind.TEXT and str(cell.value).strip(" \t\n\u00a0:：=.").casefold() in TOTALS


def _number(cell: Cell | None) -> float | None:
    if cell is None or cell.kind is not CellKind.NUMBER or isinstance(cell.value, str):
        return None
    return float(cell.value)
