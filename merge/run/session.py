"""One run of one workbook: lock the journal, make the plan, carry it out, write the results back."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from merge.errors import WriteBackError
from merge.input.data_sheet import DataSheet
from merge.input.open_sheet import KnownSheet, open_for_writing, open_sheet
from merge.input.paths import journal_path
from merge.journal import Journal
from merge.model import Entry, RowKey
from merge.plan.approval import require_approval
from merge.plan.decide import Action
from merge.plan.plan import Plan, make_plan
from merge.results import ExitCode, MergeResult, count_rows, exit_code_of
from merge.run.clock import Clock
from merge.run.download_videos import download_videos, name_text
from merge.run.runner import Runner, StopSignal
from merge.run.state import Observer, Outcome, RunState, status_before_run
from merge.run.submit import mark_submitting
from merge.run.write_back import write_back
from merge.services.protocol import VideoService
from merge.settings import Settings
from merge.sheet.columns import with_placeholders
from merge.sheet.result_columns import Status
from merge.workbook import check_columns

_LOG = logging.getLogger("merge.run")


@dataclass(frozen=True, slots=True)
class Session:
    """A planned run; nothing has been sent yet."""

    plan: Plan
    settings: Settings
    journal: Journal

    @property
    def needs_service(self) -> bool:
        """Whether the run has anything to ask of the service."""
        return self.settings.download is not None or any(
            planned.action is not Action.NOTHING for planned in self.plan.rows
        )

    async def carry_out(
        self, service: VideoService, clock: Clock, stop: StopSignal, observe: Observer
    ) -> MergeResult:
        """Carry out the plan, write the results back, and download videos if asked.

        Raises:
            JournalError: the sheet's settings can't be recorded; nothing was sent
        """
        name = self.plan.sheet.worksheet.name
        self.journal.save_sheet(name, self.plan.saved.to_json())
        state = RunState(self.journal, name, self.journal.entries(name), observe)
        runner = Runner(service, state, clock, self.settings, stop)
        outcome = await runner.carry_out(
            self.plan, lambda tasks: mark_submitting(self._known, tasks, self.journal, clock)
        )
        result = self._conclude(outcome, clock)
        if outcome.interrupted or outcome.stopped_by:
            return result
        entries = self.journal.entries(name)
        notes = await download_videos(self.plan, outcome.rows, entries, self.settings, service)
        return replace(result, notes=(*result.notes, *notes))

    def conclude_without_service(self, clock: Clock) -> MergeResult:
        """Write back what is known, if the run has nothing to ask of the service."""
        self.journal.save_sheet(self.plan.sheet.worksheet.name, self.plan.saved.to_json())
        return self._conclude(status_before_run(self.plan), clock)

    @property
    def _known(self) -> KnownSheet:
        rows = [planned.row for planned in self.plan.rows]
        return KnownSheet(self.plan.sheet, rows, self.plan.saved, self.settings.trusts_simulated)

    def _conclude(self, outcome: Outcome, clock: Clock) -> MergeResult:
        notes: list[str] = []
        code = _exit_code(outcome, self.plan)
        try:
            written = write_back(self._known, outcome.rows, self.journal, clock.now())
        except WriteBackError as error:
            notes.extend([f"{error}.", f"{error.hint}."] if error.hint else [f"{error}."])
            code = ExitCode.NOT_WRITTEN
        else:
            notes.extend(written.notes)
            notes.extend(
                f"Row {row.row} has left the workbook; its video {row.video_id} is kept in the journal."
                for row in written.missing
            )
        notes.extend(note for note in (self.plan.limit_note, outcome.held_back) if note)
        if self.plan.put_back:
            notes.append(_put_back(self.plan.put_back))
        _LOG.info("finished with exit code %d", code, extra={"exit_code": int(code)})
        if outcome.stopped_by:
            stopped = outcome.stopped_by
            notes.insert(0, f"Stopped: {stopped}. {stopped.hint}".strip())
        return MergeResult(
            workbook=str(self.plan.sheet.path),
            sheet=self.plan.sheet.worksheet.name,
            template=str(self.plan.template),
            rows=outcome.rows,
            exit_code=code,
            unselected=self.plan.left_out,
            notes=tuple(notes),
        )


def _put_back(rows: int) -> str:
    named = "One row was" if rows == 1 else f"{rows:,} rows were"
    return (
        f"{named} blank in an older copy of this workbook although the videos are known: nothing was made "
        "again, the results are back. To have a video made again, clear its id and status alone."
    )


def _exit_code(outcome: Outcome, plan: Plan) -> ExitCode:
    if outcome.interrupted:
        return ExitCode.INTERRUPTED
    if outcome.stopped_by:
        return ExitCode(outcome.stopped_by.exit_code)
    if plan.limit_reached or outcome.held_back:
        return ExitCode.STOPPED
    untouched = {Action.SUBMIT: Status.TO_DO, Action.EXPORT: Status.DRAFT}
    before = {planned.row.key: untouched.get(planned.action) for planned in plan.rows}
    unsent = sum(1 for row in outcome.rows if row.status is before[row.key])
    return exit_code_of(count_rows(outcome.rows), unsent=unsent)


@contextmanager
def open_session(workbook: Path, template: Path, settings: Settings) -> Iterator[Session]:
    """Lock the workbook's journal and plan a run; the lock is held until the block ends.

    Raises:
        InputError: the workbook, template or selection is wrong, or not what was approved
        JournalError: another run holds the journal, or it can't be used
    """
    sheet = open_sheet(workbook, settings)
    path = journal_path(workbook, settings)
    with Journal.open(path) as journal, journal.lock():
        sheet = open_for_writing(workbook, settings, sheet)
        require_writable_results(sheet)
        if settings.download:
            name_text(
                settings.download, with_placeholders(sheet.header, settings.columns), settings.constants
            )
        plan = make_plan(sheet, template, settings, journal.entries(sheet.worksheet.name))
        require_approval(plan, settings)
        yield Session(plan, settings, journal)


def require_writable_results(sheet: DataSheet) -> None:
    """Refuse a workbook that results can't be written into, before anything is paid for."""
    check_columns(
        sheet.path,
        sheet=sheet.worksheet.name,
        header_row=sheet.header.row,
        columns=sheet.results.headers.all,
    )


def plan_without_lock(workbook: Path, template: Path, settings: Settings) -> Plan:
    """Plan a run without changing anything: no lock, and no new journal."""
    sheet = open_sheet(workbook, settings)
    if sheet.path.exists():
        require_writable_results(sheet)
    return make_plan(sheet, template, settings, _known_entries(workbook, sheet, settings))


def _known_entries(workbook: Path, sheet: DataSheet, settings: Settings) -> Mapping[RowKey, Entry]:
    """Return the journal's entries of a worksheet, without creating a journal."""
    path = journal_path(workbook, settings)
    if not path.exists():
        return {}
    with Journal.open(path, create=False) as journal:
        return journal.entries(sheet.worksheet.name)
