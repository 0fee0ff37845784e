"""`castmerge doctor`: is all there that a run needs?"""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Iterator, Mapping, Sequence

import click

from merge import __version__
from merge.cli.option_values import Chosen, address_of, settings_of
from merge.cli.safe_streams import say_json
from merge.connect import KEY, FoundCredentials, credentials_of, open_service
from merge.errors import InputError, Unauthorized
from merge.reports.doctor import Finding, Health, examine_service, examine_template, examine_workbook, failing
from merge.results import ExitCode
from merge.services.keyring_store import keyring_name
from merge.services.protocol import Account
from merge.settings import ServiceOptions

_MARKS = {Health.GOOD: ("ok", "green"), Health.DOUBTFUL: ("?", "yellow"), Health.BAD: ("WRONG", "red")}
_WITH_THE_SERVICE = {"credentials", "key", "service", "account"}


def perform(values: Mapping[str, object]) -> int:
    """Look at everything, and tell."""
    chosen = Chosen(values)
    findings = list(_examine(chosen))
    code = _exit_code(findings)
    if chosen.flag("as_json"):
        told = {
            "schema": 1,
            "exit_code": int(code),
            "findings": [finding.to_dict() for finding in findings],
        }
        say_json(told)
    else:
        for line in _lines(findings):
            click.echo(line)
    return int(code)


def _examine(chosen: Chosen) -> Iterator[Finding]:
    yield Finding(
        "castmerge",
        Health.GOOD,
        f"{__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}",
    )
    yield _keyring()
    found = _credentials(chosen)
    account: Account | None = None
    if isinstance(found, Finding):
        yield found
    else:
        yield Finding("credentials", Health.GOOD, f"from {found.where}")
        findings, account = asyncio.run(_ask(found, address_of(chosen)))
        yield from findings
    if chosen.text("workbook"):
        yield from examine_workbook(chosen.workbook, settings_of(chosen))
    if chosen.text("template"):
        yield from examine_template(chosen.template, account)


def _keyring() -> Finding:
    name = keyring_name()
    if name:
        return Finding("keyring", Health.GOOD, name)
    hint = f"Not needed where {KEY} is set in the environment"
    return Finding("keyring", Health.DOUBTFUL, "this computer has none", hint)


def _credentials(chosen: Chosen) -> FoundCredentials | Finding:
    try:
        return credentials_of(address_of(chosen).region)
    except (InputError, Unauthorized) as error:
        return failing("credentials", error)


async def _ask(found: FoundCredentials, options: ServiceOptions) -> tuple[list[Finding], Account | None]:
    async with open_service(options, found.secret) as service:
        return await examine_service(service, options.region)


def _exit_code(findings: Sequence[Finding]) -> ExitCode:
    wrong = {finding.about for finding in findings if finding.health is Health.BAD}
    if wrong & _WITH_THE_SERVICE:
        return ExitCode.STOPPED
    return ExitCode.WRONG_INPUT if wrong else ExitCode.COMPLETE


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    width = max(len(finding.about) for finding in findings)
    for finding in findings:
        mark, colour = _MARKS[finding.health]
        shown = f"{mark:5}" if os.environ.get("NO_COLOR") else click.style(f"{mark:5}", fg=colour)
        yield f"{shown}  {finding.about:{width}}  {finding.said}"
        if finding.hint and finding.health is not Health.GOOD:
            yield f"{'':5}  {'':{width}}  → {finding.hint}."
