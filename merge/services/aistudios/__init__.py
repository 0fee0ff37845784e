"""AI Studios v3 over HTTP; no other room knows the vendor's API.

A call is a method of `client.AiStudios`; its response is parsed in `responses.py`, its failures are
translated in `errors.py`.
"""

from __future__ import annotations

from merge.services.aistudios.client import AiStudios
from merge.services.aistudios.credentials import ApiKey, AppCredentials, Credentials
from merge.services.aistudios.settings import AiStudiosSettings, Region

__all__ = ["AiStudios", "AiStudiosSettings", "ApiKey", "AppCredentials", "Credentials", "Region"]
