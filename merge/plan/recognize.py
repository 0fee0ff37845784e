"""Recognize the rows of a sheet: which video belongs to which. Every command that reads a sheet uses this."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeAlias, cast

from merge.checks.project_checks import CellLocator, find_problems, with_cell
from merge.errors import InputError
from merge.input.data_sheet import DataSheet
from merge.input.open_sheet import SavedSheetSettings
from merge.input.row_identity import (
    SIMULATED_ID,
    KeyColumns,
    duplicates,
    hashed_cells,
    hashed_name,
    read_rows,
)
from merge.input.template_file import bind_to_sheet
from merge.model import (
    Entry,
    Fingerprint,
    JobId,
    Problem,
    Row,
    RowKey,
    SheetRow,
    SheetVideos,
    State,
    Tag,
)
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
from merge.plan.records import Outcome, OutcomeRecord, outcome_of, outcome_record, row_of, row_record
from merge.project.fingerprint import make_tag
from merge.settings import Settings
from merge.sheet.packed import HashSet, Make, Packed, Record, repeated, repeated_hashes
from merge.sheet.result_columns import Status
from merge.sheet.serial_dates import serial_number
from merge.sheet.values import TemplateValue
from merge.template.bind_json import Binding
from merge.template.name_resolution import RowCellLocator
from merge.template.render_json import FilledIn

ReadRow: TypeAlias = tuple[int, Row, Outcome]
"""The position of a row, the row, and its outcome."""
Examine: TypeAlias = Callable[[Row, FilledIn], None]
"""Takes note of a row while it is filled in; projects aren't kept."""

_DELETED = 2
"""The assumed number of deleted rows with one name, whose keys the remaining rows may have."""
_STAMP_TOLERANCE = timedelta(seconds=0.9)
"""Programs round a time of day when they save it; two write-backs are at least two seconds apart."""


class RecognizedRow(NamedTuple):
    """A row, and the video that belongs to it.

    Attributes:
        row: with its key; its id, status and link are blank if they are another row's
        entry: the record of its video, or None for a new row
        outcome: the fingerprint of its project, or its problems
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
        if isinstance(self.outcome, str):
            # A video that was collected by its id has no fingerprint: nothing says that the row changed.
            return self.entry.fingerprint not in ("", self.outcome)
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
        filler: fills in a row again, or None
        is_keyed: whether rows have names from `--key`
    """

    rows: Sequence[RecognizedRow]
    unplaced: tuple[Entry, ...] = ()
    unvouched: frozenset[JobId] = frozenset()
    misplaced: int = 0
    filler: Filler | None = None
    is_keyed: bool = False


@dataclass(frozen=True, slots=True)
class Filler:
    """Fills in and checks the rows of a sheet.

    Attributes:
        sheet: the worksheet
        binding: the template bound to its columns
        locale: for number formats without a language
    """

    sheet: DataSheet
    binding: Binding
    locale: str

    def outcome(self, row: Row) -> FilledIn | tuple[Problem, ...]:
        """A row's project, or the problems that prevent submission."""
        names, worksheet = self.binding.names, self.sheet.worksheet
        values = self.sheet.values_of(row, names.used, self.locale)
        return fill_in_and_check(
            self.binding, values, RowCellLocator(names, worksheet.name, row.number, values)
        )

    def filled_in(self, row: Row) -> FilledIn | None:
        """A row's project, or None if it has problems."""
        outcome = self.outcome(row)
        return outcome if isinstance(outcome, FilledIn) else None


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
        filler = Filler(sheet, binding, self.settings.locale) if binding else None
        columns = self.saved.key_columns(sheet)
        return recognize(sheet, columns, self.known(known), filler, self.settings)

    def known(self, known: SheetVideos) -> SheetVideos:
        """What the journal knows, and what the service vouches for."""
        return replace(known, own=(*self.vouched, *known.own)) if self.vouched else known

    def _bound(self, sheet: DataSheet) -> Binding | None:
        if self.template is None:
            return None
        try:
            return bind_to_sheet(self.template, sheet, self.settings)
        except InputError:
            return None


def recognize(
    sheet: DataSheet,
    key_columns: KeyColumns,
    known: SheetVideos,
    filler: Filler | None,
    settings: Settings,
    examine: Examine | None = None,
) -> Recognized:
    """Read a sheet row by row, fill in each row, and match it with the videos that are known.

    Args:
        sheet: the worksheet
        key_columns: the columns that identify rows
        known: what the journal knows
        filler: fills in the rows, or None
        settings: whether videos of the simulator count that the journal doesn't know
        examine: gets every project
    """
    jobs = known.jobs
    own_results = partial(_with_practice, jobs=jobs, settings=settings)
    reader = _Reader(filler, examine, own_results, is_keyed=bool(key_columns.named))
    records = (
        (position, outcome_record(outcome), row_record(row))
        for position, row, outcome in reader.read(read_rows(sheet, key_columns))
    )
    make = cast("Make[ReadRow]", partial(_read, sheet.worksheet.rows))
    read = Packed(records, make)
    known = _without_doubled_ids(known)
    is_first = not (known.own or known.elsewhere or reader.shown or repeated_hashes(reader.names))
    matches = None if is_first else _matched(read, known, sheet, key_columns)
    # Next to results that have been moved, a blank cell says nothing about its row.
    is_latest = not (matches and matches.misplaced) and _is_latest(sheet, reader.newest, known.stamp)
    problems = duplicates((row for _, row, _ in read), key_columns, repeated_hashes(reader.told_apart_by))
    new_ids = frozenset(job for job, rows in reader.shown.items() if rows == 1 and job not in jobs)
    found = _Found(matches, problems, new_ids, is_latest)
    rows = read.then(lambda each: found.row(*each))
    showing = [each for each in rows if each.row.id_cell] if reader.shown else []
    return Recognized(
        rows,
        unplaced=matches.unplaced if matches else (),
        unvouched=frozenset(
            JobId(each.row.id_cell)
            for each in showing
            if each.matched_by in (MatchedBy.SHEET, MatchedBy.CONTESTED) and each.row.id_cell not in jobs
        ),
        misplaced=sum(each.is_misplaced for each in showing),
        filler=filler,
        is_keyed=bool(key_columns.named),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found out about the rows of a sheet.

    Attributes:
        matches: which row has which video; None if all rows are new and have names of their own
        problems: of rows that can't be told apart, by position
        new_ids: ids that one row shows and the journal doesn't know
        is_latest: whether the workbook is provably the one that castmerge last wrote
    """

    matches: Matches | None
    problems: Mapping[int, Problem]
    new_ids: frozenset[str]
    is_latest: bool

    def row(self, position: int, row: Row, outcome: Outcome) -> RecognizedRow:
        """A row with its video."""
        problem = row.problem or self.problems.get(position)
        matches = self.matches
        if matches is None:
            row = row._replace(problem=problem) if problem else row
            return _recognized(row, outcome, None, None, is_new_id=False, is_latest=self.is_latest)
        row = row._replace(
            key=matches.keys[position],
            tag_key=matches.tag_keys[position],
            problem=matches.problems.get(position) or problem,
        )
        is_new_id, video, by = row.job in self.new_ids, matches.videos[position], matches.matched_by[position]
        return _recognized(row, outcome, video, by, is_new_id=is_new_id, is_latest=self.is_latest)


def _read(rows: Sequence[SheetRow], position: int, outcome: OutcomeRecord, row: Record) -> ReadRow:
    return position, row_of(rows, *row), outcome_of(outcome)


class _Reader:
    """Fills in rows one by one, and counts what they show.

    Attributes:
        shown: how many rows show each id
        newest: the newest `Video Updated`, a serial number
        names: hashes of the rows' names
        contents: hashes of their contents
    """

    def __init__(
        self,
        filler: Filler | None,
        examine: Examine | None,
        own_results: Callable[[Row], Row],
        *,
        is_keyed: bool,
    ) -> None:
        self._filler = filler
        self._examine = examine
        self._own_results = own_results
        self._is_keyed = is_keyed
        self.shown: Counter[str] = Counter()
        self.newest = 0.0
        self.names = array("q")
        self.contents = array("q")

    @property
    def told_apart_by(self) -> Iterable[int]:
        """Hashes of what must be different in each row."""
        return self.names if self._is_keyed else self.contents

    def read(self, rows: Iterable[Row]) -> Iterator[ReadRow]:
        """Each row with its position and its outcome."""
        for position, each in enumerate(rows):
            row = self._own_results(each)
            self.newest = max(self.newest, row.updated)
            self.names.append(hash(row.name))
            self.contents.append(hash(row.content))
            if row.job:
                self.shown[row.job] += 1
            yield position, row, self._outcome(row)

    def _outcome(self, row: Row) -> Outcome:
        outcome = self._filler.outcome(row) if self._filler else None
        if not isinstance(outcome, FilledIn):
            return outcome
        if self._examine:
            self._examine(row, outcome)
        return outcome.fingerprint


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
    """The records; those with an id that the service gave to several submissions have failed."""
    several = repeated(video.job for video in known.own if video.job)
    doubled = doubled_ids(video for video in known.own if hash(video.job) in several) if several else {}
    if not doubled:
        return known
    own = (
        replace(video, state=State.FAILED, video_url=None, problem=doubled_id(doubled[str(video.job)]))
        if video.job in doubled
        else video
        for video in known.own
    )
    return replace(known, own=tuple(own))


def _matched(read: Packed[ReadRow], known: SheetVideos, sheet: DataSheet, key_columns: KeyColumns) -> Matches:
    keyed = bool(key_columns.named)
    older: Mapping[RowKey, str] = {}
    if keyed and known.own:
        # Hashing every row is only worth it for videos that were made before the key was named.
        names = HashSet(lambda: (row.name for _, row, _ in read))
        unnamed = (video for video in known.own if video.key not in names)
        by_key = {video.key: hashed_name(video.cells, key_columns) for video in unnamed}
        older = {key: name for key, name in by_key.items() if name}

    def facts(_: int, row: Row, outcome: Outcome) -> RowFacts:
        fingerprint = outcome if isinstance(outcome, str) else ""
        hashed = hashed_name(hashed_cells(row, sheet.header), key_columns) if older else ""
        return RowFacts(row.number, row.name, row.content, fingerprint, row.job, hashed)

    return match_rows(
        read.then(lambda each: facts(*each)), known.own, known.elsewhere, keyed=keyed, hashed_names=older
    )


def _with_practice(row: Row, jobs: frozenset[str], settings: Settings) -> Row:
    """The row with the results of practice runs as complete in one, and without them in any other run."""
    is_practice = Status.of(row.status) is Status.PRACTICE
    if settings.simulate:
        return row._replace(status=Status.COMPLETE, status_cell=Status.COMPLETE) if is_practice else row
    is_simulated = row.job.startswith(SIMULATED_ID) and row.job not in jobs
    if is_practice or (is_simulated and not settings.trusts_simulated):
        return row._replace(job="", id_cell="", status="", url="")
    return row


def _is_latest(sheet: DataSheet, newest: float, stamp: datetime | None) -> bool:
    """Whether this is provably the workbook that castmerge last wrote, not an older or restored copy."""
    if stamp is None or not sheet.has_result_columns:
        return False
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
    if is_blank and is_latest and entry.written and entry.job:
        row = row._replace(cleared=True)
    if entry.key != row.key:
        # The same video in another sheet, or in another row: it was never written here.
        entry = replace(entry, key=row.key, written=0)
    return RecognizedRow(row if row.job in ("", entry.job) else _blank(row), entry, outcome, by)


def _blank(row: Row) -> Row:
    """The row without results that belong to another row."""
    if not (row.job or row.status or row.url):
        return row
    return row._replace(job="", status="", url="")


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
        elif shown and isinstance(shown.outcome, str):
            changed = RowKey(f"{shown.row.key} {tag}"), Fingerprint(f"of {tag}"), 0
            found.append(_record(job, shown, *changed, tag))
    return tuple(found)


def _makers(rows: Sequence[RecognizedRow], *, keyed: bool) -> dict[Tag, tuple[RowKey, Fingerprint, int]]:
    """Key, fingerprint and generation of every tag that a row's content may have been submitted with."""
    counts = Counter(each.row.name for each in rows)
    contents = {(each.row.name, each.outcome) for each in rows if isinstance(each.outcome, str)}
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
