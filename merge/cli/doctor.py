"""`castmerge doctor`: check everything that a run needs."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from typing import TextIO, cast

import click

from merge import __version__
from merge.cli.option_values import service_of, settings_of
from merge.cli.options import DoctorOptions
from merge.cli.safe_streams import RawText, say_json
from merge.connect import KEY, FoundCredentials, credentials_of, open_service
from merge.errors import InputError, Unauthorized
from merge.model import sentence
from merge.reports.doctor import Finding, Health, examine_service, examine_template, examine_workbook, failed
from merge.reports.visible_text import visible_line
from merge.results import ExitCode
from merge.run.stop import run_async
from merge.services.keyring_store import keyring_name
from merge.services.protocol import Account
from merge.settings import ServiceOptions

_MARKS = {Health.GOOD: ("ok", "green"), Health.WARNING: ("?", "yellow"), Health.BAD: ("WRONG", "red")}
_WITH_THE_SERVICE = {"credentials", "key", "service", "account"}


def doctor(options: DoctorOptions) -> int:
    """Check everything, and print the findings."""
    findings = list(_examine(options))
    code = _exit_code(findings)
    if options.as_json:
        found = [finding.to_dict() for finding in findings]
        say_json({"schema": 1, "exit_code": int(code), "findings": found})
    else:
        for line in _lines(findings):
            click.echo(line, file=cast("TextIO", RawText(sys.stdout)))
    return int(code)


def _examine(options: DoctorOptions) -> Iterator[Finding]:
    yield Finding(
        "castmerge",
        Health.GOOD,
        f"{__version__}, Python {platform.python_version()}, {platform.system()} {platform.release()}",
    )
    yield _keyring()
    found = _credentials(options.region)
    account: Account | None = None
    if isinstance(found, Finding):
        yield found
    else:
        yield Finding("credentials", Health.GOOD, f"from {found.where}")
        findings, account = run_async(_ask(found, service_of(options)))
        yield from findings
    if options.workbook:
        yield from examine_workbook(options.workbook, settings_of(options))
    if options.template:
        yield from examine_template(options.template, account)


def _keyring() -> Finding:
    name = keyring_name()
    if name:
        return Finding("keyring", Health.GOOD, name)
    hint = f"You don't need one if {KEY} is set as an environment variable"
    return Finding("keyring", Health.WARNING, "this computer has no keyring", hint)


def _credentials(region: str) -> FoundCredentials | Finding:
    try:
        return credentials_of(region)
    except (InputError, Unauthorized) as error:
        return failed("credentials", error)


async def _ask(
    found: FoundCredentials, service_options: ServiceOptions
) -> tuple[list[Finding], Account | None]:
    async with open_service(service_options, found.secret) as service:
        return await examine_service(service, service_options.region)


def _exit_code(findings: Sequence[Finding]) -> ExitCode:
    wrong = {finding.about for finding in findings if finding.health is Health.BAD}
    if wrong & _WITH_THE_SERVICE:
        return ExitCode.STOPPED
    return ExitCode.WRONG_INPUT if wrong else ExitCode.COMPLETE


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    width = max(len(finding.about) for finding in findings)
    for finding in findings:
        mark, color = _MARKS[finding.health]
        shown = f"{mark:5}" if os.environ.get("NO_COLOR") else click.style(f"{mark:5}", fg=color)
        yield f"{shown}  {finding.about:{width}}  {visible_line(sentence(finding.message))}"
        if finding.hint and finding.health is not Health.GOOD:
            yield f"{'':5}  {'':{width}}  → {visible_line(sentence(finding.hint))}"
