"""The report: what was made of every row, what it took, and what is to be done about the rest."""

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
from merge.results import RowStatus, format_duration
from merge.sheet.result_columns import Status

_WEB = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FEWEST = 2
"""Videos; of a single one there is nothing to compare."""

WORDS = {
    Status.FAILED: "Failed",
    Status.INVALID: "Cannot be made",
    Status.CHECK: "To be checked",
    Status.OUT_OF_DATE: "Changed since its video",
    Status.RENDERING: "Being made",
    Status.SUBMITTED: "Being made",
    Status.COMPLETE: "Complete",
    Status.DRAFT: "Saved as a draft",
    Status.TO_DO: "Not made yet",
}
"""What each status is called, in the order in which rows are shown: what needs somebody comes first."""
_MADE = frozenset({Status.COMPLETE, Status.DRAFT, Status.OUT_OF_DATE})
_RANKS = {status: rank for rank, status in enumerate(WORDS)}
_KINDS = {
    Status.FAILED: "mend",
    Status.INVALID: "mend",
    Status.CHECK: "mend",
    Status.OUT_OF_DATE: "changed",
    Status.RENDERING: "open",
    Status.SUBMITTED: "open",
    Status.TO_DO: "open",
    Status.DRAFT: "made",
    Status.COMPLETE: "made",
}


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row.

    Attributes:
        result: where it stands
        title: what its project is called, or its first cells
        notes: what is the matter, with what to do
        drawings: its scenes; none where they are not known
        remark: what is to be said of its picture, or ""
        left: whether it stands in the workbook no more
    """

    result: RowStatus
    title: str
    notes: tuple[Note, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    remark: str = ""
    left: bool = False

    @property
    def kind(self) -> str:
        """What is to be done about it: `mend`, `changed`, `open`, `made` or, with nothing to do, `left`."""
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
        """Seconds from its submission to its video; None where either is not known."""
        if self.result.status is not Status.COMPLETE or not self.submitted_at or not self.completed_at:
            return None
        return max((self.completed_at - self.submitted_at).total_seconds(), 0.0)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True, slots=True)
class Report:
    """All that is reported.

    Attributes:
        workbook: its file's name
        sheet: the worksheet
        template: its file's name, or ""
        made_at: when this was told
        rows: in the sheet's order; those that have left the workbook come last
        credits: of all rows, as far as the service said; None where it never did
        without_pictures: why no scenes are shown, or ""
        simulated: whether a stand-in made the videos
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
    """How many rows are what, by kind and in words; statuses that are called alike count together."""
    totals: dict[tuple[str, str], int] = {}
    for status, said in WORDS.items():
        totals[_KINDS[status], said] = totals.get((_KINDS[status], said), 0) + counts[status]
    totals["left", "No longer in the workbook"] = left
    return [(kind, said, number) for (kind, said), number in totals.items() if number]


def table_of(report: Report) -> list[list[str]]:
    """The rows as a table with its header, for CSV; times are UTC, and no cell is a formula."""
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
        " ".join(note.said for note in row.notes),
        "" if result.credits is None else f"{result.credits:g}",
        result.submitted_at or "",
        result.completed_at or "",
        "" if row.took is None else f"{row.took / 60:.2f}",
    ]
    # Spreadsheet programs take text that begins so for a formula, and run it.
    return [f"'{text}" if text.startswith(_FORMULA) else text for text in cells]


def web_address(text: str | None) -> str:
    """An address that a browser may be led to, or "": `javascript:` and the like are none."""
    return text if text and _WEB.fullmatch(text) else ""


def utc(at: datetime | None) -> str:
    """A time in words that holds anywhere: `2026-11-25 22:31 UTC`."""
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
        return "No video is made yet"
    if made < rows:
        return f"{made:,} of {rows:,} videos are made"
    return "The video is made" if rows == 1 else f"All {rows:,} videos are made"


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
    """Plots with their titles, where there is anything to compare."""
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
