"""Recognize the rows of a sheet: which video belongs to which. Every command that reads a sheet uses this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from merge.checks.project_checks import CellLocator, find_problems, with_cell
from merge.errors import InputError
from merge.input.data_sheet import DataSheet
from merge.input.open_sheet import SavedSheetSettings
from merge.input.row_identity import SIMULATED_ID, KeyColumns, hashed_cells, hashed_name, read_rows
from merge.input.template_file import bind_template
from merge.model import Entry, Fingerprint, JobId, Problem, Row, RowKey, SheetVideos, State, Tag
from merge.plan.match import (
    GENERATIONS,
    MatchedBy,
    Matches,
    RowFacts,
    doubled_id,
    doubled_ids,
    match_rows,
    numbered_key,
)
from merge.project.fingerprint import make_tag
from merge.settings import Settings
from merge.sheet.result_columns import Status
from merge.sheet.serial_dates import serial_number
from merge.sheet.values import TemplateValue
from merge.template.bind_json import Binding
from merge.template.name_resolution import RowCellLocator
from merge.template.render_json import FilledIn

Outcome: TypeAlias = FilledIn | tuple[Problem, ...] | None
"""A row's project, or the problems that prevent it; None if no template is available."""

_DELETED = 2
"""The assumed number of deleted rows with one name, whose keys the remaining rows may have."""
_STAMP_TOLERANCE = timedelta(seconds=0.9)
"""Programs round a time of day when they save it; two write-backs are at least two seconds apart."""


@dataclass(frozen=True, slots=True)
class RecognizedRow:
    """A row, and the video that belongs to it.

    Attributes:
        row: with its key; its id, status and link are blank if they are another row's
        entry: the record of its video, or None for a new row
        outcome: its project or its problems
        matched_by: what row and video have in common; None for a new row
    """

    row: Row
    entry: Entry | None
    outcome: Outcome
    matched_by: MatchedBy | None

    @property
    def is_left_alone(self) -> bool:
        """Whether the user typed a status of their own, such as `Skip`: castmerge leaves this row alone."""
        return not Status.is_known(self.row.status_cell)

    @property
    def is_misplaced(self) -> bool:
        """Whether the row's cells show another row's video."""
        return bool(self.row.id_cell and not self.row.job)

    @property
    def shows_something_else(self) -> bool:
        """Whether its cells show another row's video, none, or one that no longer matches the row."""
        is_stale = self.is_edited and Status.of(self.row.status_cell) is Status.COMPLETE
        return self.is_misplaced or self.is_put_back or is_stale

    @property
    def is_put_back(self) -> bool:
        """Whether the row has a video but no results in the sheet, although nobody cleared them."""
        return is_put_back(self.row, self.entry)

    @property
    def is_edited(self) -> bool:
        """Whether the row is known to differ from its video."""
        if self.entry is None:
            return False
        if isinstance(self.outcome, FilledIn):
            # A video that was collected by its id has no fingerprint, so nothing shows whether the row
            # changed.
            return self.entry.fingerprint not in ("", self.outcome.fingerprint)
        by_content = self.row.content == self.entry.content
        return (
            self.matched_by in (MatchedBy.KEY, MatchedBy.ID) and not by_content and self.outcome is not None
        )


def is_put_back(row: Row, entry: Entry | None) -> bool:
    """Whether a row has a video that the sheet once showed, but no results, although nobody cleared them."""
    return bool(entry and entry.written) and not (row.id_cell or row.status_cell or row.cleared)


@dataclass(frozen=True, slots=True)
class Recognized:
    """A sheet whose rows are recognized.

    Attributes:
        rows: all data rows, in the order of the sheet
        unplaced: videos that no row has
        unvouched: ids that only the sheet knows
        misplaced: number of rows that show another row's video
        binding: the template bound to the sheet's columns, or None
        is_keyed: whether rows have names from `--key`
    """

    rows: tuple[RecognizedRow, ...]
    unplaced: tuple[Entry, ...] = ()
    unvouched: frozenset[JobId] = frozenset()
    misplaced: int = 0
    binding: Binding | None = None
    is_keyed: bool = False


@dataclass(frozen=True, slots=True)
class Recognizer:
    """What is needed to recognize rows, now and again when the file has changed.

    Attributes:
        settings: locale, constants and project options of the template, and whether simulated videos count
        saved: the settings that later commands need; its key and its used columns identify rows
        template: the template, or None if none is available
        vouched: videos that the service knows and the journal doesn't
    """

    settings: Settings
    saved: SavedSheetSettings
    template: Path | None
    vouched: tuple[Entry, ...] = ()

    def recognize(self, sheet: DataSheet, known: SheetVideos) -> Recognized:
        """Recognize the rows of a sheet.

        A template that no longer fits the sheet's columns is ignored.
        """
        binding = self._bound(sheet)
        columns = self.saved.key_columns(sheet)
        return recognize(sheet, columns, self.known(known), binding, self.settings)

    def known(self, known: SheetVideos) -> SheetVideos:
        """What the journal knows, and what the service confirms."""
        return replace(known, own=(*self.vouched, *known.own))

    def _bound(self, sheet: DataSheet) -> Binding | None:
        if self.template is None:
            return None
        try:
            return bind_template(self.template, sheet.header, self.settings, workbook=sheet.path)
        except InputError:
            return None


def recognize(
    sheet: DataSheet,
    key_columns: KeyColumns,
    known: SheetVideos,
    binding: Binding | None,
    settings: Settings,
) -> Recognized:
    """Fill in every row and match it with the known videos.

    Args:
        sheet: the worksheet
        key_columns: the columns that identify rows
        known: what the journal knows
        binding: the template, or None
        settings: the locale, and whether simulated videos count that the journal doesn't know
    """
    jobs = known.jobs
    rows = read_rows(sheet, key_columns)
    outcomes = [_fill_in(row, sheet, binding, settings.locale) for row in rows]
    rows = tuple(_with_practice(row, jobs, settings) for row in rows)
    known = _without_doubled_ids(known)
    matches = _matched(rows, outcomes, known, sheet, key_columns)
    # If results have been moved, a blank cell next to them doesn't show anything about its row.
    is_latest = not matches.misplaced and _is_latest(sheet, rows, known.stamp)
    found = _with_videos(rows, outcomes, matches, jobs, is_latest=is_latest)
    return Recognized(
        found,
        unplaced=matches.unplaced,
        unvouched=frozenset(
            JobId(each.row.id_cell)
            for each in found
            if each.matched_by in (MatchedBy.SHEET, MatchedBy.CONTESTED) and each.row.id_cell not in jobs
        ),
        misplaced=sum(each.is_misplaced for each in found),
        binding=binding,
        is_keyed=bool(key_columns.named),
    )


def _with_videos(
    rows: Sequence[Row],
    outcomes: Sequence[Outcome],
    matches: Matches,
    jobs: frozenset[str],
    *,
    is_latest: bool,
) -> tuple[RecognizedRow, ...]:
    shown = Counter(row.job for row in rows)
    return tuple(
        _recognized(
            replace(
                row,
                key=matches.keys[position],
                tag_key=matches.tag_keys[position],
                problem=matches.problems.get(position) or row.problem,
            ),
            outcome,
            matches.videos[position],
            matches.matched_by[position],
            is_new_id=row.job not in jobs and shown[row.job] == 1,
            is_latest=is_latest,
        )
        for position, (row, outcome) in enumerate(zip(rows, outcomes, strict=True))
    )


@dataclass(frozen=True, slots=True)
class KnownSheet:
    """A worksheet whose rows are recognized, and how to recognize them again.

    Attributes:
        sheet: the worksheet
        rows: its rows
        recognizer: what they are recognized with
        changed: its rows with their videos, in the same order, if the file has changed; or nothing
    """

    sheet: DataSheet
    rows: Sequence[Row]
    recognizer: Recognizer
    changed: Sequence[RecognizedRow] = ()

    def reread(self, known: SheetVideos) -> KnownSheet:
        """The same worksheet, read again if the file has changed since.

        Raises:
            WorkbookError: the workbook can no longer be read
            ColumnError: its header row can no longer be found
        """
        if self.sheet.is_current:
            return self
        sheet = self.recognizer.saved.read(self.sheet.path, self.sheet.worksheet.name)
        recognized = self.recognizer.recognize(sheet, known).rows
        again = replace(self, sheet=sheet, rows=[each.row for each in recognized], changed=recognized)
        return replace(again, rows=_with_keys_by_values(again, self))


def _with_keys_by_values(now: KnownSheet, before: KnownSheet) -> Sequence[Row]:
    """The current rows; those with an unknown key take the key of the one missing row with the same values.

    Keys change, for example, when a column is renamed.
    """
    here = {row.key for row in now.rows}
    missing = {row.key: _values(row, before.sheet) for row in before.rows if row.key not in here}
    if not missing:
        return now.rows
    known = {row.key for row in before.rows}
    counts = Counter(_values(row, now.sheet) for row in now.rows)
    keys = {values: key for key, values in missing.items() if counts[values] == 1}
    unique = Counter(missing.values())
    return tuple(
        replace(row, key=keys[values])
        if row.key not in known and (values := _values(row, now.sheet)) in keys and unique[values] == 1
        else row
        for row in now.rows
    )


def _values(row: Row, sheet: DataSheet) -> tuple[str, ...]:
    """A row's values, independent of the names and the order of its columns."""
    cells = (row.cells.get(column.number) for column in sheet.header.columns)
    return tuple(sorted(f"{cell.kind} {cell.value}" for cell in cells if cell))


def _fill_in(row: Row, sheet: DataSheet, binding: Binding | None, locale: str) -> Outcome:
    if binding is None:
        return None
    values = sheet.values_of(row, binding.names.used, locale)
    return fill_in_and_check(
        binding, values, RowCellLocator(binding.names, sheet.worksheet.name, row.number, values)
    )


def fill_in_and_check(
    binding: Binding, values: Mapping[int, TemplateValue], cell_of: CellLocator
) -> FilledIn | tuple[Problem, ...]:
    """Fill in a row: returns its project, or the problems that prevent submission.

    Args:
        binding: the template
        values: the row's values by column number, at least those that the template uses
        cell_of: finds the cell that fills a JSON path
    """
    outcome = binding.renderer.render(binding.names.context(values))
    if isinstance(outcome, FilledIn):
        return find_problems(outcome.strings, cell_of) or outcome
    return tuple(with_cell(problem, cell_of) for problem in outcome)


def _without_doubled_ids(known: SheetVideos) -> SheetVideos:
    """The records; those with an id that the service gave to several submissions count as failed."""
    doubled = doubled_ids(known.own)
    if not doubled:
        return known
    own = (
        replace(video, state=State.FAILED, video_url=None, problem=doubled_id(doubled[str(video.job)]))
        if video.job in doubled
        else video
        for video in known.own
    )
    return replace(known, own=tuple(own))


def _matched(
    rows: Sequence[Row],
    outcomes: Sequence[Outcome],
    known: SheetVideos,
    sheet: DataSheet,
    key_columns: KeyColumns,
) -> Matches:
    keyed = bool(key_columns.named)
    latest = {video.key: video for video in known.own}
    by_key = {key: hashed_name(video.cells, key_columns) for key, video in latest.items()} if keyed else {}
    # Hashing every row is only worth it for videos that were made before the key was given.
    names = {row.name for row in rows}
    older = {key: name for key, name in by_key.items() if name and key not in names}
    facts = [
        RowFacts(
            row.number,
            row.name,
            row.content,
            str(outcome.fingerprint) if isinstance(outcome, FilledIn) else "",
            row.job,
            hashed_name(hashed_cells(row, sheet.header), key_columns) if older else "",
        )
        for row, outcome in zip(rows, outcomes, strict=True)
    ]
    return match_rows(facts, known.own, known.elsewhere, keyed=keyed, hashed_names=older)


def _with_practice(row: Row, jobs: frozenset[str], settings: Settings) -> Row:
    """The row with the results of practice runs as complete in one, and without them in any other run."""
    is_practice = Status.of(row.status) is Status.PRACTICE
    if settings.simulate:
        return replace(row, status=Status.COMPLETE, status_cell=Status.COMPLETE) if is_practice else row
    is_simulated = row.job.startswith(SIMULATED_ID) and row.job not in jobs
    if is_practice or (is_simulated and not settings.trusts_simulated):
        return replace(row, job="", id_cell="", status="", url="")
    return row


def _is_latest(sheet: DataSheet, rows: Sequence[Row], stamp: datetime | None) -> bool:
    """Whether this is provably the workbook that castmerge wrote last, not an older or restored copy."""
    if stamp is None or not sheet.has_result_columns:
        return False
    newest = max((row.updated for row in rows), default=0.0)
    expected = serial_number(stamp.astimezone(UTC).replace(tzinfo=None), date1904=sheet.worksheet.date1904)
    return abs(newest - expected) <= _STAMP_TOLERANCE / timedelta(days=1)


def _recognized(
    row: Row, outcome: Outcome, entry: Entry | None, by: MatchedBy | None, *, is_new_id: bool, is_latest: bool
) -> RecognizedRow:
    """One row with its video.

    Args:
        row: with its key and its problem
        outcome: its project or its problems
        entry: the record of its video, or None
        by: what row and video have in common, or None
        is_new_id: whether the row shows an id that neither the journal nor another row knows
        is_latest: whether the workbook is provably the one that castmerge last wrote
    """
    if entry and not entry.may_exist and row.job and is_new_id:
        # The journal only knows that nothing was sent from here, so another computer made this video.
        entry, by = None, MatchedBy.SHEET
    if by in (MatchedBy.SHEET, MatchedBy.CONTESTED):
        return RecognizedRow(row, None, outcome, by)
    if entry is None:
        # Without an id only the mark of a submission counts: its writer may have a journal elsewhere.
        is_marked = not row.job and Status.of(row.status) is Status.CHECK
        return RecognizedRow(row if is_marked else _blank(row), None, outcome, None)
    is_blank = not (row.id_cell or row.status_cell)
    row = replace(row, cleared=bool(is_blank and is_latest and entry.written and entry.job))
    if entry.key != row.key:
        # The same video in another sheet, or in another row: it was never written here.
        entry = replace(entry, key=row.key, written=0)
    return RecognizedRow(row if row.job in ("", entry.job) else _blank(row), entry, outcome, by)


def _blank(row: Row) -> Row:
    """The row without results that belong to another row."""
    return replace(row, job="", status="", url="")


def vouched_by(listed: Mapping[JobId, Tag], recognized: Recognized) -> tuple[Entry, ...]:
    """Records of videos that only the sheet and the service know.

    A tag shows which content a video was made from. A listed video that matches no row's content was made
    from something that has changed since, and gets a fingerprint of its own.

    Args:
        listed: tags of the ids in question, as far as the service lists them
        recognized: the rows
    """
    makers = _makers(recognized.rows, keyed=recognized.is_keyed) if listed else {}
    showing = {JobId(each.row.id_cell): each for each in reversed(recognized.rows) if each.row.id_cell}
    found = []
    for job, tag in listed.items():
        shown = showing.get(job)
        if tag in makers:
            found.append(_record(job, shown, *makers[tag], tag))
        elif shown and isinstance(shown.outcome, FilledIn):
            changed = RowKey(f"{shown.row.key} {tag}"), Fingerprint(f"of {tag}"), 0
            found.append(_record(job, shown, *changed, tag))
    return tuple(found)


def _makers(rows: Sequence[RecognizedRow], *, keyed: bool) -> dict[Tag, tuple[RowKey, Fingerprint, int]]:
    """Key, fingerprint and generation of every tag that a row's content may have been submitted with."""
    counts = Counter(each.row.name for each in rows)
    contents = {
        (each.row.name, each.outcome.fingerprint) for each in rows if isinstance(each.outcome, FilledIn)
    }
    makers: dict[Tag, tuple[RowKey, Fingerprint, int]] = {}
    for name, fingerprint in contents:
        for number in range(1, counts[name] + _DELETED + 1):
            key = numbered_key(name, number, keyed=keyed)
            for generation in range(GENERATIONS):
                makers[make_tag(key, fingerprint, generation)] = key, fingerprint, generation
    return makers


def _record(
    job: JobId, shown: RecognizedRow | None, key: RowKey, fingerprint: Fingerprint, generation: int, tag: Tag
) -> Entry:
    """The record of a listed video, with what else the row that shows its id contains."""
    state = _STATES.get(Status.of(shown.row.status_cell), State.SUBMITTED) if shown else State.SUBMITTED
    url = shown.row.url if shown and state is State.COMPLETE else ""
    if state is State.COMPLETE and not url:
        state = State.SUBMITTED
    return Entry(
        key=key,
        row_number=shown.row.number if shown else 0,
        content=shown.row.content if shown else "",
        fingerprint=fingerprint,
        tag=tag,
        state=state,
        generation=generation,
        job=job,
        video_url=url or None,
        written=1,
    )


_STATES = {
    Status.COMPLETE: State.COMPLETE,
    Status.OUT_OF_DATE: State.COMPLETE,
    Status.DRAFT: State.DRAFT,
    Status.FAILED: State.FAILED,
}
