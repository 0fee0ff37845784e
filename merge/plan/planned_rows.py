"""The selected rows of a plan and what to do about them, in little memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import cast

from merge.model import Entry, Fingerprint, Problem, Row, Worksheet
from merge.packed import Make, Packed, Record
from merge.plan.decide import Action, Decision
from merge.plan.recognize import Filler, RecognizedRow, is_put_back
from merge.plan.records import (
    OutcomeRecord,
    entry_of,
    entry_record,
    outcome_of,
    outcome_record,
    row_of,
    row_record,
)
from merge.project.scripts import is_script
from merge.sheet.result_columns import Status
from merge.template.render_json import FilledIn


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A selected row and what to do about it.

    Attributes:
        row: as read from the sheet
        entry: its entry in the journal, or None
        fingerprint: of its project, or None if it can't be filled in
        decision: what to do
        problems: why it can't be filled in
        is_edited: whether it is known not to say what its video says
        filler: fills it in again, or None
    """

    row: Row
    entry: Entry | None
    fingerprint: Fingerprint | None
    decision: Decision
    problems: tuple[Problem, ...] = ()
    is_edited: bool = False
    filler: Filler | None = None

    @classmethod
    def of(
        cls, each: RecognizedRow, entry: Entry | None, decision: Decision, filler: Filler | None
    ) -> PlannedRow:
        """A recognized row with its decision."""
        fingerprint = each.outcome if isinstance(each.outcome, str) else None
        problems = each.outcome if isinstance(each.outcome, tuple) else ()
        return cls(each.row, entry, fingerprint, decision, problems, each.is_edited, filler)

    @property
    def action(self) -> Action:
        """What to do."""
        return self.decision.action

    @property
    def filled_in(self) -> FilledIn | None:
        """Its project, filled in again; None if it can't be filled in."""
        return self.filler.filled_in(self.row) if self.filler and self.fingerprint else None

    def is_outdated(self, entry: Entry) -> bool:
        """Whether a video is known not to say what this row says now."""
        if self.fingerprint:
            return entry.fingerprint not in ("", self.fingerprint)
        return self.is_edited and self.entry is not None and entry.tag == self.entry.tag

    @property
    def script(self) -> str:
        """The text of all its scripts."""
        filled_in = self.filled_in
        strings = filled_in.strings if filled_in else {}
        return " ".join(text for path, text in strings.items() if is_script(path))


class PlannedRows(Packed[PlannedRow]):
    """The planned rows of a worksheet, taken in one after the other.

    Attributes:
        actions: number of rows by action
        statuses: number of rows by their status before the run
        put_back: number of rows with a video but without results, though nobody cleared them
    """

    __slots__ = ("_filler", "_worksheet", "actions", "put_back", "statuses")

    def __init__(
        self, rows: Iterable[PlannedRow], worksheet: Worksheet | None = None, filler: Filler | None = None
    ) -> None:
        self.actions: Counter[Action] = Counter()
        self.statuses: Counter[Status] = Counter()
        self.put_back = 0
        self._worksheet, self._filler = worksheet, filler
        super().__init__(
            map(self._record, rows), cast("Make[PlannedRow]", partial(_planned, worksheet, filler))
        )

    def replaced_by(self, rows: Iterable[PlannedRow]) -> PlannedRows:
        """Other decisions about the same rows."""
        return PlannedRows(rows, self._worksheet, self._filler)

    def _record(self, planned: PlannedRow) -> Record:
        decision, row, entry = planned.decision, planned.row, planned.entry
        self.put_back += is_put_back(row, entry)
        self.actions[decision.action] += 1
        self.statuses[decision.status] += 1
        return (
            row_record(row),
            entry and entry_record(entry),
            outcome_record(planned.fingerprint or planned.problems),
            (decision.action.value, decision.status.value, decision.generation, decision.note),
            planned.is_edited,
        )


def _planned(  # noqa: PLR0913, PLR0917 - the parts of a record
    worksheet: Worksheet | None,
    filler: Filler | None,
    row: Record,
    entry: Record | None,
    outcome: OutcomeRecord,
    decision: tuple[str, str, int, str],
    is_edited: bool,  # noqa: FBT001 - a part of a record
) -> PlannedRow:
    action, status, generation, note = decision
    found = outcome_of(outcome)
    return PlannedRow(
        row_of(worksheet.rows if worksheet else (), *row),
        entry_of(*entry) if entry else None,
        found if isinstance(found, str) else None,
        Decision(Action(action), Status(status), generation, note),
        found if isinstance(found, tuple) else (),
        is_edited,
        filler,
    )
