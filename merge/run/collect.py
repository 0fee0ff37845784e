"""The commands that need no template: status, write-back, collect, and the export of drafts."""

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
from merge.model import Entry, Row, RowKey, State
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
    """The status of a worksheet, from journal and workbook.

    Attributes:
        known: the worksheet and its rows
        entries: the journal's entries of its rows
        results: the status of each row, in the same order
        to_write: the results that the journal has and the workbook may lack
        removed: the journal's results of rows that are no longer in the workbook
    """

    known: KnownSheet
    entries: Mapping[RowKey, Entry]
    results: tuple[RowStatus, ...]
    to_write: tuple[RowStatus, ...]
    removed: tuple[RowStatus, ...] = ()

    def summary(self) -> MergeResult:
        """Return the result to print; a row that is still to do doesn't count as open."""
        return MergeResult(
            workbook=str(self.known.sheet.path),
            sheet=self.known.sheet.worksheet.name,
            template=self.known.saved.template,
            rows=self.results,
            exit_code=exit_code_of(count_rows(self.results)) or ExitCode.COMPLETE,
        )


def journal_status(workbook: Path, settings: Settings) -> MergeResult:
    """Return the status of every row of a worksheet that was run before.

    Raises:
        InputError: no run was ever made for this workbook or sheet
    """
    workbook = results_workbook(workbook)
    with _open_journal(workbook, settings) as journal:
        return _journal_status(workbook, settings, journal).summary()


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
    workbook = results_workbook(workbook)
    with _open_journal(workbook, settings) as journal, journal.lock():
        status = _journal_status(workbook, settings, journal)
        written = write_back(status.known, status.to_write, journal, now)
    return status.summary(), written


def read_sheet_status(workbook: Path, settings: Settings) -> SheetStatus:
    """Read the status of a worksheet, from the workbook only if it was never run.

    Raises:
        InputError: the workbook can't be read, or it isn't known which of its sheets is meant
    """
    workbook = results_workbook(workbook)
    path, wanted = journal_path(workbook, settings), settings.selection.sheet
    with Journal.open(path, create=False) if path.is_file() else nullcontext() as journal:
        if journal and _was_run(journal, wanted):
            return _journal_status(workbook, settings, journal)
    return _sheet_status(workbook, wanted, _default_settings(settings), {})


@contextmanager
def open_collection(workbook: Path, settings: Settings) -> Iterator[Session]:
    """Lock the journal and plan to follow submitted rows; without a journal the workbook is enough.

    Raises:
        InputError: the workbook can't be read
        JournalError: another run holds the journal, or it can't be used
    """
    workbook = results_workbook(workbook)
    with Journal.open(journal_path(workbook, settings)) as journal, journal.lock():
        wanted = settings.selection.sheet
        name = _sheet_name(journal, workbook, wanted) if journal.sheets() else wanted
        saved = _saved_settings(journal, name) or _default_settings(settings)
        sheet = saved.read(workbook, name)
        entries = journal.entries(sheet.worksheet.name)
        known = KnownSheet.identify(sheet, saved, entries, trust_simulated=True)
        planned = tuple(
            PlannedRow(row, entry, None, _to_collect(row, entry))
            for row in known.rows
            for entry in [_entry_of(row, entries)]
        )
        plan = Plan(sheet, Path(saved.template), saved, planned)
        yield Session(plan, replace(settings, trust_simulated=True), journal)


@contextmanager
def open_export(workbook: Path, settings: Settings) -> Iterator[Session]:
    """Lock the journal and plan to export the selected drafts, and to follow those already exported.

    Raises:
        InputError: the workbook can't be read, or the selection is wrong
        JournalError: another run holds the journal, or it can't be used
    """
    with open_collection(workbook, settings) as session:
        yield replace(session, plan=_export_plan(session))


@contextmanager
def _open_journal(workbook: Path, settings: Settings) -> Iterator[Journal]:
    path = journal_path(workbook, settings)
    if not path.is_file():
        raise InputError(
            "no run was made with this workbook yet, or its journal lies elsewhere",
            place=str(workbook),
            hint=f"The journal was looked for at {path}; if it lies elsewhere, name it with --journal",
        )
    with Journal.open(path, create=False) as journal:
        yield journal


def _was_run(journal: Journal, sheet: str | None) -> bool:
    return bool(journal.sheets()) if sheet is None else sheet in journal.sheets()


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


def _saved_settings(journal: Journal, name: str | None) -> SavedSheetSettings | None:
    saved = journal.load_sheet(name) if name else None
    return SavedSheetSettings.from_json(saved) if saved else None


def _default_settings(settings: Settings) -> SavedSheetSettings:
    """Return the settings of a sheet that no run on this computer has seen."""
    selection = settings.selection
    return SavedSheetSettings(selection.header_row, selection.key, (), settings.column_prefix, "")


def _journal_status(workbook: Path, settings: Settings, journal: Journal) -> SheetStatus:
    name = _sheet_name(journal, workbook, settings.selection.sheet)
    saved = SavedSheetSettings.from_json(journal.load_sheet(name) or {})
    return _sheet_status(workbook, name, saved, journal.entries(name))


def _sheet_status(
    workbook: Path, name: str | None, saved: SavedSheetSettings, entries: Mapping[RowKey, Entry]
) -> SheetStatus:
    known = KnownSheet.identify(saved.read(workbook, name), saved, entries, trust_simulated=True)
    rows = known.rows
    of_rows = {row.key: entry for row in rows if (entry := _entry_of(row, entries)) and not row.cleared}
    results = tuple(_status_of(row, of_rows.get(row.key)) for row in rows)
    to_write = tuple(
        result_of_entry(row.number, of_rows[row.key])
        for row in rows
        if row.key in of_rows and not _is_from_a_run(row, of_rows[row.key])
    )
    keys = {row.key for row in rows}
    removed = tuple(
        result_of_entry(entry.row_number, entry)
        for key, entry in entries.items()
        if key not in keys and entry.job
    )
    return SheetStatus(known, of_rows, results, to_write, removed)


def _entry_of(row: Row, entries: Mapping[RowKey, Entry]) -> Entry | None:
    entry = entries.get(row.key)
    return None if made_elsewhere(row, entry) else entry


def _is_from_a_run(row: Row, entry: Entry) -> bool:
    """Whether the sheet shows a status that only a run with the template can find again."""
    return Status.of(row.status) in (Status.OUT_OF_DATE, Status.INVALID) and row.job in ("", entry.job)


def _status_of(row: Row, entry: Entry | None) -> RowStatus:
    shown = Status.of(row.status)
    if entry is None:
        return RowStatus(
            row=row.number, key=row.key, status=shown, video_id=row.job or None, url=row.url or None
        )
    return result_of_entry(row.number, entry, status=shown if _is_from_a_run(row, entry) else None)


def _to_collect(row: Row, entry: Entry | None) -> Decision:
    if row.cleared:
        # To be made again: that needs the template, and the old id must not come back.
        return Decision(Action.NOTHING)
    shown = Status.of(row.status)
    if entry is None:
        is_open = row.job and shown in (Status.TO_DO, Status.SUBMITTED, Status.RENDERING)
        return Decision(Action.FOLLOW, Status.SUBMITTED) if is_open else Decision(Action.NOTHING, shown)
    match entry.state:
        case State.SUBMITTING:
            return Decision(Action.LOOK, Status.CHECK)
        case State.SUBMITTED:
            return Decision(Action.FOLLOW, Status.SUBMITTED)
        case _ if _is_from_a_run(row, entry):
            return Decision(Action.NOTHING, shown)
        case _:
            return Decision(Action.NOTHING, status_of_entry(entry), note=note_of(entry.problem))


def _export_plan(session: Session) -> Plan:
    plan, settings = session.plan, session.settings
    selected = {row.key for row in select([planned.row for planned in plan.rows], plan.sheet, settings)}
    rows = [_to_export(planned) for planned in plan.rows if planned.row.key in selected]
    entries = session.journal.entries(plan.sheet.worksheet.name)
    limited, note = within_limits(rows, settings, entries.values())
    return replace(
        plan,
        rows=tuple(limited),
        left_out=len(plan.rows) - len(rows),
        limit_reached=limited != rows,
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
