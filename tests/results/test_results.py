from __future__ import annotations

from datetime import UTC, datetime

import pytest

from merge.errors import ColumnError
from merge.model import Cell, CellKind, Entry, Fingerprint, JobId, Link, Problem, RowKey, SheetRow, State, Tag
from merge.results import ExitCode, MergeResult, RowStatus, count_rows, exit_code_of, result_of_entry
from merge.sheet.columns import Column, make_header
from merge.sheet.result_columns import ResultColumns, ResultHeaders, Status

AT = datetime(2026, 11, 22, 9, 30, 15, 999, tzinfo=UTC)
HEADERS = ResultHeaders.with_prefix()
DONE = RowStatus(
    row=2,
    key=RowKey("k"),
    status=Status.COMPLETE,
    video_id="v1",
    url="https://x.y/v1.mp4",
    credits=2.0,
    completed_at="2026-11-22T09:30:15Z",
)
TO_DO = RowStatus(row=3, key=RowKey("l"), status=Status.TO_DO)


def _line(number: int, cells: dict[int, str]) -> SheetRow:
    return SheetRow(number, {column: Cell(CellKind.TEXT, text) for column, text in cells.items()})


def _columns(cells: dict[int, str]) -> tuple[Column, ...]:
    return make_header(1, _line(1, cells).cells).columns


def test_two_result_columns_with_one_name_are_refused() -> None:
    """The error names both columns."""
    with pytest.raises(ColumnError, match="the columns B and D are both called Video ID"):
        ResultColumns.find(HEADERS, _columns({1: "Name", 2: "Video ID", 4: "video id"}))


def test_result_columns_are_found_in_any_position() -> None:
    """Case, spaces and the order of the headers don't matter."""
    columns = ResultColumns.find(HEADERS, _columns({4: " video  id", 2: "VIDEO STATUS", 1: "Name"}))
    assert columns.numbers == {"Video ID": 4, "Video Status": 2}
    assert columns.job_of(_line(2, {4: "v1 "})) == "v1"
    assert ResultColumns.find(HEADERS, ()).numbers == {}


def test_the_prefix_renames_the_headers() -> None:
    """The prefix renames all five columns."""
    assert ResultHeaders.with_prefix("Clip").all == (
        "Clip Status", "Clip URL", "Clip Note", "Clip Updated", "Clip ID",
    )  # fmt: skip


def test_a_result_fills_five_cells() -> None:
    """The URL is a link, the time has whole seconds, and unknown values clear their cells."""
    assert DONE.cells(HEADERS, AT) == {
        "Video ID": "v1",
        "Video Status": "Complete",
        "Video URL": Link("https://x.y/v1.mp4", "Watch video"),
        "Video Note": None,
        "Video Updated": AT.replace(microsecond=0),
    }


def test_a_row_that_already_shows_the_result_is_not_written() -> None:
    """A different time of change isn't a reason to write."""
    columns = ResultColumns.find(HEADERS, _columns(dict(enumerate(HEADERS.all, start=1))))
    shown = {1: "Complete", 2: "https://x.y/v1.mp4", 5: "v1"}
    assert columns.shows(_line(2, shown), DONE.cells(HEADERS, AT))
    assert not columns.shows(_line(2, shown | {3: "old note"}), DONE.cells(HEADERS, AT))


@pytest.mark.parametrize(
    ("text", "status"),
    [("Complete", Status.COMPLETE), (" out  OF date ", Status.OUT_OF_DATE), ("x", Status.TO_DO)],
)
def test_a_status_cell_is_read_without_case_and_spaces(text: str, status: Status) -> None:
    """Any other text means to do."""
    assert Status.of(text) is status


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (State.SUBMITTING, Status.CHECK),
        (State.NOT_TAKEN, Status.TO_DO),
        (State.SUBMITTED, Status.SUBMITTED),
        (State.COMPLETE, Status.COMPLETE),
        (State.FAILED, Status.FAILED),
        (State.DRAFT, Status.DRAFT),
    ],
)
def test_every_state_has_a_status(state: State, status: Status) -> None:
    """Each state of the journal maps to one status in the sheet."""
    entry = Entry(
        RowKey("k"),
        2,
        "c",
        Fingerprint("f"),
        Tag("t"),
        state,
        job=JobId("v"),
        problem=Problem("why", hint="do"),
    )
    result = result_of_entry(2, entry)
    assert (result.status, result.note, result.video_id) == (status, "Why. Do.", "v")


@pytest.mark.parametrize(
    ("counts", "unsent", "code"),
    [
        ({}, 0, ExitCode.COMPLETE),
        ({"complete": 3, "skipped": 2}, 0, ExitCode.COMPLETE),
        ({"failed": 1}, 0, ExitCode.SOME_FAILED),
        ({"invalid": 1}, 0, ExitCode.SOME_FAILED),
        ({"invalid": 1, "rendering": 1}, 0, ExitCode.OPEN),
        ({"check": 1}, 0, ExitCode.OPEN),
        ({"failed": 1}, 1, ExitCode.OPEN),
    ],
)
def test_open_rows_outrank_failed_ones(counts: dict[str, int], unsent: int, code: ExitCode) -> None:
    """With open rows the run isn't over, so failed rows don't matter yet."""
    assert exit_code_of(count_rows([]) | counts, unsent=unsent) is code


def test_the_summary_has_the_documented_names() -> None:
    """Times are UTC with a Z."""
    result = MergeResult("w.xlsx", "S", "t.json", (DONE, TO_DO), ExitCode.COMPLETE, unselected=4)
    assert result.to_dict() == {
        "schema": 1,
        "workbook": "w.xlsx",
        "sheet": "S",
        "template": "t.json",
        "counts": {"complete": 1, "failed": 0, "invalid": 0, "rendering": 0, "check": 0, "skipped": 5},
        "credits": 2.0,
        "exit_code": 0,
        "practice": False,
        "rows": [
            {
                "row": 2, "key": "k", "video_id": "v1", "status": "Complete", "url": "https://x.y/v1.mp4",
                "note": None, "credits": 2.0, "submitted_at": None, "completed_at": "2026-11-22T09:30:15Z",
            },
            {
                "row": 3, "key": "l", "video_id": None, "status": "", "url": None,
                "note": None, "credits": None, "submitted_at": None, "completed_at": None,
            },
        ],
        "downloads": [],
    }  # fmt: skip
    assert MergeResult("w", "S", "t", (TO_DO,), ExitCode.COMPLETE).credits is None
