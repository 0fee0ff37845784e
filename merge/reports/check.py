"""Check a worksheet row by row: it is read twice, and memory does not grow with it.

The first time it is learnt which rows are alike; the second time each row is rendered, judged and forgotten.
What the journal knows of rows must be at hand as a whole, so that a sheet whose rows were submitted before is
planned as for a run; so is delimited text, which is no sheet yet, and a pilot, for which rows are compared.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from merge.checks.duplicates import DuplicateFinder, digest_of
from merge.errors import WorkbookError
from merge.input.data_sheet import DataSheet, without_simulated
from merge.input.paths import is_text
from merge.input.row_identity import KeyColumns, base_of, blank_key, content_of, numbered_key, twin_problem
from merge.model import Problem, Row, SheetRow
from merge.plan.credit_ceiling import CreditLimit
from merge.plan.decide import Action
from merge.plan.plan import Plan, PlannedRow, begin_plan, open_sheet, selecting
from merge.reports.check_summary import CheckReport
from merge.run.session import known_entries, plan_without_lock, require_writable_results
from merge.settings import Settings
from merge.workbook import file_version
from merge.workbook.read.worksheet import stream_rows


def check_rows(workbook: Path, template: Path, settings: Settings) -> CheckReport:
    """Render and judge every row of a worksheet; nothing is touched.

    Raises:
        InputError: workbook, template or selection are wrong, or the workbook was changed meanwhile
    """
    if settings.selection.pilot is None and not is_text(workbook):
        sheet = open_sheet(workbook, settings, whole=False)
        # Rows that are not written from top to bottom are refused here.
        require_writable_results(sheet)
        if not known_entries(workbook, sheet, settings):
            return _surveyed(sheet, template, settings)
    return verdicts_of(plan_without_lock(workbook, template, settings), settings)


def verdicts_of(plan: Plan, settings: Settings) -> CheckReport:
    """The same of a plan that was made for a run."""
    verdicts = CheckReport(plan, settings)
    for planned in plan.rows:
        verdicts.add(planned)
    hidden = [row.number for row in plan.sheet.data_rows if row.hidden and settings.selection.visible_only]
    verdicts.finish(left_out=plan.left_out, below=plan.sheet.rows_below_table, hidden_left_out=hidden)
    return verdicts


def _surveyed(sheet: DataSheet, template: Path, settings: Settings) -> CheckReport:
    planner, basis, plan = begin_plan(sheet, template, settings, {})
    alike = _alike(sheet, basis)
    verdicts, wanted, ordering = CheckReport(plan, settings), selecting(sheet, settings), _Ordering(settings)
    left_out, below, hidden = 0, 0, array("L")
    for line in stream_rows(sheet.path, sheet.worksheet.name):
        if not sheet.is_data(line):
            below += sheet.is_below_table(line)
            continue
        row = _row(line, sheet, basis, alike, settings)
        if row.hidden and settings.selection.visible_only:
            hidden.append(row.number)
        if wanted(row):
            verdicts.add(ordering.bounded(planner.plan(row)))
        else:
            left_out += 1
    if file_version(sheet.path) != sheet.read_from:
        raise WorkbookError(
            "the workbook was changed while it was checked",
            place=str(sheet.path),
            hint="Run the same command again",
        )
    verdicts.finish(left_out=left_out, below=below, hidden_left_out=hidden)
    return verdicts


class _Ordering:
    """Leaves what is beyond the limit and the ceilings undone."""

    def __init__(self, settings: Settings) -> None:
        purse = CreditLimit(settings.credit_limit, (), reports=settings.reports_credits)
        most = (settings.selection.limit, settings.max_videos, purse.affordable)
        self._left = min((number for number in most if number is not None), default=None)

    def bounded(self, planned: PlannedRow) -> PlannedRow:
        """The row as it is, or with nothing to be done about it."""
        if self._left is None or planned.action not in (Action.SUBMIT, Action.EXPORT):
            return planned
        if self._left:
            self._left -= 1
            return planned
        return replace(planned, decision=replace(planned.decision, action=Action.NOTHING))


@dataclass(frozen=True, slots=True)
class _Alike:
    """Which rows are alike, by the digests of what they are known by.

    Attributes:
        names: the first rows of each name that several have
        contents: the first rows of each content that several have; empty where key columns were named
        counts: how many rows of each such name have been seen
    """

    names: Mapping[int, tuple[int, ...]]
    contents: Mapping[int, tuple[int, ...]]
    counts: Counter[int]


def _alike(sheet: DataSheet, basis: KeyColumns) -> _Alike:
    names, contents = DuplicateFinder(), DuplicateFinder()
    for line in _lines(sheet, basis):
        if not sheet.is_data(line):
            continue
        names.add(digest_of(base_of(line, basis)), line.number)
        if not basis.key_columns:
            contents.add(digest_of(content_of(line, sheet.header)), line.number)
    return _Alike(_groups(names), _groups(contents), Counter())


def _lines(sheet: DataSheet, basis: KeyColumns) -> Iterator[SheetRow]:
    """The rows as far as they are needed to tell them apart: a row without a key has a problem of its own."""
    numbers = [column.number for column in basis.key_columns] or None
    return stream_rows(sheet.path, sheet.worksheet.name, columns=numbers)


def _groups(twins: DuplicateFinder) -> dict[int, tuple[int, ...]]:
    return {digest: numbers for digest, numbers, _ in twins.groups()}


def _row(line: SheetRow, sheet: DataSheet, basis: KeyColumns, alike: _Alike, settings: Settings) -> Row:
    base = base_of(line, basis)
    digest, number = digest_of(base), 1
    if digest in alike.names:
        alike.counts[digest] += 1
        number = alike.counts[digest]
    job = sheet.results.job_of(line)
    row = Row(
        number=line.number,
        key=numbered_key(base, number, basis.ordinal),
        content="",
        cells=line.cells,
        hidden=line.hidden,
        job=job,
        status=sheet.results.status_of(line),
        url=sheet.results.url_of(line) if job else "",
        problem=blank_key(line, basis) or _twin(line, sheet, basis, alike, digest),
    )
    return row if settings.trusts_simulated else without_simulated(row)


def _twin(line: SheetRow, sheet: DataSheet, basis: KeyColumns, alike: _Alike, digest: int) -> Problem | None:
    if basis.key_columns:
        numbers = alike.names.get(digest, ())
    else:
        numbers = alike.contents.get(digest_of(content_of(line, sheet.header)), ()) if alike.contents else ()
    return twin_problem(line.number, numbers, basis) if numbers else None
