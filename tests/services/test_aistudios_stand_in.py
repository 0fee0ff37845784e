from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

import pytest

from merge.errors import Rejected, ServiceError, Unauthorized, Unavailable, Uncertain
from merge.model import JSON, ExportState, Fingerprint, JobId, Project, RowKey, Tag
from merge.services.aistudios import AiStudios, AiStudiosSettings, ApiKey, AppCredentials, Credentials
from merge.services.simulator import Faults, Simulator, SimulatorSettings
from tests.support.simulator_process import HandClock

T = TypeVar("T")


def project(tag: str = "k7f3q9x2ma", **more: JSON) -> Project:
    model: JSON = {"ai_name": "M000045058", "emotion": "BG00002320", "language": "en"}
    clip: JSON = {"type": "aiModel", "layer": 1, "script": {"org": "<p>Grüße 🎬</p>"}, "model": model}
    scene: JSON = {"sceneIdx": 0, "scale": 367.33333333333337, "clips": [clip]}
    body: dict[str, JSON] = {"name": f"Hello [{tag}]", "orientation": "landscape", "scenes": [scene], **more}
    return Project(RowKey("a"), json.dumps(body), Fingerprint("f"), Tag(tag))


def visit(
    act: Callable[[AiStudios, HandClock], Awaitable[T]],
    settings: SimulatorSettings | None = None,
    credentials: Credentials = ApiKey("any"),  # noqa: B008 - frozen
) -> T:
    time = HandClock()
    with Simulator(settings or SimulatorSettings(seconds=100), clock=time) as simulator:

        async def session() -> T:
            place = AiStudiosSettings(base_url=simulator.base_url, answer_timeout=5)
            async with AiStudios(credentials, place) as studio:
                return await act(studio, time)

        return asyncio.run(session())


def test_a_project_is_submitted_polled_and_fetched() -> None:
    """A project is submitted, in progress, complete, and returned as it was sent."""

    async def way(studio: AiStudios, time: HandClock) -> None:
        job = await studio.submit(project())
        early = await studio.progress(job)
        time.now += 50
        half = await studio.progress(job)
        time.now += 100
        done = await studio.progress(job)
        assert early.state is half.state is ExportState.RENDERING
        assert early.percent < half.percent < 100
        assert done.state is ExportState.COMPLETE
        assert done.video_url is not None
        found = await studio.fetch(job)
        assert isinstance(found, dict)
        assert found["scenes"] == json.loads(project().body)["scenes"]

    visit(way)


@pytest.mark.parametrize("shows", ["all", "exported"])
def test_a_lost_submission_is_found_by_its_tag(shows: Literal["all", "exported"]) -> None:
    """A submission with a lost response is Uncertain, and appears in the project list later."""

    async def way(studio: AiStudios, time: HandClock) -> None:
        with pytest.raises(Uncertain):
            await studio.submit(project("aaaaaaaaaa"))
        wanted = [Tag("aaaaaaaaaa"), Tag("bbbbbbbbbb")]
        assert len(await studio.find(wanted)) == (shows == "all")
        time.now += 1000
        found = await studio.find(wanted)
        assert list(found) == ["aaaaaaaaaa"]
        assert (await studio.progress(found[Tag("aaaaaaaaaa")])).state is ExportState.COMPLETE

    visit(way, SimulatorSettings(seconds=100, faults=Faults(lose=1), list_shows=shows))


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        pytest.param(Faults(lose=1), Uncertain, id="lost"),
        pytest.param(Faults(late500=1), Uncertain, id="500 after acceptance"),
        pytest.param(Faults(early500=1), Uncertain, id="500 before acceptance"),
        pytest.param(Faults(reset=1), Uncertain, id="reset"),
        pytest.param(Faults(garbage=1), Uncertain, id="garbage"),
        pytest.param(Faults(rejected=1), Rejected, id="rejected"),
        pytest.param(Faults(busy=1), Unavailable, id="busy"),
        pytest.param(Faults(down=1), Unavailable, id="down"),
    ],
)
def test_every_fault_on_submit_is_translated(faults: Faults, error: type[ServiceError]) -> None:
    """Over a real connection, every fault of the simulator is translated as in the table."""

    async def way(studio: AiStudios, _time: HandClock) -> None:
        await studio.submit(project())

    with pytest.raises(ServiceError) as caught:
        visit(way, SimulatorSettings(faults=faults))
    assert type(caught.value) is error
    if isinstance(caught.value, Unavailable):
        assert caught.value.retry_after == 1


@pytest.mark.parametrize("faults", [Faults(garbage=1), Faults(busy=1), Faults(down=1)])
def test_faults_elsewhere_are_unavailable(faults: Faults) -> None:
    """Over a real connection, every fault outside submissions is Unavailable."""

    async def way(studio: AiStudios, _time: HandClock) -> None:
        for ask in (studio.progress(JobId("p1")), studio.find([Tag("t")]), studio.fetch("p1")):
            with pytest.raises(Unavailable):
                await ask

    visit(way, SimulatorSettings(faults=faults))


def test_a_failed_export_has_a_reason() -> None:
    """A failed export is final and has a reason."""

    async def way(studio: AiStudios, time: HandClock) -> None:
        job = await studio.submit(project())
        time.now += 1000
        seen = await studio.progress(job)
        assert seen.state is ExportState.FAILED
        assert seen.failure

    visit(way, SimulatorSettings(faults=Faults(fail=1)))


def test_a_video_without_a_url_is_not_complete() -> None:
    """At 100 % without a URL, a job stays in progress."""

    async def way(studio: AiStudios, time: HandClock) -> None:
        job = await studio.submit(project())
        time.now += 100.5
        seen = await studio.progress(job)
        time.now += 100
        assert (seen.percent, seen.state) == (100, ExportState.RENDERING)
        assert (await studio.progress(job)).state is ExportState.COMPLETE

    visit(way, SimulatorSettings(seconds=80, faults=Faults(nourl=1, nourl_seconds=50)))


def test_an_unknown_job_is_rejected() -> None:
    """A job that the service doesn't know is Rejected."""

    async def way(studio: AiStudios, _time: HandClock) -> None:
        await studio.progress(JobId("nobody"))

    with pytest.raises(Rejected):
        visit(way)


def test_a_wrong_key_is_detected_without_a_submission() -> None:
    """`check_auth` detects a wrong key; a submission with it is Unauthorized."""

    async def way(studio: AiStudios, _time: HandClock) -> None:
        assert not await studio.check_auth()
        with pytest.raises(Unauthorized):
            await studio.submit(project())

    visit(way, SimulatorSettings(key="right"), ApiKey("wrong"))


def test_an_expired_token_is_renewed() -> None:
    """A token that the service no longer accepts is renewed."""

    async def way(studio: AiStudios, time: HandClock) -> None:
        assert await studio.check_auth()
        job = await studio.submit(project())
        time.now += 100
        assert (await studio.progress(job)).percent > 0

    settings = SimulatorSettings(key="none", app_id="app", user_key="user", token_seconds=60)
    visit(way, settings, AppCredentials("app", "user"))


def test_wrong_app_credentials_are_unauthorized() -> None:
    """App credentials for which no token is issued are Unauthorized."""

    async def way(studio: AiStudios, _time: HandClock) -> None:
        await studio.submit(project())

    with pytest.raises(Unauthorized):
        visit(way, SimulatorSettings(app_id="app", user_key="user"), AppCredentials("app", "wrong"))
