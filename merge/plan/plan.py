"""Plan a run: fill in and check every selected row, and decide what to do with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from merge.errors import InputError
from merge.input.data_sheet import DataSheet
from merge.input.open_sheet import FillOptions, SavedSheetSettings
from merge.input.row_identity import KeyColumns
from merge.input.template_file import bind_to_sheet
from merge.model import Entry, Row, SheetVideos, State
from merge.plan.decide import Action, decide
from merge.plan.findings import Findings, Found
from merge.plan.known_sheet import KnownSheet, Rows
from merge.plan.limits import CreditLimit, prices_in, waiting_rows
from merge.plan.planned_rows import PlannedRow, PlannedRows
from merge.plan.recognize import Filler, Recognized, Recognizer, is_put_back, recognize
from merge.plan.selection import RowNumbers, choose_pilot, parse_rows, row_filter
from merge.settings import RerunOptions, Selection, Settings
from merge.sheet.result_columns import Status
from merge.template.name_resolution import ResolvedNames

_SPENDING = (Action.SUBMIT, Action.EXPORT)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run is about to do.

    Attributes:
        sheet: the worksheet
        template: the template's path
        recognizer: recognizes the rows again when the file has changed
        rows: the selected rows, in the order of the sheet
        left_out: number of rows that were not selected
        left_alone: numbers of rows with a status that castmerge doesn't write
        corrected: rows that were not selected but show something else than what is known of them
        limit_reached: whether `--max-videos` or `--max-credits` holds rows back
        limit_note: why `--max-videos` or `--max-credits` holds rows back, or ""
        names: what the template's names mean; None for a plan without a template
        recognized: unplaced videos, ids that only the sheet knows, and misplaced results
        findings: what was noticed while the rows were filled in; None for a plan that submits nothing
    """

    sheet: DataSheet
    template: Path
    recognizer: Recognizer
    rows: PlannedRows
    left_out: int = 0
    left_alone: tuple[int, ...] = ()
    corrected: tuple[PlannedRow, ...] = ()
    limit_reached: bool = False
    limit_note: str = ""
    names: ResolvedNames | None = None
    recognized: Recognized = field(default_factory=lambda: Recognized(()))
    findings: Findings | None = None

    @property
    def may_submit(self) -> bool:
        """Whether rows may be submitted at all, even those that another run gives up."""
        return self.findings is not None

    @property
    def saved(self) -> SavedSheetSettings:
        """The settings that later commands need to recognize the rows."""
        return self.recognizer.saved

    @property
    def known(self) -> KnownSheet:
        """The sheet and its rows, to find them again when results are written."""
        return KnownSheet(self.sheet, Rows((self.rows, self.corrected)), self.recognizer)

    @property
    def never_written(self) -> tuple[Entry, ...]:
        """Unplaced videos whose ids this workbook has never shown."""
        return tuple(entry for entry in self.recognized.unplaced if not entry.written and _has_video(entry))

    @property
    def unanswered(self) -> tuple[Entry, ...]:
        """Those of them next to which the user hasn't allowed new rows."""
        return tuple(entry for entry in self.never_written if entry.tag not in self.saved.answered)

    def of(self, action: Action) -> Iterator[PlannedRow]:
        """The rows with this action, one by one."""
        rows = self.rows if self.rows.actions[action] else ()
        return (planned for planned in rows if planned.action is action)

    @property
    def found(self) -> Found:
        """The problems of its rows, and warnings about those that are to be submitted."""
        return self.findings.found(self.rows, self.left_out) if self.findings else Found((), ())

    @property
    def to_do(self) -> int:
        """Number of rows about which anything is to be done."""
        return len(self.rows) - self.actions[Action.NOTHING]

    def with_rows(self, rows: Iterable[PlannedRow]) -> Plan:
        """The plan with other decisions about its rows."""
        return replace(self, rows=self.rows.replaced_by(rows))

    @property
    def put_back(self) -> int:
        """Number of rows that have a video but no results in the sheet, though nobody cleared them."""
        return self.rows.put_back + sum(is_put_back(each.row, each.entry) for each in self.corrected)

    @property
    def statuses(self) -> Counter[Status]:
        """Number of rows by their status before the run."""
        return self.rows.statuses

    @property
    def actions(self) -> Counter[Action]:
        """Number of rows by action."""
        return self.rows.actions


def make_plan(
    sheet: DataSheet,
    template: Path,
    settings: Settings,
    known: SheetVideos,
    *,
    vouched: tuple[Entry, ...] = (),
    answered: tuple[str, ...] = (),
) -> Plan:
    """Fill in and check every row, recognize its video, and decide what to do with it. Sends nothing.

    Args:
        sheet: the worksheet
        template: the template's path
        settings: of the run
        known: what the journal knows about the workbook
        vouched: videos that the service knows and the journal doesn't
        answered: as in `SavedSheetSettings`

    Raises:
        InputError: the template or the selection is wrong
    """
    binding = bind_to_sheet(template, sheet, settings)
    key_columns = KeyColumns(sheet.columns(settings.selection.key), binding.names.used)
    saved = replace(_saved_settings(sheet, key_columns, template, settings), answered=answered)
    recognizer = Recognizer(settings, saved, template, vouched)
    filler = Filler(sheet, binding, settings.locale)
    findings = Findings(sheet, binding.names, template, settings)
    recognized = recognize(sheet, key_columns, recognizer.known(known), filler, settings, findings.note)
    chosen = _Chosen(recognized, settings, row_filter(sheet, settings))
    planned = PlannedRows(chosen.rows(), recognized)
    held = _hold_back(planned, settings.selection)
    _require_placeholders(held, binding.names, template, settings.selection)
    plan = Plan(
        sheet,
        template,
        recognizer,
        held,
        left_out=len(recognized.rows) - len(planned),
        left_alone=tuple(chosen.left_alone),
        corrected=tuple(chosen.corrected),
        names=binding.names,
        recognized=recognized,
        findings=findings,
    )
    return within_limits(plan, settings, known.own)


class _Chosen:
    """Decides about the rows that are selected.

    Attributes:
        left_alone: numbers of rows with a status that castmerge doesn't write
        corrected: rows that are not selected but show something else than what is known of them
    """

    def __init__(self, recognized: Recognized, settings: Settings, selects: Callable[[Row], bool]) -> None:
        self._recognized = recognized
        self._rerun = settings.rerun
        self._selects = selects
        self.left_alone: list[int] = []
        self.corrected: list[PlannedRow] = []

    def rows(self) -> Iterator[PlannedRow]:
        """The selected rows, in the order of the sheet."""
        remake = self._rerun.remake
        remade = parse_rows(remake, option="--remake") if remake else RowNumbers(())
        filler = self._recognized.filler
        for position, each in enumerate(self._recognized.rows):
            if each.is_left_alone:
                self.left_alone.append(each.row.number)
            elif self._selects(each.row):
                decision = decide(each, self._rerun, remake=each.row.number in remade)
                yield PlannedRow.of(position, each, each.entry, decision, filler)
            elif each.shows_something_else:
                decision = decide(each, RerunOptions())
                planned = PlannedRow.of(position, each, each.entry, decision, filler)
                self.corrected.append(_without_action(planned))


def _require_placeholders(
    planned: PlannedRows, names: ResolvedNames, template: Path, selection: Selection
) -> None:
    """Stop if several rows would get the same video because the template uses no column.

    Raises:
        InputError: the user hasn't confirmed that this is intended
    """
    new = planned.actions[Action.SUBMIT]
    if names.used or new <= 1 or selection.same_video:
        return
    header = names.header.columns[0].header if names.header.columns else "First Name"
    raise InputError(
        f"the template has no placeholders, so all {new:,} videos would be the same",
        place=template.name,
        hint=f"Write placeholders such as {{{{ {' '.join(header.split())} }}}} into the template. If one "
        "video is enough, add --limit 1. If every row needs its own copy, add --same-video",
    )


def _saved_settings(
    sheet: DataSheet, key_columns: KeyColumns, template: Path, settings: Settings
) -> SavedSheetSettings:
    return SavedSheetSettings(
        settings.selection.header_row,
        tuple(column.header for column in key_columns.named),
        tuple(column.header for column in key_columns.used),
        settings.column_prefix,
        str(template),
        FillOptions(settings.locale, settings.constants, settings.project_options, settings.columns),
        sheet.header.table,
    )


def _has_video(entry: Entry) -> bool:
    return entry.state in (State.SUBMITTING, State.SUBMITTED, State.COMPLETE, State.DRAFT)


def _hold_back(planned: PlannedRows, selection: Selection) -> PlannedRows:
    """Leave rows beyond `--pilot` and `--limit` for another run."""
    if selection.pilot is not None:
        to_submit = (each for each in planned if each.action is Action.SUBMIT)
        chosen = choose_pilot((each.script for each in to_submit), selection.pilot)
        planned = _only(planned, (Action.SUBMIT,), chosen.__contains__)
    return _up_to(planned, selection.limit)


def within_limits(plan: Plan, settings: Settings, entries: Iterable[Entry]) -> Plan:
    """Hold back rows beyond `--max-videos` and `--max-credits`, as far as prices are known before the run."""
    limited = _up_to(plan.rows, settings.max_videos)
    credit_limit = CreditLimit(settings.credit_limit, prices_in(entries), reports=settings.reports_credits)
    affordable = _up_to(limited, credit_limit.affordable)
    notes = []
    if held_back := limited.actions[Action.NOTHING] - plan.rows.actions[Action.NOTHING]:
        notes.append(
            f"--max-videos {settings.max_videos} is reached, so {waiting_rows(held_back)} for another run."
        )
    if held_back := affordable.actions[Action.NOTHING] - limited.actions[Action.NOTHING]:
        notes.append(credit_limit.note(held_back))
    return replace(
        plan, rows=affordable, limit_reached=affordable is not plan.rows, limit_note=" ".join(notes)
    )


def _up_to(planned: PlannedRows, limit: int | None) -> PlannedRows:
    """Keep the actions of the first rows that cost credits."""
    spending = sum(planned.actions[action] for action in _SPENDING)
    if limit is None or spending <= limit:
        return planned
    return _only(planned, _SPENDING, lambda turn: turn < limit)


def _only(planned: PlannedRows, actions: Collection[Action], keeps: Callable[[int], bool]) -> PlannedRows:
    """Take the action from those of the rows with one of these actions that aren't kept, by their turn."""
    turns = count()
    rows = (
        _without_action(each) if each.action in actions and not keeps(next(turns)) else each
        for each in planned
    )
    return planned.replaced_by(rows)


def _without_action(planned: PlannedRow) -> PlannedRow:
    return planned._replace(decision=planned.decision._replace(action=Action.NOTHING))
