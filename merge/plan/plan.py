"""Read, render and judge every row before anything is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from merge.errors import CellError, TemplateError
from merge.input.csv_workbook import preview_csv
from merge.input.data_sheet import DataSheet, FillOptions, SavedSheetSettings, read_pronunciation, read_sheet
from merge.input.paths import is_text
from merge.input.row_identity import KeyColumns
from merge.input.template_file import bound_template
from merge.model import Entry, Problem, Row, RowKey
from merge.plan.credit_ceiling import CreditLimit, prices_in
from merge.plan.decide import Action, Decision, decide, made_elsewhere
from merge.plan.pilot import choose_pilot
from merge.plan.render_row import fill_in_and_check
from merge.plan.row_numbers import parse_rows
from merge.project.scripts import is_script
from merge.settings import Selection, Settings
from merge.sheet.columns import Column
from merge.sheet.result_columns import Status
from merge.template.bind_json import Binding, compile_condition
from merge.template.cell_origin import RowCellLocator
from merge.template.filters import FilterSet
from merge.template.name_resolution import ResolvedNames
from merge.template.render_json import FilledIn
from merge.template.row_values import RowValues


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One selected row, rendered, judged and decided about.

    Attributes:
        row: as it stands in the sheet
        entry: what the journal knows of it, or None
        filled_in: its project, or None if it cannot be filled in
        decision: what is to be done
        problems: why it cannot be filled in; none where it can
    """

    row: Row
    entry: Entry | None
    filled_in: FilledIn | None
    decision: Decision
    problems: tuple[Problem, ...] = ()

    @property
    def action(self) -> Action:
        """What is to be done."""
        return self.decision.action


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run is about to do.

    Attributes:
        sheet: the worksheet
        template: the template's path
        memory: what later commands must know of the sheet
        rows: the selected rows, in the sheet's order
        left_out: how many rows were not selected
        ceiling_reached: whether `--max-videos` or `--max-credits` holds rows back
        ceiling_note: what is to be said of that, or ""
        names: what the names in the template mean; None where there was no template
    """

    sheet: DataSheet
    template: Path
    memory: SavedSheetSettings
    rows: tuple[PlannedRow, ...]
    left_out: int = 0
    ceiling_reached: bool = False
    ceiling_note: str = ""
    names: ResolvedNames | None = None

    def of(self, action: Action) -> tuple[PlannedRow, ...]:
        """The rows about which this is to be done."""
        return tuple(planned for planned in self.rows if planned.action is action)

    @property
    def put_back(self) -> int:
        """How many rows are blank whose videos are known, though nobody seems to have cleared them."""
        return sum(
            1
            for planned in self.rows
            if planned.entry
            and planned.entry.written
            and not (planned.row.job or planned.row.status or planned.row.cleared)
        )

    @property
    def statuses(self) -> Counter[Status]:
        """How many rows stand where before anything is done."""
        return Counter(planned.decision.status for planned in self.rows)

    @property
    def tally(self) -> Tally:
        """How many rows there are of which kind."""
        actions = Counter(planned.action for planned in self.rows)
        return Tally(actions, self.statuses, self.left_out, self.sheet.rows_below_table)


@dataclass(slots=True)
class Tally:
    """How many rows there are of which kind.

    Attributes:
        actions: by what is to be done about them
        statuses: by where they stand before anything is done
        left_out: not selected
        below: beneath the Excel Table that holds the data
    """

    actions: Counter[Action] = field(default_factory=Counter)
    statuses: Counter[Status] = field(default_factory=Counter)
    left_out: int = 0
    below: int = 0

    def add(self, planned: PlannedRow) -> None:
        """Count one more row."""
        self.actions[planned.action] += 1
        self.statuses[planned.decision.status] += 1


def open_sheet(workbook: Path, settings: Settings, *, whole: bool = True) -> DataSheet:
    """Read the worksheet that the settings select, or no more than its beginning."""
    if is_text(workbook):
        return preview_csv(workbook, settings)
    selection = settings.selection
    return read_sheet(
        workbook,
        sheet=selection.sheet,
        header_row=selection.header_row,
        prefix=settings.column_prefix,
        whole=whole,
    )


def make_plan(sheet: DataSheet, template: Path, settings: Settings, entries: Mapping[RowKey, Entry]) -> Plan:
    """Render and judge every selected row, and decide what is to be done about it. Nothing is sent.

    Args:
        sheet: the worksheet
        template: the template's path
        settings: what the run was told
        entries: what the journal knows of this worksheet

    Raises:
        InputError: the template or the selection is wrong
    """
    planner, basis, begun = begin_plan(sheet, template, settings, entries)
    rows = sheet.rows(basis, entries, trust_simulated=settings.trusts_simulated)
    selected = select(rows, sheet, settings)
    planned = [planner.plan(row) for row in selected]
    limited = _hold_back(planned, settings.selection)
    bounded, note = within_ceilings(limited, settings, entries.values())
    return replace(
        begun,
        rows=tuple(bounded),
        left_out=len(rows) - len(selected),
        ceiling_reached=bounded != limited,
        ceiling_note=note,
    )


def begin_plan(
    sheet: DataSheet, template: Path, settings: Settings, entries: Mapping[RowKey, Entry]
) -> tuple[Planner, KeyColumns, Plan]:
    """Bind the template: what plans rows, what tells them apart, and the plan without any row.

    Raises:
        InputError: the template or the selection is wrong
    """
    speech = FilterSet(settings.locale, read_pronunciation(sheet.path))
    binding = bound_template(template, sheet.header, settings, speech)
    basis = KeyColumns(sheet.columns(settings.selection.key), binding.names.used)
    memory = SavedSheetSettings(
        settings.selection.header_row,
        tuple(column.header for column in basis.key_columns),
        tuple(column.header for column in basis.used),
        settings.column_prefix,
        str(template),
        FillOptions(settings.locale, settings.constants, settings.project_options),
    )
    planner = Planner(sheet, binding, settings, entries)
    return planner, basis, Plan(sheet, template, memory, (), names=binding.names)


class Planner:
    """Renders rows and decides about them, one after the other."""

    def __init__(
        self, sheet: DataSheet, binding: Binding, settings: Settings, entries: Mapping[RowKey, Entry]
    ) -> None:
        self._sheet = sheet
        self._binding = binding
        self._settings = settings
        self._entries = entries

    def plan(self, row: Row) -> PlannedRow:
        """One row, rendered, judged and decided about."""
        known = self._entries.get(row.key)
        entry = None if made_elsewhere(row, known) else known
        outcome = self._render(row)
        decision = decide(row, entry, outcome, self._settings.rerun, cleared=row.cleared)
        if isinstance(outcome, FilledIn):
            return PlannedRow(row, entry, outcome, decision)
        return PlannedRow(row, entry, None, decision, outcome)

    def _render(self, row: Row) -> FilledIn | tuple[Problem, ...]:
        names = self._binding.names
        values = values_of(row, names.used, self._sheet, self._settings.locale)
        place = RowCellLocator(names, self._sheet.worksheet.name, row.number, values)
        return fill_in_and_check(self._binding, values, place)


def values_of(row: Row, columns: Sequence[Column], sheet: DataSheet, locale: str) -> RowValues:
    """A row's values as a template sees them, by column number."""
    worksheet = sheet.worksheet
    return RowValues(
        row.cells,
        columns,
        sheet=worksheet.name,
        row=row.number,
        date1904=worksheet.date1904,
        locale=locale,
    )


def select(rows: Sequence[Row], sheet: DataSheet, settings: Settings) -> list[Row]:
    """The rows that the settings select.

    Raises:
        InputError: the condition or the numbers are wrong
    """
    wanted = selecting(sheet, settings)
    return [row for row in rows if wanted(row)]


def selecting(sheet: DataSheet, settings: Settings) -> Callable[[Row], bool]:
    """Says whether the settings select a row.

    Raises:
        InputError: the condition or the numbers are wrong
    """
    selection = settings.selection
    wanted: list[Callable[[Row], bool]] = []
    if selection.rows:
        numbers = parse_rows(selection.rows)
        wanted.append(lambda row: row.number in numbers)
    if selection.visible_only:
        wanted.append(lambda row: not row.hidden)
    if selection.where:
        wanted.append(_condition(selection.where, sheet, settings))
    return lambda row: all(wants(row) for wants in wanted)


def _condition(source: str, sheet: DataSheet, settings: Settings) -> Callable[[Row], bool]:
    condition = compile_condition(source, sheet.header, settings.constants, FilterSet(settings.locale))

    def holds(row: Row) -> bool:
        values = values_of(row, condition.names.used, sheet, settings.locale)
        try:
            return condition.holds(values)
        except CellError:
            # A condition over a blank cell or an error value selects nothing.
            return False
        except Exception as error:
            raise TemplateError(
                f"the condition fails in row {row.number}: {error}",
                place=f"--where {source}",
                hint="Compare the condition with the cells of that row",
            ) from error

    return holds


def _hold_back(planned: Sequence[PlannedRow], selection: Selection) -> list[PlannedRow]:
    """Leave what is beyond --pilot and --limit for another run."""
    kept = list(planned)
    if selection.pilot is not None:
        to_do = [place for place, each in enumerate(kept) if each.action is Action.SUBMIT]
        chosen = choose_pilot([_spoken(kept[place]) for place in to_do], selection.pilot)
        kept = _without(kept, {place for turn, place in enumerate(to_do) if turn not in chosen})
    return _up_to(kept, selection.limit)


def within_ceilings(
    planned: Sequence[PlannedRow], settings: Settings, entries: Iterable[Entry]
) -> tuple[list[PlannedRow], str]:
    """Hold back what is beyond the ceilings, as far as they can be told before anything is ordered.

    Returns:
        The rows, and what is to be said of --max-credits, or "".
    """
    bounded = _up_to(planned, settings.max_videos)
    purse = CreditLimit(settings.credit_limit, prices_in(entries), reports=settings.reports_credits)
    affordable = _up_to(bounded, purse.affordable)
    held = sum(1 for before, after in zip(bounded, affordable, strict=True) if before != after)
    return affordable, purse.words(held) if held else ""


def _up_to(planned: Sequence[PlannedRow], most: int | None) -> list[PlannedRow]:
    """Leave all but the first orders undone."""
    spending = (Action.SUBMIT, Action.EXPORT)
    to_do = [place for place, each in enumerate(planned) if each.action in spending]
    return _without(planned, set() if most is None else set(to_do[most:]))


def _without(planned: Sequence[PlannedRow], places: Collection[int]) -> list[PlannedRow]:
    return [
        replace(each, decision=replace(each.decision, action=Action.NOTHING)) if place in places else each
        for place, each in enumerate(planned)
    ]


def _spoken(planned: PlannedRow) -> str:
    strings = planned.filled_in.strings if planned.filled_in else {}
    return " ".join(text for path, text in strings.items() if is_script(path))
