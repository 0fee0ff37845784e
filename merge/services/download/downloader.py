"""Loads videos into one folder, over connections that carry nothing of the user's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from merge.errors import Rejected, Unavailable
from merge.services.download.addresses import LOOPBACK_MOUNTS, address, next_address
from merge.services.download.filenames import folded, numbered, safe_name
from merge.services.download.partial_file import Part, source_of
from merge.services.download.responses import (
    FOREIGN_ERRORS,
    Content,
    content_of,
    origin_of,
    unavailable,
    whole_size_of,
)

__all__ = ["Downloader"]

_MOST_REDIRECTS = 5
_MOST_TRIES = 20
_AT_ONCE = 4
_TIMES = httpx.Timeout(60.0, connect=15.0, pool=None)
_HEADERS = {
    "Accept": "*/*",
    # Packed, its size would not be the file's.
    "Accept-Encoding": "identity",
    "User-Agent": "castmerge",
}


class Downloader:
    """Loads files into a folder: `async with Downloader(folder) as videos: await videos.fetch(url, name)`.

    No credential, cookie or referrer is ever sent.

    Args:
        folder: where the files go; it is made with the first one
        transport: takes the network's place, or None for the network
        trust_env: whether the environment's proxies and certificates hold
    """

    def __init__(
        self, folder: Path, *, transport: httpx.AsyncBaseTransport | None = None, trust_env: bool = True
    ) -> None:
        self._folder = folder
        self._owners: dict[str, str] = {}
        self._locks: dict[Path, asyncio.Lock] = {}
        # httpx slows down with every request that waits in its pool, so they wait in front of it.
        self._seats = asyncio.Semaphore(_AT_ONCE)
        self._client = httpx.AsyncClient(
            transport=transport,
            trust_env=trust_env,
            mounts=LOOPBACK_MOUNTS,
            timeout=_TIMES,
            # A connection that is kept may be closed at the very moment in which the next file is asked for.
            limits=httpx.Limits(max_connections=_AT_ONCE, max_keepalive_connections=0),
            headers=_HEADERS,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def fetch(self, url: str, name: str) -> Path:
        """Load a file, unless it is there; go on where an earlier try was cut.

        One name is one file, whatever link it is loaded from. Names that differ, but not to every drive,
        get a number in the order in which they come; for numbers that a later run gives again, make the
        names by `filenames.distinct_names` beforehand.

        Args:
            url: https, or http on this machine
            name: what the file is to be called; it is made safe

        Returns:
            The path of the whole file.

        Raises:
            Rejected: the link has expired or will not do: another one is needed
            Unavailable: trouble on the way; what has arrived is kept for the next try
            InputError: the file cannot be saved
        """
        target = self._place(name)
        async with self._locks.setdefault(target, asyncio.Lock()):
            part = Part(target)
            if not part.is_done():
                async with self._seats:
                    await self._load(part, address(url))
                # A flush may take seconds, and the others' bytes arrive meanwhile.
                await asyncio.to_thread(part.finish)
        return target

    def _place(self, name: str) -> Path:
        safe, number = safe_name(name), 1
        while self._owners.setdefault(folded(numbered(safe, number)), name) != name:
            number += 1
        return self._folder / numbered(safe, number)

    async def _load(self, part: Part, url: httpx.URL) -> None:
        """Bring in all bytes, going on after a cut for as long as something arrives between the cuts."""
        source = source_of(url.host, url.path)
        part.recall(source)
        for _ in range(_MOST_TRIES):
            before = part.size
            try:
                if await self._arrived(part, url, source):
                    return
            except Unavailable:
                if part.size <= before:
                    raise
        raise unavailable(url.host, f"cut off {_MOST_TRIES} times")

    async def _arrived(self, part: Part, url: httpx.URL, source: str) -> bool:
        """Ask for what is missing, once; tell whether nothing is missing any more."""
        try:
            async with self._answer(url, _range_of(part)) as answer:
                content = content_of(answer, size=part.size, origin=part.origin)
                if content is Content.ANOTHER:
                    part.discard()
                    return False
                if content is Content.WHOLE:
                    part.begin(origin_of(answer, source))
                else:
                    part.go_on(whole_size_of(answer))
                async for piece in answer.aiter_raw():
                    part.write(piece)
        except FOREIGN_ERRORS as error:
            raise unavailable(url.host, type(error).__name__) from error
        finally:
            part.close()
        return _is_whole(part, url.host)

    @asynccontextmanager
    async def _answer(self, url: httpx.URL, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        at = url
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._client.stream("GET", at, headers=headers) as answer:
                if answer.next_request is None:
                    yield answer
                    return
                at = next_address(answer.next_request.url, url)
        raise Rejected(
            f"the link to the video leads on and on ({url.host})",
            hint="Open the video in AI Studios and download it there",
        )


def _range_of(part: Part) -> dict[str, str]:
    if part.origin is None or not part.size:
        return {}
    given = {"If-Range": part.origin.validator} if part.origin.validator else {}
    return {"Range": f"bytes={part.size}-"} | given


def _is_whole(part: Part, host: str) -> bool:
    expected = part.origin.size if part.origin else None
    if not part.size or (expected is not None and part.size > expected):
        size = part.size
        part.discard()
        raise unavailable(host, f"{size} bytes came, and {expected or 'more'} should have")
    return expected is None or part.size == expected
