"""The result columns of a worksheet and the statuses they show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from merge.errors import ColumnError
from merge.model import Cell, CellKind, Color, Link, ResultValue, SheetRow
from merge.sheet.addresses import column_letters
from merge.sheet.columns import Column, normalize

DEFAULT_PREFIX = "Video"
WATCH = "Watch video"
"""What a cell with a link shows; sheets of earlier versions show the address."""

_ESCAPED = re.compile("%([0-9A-Fa-f]{2})")


class Status(StrEnum):
    """The values of `Video Status`; a blank cell is `TO_DO`."""

    TO_DO = ""
    SUBMITTED = "Submitted"
    RENDERING = "Rendering"
    COMPLETE = "Complete"
    FAILED = "Failed"
    INVALID = "Invalid"
    CHECK = "Check"
    DRAFT = "Draft"
    OUT_OF_DATE = "Out of date"
    PRACTICE = "Practice"
    """Made in a practice run, which makes no video; it never counts as a result."""

    @classmethod
    def of(cls, text: str) -> Status:
        """Return the status in a cell; `TO_DO` for text that castmerge doesn't write."""
        if not text:
            return cls.TO_DO
        folded = " ".join(text.split()).casefold()
        return next((status for status in cls if status.casefold() == folded), cls.TO_DO)

    @classmethod
    def is_known(cls, text: str) -> bool:
        """Whether castmerge writes this text as a status; a blank cell counts."""
        return not text.strip() or cls.of(text) is not cls.TO_DO


STATUS_COLORS: Mapping[str, Color] = MappingProxyType(
    {
        str(Status.COMPLETE): Color.GREEN,
        str(Status.FAILED): Color.RED,
        str(Status.INVALID): Color.RED,
        str(Status.CHECK): Color.YELLOW,
        str(Status.OUT_OF_DATE): Color.YELLOW,
        str(Status.SUBMITTED): Color.BLUE,
        str(Status.RENDERING): Color.BLUE,
        str(Status.DRAFT): Color.GRAY,
        str(Status.PRACTICE): Color.GRAY,
    }
)


@dataclass(frozen=True, slots=True)
class ResultHeaders:
    """The headers of the result columns."""

    job: str
    status: str
    url: str
    note: str
    updated: str

    @classmethod
    def with_prefix(cls, prefix: str = DEFAULT_PREFIX) -> ResultHeaders:
        """Return the five headers (`Video ID`, …), with another prefix if given."""
        return cls(*(f"{prefix} {word}" for word in ("ID", "Status", "URL", "Note", "Updated")))

    @property
    def all(self) -> tuple[str, ...]:
        """The five headers, in their order on a new sheet; what people read comes first."""
        return (self.status, self.url, self.note, self.updated, self.job)

    @property
    def widths(self) -> Mapping[str, int]:
        """Column widths in characters, enough for usual values."""
        return {self.job: 24, self.url: 46, self.note: 46, self.updated: 20}

    @property
    def colors(self) -> Mapping[str, Mapping[str, Color]]:
        """The colors of status cells, by header and text."""
        return {self.status: STATUS_COLORS}


@dataclass(frozen=True, slots=True)
class ResultColumns:
    """The result columns of a worksheet: their column numbers by header, empty before the first run."""

    headers: ResultHeaders
    numbers: Mapping[str, int]

    @classmethod
    def find(cls, headers: ResultHeaders, columns: Iterable[Column]) -> ResultColumns:
        """Find the result columns among the columns of the data.

        Raises:
            ColumnError: two columns have the same one of these headers
        """
        wanted = {normalize(header): header for header in headers.all}
        numbers: dict[str, int] = {}
        for column in columns:
            header = wanted.get(column.name)
            if header in numbers:
                raise ColumnError(
                    f"the columns {column_letters(numbers[header])} and {column_letters(column.number)} "
                    f"are both called {header}",
                    hint="Delete or rename the one that castmerge didn't write",
                )
            if header is not None:
                numbers[header] = column.number
        return cls(headers, numbers)

    def job_of(self, row: SheetRow) -> str:
        """Return the video id in a row, or ""."""
        return self._text(row, self.headers.job)

    def status_of(self, row: SheetRow) -> str:
        """Return the status in a row as text, or ""."""
        return self._text(row, self.headers.status)

    def url_of(self, row: SheetRow) -> str:
        """Return the address that a row's link opens, or ""; a cell without a link may show one."""
        cell = row.cells.get(self.numbers.get(self.headers.url, 0))
        if cell is None:
            return ""
        text = _cell_text(cell)
        return cell.link or ("" if text == WATCH else text)

    def updated_of(self, row: SheetRow) -> float:
        """Return the serial number of the last change in a row, or 0."""
        cell = row.cells.get(self.numbers.get(self.headers.updated, 0))
        number = cell is not None and cell.kind is CellKind.NUMBER
        return float(cell.value) if cell and number else 0.0

    def note_of(self, row: SheetRow) -> str:
        """Return the note in a row, or ""."""
        return self._text(row, self.headers.note)

    def has_other_results(self, row: SheetRow) -> bool:
        """Whether a row has results other than id and status."""
        return any(
            self._text(row, header) for header in (self.headers.url, self.headers.note, self.headers.updated)
        )

    def is_foreign(self, row: SheetRow) -> bool:
        """Whether a row has values in these columns that castmerge doesn't write.

        castmerge writes a time along with everything, and a known status along with every id and link.
        """
        status = self.status_of(row)
        if self.updated_of(row) > 0 or (status and Status.is_known(status)):
            return False
        return any(self._text(row, header) for header in self.headers.all if header != self.headers.status)

    def shows(self, row: SheetRow, cells: Mapping[str, ResultValue]) -> bool:
        """Whether a row's result cells already show these values, apart from the time of the last change."""
        return all(
            self._shows_link(row, value)
            if isinstance(value, Link)
            else self._text(row, header) == _plain(value)
            for header, value in cells.items()
            if header != self.headers.updated
        )

    def _shows_link(self, row: SheetRow, link: Link) -> bool:
        """Whether the link's cell shows its text or address, and opens it if it is a link."""
        text, address = self._text(row, self.headers.url), self.url_of(row)
        is_same = address == link.url or _unescaped(address) == _unescaped(link.url)
        return is_same and text in {link.text, link.url.strip(), address} and bool(text) is bool(link.url)

    def _text(self, row: SheetRow, header: str) -> str:
        cell = row.cells.get(self.numbers.get(header, 0))
        return "" if cell is None else _cell_text(cell)


def _cell_text(cell: Cell) -> str:
    return str(cell.value).strip()


def _unescaped(url: str) -> str:
    """Return an address in which it doesn't matter what was escaped, as workbooks may do."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), url.strip()).removesuffix("#")


def _plain(value: ResultValue) -> str:
    match value:
        case None:
            return ""
        case _:
            return str(value).strip()
