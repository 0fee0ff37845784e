"""What journal and workbook know of every row, and the half of a run that needs no template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from merge.errors import InputError
from merge.input.csv import results_workbook
from merge.input.open_sheet import KnownSheet, SavedSheetSettings
from merge.input.paths import journal_path
from merge.journal import Journal
from merge.model import JSON, Entry, Row, RowKey, State
from merge.plan.decide import Action, Decision, made_elsewhere
from merge.plan.plan import Plan, PlannedRow, within_limits
from merge.plan.selection import select
from merge.results import (
    ExitCode,
    MergeResult,
    RowStatus,
    count_rows,
    exit_code_of,
    note_of,
    result_of_entry,
    status_of_entry,
)
from merge.run.session import Session
from merge.run.write_back import WrittenBack, write_back
from merge.settings import Settings
from merge.sheet.result_columns import Status


@dataclass(frozen=True, slots=True)
class SheetStatus:
    """One worksheet as journal and workbook know it.

    Attributes:
        known: the worksheet and its rows
        entries: what the journal knows of its rows, by key
        results: where each of its rows stands, in the same order
        journaled: the results that the journal has and the workbook may lack
        left: what the journal knows of rows that stand in the workbook no more
    """

    known: KnownSheet
    entries: Mapping[RowKey, Entry]
    results: tuple[RowStatus, ...]
    journaled: tuple[RowStatus, ...]
    left: tuple[RowStatus, ...] = ()

    def summary(self) -> MergeResult:
        """For telling; a row that is still to do makes nothing open."""
        return MergeResult(
            workbook=str(self.known.sheet.path),
            sheet=self.known.sheet.worksheet.name,
            template=self.known.saved.template,
            rows=self.results,
            exit_code=exit_code_of(count_rows(self.results)) or ExitCode.COMPLETE,
        )


@dataclass(frozen=True, slots=True)
class SheetWithJournal:
    """A worksheet that runs were made with, before anything of it is read.

    Attributes:
        workbook: where results stand
        sheet: the worksheet's name
        memory: what its rows are told apart by
        journal: open for as long as the block lasts
    """

    workbook: Path
    sheet: str
    memory: SavedSheetSettings
    journal: Journal

    def sheet_status(self) -> SheetStatus:
        """Read it, with all its rows."""
        return _sheet_status(self.workbook, self.sheet, self.memory, self.journal.entries(self.sheet))


@contextmanager
def open_memory(workbook: Path, settings: Settings, *, lock: bool = False) -> Iterator[SheetWithJournal]:
    """Open the journal and find the worksheet that is meant.

    Args:
        workbook: the workbook
        settings: the sheet and the journal, where they were given
        lock: whether the workbook is about to be written

    Raises:
        InputError: no run was ever made for this workbook or sheet
    """
    workbook = results_workbook(workbook)
    path = journal_path(workbook, settings)
    if not path.is_file():
        raise InputError(
            "no run was made with this workbook yet, or its journal lies elsewhere",
            place=str(workbook),
            hint=f"The journal was looked for at {path}; if it lies elsewhere, name it with --journal",
        )
    with Journal.open(path, create=False) as journal, journal.lock() if lock else nullcontext():
        name = _sheet_name(journal, workbook, settings.selection.sheet)
        memory = SavedSheetSettings.from_json(journal.load_sheet(name) or {})
        yield SheetWithJournal(workbook, name, memory, journal)


def write_back_from_journal(
    workbook: Path, settings: Settings, now: datetime
) -> tuple[MergeResult, WrittenBack]:
    """Write what the journal knows into the workbook.

    Args:
        workbook: the workbook
        settings: the sheet and the journal, if they were given
        now: the time of this change, UTC

    Returns:
        The status of every row, and what was written.

    Raises:
        InputError: no run was ever made for this workbook or sheet
        JournalError: another run holds the journal, or it can't be used
        WriteBackError: the workbook couldn't be replaced; it is untouched
    """
    with open_memory(workbook, settings, lock=True) as known:
        status = known.sheet_status()
        written = write_back(status.known, status.journaled, known.journal, now)
    return status.summary(), written


def read_sheet_status(workbook: Path, settings: Settings) -> SheetStatus:
    """Read journal and workbook together, or the workbook alone where no run has seen its sheet.

    Raises:
        InputError: the workbook cannot be read, or it is not known which of its sheets is meant
    """
    workbook = results_workbook(workbook)
    path, wanted = journal_path(workbook, settings), settings.selection.sheet
    if path.is_file():
        with Journal.open(path, create=False) as journal:
            known = journal.sheets()
            if known and (wanted is None or wanted in known):
                name = _sheet_name(journal, workbook, wanted)
                memory = SavedSheetSettings.from_json(journal.load_sheet(name) or {})
                return _sheet_status(workbook, name, memory, journal.entries(name))
    return _sheet_status(workbook, wanted, SavedSheetSettings.from_json(_unknown(settings)), {})


def _sheet_name(journal: Journal, workbook: Path, wanted: str | None) -> str:
    known = journal.sheets()
    if wanted in known and wanted is not None:
        return wanted
    if wanted is None and len(known) == 1:
        return known[0]
    raise InputError(
        f"runs were made with the sheets {', '.join(known)}"
        if known
        else "no run was made with this workbook yet",
        place=str(workbook),
        hint="Name one of them with --sheet",
    )


def _sheet_status(
    workbook: Path, name: str | None, memory: SavedSheetSettings, entries: Mapping[RowKey, Entry]
) -> SheetStatus:
    sheet = KnownSheet.identify(memory.read(workbook, name), memory, entries, trust_simulated=True)
    rows = sheet.rows
    known = {row.key: entry for row in rows if (entry := _entry_of(row, entries)) and not row.cleared}
    results = tuple(_result(row, known.get(row.key)) for row in rows)
    journaled = tuple(
        result_of_entry(row.number, known[row.key])
        for row in rows
        if row.key in known and not _said_by_a_run(row, known[row.key])
    )
    keys = {row.key for row in rows}
    left = tuple(
        result_of_entry(entry.row_number, entry)
        for key, entry in entries.items()
        if key not in keys and entry.job
    )
    return SheetStatus(sheet, known, results, journaled, left)


def _entry_of(row: Row, entries: Mapping[RowKey, Entry]) -> Entry | None:
    entry = entries.get(row.key)
    return None if made_elsewhere(row, entry) else entry


def _said_by_a_run(row: Row, entry: Entry) -> bool:
    """Whether the sheet says what only a run with the template at hand can say anew."""
    return Status.of(row.status) in (Status.OUT_OF_DATE, Status.INVALID) and row.job in ("", entry.job)


def _result(row: Row, entry: Entry | None) -> RowStatus:
    said = Status.of(row.status)
    if entry is None:
        return RowStatus(
            row=row.number, key=row.key, status=said, video_id=row.job or None, url=row.url or None
        )
    return result_of_entry(row.number, entry, status=said if _said_by_a_run(row, entry) else None)


@contextmanager
def open_collection(workbook: Path, settings: Settings) -> Iterator[Session]:
    """Lock the journal and plan to follow what was submitted, on any day, with the workbook alone if need be.

    Raises:
        InputError: the workbook cannot be read
        JournalError: another run holds the journal, or it cannot be used
    """
    workbook = results_workbook(workbook)
    with Journal.open(journal_path(workbook, settings)) as journal, journal.lock():
        has_runs = bool(journal.sheets())
        name = (
            _sheet_name(journal, workbook, settings.selection.sheet) if has_runs else settings.selection.sheet
        )
        memory = SavedSheetSettings.from_json((name and journal.load_sheet(name)) or _unknown(settings))
        sheet = memory.read(workbook, name)
        entries = journal.entries(sheet.worksheet.name)
        known = KnownSheet.identify(sheet, memory, entries, trust_simulated=True)
        planned = tuple(
            PlannedRow(row, entry, None, _to_collect(row, entry))
            for row in known.rows
            for entry in [_entry_of(row, entries)]
        )
        plan = Plan(sheet, Path(memory.template), memory, planned)
        yield Session(plan, replace(settings, trust_simulated=True), journal)


def _unknown(settings: Settings) -> dict[str, JSON]:
    """What is remembered of a sheet that no run on this computer has seen."""
    key = settings.selection.key
    return SavedSheetSettings(settings.selection.header_row, key, (), settings.column_prefix, "").to_json()


def _to_collect(row: Row, entry: Entry | None) -> Decision:
    if row.cleared:
        # Asked for again: that needs the template, and the old id must not come back.
        return Decision(Action.NOTHING)
    said = Status.of(row.status)
    if entry is None:
        is_open = row.job and said in (Status.TO_DO, Status.SUBMITTED, Status.RENDERING)
        return Decision(Action.FOLLOW, Status.SUBMITTED) if is_open else Decision(Action.NOTHING, said)
    match entry.state:
        case State.SUBMITTING:
            return Decision(Action.LOOK, Status.CHECK)
        case State.SUBMITTED:
            return Decision(Action.FOLLOW, Status.SUBMITTED)
        case _ if _said_by_a_run(row, entry):
            return Decision(Action.NOTHING, said)
        case _:
            return Decision(Action.NOTHING, status_of_entry(entry), note=note_of(entry.problem))


@contextmanager
def open_export(workbook: Path, settings: Settings) -> Iterator[Session]:
    """Lock the journal and plan to export the chosen drafts, and to follow what of them is exported already.

    Raises:
        InputError: the workbook cannot be read, or the selection is wrong
        JournalError: another run holds the journal, or it cannot be used
    """
    with open_collection(workbook, settings) as session:
        yield replace(session, plan=_exporting(session.plan, session.settings, session))


def _exporting(plan: Plan, settings: Settings, session: Session) -> Plan:
    chosen = {row.key for row in select([planned.row for planned in plan.rows], plan.sheet, settings)}
    rows = [_to_export(planned) for planned in plan.rows if planned.row.key in chosen]
    entries = session.journal.entries(plan.sheet.worksheet.name)
    bounded, note = within_limits(rows, settings, entries.values())
    return replace(
        plan,
        rows=tuple(bounded),
        left_out=len(plan.rows) - len(rows),
        limit_reached=bounded != rows,
        limit_note=note,
    )


def _to_export(planned: PlannedRow) -> PlannedRow:
    row, entry = planned.row, planned.entry
    if entry is None:
        is_draft = bool(row.job) and Status.of(row.status) is Status.DRAFT
    else:
        is_draft = (
            entry.state is State.DRAFT and entry.job is not None and planned.decision.status is Status.DRAFT
        )
    if not is_draft:
        return planned
    return replace(planned, decision=Decision(Action.EXPORT, Status.DRAFT, note=planned.decision.note))
