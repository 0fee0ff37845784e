"""Open the service of a run: AI Studios with stored credentials, or the simulator."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from merge.errors import Unauthorized
from merge.input.paths import private_mode, simulated_service_path
from merge.journal.sqlite import folder_mode
from merge.run.clock import ServerTimeClock, SystemClock
from merge.services.keyring_store import keyring_name, load_secret
from merge.services.protocol import ProjectSource, VideoService
from merge.settings import ServiceOptions, Settings

if TYPE_CHECKING:
    from merge.services.aistudios import ApiKey, AppCredentials

KEY = "AISTUDIOS_API_KEY"
APP_ID = "AISTUDIOS_APP_ID"
USER_KEY = "AISTUDIOS_USER_KEY"


@asynccontextmanager
async def connected(
    options: ServiceOptions,
    workbook: Path,
    settings: Settings,
    credentials: ApiKey | AppCredentials | None = None,
) -> AsyncIterator[ProjectSource]:
    """Open the service for the block: AI Studios, or the simulator if the settings say so.

    Args:
        options: where AI Studios is
        workbook: the simulator keeps its state next to it
        settings: whether it is simulated
        credentials: None takes those of the environment or the keyring

    Raises:
        InputError: credentials mustn't be sent to the base URL, or a credential is malformed
        Unauthorized: there are no credentials
    """
    if settings.simulate:
        async with _simulator(options, workbook, settings) as service:
            yield service
        return
    async with open_service(options, credentials or credentials_of(options.region).secret) as service:
        yield service


def host_of(options: ServiceOptions) -> str:
    """The host and port that gets the credentials.

    Raises:
        InputError: credentials mustn't be sent to the base URL
    """
    from merge.services.aistudios import AiStudiosSettings, Region  # noqa: PLC0415 - httpx is heavy

    return AiStudiosSettings(region=Region(options.region), base_url=options.base_url).host


def service_address(options: ServiceOptions) -> str:
    """The address that the service's own media URLs are relative to, such as `https://app.aistudios.com`.

    Raises:
        InputError: credentials mustn't be sent to the base URL
    """
    from merge.services.aistudios import AiStudiosSettings, Region  # noqa: PLC0415 - httpx is heavy

    return AiStudiosSettings(region=Region(options.region), base_url=options.base_url).base


def open_service(
    options: ServiceOptions, credentials: ApiKey | AppCredentials
) -> AbstractAsyncContextManager[ProjectSource]:
    """Return the service at this address, to be opened with `async with`.

    Raises:
        InputError: credentials mustn't be sent to the base URL, or a credential is malformed
    """
    from merge.services.aistudios import AiStudios, AiStudiosSettings, Region  # noqa: PLC0415 - httpx is heavy

    address = AiStudiosSettings(region=Region(options.region), base_url=options.base_url)
    if options.progress_path:
        address = replace(address, progress_path=options.progress_path)
    return AiStudios(credentials, address)


def time_at(service: VideoService) -> ServerTimeClock:
    """Return this computer's clock, corrected by the time in the service's responses."""
    return ServerTimeClock(SystemClock(), lambda: service.clock_offset)


@asynccontextmanager
async def _simulator(
    options: ServiceOptions, workbook: Path, settings: Settings
) -> AsyncIterator[ProjectSource]:
    from merge.services.aistudios import AiStudios, AiStudiosSettings, ApiKey  # noqa: PLC0415 - httpx is heavy
    from merge.services.simulator import Simulator, SimulatorSettings  # noqa: PLC0415 - so are starlette and uvicorn

    state = simulated_service_path(workbook, settings)
    state.parent.mkdir(folder_mode(private_mode(state, workbook)), parents=True, exist_ok=True)
    with Simulator(SimulatorSettings(seconds=options.simulate_seconds, state_file=state)) as running:
        address = AiStudiosSettings(base_url=running.base_url)
        async with AiStudios(ApiKey("simulated"), address, trust_env=False) as service:
            yield service


@dataclass(frozen=True, slots=True)
class FoundCredentials:
    """Credentials and where they were found, for messages. The repr of `secret` hides it."""

    secret: ApiKey | AppCredentials
    where: str


def credentials_of(region: str) -> FoundCredentials:
    """Return the credentials in the environment, or those `castmerge login` saved for this region.

    Raises:
        InputError: a credential can't be a key
        Unauthorized: there are none
    """
    from merge.services.aistudios import ApiKey, AppCredentials  # noqa: PLC0415 - httpx is heavy

    key = os.environ.get(KEY, "").strip()
    app_id, user_key = os.environ.get(APP_ID, "").strip(), os.environ.get(USER_KEY, "").strip()
    if key:
        return FoundCredentials(ApiKey(key), f"the environment ({KEY})")
    if app_id and user_key:
        return FoundCredentials(AppCredentials(app_id, user_key), f"the environment ({APP_ID}, {USER_KEY})")
    match load_secret(region):
        case (kept,):
            return FoundCredentials(ApiKey(kept), "the keyring")
        case (kept_id, kept_key):
            return FoundCredentials(AppCredentials(kept_id, kept_key), "the keyring")
        case _:
            variables = f"{KEY} (or {APP_ID} and {USER_KEY})"
            kept = f"Set {variables} as an environment variable, or run: castmerge login"
            unkept = f"Set {variables} as an environment variable"
            raise Unauthorized(
                "castmerge found no AI Studios API key",
                hint="To practice without one, add --simulate to castmerge run. "
                f"{kept if keyring_name() else unkept}",
            )
