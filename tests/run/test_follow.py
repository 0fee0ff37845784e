from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from merge.errors import Rejected, ServiceError, Unauthorized, Unavailable
from merge.model import ExportState, JobId, Progress, RowKey
from merge.results import ExitCode
from merge.run.follow import OnWebhook
from merge.run.runner import Runner
from merge.run.state import RunState
from merge.services.simulator import Simulator, SimulatorSettings
from merge.settings import Selection, Settings, Webhook
from merge.sheet.result_columns import Status
from tests.benchmarks.polling import POLICIES, follow, make_rows
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.fake_service import SHEET, Scene

MANY = 80


@pytest.fixture
def crowd(scene: Scene, make_workbook: MakeWorkbook) -> Scene:
    """More people than are polled one by one."""
    scene.workbook = make_workbook([["Name"], *([f"Person {number}"] for number in range(MANY))])
    return scene


def _all_complete(scene: Scene) -> bool:
    outcome = scene.run()
    return Counter(row.status for row in outcome.rows) == {Status.COMPLETE: MANY}


@pytest.mark.parametrize(
    "disturb",
    [
        pytest.param(lambda scene: setattr(scene.service, "lists", False), id="shows nothing"),
        pytest.param(
            lambda scene: scene.service.hidden.update(JobId(f"v{number}") for number in range(1, MANY, 2)),
            id="shows every other one",
        ),
        pytest.param(
            lambda scene: scene.service.finished_errors.update({1: Rejected("404")}), id="is not there"
        ),
        pytest.param(
            lambda scene: scene.service.finished_errors.update(
                {1: Unavailable("502"), 3: Unavailable("429", retry_after=30)}
            ),
            id="fails at times",
        ),
    ],
)
def test_an_unreliable_list_delays_nothing(crowd: Scene, disturb: Callable[[Scene], None]) -> None:
    """Jobs that the list doesn't show are polled one by one, at about the usual time."""
    disturb(crowd)
    assert _all_complete(crowd)
    assert crowd.clock.seconds() < 90 + 400
    if 1 in crowd.service.finished_errors and isinstance(crowd.service.finished_errors[1], Rejected):
        assert crowd.service.calls["finished"] == 1


def test_a_key_refused_by_the_list_stops_the_run(crowd: Scene) -> None:
    """A refused key is as final in the list as anywhere else."""
    crowd.service.finished_errors = {1: Unauthorized("the key is refused")}
    outcome = crowd.run()
    assert isinstance(outcome.stopped_by, Unauthorized)


def test_failed_jobs_in_the_list_end_as_failed(crowd: Scene) -> None:
    """The list shows failed jobs as well as complete ones."""
    crowd.service.progress_at = lambda age: (
        Progress(50, ExportState.FAILED, failure="bad image")
        if age >= 90
        else Progress(10, ExportState.RENDERING)
    )
    outcome = crowd.run()
    assert Counter(row.status for row in outcome.rows) == {Status.FAILED: MANY}


@pytest.mark.parametrize(
    "errors",
    [
        pytest.param([], id="network available on waking"),
        pytest.param([Unavailable("no network yet")] * 12, id="network unavailable for a while"),
    ],
)
def test_a_sleeping_laptop_abandons_no_video(scene: Scene, errors: list[ServiceError]) -> None:
    """Eight hours without polls don't count as a stall."""
    slept: list[bool] = []
    left = iter(errors)

    def progress_at(age: float) -> Progress:
        if not slept and age > 30:
            slept.append(True)
            scene.clock.sleep_through(8 * 3600)
            raise Unavailable("the connection is gone")
        if slept and (error := next(left, None)):
            raise error
        if age > 8 * 3600 + 600:
            return Progress(100, ExportState.COMPLETE, "https://x.y/z.mp4")
        return Progress(20, ExportState.RENDERING)

    scene.service.progress_at = progress_at
    result = scene.carry_out(Settings())
    assert (result.exit_code, result.counts["complete"]) == (ExitCode.COMPLETE, 5)
    assert scene.service.calls["submit"] == 5


def test_a_webhook_that_arrives_during_a_poll_is_not_lost(scene: Scene) -> None:
    """The poll's answer may be older than the webhook, so the next poll follows at once."""
    callbacks: list[OnWebhook] = []
    answers = iter([Progress(99, ExportState.RENDERING)])

    @contextmanager
    def listen(
        _webhook: Webhook | None, on_webhook: OnWebhook, _tokens: object
    ) -> Iterator[Callable[[RowKey], str]]:
        callbacks.append(on_webhook)
        yield str

    def progress_at(age: float) -> Progress:
        callbacks[0](key, None, True)
        return next(answers, Progress(100, ExportState.COMPLETE, f"https://x.y/{age}"))

    settings = Settings(selection=Selection(rows="2"))
    plan = scene.plan(settings)
    [key] = [planned.row.key for planned in plan.rows]
    scene.service.progress_at = progress_at
    state = RunState(scene.journal, SHEET, scene.events.append)
    runner = Runner(scene.service, state, scene.clock, settings, scene.stop, listen=listen)
    outcome = asyncio.run(runner.carry_out(plan))
    assert [row.status for row in outcome.rows] == [Status.COMPLETE]
    assert scene.clock.seconds() < 62


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("policy", "polls", "lag"),
    [
        pytest.param("castmerge", 4, 4, id="polls and the list"),
        pytest.param("castmerge, a list that shows nothing", 8, 4, id="only polls"),
        pytest.param("castmerge, webhooks (1 % lost)", 1.5, 2, id="webhooks"),
        pytest.param("castmerge, webhooks, no list", 1.5, 2, id="only webhooks"),
    ],
)
def test_two_hundred_videos_need_few_requests(tmp_path: Path, policy: str, polls: float, lag: float) -> None:
    """At ten requests per second, polls per video and the delay of the result are limited."""
    [chosen] = [one for one in POLICIES if one.name == policy]
    measured = follow(chosen, make_rows(tmp_path, 200), tmp_path, 10.0)
    assert measured.looks <= polls, measured
    assert measured.mean <= lag, measured
    assert measured.busiest <= 10.6, measured


def test_a_row_submitted_yesterday_can_send_a_webhook_today(
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its webhook address is still valid, and its credits are recorded."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", "some-key")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    workbook, log = make_workbook([["Name"], ["Ana"], ["Ben"]]), tmp_path / "service.jsonl"
    slow = ("--first-look", "60", "--poll-min", "60", "--poll-max", "60")
    listen_for_webhooks = ("--webhook-url", f"http://{listen}/hook", "--webhook-listen", listen)
    with Simulator(SimulatorSettings(seconds=4, state_file=log)) as service:
        there = ("--base-url", service.base_url, *listen_for_webhooks)
        assert castmerge("submit", workbook, "-t", make_template(), "--yes", *there).code == 4
        ran = castmerge("collect", workbook, *there, *slow, "--json", "--log", tmp_path / "run.log")
    summary = json.loads(ran.out)
    assert (ran.code, summary["counts"]["complete"], summary["credits"]) == (0, 2, 2.0), ran.err
    bodies = [json.loads(json.loads(line)["body"]) for line in log.read_text(encoding="utf-8").splitlines()]
    tokens = [body["webhookUrl"].rpartition("/")[2] for body in bodies]
    assert len({*tokens}) == 2
    output = (ran.out + ran.err).encode() + (tmp_path / "run.log").read_bytes() + workbook.read_bytes()
    journal = next(tmp_path.rglob("*.db")).read_bytes()
    assert all(token.encode() not in content for token in tokens for content in (output, journal))
