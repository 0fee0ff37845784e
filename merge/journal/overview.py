"""A campaign as a shared journal knows it, without its workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from merge.model import JSON

__all__ = ["Campaign", "Worker"]


@dataclass(frozen=True, slots=True)
class Worker:
    """A run that is working on a workbook now.

    Attributes:
        account: the name of the account that started it
        host: its computer
        since: when it began, ISO 8601 in UTC
    """

    account: str
    host: str
    since: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """One sheet of a workbook.

    Attributes:
        workbook: the workbook's name when it was first seen
        sheet: the worksheet's name
        counts: how many rows have each status
        credits: what its videos cost, as far as the service reported it
        halted: `paused` or `stopped`, or ""
        workers: the runs that are working on the workbook now
    """

    workbook: str
    sheet: str
    counts: Mapping[str, int]
    credits: float
    halted: str
    workers: tuple[Worker, ...]

    def to_json(self) -> dict[str, JSON]:
        """The campaign as JSON."""
        return {
            "workbook": self.workbook,
            "sheet": self.sheet,
            "counts": dict(self.counts),
            "credits": self.credits,
            "halted": self.halted,
            "workers": [
                {"account": worker.account, "host": worker.host, "since": worker.since}
                for worker in self.workers
            ],
        }
