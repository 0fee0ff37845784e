"""What is said to eyes: the plan before, the summary after, one line a row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from merge.plan.decide import Action
from merge.plan.estimate import Estimate
from merge.plan.plan import Plan
from merge.results import ExitCode, MergeResult, RowStatus, format_duration
from merge.settings import Settings
from merge.sheet.result_columns import Status

SHOWN_PROBLEMS = 20
SHOWN_NUMBERS = 8
_CELL = re.compile(r"^(?:'(?:[^']|'')*'|[^\s!]+)![A-Z]{1,3}\d+: ")


def counted(number: int, noun: str) -> str:
    """`1 video`, `12 videos`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def intent_lines(plan: Plan) -> Iterator[str]:
    """What is about to be done, and what is left alone and why."""
    sheet = plan.sheet
    yield from sheet.notes
    yield (
        f"{sheet.path.name}, sheet {sheet.worksheet.name}: {counted(len(plan.rows), 'row')}, "
        f"headers in row {sheet.header.row}"
    )
    for line in _intentions(plan):
        yield f"  {line}"
    if sheet.rows_below_table:
        below = counted(sheet.rows_below_table, "row")
        yield f"  {below} below the Excel Table left alone: drag the Table's corner over them to make them"


def _intentions(plan: Plan) -> Iterator[str]:
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


def outlook_lines(look: Estimate, *, free: str = "") -> Iterator[str]:
    """What the videos will come to, and honestly what is not known of that.

    Args:
        look: what is known beforehand
        free: why they cost nothing, or ""
    """
    if not look.videos:
        return
    each = look.speech / look.videos
    average = f", {format_duration(each, rounded=True)} a video" if look.videos > 1 else ""
    speech = f"about {format_duration(look.speech, rounded=True)} in all{average}" if look.speech else "none"
    yield f"  Speech: {speech}"
    if free:
        yield f"  Credits: none, {free}"
        return
    if look.credits is None:
        yield "  Credits: not known yet; AI Studios tells them to a --webhook-url alone"
    else:
        so_far = counted(look.known_credits, "earlier video")
        yield f"  Credits: about {look.credits:,.0f}, by what {so_far} took"
    yield from _time_line(look)


def _time_line(look: Estimate) -> Iterator[str]:
    if look.shortest is None or look.longest is None:
        yield "  Time: not known yet; a video usually takes 1 to 10 minutes"
        return
    shortest, longest = (format_duration(each, rounded=True) for each in (look.shortest, look.longest))
    span = shortest if shortest == longest else f"{shortest} to {longest}"
    yield f"  Time: about {span}, by what {counted(look.known_times, 'earlier video')} took"


def question(plan: Plan, *, draft: bool) -> str:
    """What is asked before anything is spent."""
    videos = len(plan.of(Action.SUBMIT))
    if draft:
        return f"Save {counted(videos, 'draft')} in AI Studios now? No credits are spent."
    return f"Make {counted(videos, 'video')} now? Each one costs credits."


def export_question(drafts: int) -> str:
    """What is asked before drafts are exported."""
    return f"Export {counted(drafts, 'draft')} now, as they are in AI Studios? Each one costs credits."


def ceiling_lines(plan: Plan, settings: Settings) -> Iterator[str]:
    """What is known of the price, where credits have a ceiling; said before anything is asked."""
    if settings.credit_limit is None or not plan.of(Action.SUBMIT):
        return
    if settings.reports_credits:
        yield (
            f"No more than {settings.credit_limit:g} credits, as far as AI Studios tells what videos cost: "
            "where it never did before, one is made first, and its cost waited for."
        )


def doubt_question(rows: int, longest_export: float) -> str:
    """What is asked about submissions that were left without an answer; `longest_export` in seconds."""
    minutes = max(1, round(longest_export / 60))
    return (
        f"The answers about {counted(rows, 'row')} were lost. "
        f"Submit them again if they do not appear at the service within {minutes} min?"
    )


def summary_lines(result: MergeResult, *, written: bool = True, next_step: bool = True) -> Iterator[str]:
    """What it came to, and, where that is not said elsewhere, the next step."""
    counts = result.counts
    total = sum(counts.values())
    said = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number and name != "complete")
    yield f"{counts['complete']:,} of {total:,} complete{f'; {said}' if said else ''}."
    yield from _noted(result.rows)
    yield from map(_sentence, result.notes)
    if written and result.exit_code is not ExitCode.NOT_WRITTEN:
        yield f"Video ids, status and links are in {result.workbook}, sheet {result.sheet}."
    if next_step and result.exit_code in NEXT_STEPS:
        yield NEXT_STEPS[result.exit_code]


def _sentence(note: str) -> str:
    """A note with a capital letter, unless it begins with a path."""
    first = note.partition(" ")[0]
    return note if {"/", "\\", ":"} & set(first) else f"{note[:1].upper()}{note[1:]}"


def _noted(rows: Iterable[RowStatus]) -> Iterator[str]:
    """What is to be said of rows, once for all that it is to be said of."""
    together: dict[tuple[str, str], list[RowStatus]] = {}
    for row in rows:
        if row.note:
            together.setdefault((str(row.status) or "To do", without_cell(row.note)), []).append(row)
    for (status, note), alike in list(together.items())[:SHOWN_PROBLEMS]:
        if len(alike) == 1:
            yield f"  row {alike[0].row}: {status}. {alike[0].note}"
        else:
            numbers = [row.row for row in alike]
            more = ", …" if len(numbers) > SHOWN_NUMBERS else ""
            yield f"  rows {', '.join(map(str, numbers[:SHOWN_NUMBERS]))}{more}: {status}. {note}"
    if len(together) > SHOWN_PROBLEMS:
        yield "  … and more: the notes are in the workbook and in the JSON summary"


def without_cell(note: str) -> str:
    """A note without the address that it begins with, so that the same said of many cells is known as one.

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
    return "\t".join((str(row.row), str(row.status) or "To do", row.video_id or "-", row.url or "-"))
