from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from merge.app.making import MakeRequest
from merge.errors import InputError
from merge.model import JSON
from merge.services.simulator import Simulator, SimulatorSettings, parse_faults
from merge.settings import PollPolicy, Selection, ServiceOptions, Settings, Timing
from tests.support.app_client import AppClient, ServedApp, at

QUICK = Timing(
    poll=PollPolicy(first_poll=0.2, poll_min=0.1, poll_max=0.5, poll_stalled=0.3), requests_per_second=50.0
)


def _practice(page: AppClient) -> None:
    version = page.version
    page.post("/api/choice", {"practice": True})
    page.checked(version)


def _close_to_now(seconds: float, began: float) -> bool:
    return time.monotonic() - began < seconds


def test_the_plan_shows_count_cost_and_obstacles(page: AppClient) -> None:
    """The number of videos, that the price isn't known yet, and that a key is needed."""
    plan = page.get("/api/plan?what=all")
    assert (at(plan, "make"), at(plan, "rows")) == (12, "4-15")
    assert at(plan, "credits", "known") is False
    assert "isn't known yet" in str(at(plan, "credits", "text"))
    assert at(plan, "blocked", "kind") == "key"
    assert page.refused("POST", "/api/run", {"what": "all"}) == (401, "key")


def test_a_sample_then_the_rest(folder: Path, page: AppClient) -> None:
    """One row is made first, with the reason for it; then the other eleven, none of them twice."""
    _practice(page)
    plan = page.get("/api/plan?what=sample")
    assert at(plan, "make") == 1
    assert "longest script" in str(at(plan, "sample", "why"))
    page.post("/api/run", {"what": "sample", "version": at(plan, "version")})
    run = page.finished()
    assert (at(run, "done"), at(run, "outcome"), at(run, "practice")) == (1, "complete", True)
    plan = page.get("/api/plan?what=all")
    assert at(plan, "make") == 11
    assert at(plan, "skipped", 0) == {
        "reason": "Already made",
        "count": 1,
        "rows": at(plan, "skipped", 0, "rows"),
    }
    seen: list[JSON] = []
    starter = threading.Timer(0.3, lambda: page.post("/api/run", {"what": "all"}))
    starter.start()

    def has_ended(name: str, data: JSON) -> bool:
        if name == "rows":
            seen.append(data)
        return name == "run" and at(data, "state") == "finished"

    events = AppClient.events(page, has_ended)
    starter.join()
    assert at(events[-1][1], "done") == 11
    assert seen
    assert (
        page.get("/api/state", "check", "counts", "done") == 12 or at(page.checked(), "counts", "done") == 12
    )
    assert (folder / ".castmerge" / "customers.xlsx.simulated.db").exists()
    assert not (folder / ".castmerge" / "customers.xlsx.db").exists()


def test_a_run_is_paused_stopped_and_continued(page: AppClient) -> None:
    """Pausing and stopping take effect within five seconds, and nothing is made twice."""
    _practice(page)
    page.post("/api/run", {"what": "all"})
    page.until("/api/run", "working", holds=lambda working: working != 0)
    assert page.refused("POST", "/api/run", {"what": "all"}) == (409, "busy")
    assert page.refused("POST", "/api/choice", {"practice": False}) == (409, "busy")
    began = time.monotonic()
    page.post("/api/run/pause")
    page.until("/api/run", "state", holds=lambda state: state in ("paused", "finished"))
    assert _close_to_now(5.0, began)
    if page.get("/api/run", "state") == "paused":
        page.post("/api/run/resume")
        page.until("/api/run", "state", holds=lambda state: state != "starting")
    began = time.monotonic()
    page.ask("POST", "/api/run/stop")
    page.until("/api/run", "state", holds=lambda state: state == "finished")
    assert _close_to_now(5.0, began)
    page.checked()
    page.ask("POST", "/api/run", {"what": "all"})
    page.finished()
    assert page.get("/api/state", "check", "counts", "done") == 12
    assert page.refused("POST", "/api/run/pause") == (409, "conflict")
    assert page.refused("POST", "/api/run/resume") == (409, "conflict")


def test_an_open_workbook_is_reported_first_and_waited_for(folder: Path, page: AppClient) -> None:
    """It is reported before anything is spent; the results are written once Excel has closed it."""
    _practice(page)
    owner = folder / "~$customers.xlsx"
    name = "Ann Lee"
    owner.write_bytes(
        bytes([len(name)]) + name.encode().ljust(54) + bytes([len(name), 0]) + name.encode("utf-16-le")
    )
    lock = page.until("/api/state", "lock", holds=lambda lock: lock is not None)
    assert at(lock, "message") == "Ann Lee has customers.xlsx open in Excel."
    assert page.refused("POST", "/api/run", {"what": "rows", "rows": "4"}) == (409, "locked")
    page.post("/api/run", {"what": "rows", "rows": "4", "anyway": True})
    page.until("/api/run", "state", holds=lambda state: state == "waiting_for_workbook")
    before = (folder / "customers.xlsx").read_bytes()
    owner.unlink()
    run = page.finished()
    assert at(run, "outcome") == "complete"
    assert (folder / "customers.xlsx").read_bytes() != before
    assert page.get("/api/state", "lock") is None


def test_nothing_is_made_if_something_has_changed(folder: Path, page: AppClient) -> None:
    """If the rows have changed since the plan was shown, it must be shown again."""
    _practice(page)
    version = page.version
    template = folder / "welcome.json"
    template.write_text(template.read_text(encoding="utf-8").replace("Hello", "Good day"), encoding="utf-8")
    page.checked(version)
    assert page.refused("POST", "/api/run", {"what": "all", "version": version}) == (409, "conflict")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Simulator]:
    """A service that accepts a single key."""
    settings = SimulatorSettings(seconds=0.2, key="good-key", state_file=tmp_path / "service.jsonl")
    with Simulator(settings) as running:
        yield running


def test_real_videos_need_a_key_that_works(folder: Path, tmp_path: Path, service: Simulator) -> None:
    """The key is tried, kept for the session if there is no keyring, and forgotten on request."""
    options = ServiceOptions(base_url=service.base_url)
    settings = Settings(locale="en_US", timing=QUICK, trust_simulated=True, max_videos=2)
    limits = {"max_videos": "castmerge.toml"}
    with ServedApp(folder, tmp_path / "user", settings, options, limits) as app, AppClient(app.url) as page:
        page.checked()
        assert page.refused("POST", "/api/connection", {"key": "bad-key"}) == (401, "key")
        assert page.refused("POST", "/api/connection", {"key": ""}) == (422, "input")
        assert at(page.post("/api/connection", {"key": "good-key", "keep": True}), "where") == "session"
        plan = page.get("/api/plan?what=all")
        assert (
            at(plan, "limits", 0, "text") == "At most 2 videos in one run (max_videos = 2 in castmerge.toml)."
        )
        assert (at(plan, "make"), at(plan, "limits", 0, "reached")) == (2, True)
        page.post("/api/run", {"what": "all"})
        run = page.finished()
        assert (at(run, "done"), at(run, "practice")) == (2, False)
        results = page.get("/api/results")
        assert at(results, "total") == 2
        assert str(at(results, "rows", 0, "url")).startswith("http")
        table = page.http.get("/api/results.csv").text
        assert table.count("http://") == 2
        page.post("/api/download", {"rows": None})
        page.until("/api/results", "rows", 1, "file", holds=lambda file: file is not None)
        assert len(list((folder / "videos").glob("*.mp4"))) == 2
        projects = page.get("/api/projects")
        assert projects == {"projects": []}
        forgotten = page.ask("DELETE", "/api/connection").json()
        assert at(forgotten, "connected") is False


def test_failed_rows_are_tried_again_one_by_one(folder: Path, tmp_path: Path) -> None:
    """Retry makes the failed row, remake a finished one, and nothing else."""
    faults = parse_faults("fail=1.0")
    with Simulator(SimulatorSettings(seconds=0.1, faults=faults)) as failing:
        settings = Settings(locale="en_US", timing=QUICK, trust_simulated=True)
        options = ServiceOptions(base_url=failing.base_url)
        with ServedApp(folder, tmp_path / "user", settings, options) as app, AppClient(app.url) as page:
            page.checked()
            page.post("/api/connection", {"key": "any"})
            page.post("/api/run", {"what": "rows", "rows": "4"})
            run = page.finished()
            assert (at(run, "failed"), at(run, "outcome")) == (1, "some_failed")
            row = page.get("/api/rows?filter=failed", "rows", 0)
            assert at(row, "note")
            plan = page.get("/api/plan?what=rows&rows=4")
            assert (at(plan, "make"), at(plan, "skipped", 0, "reason")) == (
                0,
                "Failed earlier. To make it, choose Try again in Videos",
            )
            assert page.get("/api/plan?what=rows&rows=4&retry_failed=true", "make") == 1
            assert page.refused("POST", "/api/run", {"what": "rows", "rows": "4"}) == (422, "input")


def test_an_unconfirmed_row_is_sent_again_on_request(folder: Path, tmp_path: Path) -> None:
    """Following only searches for it; sending again makes it if AI Studios doesn't list it."""
    timing = replace(QUICK, longest_export=0.2)
    settings = Settings(locale="en_US", timing=timing, trust_simulated=True)
    with Simulator(SimulatorSettings(seconds=0.1, faults=parse_faults("early500"))) as failing:
        options = ServiceOptions(base_url=failing.base_url)
        with ServedApp(folder, tmp_path / "user", settings, options) as app, AppClient(app.url) as page:
            page.checked()
            page.post("/api/connection", {"key": "any"})
            page.post("/api/run", {"what": "rows", "rows": "4"})
            assert at(page.finished(), "outcome") == "open"
            note = str(page.get("/api/rows?filter=unconfirmed", "rows", 0, "note"))
            assert "choose Send again in castmerge" in note
            port = urlsplit(failing.base_url).port
            failing.__exit__(None, None, None)
            with Simulator(SimulatorSettings(seconds=0.1), port=port or 0):
                page.post("/api/follow")
                assert at(page.finished(), "done") == 0
                assert page.get("/api/plan?what=rows&rows=4", "make") == 0
                assert page.get("/api/plan?what=rows&rows=4&resubmit=true", "make") == 1
                page.post("/api/run", {"what": "rows", "rows": "4", "resubmit": True, "code": ""})
                assert at(page.finished(), "outcome") == "complete"


def test_without_a_connection_the_run_waits_and_says_so(folder: Path, tmp_path: Path) -> None:
    """The page says so at once, and the run continues when AI Studios can be reached again."""
    settings = Settings(locale="en_US", timing=QUICK, trust_simulated=True)
    with Simulator(SimulatorSettings(seconds=0.1)) as running:
        options = ServiceOptions(base_url=running.base_url)
        with ServedApp(folder, tmp_path / "user", settings, options) as app, AppClient(app.url) as page:
            page.checked()
            page.post("/api/connection", {"key": "any"})
            running.__exit__(None, None, None)
            assert page.refused("GET", "/api/projects") == (503, "network")
            page.post("/api/run", {"what": "rows", "rows": "4"})
            network = page.until("/api/run", "network", holds=lambda network: network is not None)
            assert "AI Studios" in str(at(network, "message"))
            port = urlsplit(running.base_url).port or 0
            with Simulator(SimulatorSettings(seconds=0.1), port=port):
                run = page.finished()
            assert (at(run, "done"), at(run, "network"), at(run, "outcome")) == (1, None, "complete")


def test_a_template_without_placeholders_is_questioned(folder: Path, page: AppClient) -> None:
    """Twelve identical videos are only made if the user asks for them."""
    _practice(page)
    template = folder / "welcome.json"
    text = template.read_text(encoding="utf-8").replace("{{", "").replace("}}", "").replace("|", "")
    version = page.version
    template.write_text(text, encoding="utf-8")
    page.checked(version)
    assert "would be the same" in str(page.get("/api/plan?what=all", "blocked", "message"))
    assert page.get("/api/plan?what=sample", "blocked") is None
    assert page.get("/api/plan?what=all&same_video=true", "blocked") is None


def test_the_campaigns_own_selection_is_used(folder: Path, tmp_path: Path) -> None:
    """Rows that castmerge.toml leaves out aren't made."""
    settings = Settings(locale="en_US", selection=Selection(rows="4-6", limit=1))
    with ServedApp(folder, tmp_path / "user", settings) as app, AppClient(app.url) as page:
        page.checked()
        _practice(page)
        assert page.get("/api/plan?what=all", "make") == 1


@pytest.mark.parametrize("rows", ["x", "5-2", "0"])
def test_invalid_row_numbers_are_refused(rows: str) -> None:
    """The page only sends valid ones, but a request can contain anything."""
    with pytest.raises(InputError):
        MakeRequest.of({"what": "rows", "rows": rows})
