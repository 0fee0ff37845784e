"""The report page: the status of every row, how long its video took, and what to do about the rest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from merge.model import JSON
from merge.project.drawing import Drawing, Svg
from merge.reports.html.page import Assets, page
from merge.reports.html.parts import Layouts, Note
from merge.reports.html.plots import Moment, curves, histogram
from merge.reports.visible_text import visible_line
from merge.results import RowStatus, format_duration
from merge.sheet.result_columns import Status

_WEB = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
_FORMULA = ("=", "+", "-", "@")
_FEWEST = 2
"""The minimum number of videos for a plot."""

WORDS = {
    Status.FAILED: "Failed",
    Status.INVALID: "Has a problem",
    Status.CHECK: "Unconfirmed",
    Status.OUT_OF_DATE: "Edited since its video was made",
    Status.RENDERING: "In progress",
    Status.SUBMITTED: "In progress",
    Status.COMPLETE: "Complete",
    Status.PRACTICE: "Practiced",
    Status.DRAFT: "Saved as a draft",
    Status.TO_DO: "Not made yet",
}
"""The name of each status, in the order of the rows on the page: those that need attention come first."""
_MADE = frozenset({Status.COMPLETE, Status.DRAFT, Status.OUT_OF_DATE})
_RANKS = {status: rank for rank, status in enumerate(WORDS)}
_KINDS = {
    Status.FAILED: "attention",
    Status.INVALID: "attention",
    Status.CHECK: "attention",
    Status.OUT_OF_DATE: "changed",
    Status.RENDERING: "open",
    Status.SUBMITTED: "open",
    Status.TO_DO: "open",
    Status.PRACTICE: "open",
    Status.DRAFT: "made",
    Status.COMPLETE: "made",
}


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row.

    Attributes:
        result: its status and video
        title: its project's name, or its first cells
        notes: its problems, with what to do
        drawings: its scenes, if known
        remark: a remark about its scenes, or ""
        left: whether it is no longer in the workbook
    """

    result: RowStatus
    title: str
    notes: tuple[Note, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    remark: str = ""
    left: bool = False

    @property
    def kind(self) -> str:
        """Its group on the page: `attention`, `changed`, `open`, `made` or `left`."""
        return "left" if self.left else _KINDS[self.result.status]

    @property
    def submitted_at(self) -> datetime | None:
        """When it was submitted, UTC."""
        return _time(self.result.submitted_at)

    @property
    def completed_at(self) -> datetime | None:
        """When its video was ready or failed, UTC."""
        return _time(self.result.completed_at)

    @property
    def took(self) -> float | None:
        """Seconds from its submission to its video; None if either time isn't known."""
        if self.result.status is not Status.COMPLETE or not self.submitted_at or not self.completed_at:
            return None
        return max((self.completed_at - self.submitted_at).total_seconds(), 0.0)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report shows.

    Attributes:
        workbook: its file name
        sheet: the worksheet's name
        template: its file name, or ""
        made_at: the time of the report
        rows: in the order of the sheet; rows that are no longer in the workbook come last
        credits: total of the known credits; None if none are known
        without_pictures: why no scenes are shown, or ""
        simulated: whether the simulator made the videos
    """

    workbook: str
    sheet: str
    template: str
    made_at: datetime
    rows: tuple[ReportRow, ...]
    credits: float | None = None
    without_pictures: str = ""
    simulated: bool = False


def report_page(report: Report, assets: Assets) -> str:
    """The report as one HTML document."""
    layouts = Layouts()
    rows: list[JSON] = [_row(row, place, layouts) for place, row in enumerate(report.rows)]
    there = [row for row in report.rows if not row.left]
    counts = Counter(row.result.status for row in there)
    took = [row.took for row in report.rows if row.took is not None]
    facts = {
        "report": report,
        "title": f"Report of {report.workbook}",
        "heading": _heading(counts, len(there)),
        "rows": sorted(report.rows, key=_rank),
        "totals": _totals(counts, len(report.rows) - len(there)),
        "credits": _figure(report.credits) if report.credits is not None else "",
        "usual": format_duration(median(took)) if took else "",
        "longest": format_duration(max(took)) if took and round(max(took)) > round(median(took)) else "",
        "plots": _plots(report.rows, took),
        "utc": utc,
        "words": WORDS,
        "link": web_address,
    }
    return page(assets, "report", facts, {"rows": rows}, layouts.drawings)


def _rank(row: ReportRow) -> int:
    return len(_RANKS) if row.left else _RANKS[row.result.status]


def _totals(counts: Counter[Status], left: int) -> list[tuple[str, str, int]]:
    """Number of rows by group and name; statuses with the same name are added up."""
    totals: dict[tuple[str, str], int] = {}
    for status, said in WORDS.items():
        totals[_KINDS[status], said] = totals.get((_KINDS[status], said), 0) + counts[status]
    totals["left", "No longer in the workbook"] = left
    return [(kind, said, number) for (kind, said), number in totals.items() if number]


def table_of(report: Report) -> list[list[str]]:
    """The rows as a table with a header, for CSV; times are UTC, and no cell is a formula."""
    header = [
        "Row",
        "Name",
        "Status",
        "Video ID",
        "Video URL",
        "Note",
        "Credits",
        "Submitted",
        "Complete",
        "Minutes",
    ]
    return [header, *(_line(row) for row in report.rows)]


def _line(row: ReportRow) -> list[str]:
    result = row.result
    cells = [
        str(result.row),
        row.title,
        WORDS[result.status],
        result.video_id or "",
        result.url or "",
        " ".join(note.text_with_place for note in row.notes),
        "" if result.credits is None else f"{result.credits:g}",
        result.submitted_at or "",
        result.completed_at or "",
        "" if row.took is None else f"{row.took / 60:.2f}",
    ]
    # Spreadsheet programs would run text that starts with one of these as a formula.
    shown = map(visible_line, cells)
    return [f"'{text}" if text.lstrip().startswith(_FORMULA) else text for text in shown]


def web_address(text: str | None) -> str:
    """The URL if it is safe to link to, or "" (`javascript:`, for example, isn't)."""
    return text if text and _WEB.fullmatch(text) else ""


def utc(at: datetime | None) -> str:
    """A time as text with its zone: `2026-11-25 22:31 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""


def _heading(counts: Counter[Status], rows: int) -> str:
    made, drafts = counts[Status.COMPLETE] + counts[Status.OUT_OF_DATE], counts[Status.DRAFT]
    if not rows:
        return "No rows"
    if drafts and not made:
        return (
            f"{drafts:,} of {rows:,} drafts are saved" if drafts < rows else f"All {rows:,} drafts are saved"
        )
    if not made:
        return "No videos yet"
    if made < rows:
        return f"{made:,} of {rows:,} videos are ready"
    return "The video is ready" if rows == 1 else f"All {rows:,} videos are ready"


def _row(row: ReportRow, place: int, layouts: Layouts) -> JSON:
    result = row.result
    return {
        "number": result.row,
        "anchor": f"left-{place}" if row.left else f"row-{result.row}",
        "title": row.title,
        "rank": _rank(row),
        "kind": row.kind,
        "status": WORDS[result.status],
        "notes": [note.for_script for note in row.notes],
        "link": web_address(result.url),
        "written": "" if web_address(result.url) else result.url or "",
        "id": result.video_id or "",
        "credits": _figure(result.credits) if result.credits is not None else "",
        "submitted": result.submitted_at or "",
        "completed": result.completed_at or "",
        "took": row.took,
        "scenes": [layouts.scene(drawing) for drawing in row.drawings],
        "remark": row.remark,
    }


def _figure(number: float) -> str:
    return f"{number:,.2f}".rstrip("0").rstrip(".")


def _plots(rows: Sequence[ReportRow], took: Sequence[float]) -> list[tuple[str, Svg]]:
    """Plots with their titles, if there are enough videos."""
    known = _MADE | {Status.FAILED}
    ended = sorted(
        (row for row in rows if row.result.completed_at and row.result.status in known), key=_completed
    )
    plots = []
    if len(ended) >= _FEWEST:
        lines = {"made": _counted(ended, _MADE), "failed": _counted(ended, {Status.FAILED})}
        plots.append(("Videos over time", curves(lines, "Videos")))
    if len(took) >= _FEWEST:
        plots.append(("How long a video took", histogram(took)))
    paid = [row for row in ended if row.result.credits]
    if len(paid) >= _FEWEST:
        plots.append(("Credits over time", curves({"made": _summed(paid)}, "Credits")))
    return plots


def _completed(row: ReportRow) -> datetime:
    assert row.completed_at is not None
    return row.completed_at


def _counted(rows: Sequence[ReportRow], statuses: Collection[Status]) -> list[Moment]:
    counted = (row for row in rows if row.result.status in statuses)
    return [(_completed(row), float(number)) for number, row in enumerate(counted, 1)]


def _summed(rows: Sequence[ReportRow]) -> list[Moment]:
    total, moments = 0.0, []
    for row in rows:
        total += row.result.credits or 0.0
        moments.append((_completed(row), total))
    return moments
