"""The rows of a check as the page lists them: filtered, searched, a hundred at a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from merge.app.errors import AppError
from merge.errors import CellError
from merge.input.data_sheet import DataSheet
from merge.model import JSON, CellKind, RowKey, SheetRow
from merge.plan.decide import Action
from merge.plan.findings import Found
from merge.plan.plan import Plan
from merge.plan.planned_rows import PlannedRow
from merge.project.places import with_place_labels
from merge.reports.page_text import page_text
from merge.results import RowStatus
from merge.run.state import RowEvent, status_before_run
from merge.sheet.addresses import cell_address, column_letters
from merge.sheet.columns import Column, cell_text
from merge.sheet.result_columns import Status
from merge.template.row_values import RowValues

FILTERS = (
    "all",
    "to_make",
    "problems",
    "warnings",
    "changed",
    "done",
    "failed",
    "working",
    "unconfirmed",
    "left_alone",
    "drafts",
    "approved",
    "rejected",
)
"""The filters of the list; each is counted."""
GROUPS = {
    Status.TO_DO: "to_make",
    Status.SUBMITTED: "working",
    Status.RENDERING: "working",
    Status.COMPLETE: "done",
    Status.PRACTICE: "done",
    Status.FAILED: "failed",
    Status.INVALID: "problem",
    Status.CHECK: "unconfirmed",
    Status.DRAFT: "draft",
    Status.OUT_OF_DATE: "changed",
}
LEFT_ALONE = "left_alone"
PENDING = "pending"
"""The group of rows whose check isn't finished."""
_LABELS = {
    "to_make": "To make",
    "working": "Being made",
    "done": "Done",
    "failed": "Failed",
    "problem": "Problem",
    "unconfirmed": "Unconfirmed",
    "draft": "Draft",
    "changed": "Changed",
    LEFT_ALONE: "Skipped",
    PENDING: "Checking",
}
WAITING = "Waiting"
_FILTER_OF = {"problem": "problems", "draft": "drafts"}
PRACTICE = "Practice"
_MEASURED = 200
"""The number of rows that determine the width of a column."""
_NARROWEST, _WIDEST = 6, 40
MOST_ROWS = 500
"""The maximum number of rows in one response."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about a row.

    Attributes:
        decision: `approved` or `rejected`
        by: who
        at: when, UTC, in ISO 8601
        comment: or ""
        current: whether the row's content is still the same
    """

    decision: str
    by: str
    at: str
    comment: str
    current: bool

    def to_json(self) -> JSON:
        """The decision for the page."""
        return {
            "decision": self.decision,
            "by": self.by,
            "at": self.at,
            "comment": self.comment,
            "current": self.current,
        }


Decisions = Mapping[RowKey, Decision]


@dataclass(slots=True)
class RowFacts:
    """What is known about one row apart from its cells.

    Attributes:
        planned: its plan, or None if there's no template yet or the row is skipped
        result: its status, or None in the same cases
        is_left_alone: whether it has a status of the user's own
        is_pending: whether its check isn't finished
        problems: for the page
        warnings: for the page
        percent: the progress of its video during a run
        status: its status during a run, or None
        note: its note during a run
    """

    planned: PlannedRow | None = None
    result: RowStatus | None = None
    is_left_alone: bool = False
    is_pending: bool = False
    problems: list[JSON] = field(default_factory=list)
    warnings: list[JSON] = field(default_factory=list)
    percent: float | None = None
    status: Status | None = None
    note: str = ""

    @property
    def group(self) -> str:
        """The group that its status belongs to."""
        if self.is_pending:
            return PENDING
        if self.is_left_alone:
            return LEFT_ALONE
        status = (
            self.status if self.status is not None else self.result.status if self.result else Status.TO_DO
        )
        return GROUPS[status]

    @property
    def fingerprint(self) -> str:
        """The fingerprint of its current content, or "" if it can't be filled in."""
        return (self.planned.fingerprint or "") if self.planned else ""


class Rows:
    """The data rows of a sheet, with their plan.

    Args:
        sheet: the sheet
        locale: for cells whose format has no language
        plan: of all its rows; None if there's no usable template
        findings: of that plan
        practice: whether results are those of practice runs
        pending: whether the check isn't finished
    """

    def __init__(
        self,
        sheet: DataSheet,
        locale: str,
        plan: Plan | None = None,
        findings: Found | None = None,
        *,
        practice: bool = False,
        pending: bool = False,
    ) -> None:
        self.sheet = sheet
        self._locale = locale
        self._practice = practice
        self._lines = {line.number: line for line in sheet.data_rows}
        self.facts = {number: RowFacts(is_pending=pending) for number in self._lines}
        self._used = {column.number for column in plan.names.used} if plan and plan.names else set()
        self._numbers_by_key: dict[RowKey, int] = {}
        if plan:
            self._add_plan(plan)
        if findings:
            self._add_findings(findings)

    def _add_plan(self, plan: Plan) -> None:
        for planned, result in zip(plan.rows, status_before_run(plan).rows, strict=True):
            self.facts[planned.row.number] = RowFacts(planned, result)
            self._numbers_by_key[planned.row.key] = planned.row.number
        for number in plan.left_alone:
            self.facts[number].is_left_alone = True

    def _add_findings(self, findings: Found) -> None:
        for found in findings.problems:
            place = found.place if "!" in found.place else ""
            self.facts[found.row].problems.append(
                {
                    "place": place,
                    "message": page_text(found.problem.message),
                    "hint": page_text(found.problem.hint),
                    "row": found.row,
                }
            )
        for warning in findings.warnings:
            shown: JSON = {
                "kind": str(warning.kind),
                "place": with_place_labels(warning.place),
                "message": page_text(warning.message),
                "hint": page_text(warning.hint),
            }
            for number in warning.rows:
                if number in self.facts:
                    self.facts[number].warnings.append(shown)

    def changed(self, event: RowEvent) -> int | None:
        """Apply a change of a run; return the row's number, or None if the row no longer exists."""
        number = self._numbers_by_key.get(event.key)
        if number is None:
            return None
        facts = self.facts[number]
        facts.status, facts.percent, facts.note = event.status, event.percent, event.note
        return number

    def counts(self, decisions: Decisions) -> dict[str, JSON]:
        """The number of rows for each filter."""
        groups = Counter(facts.group for facts in self.facts.values())
        found = Counter({_FILTER_OF.get(group, group): count for group, count in groups.items()})
        found["all"] = len(self.facts)
        found["warnings"] = sum(bool(facts.warnings) for facts in self.facts.values())
        found.update(decision.decision for decision in decisions.values() if decision.current)
        return {name: found[name] for name in FILTERS}

    def select(self, filter_name: str, search: str, decisions: Decisions) -> list[int]:
        """The numbers of the rows that match a filter and a search.

        Raises:
            AppError: there's no such filter
        """
        if filter_name not in FILTERS:
            raise AppError("input", "there's no such filter", hint="Reload the page")
        words = search.casefold().split()
        return [
            number
            for number in self.facts
            if (filter_name == "all" or filter_name in self._filters_of(number, decisions))
            and (not words or all(word in self._searched[number] for word in words))
        ]

    @cached_property
    def _searched(self) -> Mapping[int, str]:
        """The case-folded texts of all rows; created at the first search."""
        return {number: "\n".join(self.texts(number)).casefold() for number in self._lines}

    def _filters_of(self, number: int, decisions: Decisions) -> Iterator[str]:
        facts = self.facts[number]
        yield _FILTER_OF.get(facts.group, facts.group)
        if facts.warnings:
            yield "warnings"
        decision = decisions.get(facts.planned.row.key) if facts.planned else None
        if decision and decision.current:
            yield decision.decision

    @cached_property
    def columns(self) -> list[JSON]:
        """The columns for the page, with widths that fit their first values."""
        lines = list(self._lines.values())[:_MEASURED]
        return [self._column(column, lines) for column in self.sheet.header.columns]

    def _column(self, column: Column, lines: Sequence[SheetRow]) -> JSON:
        header = " ".join(column.header.split())
        cells = [cell for line in lines if (cell := line.cells.get(column.number))]
        numbers = sum(cell.kind is CellKind.NUMBER for cell in cells)
        longest = max((len(self._text(line, column)) for line in lines), default=0)
        return {
            "header": header,
            "letter": column_letters(column.number),
            "used": column.number in self._used,
            "align": "right" if numbers * 2 > len(cells) else "left",
            "width": min(max(longest, len(header), _NARROWEST), _WIDEST),
        }

    def texts(self, number: int) -> list[str]:
        """The texts of a row's cells as Excel shows them."""
        line = self._lines[number]
        return [self._text(line, column) for column in self.sheet.header.columns]

    def title(self, number: int) -> str:
        """What a row is called: its first two cells that aren't blank."""
        return ", ".join([text for text in self.texts(number) if text][:2]) or f"Row {number}"

    def _text(self, line: SheetRow, column: Column) -> str:
        cell = line.cells.get(column.number)
        if cell is None:
            return ""
        with suppress(CellError):
            return str(self._values(line)[column.number])
        return cell_text(cell)

    def values(self, number: int) -> RowValues:
        """The values of a row as a template sees them."""
        return self._values(self._lines[number])

    def _values(self, line: SheetRow) -> RowValues:
        worksheet = self.sheet.worksheet
        return RowValues(
            line.cells,
            self.sheet.header.columns,
            sheet=worksheet.name,
            row=line.number,
            date1904=worksheet.date1904,
            locale=self._locale,
        )

    def row(self, number: int, decisions: Decisions) -> dict[str, JSON]:
        """One row for the page."""
        facts = self.facts[number]
        decision = decisions.get(facts.planned.row.key) if facts.planned else None
        texts: list[JSON] = list(self.texts(number))
        return {
            "number": number,
            "cells": texts,
            "marks": list(self._marks(number, facts)),
            "problems": facts.problems,
            "warnings": facts.warnings,
            "approval": decision.to_json() if decision else None,
            "hidden": self._lines[number].hidden,
            **self.state(number),
        }

    def state(self, number: int) -> dict[str, JSON]:
        """The part of a row that changes during a run."""
        facts = self.facts[number]
        return {
            "number": number,
            "status": self._status(facts),
            "percent": facts.percent if facts.group == "working" else None,
            "note": page_text(facts.note or (facts.result.note if facts.result else "") or ""),
            "video": self._video(facts),
        }

    def _status(self, facts: RowFacts) -> JSON:
        label = PRACTICE if self._practice and facts.group == "done" else _LABELS[facts.group]
        action = facts.planned.action if facts.planned and facts.status is None else Action.NOTHING
        return {"group": facts.group, "label": label, "will": str(action)}

    def _video(self, facts: RowFacts) -> JSON:
        result = facts.result
        if result is None or not result.video_id:
            return None
        # The simulator ends with its run, and so do its links.
        url = None if self._practice else result.url
        return {"id": result.video_id, "url": url, "completed_at": result.completed_at}

    def _marks(self, number: int, facts: RowFacts) -> Iterator[JSON]:
        """Cells with a problem or a warning: their index, which of the two it is, message and hint."""
        sheet = self.sheet.worksheet.name
        places = {
            cell_address(sheet, number, column.number): index
            for index, column in enumerate(self.sheet.header.columns)
        }
        for kind, found in (("problem", facts.problems), ("warning", facts.warnings)):
            for each in found:
                match each:
                    case {"place": str(place), "message": str(message), "hint": str(hint)} if place in places:
                        yield [places[place], kind, message, hint]
                    case _:
                        continue


def row_numbers(numbers: Iterable[int]) -> str:
    """Row numbers as text: `2-6,8`; "" for none."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def by_reason(reasons: Iterable[tuple[str, int]]) -> list[JSON]:
    """Row numbers by reason, for the page."""
    found: dict[str, list[int]] = defaultdict(list)
    for reason, number in reasons:
        found[reason].append(number)
    return [
        {"reason": reason, "count": len(numbers), "rows": row_numbers(numbers)}
        for reason, numbers in found.items()
    ]


def shared_statuses(counts: Mapping[str, int]) -> list[JSON]:
    """How many rows of a shared campaign have each status, in the page's words."""
    groups = {status: GROUPS[Status.of(status)] for status in counts}
    return [
        {"group": group, "label": WAITING if status == "Queued" else _LABELS[group], "count": counts[status]}
        for status, group in groups.items()
    ]
