"""Checks of a worksheet with its template: hidden rows, identical videos, unused columns and names."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Final

from merge.checks.warning import RowWarning, WarningKind
from merge.model import Cell
from merge.project.scripts import is_script, is_shown, plain_text
from merge.sheet.addresses import cell_address
from merge.sheet.columns import Column, Header, normalize
from merge.sheet.number_format import format_value, is_system_currency, is_system_date
from merge.sheet.packed import repeated

_SHOWN: Final = 5
"""Rows or groups of rows that a message lists."""
_VIDEO_WORDS: Final = (
    *(
        "avatar",
        "background",
        "clothes",
        "greeting",
        "image",
        "language",
        "locale",
        "logo",
        "message",
        "model",
    ),
    *("music", "photo", "picture", "pronunciation", "salutation", "script", "spoken", "video link", "voice"),
)
"""Words in the headers of columns that are meant for a video."""

_REPLACEMENT_WORDS: Final = frozenset(
    {"correct", "corrected", "display", "final", "formatted", "new", "phonetic", "preferred", "updated"}
)
"""Words that people add to the header of a column that replaces another."""


def hidden_rows(taken: Sequence[int], left_out: Sequence[int], sheet: str) -> Iterator[RowWarning]:
    """Warn about rows that Excel hides, for example because of a forgotten filter.

    Args:
        taken: numbers of hidden rows that would be submitted
        left_out: numbers of rows that are skipped because they are hidden
        sheet: the worksheet's name
    """
    if taken:
        message = f"{_rows(taken)} hidden in Excel, but a video would still be made"
        yield RowWarning(
            WarningKind.HIDDEN_ROWS,
            sheet,
            message,
            "Unhide the rows in Excel to check them, or delete them. To skip hidden rows, add --visible-only",
        )
    if left_out:
        message = f"{_rows(left_out)} hidden in Excel, and will be skipped"
        yield RowWarning(
            WarningKind.HIDDEN_ROWS, sheet, message, "To make their videos, unhide the rows in Excel"
        )


def struck_rows(
    rows: Collection[int], struck: Mapping[int, Collection[int]], used: Iterable[Column], sheet: str
) -> Iterator[RowWarning]:
    """Warn about rows with struck-out text, which people cross out instead of deleting them.

    Args:
        rows: numbers of those that would be submitted
        struck: the columns of cells whose text is struck out, by row number
        used: the columns that the template uses
        sheet: the worksheet's name
    """
    numbers = {column.number for column in used}
    found = {
        row: cells for row, each in struck.items() if row in rows and (cells := numbers.intersection(each))
    }
    if not found:
        return
    first, *more = found
    message = "this text is struck out in Excel, but a video would still be made"
    if more:
        message += f", and so would {len(more):,} more {'row' if len(more) == 1 else 'rows'} like it"
    yield RowWarning(
        WarningKind.STRUCK,
        cell_address(sheet, first, min(found[first])),
        message,
        "Delete these rows, or choose the other rows with --rows",
        rows=tuple(found),
    )


def unused_columns(header: Header, used: Iterable[Column], sheet: str) -> Iterator[RowWarning]:
    """Warn about columns that the template doesn't use although they seem to be meant for it.

    That is the case if the header has a word about videos, or is that of a used column with an addition
    (`Amount`, `Amount corrected`).
    """
    names = {column.number: set(normalize(column.header).split()) for column in header.columns}
    numbers = {column.number for column in used}
    taken: dict[frozenset[str], list[Column]] = {}
    for column in header.columns:
        if column.number in numbers:
            taken.setdefault(frozenset(names[column.number] - _REPLACEMENT_WORDS), []).append(column)
    for column in header.columns:
        if column.number in numbers or not names[column.number]:
            continue
        others = taken.get(frozenset(names[column.number] - _REPLACEMENT_WORDS), ())
        replaced = next((other for other in others if _replaces(names, column, other)), None)
        if replaced or _is_about_videos(names[column.number]):
            though = f", though “{replaced.header}” is" if replaced else ""
            place = cell_address(sheet, header.row, column.number)
            message = f"the column “{' '.join(column.header.split())}” isn't used by the template{though}"
            yield RowWarning(
                WarningKind.UNUSED_COLUMN,
                place,
                message,
                "If the video should use this column, add it to the template",
            )


class RegionalFormats:
    """Finds dates and amounts that another computer would format differently; one cell per column."""

    def __init__(self, columns: Iterable[Column], sheet: str, locale: str) -> None:
        self._open = list(columns)
        self._sheet = sheet
        self._locale = locale
        self._found: list[RowWarning] = []

    def add(self, row: int, cells: Mapping[int, Cell], texts: Collection[str], *, date1904: bool) -> None:
        """Check a row's cells and the texts that they filled in."""
        for column in tuple(self._open):
            cell = cells.get(column.number)
            if cell is None or isinstance(cell.value, str):
                continue
            both = _both_ways(cell.value, cell.number_format, self._locale, date1904=date1904)
            if both and any(both[0] in text for text in texts):
                self._open.remove(column)
                self._found.append(self._warning(row, column, cell, *both))

    def warnings(self) -> Iterator[RowWarning]:
        """The warnings about the rows added so far."""
        yield from self._found

    def _warning(self, row: int, column: Column, cell: Cell, own: str, other: str) -> RowWarning:
        kind = "date" if is_system_date(cell.number_format) else "amount"
        message = f"this {kind} is written as {own}, for {self._locale}, but other computers show {other}"
        hint = "To choose one, add --locale, such as --locale en_GB"
        if kind == "date":
            hint = f"Write out the month: {{{{ {' '.join(column.header.split())} | date }}}}. {hint}"
        place = cell_address(self._sheet, row, column.number)
        return RowWarning(WarningKind.REGIONAL, place, message, hint, about=own, rows=(row,))


def _both_ways(value: float, code: str, locale: str, *, date1904: bool) -> tuple[str, str] | None:
    """A value in this locale and another one; None if both look the same, or the format isn't regional."""
    if is_system_date(code):
        others = ("en_US", "en_SG")
    elif is_system_currency(code):
        others = ("en_US", "en_GB")
    else:
        return None
    own = format_value(value, code, locale=locale, date1904=date1904).strip()
    shown = (format_value(value, code, locale=each, date1904=date1904).strip() for each in others)
    other = next((text for text in shown if text != own), None)
    return (own, other) if other else None


def unused_names(names: Iterable[str]) -> Iterator[RowWarning]:
    """Warn about names that were given with `--set` but that the template doesn't use."""
    for name in names:
        message = f"you set “{name}”, but the template doesn't use it"
        yield RowWarning(WarningKind.UNUSED_NAME, f"--set {name}", message, "Check the spelling")


class SameVideos:
    """Finds rows whose videos would have the same texts. A row is kept as a 64-bit BLAKE2b digest."""

    def __init__(self) -> None:
        self._numbers = array("L")
        self._digests = array("q")

    def add(self, number: int, strings: Mapping[str, str]) -> None:
        """Add a row by its filled-in strings, by JSON path; the project's name doesn't count."""
        shown = (f"{path}\x1f{_shown(path, text)}" for path, text in strings.items() if path != "$.name")
        text = "\x1e".join(shown).encode("utf-8", "surrogatepass")
        self._numbers.append(number)
        self._digests.frombytes(blake2b(text, digest_size=8).digest())

    def warnings(self, sheet: str, rows: Container[int]) -> Iterator[RowWarning]:
        """One warning if any of these rows are the same apart from case and white space."""
        several = repeated(self._digests)
        by_digest: dict[int, list[int]] = {}
        for number, digest in zip(self._numbers, self._digests, strict=True):
            if hash(digest) in several and number in rows:
                by_digest.setdefault(digest, []).append(number)
        same = [numbers for numbers in by_digest.values() if len(numbers) > 1]
        if same:
            shown = [_listed(numbers) for numbers in same[:_SHOWN]]
            named = "; ".join(shown) + ("; …" if len(same) > _SHOWN else "")
            message = f"these rows would make the same video, so you may only need one ({named})"
            hint = "Delete duplicate rows, or send the same video to everyone"
            yield RowWarning(WarningKind.ALIKE, sheet, message, hint)


def _shown(path: str, text: str) -> str:
    words = plain_text(text) if is_script(path) or is_shown(path) else text
    return " ".join(words.split()).casefold()


def _replaces(names: Mapping[int, set[str]], column: Column, used: Column) -> bool:
    added = names[column.number] - names[used.number]
    return bool(added) and names[used.number] < names[column.number] and added <= _REPLACEMENT_WORDS


def _is_about_videos(words: set[str]) -> bool:
    return any(set(phrase.split()) <= words for phrase in _VIDEO_WORDS)


def _rows(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"row {numbers[0]} is"
    return f"{len(numbers):,} rows ({_listed(numbers)}) are"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:_SHOWN])) + (", …" if len(numbers) > _SHOWN else "")
