"""`castmerge login` and `logout`: the key in the system's keyring, tried before it is kept."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import replace

import click

from merge.cli.option_values import Chosen, address_of
from merge.connect import APP_ID, KEY, USER_KEY, open_service
from merge.errors import InputError, Unauthorized
from merge.services.aistudios import ApiKey, AppCredentials
from merge.services.keyring_store import delete_secret, keyring_name, store_secret
from merge.settings import ServiceOptions


def perform(values: Mapping[str, object]) -> int:
    """Ask for a key, try it, and keep it."""
    chosen = Chosen(values)
    options = replace(address_of(chosen), progress_path="")
    _see_that_it_can_be_kept()
    secret = _ask_for_app() if chosen.flag("app") else ApiKey(_ask("API key"))
    if not accepted(secret, options):
        other = "china" if options.region == "global" else "global"
        raise Unauthorized(
            f"AI Studios refuses this key (region {options.region}); nothing was kept",
            hint=f"Paste it whole; keys belong to one region, so try --region {other} if it is of the other",
        )
    if isinstance(secret, ApiKey):
        store_secret(options.region, secret.key)
    else:
        store_secret(options.region, secret.app_id, secret.user_key)
    click.echo(f"The key works and is kept in the keyring ({keyring_name()}).", err=True)
    return 0


def _see_that_it_can_be_kept() -> None:
    if not keyring_name():
        raise InputError(
            "this computer has no keyring to keep a key in",
            hint=f"Set {KEY} (or {APP_ID} and {USER_KEY}) in the environment of the job instead",
        )
    if sys.stdin is None or not sys.stdin.isatty():
        raise InputError(
            "nobody is here to type a key",
            hint=f"Say castmerge login in a terminal; jobs take {KEY} from their environment",
        )


def _ask(what: str) -> str:
    return str(click.prompt(f"{what} (it is not shown)", hide_input=True, err=True))


def _ask_for_app() -> AppCredentials:
    return AppCredentials(_ask("App ID"), _ask("User key"))


def accepted(secret: ApiKey | AppCredentials, options: ServiceOptions) -> bool:
    """Whether the service takes these credentials.

    Raises:
        ServiceError: it could not be asked
    """
    return asyncio.run(_asked(secret, options))


async def _asked(secret: ApiKey | AppCredentials, options: ServiceOptions) -> bool:
    async with open_service(options, secret) as service:
        return await service.check_auth()


def log_out(values: Mapping[str, object]) -> int:
    """Forget the key."""
    region = address_of(Chosen(values)).region
    if delete_secret(region):
        click.echo(f"The key of the region {region} is forgotten.", err=True)
    else:
        click.echo(f"No key of the region {region} was kept.", err=True)
    return 0
