"""Problems and warnings of a plan: what a user should see before anything is spent."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import compress
from operator import not_
from pathlib import Path
from typing import TypeVar

from merge.checks.conditions import words_for_no
from merge.checks.project_checks import CellLocator, Check, checks_of, no_cell, placed, that_read
from merge.checks.sheet_checks import (
    RegionalFormats,
    SameVideos,
    hidden_rows,
    struck_rows,
    unused_columns,
    unused_names,
)
from merge.checks.sheet_content import SheetContent
from merge.checks.warning import RowWarning, WarningKind
from merge.input.data_sheet import DataSheet
from merge.input.template_file import JINJA
from merge.model import JSON, Problem, Row, SheetRow
from merge.plan.decide import Action
from merge.plan.planned_rows import PlannedRow, PlannedRows
from merge.plan.selection import no_rows, words_tested
from merge.project.scripts import is_script, is_shown
from merge.project.tree import Setter, setters
from merge.settings import Settings
from merge.sheet.columns import Column
from merge.sheet.packed import HashSet, Some
from merge.sheet.result_columns import Status
from merge.template.name_resolution import ResolvedNames, RowCellLocator
from merge.template.render_json import FilledIn

Finding = TypeVar("Finding")
_ORDER = {kind: order for order, kind in enumerate(WarningKind)}
_QUOTED_OR_NUMBER = re.compile(r"'[^\n]*?'(?!\w)|“[^”]*”|\d[\d.,]*")


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A problem, and the row that it stops."""

    problem: Problem
    row: int

    @property
    def place(self) -> str:
        """The cell, or the row if it isn't about a single cell."""
        return self.problem.place if "!" in self.problem.place else f"row {self.row}"

    @property
    def path(self) -> str:
        """The JSON path that it is about, or ""."""
        problem = self.problem
        return problem.path or (problem.place if problem.place.startswith("$") else "")

    def to_dict(self) -> dict[str, JSON]:
        """The problem as `check --json` prints it."""
        return {
            "row": self.row,
            "place": self.place,
            "message": self.problem.message,
            "hint": self.problem.hint,
            "path": self.path,
        }


@dataclass(frozen=True, slots=True)
class Found:
    """What a user should see of a plan.

    Attributes:
        problems: in the order of the rows
        warnings: most costly first
    """

    problems: Sequence[RowProblem]
    warnings: Sequence[RowWarning]


class Findings:
    """Takes note of rows while they are filled in, and afterwards says what is to be seen of those chosen."""

    def __init__(self, sheet: DataSheet, names: ResolvedNames, template: Path, settings: Settings) -> None:
        self._sheet = sheet
        self._names = names
        self._settings = settings
        self._checker = ProjectChecker(same_structure=template.suffix.lower() != JINJA)
        self._rows: dict[RowWarning, list[int]] = {}
        self._same_videos = SameVideos()
        self._regional = RegionalFormats(
            names.used if settings.locale_assumed else (), sheet.worksheet.name, settings.locale
        )

    def note(self, row: Row, filled_in: FilledIn) -> None:
        """Take note of a row, unless it already shows a result: most of these aren't submitted."""
        if not _shows_result(row):
            self._note(row, filled_in)

    def _note(self, row: Row, filled_in: FilledIn) -> None:
        if self._checker.warnings_of(filled_in):
            # Locating cells is slow, and most rows have no warnings.
            place = cell_locator(row, self._names, self._sheet, self._settings.locale)
            for warning in self._checker.warnings_of(filled_in, place):
                self._rows.setdefault(warning, []).append(row.number)
        self._same_videos.add(row.number, filled_in.strings)
        date1904 = self._sheet.worksheet.date1904
        self._regional.add(row.number, row.cells, filled_in.strings.values(), date1904=date1904)

    def found(self, rows: PlannedRows, left_out: int) -> Found:
        """The problems of rows, and the warnings about those that are to be submitted.

        Args:
            rows: the selected rows
            left_out: number of rows that weren't selected
        """
        problems: list[RowProblem] = []
        numbers, places, hidden = array("L"), array("L"), []
        for planned in rows:
            row = planned.row
            problems.extend(problems_of(planned))
            if planned.action is not Action.SUBMIT:
                continue
            numbers.append(row.number)
            places.append(row.place)
            if row.hidden:
                hidden.append(row.number)
            if _shows_result(row) and (filled_in := planned.filled_in):
                self._note(row, filled_in)
        chosen = HashSet(lambda: numbers)
        by_row = (
            replace(warning, rows=tuple(sorted(filter(chosen.__contains__, found))))
            for warning, found in self._rows.items()
        )
        of_sheet = self._warnings_of_sheet(
            hidden, chosen, Some(self._sheet.worksheet.rows, places), nothing=bool(left_out) and not rows
        )
        return Found(problems, by_cost([*filter(lambda warning: warning.rows, by_row), *of_sheet]))

    def _warnings_of_sheet(
        self, hidden: Sequence[int], chosen: Collection[int], rows: Sequence[SheetRow], *, nothing: bool
    ) -> Iterator[RowWarning]:
        sheet, settings, selection = self._sheet, self._settings, self._settings.selection
        name, used = sheet.worksheet.name, self._names.used
        yield from sheet.warnings
        if nothing:
            yield from no_rows(sheet, settings)
        left_out = [row.number for row in sheet.data_rows if row.hidden] if selection.visible_only else []
        yield from hidden_rows(hidden, left_out, name)
        yield from struck_rows(chosen, sheet.worksheet.struck, used, name)
        yield from self._same_videos.warnings(name, chosen)
        yield from (warning for warning in self._regional.warnings() if warning.rows[0] in chosen)
        yield from SheetContent(
            sheet.header,
            spoken_columns(self._names),
            name,
            rows,
            date1904=sheet.worksheet.date1904,
            locale=settings.locale,
            this_year=datetime.now(UTC).year,
        ).warnings()
        yield from words_for_no(self._names.tested, rows, name)
        if selection.where:
            yield from words_tested(sheet, settings, rows)
        yield from unused_columns(sheet.header, (*used, *sheet.columns(selection.key)), name)
        yield from unused_names(_unused_constants(self._names, settings))


def _shows_result(row: Row) -> bool:
    return bool(row.id_cell or row.status_cell)


def spoken_columns(names: ResolvedNames) -> tuple[Column, ...]:
    """The columns whose values are spoken or shown; those that only fill URLs or options aren't.

    In a project written as Jinja text, places are lines, so all of its columns count.
    """
    by_place = [(path, column.number) for path, columns in names.places.items() for column in columns]
    said = {
        number for path, number in by_place if not path.startswith("$") or is_script(path) or is_shown(path)
    }
    elsewhere = {number for _, number in by_place} - said
    return tuple(column for column in names.used if column.number not in elsewhere)


def problems_of(planned: PlannedRow) -> Iterator[RowProblem]:
    """The problems that stop a row."""
    if planned.decision.status is Status.INVALID:
        problems = [planned.row.problem] if planned.row.problem else planned.problems
        yield from (RowProblem(problem, planned.row.number) for problem in problems)


def by_cost(warnings: Iterable[RowWarning]) -> tuple[RowWarning, ...]:
    """Sort warnings by kind, most costly first; warnings of one kind keep their order."""
    return tuple(sorted(warnings, key=lambda warning: _ORDER[warning.kind]))


def group_problems(problems: Iterable[RowProblem]) -> list[list[RowProblem]]:
    """Group problems whose messages and hints differ only in quoted text and numbers, largest group first."""

    def pattern(found: RowProblem) -> tuple[str, ...]:
        problem = found.problem
        return tuple(_QUOTED_OR_NUMBER.sub("…", text) for text in (problem.message, problem.hint))

    return sorted(_grouped(problems, pattern), key=len, reverse=True)


def group_warnings(warnings: Iterable[RowWarning]) -> list[list[RowWarning]]:
    """Group warnings of one kind that share a hint, most costly kind first."""
    return _grouped(by_cost(warnings), lambda warning: (warning.kind, warning.hint))


def _grouped(findings: Iterable[Finding], key: Callable[[Finding], Hashable]) -> list[list[Finding]]:
    groups: dict[Hashable, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(key(finding), []).append(finding)
    return list(groups.values())


class ProjectChecker:
    """Checks projects that differ in their filled-in strings; everything else is checked once.

    A template written as Jinja text may give rows different structures, so its projects are parsed each time.
    """

    def __init__(self, *, same_structure: bool) -> None:
        self._same_structure = same_structure
        self._tree: JSON = None
        self._setters: dict[str, Setter] = {}
        self._always: tuple[RowWarning, ...] = ()
        self._checks: list[Check] = []

    def tree_of(self, filled_in: FilledIn) -> JSON:
        """The row's project as parsed JSON; the next call may change it."""
        strings = filled_in.strings
        if not self._same_structure or self._tree is None:
            self._tree = json.loads(filled_in.body)
            self._setters = dict(setters(self._tree, strings))
            checks = checks_of(self._tree)
            reading = list(that_read(checks, strings))
            self._checks = list(compress(checks, reading))
            others = compress(checks, map(not_, reading))
            self._always = tuple(warning for check in others for warning in check.find())
        for path, text in strings.items():
            self._setters[path](text)
        return self._tree

    def warnings_of(self, filled_in: FilledIn, locate: CellLocator = no_cell) -> tuple[RowWarning, ...]:
        """The warnings about one project, most costly first."""
        self.tree_of(filled_in)
        found = [*self._always, *(warning for check in self._checks for warning in check.find())]
        return placed(found, locate) if found else ()


def cell_locator(row: Row, names: ResolvedNames, sheet: DataSheet, locale: str) -> RowCellLocator:
    """A function that finds the cell of a JSON path in the row's project."""
    values = sheet.values_of(row, names.used, locale)
    return RowCellLocator(names, sheet.worksheet.name, row.number, values)


def _unused_constants(names: ResolvedNames, settings: Settings) -> Iterator[str]:
    """Names given with `--set` that neither the template nor `--where` nor the download name mentions."""
    others = f"{settings.selection.where or ''} {settings.download.name if settings.download else ''}"
    return (name for name in names.unused if name not in others)
