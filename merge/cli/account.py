"""`castmerge login`, `logout`, `projects` and `pull`: the account's key and its projects."""

from __future__ import annotations

import sys
from typing import TextIO, cast

import click

from merge.cli.option_values import service_of
from merge.cli.options import AccountOptions, LoginOptions, PullOptions, RegionOption
from merge.cli.safe_streams import RawText
from merge.connect import APP_ID, KEY, USER_KEY, credentials_of, open_service
from merge.errors import InputError, TemplateError, Unauthorized
from merge.model import JSON
from merge.run.stop import run_async
from merge.services.aistudios import ApiKey, AppCredentials
from merge.services.keyring_store import delete_secret, keyring_name, store_secret
from merge.services.protocol import ListedProject
from merge.settings import ServiceOptions
from merge.template.document import template_text


def login(options: LoginOptions) -> int:
    """Ask for a key, and store it in the keyring if the service accepts it.

    Raises:
        InputError: there's no keyring, or no terminal to type a key
        Unauthorized: the service refuses the key; nothing was stored
        ServiceError: the service couldn't be reached
    """
    _require_keyring_and_terminal()
    region = options.region
    secret = AppCredentials(_ask("App ID"), _ask("User key")) if options.app else ApiKey(_ask("API key"))
    if not is_accepted(secret, service_of(options)):
        other = "china" if region == "global" else "global"
        raise Unauthorized(
            f"AI Studios rejected this key (region {region}), so castmerge didn't save it",
            hint="Paste the whole key. Each key works in one region; if yours is for the other one, "
            f"run: castmerge login --region {other}",
        )
    if isinstance(secret, ApiKey):
        store_secret(region, secret.key)
    else:
        store_secret(region, secret.app_id, secret.user_key)
    click.echo(f"The key works, and is saved in this computer's keyring ({keyring_name()}).", err=True)
    return 0


def logout(options: RegionOption) -> int:
    """Delete the stored key of a region."""
    if delete_secret(options.region):
        click.echo(f"Your API key for the region {options.region} was removed from this computer.", err=True)
    else:
        click.echo(f"No API key for the region {options.region} is saved on this computer.", err=True)
    return 0


def pull(options: PullOptions) -> int:
    """Save a project as a template, without the parts that a template doesn't need."""
    name, path = options.project_id, options.output
    if path.exists() and not options.force:
        raise InputError(
            "this file already exists", place=str(path), hint="Choose another name, or add --force"
        )
    project = run_async(_fetch(name, service_of(options)))
    try:
        path.write_text(template_text(project, name), encoding="utf-8")
    except OSError as error:
        raise TemplateError(
            f"castmerge can't save the template there ({error.strerror})",
            place=str(path),
            hint="Choose a folder that you can write to",
        ) from error
    click.echo(
        f"Saved as {path}. Now write placeholders such as {{{{ First Name }}}} into its texts.", err=True
    )
    return 0


def projects(options: AccountOptions) -> int:
    """Print the account's projects, one a line: their id and name."""
    found = run_async(_listed(service_of(options)))
    for project in found:
        click.echo(f"{project.id}\t{project.name}", file=cast("TextIO", RawText(sys.stdout)))
    if found:
        click.echo(f"To save one as a template: castmerge pull {found[0].id} -o template.json", err=True)
    else:
        click.echo("There are no projects in this account yet. Make one in AI Studios first.", err=True)
    return 0


async def _listed(service_options: ServiceOptions) -> tuple[ListedProject, ...]:
    async with open_service(service_options, credentials_of(service_options.region).secret) as service:
        return await service.projects()


async def _fetch(name: str, service_options: ServiceOptions) -> JSON:
    async with open_service(service_options, credentials_of(service_options.region).secret) as service:
        return await service.fetch(name)


def is_accepted(secret: ApiKey | AppCredentials, service_options: ServiceOptions) -> bool:
    """Whether the service accepts these credentials.

    Raises:
        ServiceError: it couldn't be reached
    """
    return run_async(_check(secret, service_options))


async def _check(secret: ApiKey | AppCredentials, service_options: ServiceOptions) -> bool:
    async with open_service(service_options, secret) as service:
        return await service.check_auth()


def _require_keyring_and_terminal() -> None:
    if not keyring_name():
        raise InputError(
            "this computer has no keyring to save a key in",
            hint=f"Set {KEY} (or {APP_ID} and {USER_KEY}) as an environment variable instead",
        )
    if sys.stdin is None or not sys.stdin.isatty():
        raise InputError(
            "castmerge login needs a terminal to ask for the key",
            hint=f"For a job, set {KEY} as an environment variable. In a terminal, run: castmerge login",
        )


def _ask(what: str) -> str:
    return str(click.prompt(f"{what} (not shown as you type)", hide_input=True, err=True))
