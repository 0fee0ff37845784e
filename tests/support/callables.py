from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Ran:
    """The result of a command line."""

    code: int
    out: str
    err: str


class MakeWorkbook(Protocol):
    """Makes a workbook of plain cells: `make_workbook([["Name"], ["Ana"]])`."""

    def __call__(
        self,
        rows: Sequence[Sequence[str | float | bool | None]],
        name: str = "people.xlsx",
        sheet: str = "People",
    ) -> Path: ...


class MakeTemplate(Protocol):
    """Makes a small template with this script."""

    def __call__(self, script: str = "<p>Hello {{ name }}.</p>", name: str = "hello.json") -> Path: ...


class Castmerge(Protocol):
    """Runs a command line inside this process."""

    def __call__(self, *arguments: object) -> Ran: ...


class Example(Protocol):
    """Copies an example workbook."""

    def __call__(self, name: str) -> Path: ...
