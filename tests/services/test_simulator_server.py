"""The stand-in as a server: its start, its end, its port, and the webhooks that it calls."""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from merge.errors import InputError
from merge.model import JSON
from merge.services.simulator import Simulator, SimulatorSettings, parse_faults
from tests.support.simulator_process import API, SEED, stand_in

PATIENCE = 10.0
QUICK = SimulatorSettings(seconds=0.2)


@contextmanager
def webhook(status: int = 200) -> Iterator[tuple[str, queue.Queue[JSON]]]:
    """A webhook on this machine: its address, and what it is told."""
    told: queue.Queue[JSON] = queue.Queue()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook/secret", told
        server.shutdown()
        thread.join()


def with_webhook(url: str) -> str:
    """The seed's project with a webhook."""
    return '{"webhookUrl": ' + json.dumps(url) + "," + SEED.lstrip()[1:]


def submit(base_url: str, body: str = SEED) -> str:
    """Hand over a project."""
    answer = httpx.post(
        f"{base_url}{API}/editor/project", content=body, headers={"Authorization": "k"}, trust_env=False
    )
    return str(answer.json()["data"]["projectId"])


def reports_until_end(told: queue.Queue[JSON]) -> list[dict[str, JSON]]:
    """All that a webhook is told, to the end."""
    reports: list[dict[str, JSON]] = []
    while not reports or "download_url" not in reports[-1]:
        report = told.get(timeout=PATIENCE)
        assert isinstance(report, dict)
        reports.append(report)
    return reports


@pytest.mark.parametrize("status", [200, 500])
def test_webhook_is_told_of_the_progress(status: int) -> None:
    """A webhook hears some percents and the end, whatever it answers, and never the project's id."""
    with webhook(status) as (url, told), Simulator(QUICK) as simulator:
        project_id = submit(simulator.base_url, with_webhook(url))
        reports = reports_until_end(told)
    percents = [report["progress"] for report in reports]
    assert all(isinstance(percent, int) for percent in percents)
    assert 1 < len(reports) < 10
    assert percents[-1] == 100
    assert all(set(report) == {"progress", "backendTaskId"} for report in reports[:-1])
    assert len({str(report["backendTaskId"]) for report in reports}) == 1
    assert reports[-1]["credit"] == 1
    assert reports[-1]["download_url"] == f"{simulator.base_url}/videos/{project_id}.mp4"


def test_webhook_hears_nothing_more_of_a_failed_export() -> None:
    """The reports of an export that fails end without a last one."""
    with (
        webhook() as (url, told),
        Simulator(SimulatorSettings(0.2, faults=parse_faults("fail"))) as simulator,
    ):
        submit(simulator.base_url, with_webhook(url))
        heard = [told.get(timeout=PATIENCE)]
        while heard[-1] != {**as_object(heard[0]), "progress": 60}:
            heard.append(told.get(timeout=PATIENCE))
    assert all("download_url" not in as_object(report) for report in heard)


def as_object(value: JSON) -> dict[str, JSON]:
    """The value, which is an object."""
    assert isinstance(value, dict)
    return value


def test_webhook_that_does_not_answer_is_borne() -> None:
    """An address where nobody listens, or that is none, disturbs nothing."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        deaf = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with webhook() as (url, told), Simulator(QUICK) as simulator:
            submit(simulator.base_url, with_webhook(deaf))
            submit(simulator.base_url, with_webhook("http://localhost:99999999/"))
            submit(simulator.base_url, with_webhook(url))
            assert reports_until_end(told)[-1]["progress"] == 100


def test_webhook_elsewhere_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    """An address outside this machine is not called; the log says so, and the video is made."""
    caplog.set_level(logging.INFO, "merge.simulator")
    with stand_in() as service:
        project_id = service.submit(with_webhook("http://192.0.2.1/hook"))
        service.finish()
        assert service.progress(project_id)["progress"] == 100
    assert [record.getMessage() for record in caplog.records if record.name.startswith("merge")] == [
        f"The webhook of {project_id} is not on this machine and is left alone."
    ]


def test_drafts_and_deleted_projects_report_nothing() -> None:
    """A draft's webhook is not called, and a deleted project's no more."""
    with webhook() as (url, told), stand_in(QUICK) as service:
        service.submit('{"isExport": false,' + with_webhook(url).lstrip()[1:])
        gone = service.submit(with_webhook(url))
        first = as_object(told.get(timeout=PATIENCE))
        service.data("DELETE", "/editor/project", {"ids": [gone]})
        service.submit(with_webhook(url))
        second = as_object(told.get(timeout=PATIENCE))
        service.finish()
        rest = reports_until_end(told)
    assert first["backendTaskId"] != second["backendTaskId"]
    assert {str(report["backendTaskId"]) for report in rest} == {second["backendTaskId"]}


def test_webhook_hears_nothing_twice() -> None:
    """An export that stands still is reported once, however long that lasts."""
    # With this seed the first export is stuck, and the next two are not.
    settings = SimulatorSettings(0.1, faults=parse_faults("stuck=0.5"), seed=6)
    with webhook() as (url, told), Simulator(settings) as simulator:
        submit(simulator.base_url, with_webhook(url))
        stuck = as_object(told.get(timeout=PATIENCE))["backendTaskId"]
        heard: list[dict[str, JSON]] = []
        for _ in range(2):
            submit(simulator.base_url, with_webhook(url))
            heard += reports_until_end(told)
    percents = [report["progress"] for report in heard if report["backendTaskId"] == stuck]
    assert percents[-1] == 97
    assert len(percents) == len({str(percent) for percent in percents})


def test_start_and_end_are_quick() -> None:
    """The stand-in answers at once, and is gone in half a second in spite of open connections."""
    began = time.monotonic()
    client = httpx.Client(trust_env=False)
    with Simulator() as simulator:
        assert client.get(simulator.base_url).status_code == 404
        started = time.monotonic()
    ended = time.monotonic()
    client.close()
    assert started - began < 1
    assert ended - started < 0.5
    with pytest.raises(httpx.ConnectError):
        httpx.get(simulator.base_url, trust_env=False)


def test_end_does_not_wait_for_slow_calls() -> None:
    """A call that is being answered slowly, or that never comes to its end, does not hold up the end."""
    settings = SimulatorSettings(faults=parse_faults("slow=1,slow_seconds=60"))
    with Simulator(settings) as simulator, socket.create_connection(address(simulator)) as half:
        half.sendall(b"POST /api/odin/v3/editor/project HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
        with socket.create_connection(address(simulator)) as slow:
            slow.sendall(b"GET /api/odin/v3/auth HTTP/1.1\r\nHost: x\r\n\r\n")
            began = time.monotonic()
            simulator.__exit__(None, None, None)
            assert time.monotonic() - began < 0.5


def address(simulator: Simulator) -> tuple[str, int]:
    """Where it listens."""
    url = httpx.URL(simulator.base_url)
    return url.host, url.port or 0


def test_leaves_the_loop_of_the_main_thread_alone() -> None:
    """An event loop in the main thread can use the stand-in."""

    async def asked(url: str) -> int:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(url)).status_code

    with Simulator() as simulator:
        assert asyncio.run(asked(simulator.base_url)) == 404


def test_many_at_once() -> None:
    """Submissions that come at the same time are all accepted, each under its own id."""

    async def submissions(url: str) -> list[str]:
        headers = {"Authorization": "k"}
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
            tasks = [client.post(f"{API}/editor/project", content=SEED) for _ in range(50)]
            return [answer.json()["data"]["projectId"] for answer in await asyncio.gather(*tasks)]

    with Simulator() as simulator:
        assert len(set(asyncio.run(submissions(simulator.base_url)))) == 50


def test_blocks_until_told_to_stop() -> None:
    """The command's own thread waits until the event is set."""
    stop = threading.Event()
    with Simulator() as simulator:
        waiting = threading.Thread(target=simulator.serve_until, args=[stop])
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        stop.set()
        waiting.join(PATIENCE)
        assert not waiting.is_alive()


def test_taken_port_is_refused_with_a_cure() -> None:
    """A port that is in use is named, with what to do."""
    with Simulator() as first:
        port = address(first)[1]
        with pytest.raises(InputError) as caught, Simulator(port=port):
            pass
    assert caught.value.message == f"port {port} cannot be used: another program has it"
    assert "--port" in caught.value.hint


def test_port_can_be_used_again_at_once() -> None:
    """A stand-in that is started again gets the port that it had."""
    with Simulator() as first:
        httpx.get(first.base_url, trust_env=False)
    with Simulator(port=address(first)[1]) as second:
        assert second.base_url == first.base_url
        assert httpx.get(second.base_url, trust_env=False).status_code == 404


@pytest.mark.parametrize("port", [-1, 70_000])
def test_impossible_port_is_refused(port: int) -> None:
    """A number that is no port is refused."""
    with pytest.raises(InputError, match="cannot be used"), Simulator(port=port):
        pass


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", ""])  # noqa: S104 - it is refused
def test_only_this_machine(host: str) -> None:
    """An address that others could reach is refused."""
    with pytest.raises(InputError, match="on this machine only"), Simulator(host=host):
        pass


def has_ipv6() -> bool:
    """Whether this machine knows itself as ::1."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_name_of_this_machine_will_do() -> None:
    """The stand-in can be reached by this machine's name."""
    with Simulator(host="localhost") as simulator:
        assert simulator.base_url.startswith("http://localhost:")
        assert httpx.get(simulator.base_url, trust_env=False).status_code == 404


def test_newer_address_of_this_machine() -> None:
    """The stand-in can be reached at ::1, or says that this machine has no such address."""
    try:
        with Simulator(host="::1") as simulator:
            assert simulator.base_url.startswith("http://[::1]:")
            assert httpx.get(simulator.base_url, trust_env=False).status_code == 404
    except InputError:
        assert not has_ipv6()


def test_says_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    """Neither calls nor faults leave anything on stdout or stderr."""
    with stand_in(SimulatorSettings(faults=parse_faults("lose"))) as service:
        service.call("GET", "/auth")
        with pytest.raises(httpx.RemoteProtocolError):
            service.submit()
    assert capfd.readouterr() == ("", "")
