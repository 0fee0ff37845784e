"""HTTP client for third-party servers: it sends no user data, and checks where links lead."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TypeAlias
from urllib.request import getproxies, proxy_bypass

import httpx

from merge.errors import Rejected
from merge.project.media_urls import Address, address_of, is_loopback
from merge.services.download.addresses import Lookup, look_up

__all__ = [
    "MAX_REDIRECTS",
    "NETWORK_ERRORS",
    "AnonymousClient",
    "ForbiddenAddressError",
    "checked_redirect",
    "checked_url",
]

MAX_REDIRECTS = 5
NETWORK_ERRORS = (httpx.HTTPError, httpx.StreamError, OSError)
"""All errors that a failed request can raise."""

_LOOPBACK = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))
_HINT = "Open the video in AI Studios and download it there"


Allowed: TypeAlias = Callable[[Address], bool]
"""Whether a connection to an address is allowed."""
Checked: TypeAlias = Callable[[httpx.URL], None]
"""Refuses a URL before its host is looked up, by raising an error."""


class ForbiddenAddressError(Rejected):
    """A host has an address that must not be connected to."""


class AnonymousClient:
    """A client that sends no credential, cookie or referrer, and connects only to addresses that are allowed.

    A name is looked up once for each request. Every address of it has to be allowed, and the connection goes
    to one of these addresses, so a name can't lead elsewhere between the check and the connection. TLS and
    the `Host` header use the name. A proxy from the environment looks names up itself.

    Args:
        timeout: of its requests
        limits: of its connections
        transport: replaces the network, in tests; nothing is looked up then, unless `lookup` is given
        trust_env: whether to use proxies and certificates from the environment; never for loopback
        lookup: returns the addresses of a host
    """

    def __init__(
        self,
        *,
        timeout: httpx.Timeout,
        limits: httpx.Limits,
        transport: httpx.AsyncBaseTransport | None,
        trust_env: bool,
        lookup: Lookup | None = None,
    ) -> None:
        self._lookup = lookup or (None if transport else look_up)
        self._trust_env = trust_env and transport is None
        self._client = httpx.AsyncClient(
            transport=transport,
            trust_env=trust_env,
            mounts=_LOOPBACK,
            timeout=timeout,
            limits=limits,
            # If it were compressed, the response's size wouldn't be the file's.
            headers={"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "castmerge"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    @asynccontextmanager
    async def follow(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], *, check: Checked, allowed: Allowed
    ) -> AsyncIterator[httpx.Response | None]:
        """Send a request, follow its redirects, and return the response; None after too many redirects.

        Args:
            method: GET or HEAD
            url: the first URL
            headers: further headers
            check: called with every URL on the way
            allowed: called with every address of every host on the way

        Raises:
            ForbiddenAddressError: a host has an address that isn't allowed
            httpx.HTTPError: there was no response, or the host is unknown
        """
        for _ in range(MAX_REDIRECTS + 1):
            check(url)
            response = await self._send(method, url, headers, allowed)
            try:
                if not response.has_redirect_location:
                    yield response
                    return
                url = _joined(url, response.headers["location"])
            finally:
                await response.aclose()
        yield None

    async def _send(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], allowed: Allowed
    ) -> httpx.Response:
        targets = await self._targets(url, allowed)
        for number, target in enumerate(targets, 1):
            request = self._client.build_request(
                method,
                target,
                headers={**headers, "Host": url.netloc.decode("ascii")},
                extensions={"sni_hostname": url.raw_host.decode("ascii")},
            )
            try:
                return await self._client.send(request, stream=True)
            except httpx.InvalidURL as error:
                # httpx reads the address of a redirect even if it doesn't follow it.
                raise _not_an_address() from error
            except (httpx.ConnectError, httpx.ConnectTimeout):
                # IPv6 addresses, for example, where only IPv4 works.
                if number == len(targets):
                    raise
        raise AssertionError

    async def _targets(self, url: httpx.URL, allowed: Allowed) -> list[httpx.URL]:
        """The URL with each address of its host in place of the name."""
        literal = address_of(url.host)
        if literal is not None and not allowed(literal):
            raise ForbiddenAddressError(f"{url.host} isn't a public address", hint=_HINT)
        if self._lookup is None:
            return [url]
        by_proxy = self._trust_env and _has_proxy(url)
        try:
            addresses = await self._lookup(url.raw_host.decode("ascii").strip("[]"), url.port or 443)
        except OSError as error:
            if by_proxy:
                return [url]
            raise httpx.ConnectError(f"no such host: {url.host}") from error
        if not addresses or not all(map(allowed, addresses)):
            raise ForbiddenAddressError(f"{url.host} has an address that isn't public", hint=_HINT)
        return [url] if by_proxy else [url.copy_with(host=str(address)) for address in addresses]


def _has_proxy(url: httpx.URL) -> bool:
    proxies = getproxies()
    return bool(proxies.get(url.scheme) or proxies.get("all")) and not proxy_bypass(url.host)


def _joined(url: httpx.URL, location: str) -> httpx.URL:
    try:
        return url.join(location)
    except httpx.InvalidURL as error:
        raise _not_an_address() from error


def _not_an_address() -> httpx.RemoteProtocolError:
    return httpx.RemoteProtocolError("redirected to something that isn't a web address")


def checked_url(link: str) -> httpx.URL:
    """Return a link to a video as a URL.

    Raises:
        Rejected: it is neither https nor http on this machine, or contains a user name and password
    """
    try:
        return _checked(httpx.URL(link))
    except httpx.InvalidURL as error:
        raise Rejected("the link to the video isn't a web address", hint=_HINT) from error


def checked_redirect(url: httpx.URL, first: httpx.URL) -> httpx.URL:
    """Return the URL that a redirect leads to.

    Args:
        url: the target of the redirect
        first: the URL that was requested first

    Raises:
        Rejected: as `checked_url`, or it leads from another machine to this one
    """
    if is_loopback(url.host) and not is_loopback(first.host):
        raise Rejected(f"the link to the video leads from {first.host} to this computer", hint=_HINT)
    return _checked(url)


def _checked(url: httpx.URL) -> httpx.URL:
    if not url.host or not (url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host))):
        raise Rejected(
            f"castmerge downloads videos only from https addresses, not from {url.scheme}://{url.host}",
            hint=_HINT,
        )
    if url.userinfo:
        # It would be sent as a credential.
        raise Rejected(f"the link to the video has a password for {url.host}", hint=_HINT)
    return url
