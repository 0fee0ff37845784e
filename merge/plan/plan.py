"""Plan a run: fill in and check every selected row, and decide what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from merge.checks.project_checks import CellLocator, find_problems, with_cell
from merge.errors import InputError
from merge.input.data_sheet import DataSheet
from merge.input.open_sheet import FillOptions, SavedSheetSettings
from merge.input.row_identity import KeyColumns, identify_rows
from merge.input.template_file import bind_template
from merge.model import Entry, Problem, Row, RowKey
from merge.plan.decide import Action, Decision, decide, made_elsewhere
from merge.plan.limits import CreditLimit, prices_in
from merge.plan.selection import choose_pilot, select
from merge.project.scripts import is_script
from merge.settings import Selection, Settings
from merge.sheet.result_columns import Status
from merge.sheet.values import TemplateValue
from merge.template.bind_json import Binding
from merge.template.name_resolution import ResolvedNames, RowCellLocator
from merge.template.render_json import FilledIn

_SPENDING = (Action.SUBMIT, Action.EXPORT)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A selected row and what to do about it.

    Attributes:
        row: as read from the sheet
        entry: its entry in the journal, or None
        filled_in: its project, or None if it can't be filled in
        decision: what to do
        problems: why it can't be filled in
    """

    row: Row
    entry: Entry | None
    filled_in: FilledIn | None
    decision: Decision
    problems: tuple[Problem, ...] = ()

    @property
    def action(self) -> Action:
        """What to do."""
        return self.decision.action

    @property
    def script(self) -> str:
        """The text of all its scripts."""
        strings = self.filled_in.strings if self.filled_in else {}
        return " ".join(text for path, text in strings.items() if is_script(path))


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run is about to do.

    Attributes:
        sheet: the worksheet
        template: the template's path
        saved: the settings that later commands need to recognize the rows
        rows: the selected rows, in the order of the sheet
        left_out: number of rows that were not selected
        limit_reached: whether `--max-videos` or `--max-credits` holds rows back
        limit_note: a sentence about rows that `--max-credits` holds back, or ""
        names: what the template's names mean; None for a plan without a template
    """

    sheet: DataSheet
    template: Path
    saved: SavedSheetSettings
    rows: tuple[PlannedRow, ...]
    left_out: int = 0
    limit_reached: bool = False
    limit_note: str = ""
    names: ResolvedNames | None = None

    def of(self, action: Action) -> tuple[PlannedRow, ...]:
        """The rows with this action."""
        return tuple(planned for planned in self.rows if planned.action is action)

    @property
    def put_back(self) -> int:
        """Number of rows that have a video but no results in the sheet, though nobody cleared them."""
        return sum(
            1
            for planned in self.rows
            if planned.entry
            and planned.entry.written
            and not (planned.row.job or planned.row.status or planned.row.cleared)
        )

    @property
    def statuses(self) -> Counter[Status]:
        """Number of rows by their status before the run."""
        return Counter(planned.decision.status for planned in self.rows)

    @property
    def actions(self) -> Counter[Action]:
        """Number of rows by action."""
        return Counter(planned.action for planned in self.rows)


def make_plan(sheet: DataSheet, template: Path, settings: Settings, entries: Mapping[RowKey, Entry]) -> Plan:
    """Fill in and check every selected row, and decide what to do about it. Sends nothing.

    Args:
        sheet: the worksheet
        template: the template's path
        settings: of the run
        entries: the journal's entries of this worksheet

    Raises:
        InputError: the template or the selection is wrong
    """
    binding = bind_template(template, sheet.header, settings, workbook=sheet.path)
    key_columns = KeyColumns(sheet.columns(settings.selection.key), binding.names.used)
    rows = identify_rows(sheet, key_columns, entries, trust_simulated=settings.trusts_simulated)
    selected = select(rows, sheet, settings)
    planner = Planner(sheet, binding, settings, entries)
    planned = _hold_back(list(map(planner.plan, selected)), settings.selection)
    _require_placeholders(planned, binding.names, template, settings.selection)
    limited, note = within_limits(planned, settings, entries.values())
    return Plan(
        sheet,
        template,
        _saved_settings(key_columns, template, settings),
        tuple(limited),
        left_out=len(rows) - len(selected),
        limit_reached=limited != planned,
        limit_note=note,
        names=binding.names,
    )


def _require_placeholders(
    planned: Sequence[PlannedRow], names: ResolvedNames, template: Path, selection: Selection
) -> None:
    """Stop if several rows would get the same video because the template uses no column.

    Raises:
        InputError: nobody confirmed that this is meant
    """
    new = sum(1 for each in planned if each.action is Action.SUBMIT)
    if names.used or new <= 1 or selection.same_video:
        return
    header = names.header.columns[0].header if names.header.columns else "First Name"
    raise InputError(
        f"the template has no placeholders, so all {new:,} videos would be the same",
        place=template.name,
        hint=f"Write placeholders such as {{{{ {' '.join(header.split())} }}}} into the template. If one "
        "video is enough, add --limit 1; if every row needs its own copy, add --same-video.",
    )


def _saved_settings(key_columns: KeyColumns, template: Path, settings: Settings) -> SavedSheetSettings:
    return SavedSheetSettings(
        settings.selection.header_row,
        tuple(column.header for column in key_columns.named),
        tuple(column.header for column in key_columns.used),
        settings.column_prefix,
        str(template),
        FillOptions(settings.locale, settings.constants, settings.project_options, settings.columns),
    )


class Planner:
    """Plans rows one at a time."""

    def __init__(
        self, sheet: DataSheet, binding: Binding, settings: Settings, entries: Mapping[RowKey, Entry]
    ) -> None:
        self._sheet = sheet
        self._binding = binding
        self._settings = settings
        self._entries = entries

    def plan(self, row: Row) -> PlannedRow:
        """Fill in and check a row, and decide what to do about it."""
        entry = self._entries.get(row.key)
        entry = None if made_elsewhere(row, entry) else entry
        outcome = self._fill_in(row)
        decision = decide(row, entry, outcome, self._settings.rerun, cleared=row.cleared)
        if isinstance(outcome, FilledIn):
            return PlannedRow(row, entry, outcome, decision)
        return PlannedRow(row, entry, None, decision, outcome)

    def _fill_in(self, row: Row) -> FilledIn | tuple[Problem, ...]:
        names = self._binding.names
        values = self._sheet.values_of(row, names.used, self._settings.locale)
        cell_of = RowCellLocator(names, self._sheet.worksheet.name, row.number, values)
        return fill_in_and_check(self._binding, values, cell_of)


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


def _hold_back(planned: Sequence[PlannedRow], selection: Selection) -> list[PlannedRow]:
    """Leave rows beyond `--pilot` and `--limit` for another run."""
    held = list(planned)
    if selection.pilot is not None:
        to_submit = [place for place, each in enumerate(held) if each.action is Action.SUBMIT]
        chosen = choose_pilot([held[place].script for place in to_submit], selection.pilot)
        held = _without(held, {place for turn, place in enumerate(to_submit) if turn not in chosen})
    return _up_to(held, selection.limit)


def within_limits(
    planned: Sequence[PlannedRow], settings: Settings, entries: Iterable[Entry]
) -> tuple[list[PlannedRow], str]:
    """Hold back rows beyond `--max-videos` and `--max-credits`, as far as prices are known before the run.

    Returns:
        The rows, and a sentence about `--max-credits` if it holds rows back, or "".
    """
    limited = _up_to(planned, settings.max_videos)
    credit_limit = CreditLimit(settings.credit_limit, prices_in(entries), reports=settings.reports_credits)
    affordable = _up_to(limited, credit_limit.affordable)
    held_back = sum(1 for before, after in zip(limited, affordable, strict=True) if before != after)
    return affordable, credit_limit.note(held_back) if held_back else ""


def _up_to(planned: Sequence[PlannedRow], limit: int | None) -> list[PlannedRow]:
    """Keep the actions of the first rows that cost credits."""
    spending = [place for place, each in enumerate(planned) if each.action in _SPENDING]
    return _without(planned, set() if limit is None else set(spending[limit:]))


def _without(planned: Sequence[PlannedRow], places: Collection[int]) -> list[PlannedRow]:
    return [
        replace(each, decision=replace(each.decision, action=Action.NOTHING)) if place in places else each
        for place, each in enumerate(planned)
    ]
