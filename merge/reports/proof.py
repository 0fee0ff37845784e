"""Collect what a proof shows of a plan: each row is filled in again with marks around merged text."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from merge.checks.outliers import unusual_lengths, unusual_values
from merge.checks.warning import RowWarning
from merge.errors import CellError
from merge.input.template_file import bind_to_sheet
from merge.plan.approval import code_of
from merge.plan.decide import Action
from merge.plan.plan import Plan
from merge.plan.planned_rows import PlannedRow
from merge.project.drawing import draw_scenes
from merge.project.scripts import is_script, plain_text, spoken_text
from merge.project.speech_time import language_code, spoken_of
from merge.reports.check import CheckReport
from merge.reports.html import Note, Proof, ProofRow, Script, SheetCell, Shown
from merge.reports.page_text import page_text
from merge.reports.row_titles import RowNames, texts_of, titles_of
from merge.settings import Settings
from merge.sheet.addresses import cell_address
from merge.sheet.columns import Column
from merge.sheet.result_columns import Status
from merge.sheet.values import TemplateValue, exact_number
from merge.template.bind_json import Binding
from merge.template.merge_marks import Segments, merged_segments
from merge.template.render_json import NAME_PATH, FilledIn

_MEDIA = frozenset({"picture", "video"})
"""Parts whose URL is shown if it comes from the row."""


def make_proof(check: CheckReport, settings: Settings, command: str, left_alone: Iterable[str]) -> Proof:
    """Collect everything that a proof shows. Sends and writes nothing.

    Args:
        check: a plan with its findings
        settings: of the plan
        command: the command line that makes the videos shown
        left_alone: the rows that the plan leaves alone, as text

    Raises:
        TemplateError: the template was changed since the plan was made
    """
    plan = check.plan
    rows = [row for row in plan.rows if row.action is Action.SUBMIT or row.decision.status is Status.INVALID]
    notes = _Notes(check)
    marked = bind_to_sheet(plan.template, plan.sheet, settings, marks=True)
    reader = _Reader(plan, settings, marked)
    unnamed = [replace(reader.row(row), notes=notes.of(row)) for row in rows]
    titles = titles_of(
        [
            RowNames(row.number, row.title, reader.texts(planned))
            for row, planned in zip(unnamed, rows, strict=True)
        ]
    )
    titled = [replace(row, title=title) for row, title in zip(unnamed, titles, strict=True)]
    return Proof(
        workbook=plan.sheet.path.name,
        sheet=plan.sheet.worksheet.name,
        template=plan.template.name,
        command=command,
        code=code_of(plan),
        rows=tuple(_with_remarks(titled, reader.columns_of(rows))),
        left_alone=tuple(left_alone),
        notes=notes.of_sheet,
        drafts=settings.project_options.draft,
    )


def preview_row(check: CheckReport, settings: Settings, planned: PlannedRow) -> ProofRow:
    """One row as a proof shows it, without the remarks that compare it with others.

    Args:
        check: a plan with its findings
        settings: of the plan
        planned: one of its rows

    Raises:
        TemplateError: the template was changed since the plan was made
    """
    plan = check.plan
    marked = bind_to_sheet(plan.template, plan.sheet, settings, marks=True)
    return replace(_Reader(plan, settings, marked).row(planned), notes=_Notes(check).of(planned))


class _Notes:
    """Problems and warnings by row."""

    def __init__(self, check: CheckReport) -> None:
        self._by_row: dict[int, list[Note]] = defaultdict(list)
        for each in check.problems:
            # The card already shows the row number.
            place = each.place if "!" in each.place else ""
            note = Note(place, page_text(each.problem.message), page_text(each.problem.hint), stops=True)
            self._by_row[each.row].append(note)
        for warning in check.warnings:
            for row in warning.rows:
                self._by_row[row].append(_note(warning))
        self.of_sheet = tuple(_note(warning) for warning in check.warnings if not warning.rows)

    def of(self, planned: PlannedRow) -> tuple[Note, ...]:
        return tuple(self._by_row.get(planned.row.number, ()))


def _note(warning: RowWarning) -> Note:
    # Readers of a proof don't know JSON paths; the message says what is meant.
    place = "" if warning.place.startswith("$") else warning.place
    return Note(place, page_text(warning.message), page_text(warning.hint))


class _Reader:
    """Turns planned rows into rows of a proof."""

    def __init__(self, plan: Plan, settings: Settings, marked: Binding) -> None:
        self._plan = plan
        self._settings = settings
        self._marked = marked
        self._used = marked.names.used

    def row(self, planned: PlannedRow) -> ProofRow:
        """One row, without remarks that compare it with others."""
        values = self._values(planned)
        cells = tuple(self._cell(planned, column, values[column.number]) for column in self._used)
        row = ProofRow(planned.row.number, "", cells=cells)
        filled_in = planned.filled_in
        return row if filled_in is None else _with_scenes(row, filled_in, self._marks(values))

    def texts(self, planned: PlannedRow) -> Sequence[str]:
        """The texts of its cells."""
        return list(texts_of(planned.row, self._plan.sheet, self._settings.locale))

    def columns_of(self, rows: Sequence[PlannedRow]) -> list[list[float | None]]:
        """The numbers in each column that is used; None for other values."""
        values = [self._values(planned) for planned in rows]
        return [[_number(of_row[column.number]) for of_row in values] for column in self._used]

    def _values(self, planned: PlannedRow) -> Mapping[int, TemplateValue]:
        return self._plan.sheet.values_of(planned.row, self._used, self._settings.locale)

    def _cell(self, planned: PlannedRow, column: Column, value: TemplateValue) -> SheetCell:
        address = cell_address(self._plan.sheet.worksheet.name, planned.row.number, column.number)
        return SheetCell(" ".join(column.header.split()), address, _text(value))

    def _marks(self, values: Mapping[int, TemplateValue]) -> Mapping[str, str]:
        filled_in = self._marked.renderer.render(self._marked.names.context(values))
        return filled_in.strings if isinstance(filled_in, FilledIn) else {}


def _with_scenes(row: ProofRow, filled_in: FilledIn, marks: Mapping[str, str]) -> ProofRow:
    project = json.loads(filled_in.body)
    values = [cell.text for cell in row.cells]

    def pieces(path: str, text: str) -> Segments:
        if path not in filled_in.strings:
            return ((text, False),)
        read = spoken_text if is_script(path) else plain_text
        return merged_segments(text, read(marks.get(path, "")), values)

    drawings = draw_scenes(project)
    return replace(
        row,
        title=filled_in.strings[NAME_PATH],
        drawings=drawings,
        scripts=tuple(
            Script(
                said.scene,
                pieces(said.path, said.text),
                said.seconds,
                said.avatar,
                language_code(said.language),
            )
            for said in spoken_of(project)
        ),
        shown=tuple(
            Shown(number, pieces(part.path, part.words), part.kind)
            for number, drawing in enumerate(drawings)
            for part in drawing.parts
            if part.kind == "text" or (part.kind in _MEDIA and part.path in filled_in.strings)
        ),
    )


def _with_remarks(rows: Sequence[ProofRow], numbers: Sequence[Sequence[float | None]]) -> Iterator[ProofRow]:
    made = [row for row in rows if not row.stopped]
    lengths = unusual_lengths([row.seconds for row in made])
    remarks = {row.number: said for row, said in zip(made, lengths, strict=True)}
    columns = [
        unusual_values([row.cells[place].text for row in rows], column)
        for place, column in enumerate(numbers)
    ]
    for turn, row in enumerate(rows):
        cells = (replace(cell, remark=column[turn]) for cell, column in zip(row.cells, columns, strict=True))
        yield replace(row, cells=tuple(cells), remark=remarks.get(row.number, ""))


def _text(value: TemplateValue) -> str:
    try:
        return str(value)
    except CellError:
        return ""


def _number(value: TemplateValue) -> float | None:
    try:
        digits = exact_number(value)
    except CellError:
        return None
    return float(digits) if digits and not isinstance(value, str) else None
