"""API keys of AI Studios: pasted by the user, or issued for a day and renewed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias
from urllib.parse import quote

from merge.errors import InputError
from merge.model import JSON

__all__ = [
    "ApiKey",
    "AppCredentials",
    "Clock",
    "Credentials",
    "Secrets",
    "TokenProvider",
    "checked_secret",
    "without_secrets",
]

Clock: TypeAlias = Callable[[], datetime]
"""Returns the time in UTC. The wall clock, because a token also expires while the computer sleeps."""

_VALID_FOR = timedelta(hours=23)  # a token is valid for 24 hours; one less for slow clocks
_HIDDEN = "[hidden]"
_MIN_LENGTH = 16
_MIN_HIDDEN = 8
"""Characters; shorter ones are parts of ordinary words."""
_seen: set[str] = set()
"""Every secret of this process, wherever it came from."""


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
            f"the {name} has a space or a character that no key has",
            hint="Paste it again as AI Studios shows it, without “Bearer” and without quotation marks",
        )
    _seen.add(secret)
    return secret


def without_secrets(text: str) -> str:
    """Return a text, such as the details of a crash, without any secret that this process has used."""
    return _without(_forms_of(secret for secret in _seen if len(secret) >= _MIN_HIDDEN), text)


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
            self._keys, self._names = [credentials.key], list[str]()
        else:
            self._keys, self._names = [credentials.user_key], [credentials.app_id]

    def add(self, key: str) -> None:
        """Add a key."""
        _seen.add(key)
        self._keys.append(key)

    def hide(self, text: str) -> str:
        """Return a message without the secrets, including their JSON and URL encodings."""
        return _without(_forms_of([*self._keys, *self._names]), text)

    def hide_in(self, data: JSON) -> JSON:
        """Return a response without the keys, wherever the service repeats them, such as in an ID or a link.

        A key that is so short that an ID may contain it by chance stays.
        """
        forms = _forms_of(key for key in self._keys if len(key) >= _MIN_LENGTH)

        def hidden(value: JSON) -> JSON:
            match value:
                case str():
                    return _without(forms, value)
                case list():
                    return [hidden(each) for each in value]
                case dict():
                    return {_without(forms, name): hidden(each) for name, each in value.items()}
                case _:
                    return value

        return hidden(data)


def _forms_of(secrets: Iterable[str]) -> Sequence[str]:
    """Return the secrets and their JSON and URL encodings, the longest first."""
    forms = {
        form
        for secret in secrets
        for form in (secret, json.dumps(secret)[1:-1], quote(secret), quote(secret, safe=""))
    }
    return sorted(forms, key=len, reverse=True)


def _without(forms: Sequence[str], text: str) -> str:
    for form in forms:
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
