"""The simulator as a server: start, stop, port, and the webhooks that it calls."""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from merge.errors import InputError
from merge.model import JSON
from merge.services.simulator import Simulator, SimulatorSettings, parse_faults
from tests.support.simulator_process import API, SEED, stand_in

TIMEOUT = 10.0
QUICK = SimulatorSettings(seconds=0.2)


@contextmanager
def webhook(status: int = 200) -> Iterator[tuple[str, queue.Queue[JSON]]]:
    """Run a webhook receiver on this machine and yield its URL and its reports."""
    received: queue.Queue[JSON] = queue.Queue()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook/secret", received
        server.shutdown()
        thread.join()


def with_webhook(url: str) -> str:
    """Return the seed's project with a webhook."""
    return '{"webhookUrl": ' + json.dumps(url) + "," + SEED.lstrip()[1:]


def submit(base_url: str, body: str = SEED) -> str:
    """Submit a project and return its id."""
    answer = httpx.post(
        f"{base_url}{API}/editor/project", content=body, headers={"Authorization": "k"}, trust_env=False
    )
    return str(answer.json()["data"]["projectId"])


def reports_until_end(received: queue.Queue[JSON]) -> list[dict[str, JSON]]:
    """Return the reports that a webhook receives, up to the end of an export."""
    reports: list[dict[str, JSON]] = []
    while not reports or "download_url" not in reports[-1]:
        report = received.get(timeout=TIMEOUT)
        assert isinstance(report, dict)
        reports.append(report)
    return reports


@pytest.mark.parametrize("status", [200, 500])
def test_a_webhook_receives_the_progress(status: int) -> None:
    """It receives some percentages and the end, whatever it answers, but never the project's id."""
    with webhook(status) as (url, received), Simulator(SimulatorSettings(seconds=1)) as simulator:
        project_id = submit(simulator.base_url, with_webhook(url))
        reports = reports_until_end(received)
    percents = [report["progress"] for report in reports]
    assert all(isinstance(percent, int) for percent in percents)
    assert 1 < len(reports) < 10
    assert percents[-1] == 100
    assert all(set(report) == {"progress", "backendTaskId"} for report in reports[:-1])
    assert len({str(report["backendTaskId"]) for report in reports}) == 1
    assert reports[-1]["credit"] == 1
    assert reports[-1]["download_url"] == f"{simulator.base_url}/videos/{project_id}.mp4"


def test_the_webhook_of_a_failed_export_has_no_url() -> None:
    """The reports of a failed export end without a download URL."""
    with (
        webhook() as (url, received),
        Simulator(SimulatorSettings(0.2, faults=parse_faults("fail"))) as simulator,
    ):
        submit(simulator.base_url, with_webhook(url))
        reports = [received.get(timeout=TIMEOUT)]
        while reports[-1] != {**as_object(reports[0]), "progress": 60}:
            reports.append(received.get(timeout=TIMEOUT))
    assert all("download_url" not in as_object(report) for report in reports)


def as_object(value: JSON) -> dict[str, JSON]:
    """Return the value, asserting that it is an object."""
    assert isinstance(value, dict)
    return value


def test_a_webhook_that_does_not_answer_is_ignored() -> None:
    """A webhook that can't be reached affects nothing."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with webhook() as (url, received), Simulator(QUICK) as simulator:
            submit(simulator.base_url, with_webhook(closed))
            submit(simulator.base_url, with_webhook("http://localhost:99999999/"))
            submit(simulator.base_url, with_webhook(url))
            assert reports_until_end(received)[-1]["progress"] == 100


def test_a_webhook_on_another_machine_is_not_called(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged instead, and the video is made."""
    caplog.set_level(logging.INFO, "merge.services.simulator")
    with stand_in() as service:
        project_id = service.submit(with_webhook("http://192.0.2.1/hook"))
        service.finish()
        assert service.progress(project_id)["progress"] == 100
    assert [record.getMessage() for record in caplog.records if record.name.startswith("merge")] == [
        f"The webhook of {project_id} isn't on this computer, so it isn't called."
    ]


def test_a_webhook_receives_nothing_twice() -> None:
    """A stuck export isn't reported again while its percentage is the same."""
    # With this seed the first export is stuck, and the next two are not.
    settings = SimulatorSettings(0.1, faults=parse_faults("stuck=0.5"), seed=6)
    with webhook() as (url, received), Simulator(settings) as simulator:
        submit(simulator.base_url, with_webhook(url))
        reports = [as_object(received.get(timeout=TIMEOUT))]
        stuck = reports[0]["backendTaskId"]
        for _ in range(2):
            submit(simulator.base_url, with_webhook(url))
            reports += reports_until_end(received)
    percents = [report["progress"] for report in reports if report["backendTaskId"] == stuck]
    assert percents[-1] == 97
    assert len(percents) == len({str(percent) for percent in percents})


def test_start_and_stop_are_fast() -> None:
    """The simulator waits neither to start nor to stop, even with open connections."""
    began = time.monotonic()
    client = httpx.Client(trust_env=False)
    with Simulator() as simulator:
        assert client.get(simulator.base_url).status_code == 404
        started = time.monotonic()
    ended = time.monotonic()
    client.close()
    assert started - began < 5
    assert ended - started < 5
    with pytest.raises(httpx.ConnectError):
        httpx.get(simulator.base_url, trust_env=False)


def test_stop_does_not_wait_for_slow_calls() -> None:
    """Neither a slow response nor an incomplete request delays the stop."""
    settings = SimulatorSettings(faults=parse_faults("slow=1,slow_seconds=60"))
    with Simulator(settings) as simulator, socket.create_connection(address(simulator)) as half:
        half.sendall(b"POST /api/odin/v3/editor/project HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
        with socket.create_connection(address(simulator)) as slow:
            slow.sendall(b"GET /api/odin/v3/auth HTTP/1.1\r\nHost: x\r\n\r\n")
            began = time.monotonic()
            simulator.__exit__(None, None, None)
            assert time.monotonic() - began < 10


def test_half_open_connections_block_nobody() -> None:
    """While 450 callers never finish their headers or their body, another one is answered at once."""
    head = b"POST /api/odin/v3/editor/project HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n"
    with Simulator() as simulator, ExitStack() as stack:
        for number in range(450):
            half = stack.enter_context(socket.create_connection(address(simulator)))
            half.sendall(head + (b"\r\n{" if number % 2 else b""))
        headers = {"Authorization": "k"}
        ran = httpx.get(f"{simulator.base_url}{API}/auth", headers=headers, trust_env=False)
        assert ran.status_code == 200


def address(simulator: Simulator) -> tuple[str, int]:
    """Return the host and port that it listens on."""
    url = httpx.URL(simulator.base_url)
    return url.host, url.port or 0


def test_the_main_thread_can_run_its_own_loop() -> None:
    """An event loop in the main thread can call the simulator."""

    async def asked(url: str) -> int:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(url)).status_code

    with Simulator() as simulator:
        assert asyncio.run(asked(simulator.base_url)) == 404


def test_concurrent_submissions_are_all_accepted() -> None:
    """Each gets its own id."""

    async def submissions(url: str) -> list[str]:
        headers = {"Authorization": "k"}
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
            tasks = [client.post(f"{API}/editor/project", content=SEED) for _ in range(50)]
            return [answer.json()["data"]["projectId"] for answer in await asyncio.gather(*tasks)]

    with Simulator() as simulator:
        assert len(set(asyncio.run(submissions(simulator.base_url)))) == 50


def test_serve_until_blocks_until_the_event() -> None:
    """`serve_until` blocks its thread until the event is set."""
    stop = threading.Event()
    with Simulator() as simulator:
        waiting = threading.Thread(target=simulator.serve_until, args=[stop])
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        stop.set()
        waiting.join(TIMEOUT)
        assert not waiting.is_alive()


def test_a_port_in_use_is_refused_with_a_hint() -> None:
    """The error names the port and has a hint."""
    with Simulator() as first:
        port = address(first)[1]
        with pytest.raises(InputError) as caught, Simulator(port=port):
            pass
    assert caught.value.message == f"port {port} can't be used: another program uses it"
    assert "--port" in caught.value.hint


def test_a_port_can_be_reused_at_once() -> None:
    """A simulator that is started again can use the same port."""
    with Simulator() as first:
        httpx.get(first.base_url, trust_env=False)
    with Simulator(port=address(first)[1]) as second:
        assert second.base_url == first.base_url
        assert httpx.get(second.base_url, trust_env=False).status_code == 404


@pytest.mark.parametrize("port", [-1, 70_000])
def test_an_impossible_port_is_refused(port: int) -> None:
    """A number outside the range of ports is an error."""
    with pytest.raises(InputError, match="can't be used"), Simulator(port=port):
        pass


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", ""])  # noqa: S104 - it is refused
def test_other_hosts_are_refused(host: str) -> None:
    """An address that other machines could reach is refused."""
    with pytest.raises(InputError, match="only runs on this computer"), Simulator(host=host):
        pass


def has_ipv6() -> bool:
    """Return whether this machine has the address ::1."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_localhost_is_accepted() -> None:
    """The simulator can listen on `localhost`."""
    with Simulator(host="localhost") as simulator:
        assert simulator.base_url.startswith("http://localhost:")
        assert httpx.get(simulator.base_url, trust_env=False).status_code == 404


def test_ipv6_loopback_is_accepted() -> None:
    """The simulator can listen on ::1 if the machine has IPv6."""
    try:
        with Simulator(host="::1") as simulator:
            assert simulator.base_url.startswith("http://[::1]:")
            assert httpx.get(simulator.base_url, trust_env=False).status_code == 404
    except InputError:
        assert not has_ipv6()


def test_the_simulator_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """Neither calls nor faults print anything to stdout or stderr."""
    with stand_in(SimulatorSettings(faults=parse_faults("lose"))) as service:
        service.call("GET", "/auth")
        with pytest.raises(httpx.RemoteProtocolError):
            service.submit()
    assert capfd.readouterr() == ("", "")
