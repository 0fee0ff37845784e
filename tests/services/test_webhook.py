from __future__ import annotations

import json
import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import InputError
from merge.model import RowKey
from merge.services.simulator import Simulator, SimulatorSettings
from merge.services.webhook import Delivery, WebhookReceiver, parse_delivery
from tests.support.simulator_process import API, SEED

TIMEOUT = 10.0
ANA, BO = RowKey("Ana"), RowKey("Bo")
PUBLIC = "https://public.host/hook"
FORM = "application/x-www-form-urlencoded"


class Listener:
    """A running receiver and its deliveries."""

    def __init__(self, receiver: WebhookReceiver, received: queue.Queue[Delivery]) -> None:
        self.receiver = receiver
        self.received = received

    def address(self, key: RowKey = ANA) -> str:
        """Return the address that a proxy would forward the row's calls to."""
        return f"http://127.0.0.1:{self.receiver.port}{urlsplit(self.receiver.url_for(key)).path}"

    def deliveries(self) -> list[Delivery]:
        """Return and remove all deliveries so far."""
        return [self.received.get_nowait() for _ in range(self.received.qsize())]


@contextmanager
def listening(
    token: Callable[[RowKey], str] | None = None, request_seconds: float = TIMEOUT
) -> Iterator[Listener]:
    """Run a receiver on a free port."""
    received: queue.Queue[Delivery] = queue.Queue()
    numbers = count(1)
    token = token or (lambda _: f"secret-token-{next(numbers)}")
    receiver = WebhookReceiver(
        PUBLIC, received.put, listen="127.0.0.1:0", token=token, request_seconds=request_seconds
    )
    with receiver:
        yield Listener(receiver, received)


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A running receiver with predictable tokens."""
    with listening() as running:
        yield running


@pytest.fixture
def caller() -> Iterator[httpx.Client]:
    """A client that acts as the proxy."""
    with httpx.Client(trust_env=False, timeout=TIMEOUT) as client:
        yield client


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param("application/json", b'{"progress": 100, "credit": 2, "backendTaskId": "t"}', id="JSON"),
        pytest.param("text/plain", b'\n {"progress": "100", "credit": "2.0"}', id="JSON under another name"),
        pytest.param(
            "application/json", b'\xef\xbb\xbf{"progress": 100, "credits": 2}', id="byte order mark"
        ),
        pytest.param(FORM, b"progress=100&credit=2", id="form"),
        pytest.param("", b"progress=100%25&credit=2", id="form without a content type"),
    ],
)
def test_every_body_format_is_parsed(
    listener: Listener, caller: httpx.Client, kind: str, body: bytes
) -> None:
    """Progress and credits are read from JSON and form bodies."""
    assert caller.post(listener.address(), content=body, headers={"Content-Type": kind}).status_code == 200
    assert listener.deliveries() == [Delivery(ANA, 100.0, 2.0, done=True)]


def test_a_query_string_is_parsed(listener: Listener, caller: httpx.Client) -> None:
    """A delivery may be a GET with a query string; fields of a body take precedence."""
    assert caller.get(f"{listener.address()}?progress=40").status_code == 200
    assert caller.post(f"{listener.address()}?progress=40&credit=1", json={"progress": 50}).status_code == 200
    empty = {"Content-Type": "application/json"}
    assert caller.post(listener.address(), headers=empty).status_code == 200
    assert listener.deliveries() == [Delivery(ANA, 40.0), Delivery(ANA, 50.0, 1.0), Delivery(ANA)]


def test_a_download_url_is_not_kept(listener: Listener, caller: httpx.Client) -> None:
    """It only marks the delivery as done."""
    caller.post(listener.address(), json={"progress": 99, "download_url": "https://evil.example/x.mp4"})
    [delivery] = listener.deliveries()
    assert delivery == Delivery(ANA, 99.0, done=True)
    assert "evil" not in repr(delivery)


def test_repeated_and_unordered_deliveries_are_passed_on(listener: Listener, caller: httpx.Client) -> None:
    """Deliveries are passed on as they arrive, including repeated and out-of-order ones."""
    sent = [(ANA, 100), (BO, 30), (ANA, 100), (ANA, 20), (BO, 10)]
    for key, percent in sent:
        caller.post(listener.address(key), json={"progress": percent})
    assert [(each.key, each.percent) for each in listener.deliveries()] == sent


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param("application/json", b'{"progress": 1', id="broken JSON"),
        pytest.param("application/json", b"[1]", id="not an object"),
        pytest.param("application/json", b"100", id="a number"),
        pytest.param("application/json", b"[" * 60_000, id="nested JSON"),
        pytest.param("application/json", b'{"progress": ' + b"9" * 5000 + b"}", id="endless number"),
        pytest.param(FORM, b"\xff\xfe", id="not UTF-8"),
        pytest.param(FORM, b"a&" * 101, id="too many fields"),
    ],
)
def test_an_unparsable_body_is_refused(
    listener: Listener, caller: httpx.Client, kind: str, body: bytes
) -> None:
    """The next delivery is received."""
    assert caller.post(listener.address(), content=body, headers={"Content-Type": kind}).status_code == 400
    assert caller.post(listener.address(), json={"progress": 1}).status_code == 200
    assert listener.deliveries() == [Delivery(ANA, 1.0)]


@given(
    st.text(),
    st.sampled_from(["", FORM, "application/json"]) | st.text(),
    st.binary()
    | st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists).map(
        lambda value: json.dumps({"progress": value, "credit": value, "download_url": value}).encode()
    ),
)
def test_any_input_is_a_delivery_or_refused(query: str, kind: str, body: bytes) -> None:
    """Any body and query give a percentage of 0 to 100 and no negative credits, or a ValueError."""
    try:
        delivery = parse_delivery(ANA, query, kind, body)
    except ValueError:
        return
    assert delivery.percent is None or 0 <= delivery.percent <= 100
    assert delivery.credits is None or 0 <= delivery.credits < float("inf")


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        ("37.5", 37.5),
        (250, 100.0),
        (10**400, 100.0),
        (-1, None),
        (True, None),
        (None, None),
        ({}, None),
        ("soon", None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_a_percentage_is_between_0_and_100(value: object, percent: float | None) -> None:
    """Anything else is ignored."""
    delivery = parse_delivery(ANA, "", "application/json", json.dumps({"progress": value}).encode())
    assert delivery.percent == percent


@pytest.mark.parametrize(
    "path", ["/", "/hook", "/hook/secret-token-2", "/hook/secret-token", "//", "/%00%ff"]
)
def test_an_unknown_token_is_not_found(listener: Listener, caller: httpx.Client, path: str) -> None:
    """A call without a known token gets a 404 and isn't a delivery."""
    listener.address()
    base = f"http://127.0.0.1:{listener.receiver.port}"
    assert caller.post(f"{base}{path}", json={"progress": 100}).status_code == 404
    assert listener.deliveries() == []


def test_a_proxy_may_drop_the_public_path(listener: Listener, caller: httpx.Client) -> None:
    """The token is enough, with or without the public path and a trailing slash."""
    token = listener.receiver.url_for(ANA).rpartition("/")[2]
    base = f"http://127.0.0.1:{listener.receiver.port}"
    for path in (token, f"{token}/", f"a/b/{token}"):
        assert caller.post(f"{base}/{path}").status_code == 200
    assert len(listener.deliveries()) == 3


def test_other_methods_are_refused(listener: Listener, caller: httpx.Client) -> None:
    """Only GET and POST are accepted."""
    assert caller.delete(listener.address()).status_code == 405
    assert listener.deliveries() == []


@pytest.mark.parametrize("size", [64 * 1024 + 1, 3 * 1024 * 1024])
def test_a_large_body_is_refused(listener: Listener, caller: httpx.Client, size: int) -> None:
    """A body of more than 64 KiB is refused, and the receiver keeps running."""

    def pieces() -> Iterator[bytes]:
        for _ in range(size // 1024 + 1):
            yield b"x" * 1024

    for content in (b"x" * size, pieces()):
        try:
            assert caller.post(listener.address(), content=content).status_code == 413
        except httpx.TransportError:
            assert size > 1024 * 1024, "only an endless body is cut off"
    assert caller.post(listener.address(), content=b"x=" + b"x" * (64 * 1024 - 2)).status_code == 200
    assert len(listener.deliveries()) == 1


def test_the_address_of_a_row_is_stable(listener: Listener) -> None:
    """A row has one address below the public one, and no two rows share an address."""
    assert listener.receiver.url_for(ANA) == f"{PUBLIC}/secret-token-1"
    assert listener.receiver.url_for(BO) == f"{PUBLIC}/secret-token-2"
    assert listener.receiver.url_for(ANA) == f"{PUBLIC}/secret-token-1"


def test_a_token_of_an_earlier_run_is_accepted(listener: Listener, caller: httpx.Client) -> None:
    """A registered token is accepted and reused; an older one of the same row is still accepted."""
    older = listener.address()
    listener.receiver.register("from-yesterday", ANA)
    assert listener.receiver.url_for(ANA) == f"{PUBLIC}/from-yesterday"
    for address in (older, listener.address()):
        assert caller.post(address, json={"progress": 5}).status_code == 200
    assert listener.deliveries() == [Delivery(ANA, 5.0), Delivery(ANA, 5.0)]


def test_tokens_cannot_be_guessed() -> None:
    """By default, tokens have 192 random bits each."""
    receiver = WebhookReceiver(PUBLIC, lambda _: None)
    tokens = {receiver.url_for(RowKey(str(n))).rpartition("/")[2] for n in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {32}


def test_the_callback_runs_in_the_receivers_thread() -> None:
    """It isn't called in the thread that started the receiver."""
    threads: queue.Queue[str] = queue.Queue()
    receiver = WebhookReceiver(
        PUBLIC, lambda _: threads.put(threading.current_thread().name), listen="127.0.0.1:0"
    )
    with receiver:
        httpx.post(Listener(receiver, queue.Queue()).address(), trust_env=False)
    assert threads.get_nowait() == "webhook"


def test_a_failing_callback_answers_500(capfd: pytest.CaptureFixture[str]) -> None:
    """If the callback raises, the caller gets a 500, and the receiver keeps running silently."""

    def on_delivery(delivery: Delivery) -> None:
        if delivery.percent == 1:
            raise LookupError

    receiver = WebhookReceiver(PUBLIC, on_delivery, listen="127.0.0.1:0")
    with receiver:
        address = Listener(receiver, queue.Queue()).address()
        assert httpx.post(address, json={"progress": 1}, trust_env=False).status_code == 500
        assert httpx.post(address, json={"progress": 2}, trust_env=False).status_code == 200
    assert capfd.readouterr() == ("", "")


def test_tokens_are_not_logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither known nor unknown tokens are logged, whatever the response."""
    with listening() as listener:
        caplog.set_level(logging.DEBUG)
        connection = listener.receiver.port
        address = listener.address()
        for path in (urlsplit(address).path, "/hook/secret-token-9"):
            for body in ("{}", "{", "x" * 70_000):
                head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
                with socket.create_connection(("127.0.0.1", connection)) as raw:
                    raw.sendall((head + body).encode())
                    assert raw.recv(9) == b"HTTP/1.1 "
    assert "secret-token" not in caplog.text
    assert capfd.readouterr() == ("", "")


def test_a_slow_body_is_answered_with_408() -> None:
    """The body has to arrive in time."""
    with listening(request_seconds=0.05) as listener:
        path = urlsplit(listener.address()).path
        with socket.create_connection(("127.0.0.1", listener.receiver.port)) as half:
            half.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{{".encode())
            half.settimeout(TIMEOUT)
            assert half.recv(12) == b"HTTP/1.1 408"
    assert listener.deliveries() == []


def test_a_disconnected_caller_is_ignored(listener: Listener, caller: httpx.Client) -> None:
    """An interrupted call isn't a delivery, and the next call is."""
    path = urlsplit(listener.address()).path
    with socket.create_connection(("127.0.0.1", listener.receiver.port)) as half:
        half.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{{".encode())
    with socket.create_connection(("127.0.0.1", listener.receiver.port)) as invalid:
        invalid.sendall(b"GET / HTTP/1.1\r\nHost: [\r\n\r\n")
        assert invalid.recv(9) == b"HTTP/1.1 "
    assert caller.post(listener.address(), json={"progress": 3}).status_code == 200
    assert listener.deliveries() == [Delivery(ANA, 3.0)]


def test_start_and_stop_are_fast(caller: httpx.Client) -> None:
    """The receiver answers at once and stops within half a second, whatever connections are open."""
    began = time.monotonic()
    with listening() as listener:
        address = listener.address()
        assert caller.post(address).status_code == 200
        assert time.monotonic() - began < 1
        with socket.create_connection(("127.0.0.1", listener.receiver.port)) as half:
            path = urlsplit(address).path
            half.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{{".encode())
            began = time.monotonic()
            listener.receiver.__exit__(None, None, None)
            assert time.monotonic() - began < 0.5
    with pytest.raises(httpx.ConnectError):
        caller.post(address)


def test_half_open_connections_block_nobody(listener: Listener, caller: httpx.Client) -> None:
    """While 300 callers never finish their headers, a delivery is still accepted at once."""
    with ExitStack() as stack:
        for _ in range(300):
            half = socket.create_connection(("127.0.0.1", listener.receiver.port), TIMEOUT)
            stack.enter_context(half).sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
        for _ in range(3):
            assert caller.post(listener.address(), json={"progress": 50}).status_code == 200
    assert len(listener.deliveries()) == 3


def test_a_port_in_use_is_refused_with_a_hint(listener: Listener) -> None:
    """After the receiver stops, the port can be used again at once."""
    listen = f"127.0.0.1:{listener.receiver.port}"
    again = WebhookReceiver(PUBLIC, listener.received.put, listen=listen)
    with pytest.raises(InputError) as caught, again:
        pass
    assert str(caught.value) == f"{listen}: castmerge can't receive webhooks there: another program uses it"
    assert "--webhook-listen" in caught.value.hint
    listener.receiver.__exit__(None, None, None)
    with again:
        assert again.port == listener.receiver.port


@pytest.mark.parametrize(
    "listen",
    ["", "8081", ":8081", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "h:²", "[]:1"],
)
def test_an_invalid_listen_address_is_refused(listen: str) -> None:
    """Only a host with a port is accepted."""
    with pytest.raises(InputError, match="host and a port"), WebhookReceiver(PUBLIC, print, listen=listen):
        pass


def test_the_address_of_another_machine_is_refused() -> None:
    """An address that this machine doesn't have is refused."""
    with (
        pytest.raises(InputError, match="can't receive webhooks"),
        WebhookReceiver(PUBLIC, print, listen="192.0.2.1:0"),
    ):
        pass


@pytest.mark.parametrize("listen", ["localhost:0", "0.0.0.0:0", "[::1]:0"])
def test_other_listen_addresses_are_accepted(listen: str) -> None:
    """The receiver can listen on a host name, on all interfaces, or on an IPv6 address."""
    host = listen.rpartition(":")[0].replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - the user asks for it
    try:
        with WebhookReceiver(PUBLIC, print, listen=listen) as receiver:
            assert httpx.get(f"http://{host}:{receiver.port}/", trust_env=False).status_code == 404
    except InputError:
        assert host == "[::1]", "every machine has the others"


@pytest.mark.parametrize(
    "public_url",
    ["", "public.host/hook", "ftp://public.host", "https://", "https://[", "https://h/?a=b", "https://h/#a"],
)
def test_an_invalid_public_address_is_refused(public_url: str) -> None:
    """A public address that the service couldn't call is refused."""
    with pytest.raises(InputError) as caught:
        WebhookReceiver(public_url, print)
    assert "--webhook-url" in caught.value.hint


def test_a_public_address_may_end_with_a_slash() -> None:
    """A trailing slash and spaces around the public address are removed."""
    receiver = WebhookReceiver(f" {PUBLIC}/ ", print, token=lambda _: "t")
    assert receiver.url_for(ANA) == f"{PUBLIC}/t"


def test_the_simulators_webhooks_are_received() -> None:
    """Everything is received, from the first percentage to the credits."""
    received: queue.Queue[Delivery] = queue.Queue()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    with (
        WebhookReceiver(f"http://{listen}/hook", received.put, listen=listen) as receiver,
        Simulator(SimulatorSettings(seconds=0.2)) as simulator,
    ):
        body = {**json.loads(SEED), "webhookUrl": receiver.url_for(BO)}
        url, key = f"{simulator.base_url}{API}/editor/project", {"Authorization": "k"}
        assert httpx.post(url, json=body, headers=key, trust_env=False).status_code == 200
        deliveries = [received.get(timeout=TIMEOUT)]
        while not deliveries[-1].done:
            deliveries.append(received.get(timeout=TIMEOUT))
    assert {delivery.key for delivery in deliveries} == {BO}
    assert deliveries[-1] == Delivery(BO, 100.0, 1.0, done=True)
