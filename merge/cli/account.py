"""`castmerge login`, `logout` and `pull`: the account's key and its projects."""

from __future__ import annotations

import asyncio
import sys

import click

from merge.cli.option_values import service_of
from merge.cli.options import LoginOptions, PullOptions, RegionOption
from merge.connect import APP_ID, KEY, USER_KEY, credentials_of, open_service
from merge.errors import InputError, TemplateError, Unauthorized
from merge.model import JSON
from merge.services.aistudios import ApiKey, AppCredentials
from merge.services.keyring_store import delete_secret, keyring_name, store_secret
from merge.settings import ServiceOptions
from merge.template.document import template_text


def login(options: LoginOptions) -> int:
    """Ask for a key, and store it in the keyring if the service accepts it.

    Raises:
        InputError: there is no keyring, or no terminal to type a key
        Unauthorized: the service refuses the key; nothing was stored
        ServiceError: the service couldn't be reached
    """
    _require_keyring_and_terminal()
    region = options.region
    secret = AppCredentials(_ask("App ID"), _ask("User key")) if options.app else ApiKey(_ask("API key"))
    if not is_accepted(secret, service_of(options)):
        other = "china" if region == "global" else "global"
        raise Unauthorized(
            f"AI Studios refuses this key (region {region}); nothing was kept",
            hint=f"Paste it whole; keys belong to one region, so try --region {other} if it is of the other",
        )
    if isinstance(secret, ApiKey):
        store_secret(region, secret.key)
    else:
        store_secret(region, secret.app_id, secret.user_key)
    click.echo(f"The key works and is kept in the keyring ({keyring_name()}).", err=True)
    return 0


def logout(options: RegionOption) -> int:
    """Delete the stored key of a region."""
    if delete_secret(options.region):
        click.echo(f"The key of the region {options.region} is forgotten.", err=True)
    else:
        click.echo(f"No key of the region {options.region} was kept.", err=True)
    return 0


def pull(options: PullOptions) -> int:
    """Save a project as a template, without the parts that a template doesn't need."""
    name, path = options.project_id, options.output
    if path.exists() and not options.force:
        raise InputError(
            "there is such a file already", place=str(path), hint="Choose another name, or say --force"
        )
    project = asyncio.run(_fetch(name, service_of(options)))
    try:
        path.write_text(template_text(project, name), encoding="utf-8")
    except OSError as error:
        raise TemplateError(
            f"the template cannot be saved there ({error.strerror})",
            place=str(path),
            hint="Choose a folder that you may write to",
        ) from error
    click.echo(f"Saved as {path}. Put placeholders such as {{{{ First Name }}}} into its texts.", err=True)
    return 0


async def _fetch(name: str, service_options: ServiceOptions) -> JSON:
    async with open_service(service_options, credentials_of(service_options.region).secret) as service:
        return await service.fetch(name)


def is_accepted(secret: ApiKey | AppCredentials, service_options: ServiceOptions) -> bool:
    """Whether the service accepts these credentials.

    Raises:
        ServiceError: it couldn't be reached
    """
    return asyncio.run(_check(secret, service_options))


async def _check(secret: ApiKey | AppCredentials, service_options: ServiceOptions) -> bool:
    async with open_service(service_options, secret) as service:
        return await service.check_auth()


def _require_keyring_and_terminal() -> None:
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
