"""What `castmerge doctor` looks at: one finding each, with a cure where something is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from merge.aistudios import Account, AiStudios
from merge.errors import InputError, MergeError, ServiceError
from merge.jsontext import NumberText
from merge.model import JSON
from merge.run.places import journal_path
from merge.run.plan import open_sheet
from merge.run.settings import Settings
from merge.run.templates import read_template
from merge.workbook import check_columns

MOST_SECONDS_OFF = 120.0
"""Keys that are issued for a day, and `Retry-After`, are reckoned by this computer's clock."""


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
        cure: what to do about it, or ""
    """

    about: str
    health: Health
    said: str
    cure: str = ""

    def to_dict(self) -> dict[str, JSON]:
        """For `doctor --json`."""
        return {
            "about": self.about,
            "health": str(self.health),
            "said": self.said,
            "cure": self.cure or None,
        }


def failing(about: str, error: MergeError) -> Finding:
    """An error as a finding."""
    return Finding(about, Health.BAD, str(error), error.cure)


async def examine_service(service: AiStudios, region: str) -> tuple[list[Finding], Account | None]:
    """Whether the service can be reached and takes the key, and what the key may use."""
    try:
        accepted = await service.check_auth()
        ahead = await service.clock_ahead() if accepted else None
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
    return [*findings, *_clock(ahead)], account


def _refused(region: str) -> Finding:
    other = "china" if region == "global" else "global"
    cure = (
        f"Keys belong to one region: try --region {other}; check that the plan is Pro or higher and that "
        "the key was pasted whole"
    )
    return Finding("key", Health.BAD, f"the service refuses it (region {region})", cure)


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
        check_columns(
            workbook,
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
    missing = list(missing_of(tree, account)) if account else []
    for what in missing:
        cure = "Open the project in AI Studios with the account of this key, choose another, and save it anew"
        yield Finding("template", Health.BAD, what, cure)
    if not missing:
        known = "and the account has all that it uses" if account else "but the account could not be asked"
        yield Finding("template", Health.GOOD if account else Health.DOUBTFUL, f"it can be read, {known}")


def missing_of(project: JSON, account: Account) -> Iterator[str]:
    """What a project uses and the account lacks, in words, each once."""
    said: set[str] = set()
    for what in _missing(project, account):
        if what not in said:
            said.add(what)
            yield what


def _missing(project: JSON, account: Account) -> Iterator[str]:
    match project:
        case {"workspaceId": str(workspace)} if workspace and workspace not in account.workspaces:
            yield f"the account has no workspace {workspace}"
        case _:
            pass
    for avatar, clothes in worn_in(project):
        if avatar not in account.avatars:
            yield f"the account has no avatar {avatar}"
        elif clothes and account.avatars[avatar] and clothes not in account.avatars[avatar]:
            yield f"the avatar {avatar} has no clothes {clothes}"


def worn_in(tree: JSON) -> Iterator[tuple[str, str]]:
    """Avatar and clothes of each avatar's clip of a project (`model.ai_name`, `model.emotion`)."""
    match tree:
        case {"scenes": list(scenes)}:
            for scene in scenes:
                yield from _worn(scene)
        case _:
            return


def _worn(scene: JSON) -> Iterator[tuple[str, str]]:
    match scene:
        case {"clips": list(clips)}:
            for clip in clips:
                match clip:
                    case {"model": {"ai_name": str(avatar), **rest}} if not isinstance(avatar, NumberText):
                        clothes = rest.get("emotion")
                        yield avatar, clothes if isinstance(clothes, str) else ""
                    case _:
                        pass
        case _:
            return
