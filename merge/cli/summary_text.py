"""The text printed for people: the plan before a run, questions, and the summary after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from merge.cli.computer_locale import locale_lines
from merge.plan.decide import Action
from merge.plan.estimate import Estimate
from merge.plan.plan import Plan
from merge.reports.visible_text import visible_line
from merge.results import ExitCode, MergeResult, RowStatus, format_duration
from merge.settings import Settings
from merge.sheet.result_columns import Status

SHOWN_NOTES = 20
SHOWN_NUMBERS = 8
_CELL = re.compile(r"^(?:'(?:[^']|'')*'|[^\s!]+)![A-Z]{1,3}\d+: ")


def counted(number: int, noun: str) -> str:
    """`1 video`, `12 videos`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def intent_lines(plan: Plan, settings: Settings) -> Iterator[str]:
    """What the run is about to do, and which rows it leaves alone, with the reasons."""
    sheet = plan.sheet
    yield from locale_lines(settings)
    yield from sheet.notes
    yield (
        f"{sheet.path.name}, sheet {sheet.worksheet.name}: {counted(len(plan.rows), 'row')}, "
        f"headers in row {sheet.header.row}"
    )
    for line in _action_counts(plan):
        yield f"  {line}"
    if sheet.rows_below_table:
        below = counted(sheet.rows_below_table, "row")
        yield f"  {below} below the Excel Table left alone: drag the Table's corner over them to make them"


def _action_counts(plan: Plan) -> Iterator[str]:
    statuses, actions = plan.statuses, plan.actions
    amounts = (
        (actions[Action.SUBMIT], "to submit"),
        (actions[Action.EXPORT], "drafts to export"),
        (actions[Action.FOLLOW], "submitted earlier, to follow"),
        (actions[Action.LOOK], "in doubt, to look for at the service"),
        (statuses[Status.COMPLETE], "complete, left alone"),
        (statuses[Status.DRAFT] - actions[Action.EXPORT], "saved as drafts, left alone"),
        (statuses[Status.FAILED], "failed earlier, left alone (--retry-failed submits them again)"),
        (statuses[Status.OUT_OF_DATE], "changed since their video, left alone (--changed makes them again)"),
        (statuses[Status.INVALID], "cannot be rendered"),
        (
            statuses[Status.TO_DO] - actions[Action.SUBMIT],
            "held back (--limit, --max-videos or --max-credits)",
        ),
        (plan.left_out, "not selected"),
    )
    yield from (f"{amount:>5,} {words}" for amount, words in amounts if amount)


def estimate_lines(estimate: Estimate, *, free: str = "") -> Iterator[str]:
    """Lines that estimate speech, credits and duration, and say which of them are unknown.

    Args:
        estimate: the estimate
        free: why the videos cost nothing, or ""
    """
    if not estimate.videos:
        return
    each = estimate.speech / estimate.videos
    average = f", {format_duration(each, rounded=True)} a video" if estimate.videos > 1 else ""
    speech = (
        f"about {format_duration(estimate.speech, rounded=True)} in all{average}"
        if estimate.speech
        else "none"
    )
    yield f"  Speech: {speech}"
    if free:
        yield f"  Credits: none, {free}"
        return
    if estimate.credits is None:
        yield "  Credits: not known yet; AI Studios tells them to a --webhook-url alone"
    else:
        so_far = counted(estimate.known_credits, "earlier video")
        yield f"  Credits: about {estimate.credits:,.0f}, by what {so_far} took"
    yield from _time_line(estimate)


def _time_line(estimate: Estimate) -> Iterator[str]:
    if estimate.shortest is None or estimate.longest is None:
        yield "  Time: not known yet; a video usually takes 1 to 10 minutes"
        return
    shortest, longest = (
        format_duration(each, rounded=True) for each in (estimate.shortest, estimate.longest)
    )
    span = shortest if shortest == longest else f"{shortest} to {longest}"
    yield f"  Time: about {span}, by what {counted(estimate.known_times, 'earlier video')} took"


def question(plan: Plan, *, draft: bool) -> str:
    """The question before credits are spent."""
    videos = len(plan.of(Action.SUBMIT))
    if draft:
        return f"Save {counted(videos, 'draft')} in AI Studios now? No credits are spent."
    return f"Make {counted(videos, 'video')} now? Each one costs credits."


def export_question(drafts: int) -> str:
    """The question before drafts are exported."""
    return f"Export {counted(drafts, 'draft')} now, as they are in AI Studios? Each one costs credits."


def credit_limit_lines(plan: Plan, settings: Settings) -> Iterator[str]:
    """How exactly the credit limit can be kept, if there is one."""
    if settings.credit_limit is None or not plan.of(Action.SUBMIT):
        return
    if settings.reports_credits:
        yield (
            f"No more than {settings.credit_limit:g} credits, as far as AI Studios tells what videos cost: "
            "where it never did before, one is made first, and its cost waited for."
        )


def unconfirmed_question(rows: int, longest_export: float) -> str:
    """The question about unconfirmed submissions; `longest_export` is in seconds."""
    minutes = max(1, round(longest_export / 60))
    return (
        f"The answers about {counted(rows, 'row')} were lost. "
        f"Submit them again if they do not appear at the service within {minutes} min?"
    )


def summary_lines(result: MergeResult, *, written: bool = True) -> Iterator[str]:
    """How many rows are complete, what else to know, and the next step."""
    counts = result.counts
    total = sum(counts.values())
    others = ", ".join(
        f"{number:,} {name}" for name, number in counts.items() if number and name != "complete"
    )
    yield f"{counts['complete']:,} of {total:,} complete{f'; {others}' if others else ''}."
    yield from _note_lines(result.rows)
    yield from map(_capitalized, result.notes)
    if written and result.exit_code is not ExitCode.NOT_WRITTEN:
        yield f"Video ids, status and links are in {result.workbook}, sheet {result.sheet}."
    if result.exit_code in NEXT_STEPS:
        yield NEXT_STEPS[result.exit_code]


def _capitalized(note: str) -> str:
    """A note with a capital letter, unless it begins with a path."""
    first = note.partition(" ")[0]
    return note if {"/", "\\", ":"} & set(first) else f"{note[:1].upper()}{note[1:]}"


def _note_lines(rows: Iterable[RowStatus]) -> Iterator[str]:
    """The notes of rows; rows with the same note share a line."""
    by_note: dict[tuple[str, str], list[RowStatus]] = {}
    for row in rows:
        if row.note:
            by_note.setdefault((str(row.status) or "To do", without_cell(row.note)), []).append(row)
    for (status, note), alike in list(by_note.items())[:SHOWN_NOTES]:
        if len(alike) == 1:
            yield f"  row {alike[0].row}: {status}. {alike[0].note}"
        else:
            numbers = [row.row for row in alike]
            more = ", …" if len(numbers) > SHOWN_NUMBERS else ""
            yield f"  rows {', '.join(map(str, numbers[:SHOWN_NUMBERS]))}{more}: {status}. {note}"
    if len(by_note) > SHOWN_NOTES:
        yield "  … and more: the notes are in the workbook and in the JSON summary"


def without_cell(note: str) -> str:
    """A note without the cell address that it begins with, so that notes of many cells compare equal.

    >>> without_cell("People!C5: “Plan” is blank.")
    '“Plan” is blank.'
    """
    return _CELL.sub("", note)


NEXT_STEPS = {
    ExitCode.SOME_FAILED: "Mend what the notes name, then run the same command again: only what is not made "
    "is sent. Rows that failed at AI Studios go again with --retry-failed.",
    ExitCode.STOPPED: "Nothing is lost: once that is settled, run the same command again.",
    ExitCode.OPEN: "Some rows are still open. Run the same command later: nothing is submitted twice.",
    ExitCode.NOT_WRITTEN: "Nothing is lost. Close the workbook, then: castmerge write-back WORKBOOK.",
    ExitCode.INTERRUPTED: "Interrupted. Run the same command again to go on: nothing is submitted twice.",
}


def row_line(row: RowStatus) -> str:
    """One row for standard output, tab-separated: number, status, video id, link."""
    cells = (str(row.row), str(row.status) or "To do", row.video_id or "-", row.url or "-")
    return "\t".join(map(visible_line, cells))
