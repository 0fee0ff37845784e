"""Links are requested only at addresses that were checked, wherever their names lead."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address

import httpx
import pytest

from merge.project.media_urls import Address, is_private
from merge.services.download.url_check import Answer, ask_all
from tests.support.file_host import file, file_host

HERE = ip_address("127.0.0.1")
PUBLIC = ip_address("8.8.8.8")


def checked(url: str) -> Answer:
    """The result of `check --online` for a link, with this computer's own resolver."""
    return asyncio.run(ask_all([url], trust_env=False))[url]


@pytest.mark.parametrize(
    "host",
    ["127.1", "0x7f.1", "2130706433", "017700000001", "[::ffff:127.0.0.1]", "[::1]", "localhost", "0"],
)
def test_no_notation_reaches_this_computer(host: str) -> None:
    """No request arrives at a local server, and the result gives the reason."""
    with file_host(file()) as service:
        port = httpx.URL(service.base_url).port
        assert "isn't public" in checked(f"http://{host}:{port}/x.png").trouble
        assert service.asked == []


# Short, decimal, octal, hexadecimal, full-width, mapped, translated, tunnelled, shared, multicast and unset.
SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1",
    "017700000001", "127.0.0.1.", "127.1.", "１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1", "0", "0.0.0.0",  # noqa: S104 - nothing is bound
    "localhost", "LOCALHOST.", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[fe80::1]",
    "[fe80::1%25eth0]", "[fc00::1]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "169.254.169.254",
    "0xa9fea9fe", "2852039166", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "100.64.0.1",
    "100.127.255.254", "10.0.0.1", "012.1", "172.31.255.255", "192.168.257", "0xc0a80101",
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "255.255.255.255",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_every_spelling_of_an_internal_address_is_refused(host: str) -> None:
    """The check of links refuses it, also as the target of a redirect, and requests nothing there."""
    asked: list[str] = []

    def network(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers=[(b"Location", f"https://{host}/x.png".encode())])

    urls = [f"https://{host}/x.png", "https://pictures.example/x.png"]
    answers = asyncio.run(ask_all(urls, transport=httpx.MockTransport(network)))
    assert all(answer.trouble and not answer.status for answer in answers.values()), answers
    assert asked == ["pictures.example"] * len(asked)
    assert is_private(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "[2606:4700::1111]", "[64:ff9b::808:808]", "bücher.example.com"])
def test_a_public_address_is_requested(host: str) -> None:
    """Including one that is translated from IPv4, and a name with other letters."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers={"Content-Type": "image/png"}))
    url = f"https://{host}/x.png"
    assert asyncio.run(ask_all([url], transport=transport))[url] == Answer(200, "image/png")
    assert not is_private(host)


@pytest.mark.parametrize(
    "addresses",
    [(HERE,), (PUBLIC, HERE), (ip_address("::ffff:10.0.0.1"),)],
    ids=["internal", "both", "mapped"],
)
def test_a_name_with_an_internal_address_is_not_requested(addresses: Sequence[Address]) -> None:
    """Every address that the resolver returns has to be public."""
    asked: list[httpx.Request] = []

    def network(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200)

    url = "https://pictures.example/x.png"

    async def lookup(_host: str, _port: int) -> Sequence[Address]:
        return addresses

    answers = asyncio.run(ask_all([url], lookup=lookup, transport=httpx.MockTransport(network)))
    assert ("isn't public" in answers[url].trouble, asked) == (True, [])


def test_the_connection_uses_the_checked_address_and_the_name() -> None:
    """A second DNS answer changes nothing; `Host` and TLS use the name, also for every redirect."""
    seen: list[tuple[str, str, str]] = []

    def network(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, request.headers["Host"], request.extensions["sni_hostname"]))
        if len(seen) == 1:
            return httpx.Response(302, headers={"Location": "https://second.example:8443/y.png"})
        return httpx.Response(200, headers={"Content-Type": "image/png"})

    async def lookup(host: str, _port: int) -> Sequence[Address]:
        return [PUBLIC if host == "first.example" else ip_address("9.9.9.9")]

    url = "https://first.example/x.png"
    answers = asyncio.run(ask_all([url], lookup=lookup, transport=httpx.MockTransport(network)))
    assert answers[url] == Answer(200, "image/png")
    assert seen == [
        ("8.8.8.8", "first.example", "first.example"),
        ("9.9.9.9", "second.example:8443", "second.example"),
    ]


def test_a_redirect_to_an_internal_name_is_not_followed() -> None:
    """The second host is checked like the first."""

    def network(request: httpx.Request) -> httpx.Response:
        assert request.headers["Host"] == "first.example"
        return httpx.Response(302, headers={"Location": "https://inside.example/"})

    async def lookup(host: str, _port: int) -> Sequence[Address]:
        return [PUBLIC if host == "first.example" else HERE]

    url = "https://first.example/x.png"
    answers = asyncio.run(ask_all([url], lookup=lookup, transport=httpx.MockTransport(network)))
    assert "inside.example has an address that isn't public" in answers[url].trouble
