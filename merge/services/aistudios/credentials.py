"""API keys of AI Studios: pasted by the user, or issued for a day and renewed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias
from urllib.parse import quote

from merge.errors import InputError

__all__ = ["ApiKey", "AppCredentials", "Clock", "Credentials", "Secrets", "TokenProvider", "checked_secret"]

Clock: TypeAlias = Callable[[], datetime]
"""Returns the time in UTC. The wall clock, because a token also expires while the computer sleeps."""

_VALID_FOR = timedelta(hours=23)  # a token is valid for 24 hours; one less for slow clocks
_HIDDEN = "[hidden]"


def checked_secret(text: str, name: str) -> str:
    """Return a pasted secret without surrounding spaces.

    Raises:
        InputError: it is empty, or has a character that no key has; the message doesn't repeat it
    """
    secret = text.strip()
    if not secret:
        raise InputError(f"the {name} is empty", hint="Paste it again as AI Studios shows it")
    if not secret.isascii() or any(letter <= " " or letter == "\x7f" for letter in secret):
        raise InputError(
            f"the {name} has a blank or a letter that no key has",
            hint="Paste it again as AI Studios shows it, without “Bearer” and without quotation marks",
        )
    return secret


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key that the user pasted. Its repr hides it."""

    key: str = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", checked_secret(self.key, "API key"))


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """An app id and user key, for which tokens are issued. The repr hides both."""

    app_id: str = field(repr=False)
    user_key: str = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "app_id", checked_secret(self.app_id, "app id"))
        object.__setattr__(self, "user_key", checked_secret(self.user_key, "user key"))


Credentials: TypeAlias = ApiKey | AppCredentials


class Secrets:
    """The secrets of a run, to be removed from everything that is shown."""

    def __init__(self, credentials: Credentials) -> None:
        if isinstance(credentials, ApiKey):
            self._known = [credentials.key]
        else:
            self._known = [credentials.app_id, credentials.user_key]

    def add(self, secret: str) -> None:
        """Add a secret."""
        self._known.append(secret)

    def hide(self, text: str) -> str:
        """Return the text without the secrets, including their JSON and URL encodings."""
        for secret in sorted(self._known, key=len, reverse=True):
            for form in {secret, json.dumps(secret)[1:-1], quote(secret), quote(secret, safe="")}:
                text = text.replace(form, _HIDDEN)
        return text


class TokenProvider:
    """Provides a valid key; concurrent requests for a new token share one call."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        issue: Callable[[AppCredentials], Awaitable[str]],
        clock: Clock,
    ) -> None:
        self._credentials = credentials
        self._issue = issue
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._issued_at: datetime | None = None

    async def key(self) -> str:
        """Return a key that should be valid, issuing a token if needed."""
        if isinstance(self._credentials, ApiKey):
            return self._credentials.key
        async with self._lock:
            if not self._is_fresh():
                await self._renew(self._credentials)
            return self._token

    async def replace(self, refused: str) -> str | None:
        """Return a key other than the refused one, or None if the key was pasted."""
        if isinstance(self._credentials, ApiKey):
            return None
        async with self._lock:
            if self._token == refused:
                await self._renew(self._credentials)
            return self._token

    def _is_fresh(self) -> bool:
        return self._issued_at is not None and abs(self._clock() - self._issued_at) < _VALID_FOR

    async def _renew(self, app: AppCredentials) -> None:
        requested_at = self._clock()
        self._token = await self._issue(app)
        self._issued_at = requested_at
