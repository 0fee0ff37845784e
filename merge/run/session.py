"""One run of one workbook: lock the journal, make the plan, carry it out, write the results back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import TypeAlias

from merge.errors import (
    ColumnError,
    JournalError,
    MergeError,
    ServiceError,
    UnplacedVideosError,
    WriteBackError,
)
from merge.input.data_sheet import DataSheet
from merge.input.journals import journal_place
from merge.input.open_sheet import SavedSheetSettings, open_for_writing, open_sheet
from merge.journal import Journal, JournalPlace, QueuedProject
from merge.model import JSON, Entry, JobId, RowKey, SheetVideos, Tag, sentence, shell_word
from merge.plan.approval import require_approval
from merge.plan.decide import Action
from merge.plan.known_sheet import KnownSheet
from merge.plan.plan import Plan, make_plan
from merge.plan.recognize import vouched_by
from merge.results import Download, ExitCode, MergeResult, RowStatus, count_rows, exit_code_of, pack_statuses
from merge.run.clock import Clock
from merge.run.delays import retry_delay
from merge.run.download_videos import download_notes, download_videos, name_text
from merge.run.runner import Runner
from merge.run.state import Observer, Outcome, RunState, result_of, status_before_run
from merge.run.stop import StopSignal, unless_stopped
from merge.run.submit import Task, mark_submitting
from merge.run.write_back import Results, write_back
from merge.services.protocol import VideoService
from merge.settings import Settings
from merge.sheet.columns import with_placeholders
from merge.sheet.result_columns import Status
from merge.workbook import check_columns

_LOG = logging.getLogger("merge.run")
_LIST_ATTEMPTS = 4
"""How often the project list is requested for ids that the journal doesn't know."""
_LONGEST_DELAY = 30.0
"""Seconds; if the service is busy for longer, the plan doesn't wait."""
_LISTED = 8
"""The maximum number of rows that a note lists."""


Replan: TypeAlias = Callable[[tuple[Entry, ...]], Plan]
"""Makes the plan again, with videos that the service knows and the journal doesn't."""


@dataclass(frozen=True, slots=True)
class Session:
    """A run whose plan is made; nothing has been sent yet.

    Attributes:
        plan: what is to be done
        settings: of the run
        journal: open and locked for as long as the session lasts
        replan: makes the plan again; None once the service has been asked
    """

    plan: Plan
    settings: Settings
    journal: Journal
    replan: Replan | None = None

    @property
    def needs_service(self) -> bool:
        """Whether the service has to be asked for anything."""
        return self.settings.download is not None or self.needs_vouching or self.plan.to_do > 0

    @property
    def needs_vouching(self) -> bool:
        """Whether the sheet shows ids that the journal doesn't know and the service may."""
        return self.replan is not None and bool(self.plan.recognized.unvouched)

    async def vouched(self, service: VideoService, clock: Clock) -> Session:
        """Plan again with the service's answer about which content unknown ids were made from.

        Without an answer, an id that only one row shows is trusted.
        """
        if self.replan is None or not self.needs_vouching:
            return self
        try:
            listed = await _tags_of(service, self.plan.recognized.unvouched, clock)
        except ServiceError as error:
            _LOG.warning("the project list can't be read: %s", error.message)
            return replace(self, replan=None)
        return replace(self, plan=self.replan(vouched_by(listed, self.plan.recognized)), replan=None)

    async def carry_out(
        self, service: VideoService, clock: Clock, stop: StopSignal, observe: Observer
    ) -> MergeResult:
        """Carry out the plan, and write the results back.

        Raises:
            InputError: the service's answer about unknown ids makes the plan ambiguous; nothing was sent
            JournalError: something that later commands need can't be recorded; nothing was sent
        """
        if self.needs_vouching:
            vouched = await unless_stopped(self.vouched(service, clock), lambda: stop.requested)
            session = vouched or replace(self, replan=None)
            return await session.carry_out(service, clock, stop, observe)
        notes: list[str] = []
        state = self._begin(observe)
        if self.plan.actions[Action.SUBMIT] and self.journal.halted() == "stopped":
            self.journal.halt("")
        runner = Runner(service, state, clock, self.settings, stop)
        known = self.plan.known

        def before_sending(tasks: Iterable[Task]) -> frozenset[RowKey]:
            nonlocal known
            others = chain(status_before_run(self.plan).rows, self._corrected())
            known, taken = mark_submitting(known, tasks, others, self.journal, clock, notes)
            return taken

        leave = self._leave_to_workers if self.settings.queue_for else None
        outcome = await runner.carry_out(self.plan, before_sending, leave)
        result = _unless_stopped(self._conclude(outcome, known, clock, notes), stop)
        if stop.requested or outcome.stopped_by or not self.settings.download:
            return result
        entries = self.journal.entries(self.plan.sheet.worksheet.name)
        downloading = download_videos(self.plan, outcome.rows, entries, self.settings, service)
        downloads = await unless_stopped(downloading, lambda: stop.requested)
        return _with_downloads(_unless_stopped(result, stop), downloads or ())

    def _leave_to_workers(self, projects: Iterable[QueuedProject]) -> None:
        self.journal.queue(self.plan.sheet.worksheet.name, projects, self.settings.queue_for)

    def conclude_without_service(self, clock: Clock) -> MergeResult:
        """Write back the known results if no request to the service is needed."""
        self._begin(lambda _: None)
        return self._conclude(status_before_run(self.plan), self.plan.known, clock, [])

    def _begin(self, observe: Observer) -> RunState:
        sheet = self.plan.sheet.worksheet.name
        saved = self.plan.saved
        if self.settings.rerun.new_rows:
            saved = replace(saved, answered=tuple(video.tag for video in self.plan.never_written))
        self.journal.save_sheet(sheet, saved.to_json())
        self.journal.put(sheet, self.plan.recognizer.vouched)
        return RunState(self.journal, sheet, observe)

    def _conclude(self, outcome: Outcome, known: KnownSheet, clock: Clock, notes: list[str]) -> MergeResult:
        code = _exit_code(outcome, self.plan)
        results = Results(outcome.rows, self._corrected())
        try:
            written = write_back(known, results, self.journal, clock.now())
        except WriteBackError as error:
            notes.extend(each for each in (_as_note(error), sentence(error.hint)) if each)
            code = ExitCode.NOT_WRITTEN
        except JournalError as error:
            notes.append(f"The results aren't in the workbook yet: {error}.")
            code = ExitCode.NOT_WRITTEN
        else:
            if written.unrecorded:
                notes.append(f"The journal couldn't record what is in the workbook: {written.unrecorded}.")
                code = ExitCode(written.unrecorded.exit_code)
            notes.extend(note for note in written.notes if note not in notes)
            notes.extend(map(_missing, written.missing))
            if written.edited:
                outcome = _as_written(outcome, written.edited)
                notes.append(_edited_note(written.edited))
            if self._never_written(written.missing):
                code = ExitCode.NOT_WRITTEN
        notes.extend(note for note in (self.plan.limit_note, outcome.held_back) if note)
        notes.extend(plan_notes(self.plan))
        _LOG.info("finished with exit code %d", code, extra={"exit_code": int(code)})
        if outcome.stopped_by:
            stopped = outcome.stopped_by
            notes.insert(0, f"Stopped: {stopped}. {stopped.hint}".strip())
            if isinstance(stopped, JournalError) and self.plan.actions[Action.SUBMIT]:
                notes.insert(1, self._sent_before(outcome))
        return MergeResult(
            workbook=str(self.plan.sheet.path),
            sheet=self.plan.sheet.worksheet.name,
            template=str(self.plan.template),
            rows=outcome.rows,
            exit_code=code,
            unselected=self.plan.left_out,
            notes=tuple(notes),
            practice=self.settings.simulate,
        )

    def _corrected(self) -> Sequence[RowStatus]:
        """The results that unselected rows should show instead of what they show now."""
        return [result_of(planned, planned.entry) for planned in self.plan.corrected]

    def _sent_before(self, outcome: Outcome) -> str:
        """What a run that the journal stopped had already sent, and where that is recorded."""
        both = zip(self.plan.rows, outcome.rows, strict=True)
        sent = sum(1 for planned, row in both if planned.action is Action.SUBMIT and row.video_id)
        if not sent:
            return (
                f"No row of this run has a video ID yet. What was sent is in the journal {self.journal.name}."
            )
        rows = "1 row was" if sent == 1 else f"{sent:,} rows were"
        return (
            f"Before that, {rows} sent; see {self.plan.sheet.path.name} and the journal {self.journal.name}."
        )

    def _never_written(self, missing: Sequence[RowStatus]) -> bool:
        """Whether results without a row have never been in the workbook."""
        wanted = {result.video_id for result in missing}
        try:
            videos = self.journal.each(self.plan.sheet.worksheet.name) if wanted else ()
            return not wanted <= {video.job for video in videos if video.written and video.job in wanted}
        except JournalError:
            return True


async def _tags_of(service: VideoService, jobs: frozenset[JobId], clock: Clock) -> Mapping[JobId, Tag]:
    """The projects that the service lists for these ids; the request is repeated if it is busy."""
    for attempt in count(1):
        try:
            return await service.tags_of(jobs)
        except ServiceError as error:
            delay = retry_delay(error, attempt, jitter=clock.random())
            if attempt == _LIST_ATTEMPTS or delay is None or delay > _LONGEST_DELAY:
                raise
        await clock.sleep(delay)
    raise AssertionError


def _with_downloads(result: MergeResult, downloads: Sequence[Download]) -> MergeResult:
    failed = any(download.error for download in downloads)
    is_complete = result.exit_code is ExitCode.COMPLETE
    return replace(
        result,
        exit_code=ExitCode.SOME_FAILED if failed and is_complete else result.exit_code,
        notes=(*result.notes, *download_notes(downloads)),
        downloads=downloads,
    )


def _as_written(outcome: Outcome, edited: Sequence[RowStatus]) -> Outcome:
    written = {result.key: result for result in edited}
    return replace(outcome, rows=pack_statuses(written.get(row.key, row) for row in outcome.rows))


def _edited_note(edited: Sequence[RowStatus]) -> str:
    rows = ", ".join(str(result.row) for result in edited[:_LISTED])
    more = f" and {len(edited) - _LISTED:,} more" if len(edited) > _LISTED else ""
    changed = f"Row {rows} was" if len(edited) == 1 else f"Rows {rows}{more} were"
    return (
        f"{changed} edited during the run, after being submitted: the status shows whether the "
        "video still matches the row."
    )


def _as_note(error: MergeError) -> str:
    place = f"{error.place}: " if error.place else ""
    return f"{place}{sentence(error.message)}"


def _missing(result: RowStatus) -> str:
    return (
        f"The row of video {result.video_id} (row {result.row} when the run began) was deleted or changed "
        "during the run. The video is in the journal."
    )


def plan_notes(plan: Plan) -> Iterator[str]:
    """What a run did with rows other than making their videos, in sentences."""
    if plan.put_back:
        named = "One row was" if plan.put_back == 1 else f"{plan.put_back:,} rows were"
        yield (
            f"{named} blank but already had a video, as in an older copy of this workbook. castmerge put the "
            "results back and made nothing. To make new videos for these rows, add --remake with their "
            "numbers."
        )
    misplaced = plan.recognized.misplaced
    if misplaced:
        named = "One row showed" if misplaced == 1 else f"{misplaced:,} rows showed"
        yield (
            f"{named} the video of another row, as happens after copying or sorting. castmerge "
            "corrected the cells."
        )
    if plan.left_alone:
        rows = ", ".join(map(str, plan.left_alone[:_LISTED]))
        more = f" and {len(plan.left_alone) - _LISTED:,} more" if len(plan.left_alone) > _LISTED else ""
        yield (
            f"Skipped, because castmerge didn't write their status: rows {rows}{more}. "
            "To make videos for them, clear the status."
        )


def _unless_stopped(result: MergeResult, stop: StopSignal) -> MergeResult:
    """The result, interrupted if the run was stopped, perhaps while the workbook was written."""
    if not stop.requested or result.exit_code is ExitCode.NOT_WRITTEN:
        return result
    return replace(result, exit_code=ExitCode.INTERRUPTED)


def _exit_code(outcome: Outcome, plan: Plan) -> ExitCode:
    if outcome.interrupted:
        return ExitCode.INTERRUPTED
    if outcome.stopped_by:
        return ExitCode(outcome.stopped_by.exit_code)
    if plan.limit_reached or outcome.held_back:
        return ExitCode.STOPPED
    untouched = {Action.SUBMIT: Status.TO_DO, Action.EXPORT: Status.DRAFT}
    both = zip(plan.rows, outcome.rows, strict=True)
    unsent = sum(1 for planned, row in both if row.status is untouched.get(planned.action))
    return exit_code_of(count_rows(outcome.rows), unsent=unsent)


@contextmanager
def open_session(workbook: Path, template: Path, settings: Settings) -> Iterator[Session]:
    """Lock the workbook's journal and plan a run; the lock is held until the block ends.

    Raises:
        InputError: workbook, template or selection are wrong, or differ from what was approved
        UnplacedVideosError: there are new rows, and videos without a row that were never written into the
            workbook
        JournalError: another run holds the journal, or it can't be used
    """
    place = journal_place(workbook, settings)
    sheet = open_sheet(workbook, settings, template, lambda: _sheets_before(place))
    with place.open() as journal, journal.lock(workbook):
        sheet = open_for_writing(workbook, settings, sheet, template)
        known = journal.known(sheet.worksheet.name)
        saved = journal.load_sheet(sheet.worksheet.name)
        settings, answered = _as_last_time(settings, saved), _answered(saved)
        require_own_columns(sheet, is_known=bool(known.own) or sheet.worksheet.name in journal.sheets())
        require_writable_results(sheet)
        if settings.download:
            header = with_placeholders(sheet.header, settings.columns)
            name_text(settings.download, header, settings.constants)

        def plan(vouched: tuple[Entry, ...] = ()) -> Plan:
            made = make_plan(sheet, template, settings, known, vouched=vouched, answered=answered)
            require_placed(made, settings)
            require_approval(made, settings)
            return made

        yield Session(plan(), settings, journal, plan)


def require_placed(plan: Plan, settings: Settings) -> None:
    """Stop before new rows are submitted while videos that were never written into this workbook have no row.

    The sheet was edited, or recalculated by Excel, while a run couldn't write to it: these rows may be the
    same people.

    Raises:
        UnplacedVideosError: lists the videos and what to do
    """
    if settings.rerun.new_rows or not plan.actions[Action.SUBMIT] or not plan.unanswered:
        return
    raise unplaced_videos(plan, practice=settings.simulate)


def unplaced_videos(plan: Plan, *, practice: bool = False) -> UnplacedVideosError:
    """The error that lists unplaced videos; `practice` is for the command that it suggests."""
    videos, new = plan.unanswered, plan.actions[Action.SUBMIT]
    made = "1 video was" if len(videos) == 1 else f"{len(videos):,} videos were"
    rows = "1 row is new" if new == 1 else f"{new:,} rows are new"
    listed = "".join(f"\n  {video_line(video)}" for video in videos[:_LISTED])
    more = f"\n  and {len(videos) - _LISTED:,} more" if len(videos) > _LISTED else ""
    workbook = plan.sheet.path.name
    return UnplacedVideosError(
        f"{made} made for this sheet but never written into it, and no row matches. {rows}, so "
        f"someone may have edited the rows in between. Nothing was sent.{listed}{more}",
        place=f"{workbook}, sheet {plan.sheet.worksheet.name}",
        hint="If the rows are the same people, add --key with the name of the column that identifies them.\n"
        "If you put the rows back as they were, "
        f"run: castmerge write-back {shell_word(workbook)}{' --simulate' if practice else ''}\n"
        "To make new videos for the new rows, add --new-rows",
    )


def video_line(video: Entry) -> str:
    """An unplaced video as one line: its row at that time, its id, and its link."""
    where = f"row {video.row_number}" if video.row_number else "a row"
    return " ".join(filter(None, (f"made from {where}:", video.job or f"[{video.tag}]", video.video_url)))


def require_own_columns(sheet: DataSheet, *, is_known: bool) -> None:
    """Refuse columns with the names of result columns that castmerge didn't write.

    Raises:
        ColumnError: no run has seen this sheet, and the values aren't castmerge's
    """
    results = sheet.results
    if is_known or not results.numbers:
        return
    foreign = next((line for line in sheet.data_rows if results.is_foreign(line)), None)
    if foreign is None:
        return
    names = ", ".join(results.numbers)
    raise ColumnError(
        f"the columns {names} have values that castmerge didn't write (row {foreign.number})",
        place=f"{sheet.path.name}, sheet {sheet.worksheet.name}",
        hint='To keep your columns and use other names for the results, add --column-prefix "Avatar video"',
    )


def require_writable_results(sheet: DataSheet) -> None:
    """Refuse a workbook that results can't be written to, before anything is paid for."""
    check_columns(
        sheet.path,
        sheet=sheet.worksheet.name,
        header_row=sheet.header.row,
        table=sheet.header.table,
        columns=sheet.results.headers.all,
    )


def plan_without_lock(workbook: Path, template: Path, settings: Settings) -> Plan:
    """Plan a run without the lock; changes and sends nothing, and creates no journal."""
    place = journal_place(workbook, settings)
    sheet = open_sheet(workbook, settings, template, lambda: _sheets_before(place))
    known, is_known, saved = _known_without_lock(place, sheet.worksheet.name)
    settings = _as_last_time(settings, saved)
    if sheet.path.exists():
        require_own_columns(sheet, is_known=is_known)
        require_writable_results(sheet)
    return make_plan(sheet, template, settings, known, answered=_answered(saved))


def _answered(saved: Mapping[str, JSON] | None) -> tuple[str, ...]:
    return SavedSheetSettings.from_json(saved or {}).answered


def _sheets_before(place: JournalPlace) -> tuple[str, ...]:
    """The worksheets that earlier runs with this journal used."""
    if not place.exists():
        return ()
    with place.open(create=False) as journal:
        return journal.sheets()


def _as_last_time(settings: Settings, saved: Mapping[str, JSON] | None) -> Settings:
    """The settings with the locale of the last run, unless one is given: other computers don't matter."""
    if saved is None or not settings.locale_assumed:
        return settings
    return replace(settings, locale=SavedSheetSettings.from_json(saved).fill_options.locale)


def _known_without_lock(
    place: JournalPlace, name: str
) -> tuple[SheetVideos, bool, Mapping[str, JSON] | None]:
    """What the journal knows about a sheet, whether a run has seen it, and that run's settings."""
    if not place.exists():
        return SheetVideos(), False, None
    with place.open(create=False) as journal:
        known = journal.known(name)
        return known, bool(known.own) or name in journal.sheets(), journal.load_sheet(name)
