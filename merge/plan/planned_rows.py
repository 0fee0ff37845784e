"""The selected rows of a plan and what to do about them, in little memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial
from itertools import starmap
from typing import NamedTuple, cast

from merge.model import Entry, Fingerprint, Problem, Row
from merge.plan.decide import Action, Decision
from merge.plan.recognize import Filler, Recognized, RecognizedRow, is_put_back
from merge.plan.records import ProblemRecord, problem_record
from merge.project.scripts import is_script
from merge.sheet.packed import Make, Packed, Record
from merge.sheet.result_columns import Status
from merge.template.render_json import FilledIn


class PlannedRow(NamedTuple):
    """A selected row and what to do about it.

    Attributes:
        position: among the rows of the worksheet's data
        row: as read from the sheet
        entry: its entry in the journal, or None
        fingerprint: of its project, or None if it can't be filled in
        decision: what to do
        problems: why it can't be filled in
        is_edited: whether it is known not to say what its video says
        filler: fills it in again, or None
    """

    position: int
    row: Row
    entry: Entry | None
    fingerprint: Fingerprint | None
    decision: Decision
    problems: tuple[Problem, ...] = ()
    is_edited: bool = False
    filler: Filler | None = None

    @classmethod
    def of(
        cls,
        position: int,
        each: RecognizedRow,
        entry: Entry | None,
        decision: Decision,
        filler: Filler | None,
    ) -> PlannedRow:
        """A recognized row with its decision."""
        fingerprint = each.outcome if isinstance(each.outcome, str) else None
        problems = each.outcome if isinstance(each.outcome, tuple) else ()
        return cls(position, each.row, entry, fingerprint, decision, problems, each.is_edited, filler)

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
    """The planned rows of a worksheet, taken in one after the other: only the decisions about them are kept.

    Attributes:
        actions: number of rows by action
        statuses: number of rows by their status before the run
        put_back: number of rows with a video but without results, though nobody cleared them
    """

    __slots__ = ("_recognized", "actions", "put_back", "statuses")

    def __init__(self, rows: Iterable[PlannedRow], recognized: Recognized) -> None:
        self.actions: Counter[Action] = Counter()
        self.statuses: Counter[Status] = Counter()
        self.put_back = 0
        self._recognized = recognized
        super().__init__(map(self._record, rows), cast("Make[PlannedRow]", partial(_planned, recognized)))

    def replaced_by(self, rows: Iterable[PlannedRow]) -> PlannedRows:
        """Other decisions about the same rows."""
        return PlannedRows(rows, self._recognized)

    def _record(self, planned: PlannedRow) -> Record:
        decision = planned.decision
        self.put_back += is_put_back(planned.row, planned.entry)
        self.actions[decision.action] += 1
        self.statuses[decision.status] += 1
        return (
            planned.position,
            planned.entry is not None,
            tuple(map(problem_record, planned.problems)),
            decision.action.value,
            decision.status.value,
            decision.generation,
            decision.note,
        )


def _planned(  # noqa: PLR0913, PLR0917 - the parts of a record
    recognized: Recognized,
    position: int,
    has_entry: bool,  # noqa: FBT001 - a part of a record
    problems: tuple[ProblemRecord, ...],
    action: str,
    status: str,
    generation: int,
    note: str,
) -> PlannedRow:
    each = recognized.rows[position]
    decision = Decision(Action(action), Status(status), generation, note)
    entry = each.entry if has_entry else None
    planned = PlannedRow.of(position, each, entry, decision, recognized.filler)
    if not problems:
        return planned
    return planned._replace(fingerprint=None, problems=tuple(starmap(Problem, problems)))
