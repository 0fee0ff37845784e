"""HTTP client for other people's servers: it sends nothing of the user's, and checks where links lead."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from merge.errors import Rejected
from merge.project.media_urls import is_loopback

__all__ = ["MAX_REDIRECTS", "NETWORK_ERRORS", "anonymous_client", "checked_redirect", "checked_url"]

MAX_REDIRECTS = 5
NETWORK_ERRORS = (httpx.HTTPError, httpx.StreamError, OSError)
"""Everything that a broken request can raise."""

_LOOPBACK = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))
_HINT = "Open the video in AI Studios and download it there"


def anonymous_client(
    *,
    timeout: httpx.Timeout,
    limits: httpx.Limits,
    transport: httpx.AsyncBaseTransport | None,
    trust_env: bool,
) -> httpx.AsyncClient:
    """Return a client that sends no credential, cookie or referrer, and follows no redirect by itself.

    Args:
        timeout: of its requests
        limits: of its connections
        transport: replaces the network, in tests
        trust_env: whether to use proxies and certificates from the environment; never for loopback
    """
    return httpx.AsyncClient(
        transport=transport,
        trust_env=trust_env,
        mounts=_LOOPBACK,
        timeout=timeout,
        limits=limits,
        # Compressed, the size of the response wouldn't be the file's.
        headers={"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "castmerge"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
    )


def checked_url(link: str) -> httpx.URL:
    """Return a link to a video as a URL.

    Raises:
        Rejected: it is neither https nor http on this machine, or contains a user name and password
    """
    try:
        return _checked(httpx.URL(link))
    except httpx.InvalidURL as error:
        raise Rejected("the link to the video is not a web address", hint=_HINT) from error


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
            f"videos are loaded from https addresses only, not from {url.scheme}://{url.host}", hint=_HINT
        )
    if url.userinfo:
        # It would be sent as a credential.
        raise Rejected(f"the link to the video holds a password for {url.host}", hint=_HINT)
    return url
