"""What a command has to tell: the JSON summary, and the same as a Python value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from merge.model import JSON
from merge.results import ExitCode, RowResult, count_rows
from merge.standing import RowStanding

SCHEMA = 1


@dataclass(frozen=True)
class MergeResult:
    """Where every selected row of a worksheet stands.

    Attributes:
        workbook: the path as it was given
        sheet: the worksheet's name
        template: the template's path, or "" where no template was used
        row_results: one for each selected row, in the sheet's order
        exit_code: what the command exits with
        unselected: rows that were not selected; they count as skipped
        notes: what else is to be said, in words, the next step among it
    """

    workbook: str
    sheet: str
    template: str
    row_results: Sequence[RowResult]
    exit_code: ExitCode
    unselected: int = 0
    notes: tuple[str, ...] = ()

    @cached_property
    def rows(self) -> list[RowStanding]:
        """Each row in plain values: makes a DataFrame of pandas or polars as it is."""
        return [row.standing for row in self.row_results]

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many rows are complete, failed, invalid, rendering, to be checked, skipped."""
        counts = count_rows(self.row_results)
        return counts | {"skipped": counts["skipped"] + self.unselected}

    @property
    def credits(self) -> float | None:
        """The credits of all rows, as far as the service said; None where it never did."""
        known = [row.credits for row in self.row_results if row.credits is not None]
        return sum(known) if known else None

    def to_dict(self) -> dict[str, JSON]:
        """The JSON summary."""
        return {
            "schema": SCHEMA,
            "workbook": self.workbook,
            "sheet": self.sheet,
            "template": self.template,
            "counts": dict(self.counts),
            "credits": self.credits,
            "exit_code": int(self.exit_code),
            "rows": [dict(row) for row in self.rows],
        }
