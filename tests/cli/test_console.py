from __future__ import annotations

import io

import pytest
from rich.console import Console as RichConsole

from merge.cli.console import PlainLines, wrapped
from merge.cli.live_view import View
from merge.cli.progress_state import Progress, progress_line
from merge.model import RowKey
from merge.run.state import RowEvent
from merge.sheet.result_columns import Status


def _event(row: int, status: Status, percent: float | None = None, note: str = "") -> RowEvent:
    return RowEvent(row, RowKey(f"key {row}"), status, percent, note)


class Now:
    """A clock that is set by hand, in seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Now:
    """The time at the beginning of the run."""
    return Now()


def _progress(*events: RowEvent, total: int = 10) -> Progress:
    progress = Progress(total, 0.0)
    for event in events:
        progress.add(event)
    return progress


def test_each_row_counts_once() -> None:
    """A row that changes its status is removed from its previous count."""
    progress = _progress(
        _event(2, Status.SUBMITTED),
        _event(2, Status.RENDERING, 40),
        _event(2, Status.COMPLETE),
        _event(3, Status.FAILED, note="The service refused it."),
        _event(4, Status.RENDERING, 10),
    )
    assert (progress.done, progress.under_way) == (2, 1)
    assert list(progress.counts()) == [(1, "complete"), (1, "failed"), (1, "in progress"), (7, "waiting")]


def test_an_unconfirmed_row_that_is_found_continues() -> None:
    """`Check` isn't final if the submission is adopted later."""
    progress = _progress(_event(2, Status.CHECK), _event(2, Status.SUBMITTED), total=1)
    assert (progress.done, progress.under_way) == (0, 1)


def test_only_a_change_of_status_is_printed() -> None:
    """Progress alone prints nothing."""
    progress = Progress(1, 0.0)
    assert progress.add(_event(2, Status.RENDERING, 10))
    assert not progress.add(_event(2, Status.RENDERING, 20))


def test_rows_refused_at_once_do_not_affect_the_time_left() -> None:
    """Two refusals in the first second give no pace; half the work of the other rows in a minute does."""
    refused = [_event(2, Status.FAILED), _event(3, Status.CHECK)]
    assert _progress(*refused, total=4).time_left(1.0) == ""
    under_way = [_event(4, Status.RENDERING, 40), _event(5, Status.RENDERING, 60)]
    assert _progress(*refused, *under_way, total=4).time_left(120.0) == "about 2 min left"


def test_progress_of_running_rows_counts_as_work() -> None:
    """The bar moves before the first video is complete."""
    progress = _progress(_event(2, Status.RENDERING, 50), _event(3, Status.COMPLETE))
    assert (progress.done, progress.work) == (1, 1.5)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        pytest.param("short", "short", id="short"),
        pytest.param(
            "  row 5: it is blank. Fill it in.", "  row 5: it is blank. Fill it\n    in.", id="long"
        ),
        pytest.param(
            "Once it is well: castmerge run a.xlsx --yes",
            "Once it is well:\n  castmerge run a.xlsx --yes",
            id="a command to copy",
        ),
        pytest.param(
            "Error: castmerge found no key. Add --yes to castmerge run.",
            "Error: castmerge found no key.\n  Add --yes to castmerge run.",
            id="a sentence about castmerge",
        ),
        pytest.param(
            "One.\n  Two lines stay two lines, as they are.",
            "One.\n  Two lines stay two lines, as\n    they are.",
            id="lines",
        ),
        pytest.param("It is in /tmp/some folder/a long name.xlsx", None, id="a path to copy"),
    ],
)
def test_long_lines_break_between_words(line: str, shown: str | None) -> None:
    """Further lines are indented, and text to copy stays in one piece."""
    assert wrapped(line, 31) == (shown or line)


def test_a_problem_of_many_rows_is_printed_once() -> None:
    """The same problem in another cell isn't repeated; a different problem is printed."""
    progress = Progress(10, 0.0)
    notes = ("People!C2: It is blank.", "People!C9: It is blank.", "'My List'!C3: It is blank.", "Other.")
    printed = [progress.is_news(_event(2, Status.FAILED, note=note)) for note in notes]
    assert printed == [True, False, False, True]
    assert not progress.is_news(_event(2, Status.COMPLETE))


def test_the_last_problems_are_kept() -> None:
    """There are three of them, with the latest last."""
    progress = _progress(*(_event(row, Status.FAILED) for row in range(2, 9)))
    assert [event.row for event in progress.problems] == [6, 7, 8]


def test_the_most_advanced_rows_are_shown_in_sheet_order() -> None:
    """This applies if there isn't room for all."""
    progress = _progress(*(_event(row, Status.RENDERING, row * 10) for row in (2, 9, 5, 7)))
    assert [event.row for event in progress.in_flight(2)] == [7, 9]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "less than a minute left"),
        (100, "about 2 min left"),
        (3000, "about 50 min left"),
        (3 * 3600, "about 3.0 h left"),
    ],
)
def test_time_left_is_rounded(seconds: float, words: str) -> None:
    """It is given in minutes, then in hours."""
    assert _progress(_event(2, Status.COMPLETE), total=2).time_left(seconds) == words


def test_time_left_follows_from_the_completed_rows() -> None:
    """Two of ten rows in a minute leave four minutes; without a row done or left there is no estimate."""
    progress = _progress(_event(2, Status.COMPLETE), _event(3, Status.COMPLETE))
    assert progress.time_left(60.0) == "about 4 min left"
    assert _progress(_event(2, Status.RENDERING)).time_left(60.0) == ""
    assert _progress(_event(2, Status.COMPLETE), total=1).time_left(60.0) == ""


def test_without_a_terminal_rows_are_summarized_now_and_then(now: Now) -> None:
    """A line every half minute covers all rows; the summary at the end has their notes."""
    printed_lines: list[str] = []
    lines = PlainLines(10_000, now, printed_lines.append)
    for row in range(2, 5002):
        now.seconds = row / 10
        lines.add(_event(row, Status.FAILED if row % 10 == 0 else Status.COMPLETE))
    assert len(printed_lines) == 16
    assert printed_lines[-1].startswith("4,799 of 10,000 done (4,319 complete, 480 failed, 5,201 waiting)")


def test_the_summary_line_has_the_time_left() -> None:
    """Everything is in one line."""
    progress = _progress(_event(2, Status.COMPLETE))
    assert progress_line(progress, 60.0) == "1 of 10 done (1 complete, 9 waiting); about 9 min left"


def _drawn(progress: Progress, *, width: int, height: int) -> list[str]:
    out = io.StringIO()
    console = RichConsole(file=out, width=width, height=height, force_terminal=False, color_system=None)
    console.print(View(progress, lambda: 60.0))
    return out.getvalue().splitlines()


@pytest.mark.parametrize(("width", "height"), [(140, 50), (80, 24), (40, 12), (30, 10)])
def test_the_view_fits_the_terminal(width: int, height: int) -> None:
    """This holds for any size and any number of rows."""
    note = "The service refused the project: a very long reason in many words. " * 3
    progress = _progress(
        *(_event(row, Status.RENDERING, row % 100) for row in range(2, 9000)),
        *(_event(row, Status.FAILED, note=note) for row in range(9000, 9500)),
        total=10_000,
    )
    drawn = _drawn(progress, width=width, height=height)
    assert max(map(len, drawn)) <= width
    assert len(drawn) <= height


def test_the_view_shows_the_status_of_rows() -> None:
    """It shows the total, the counts, the rows in progress, and the last problem."""
    progress = _progress(
        _event(2, Status.COMPLETE),
        _event(3, Status.TO_DO),
        _event(4, Status.RENDERING, 0.0),
        _event(4, Status.RENDERING, 62.0),
        _event(5, Status.FAILED, note="No such avatar."),
    )
    drawn = "\n".join(_drawn(progress, width=100, height=30))
    for words in (
        "2 of 10",
        "about 5 min left",
        "1 complete · 1 failed",
        "Submitting",
        "62%",
        "No such avatar.",
    ):
        assert words in drawn
