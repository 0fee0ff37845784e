"""The text printed for people: the plan before a run, questions, and the summary after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from merge.cli.computer_locale import locale_lines
from merge.model import shell_word
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
        verb = "is" if sheet.rows_below_table == 1 else "are"
        yield f"  {below} {verb} below the Excel Table and will be skipped."
        yield "    To include them, drag the corner of the Table down."


def _action_counts(plan: Plan) -> Iterator[str]:
    statuses, actions = plan.statuses, plan.actions
    amounts = (
        (actions[Action.SUBMIT], "to make"),
        (actions[Action.EXPORT], "drafts to export"),
        (actions[Action.FOLLOW], "already submitted, still in progress"),
        (actions[Action.LOOK], "unconfirmed; castmerge will look for them in AI Studios"),
        (statuses[Status.COMPLETE], "already complete"),
        (statuses[Status.DRAFT] - actions[Action.EXPORT], "saved as drafts"),
        (statuses[Status.FAILED], "failed earlier (to try again, add --retry-failed)"),
        (statuses[Status.OUT_OF_DATE], "edited since their video was made (to remake them, add --changed)"),
        (statuses[Status.INVALID], "with problems"),
        (statuses[Status.TO_DO] - actions[Action.SUBMIT], _not_now(plan)),
        (plan.left_out, "not selected"),
    )
    yield from (f"{amount:>5,} {words}" for amount, words in amounts if amount)


def _not_now(plan: Plan) -> str:
    if plan.names is None:
        return "not saved as drafts (to save them, add --draft to castmerge run)"
    return "waiting for another run, because of a limit"


def estimate_lines(estimate: Estimate, *, free: str = "") -> Iterator[str]:
    """Lines that estimate speech, credits and duration, and say which of them are unknown.

    Args:
        estimate: the estimate
        free: why the videos cost nothing, or ""
    """
    if not estimate.videos:
        return
    each = estimate.speech / estimate.videos
    average = f", {format_duration(each, rounded=True)} per video" if estimate.videos > 1 else ""
    speech = (
        f"about {format_duration(estimate.speech, rounded=True)} in all{average}"
        if estimate.speech
        else "none"
    )
    yield f"  Speaking time: {speech}"
    if free:
        yield f"  Credits: none, {free}"
        return
    if estimate.credits is None:
        yield "  Credits: not known yet. AI Studios reports them only to a webhook (--webhook-url)."
    else:
        so_far = counted(estimate.known_credits, "earlier video")
        yield f"  Credits: about {estimate.credits:,.0f}, judging by {so_far}"
    yield from _time_line(estimate)


def _time_line(estimate: Estimate) -> Iterator[str]:
    if estimate.shortest is None or estimate.longest is None:
        yield "  Time: not known yet. A video usually takes 1 to 10 minutes."
        return
    shortest, longest = (
        format_duration(each, rounded=True) for each in (estimate.shortest, estimate.longest)
    )
    span = shortest if shortest == longest else f"{shortest} to {longest}"
    yield f"  Time: about {span}, judging by {counted(estimate.known_times, 'earlier video')}"


def question(plan: Plan, *, draft: bool) -> str:
    """The question before credits are spent."""
    videos = plan.actions[Action.SUBMIT]
    if draft:
        return f"Save {counted(videos, 'draft')} in AI Studios now? Drafts use no credits."
    return f"Make {counted(videos, 'video')} now? Each one costs credits."


def export_question(drafts: int) -> str:
    """The question before drafts are exported."""
    return (
        f"Make {counted(drafts, 'video')} from the drafts, as they are now in AI Studios? "
        "Each one costs credits."
    )


def credit_limit_lines(plan: Plan, settings: Settings) -> Iterator[str]:
    """How far the credit limit can be kept, if there is one."""
    if settings.credit_limit is None or not plan.actions[Action.SUBMIT]:
        return
    if settings.reports_credits:
        yield (
            f"Limit: {settings.credit_limit:g} credits (--max-credits). "
            "If no price is known yet, castmerge makes one video first and waits for its price."
        )


def unconfirmed_question(rows: int, longest_export: float) -> str:
    """The question about unconfirmed submissions; `longest_export` is in seconds."""
    minutes = max(1, round(longest_export / 60))
    return (
        f"AI Studios didn't confirm {counted(rows, 'row')}. "
        f"If they don't show up within {minutes} min, submit them again?"
    )


def summary_lines(result: MergeResult, *, written: bool = True, simulate: bool = False) -> Iterator[str]:
    """How many rows are complete, what else to know, and the next step.

    Args:
        result: of the command
        written: the results are in the workbook
        simulate: it was a practice run, and so is the next command
    """
    counts = result.counts
    total = sum(counts.values())
    others = ", ".join(
        f"{number:,} {_COUNTED_AS.get(name, name)}"
        for name, number in counts.items()
        if number and name != "complete"
    )
    yield f"{counts['complete']:,} of {total:,} complete{f'; {others}' if others else ''}."
    yield from _note_lines(result.rows)
    yield from map(_capitalized, result.notes)
    if written and result.exit_code is not ExitCode.NOT_WRITTEN:
        yield f"Video IDs, status and links are in {result.workbook}, sheet {result.sheet}."
    where = f"{shell_word(result.workbook)}{' --simulate' if simulate else ''}"
    yield from _again_lines(result.rows, where)
    told = any("castmerge write-back" in note for note in result.notes)
    if result.exit_code in NEXT_STEPS and not told:
        yield NEXT_STEPS[result.exit_code].format(workbook=where)


def _capitalized(note: str) -> str:
    """A note with a capital letter, unless it begins with a path."""
    first = note.partition(" ")[0]
    return note if {"/", "\\", ":"} & set(first) else f"{note[:1].upper()}{note[1:]}"


def _note_lines(rows: Iterable[RowStatus]) -> Iterator[str]:
    """The notes of rows that aren't in progress; rows with the same note share a line."""
    by_note: dict[tuple[str, str], list[RowStatus]] = {}
    for row in rows:
        if row.note and row.status not in (Status.SUBMITTED, Status.RENDERING):
            by_note.setdefault((str(row.status) or "To do", without_cell(row.note)), []).append(row)
    for (status, note), alike in list(by_note.items())[:SHOWN_NOTES]:
        if len(alike) == 1:
            yield f"  row {alike[0].row}: {status}. {alike[0].note}"
        else:
            numbers = [row.row for row in alike]
            more = ", …" if len(numbers) > SHOWN_NUMBERS else ""
            yield f"  rows {', '.join(map(str, numbers[:SHOWN_NUMBERS]))}{more}: {status}. {note}"
    if len(by_note) > SHOWN_NOTES:
        yield "  … and more. All notes are in the workbook."


def _again_lines(rows: Iterable[RowStatus], workbook: str) -> Iterator[str]:
    """How to make rows again in a terminal; their notes name the buttons of the app."""
    there = {row.status for row in rows}
    yield from (words.format(workbook=workbook) for status, words in _AGAIN.items() if status in there)


def without_cell(note: str) -> str:
    """A note without the cell address that it begins with, so that notes of many cells compare equal.

    >>> without_cell("People!C5: “Plan” is blank.")
    '“Plan” is blank.'
    """
    return _CELL.sub("", note)


_COUNTED_AS = {"rendering": "in progress", "check": "unconfirmed"}
"""Counts of the summary, in words for people."""
_AGAIN = {
    Status.FAILED: "To try failed rows again, add --retry-failed to castmerge run.",
    Status.OUT_OF_DATE: "To remake rows that have changed, add --changed to castmerge run.",
    Status.CHECK: "To send unconfirmed rows again, add --resubmit-in-doubt to castmerge run.",
    Status.DRAFT: "To make videos from the drafts, run: castmerge export-drafts {workbook}",
}
NEXT_STEPS = {
    ExitCode.SOME_FAILED: "Fix what the notes say, and then run the same command again. castmerge only makes "
    "what's missing.",
    ExitCode.STOPPED: "Your work is saved. To continue, run the same command again.",
    ExitCode.OPEN: "Some rows are still in progress. To get them later, run: castmerge collect {workbook}",
    ExitCode.NOT_WRITTEN: "The results are saved. Close the workbook, and then run: castmerge "
    "write-back {workbook}",
    ExitCode.INTERRUPTED: "Interrupted. Your work is saved. To continue, run the same command again.",
}


def row_line(row: RowStatus) -> str:
    """One row for standard output, tab-separated: number, status, video id, link."""
    cells = (str(row.row), str(row.status) or "To do", row.video_id or "-", row.url or "-")
    return "\t".join(map(visible_line, cells))
