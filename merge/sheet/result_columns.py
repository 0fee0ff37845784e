"""The result columns of a worksheet and the statuses they show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from merge.model import Cell, Link, ResultValue, SheetRow
from merge.sheet.columns import normalize

DEFAULT_PREFIX = "Video"


class Status(StrEnum):
    """What `Video Status` says of a row; a blank cell is to do."""

    TO_DO = ""
    SUBMITTED = "Submitted"
    RENDERING = "Rendering"
    COMPLETE = "Complete"
    FAILED = "Failed"
    INVALID = "Invalid"
    CHECK = "Check"
    DRAFT = "Draft"
    OUT_OF_DATE = "Out of date"

    @classmethod
    def of(cls, text: str) -> Status:
        """What a status cell says; anything that castmerge would not have written is to do."""
        folded = " ".join(text.split()).casefold()
        return next((status for status in cls if status.casefold() == folded), cls.TO_DO)


@dataclass(frozen=True, slots=True)
class ResultHeaders:
    """The headers of the result columns, in their order on the sheet."""

    job: str
    status: str
    url: str
    note: str
    updated: str

    @classmethod
    def with_prefix(cls, prefix: str = DEFAULT_PREFIX) -> ResultHeaders:
        """The five headers, `Video ID` and so on, with another word than "Video" where it is asked for."""
        return cls(*(f"{prefix} {word}" for word in ("ID", "Status", "URL", "Note", "Updated")))

    @property
    def all(self) -> tuple[str, ...]:
        """All five, in their order on the sheet."""
        return (self.job, self.status, self.url, self.note, self.updated)

    @property
    def widths(self) -> Mapping[str, int]:
        """Characters that their usual values need; they are opened before the first video is there."""
        return {self.job: 24, self.url: 46, self.note: 46, self.updated: 16}


@dataclass(frozen=True, slots=True)
class ResultColumns:
    """Where the result columns are on a worksheet: column numbers by header, none before the first run."""

    headers: ResultHeaders
    numbers: Mapping[str, int]

    @classmethod
    def find(cls, headers: ResultHeaders, header_row: SheetRow | None) -> ResultColumns:
        """Find the result columns by their headers, wherever they are by now."""
        wanted = {normalize(header): header for header in headers.all}
        cells = header_row.cells.items() if header_row else ()
        names = {number: normalize(str(cell.value)) for number, cell in cells}
        return cls(headers, {wanted[name]: number for number, name in names.items() if name in wanted})

    def job_of(self, row: SheetRow) -> str:
        """The video id that stands beside a row, or ""."""
        return self._text(row, self.headers.job)

    def status_of(self, row: SheetRow) -> str:
        """The status that stands beside a row, or ""."""
        return self._text(row, self.headers.status)

    def url_of(self, row: SheetRow) -> str:
        """The link that stands beside a row, or ""."""
        return self._text(row, self.headers.url)

    def note_of(self, row: SheetRow) -> str:
        """The note that stands beside a row, or ""."""
        return self._text(row, self.headers.note)

    def has_other_results(self, row: SheetRow) -> bool:
        """Whether anything stands beside a row besides id and status."""
        return any(
            self._text(row, header) for header in (self.headers.url, self.headers.note, self.headers.updated)
        )

    def shows(self, row: SheetRow, cells: Mapping[str, ResultValue]) -> bool:
        """Whether a row's result cells already say what is asked, the time of the last change left aside."""
        return all(
            self._text(row, header) == _plain(value)
            for header, value in cells.items()
            if header != self.headers.updated
        )

    def _text(self, row: SheetRow, header: str) -> str:
        cell = row.cells.get(self.numbers.get(header, 0))
        return "" if cell is None else _cell_text(cell)


def _cell_text(cell: Cell) -> str:
    return str(cell.value).strip()


def _plain(value: ResultValue) -> str:
    match value:
        case None:
            return ""
        case Link(url, text):
            return (text or url).strip()
        case _:
            return str(value).strip()
