"""Gather what a report shows: the status of each row, what to do about it, and its scenes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from merge.errors import InputError
from merge.input.data_sheet import DataSheet
from merge.input.open_sheet import FillOptions, SavedSheetSettings
from merge.input.row_identity import SIMULATED_ID
from merge.model import Problem, Row
from merge.plan.decide import DRAFT_NOTE, FAILED_NOTE, OUT_OF_DATE_NOTE
from merge.plan.plan import Plan, PlannedRow, make_plan
from merge.project.drawing import Drawing, draw_scenes
from merge.reports.html import Note, Report, ReportRow
from merge.reports.row_titles import RowNames, texts_of, titles_of
from merge.results import MergeResult, RowStatus, count_rows, exit_code_of
from merge.run.collect import SheetStatus, read_sheet_status
from merge.settings import Selection, Settings
from merge.sheet.result_columns import Status
from merge.template.render_json import NAME_PATH

_CHANGED = (
    "The row or the template has changed since: the picture shows how it would be made now, not this video."
)
_NOTES = {
    Status.FAILED: FAILED_NOTE,
    Status.DRAFT: DRAFT_NOTE,
    Status.OUT_OF_DATE: OUT_OF_DATE_NOTE,
    Status.CHECK: "The answer to its submission was lost, so the service may be making it. "
    "Run the same command again: it looks for it, and submits nothing twice.",
}
"""What to do about rows with these statuses."""
_UNKNOWN = "its template is not known"
_RETRY = "--retry-failed"
_LEFT = Note(
    "",
    "This row has left the workbook, or was changed so far that it is not known again; "
    "what was made of it is kept in the journal",
)


def make_report(
    workbook: Path, template: Path | None, settings: Settings, now: datetime
) -> tuple[Report, MergeResult]:
    """Gather everything a report shows, and the same as a summary. Sends and writes nothing.

    Args:
        workbook: the workbook
        template: for pictures; None for the template of the last run
        settings: sheet, journal, constants and locale are used
        now: in UTC

    Raises:
        InputError: the workbook cannot be read, or several of its sheets could be meant
    """
    sheet_status = read_sheet_status(workbook, settings)
    pictures = _pictures(sheet_status, template or _template_of_last_run(sheet_status), settings)
    results = tuple(pictures.refined(result) for result in sheet_status.results)
    sheet = sheet_status.known.sheet
    notes = _Notes(sheet_status, pictures)
    titles = titles_of([pictures.named(row, sheet) for row in sheet_status.known.rows])
    there = [
        pictures.row(ReportRow(result, title, notes.of(result, row)))
        for result, title, row in zip(results, titles, sheet_status.known.rows, strict=True)
    ]
    left = [
        ReportRow(result, f"Formerly in row {result.row}", (_LEFT,), left=True)
        for result in sheet_status.removed
    ]
    code = exit_code_of(count_rows(results))
    summary = replace(sheet_status.summary(), rows=results, exit_code=code)
    report = Report(
        workbook=workbook.name,
        sheet=sheet.worksheet.name,
        template=pictures.template or Path(sheet_status.known.saved.template).name,
        made_at=now,
        rows=(*there, *left),
        credits=replace(summary, rows=(*results, *sheet_status.removed)).credits,
        without_pictures=pictures.missing,
        simulated=any((result.video_id or "").startswith(SIMULATED_ID) for result in results),
    )
    return report, summary


@dataclass(frozen=True, slots=True)
class _Pictures:
    """The rows filled in again, if their template is available.

    Attributes:
        planned: by row number
        fingerprints: of the submitted projects, by row number
        template: the template's file name, or ""
        missing: why there are no pictures, or ""
        locale: of the last run
    """

    planned: Mapping[int, PlannedRow] = field(default_factory=dict)
    fingerprints: Mapping[int, str] = field(default_factory=dict)
    template: str = ""
    missing: str = ""
    locale: str = FillOptions().locale

    def refined(self, result: RowStatus) -> RowStatus:
        """The result with the status `Invalid` if the row has no status yet and cannot be filled in."""
        planned = self.planned.get(result.row)
        stopped = planned is not None and planned.decision.status is Status.INVALID
        return replace(result, status=Status.INVALID) if stopped and not result.status else result

    def named(self, row: Row, sheet: DataSheet) -> RowNames:
        """What a row's title can be made of."""
        planned = self.planned.get(row.number)
        name = planned.filled_in.strings[NAME_PATH] if planned and planned.filled_in else ""
        return RowNames(row.number, name, list(texts_of(row, sheet, self.locale)))

    def row(self, row: ReportRow) -> ReportRow:
        """The row with its scenes."""
        planned = self.planned.get(row.result.row)
        if planned is None or planned.filled_in is None:
            return row
        made = self.fingerprints.get(row.result.row, "")
        changed = bool(row.result.video_id and made and made != planned.filled_in.fingerprint)
        return replace(row, drawings=_drawings(planned), remark=_CHANGED if changed else "")


def _drawings(planned: PlannedRow) -> tuple[Drawing, ...]:
    assert planned.filled_in is not None
    return draw_scenes(json.loads(planned.filled_in.project(planned.row.key).body))


def _template_of_last_run(sheet_status: SheetStatus) -> Path | None:
    """The template of the last run, in its old place or next to the workbook."""
    path = sheet_status.known.saved.template
    nearby = sheet_status.known.sheet.path.parent / Path(path).name
    return next((each for each in (Path(path), nearby) if path and each.is_file()), None)


def _pictures(sheet_status: SheetStatus, template: Path | None, settings: Settings) -> _Pictures:
    saved = sheet_status.known.saved
    if template is None:
        why = f"its template, {saved.template}, is not there any more" if saved.template else _UNKNOWN
        return _missing(f"{why}. Name it with -t.", saved)
    try:
        plan = _plan(sheet_status, template, settings)
    except InputError as error:
        return _missing(f"{error}. {error.hint}".strip(), saved)
    entries = ((row.number, sheet_status.entries.get(row.key)) for row in sheet_status.known.rows)
    return _Pictures(
        {planned.row.number: planned for planned in plan.rows},
        {number: entry.fingerprint for number, entry in entries if entry},
        template.name,
        locale=saved.fill_options.locale,
    )


def _missing(why: str, saved: SavedSheetSettings) -> _Pictures:
    return _Pictures(missing=f"There are no pictures of the scenes: {why}", locale=saved.fill_options.locale)


def _plan(sheet_status: SheetStatus, template: Path, settings: Settings) -> Plan:
    """Fill in every row as the last run did."""
    saved, default = sheet_status.known.saved, FillOptions()
    fill_options = saved.fill_options
    named = settings.locale != default.locale and not settings.locale_assumed
    return make_plan(
        sheet_status.known.sheet,
        template,
        Settings(
            selection=Selection(key=saved.key or settings.selection.key),
            project_options=fill_options.project_options,
            constants={**fill_options.constants, **settings.constants},
            columns={**fill_options.columns, **settings.columns},
            locale=settings.locale if named else fill_options.locale,
            column_prefix=saved.prefix,
            trust_simulated=True,
        ),
        sheet_status.entries,
    )


class _Notes:
    """The notes on rows, each with what to do."""

    def __init__(self, sheet_status: SheetStatus, pictures: _Pictures) -> None:
        self._sheet_status = sheet_status
        self._planned = pictures.planned
        sheet = sheet_status.known.sheet
        lines = {line.number: line for line in sheet.worksheet.rows}
        self._written_notes = {
            row.number: sheet.results.note_of(lines[row.number]) for row in sheet_status.known.rows
        }

    def of(self, result: RowStatus, row: Row) -> tuple[Note, ...]:
        """The notes of one row."""
        stops = result.status in (Status.FAILED, Status.INVALID, Status.CHECK)
        return tuple(replace(note, stops=stops) for note in self._found(result, row))

    def _found(self, result: RowStatus, row: Row) -> Iterable[Note]:
        problems = [Note(_place(each), each.message, each.hint) for each in self._problems(result, row)]
        default = [Note("", text)] if (text := _NOTES.get(result.status, "")) else []
        if result.status in (Status.FAILED, Status.INVALID):
            problems = problems or self._written_note(row)
        if result.status is Status.FAILED and not any(_RETRY in problem.text for problem in problems):
            return [*problems, *default]
        return problems or default

    def _written_note(self, row: Row) -> list[Note]:
        note = self._written_notes[row.number].removesuffix(FAILED_NOTE).strip()
        return [Note("", note)] if note else []

    def _problems(self, result: RowStatus, row: Row) -> Iterable[Problem]:
        entry = self._sheet_status.entries.get(row.key)
        if result.status is not Status.INVALID:
            return [entry.problem] if entry and entry.problem else []
        planned = self._planned.get(row.number)
        if planned is None:
            return [row.problem] if row.problem else []
        return [planned.row.problem] if planned.row.problem else planned.problems


def _place(problem: Problem) -> str:
    """The cell; readers of a report don't know JSON paths."""
    return problem.place if "!" in problem.place else ""
