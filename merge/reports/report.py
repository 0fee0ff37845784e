"""Collect what a report shows: the status of each row, what to do about it, and its scenes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from merge.errors import InputError
from merge.input.data_sheet import DataSheet
from merge.input.row_identity import SIMULATED_ID
from merge.input.template_file import bind_to_sheet
from merge.model import Problem, Row
from merge.plan.decide import DRAFT_NOTE, FAILED_NOTE, OUT_OF_DATE_NOTE
from merge.plan.plan import Plan
from merge.plan.planned_rows import PlannedRow
from merge.project.drawing import draw_scenes
from merge.reports.html import Note, Report, ReportRow
from merge.reports.row_titles import RowNames, texts_of, titles_of
from merge.results import MergeResult, RowStatus, count_rows, exit_code_of
from merge.run.collect import SheetStatus, read_sheet_status
from merge.settings import Settings
from merge.sheet.result_columns import Status
from merge.template.render_json import NAME_PATH

_CHANGED = "The row or the template has changed since then. The picture shows the video as it would be now."
_NOTES = {
    Status.FAILED: FAILED_NOTE,
    Status.DRAFT: DRAFT_NOTE,
    Status.OUT_OF_DATE: OUT_OF_DATE_NOTE,
    Status.CHECK: "AI Studios didn't confirm this row, so it may be making the video. "
    "Open castmerge again. It looks for the video, and sends nothing twice.",
}
"""What to do about rows with these statuses."""
_UNKNOWN = "castmerge doesn't know the template"
_RETRY = "Try again"
_LEFT = Note(
    "",
    "This row was deleted, or changed too much to recognize. Its video is in the journal",
)


def make_report(
    workbook: Path, template: Path | None, settings: Settings, now: datetime
) -> tuple[Report, MergeResult]:
    """Collect everything that a report shows, and its summary. Sends and writes nothing.

    Args:
        workbook: the workbook
        template: for pictures; None for the template of the last run
        settings: sheet, journal, constants and locale are used
        now: in UTC

    Raises:
        InputError: the workbook can't be read, or several of its sheets could be meant
    """
    status = read_sheet_status(workbook, settings, template)
    plan, results = status.plan, status.results
    pictures = _Pictures(plan.saved.fill_options.locale, _missing(status, template, settings))
    titles = titles_of([pictures.named(planned, plan.sheet) for planned in plan.rows])
    notes = _Notes(plan)
    there = [
        pictures.row(ReportRow(result, title, notes.of(result, planned)), planned)
        for result, title, planned in zip(results, titles, plan.rows, strict=True)
    ]
    left = [ReportRow(result, f"Was in row {result.row}", (_LEFT,), left=True) for result in status.left]
    summary = replace(status.summary(), exit_code=exit_code_of(count_rows(results)))
    report = Report(
        workbook=workbook.name,
        sheet=plan.sheet.worksheet.name,
        template=Path(plan.recognizer.template or plan.saved.template).name,
        made_at=now,
        rows=(*there, *left),
        credits=replace(summary, rows=(*results, *status.left)).credits,
        without_pictures=pictures.missing,
        simulated=any((result.video_id or "").startswith(SIMULATED_ID) for result in results),
    )
    return report, summary


@dataclass(frozen=True, slots=True)
class _Pictures:
    """The rows filled in again, if their template is available.

    Attributes:
        locale: of the last run
        missing: why there are no pictures, or ""
    """

    locale: str
    missing: str = ""

    def named(self, planned: PlannedRow, sheet: DataSheet) -> RowNames:
        """What a row's title can be made of."""
        filled_in = planned.filled_in
        name = filled_in.strings[NAME_PATH] if filled_in else ""
        return RowNames(planned.row.number, name, list(texts_of(planned.row, sheet, self.locale)))

    def row(self, row: ReportRow, planned: PlannedRow) -> ReportRow:
        """The row with its scenes."""
        filled_in = planned.filled_in
        if filled_in is None:
            return row
        changed = planned.entry is not None and planned.is_outdated(planned.entry)
        remark = _CHANGED if changed and row.result.video_id else ""
        return replace(row, drawings=draw_scenes(json.loads(filled_in.body)), remark=remark)


def _missing(status: SheetStatus, template: Path | None, settings: Settings) -> str:
    """Why there are no pictures, or ""."""
    plan, saved = status.plan, status.plan.saved
    if plan.names is not None:
        return ""
    if plan.recognizer.template is None:
        why = f"castmerge can't find the template {saved.template} any more" if saved.template else _UNKNOWN
        return f"There are no pictures of the scenes, because {why}. To get them, add -t with the template."
    try:
        bind_to_sheet(template or plan.recognizer.template, plan.sheet, settings)
    except InputError as error:
        return f"There are no pictures of the scenes: {error}. {error.hint}".strip()
    return ""


class _Notes:
    """The notes on rows, each with what to do."""

    def __init__(self, plan: Plan) -> None:
        sheet = plan.sheet
        self._written_notes = {line.number: sheet.results.note_of(line) for line in sheet.data_rows}

    def of(self, result: RowStatus, planned: PlannedRow) -> tuple[Note, ...]:
        """The notes of one row."""
        stops = result.status in (Status.FAILED, Status.INVALID, Status.CHECK)
        return tuple(replace(note, stops=stops) for note in self._found(result, planned))

    def _found(self, result: RowStatus, planned: PlannedRow) -> Iterable[Note]:
        problems = [Note(_place(each), each.message, each.hint) for each in _problems(result, planned)]
        default = [Note("", text)] if (text := _NOTES.get(result.status, "")) else []
        if result.status in (Status.FAILED, Status.INVALID):
            problems = problems or self._written_note(planned.row)
        if result.status is Status.FAILED and not any(_RETRY in problem.text for problem in problems):
            return [*problems, *default]
        return problems or default

    def _written_note(self, row: Row) -> list[Note]:
        note = self._written_notes[row.number].removesuffix(FAILED_NOTE).strip()
        return [Note("", note)] if note else []


def _problems(result: RowStatus, planned: PlannedRow) -> Iterable[Problem]:
    if result.status is Status.INVALID:
        return [planned.row.problem] if planned.row.problem else planned.problems
    return [planned.entry.problem] if planned.entry and planned.entry.problem else []


def _place(problem: Problem) -> str:
    """The cell; readers of a report don't know JSON paths."""
    return problem.place if "!" in problem.place else ""
