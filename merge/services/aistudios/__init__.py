"""AI Studios v3 over HTTP. Nothing outside this package knows how that service talks."""

from __future__ import annotations

from merge.services.aistudios.account import Account
from merge.services.aistudios.client import AiStudios
from merge.services.aistudios.credentials import ApiKey, AppCredentials, Clock, Credentials
from merge.services.aistudios.settings import AiStudiosSettings, Region

__all__ = [
    "Account",
    "AiStudios",
    "AiStudiosSettings",
    "ApiKey",
    "AppCredentials",
    "Clock",
    "Credentials",
    "Region",
]
