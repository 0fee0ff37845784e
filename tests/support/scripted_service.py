"""A service with scripted responses that replaces the client's transport."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import httpx

from merge.model import JSON, Fingerprint, Project, RowKey, Tag
from merge.services.aistudios import AiStudios, AiStudiosSettings, ApiKey, AppCredentials, Credentials

API = "https://app.aistudios.com/api/odin/v3"
KEY = ApiKey("sk-very-secret")
APP = AppCredentials("app-1", "user-key-1")
START = datetime(2026, 1, 5, 12, tzinfo=UTC)
BODY = '{"name": "Grüße 🎬 [k7f3q9x2ma]", "scale": 367.33333333333337, "n": 1.0}'
PROJECT = Project(RowKey("a"), BODY, Fingerprint("f"), Tag("k7f3q9x2ma"))
T = TypeVar("T")
Answer = httpx.Response | Exception
Service = Callable[[httpx.Request], Awaitable[httpx.Response]]


def data(value: JSON, status: int = 200) -> httpx.Response:
    """Return a successful response."""
    return httpx.Response(status, json={"success": True, "data": value})


@dataclass
class Script:
    """A service that sends its responses one after the other and repeats the last one."""

    answers: list[Answer]
    asked: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the next response."""
        self.asked.append(request)
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def lines(self) -> list[str]:
        """The requests, as method and URL."""
        return [f"{request.method} {request.url}" for request in self.asked]


@dataclass
class SetClock:
    """A clock that is set by hand."""

    now: datetime = START

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


def talk(
    service: Service,
    act: Callable[[AiStudios], Awaitable[T]],
    *,
    credentials: Credentials = KEY,
    settings: AiStudiosSettings | None = None,
    clock: Callable[[], datetime] = lambda: START,
) -> T:
    """Open a client of the service, call it, and return the result."""

    async def session() -> T:
        async def served(request: httpx.Request) -> httpx.Response:
            return await service(request)

        chosen = settings or AiStudiosSettings()
        async with AiStudios(
            credentials, chosen, transport=httpx.MockTransport(served), clock=clock
        ) as studio:
            return await act(studio)

    return asyncio.run(session())
