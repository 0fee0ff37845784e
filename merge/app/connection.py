"""The key of AI Studios: tested, stored in the keyring or for this session, and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from merge.app.errors import AppError
from merge.app.user_files import UserFiles
from merge.connect import credentials_of, host_of, open_service
from merge.errors import InputError, Unauthorized
from merge.model import JSON
from merge.run.stop import run_async
from merge.services.keyring_store import delete_secret, keyring_name, store_secret
from merge.settings import ServiceOptions

if TYPE_CHECKING:
    from merge.services.aistudios import ApiKey, AppCredentials

Region = Literal["global", "china"]
_HELP: list[JSON] = [
    "In AI Studios, click your picture at the top right, and then My account > API key.",
    "Copy the key and paste it here. API access needs the Pro plan or higher.",
    "A key belongs to one region: app.aistudios.com is Global, app.aistudios.cn is China.",
]


class Connection:
    """The key of this session.

    Args:
        user: saves the region
    """

    def __init__(self, user: UserFiles) -> None:
        self._user = user
        self._kept: dict[str, ApiKey | AppCredentials] = {}
        self._where: dict[str, str] = {}

    @property
    def region(self) -> Region | None:
        """The region that was chosen on the page, or None."""
        match self._user.preferences.get("region"):
            case "china":
                return "china"
            case "global":
                return "global"
            case _:
                return None

    def choose_region(self, region: JSON) -> None:
        """Remember a region.

        Raises:
            AppError: there's no such region
        """
        if region not in ("global", "china"):
            raise AppError("input", "there's no such region", hint="Choose Global or China")
        self._user.prefer(region=region)
        self._where.clear()

    def secret(self, region: str) -> ApiKey | AppCredentials:
        """The key of a region.

        Raises:
            Unauthorized: there's none
        """
        kept = self._kept.get(region)
        if kept is not None:
            return kept
        try:
            return credentials_of(region).secret
        except Unauthorized as error:
            raise Unauthorized(
                "castmerge needs the API key of your AI Studios account",
                hint="Connect AI Studios, or practice without a key",
            ) from error

    def to_json(self, service: ServiceOptions) -> JSON:
        """The connection for the page; sends no request."""
        where = self._found(service.region)
        return {
            "connected": bool(where),
            "where": where,
            "region": service.region,
            "host": host_of(service),
            "keyring": keyring_name(),
            "help": _HELP,
        }

    def has_key(self, region: str) -> bool:
        """Whether there is a key of this region; sends no request."""
        return bool(self._found(region))

    def _found(self, region: str) -> str:
        """Where the key of a region is; looked up once, because a keyring may ask its owner."""
        if region in self._kept:
            return self._where.get(region, "session")
        if region not in self._where:
            try:
                found = credentials_of(region).where
            except (Unauthorized, InputError):
                found = ""
            self._where[region] = (
                "environment" if found.startswith("the environment") else found and "keyring"
            )
        return self._where[region]

    def try_key(self, asked: Mapping[str, JSON], service: ServiceOptions) -> None:
        """Test a key, and store it if AI Studios accepts it.

        Raises:
            InputError: it can't be a key
            Unauthorized: AI Studios rejects it
            ServiceError: AI Studios can't be reached
        """
        from merge.services.aistudios import ApiKey, AppCredentials  # noqa: PLC0415 - httpx is heavy

        app_id, user_key = str(asked.get("app_id") or ""), str(asked.get("user_key") or "")
        secret = AppCredentials(app_id, user_key) if app_id else ApiKey(str(asked.get("key") or ""))
        if not run_async(_is_accepted(secret, service)):
            other = "China" if service.region == "global" else "Global"
            raise Unauthorized(
                "AI Studios rejected this key",
                hint=f"Paste the whole key. If your account is in the other region, choose {other} first",
            )
        region = service.region
        self._kept[region], self._where[region] = secret, "session"
        if asked.get("keep") and keyring_name():
            parts = (secret.app_id, secret.user_key) if isinstance(secret, AppCredentials) else (secret.key,)
            store_secret(region, *parts)
            self._where[region] = "keyring"

    def forget(self, region: str) -> None:
        """Delete the key of a region, here and in the keyring.

        Raises:
            InputError: the keyring refuses
        """
        self._kept.pop(region, None)
        self._where.pop(region, None)
        if keyring_name():
            delete_secret(region)


async def _is_accepted(secret: ApiKey | AppCredentials, service: ServiceOptions) -> bool:
    async with open_service(service, secret) as opened:
        return await opened.check_auth()
