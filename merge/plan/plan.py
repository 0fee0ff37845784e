"""Plan a run: fill in and check every selected row, and decide what to do with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from merge.errors import InputError
from merge.input.data_sheet import DataSheet
from merge.input.open_sheet import FillOptions, SavedSheetSettings
from merge.input.row_identity import KeyColumns
from merge.input.template_file import bind_template
from merge.model import Entry, Problem, Row, SheetVideos, State
from merge.plan.decide import Action, Decision, decide
from merge.plan.limits import CreditLimit, prices_in
from merge.plan.recognize import KnownSheet, Recognized, RecognizedRow, Recognizer, is_put_back, recognize
from merge.plan.selection import RowNumbers, choose_pilot, parse_rows, row_filter
from merge.project.scripts import is_script
from merge.settings import RerunOptions, Selection, Settings
from merge.sheet.result_columns import Status
from merge.template.name_resolution import ResolvedNames
from merge.template.render_json import FilledIn

_SPENDING = (Action.SUBMIT, Action.EXPORT)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A selected row and what to do with it.

    Attributes:
        row: as read from the sheet
        entry: its entry in the journal, or None
        filled_in: its project, or None if it can't be filled in
        decision: what to do
        problems: why it can't be filled in
        is_edited: whether its content is known to differ from its video's
    """

    row: Row
    entry: Entry | None
    filled_in: FilledIn | None
    decision: Decision
    problems: tuple[Problem, ...] = ()
    is_edited: bool = False

    @property
    def action(self) -> Action:
        """What to do."""
        return self.decision.action

    def is_outdated(self, entry: Entry) -> bool:
        """Whether a video is known to differ from the row's current content."""
        if self.filled_in:
            return entry.fingerprint not in ("", self.filled_in.fingerprint)
        return self.is_edited and self.entry is not None and entry.tag == self.entry.tag

    @property
    def is_put_back(self) -> bool:
        """Whether it has a video but no results in the sheet, although nobody cleared them."""
        return is_put_back(self.row, self.entry)

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
        recognizer: recognizes the rows again when the file has changed
        rows: the selected rows, in the order of the sheet
        left_out: number of rows that were not selected
        left_alone: numbers of rows with a status that castmerge doesn't write
        corrected: rows that were not selected but show something else than what is known of them
        limit_reached: whether `--max-videos` or `--max-credits` holds rows back
        limit_note: a sentence about rows that `--max-credits` holds back, or ""
        names: what the template's names mean; None for a plan without a template
        recognized: unplaced videos, ids that only the sheet knows, and misplaced results
    """

    sheet: DataSheet
    template: Path
    recognizer: Recognizer
    rows: tuple[PlannedRow, ...]
    left_out: int = 0
    left_alone: tuple[int, ...] = ()
    corrected: tuple[PlannedRow, ...] = ()
    limit_reached: bool = False
    limit_note: str = ""
    names: ResolvedNames | None = None
    recognized: Recognized = field(default_factory=lambda: Recognized(()))

    @property
    def saved(self) -> SavedSheetSettings:
        """The settings that later commands need to recognize the rows."""
        return self.recognizer.saved

    @property
    def known(self) -> KnownSheet:
        """The sheet and its rows, to find them again when results are written."""
        return KnownSheet(
            self.sheet, [planned.row for planned in (*self.rows, *self.corrected)], self.recognizer
        )

    @property
    def never_written(self) -> tuple[Entry, ...]:
        """Unplaced videos whose ids this workbook has never shown."""
        return tuple(entry for entry in self.recognized.unplaced if not entry.written and _has_video(entry))

    def of(self, action: Action) -> tuple[PlannedRow, ...]:
        """The rows with this action."""
        return tuple(planned for planned in self.rows if planned.action is action)

    @property
    def put_back(self) -> int:
        """Number of rows that have a video but no results in the sheet, although nobody cleared them."""
        return sum(planned.is_put_back for planned in (*self.rows, *self.corrected))

    @property
    def statuses(self) -> Counter[Status]:
        """Number of rows by their status before the run."""
        return Counter(planned.decision.status for planned in self.rows)

    @property
    def actions(self) -> Counter[Action]:
        """Number of rows by action."""
        return Counter(planned.action for planned in self.rows)


def make_plan(
    sheet: DataSheet,
    template: Path,
    settings: Settings,
    known: SheetVideos,
    *,
    vouched: tuple[Entry, ...] = (),
) -> Plan:
    """Fill in and check every row, recognize its video, and decide what to do with it. Sends nothing.

    Args:
        sheet: the worksheet
        template: the template's path
        settings: of the run
        known: what the journal knows about the workbook
        vouched: videos that the service knows and the journal doesn't

    Raises:
        InputError: the template or the selection is wrong
    """
    binding = bind_template(template, sheet.header, settings, workbook=sheet.path, encoding=sheet.encoding)
    key_columns = KeyColumns(sheet.columns(settings.selection.key), binding.names.used)
    saved = _saved_settings(sheet, key_columns, template, settings)
    recognizer = Recognizer(settings, saved, template, vouched)
    recognized = recognize(sheet, key_columns, recognizer.known(known), binding, settings)
    selects = row_filter(sheet, settings)
    ours = [each for each in recognized.rows if not each.is_left_alone]
    selected = [each for each in ours if selects(each.row)]
    others = [each for each in ours if each.shows_something_else and not selects(each.row)]
    remade = parse_rows(settings.rerun.remake, option="--remake") if settings.rerun.remake else RowNumbers(())
    planned = [_planned(each, settings.rerun, remake=each.row.number in remade) for each in selected]
    held = _hold_back(planned, settings.selection)
    _require_placeholders(held, binding.names, template, settings.selection)
    limited, note = within_limits(held, settings, known.own)
    return Plan(
        sheet,
        template,
        recognizer,
        tuple(limited),
        left_out=len(recognized.rows) - len(selected),
        left_alone=tuple(each.row.number for each in recognized.rows if each.is_left_alone),
        corrected=tuple(_without_action(_planned(each, RerunOptions(), remake=False)) for each in others),
        limit_reached=limited != held,
        limit_note=note,
        names=binding.names,
        recognized=recognized if recognized.unvouched else replace(recognized, rows=(), binding=None),
    )


def _require_placeholders(
    planned: Sequence[PlannedRow], names: ResolvedNames, template: Path, selection: Selection
) -> None:
    """Stop if several rows would get the same video because the template uses no column.

    Raises:
        InputError: the user hasn't confirmed that this is intended
    """
    new = sum(1 for each in planned if each.action is Action.SUBMIT)
    if names.used or new <= 1 or selection.same_video:
        return
    header = names.header.columns[0].header if names.header.columns else "First Name"
    raise InputError(
        f"the template has no placeholders, so all {new:,} videos would be the same",
        place=template.name,
        hint=f"Write placeholders such as {{{{ {' '.join(header.split())} }}}} into the template. If one "
        "video is enough, add --limit 1. If every row needs its own copy, add --same-video",
    )


def _planned(each: RecognizedRow, rerun: RerunOptions, *, remake: bool) -> PlannedRow:
    decision, outcome = decide(each, rerun, remake=remake), each.outcome
    filled_in = outcome if isinstance(outcome, FilledIn) else None
    problems = outcome if isinstance(outcome, tuple) else ()
    return PlannedRow(each.row, each.entry, filled_in, decision, problems, is_edited=each.is_edited)


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


def _without_action(planned: PlannedRow) -> PlannedRow:
    return replace(planned, decision=replace(planned.decision, action=Action.NOTHING))


def _without(planned: Sequence[PlannedRow], places: Collection[int]) -> list[PlannedRow]:
    return [_without_action(each) if place in places else each for place, each in enumerate(planned)]
