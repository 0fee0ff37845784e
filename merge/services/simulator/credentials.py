"""Who may call: the key that was set, or a token that was issued."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from merge.model import JSON
from merge.services.simulator.settings import SimulatorSettings
from merge.services.simulator.validation import Refusal

UNAUTHORIZED = Refusal("UNAUTHORIZED", "The API key is missing or not valid.", 401)


class Credentials:
    """The keys that open the stand-in. Tokens are forgotten when it stops."""

    def __init__(self, settings: SimulatorSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._expiry: dict[str, float] = {}

    def refusal(self, authorization: str) -> Refusal | None:
        """What speaks against this `Authorization` header, or None. The key stands there bare."""
        # Before anything else: a token that has run out is refused even where any key will do.
        if authorization in self._expiry:
            return None if self._clock() < self._expiry[authorization] else UNAUTHORIZED
        if self._settings.key is not None:
            return None if authorization == self._settings.key else UNAUTHORIZED
        is_key = bool(authorization) and not authorization.lower().startswith("bearer ")
        return None if is_key else UNAUTHORIZED

    def issue(self, request: dict[str, JSON]) -> str | Refusal:
        """A new token for an application that gives its id and user key."""
        match request:
            case {"appId": str() as app_id, "userKey": str() as user_key} if app_id and user_key:
                pass
            case _:
                return Refusal("INVALID_PARAMETER", "appId and userKey are required")
        settings = self._settings
        if app_id != (settings.app_id or app_id) or user_key != (settings.user_key or user_key):
            return UNAUTHORIZED
        token = f"simtoken-{secrets.token_hex(16)}"
        self._expiry[token] = self._clock() + settings.token_seconds
        return token
