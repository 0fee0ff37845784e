"""Server-sent events: every open page gets what any thread publishes (HTML standard, section 9.2)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

from merge.model import JSON
from merge.reports.visible_text import visible_data

_ALIVE = ": alive\n\n"
_ALIVE_EVERY = 10.0
"""Seconds between two comments, so that neither side considers the connection dead."""
_MOST_WAITING = 2000
"""The maximum number of undelivered events of a page; one that sleeps longer is dropped, and reconnects."""


@dataclass(slots=True, eq=False)
class _Page:
    """One open page, and its undelivered events."""

    loop: asyncio.AbstractEventLoop
    waiting: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(_MOST_WAITING))

    def add(self, text: str | None) -> None:
        """Called in the page's loop."""
        with suppress(asyncio.QueueFull):
            self.waiting.put_nowait(text)
            return
        while not self.waiting.empty():
            self.waiting.get_nowait()
        self.waiting.put_nowait(None)


class Events:
    """The open pages. `publish` may be called in any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pages: set[_Page] = set()
        self._lock = Lock()
        self._left_at = clock()

    @property
    def seconds_alone(self) -> float:
        """Seconds since the last page was closed; 0 while one is open."""
        with self._lock:
            return 0.0 if self._pages else self._clock() - self._left_at

    def publish(self, name: str, data: JSON) -> None:
        """Send an event to every open page."""
        self._send(_event(name, data))

    def end(self, message: str) -> None:
        """Tell every page that the server ends, and close their connections."""
        self._send(_event("bye", {"message": message}))
        self._send(None)

    def _send(self, text: str | None) -> None:
        with self._lock:
            pages = list(self._pages)
        for page in pages:
            with suppress(RuntimeError):  # its loop has just ended
                page.loop.call_soon_threadsafe(page.add, text)

    async def stream(self, first: Callable[[], JSON]) -> AsyncIterator[str]:
        """The events of one page, until it is closed.

        Args:
            first: creates the state that the page starts with; later events follow it
        """
        page = _Page(asyncio.get_running_loop())
        with self._lock:
            self._pages.add(page)
        try:
            yield "retry: 1000\n\n"
            yield _event("state", await asyncio.to_thread(first))
            while True:
                try:
                    async with asyncio.timeout(_ALIVE_EVERY):
                        text = await page.waiting.get()
                except TimeoutError:
                    text = _ALIVE
                if text is None:
                    return
                yield text
        finally:
            with self._lock:
                self._pages.discard(page)
                self._left_at = self._clock()


def _event(name: str, data: JSON) -> str:
    return f"event: {name}\ndata: {json.dumps(visible_data(data), ensure_ascii=False)}\n\n"
