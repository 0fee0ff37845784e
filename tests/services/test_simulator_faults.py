"""Injected faults: how they are drawn, and what a client sees."""

from __future__ import annotations

import json
import random
import socket
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import InputError
from merge.services.simulator import Faults, SimulatorSettings, parse_faults
from merge.services.simulator.exports import Outcome, draw_outcome, stage_of
from merge.services.simulator.settings import ANY_CALL, SUBMIT, VIDEO, Fault, draw_fault
from tests.support.simulator_process import API, SEED, StandIn, stand_in

SETTINGS = SimulatorSettings(seconds=100)


def with_faults(text: str, state_file: Path | None = None) -> SimulatorSettings:
    """Return settings with these faults."""
    return replace(SETTINGS, faults=parse_faults(text), state_file=state_file)


def submitted(service: StandIn) -> httpx.Response:
    """Submit the seed's project."""
    return service.client.post(f"{API}/editor/project", content=SEED)


def lines(path: Path) -> list[str]:
    """Return the lines of the state file."""
    return path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        pytest.param("", Faults(), id="none"),
        pytest.param("lose=0.1,late500=0.05", Faults(lose=0.1, late500=0.05), id="two"),
        pytest.param(" busy = 0.2 , ", Faults(busy=0.2), id="spaces"),
        pytest.param("fail", Faults(fail=1.0), id="always"),
        pytest.param("slow=1,slow_seconds=30", Faults(slow=1.0, slow_seconds=30.0), id="seconds"),
        pytest.param(
            ",".join(f"{kind}=0.1" for kind in SUBMIT), Faults(**dict.fromkeys(SUBMIT, 0.1)), id="full"
        ),
    ],
)
def test_faults_are_parsed(text: str, faults: Faults) -> None:
    """A list of names and shares is parsed, with or without spaces."""
    assert parse_faults(text) == faults


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("loose=0.1", "there's no fault “loose”", id="name"),
        pytest.param("lose=often", "'often' isn't a share from 0 to 1", id="text"),
        pytest.param("lose=", "'' isn't a share", id="empty"),
        pytest.param("lose=1.5", "'1.5' isn't a share", id="too much"),
        pytest.param("lose=-0.1", "'-0.1' isn't a share", id="negative"),
        pytest.param("lose=nan", "'nan' isn't a share", id="nan"),
        pytest.param("slow_seconds=inf", "'inf' isn't a number of seconds", id="infinite"),
        pytest.param("lose=0.6,busy=0.6", "add up to more than 1", id="calls"),
        pytest.param("fail=0.6,stuck=0.6", "add up to more than 1", id="videos"),
    ],
)
def test_wrong_faults_are_refused_with_a_hint(text: str, words: str) -> None:
    """The error names the wrong part, and its hint lists the known faults or says to lower the shares."""
    with pytest.raises(InputError) as caught:
        parse_faults(text)
    assert words in caught.value.message
    assert caught.value.place
    assert "Known faults: lose, late500" in caught.value.hint or "Lower them" in caught.value.hint


@given(st.sampled_from([SUBMIT, ANY_CALL, VIDEO]), st.floats(0, 1, exclude_max=True))
def test_a_full_share_matches_every_draw(kinds: tuple[Fault, ...], draw: float) -> None:
    """A draw selects no fault without shares, and always selects a fault whose share is 1."""
    assert draw_fault(Faults(), kinds, draw) is None
    for kind in kinds:
        assert draw_fault(replace(Faults(), **{kind.value: 1.0}), kinds, draw) is kind


def test_shares_are_respected() -> None:
    """Over many draws each fault occurs about as often as its share."""
    generator = random.Random(1)
    faults = Faults(lose=0.1, busy=0.3)
    drawn = [draw_fault(faults, SUBMIT, generator.random()) for _ in range(10_000)]
    assert drawn.count(Fault.LOSE) == pytest.approx(1000, rel=0.1)
    assert drawn.count(Fault.BUSY) == pytest.approx(3000, rel=0.1)


def test_the_same_seed_gives_the_same_outcomes() -> None:
    """A seed decides which videos have faults; another seed selects others."""
    settings = with_faults("fail=0.5")
    outcomes = [
        [draw_outcome(replace(settings, seed=seed), number) for number in range(50)] for seed in (1, 1, 2)
    ]
    assert outcomes[0] == outcomes[1] != outcomes[2]
    assert {outcome.fault for outcome in outcomes[0]} == {None, Fault.FAIL}
    assert all(90 <= outcome.seconds <= 110 for outcome in outcomes[0])


@given(st.floats(0, 1000), st.lists(st.floats(-10, 2000), min_size=2), st.sampled_from([None, *VIDEO]))
def test_progress_never_decreases(seconds: float, moments: list[float], fault: Fault | None) -> None:
    """With any fault, the percentage of an export is within 0 and 100 and never decreases."""
    outcome = Outcome(seconds, fault, seconds + 2)
    stages = [stage_of(outcome, elapsed) for elapsed in sorted(moments)]
    percents = [stage.percent for stage in stages]
    assert percents == sorted(percents)
    assert all(0 <= percent <= 100 for percent in percents)
    assert all(stage.percent == 100 for stage in stages if stage.finished)


@pytest.mark.parametrize("fault", ["lose", "late500", "garbage"])
def test_a_faulty_response_may_follow_an_accepted_submission(fault: str, tmp_path: Path) -> None:
    """A submission with a lost, late or garbled response has been accepted exactly once."""
    state = tmp_path / "state.jsonl"
    with stand_in(with_faults(fault, state)) as service:
        if fault == "lose":
            with pytest.raises(httpx.RemoteProtocolError):
                submitted(service)
        else:
            answer = submitted(service)
            assert answer.status_code == {"late500": 500, "garbage": 200}[fault]
            assert "projectId" not in answer.text
    assert [json.loads(line)["body"] for line in lines(state)] == [SEED]
    with stand_in(replace(SETTINGS, state_file=state)) as service:
        service.finish()
        assert [line["name"] for line in service.listed()] == ["Test Project Using Api"]


@pytest.mark.parametrize(
    ("fault", "status"), [("early500", 500), ("rejected", 200), ("busy", 429), ("down", 503), ("reset", None)]
)
def test_a_submission_is_not_accepted_with_these_faults(
    fault: str, status: int | None, tmp_path: Path
) -> None:
    """None of these faults creates a project."""
    state = tmp_path / "state.jsonl"
    with stand_in(with_faults(fault, state)) as service:
        if status is None:
            with pytest.raises(httpx.ReadError):
                submitted(service)
        else:
            answer = submitted(service)
            assert answer.status_code == status
            assert answer.json()["success"] is False
            assert answer.headers.get("Retry-After") == ("1" if status in {429, 503} else None)
    assert lines(state) == []


@pytest.mark.parametrize(("fault", "status"), [("busy", 429), ("down", 503), ("garbage", 200)])
def test_any_call_can_have_a_fault(fault: str, status: int) -> None:
    """Progress calls can have the faults of any call; the video's URL has none."""
    with stand_in(with_faults(fault)) as service:
        answer = service.call("GET", "/editor/progress/sim0")
        video = service.client.get("/videos/sim0.mp4")
    assert answer.status_code == status
    assert video.status_code == 404
    if fault == "garbage":
        assert "<html>" in answer.text


@pytest.mark.parametrize("fault", ["lose", "late500", "early500", "reset", "rejected"])
def test_faults_of_submissions_spare_other_calls(fault: str) -> None:
    """Other calls never have the faults of submissions."""
    with stand_in(with_faults(fault)) as service:
        assert service.data("GET", "/auth") == {"isAuthenticated": True}
        assert service.listed() == []


@pytest.mark.parametrize("path", ["/editor/project", "/editor/project/export"])
def test_every_way_to_submit_can_have_a_fault(path: str) -> None:
    """Both calls that start an export count as submissions."""
    with stand_in(with_faults("early500")) as service:
        assert service.error("POST", path, {})[0] == 500


def test_a_refused_submission_can_be_lost_too() -> None:
    """Its response can be lost too, and nothing is accepted."""
    head = f"POST {API}/editor/project HTTP/1.1\r\nHost: x\r\nContent-Length: {len(SEED)}\r\n\r\n"
    with stand_in(with_faults("lose")) as service:
        url = httpx.URL(service.base_url)
        # The request is sent in one piece, so that its body has arrived but is unread when the call is
        # refused.
        with socket.create_connection((url.host, url.port or 0)) as line:
            line.sendall((head + SEED).encode())
            assert line.recv(100) == b""
        service.finish()
        assert service.listed() == []


@pytest.mark.parametrize("fault", ["lose", "reset"])
def test_only_the_connection_with_the_fault_is_closed(fault: str) -> None:
    """A fault closes one connection and leaves those of other clients open."""
    with (
        stand_in(with_faults(fault)) as service,
        httpx.Client(base_url=service.base_url, trust_env=False) as other,
    ):
        before = other.get("/").extensions["network_stream"]
        with pytest.raises(httpx.TransportError):
            submitted(service)
        assert other.get("/").extensions["network_stream"] is before


def test_a_large_submission_is_read_before_it_fails() -> None:
    """A fault is sent after the whole request has been read, however large."""
    with stand_in(with_faults("early500")) as service:
        answer = service.client.post(f"{API}/editor/project", content=b" " * 1_000_000 + SEED.encode())
    assert answer.status_code == 500


def test_a_slow_call_is_answered_after_its_delay() -> None:
    """A slow call is carried out after the delay."""
    with stand_in(with_faults("slow=1,slow_seconds=0.05")) as service:
        began = time.monotonic()
        assert submitted(service).json()["success"] is True
        assert time.monotonic() - began >= 0.05


def test_a_failed_export_gives_its_reason() -> None:
    """A failed export has a state and a reason, and is never listed."""
    with stand_in(with_faults("fail")) as service:
        project_id = service.submit()
        service.clock.now += 50
        assert service.progress(project_id)["state"] == "progress"
        service.finish()
        seen = service.progress(project_id)
        project = service.fields("GET", f"/editor/project/{project_id}")["project"]
        assert service.listed() == []
    assert seen["state"] == "fail"
    assert seen["progress"] == 60.0
    assert isinstance(seen["error"], dict)
    assert "could not be synthesized" in str(seen["error"]["msg"])
    assert "downloadUrl" not in seen
    assert isinstance(project, dict)
    assert (project["state"], project["creditSubstracted"]) == ("fail", False)


def test_a_stuck_export_stays_at_97_percent() -> None:
    """A stuck export never gets beyond 97 %."""
    with stand_in(with_faults("stuck")) as service:
        project_id = service.submit()
        service.clock.now += 1_000_000
        assert service.progress(project_id) == {"progress": 97.0, "state": "encoding"}


def test_the_download_url_can_be_late() -> None:
    """An export at 100 % may have no URL for some seconds, and isn't listed until it has one."""
    with stand_in(with_faults("nourl=1,nourl_seconds=60")) as service:
        project_id = service.submit()
        service.finish()
        assert service.progress(project_id) == {"progress": 100.0, "state": "finish"}
        assert service.listed() == []
        service.clock.now += 60
        assert "downloadUrl" in service.progress(project_id)
        assert len(service.listed()) == 1


def test_the_same_seed_gives_the_same_faults() -> None:
    """With the same seed, the same sequence of calls gets the same faults."""
    seen = []
    for _ in range(2):
        with stand_in(replace(with_faults("busy=0.5"), seed=7)) as service:
            seen.append([service.call("GET", "/auth").status_code for _ in range(20)])
    assert seen[0] == seen[1]
    assert set(seen[0]) == {200, 429}
