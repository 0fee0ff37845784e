from __future__ import annotations

import json
import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import InputError
from merge.model import RowKey
from merge.services.simulator import Simulator, SimulatorSettings
from merge.services.webhook import Delivery, WebhookReceiver
from merge.services.webhook.payload import delivery_of
from tests.support.simulator_process import API, SEED

PATIENCE = 10.0
ANA, BO = RowKey("Ana"), RowKey("Bo")
PUBLIC = "https://public.host/hook"
FORM = "application/x-www-form-urlencoded"


class WebhookListener:
    """A receiver that listens, and what it has heard."""

    def __init__(self, receiver: WebhookReceiver, heard: queue.Queue[Delivery]) -> None:
        self.receiver = receiver
        self.heard = heard

    def address(self, key: RowKey = ANA) -> str:
        """Where a proxy passes the row's calls on to."""
        return f"http://127.0.0.1:{self.receiver.port}{urlsplit(self.receiver.url_for(key)).path}"

    def all_heard(self) -> list[Delivery]:
        """Every delivery so far."""
        return [self.heard.get_nowait() for _ in range(self.heard.qsize())]


@contextmanager
def listening(
    token: Callable[[RowKey], str] | None = None, timing: float = PATIENCE
) -> Iterator[WebhookListener]:
    """A receiver on a free port."""
    heard: queue.Queue[Delivery] = queue.Queue()
    numbers = count(1)
    token = token or (lambda _: f"secret-token-{next(numbers)}")
    receiver = WebhookReceiver(PUBLIC, heard.put, listen="127.0.0.1:0", token=token, timing=timing)
    with receiver:
        yield WebhookListener(receiver, heard)


@pytest.fixture
def ears() -> Iterator[WebhookListener]:
    """A receiver whose tokens are counted."""
    with listening() as running:
        yield running


@pytest.fixture
def caller() -> Iterator[httpx.Client]:
    """Calls as they come through a proxy."""
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        yield client


MULTIPART = (
    b"--b\r\nContent-Disposition: form-data; name=progress\r\n\r\n100\r\n"
    b'--b\r\nContent-Disposition: form-data; name="credit"\r\n\r\n2\r\n'
    b"--b\r\nContent-Disposition: form-data\r\n\r\nnameless\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param("application/json", b'{"progress": 100, "credit": 2, "backendTaskId": "t"}', id="JSON"),
        pytest.param("text/plain", b'\n {"progress": "100", "credit": "2.0"}', id="JSON under another name"),
        pytest.param(
            "application/json", b'\xef\xbb\xbf{"progress": 100, "credits": 2}', id="byte order mark"
        ),
        pytest.param(FORM, b"progress=100&credit=2", id="form"),
        pytest.param("", b"progress=100%25&credit=2", id="form under no name"),
        pytest.param("Multipart/form-data; boundary=b", MULTIPART, id="multipart"),
    ],
)
def test_all_forms_are_understood(
    ears: WebhookListener, caller: httpx.Client, kind: str, body: bytes
) -> None:
    """Progress and credits are heard in whatever form they come."""
    assert caller.post(ears.address(), content=body, headers={"Content-Type": kind}).status_code == 200
    assert ears.all_heard() == [Delivery(ANA, 100.0, 2.0, done=True)]


def test_query_is_understood(ears: WebhookListener, caller: httpx.Client) -> None:
    """A delivery may be a GET with everything behind the question mark; a body goes before it."""
    assert caller.get(f"{ears.address()}?progress=40").status_code == 200
    assert caller.post(f"{ears.address()}?progress=40&credit=1", json={"progress": 50}).status_code == 200
    empty = {"Content-Type": "application/json"}
    assert caller.post(ears.address(), headers=empty).status_code == 200
    assert ears.all_heard() == [Delivery(ANA, 40.0), Delivery(ANA, 50.0, 1.0), Delivery(ANA)]


def test_download_address_is_not_kept(ears: WebhookListener, caller: httpx.Client) -> None:
    """An address in a delivery says that the video is ready, and is forgotten."""
    caller.post(ears.address(), json={"progress": 99, "download_url": "https://evil.example/x.mp4"})
    [delivery] = ears.all_heard()
    assert delivery == Delivery(ANA, 99.0, done=True)
    assert "evil" not in repr(delivery)


def test_repeats_and_any_order_are_heard_as_they_come(ears: WebhookListener, caller: httpx.Client) -> None:
    """The receiver judges nothing: two rows, repeated and backwards."""
    told = [(ANA, 100), (BO, 30), (ANA, 100), (ANA, 20), (BO, 10)]
    for key, percent in told:
        caller.post(ears.address(key), json={"progress": percent})
    assert [(heard.key, heard.percent) for heard in ears.all_heard()] == told


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param("application/json", b'{"progress": 1', id="broken JSON"),
        pytest.param("application/json", b"[1]", id="no object"),
        pytest.param("application/json", b"100", id="a bare number"),
        pytest.param("application/json", b"[" * 60_000, id="nested JSON"),
        pytest.param("application/json", b'{"progress": ' + b"9" * 5000 + b"}", id="endless number"),
        pytest.param(FORM, b"\xff\xfe", id="no UTF-8"),
        pytest.param(FORM, b"a&" * 101, id="too many fields"),
        pytest.param("multipart/form-data; boundary=b", MULTIPART.replace(b"100", b"\xff"), id="parts"),
    ],
)
def test_garbage_does_no_harm(ears: WebhookListener, caller: httpx.Client, kind: str, body: bytes) -> None:
    """What cannot be understood is refused, and the next delivery is heard."""
    assert caller.post(ears.address(), content=body, headers={"Content-Type": kind}).status_code == 400
    assert caller.post(ears.address(), json={"progress": 1}).status_code == 200
    assert ears.all_heard() == [Delivery(ANA, 1.0)]


def test_nested_parts_do_no_harm() -> None:
    """Parts within parts without end are refused."""
    body = b"".join(
        b"--%d\r\nContent-Type: multipart/x; boundary=%d\r\n\r\n" % (n, n + 1) for n in range(1400)
    )
    with pytest.raises(ValueError, match="deep"):
        delivery_of(ANA, "", "multipart/form-data; boundary=0", body)


@given(
    st.text(),
    st.sampled_from(["", FORM, "application/json", "multipart/form-data; boundary=b"]) | st.text(),
    st.binary()
    | st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists).map(
        lambda value: json.dumps({"progress": value, "credit": value, "download_url": value}).encode()
    )
    | st.binary().map(lambda inside: b"--b\r\nContent-Disposition: form-data; name=" + inside + b"\r\n--b--"),
)
def test_whatever_comes_is_a_delivery_or_refused(query: str, kind: str, body: bytes) -> None:
    """Any body and query gives a percent of 0 to 100 and no negative credits, or a ValueError."""
    try:
        delivery = delivery_of(ANA, query, kind, body)
    except ValueError:
        return
    assert delivery.percent is None or 0 <= delivery.percent <= 100
    assert delivery.credits is None or 0 <= delivery.credits < float("inf")


@pytest.mark.parametrize(
    ("said", "percent"),
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
def test_percent_of_what_is_said(said: object, percent: float | None) -> None:
    """A percent is a number from 0 to 100; anything else is left out."""
    delivery = delivery_of(ANA, "", "application/json", json.dumps({"progress": said}).encode())
    assert delivery.percent == percent


@pytest.mark.parametrize(
    "path", ["/", "/hook", "/hook/secret-token-2", "/hook/secret-token", "//", "/%00%ff"]
)
def test_unknown_address_is_not_there(ears: WebhookListener, caller: httpx.Client, path: str) -> None:
    """Whoever does not know a token gets a 404 and is not heard."""
    ears.address()
    base = f"http://127.0.0.1:{ears.receiver.port}"
    assert caller.post(f"{base}{path}", json={"progress": 100}).status_code == 404
    assert ears.all_heard() == []


def test_proxy_may_drop_the_path(ears: WebhookListener, caller: httpx.Client) -> None:
    """The token is enough, with or without the public path and a slash at the end."""
    token = ears.receiver.url_for(ANA).rpartition("/")[2]
    base = f"http://127.0.0.1:{ears.receiver.port}"
    for path in (token, f"{token}/", f"a/b/{token}"):
        assert caller.post(f"{base}/{path}").status_code == 200
    assert len(ears.all_heard()) == 3


def test_other_methods_are_refused(ears: WebhookListener, caller: httpx.Client) -> None:
    """Deliveries are GET or POST."""
    assert caller.delete(ears.address()).status_code == 405
    assert ears.all_heard() == []


@pytest.mark.parametrize("size", [64 * 1024 + 1, 3 * 1024 * 1024])
def test_large_body_is_refused(ears: WebhookListener, caller: httpx.Client, size: int) -> None:
    """More than 64 KiB is refused, however it is sent, and the receiver goes on."""

    def pieces() -> Iterator[bytes]:
        for _ in range(size // 1024 + 1):
            yield b"x" * 1024

    for content in (b"x" * size, pieces()):
        try:
            assert caller.post(ears.address(), content=content).status_code == 413
        except httpx.TransportError:
            assert size > 1024 * 1024, "only who sends on and on is cut off"
    assert caller.post(ears.address(), content=b"x=" + b"x" * (64 * 1024 - 2)).status_code == 200
    assert len(ears.all_heard()) == 1


def test_address_of_a_row_stays(ears: WebhookListener) -> None:
    """A row has one address, below the public one, and no two rows share it."""
    assert ears.receiver.url_for(ANA) == f"{PUBLIC}/secret-token-1"
    assert ears.receiver.url_for(BO) == f"{PUBLIC}/secret-token-2"
    assert ears.receiver.url_for(ANA) == f"{PUBLIC}/secret-token-1"


def test_token_of_an_earlier_run_is_known(ears: WebhookListener, caller: httpx.Client) -> None:
    """A registered token is heard and used further; an older one of the same row is still heard."""
    older = ears.address()
    ears.receiver.register("from-yesterday", ANA)
    assert ears.receiver.url_for(ANA) == f"{PUBLIC}/from-yesterday"
    for address in (older, ears.address()):
        assert caller.post(address, json={"progress": 5}).status_code == 200
    assert ears.all_heard() == [Delivery(ANA, 5.0), Delivery(ANA, 5.0)]


def test_tokens_cannot_be_guessed() -> None:
    """Without a source of their own, tokens have 192 random bits each."""
    receiver = WebhookReceiver(PUBLIC, lambda _: None)
    tokens = {receiver.url_for(RowKey(str(n))).rpartition("/")[2] for n in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {32}


def test_heard_in_the_receivers_thread() -> None:
    """Whoever hears is called in another thread than the one that entered."""
    threads: queue.Queue[str] = queue.Queue()
    receiver = WebhookReceiver(
        PUBLIC, lambda _: threads.put(threading.current_thread().name), listen="127.0.0.1:0"
    )
    with receiver:
        httpx.post(WebhookListener(receiver, queue.Queue()).address(), trust_env=False)
    assert threads.get_nowait() == "webhook"


def test_trouble_of_who_hears_stays_small(capfd: pytest.CaptureFixture[str]) -> None:
    """Where hearing fails, the caller gets a 500, and the receiver goes on, silently."""

    def hear(delivery: Delivery) -> None:
        if delivery.percent == 1:
            raise LookupError

    receiver = WebhookReceiver(PUBLIC, hear, listen="127.0.0.1:0")
    with receiver:
        address = WebhookListener(receiver, queue.Queue()).address()
        assert httpx.post(address, json={"progress": 1}, trust_env=False).status_code == 500
        assert httpx.post(address, json={"progress": 2}, trust_env=False).status_code == 200
    assert capfd.readouterr() == ("", "")


def test_tokens_are_not_logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither known nor unknown addresses leave a trace, in any case of an answer."""
    with listening() as ears:
        caplog.set_level(logging.DEBUG)
        connection = ears.receiver.port
        address = ears.address()
        for path in (urlsplit(address).path, "/hook/secret-token-9"):
            for body in ("{}", "{", "x" * 70_000):
                head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
                with socket.create_connection(("127.0.0.1", connection)) as raw:
                    raw.sendall((head + body).encode())
                    assert raw.recv(9) == b"HTTP/1.1 "
    assert "secret-token" not in caplog.text
    assert capfd.readouterr() == ("", "")


def test_caller_who_does_not_go_on_is_let_go() -> None:
    """A body that does not arrive in time is answered with 408."""
    with listening(timing=0.05) as ears:
        path = urlsplit(ears.address()).path
        with socket.create_connection(("127.0.0.1", ears.receiver.port)) as half:
            half.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{{".encode())
            half.settimeout(PATIENCE)
            assert half.recv(12) == b"HTTP/1.1 408"
    assert ears.all_heard() == []


def test_caller_who_leaves_is_forgotten(ears: WebhookListener, caller: httpx.Client) -> None:
    """A call that breaks off half way is not heard, and the next one is."""
    path = urlsplit(ears.address()).path
    with socket.create_connection(("127.0.0.1", ears.receiver.port)) as half:
        half.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{{".encode())
    with socket.create_connection(("127.0.0.1", ears.receiver.port)) as odd:
        odd.sendall(b"GET / HTTP/1.1\r\nHost: [\r\n\r\n")
        assert odd.recv(9) == b"HTTP/1.1 "
    assert caller.post(ears.address(), json={"progress": 3}).status_code == 200
    assert ears.all_heard() == [Delivery(ANA, 3.0)]


def test_start_and_end_are_quick(caller: httpx.Client) -> None:
    """It answers at once and is gone in half a second, whatever callers keep open."""
    began = time.monotonic()
    with listening() as ears:
        address = ears.address()
        assert caller.post(address).status_code == 200
        assert time.monotonic() - began < 1
        with socket.create_connection(("127.0.0.1", ears.receiver.port)) as half:
            path = urlsplit(address).path
            half.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{{".encode())
            began = time.monotonic()
            ears.receiver.__exit__(None, None, None)
            assert time.monotonic() - began < 0.5
    with pytest.raises(httpx.ConnectError):
        caller.post(address)


def test_taken_port_is_refused_with_a_cure(ears: WebhookListener) -> None:
    """A port that is in use is named, with what to do; it can be used again at once after the end."""
    listen = f"127.0.0.1:{ears.receiver.port}"
    again = WebhookReceiver(PUBLIC, ears.heard.put, listen=listen)
    with pytest.raises(InputError) as caught, again:
        pass
    assert str(caught.value) == f"{listen}: webhooks cannot be heard there: another program has it"
    assert "--webhook-listen" in caught.value.hint
    ears.receiver.__exit__(None, None, None)
    with again:
        assert again.port == ears.receiver.port


@pytest.mark.parametrize(
    "listen",
    ["", "8081", ":8081", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "h:²", "[]:1"],
)
def test_impossible_place_is_refused(listen: str) -> None:
    """What is no host with a port is refused in words."""
    with pytest.raises(InputError, match="host and a port"), WebhookReceiver(PUBLIC, print, listen=listen):
        pass


def test_foreign_place_is_refused() -> None:
    """An address that this machine does not have is refused in words."""
    with (
        pytest.raises(InputError, match="cannot be heard"),
        WebhookReceiver(PUBLIC, print, listen="192.0.2.1:0"),
    ):
        pass


@pytest.mark.parametrize("listen", ["localhost:0", "0.0.0.0:0", "[::1]:0"])
def test_other_places_will_do(listen: str) -> None:
    """The user says where it listens, by name, for other machines, or at a newer address."""
    host = listen.rpartition(":")[0].replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - the user says so
    try:
        with WebhookReceiver(PUBLIC, print, listen=listen) as receiver:
            assert httpx.get(f"http://{host}:{receiver.port}/", trust_env=False).status_code == 404
    except InputError:
        assert host == "[::1]", "every machine has the others"


@pytest.mark.parametrize(
    "public_url",
    ["", "public.host/hook", "ftp://public.host", "https://", "https://[", "https://h/?a=b", "https://h/#a"],
)
def test_impossible_public_address_is_refused(public_url: str) -> None:
    """What the service could not call is refused before anything is sent."""
    with pytest.raises(InputError) as caught:
        WebhookReceiver(public_url, print)
    assert "--webhook-url" in caught.value.hint


def test_slash_at_the_end_of_the_public_address_is_no_matter() -> None:
    """The public address may end with a slash."""
    receiver = WebhookReceiver(f" {PUBLIC}/ ", print, token=lambda _: "t")
    assert receiver.url_for(ANA) == f"{PUBLIC}/t"


def test_hears_the_stand_in() -> None:
    """The stand-in's webhooks are understood from the first percent to the credits."""
    heard: queue.Queue[Delivery] = queue.Queue()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    with (
        WebhookReceiver(f"http://{listen}/hook", heard.put, listen=listen) as receiver,
        Simulator(SimulatorSettings(seconds=0.2)) as simulator,
    ):
        body = {**json.loads(SEED), "webhookUrl": receiver.url_for(BO)}
        url, key = f"{simulator.base_url}{API}/editor/project", {"Authorization": "k"}
        assert httpx.post(url, json=body, headers=key, trust_env=False).status_code == 200
        deliveries = [heard.get(timeout=PATIENCE)]
        while not deliveries[-1].done:
            deliveries.append(heard.get(timeout=PATIENCE))
    assert {delivery.key for delivery in deliveries} == {BO}
    assert deliveries[-1] == Delivery(BO, 100.0, 1.0, done=True)
