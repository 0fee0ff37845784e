"""AI Studios v3 over HTTP. Nothing outside this package knows how that service talks."""

from __future__ import annotations

from merge.aistudios.account import Account
from merge.aistudios.client import AiStudios
from merge.aistudios.credentials import ApiKey, AppCredentials, Clock, Credentials
from merge.aistudios.settings import AiStudiosSettings, Region

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
