from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from merge.cli.summary_text import estimate_lines
from merge.model import Entry, Fingerprint, JobId, RowKey, State, Tag
from merge.plan.estimate import Estimate, estimate
from merge.plan.plan import Plan
from merge.results import format_duration
from merge.run.session import plan_without_lock
from merge.settings import Settings
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook

BEGAN = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def plan(make_workbook: MakeWorkbook, make_template: MakeTemplate) -> Plan:
    """Forty rows to submit, with about the same speech time each."""
    rows = [["Name"], *([f"Anastasia {number:02}"] for number in range(40))]
    script = "<p>Hello {{ name }}, this is a longer text for the ear.</p>"
    return plan_without_lock(make_workbook(rows), make_template(script), Settings())


def _entry(number: int, began: datetime, minutes: float, cost: float | None = None) -> Entry:
    return Entry(
        key=RowKey(f"key {number}"),
        row_number=number,
        content="",
        fingerprint=Fingerprint("f"),
        tag=Tag("t"),
        state=State.COMPLETE,
        generation=0,
        job=JobId(f"job {number}"),
        video_url="https://example.com/v.mp4",
        problem=None,
        credits=cost,
        submitted_at=began,
        completed_at=began + timedelta(minutes=minutes),
        written=True,
    )


def _earlier(count: int, cost: float | None = None) -> Iterator[Entry]:
    """Videos that were finished one minute apart and took four minutes each."""
    return (_entry(number, BEGAN + timedelta(minutes=number), 4, cost) for number in range(count))


def test_without_earlier_videos_credits_and_time_are_unknown(plan: Plan) -> None:
    """Speech is estimated; the estimate says that credits and time aren't known."""
    estimated = estimate(plan, [])
    assert (estimated.videos, estimated.credits, estimated.shortest, estimated.longest) == (
        40,
        None,
        None,
        None,
    )
    assert 3 * 40 < estimated.speech < 5 * 40
    text = "\n".join(estimate_lines(estimated))
    assert text.count("not known yet") == 2
    assert "4 s per video" in text


def test_earlier_videos_determine_credits_and_time(plan: Plan) -> None:
    """The range is from all videos in parallel to one after the other, at the pace of the earlier ones."""
    estimated = estimate(plan, _earlier(10, cost=2.5))
    assert (estimated.credits, estimated.known_credits, estimated.known_times) == (100.0, 10, 10)
    assert (estimated.shortest, estimated.longest) == (240.0, 13 * 60 * 4)
    assert list(estimate_lines(estimated))[1:] == [
        "  Credits: about 100, judging by 10 earlier videos",
        "  Time: about 4 min to 52 min, judging by 10 earlier videos",
    ]


def test_one_earlier_video_has_no_pace(plan: Plan) -> None:
    """Only its own duration is known."""
    assert (
        list(estimate_lines(estimate(plan, _earlier(1))))[2]
        == "  Time: about 4 min, judging by 1 earlier video"
    )


def test_only_the_latest_batch_counts(plan: Plan) -> None:
    """Videos of an earlier day don't affect the estimate."""
    long_ago = _entry(99, BEGAN - timedelta(days=3), 60)
    assert estimate(plan, [long_ago, *_earlier(5)]).known_times == 5


def test_unfinished_videos_do_not_count(plan: Plan) -> None:
    """Neither a video in progress nor a refused row affects the estimate."""
    entry = _entry(1, BEGAN, 4, cost=3)
    open_still = replace(entry, completed_at=None, credits=None)
    refused = replace(entry, job=None, state=State.FAILED)
    failed = replace(entry, state=State.FAILED, credits=None)
    assert estimate(plan, [open_still, refused, failed]) == estimate(plan, [])


def test_free_videos_cost_nothing() -> None:
    """Drafts and simulated videos are free; without videos to make, there is no estimate."""
    assert list(estimate_lines(Estimate(1, 0.2), free="drafts are free")) == [
        "  Speaking time: about 1 s in all",
        "  Credits: none, drafts are free",
    ]
    assert next(estimate_lines(Estimate(2, 0.0), free="x")) == "  Speaking time: none"
    assert list(estimate_lines(Estimate(0, 0.0))) == []


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.2, "1 s"), (59.4, "59 s"), (59.6, "1 min"), (3600, "60 min"), (7200, "2.0 h")],
)
def test_durations_are_rounded(seconds: float, expected: str) -> None:
    """They are given in seconds, minutes or hours."""
    assert format_duration(seconds, rounded=True) == expected


def test_a_second_run_uses_the_durations_of_the_first(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """They are read from the journal; drafts cost nothing."""
    book, template = make_workbook([["Name"], ["Ana"], ["Ben"]]), make_template()
    run = ("run", book, "-t", template, "--simulate", "--simulate-seconds", "0.2")
    assert "  Credits: none, this is a practice run" in castmerge(*run, "--limit", "1").err
    assert "  Credits: none, drafts are free" in castmerge("run", book, "-t", template, "--draft").err
