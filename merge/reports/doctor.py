"""What `castmerge doctor` looks at: one finding each, with a cure where something is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from merge.errors import InputError, MergeError, ServiceError
from merge.input.open_sheet import open_sheet
from merge.input.paths import journal_path
from merge.input.template_file import read_template
from merge.model import JSON, Problem
from merge.project.tree import clips_of, text_of
from merge.services.protocol import Account, VideoService
from merge.settings import Settings
from merge.workbook import check_columns

MOST_SECONDS_OFF = 120.0
"""Keys that are issued for a day, and `Retry-After`, are reckoned by this computer's clock."""
ANOTHER_AVATAR = (
    "Open the project in AI Studios with the account of this key, choose another, and save it anew"
)


class Health(StrEnum):
    """How something was found."""

    GOOD = "ok"
    DOUBTFUL = "look"
    BAD = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        about: what it was
        health: how it was found
        said: what was found, a sentence without a full stop at its end
        hint: what to do about it, or ""
    """

    about: str
    health: Health
    said: str
    hint: str = ""

    def to_dict(self) -> dict[str, JSON]:
        """For `doctor --json`."""
        return {
            "about": self.about,
            "health": str(self.health),
            "said": self.said,
            "hint": self.hint or None,
        }


def failing(about: str, error: MergeError) -> Finding:
    """An error as a finding."""
    return Finding(about, Health.BAD, str(error), error.hint)


async def examine_service(service: VideoService, region: str) -> tuple[list[Finding], Account | None]:
    """Whether the service can be reached and takes the key, and what the key may use."""
    try:
        accepted = await service.check_auth()
        account = await service.account() if accepted else None
    except ServiceError as error:
        return [failing("service", error)], None
    if account is None:
        return [_refused(region)], None
    avatars, workspaces = len(account.avatars), ", ".join(account.workspaces.values())
    findings = [
        Finding("key", Health.GOOD, f"the service accepts it (region {region})"),
        Finding("account", Health.GOOD, f"{avatars} avatars; workspaces: {workspaces or 'none'}"),
    ]
    return [*findings, *_clock(service.clock_offset)], account


def _refused(region: str) -> Finding:
    return Finding("key", Health.BAD, f"the service refuses it (region {region})", other_region(region))


def other_region(region: str) -> str:
    """What to do about a key that is refused in a region."""
    other = "china" if region == "global" else "global"
    return (
        f"Keys belong to one region: try --region {other}; check that the plan is Pro or higher and that "
        "the key was pasted whole"
    )


def _clock(ahead: float | None) -> Iterator[Finding]:
    if ahead is None:
        yield Finding("clock", Health.DOUBTFUL, "the service did not tell its time")
    elif abs(ahead) > MOST_SECONDS_OFF:
        way = "ahead of" if ahead > 0 else "behind"
        said = f"this computer's clock is {abs(ahead) / 60:.0f} minutes {way} the service's"
        yield Finding("clock", Health.DOUBTFUL, said, "Let the system set its time by itself")
    else:
        yield Finding("clock", Health.GOOD, "this computer's clock agrees with the service's")


def examine_workbook(workbook: Path, settings: Settings) -> Iterator[Finding]:
    """Whether the workbook can be read and written, and its journal with it."""
    try:
        sheet = open_sheet(workbook, settings)
        if sheet.path.exists():
            check_columns(
                sheet.path,
                sheet=sheet.worksheet.name,
                header_row=sheet.header.row,
                columns=sheet.results.headers.all,
            )
    except MergeError as error:
        yield failing("workbook", error)
        return
    headers = ", ".join(column.header for column in sheet.header.columns)
    yield Finding("workbook", Health.GOOD, f"sheet {sheet.worksheet.name}, columns {headers}")
    yield _journal(workbook, settings)


def _journal(workbook: Path, settings: Settings) -> Finding:
    path = journal_path(workbook, settings)
    probe = path.with_name(f"{path.name}.probe")
    try:
        made = not path.parent.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
        if made:
            path.parent.rmdir()
    except OSError as error:
        said = f"nothing can be kept in {path.parent} ({error.strerror})"
        return Finding("journal", Health.BAD, said, "Name a journal in a folder of yours with --journal FILE")
    known = "there is one already" if path.exists() else "none yet"
    return Finding("journal", Health.GOOD, f"{path} ({known})")


def examine_template(template: Path, account: Account | None) -> Iterator[Finding]:
    """Whether the template can be read, and the account has what it uses."""
    try:
        tree = read_template(template).tree if template.suffix.lower() != ".j2" else None
    except InputError as error:
        yield failing("template", error)
        return
    if tree is None:
        said = "its avatars are known once it is rendered"
        yield Finding("template", Health.DOUBTFUL, said, "castmerge check --online judges each row")
        return
    missing = list(missing_from_account(tree, account)) if account else []
    for what in missing:
        yield Finding("template", Health.BAD, what, ANOTHER_AVATAR)
    if not missing:
        known = "and the account has all that it uses" if account else "but the account could not be asked"
        yield Finding("template", Health.GOOD if account else Health.DOUBTFUL, f"it can be read, {known}")


def missing_from_account(project: JSON, account: Account) -> Iterator[str]:
    """What a project uses and the account lacks, in words, each once."""
    yield from dict.fromkeys(problem.message for problem in not_in_account(project, account))


def not_in_account(project: JSON, account: Account) -> Iterator[Problem]:
    """What a project uses and the account lacks, by its JSON path."""
    match project:
        case {"workspaceId": str(workspace)} if workspace and workspace not in account.workspaces:
            there = ", ".join(f"{name} ({label})" for name, label in account.workspaces.items()) or "none"
            message, hint = f"the account has no workspace {workspace}", f"It has: {there}"
            yield Problem(message, hint=hint, path="$.workspaceId")
        case _:
            pass
    for path, clip in clips_of(project):
        model = clip.get("model")
        avatar, clothes = text_of(model, "ai_name"), text_of(model, "emotion")
        if avatar and avatar not in account.avatars:
            message = f"the account has no avatar {avatar}"
            yield Problem(message, hint=ANOTHER_AVATAR, path=f"{path}.model.ai_name")
        elif avatar and clothes and account.avatars[avatar] and clothes not in account.avatars[avatar]:
            message = f"the avatar {avatar} has no clothes {clothes}"
            yield Problem(message, hint=ANOTHER_AVATAR, path=f"{path}.model.emotion")
