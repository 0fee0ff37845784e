"""The checks of `castmerge doctor`: service, clock, workbook, journal, template."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from merge.errors import InputError, JournalError, MergeError, ServiceError
from merge.input.journals import journal_place
from merge.input.open_sheet import open_sheet
from merge.input.template_file import read_template
from merge.model import JSON, Problem
from merge.project.tree import clips_of, text_of
from merge.services.protocol import Account, VideoService
from merge.settings import Settings
from merge.workbook import check_columns

_MAX_CLOCK_OFFSET = 120.0
"""Seconds; token expiry and `Retry-After` dates are computed with the local clock."""
_ANOTHER_AVATAR = (
    "Open the project in AI Studios with this key's account, choose another one, and save the project again"
)


class Health(StrEnum):
    """The result of one check."""

    GOOD = "ok"
    WARNING = "look"
    BAD = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and its result.

    Attributes:
        about: what was checked
        health: the result
        message: one sentence without a full stop
        hint: what to do, or ""
    """

    about: str
    health: Health
    message: str
    hint: str = ""

    def to_dict(self) -> dict[str, JSON]:
        """The finding as `doctor --json` prints it."""
        return {
            "about": self.about,
            "health": str(self.health),
            "said": self.message,
            "hint": self.hint or None,
        }


def failed(about: str, error: MergeError) -> Finding:
    """An error as a finding."""
    return Finding(about, Health.BAD, str(error), error.hint)


async def examine_service(service: VideoService, region: str) -> tuple[list[Finding], Account | None]:
    """Check whether the service can be reached and accepts the key; returns the key's account if so."""
    try:
        accepted = await service.check_auth()
        account = await service.account() if accepted else None
    except ServiceError as error:
        return [failed("service", error)], None
    if account is None:
        return [_refused(region)], None
    avatars, workspaces = len(account.avatars), ", ".join(account.workspaces.values())
    findings = [
        Finding("key", Health.GOOD, f"AI Studios accepts your API key (region {region})"),
        Finding("account", Health.GOOD, f"{avatars} avatars; workspaces: {workspaces or 'none'}"),
    ]
    return [*findings, *_clock(service.clock_offset)], account


def _refused(region: str) -> Finding:
    return Finding(
        "key", Health.BAD, f"AI Studios rejected your API key (region {region})", other_region(region)
    )


def other_region(region: str) -> str:
    """A hint for a key that is refused in a region."""
    other = "china" if region == "global" else "global"
    return (
        "Check that you pasted the whole key, and that your plan is Pro or higher. Each key works in one "
        f"region; to try the other one, add --region {other}"
    )


def _clock(ahead: float | None) -> Iterator[Finding]:
    if ahead is None:
        yield Finding("clock", Health.WARNING, "AI Studios didn't report its time")
    elif abs(ahead) > _MAX_CLOCK_OFFSET:
        way = "ahead of" if ahead > 0 else "behind"
        said = f"this computer's clock is {abs(ahead) / 60:.0f} minutes {way} AI Studios"
        yield Finding("clock", Health.WARNING, said, "Let this computer set its time automatically")
    else:
        yield Finding("clock", Health.GOOD, "the clock is correct")


def examine_workbook(workbook: Path, settings: Settings) -> Iterator[Finding]:
    """Check whether the workbook and its journal can be read and written."""
    try:
        sheet = open_sheet(workbook, settings)
        if sheet.path.exists():
            check_columns(
                sheet.path,
                sheet=sheet.worksheet.name,
                header_row=sheet.header.row,
                table=sheet.header.table,
                columns=sheet.results.headers.all,
            )
    except MergeError as error:
        yield failed("workbook", error)
        return
    headers = ", ".join(column.header for column in sheet.header.columns)
    yield Finding("workbook", Health.GOOD, f"sheet {sheet.worksheet.name}, columns {headers}")
    yield _journal(workbook, settings)


def _journal(workbook: Path, settings: Settings) -> Finding:
    try:
        place = journal_place(workbook, settings)
        place.check_writable()
        known = "exists" if place.exists() else "none yet"
    except JournalError as error:
        return failed("journal", error)
    return Finding("journal", Health.GOOD, f"{place} ({known})")


def examine_template(template: Path, account: Account | None) -> Iterator[Finding]:
    """Check whether the template can be read, and whether the account has what it uses."""
    try:
        tree = read_template(template).tree if template.suffix.lower() != ".j2" else None
    except InputError as error:
        yield failed("template", error)
        return
    if tree is None:
        said = "its avatars depend on the rows"
        yield Finding("template", Health.WARNING, said, "To check each row, add --online to castmerge check")
        return
    missing = list(missing_from_account(tree, account)) if account else []
    for what in missing:
        yield Finding("template", Health.BAD, what, _ANOTHER_AVATAR)
    if not missing:
        known = (
            "and your account has everything it uses"
            if account
            else "but castmerge couldn't ask your account"
        )
        yield Finding(
            "template", Health.GOOD if account else Health.WARNING, f"castmerge can read it, {known}"
        )


def missing_from_account(project: JSON, account: Account) -> Iterator[str]:
    """Messages about what a project uses but the account doesn't have, each once."""
    yield from dict.fromkeys(problem.message for problem in not_in_account(project, account))


def not_in_account(project: JSON, account: Account) -> Iterator[Problem]:
    """What a project uses but the account doesn't have, with its JSON path."""
    match project:
        case {"workspaceId": str(workspace)} if workspace and workspace not in account.workspaces:
            there = ", ".join(f"{name} ({label})" for name, label in account.workspaces.items()) or "none"
            message, hint = f"your account has no workspace {workspace}", f"It has: {there}"
            yield Problem(message, hint=hint, path="$.workspaceId")
        case _:
            pass
    for path, clip in clips_of(project):
        model = clip.get("model")
        avatar, clothes = text_of(model, "ai_name"), text_of(model, "emotion")
        if avatar and avatar not in account.avatars:
            message = f"your account has no avatar {avatar}"
            yield Problem(message, hint=_ANOTHER_AVATAR, path=f"{path}.model.ai_name")
        elif avatar and clothes and account.avatars[avatar] and clothes not in account.avatars[avatar]:
            message = f"the avatar {avatar} has no clothes {clothes}"
            yield Problem(message, hint=_ANOTHER_AVATAR, path=f"{path}.model.emotion")
