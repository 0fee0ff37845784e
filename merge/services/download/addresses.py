"""Where a video may be loaded from."""

from __future__ import annotations

import ipaddress

import httpx

from merge.errors import Rejected

__all__ = ["LOOPBACK_MOUNTS", "address", "next_address"]

_CURE = "Open the video in AI Studios and download it there"
LOOPBACK_MOUNTS = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))
"""What no proxy of the environment gets to see."""


def address(url: str) -> httpx.URL:
    """A link as an address.

    Raises:
        Rejected: it is neither https nor http on this machine, or carries a name and a password
    """
    try:
        return _allowed(httpx.URL(url))
    except httpx.InvalidURL as error:
        raise Rejected("the link to the video is not a web address", hint=_CURE) from error


def next_address(moved_to: httpx.URL, first: httpx.URL) -> httpx.URL:
    """The address that a redirect leads to.

    Raises:
        Rejected: it is not one to load from; only this machine may lead to itself
    """
    if _is_loopback(moved_to) and not _is_loopback(first):
        raise Rejected(f"the link to the video leads from {first.host} to this computer", hint=_CURE)
    return _allowed(moved_to)


def _allowed(url: httpx.URL) -> httpx.URL:
    if not url.host or not (url.scheme == "https" or (url.scheme == "http" and _is_loopback(url))):
        raise Rejected(
            f"videos are loaded from https addresses only, not from {url.scheme}://{url.host}", hint=_CURE
        )
    if url.userinfo:
        # It would be sent as a credential.
        raise Rejected(f"the link to the video holds a password for {url.host}", hint=_CURE)
    return url


def _is_loopback(url: httpx.URL) -> bool:
    try:
        # Names are not looked up: what they stand for may change until they are called.
        return url.host == "localhost" or ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False
