"""What the journal and the workbook know about every row, and the half of a run without a new template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from merge.errors import InputError
from merge.input.data_sheet import DataSheet
from merge.input.journals import journal_place
from merge.input.open_sheet import FillOptions, SavedSheetSettings, existing_workbook
from merge.journal import Journal
from merge.model import Entry, Row, SheetVideos, State, shell_word
from merge.plan.decide import OUT_OF_DATE_NOTE, Action, Decision, problem_note
from merge.plan.match import MatchedBy
from merge.plan.plan import Plan, within_limits
from merge.plan.planned_rows import PlannedRow, PlannedRows
from merge.plan.recognize import Filler, RecognizedRow, Recognizer
from merge.plan.selection import row_filter
from merge.results import (
    QUEUED_NOTE,
    ExitCode,
    MergeResult,
    RowStatus,
    count_rows,
    exit_code_of,
    note_of,
    pack_statuses,
    result_of_entry,
    status_of_entry,
)
from merge.run.session import Session, plan_notes, video_line
from merge.run.state import result_of, status_before_run
from merge.run.write_back import Results, WrittenBack, write_back
from merge.settings import Selection, Settings
from merge.sheet.result_columns import Status


@dataclass(frozen=True, slots=True)
class SheetStatus:
    """The status of a worksheet, from journal and workbook.

    Attributes:
        plan: its rows with their videos; nothing is to be submitted
        results: the status of each of its rows, in the same order
        left: journal entries of videos that no row has
    """

    plan: Plan
    results: Sequence[RowStatus]
    left: tuple[RowStatus, ...] = ()

    def summary(self) -> MergeResult:
        """The summary; rows that are still to do don't count as open."""
        return MergeResult(
            workbook=str(self.plan.sheet.path),
            sheet=self.plan.sheet.worksheet.name,
            template=self.plan.saved.template,
            rows=self.results,
            exit_code=exit_code_of(count_rows(self.results)) or ExitCode.COMPLETE,
            practice=self.plan.recognizer.settings.simulate,
        )


def read_sheet_status(workbook: Path, settings: Settings, template: Path | None = None) -> SheetStatus:
    """Read journal and workbook together, or only the workbook if no run has seen its sheet.

    Args:
        workbook: the workbook
        settings: the sheet and the journal, if given, and constants and locale for the template
        template: recognizes rows by their content; None for the one of the last run, if it still exists

    Raises:
        InputError: the workbook can't be read, or it isn't known which of its sheets is meant
    """
    workbook = existing_workbook(workbook)
    place, wanted = journal_place(workbook, settings), settings.selection.sheet
    if place.exists():
        with place.open(create=False) as journal:
            sheets = journal.sheets()
            if sheets and (wanted is None or wanted in sheets):
                return _status(
                    workbook, journal, _sheet_name(journal, workbook, settings), settings, template
                )
    saved = SavedSheetSettings.assumed(settings)
    return _sheet_status(saved.read(workbook, wanted), saved, SheetVideos(), settings, template)


def read_journaled_status(workbook: Path, settings: Settings) -> SheetStatus:
    """Read journal and workbook together.

    Raises:
        InputError: no run was ever made for this workbook or sheet
    """
    with _opened(workbook, settings) as (path, journal, name):
        return _status(path, journal, name, settings, None)


def write_back_from_journal(
    workbook: Path, settings: Settings, now: datetime
) -> tuple[MergeResult, WrittenBack]:
    """Write what the journal knows into the workbook.

    Args:
        workbook: the workbook
        settings: the sheet and the journal, if given
        now: the time of this change, UTC

    Returns:
        The status of every row, with exit code 5 if there are videos but none has a row; and what was
            written.

    Raises:
        InputError: no run was ever made for this workbook or sheet
        JournalError: another run holds the journal, or it can't be used
        WriteBackError: the workbook couldn't be replaced; it is untouched
    """
    with _opened(workbook, settings, lock=True) as (path, journal, name):
        status = _status(path, journal, name, settings, None)
        plan = status.plan
        results = pack_statuses(result_of(each, each.entry) for each in plan.rows if _is_journaled(each))
        written = write_back(plan.known, Results(results), journal, now)
    if written.unrecorded:
        raise written.unrecorded
    summary, notes = status.summary(), tuple(plan_notes(plan))
    if plan.never_written:
        notes = (*notes, _unplaced_note(plan.never_written))
        if not any(planned.entry for planned in plan.rows):
            summary = replace(summary, exit_code=ExitCode.NOT_WRITTEN)
    return replace(summary, notes=notes), written


def _unplaced_note(videos: tuple[Entry, ...]) -> str:
    lines = "".join(f"\n  {video_line(video)}" for video in videos)
    count = "1 video has" if len(videos) == 1 else f"{len(videos):,} videos have"
    them = "it" if len(videos) == 1 else "them"
    return (
        f"{count} no row in this workbook any more, so nothing was written for {them}."
        f"{lines}\nPut the rows back as they were, or run again with --key and a column that identifies rows."
    )


@contextmanager
def _opened(workbook: Path, settings: Settings, *, lock: bool = False) -> Iterator[tuple[Path, Journal, str]]:
    workbook = existing_workbook(workbook)
    place = journal_place(workbook, settings)
    if not place.exists():
        raise _no_videos_yet(workbook, settings)
    with place.open(create=False) as journal, journal.lock(workbook) if lock else nullcontext():
        yield workbook, journal, _sheet_name(journal, workbook, settings)


def _sheet_name(journal: Journal, workbook: Path, settings: Settings) -> str:
    wanted, known = settings.selection.sheet, journal.sheets()
    if wanted in known and wanted is not None:
        return wanted
    if wanted is None and len(known) == 1:
        return known[0]
    if not known:
        raise _no_videos_yet(workbook, settings)
    message = (
        f"there are videos of {len(known)} sheets" if wanted is None else f"there are no videos of “{wanted}”"
    )
    choices = "".join(f"\n  --sheet {shell_word(name)}" for name in known)
    raise InputError(message, place=str(workbook), hint=f"Add one of these to the command:{choices}")


def _no_videos_yet(workbook: Path, settings: Settings) -> InputError:
    practiced = not settings.simulate and journal_place(workbook, replace(settings, simulate=True)).exists()
    if practiced:
        message = "you've only made practice videos from this workbook"
        hint = "To see the practice run, add --simulate"
    else:
        message = "you haven't made any videos from this workbook yet"
        hint = (
            "Make videos first with castmerge run. If you have made some, put the .castmerge folder "
            "back next to "
            "the workbook, or add --journal with the path of its journal"
        )
    return InputError(message, place=str(workbook), hint=hint)


def _status(
    workbook: Path, journal: Journal, name: str, settings: Settings, template: Path | None
) -> SheetStatus:
    saved = SavedSheetSettings.from_json(journal.load_sheet(name) or {})
    return _sheet_status(saved.read(workbook, name), saved, journal.known(name), settings, template)


def _sheet_status(
    sheet: DataSheet,
    saved: SavedSheetSettings,
    known: SheetVideos,
    settings: Settings,
    template: Path | None,
) -> SheetStatus:
    plan = _plan(sheet, saved, known, settings, template)
    results = status_before_run(plan).rows
    left = tuple(result_of_entry(entry.row_number, entry) for entry in plan.recognized.unplaced if entry.job)
    return SheetStatus(plan, results, left)


def _plan(
    sheet: DataSheet,
    saved: SavedSheetSettings,
    known: SheetVideos,
    settings: Settings,
    template: Path | None,
    vouched: tuple[Entry, ...] = (),
) -> Plan:
    """A plan that submits nothing: every row with its video and its result."""
    path = template or _template_of_last_run(sheet, saved)
    recognizer = Recognizer(_fill_settings(saved, settings), saved, path, vouched)
    recognized = recognizer.recognize(sheet, known)
    filler = recognized.filler
    ours = (
        _collected(position, each, filler)
        for position, each in enumerate(recognized.rows)
        if not each.is_left_alone
    )
    rows = PlannedRows(ours, recognized)
    return Plan(
        sheet,
        Path(saved.template),
        recognizer,
        rows,
        left_out=len(recognized.rows) - len(rows),
        left_alone=tuple(each.row.number for each in recognized.rows if each.is_left_alone),
        names=filler.binding.names if filler else None,
        recognized=recognized,
    )


def _template_of_last_run(sheet: DataSheet, saved: SavedSheetSettings) -> Path | None:
    """The template of the last run, at its old path or next to the workbook."""
    nearby = sheet.path.parent / Path(saved.template).name
    paths = (Path(saved.template), nearby) if saved.template else ()
    return next((path for path in paths if path.is_file()), None)


def _fill_settings(saved: SavedSheetSettings, settings: Settings) -> Settings:
    """The settings that the rows were filled in with, unless others are given now."""
    options = saved.fill_options
    is_named = settings.locale != FillOptions().locale and not settings.locale_assumed
    return Settings(
        selection=Selection(key=saved.key or settings.selection.key),
        project_options=options.project_options,
        constants={**options.constants, **settings.constants},
        columns={**options.columns, **settings.columns},
        locale=settings.locale if is_named else options.locale,
        column_prefix=saved.prefix,
        simulate=settings.simulate,
        trust_simulated=True,
    )


def _collected(position: int, each: RecognizedRow, filler: Filler | None) -> PlannedRow:
    # A row that was cleared asks for a new video, which needs a run; its old id must not come back.
    entry = None if each.row.cleared else each.entry
    decision = Decision(Action.NOTHING) if each.row.cleared else _decision(each)
    return PlannedRow.of(position, each, entry, decision, filler)


def _decision(each: RecognizedRow) -> Decision:
    entry = each.entry
    if entry is None:
        return _decision_by_the_sheet(each)
    match entry.state:
        case State.SUBMITTING:
            return Decision(Action.LOOK, Status.CHECK)
        case State.SUBMITTED:
            return Decision(Action.FOLLOW, Status.SUBMITTED)
        case State.QUEUED:
            return Decision(Action.FOLLOW, Status.TO_DO, note=QUEUED_NOTE)
        case _ if each.outcome is None and _is_settled_by_a_run(each.row, entry):
            return Decision(Action.NOTHING, Status.of(each.row.status_cell))
        case State.COMPLETE | State.DRAFT if each.is_edited:
            note = f"{OUT_OF_DATE_NOTE} {problem_note(each.outcome)}".strip()
            return Decision(Action.NOTHING, Status.OUT_OF_DATE, note=note)
        case State.NOT_TAKEN:
            return _unsubmitted(each)
        case _:
            return Decision(Action.NOTHING, status_of_entry(entry), note=note_of(entry.problem))


def _decision_by_the_sheet(each: RecognizedRow) -> Decision:
    row, said = each.row, Status.of(each.row.status)
    match each.matched_by:
        case MatchedBy.CONTESTED:
            return Decision(Action.NOTHING, Status.INVALID, note=note_of(row.problem))
        case MatchedBy.SHEET:
            is_open = said in (Status.TO_DO, Status.SUBMITTED, Status.RENDERING)
            return Decision(Action.FOLLOW, Status.SUBMITTED) if is_open else Decision(Action.NOTHING, said)
        case _ if said is Status.CHECK:
            return Decision(Action.LOOK, Status.CHECK)
        case _:
            return _unsubmitted(each)


def _unsubmitted(each: RecognizedRow) -> Decision:
    """A row that was never submitted: still to do, or known to be invalid."""
    if each.row.problem:
        return Decision(Action.NOTHING, Status.INVALID, note=each.row.problem.note)
    if isinstance(each.outcome, tuple):
        return Decision(Action.NOTHING, Status.INVALID, note=problem_note(each.outcome))
    is_invalid = each.outcome is None and Status.of(each.row.status_cell) is Status.INVALID
    entry_note = note_of(each.entry.problem) if each.entry else ""
    return Decision(Action.NOTHING, Status.INVALID if is_invalid else Status.TO_DO, note=entry_note)


def _is_settled_by_a_run(row: Row, entry: Entry) -> bool:
    """Whether the sheet shows something that only a run with the template can find out again."""
    settled = Status.of(row.status_cell) in (Status.OUT_OF_DATE, Status.INVALID)
    return settled and row.id_cell in ("", entry.job)


def _is_journaled(planned: PlannedRow) -> bool:
    """Whether the journal knows more than the workbook may show, or the row shows another row's video."""
    row, entry = planned.row, planned.entry
    if entry is None:
        return bool(row.id_cell and not row.job)
    return planned.fingerprint is not None or not _is_settled_by_a_run(row, entry)


@contextmanager
def open_collection(workbook: Path, settings: Settings) -> Iterator[Session]:
    """Lock the journal and plan to poll what was submitted; the workbook is enough if there's no journal.

    Raises:
        InputError: the workbook can't be read
        JournalError: another run holds the journal, or it can't be used
    """
    workbook = existing_workbook(workbook)
    wanted = settings.selection.sheet
    with journal_place(workbook, settings).open() as journal, journal.lock(workbook):
        name = _sheet_name(journal, workbook, settings) if journal.sheets() else wanted
        kept = journal.load_sheet(name) if name else None
        saved = SavedSheetSettings.from_json(kept) if kept else SavedSheetSettings.assumed(settings)
        sheet = saved.read(workbook, name)
        known = journal.known(sheet.worksheet.name)

        def plan(vouched: tuple[Entry, ...] = ()) -> Plan:
            return _plan(sheet, saved, known, settings, None, vouched)

        yield Session(plan(), replace(settings, trust_simulated=True), journal, plan)


@contextmanager
def open_export(workbook: Path, settings: Settings) -> Iterator[Session]:
    """Lock the journal and plan to export the chosen drafts, and to poll those whose export has begun.

    Raises:
        InputError: the workbook can't be read, or the selection is wrong
        JournalError: another run holds the journal, or it can't be used
    """
    with open_collection(workbook, settings) as session:
        yield replace(session, plan=_exporting(session.plan, session.settings, session), replan=None)


def _exporting(plan: Plan, settings: Settings, session: Session) -> Plan:
    selects = row_filter(plan.sheet, settings)
    chosen = plan.with_rows(_to_export(planned) for planned in plan.rows if selects(planned.row))
    chosen = replace(chosen, left_out=len(plan.rows) - len(chosen.rows))
    return within_limits(chosen, settings, session.journal.each(plan.sheet.worksheet.name))


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
    return planned._replace(decision=Decision(Action.EXPORT, Status.DRAFT, note=planned.decision.note))
