"""Select the rows of a run: `--rows`, `--where`, `--visible-only` and `--pilot`."""

from __future__ import annotations

import math
import re
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from merge.checks.conditions import words_for_no
from merge.checks.warning import RowWarning, WarningKind
from merge.errors import CellError, InputError, TemplateError
from merge.input.data_sheet import DataSheet
from merge.model import Cell, Row, SheetRow
from merge.settings import Settings
from merge.sheet.columns import with_placeholders
from merge.sheet.number_format import format_value
from merge.template.bind_json import compile_condition
from merge.template.error_messages import problem_of
from merge.template.filters import FilterSet
from merge.template.sandbox.calculations import TextError

_RANGE = re.compile(r"\s*(\d+)\s*(?:-\s*(\d*)\s*)?")


def row_filter(sheet: DataSheet, settings: Settings) -> Callable[[Row], bool]:
    """A function that decides whether the settings select a row.

    Raises:
        InputError: the row numbers or the condition are invalid
    """
    selection = settings.selection
    conditions: list[Callable[[Row], bool]] = []
    if selection.rows:
        numbers = parse_rows(selection.rows)
        conditions.append(lambda row: row.number in numbers)
    if selection.visible_only:
        conditions.append(lambda row: not row.hidden)
    if selection.where:
        conditions.append(_condition(selection.where, sheet, settings))
    return lambda row: all(holds(row) for holds in conditions)


def _condition(source: str, sheet: DataSheet, settings: Settings) -> Callable[[Row], bool]:
    header = with_placeholders(sheet.header, settings.columns)
    condition = compile_condition(source, header, settings.constants, FilterSet(settings.locale))

    def holds(row: Row) -> bool:
        values = sheet.values_of(row, condition.names.used, settings.locale)
        try:
            return condition.holds(values)
        except TextError as error:
            raise _failed(source, row, error) from error
        except CellError:
            # A condition on a blank cell or an error value selects nothing.
            return False
        except Exception as error:
            raise _failed(source, row, error) from error

    return holds


def words_tested(sheet: DataSheet, settings: Settings, rows: Sequence[SheetRow]) -> Iterator[RowWarning]:
    """The warnings about words for no that `--where Column` counts as true."""
    source = settings.selection.where or ""
    header = with_placeholders(sheet.header, settings.columns)
    tested = compile_condition(source, header, settings.constants, FilterSet(settings.locale)).names.tested
    yield from words_for_no(tested, rows, sheet.worksheet.name, option="--where")


def no_rows(sheet: DataSheet, settings: Settings) -> Iterator[RowWarning]:
    """The warning that no row is in `--rows` or matches `--where`, with what there is instead."""
    selection, name = settings.selection, sheet.worksheet.name
    numbers = [row.number for row in sheet.data_rows]
    rows = parse_rows(selection.rows) if selection.rows else None
    if rows and numbers and not any(number in rows for number in numbers):
        there = f"rows {numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else f"only row {numbers[0]}"
        message = f"no row is in --rows {selection.rows}; this sheet has {there}"
        yield RowWarning(WarningKind.NO_ROWS, name, message, "Write row numbers as Excel shows them")
    elif selection.where:
        message = f"no row matches --where {selection.where}{_example(selection.where, sheet, settings)}"
        hint = "Write values exactly as Excel shows them, and check the condition"
        yield RowWarning(WarningKind.NO_ROWS, name, message, hint)


def _example(source: str, sheet: DataSheet, settings: Settings) -> str:
    """The values in the first row of the columns that a condition uses."""
    header = with_placeholders(sheet.header, settings.columns)
    used = compile_condition(source, header, settings.constants, FilterSet(settings.locale)).names.used
    first = next(sheet.data_rows, None)
    shown = [
        f"“{' '.join(column.header.split())}” is “{_shown(first.cells.get(column.number), sheet, settings)}”"
        for column in used
        if first
    ]
    return f"; in row {first.number}, {', '.join(shown)}" if first and shown else ""


def _shown(cell: Cell | None, sheet: DataSheet, settings: Settings) -> str:
    if cell is None:
        return ""
    date1904 = sheet.worksheet.date1904
    return format_value(cell.value, cell.number_format, date1904=date1904, locale=settings.locale)


def _failed(source: str, row: Row, error: Exception) -> TemplateError:
    problem = problem_of(error, "")
    return TemplateError(
        f"the condition fails in row {row.number}: {problem.message}",
        place=f"--where {source}",
        hint=problem.hint or "Compare the condition with the cells of that row",
    )


@dataclass(frozen=True, slots=True)
class RowNumbers:
    """Row numbers as Excel shows them: ranges that include both ends; None is the end of the sheet."""

    ranges: tuple[tuple[int, int | None], ...]

    def __contains__(self, number: int) -> bool:
        return any(first <= number and (last is None or number <= last) for first, last in self.ranges)


def parse_rows(text: str, *, option: str = "--rows") -> RowNumbers:
    """Parse row numbers such as `2-40,57,90-`.

    Raises:
        InputError: the text has another form, or a range ends before it starts
    """
    return RowNumbers(tuple(_range(part, text, option) for part in text.split(",")))


def _range(part: str, text: str, option: str) -> tuple[int, int | None]:
    found = _RANGE.fullmatch(part)
    if not found:
        raise _invalid_rows(text, option)
    first, end = int(found[1]), found[2]
    last = first if end is None else int(end) if end else None
    if first < 1 or (last is not None and last < first):
        raise _invalid_rows(text, option)
    return first, last


def _invalid_rows(text: str, option: str) -> InputError:
    return InputError(
        f"“{text}” isn't a list of rows",
        place=option,
        hint=f"Write row numbers as Excel shows them, such as {option} 2-40,57",
    )


def choose_pilot(texts: Iterable[str], limit: int) -> frozenset[int]:
    """Choose the rows to try first: the longest, the shortest and the most unusual scripts.

    Args:
        texts: the script of each row
        limit: how many rows to choose at most

    Returns:
        Positions in `texts`, taken in turn by each of the three criteria. A text is unusual if its characters
        are rare among all texts.
    """
    lengths, alphabets = array("L"), []
    for text in texts:
        lengths.append(len(text))
        alphabets.append(sys.intern("".join(sorted(set(text)))))
    positions = range(len(lengths))
    by_length = sorted(positions, key=lengths.__getitem__)
    rarity = _rarity(alphabets)
    by_rarity = sorted(positions, key=lambda position: -rarity[position])
    in_turn = chain.from_iterable(zip_longest(reversed(by_length), by_length, by_rarity))
    chosen: set[int] = set()
    for position in in_turn:
        if len(chosen) == min(limit, len(lengths)):
            break
        if position is not None:
            chosen.add(position)
    return frozenset(chosen)


def _rarity(alphabets: Sequence[str]) -> Sequence[float]:
    """The mean inverse document frequency of each text's characters."""
    counts = Counter(chain.from_iterable(alphabets))
    rarity = {character: math.log(len(alphabets) / count) for character, count in counts.items()}
    return array("d", (sum(rarity[each] for each in text) / max(len(text), 1) for text in alphabets))
