"""Download videos into a folder, whole or not at all, resuming after an interruption (RFC 9110, 13 to 15)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from merge.errors import MergeError, Rejected, TooLargeError, Unavailable
from merge.project.media_urls import Address, is_loopback, is_public
from merge.services.download.client import (
    NETWORK_ERRORS,
    AnonymousClient,
    checked_redirect,
    checked_url,
)
from merge.services.download.filenames import safe_name
from merge.services.download.partial_file import Origin, PartialFile, source_of

__all__ = ["Downloader"]

_MAX_ATTEMPTS = 20
_MAX_CONNECTIONS = 4
_TIMEOUT = httpx.Timeout(60.0, connect=15.0, pool=None)
# A kept-alive connection may be closed at the moment when the next file is requested.
_LIMITS = httpx.Limits(max_connections=_MAX_CONNECTIONS, max_keepalive_connections=0)

_SLOWEST_SECONDS, _SLOWEST_BYTES = 90.0, 65_536
"""How long these bytes, and the headers before them, may take: a server that drips would hold a place for
days.
"""

_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
_TRY_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_PAGES = {"text/html", "text/plain", "text/xml", "application/json", "application/xml"}


class _TooSlowError(Unavailable):
    """A server sends so slowly that another attempt would be no better."""


class Downloader:
    """Downloads files into a folder: `async with Downloader(folder) as files: await files.fetch(url, name)`.

    No credential, cookie or referrer is ever sent.

    Args:
        folder: where the files go; created with the first one
        mode: permissions of the files
        max_bytes: the size of the largest file; None for no limit
        transport: replaces the network, in tests
        trust_env: whether to use proxies and certificates from the environment
    """

    def __init__(
        self,
        folder: Path,
        *,
        mode: int = 0o600,
        max_bytes: int | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        trust_env: bool = True,
    ) -> None:
        self._folder = folder
        self._mode = mode
        self._max_bytes = max_bytes
        self._locks: dict[Path, asyncio.Lock] = {}
        # httpx slows down with every request that waits in its pool, so they wait here.
        self._slots = asyncio.Semaphore(_MAX_CONNECTIONS)
        self._client = AnonymousClient(
            timeout=_TIMEOUT, limits=_LIMITS, transport=transport, trust_env=trust_env
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def fetch(self, url: str, name: str) -> Path:
        """Download a file unless it exists, resuming an earlier attempt, and return its path.

        One name is one file, whatever its link. Names that differ may still be the same file on some drives:
        get distinct ones from `filenames.distinct_names`.

        Args:
            url: https, or http on this machine
            name: of the file; it is made safe

        Raises:
            Rejected: the link has expired or is invalid: another one is needed
            TooLargeError: the file is larger than `max_bytes`
            Unavailable: a network failure; the bytes so far are kept for the next attempt
            InputError: the file can't be saved
        """
        target = self._folder / safe_name(name)
        async with self._locks.setdefault(target, asyncio.Lock()):
            part = PartialFile(target, self._mode)
            if not part.is_done():
                async with self._slots:
                    await self._download(part, checked_url(url))
                # In a thread, because flushing may take seconds in which other files arrive.
                await asyncio.to_thread(part.finish)
        return target

    async def _download(self, part: PartialFile, url: httpx.URL) -> None:
        """Download all bytes, trying again as long as every attempt adds some."""
        source = source_of(url.host, url.path)
        part.resume(source)
        for _ in range(_MAX_ATTEMPTS):
            before = part.size
            try:
                if await self._request(part, url, source):
                    return
            except _TooSlowError:
                raise
            except Unavailable:
                if part.size <= before:
                    raise
        raise _unavailable(url.host, f"cut off {_MAX_ATTEMPTS} times")

    async def _request(self, part: PartialFile, url: httpx.URL, source: str) -> bool:
        """Request the missing bytes once, and return whether the file is complete."""
        loop, arrived = asyncio.get_running_loop(), 0
        try:
            async with (
                asyncio.timeout(_SLOWEST_SECONDS) as slowest,
                self._response(url, _range_of(part)) as response,
            ):
                first = _start_of(response, part)
                if first is None:
                    part.discard()
                    return False
                if first:
                    part.append(_whole_size_of(response))
                else:
                    part.start(_origin_of(response, source))
                self._refuse_too_large(part, part.origin.size if part.origin else None)
                async for piece in response.aiter_raw():
                    if not part.size:
                        _refuse_text(piece, part, url.host)
                    self._refuse_too_large(part, part.size + len(piece))
                    part.write(piece)
                    arrived += len(piece)
                    if arrived >= _SLOWEST_BYTES:
                        slowest.reschedule(loop.time() + _SLOWEST_SECONDS)
                        arrived = 0
        except TimeoutError as error:
            raise _unavailable(url.host, "it sends too slowly", _TooSlowError) from error
        except NETWORK_ERRORS as error:
            raise _unavailable(url.host, type(error).__name__) from error
        finally:
            part.close()
        return _is_complete(part, url.host)

    def _refuse_too_large(self, part: PartialFile, size: int | None) -> None:
        if self._max_bytes is None or (size or 0) <= self._max_bytes:
            return
        part.close()
        part.discard()
        raise TooLargeError(
            f"the video is larger than the limit of {self._max_bytes / 1e6:,.6g} MB",
            hint="To save it anyway, set a higher limit with --download-limit",
        )

    @asynccontextmanager
    async def _response(self, url: httpx.URL, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        def check(at: httpx.URL) -> None:
            checked_redirect(at, url)

        allowed = _is_here_or_public if is_loopback(url.host) else is_public
        async with self._client.follow("GET", url, headers, check=check, allowed=allowed) as response:
            if response is None:
                raise Rejected(
                    f"the link to the video redirects too often ({url.host})",
                    hint="Open the video in AI Studios and download it there",
                )
            yield response


def _is_here_or_public(address: Address) -> bool:
    # A link of the simulator may lead to both.
    return address.is_loopback or is_public(address)


def _range_of(part: PartialFile) -> dict[str, str]:
    if part.origin is None or not part.size:
        return {}
    condition = {"If-Range": part.origin.validator} if part.origin.validator else {}
    return {"Range": f"bytes={part.size}-"} | condition


def _start_of(response: httpx.Response, part: PartialFile) -> int | None:
    """Return the index of a response's first byte in the file, or None if the file has changed.

    Raises:
        Rejected: the link is unusable, and another one is needed
        Unavailable: a later attempt may succeed
    """
    status = response.status_code
    if status == HTTPStatus.OK:
        _refuse_pages(response)
        return 0
    if status == HTTPStatus.PARTIAL_CONTENT and part.size:
        return part.size if _continues(response, part) else None
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and part.size:
        return None
    raise _refusal(response)


def _origin_of(response: httpx.Response, source: str) -> Origin:
    """Return the origin of a whole file.

    Raises:
        Unavailable: without a length, the end of the file couldn't be distinguished from an interruption
    """
    tag, length = response.headers.get("etag", ""), response.headers.get("content-length", "")
    # A weak tag means similar content, not the same bytes.
    validator = tag if tag.startswith('"') else response.headers.get("last-modified", "")
    validator = validator if validator.isascii() else ""
    if length.isascii() and length.isdigit():
        return Origin(source, validator, int(length))
    if "chunked" not in response.headers.get("transfer-encoding", ""):
        raise _unavailable(response.url.host, "it doesn't say how large the video is")
    return Origin(source, validator, None)


def _whole_size_of(response: httpx.Response) -> int | None:
    found = _RANGE.fullmatch(response.headers.get("content-range", ""))
    return int(found[3]) if found and found[3] != "*" else None


def _continues(response: httpx.Response, part: PartialFile) -> bool:
    found = _RANGE.fullmatch(response.headers.get("content-range", ""))
    if found is None or int(found[1]) != part.size or part.origin is None:
        return False
    total = _whole_size_of(response)
    return total is None or part.origin.size in {None, total}


def _is_complete(part: PartialFile, host: str) -> bool:
    expected = part.origin.size if part.origin else None
    if not part.size or (expected is not None and part.size > expected):
        size = part.size
        part.discard()
        raise _unavailable(host, f"it sent {size} bytes instead of {expected or 'more'}")
    return expected is None or part.size == expected


def _unavailable(host: str, reason: str, kind: type[Unavailable] = Unavailable) -> Unavailable:
    """Describe a network failure. The link is a bearer secret, so the message never contains it."""
    return kind(
        f"castmerge can't download the video at the moment ({host}: {reason})",
        hint="Run again later. The download continues where it stopped",
    )


def _refuse_text(beginning: bytes, part: PartialFile, host: str) -> None:
    """Refuse a page without a type; no video begins like this."""
    if beginning.lstrip()[:1] in (b"<", b"{"):
        part.close()
        part.discard()
        raise _expired(f"{host} sends text instead of a video")


def _refuse_pages(response: httpx.Response) -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind in _PAGES or response.headers.get("content-encoding", "identity") != "identity":
        raise _expired(f"{response.url.host} sends {kind or 'something compressed'} instead of a video")


def _refusal(response: httpx.Response) -> MergeError:
    status = f"HTTP {response.status_code}"
    if response.is_client_error and response.status_code not in _TRY_LATER:
        return _expired(f"{response.url.host}: {status}")
    return _unavailable(response.url.host, status)


def _expired(reason: str) -> Rejected:
    return Rejected(
        f"the link to the video has expired, or doesn't lead to a video ({reason})",
        hint="Run again. castmerge then asks for a new link",
    )
