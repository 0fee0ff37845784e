"""`check --online`: check rows against the account, and request the URLs in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from merge.checks.project_checks import CellLocator, with_cell
from merge.checks.warning import RowWarning, WarningKind
from merge.errors import Unauthorized
from merge.input.template_file import JINJA
from merge.model import JSON, Problem
from merge.plan.decide import Action, Decision
from merge.plan.findings import ProjectChecker, cell_locator
from merge.plan.plan import Plan
from merge.plan.planned_rows import PlannedRow
from merge.project.media_urls import ADDRESS_FIELDS, PUBLIC, unusable_link
from merge.project.tree import clips_of, items_of, text_of
from merge.reports.doctor import not_in_account, other_region
from merge.services.download.url_check import Answer, ask_all
from merge.services.protocol import Account, VideoService
from merge.settings import Settings
from merge.sheet.result_columns import Status

MAX_ADDRESSES = 500
"""The maximum number of URLs to request; more would take many minutes."""
_NAMES = {"image": "a picture", "video": "a video", "audio": "a sound", "text": "a page"}
_WANTED = {"image": "image", "videoImage": "video", "audio": "audio"}
_SHOWN = 80
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_CLOSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_LOOK = "Open the link in a private window of your browser. If you can't see it, AI Studios can't either"


@dataclass(frozen=True, slots=True)
class Link:
    """A URL in a project.

    Attributes:
        path: its JSON path
        url: the URL
        kind: the clip type of the expected file; "" if unknown
    """

    path: str
    url: str
    kind: str


async def account_of(service: VideoService, region: str) -> Account:
    """The account of the key.

    Raises:
        Unauthorized: the service refuses the key
        ServiceError: the service gave no answer
    """
    if not await service.check_auth():
        raise Unauthorized(
            f"AI Studios rejected your API key (region {region})",
            hint=other_region(region),
        )
    return await service.account()


@dataclass(frozen=True, slots=True)
class _RowLinks:
    """A row to submit, what the account lacks for it, and the URLs in it."""

    planned: PlannedRow
    missing: tuple[Problem, ...]
    links: tuple[Link, ...]


async def check_online(
    plan: Plan, settings: Settings, account: Account
) -> tuple[Plan, tuple[RowWarning, ...]]:
    """Check the rows that would be submitted against the account, and request the URLs in them.

    Args:
        plan: made without a lock
        settings: of the plan
        account: of the key

    Returns:
        The plan, in which rows that would certainly fail are `Invalid`, and warnings about the others.
    """
    urls = list(dict.fromkeys(link.url for each in _found(plan, account) for link in each.links))
    answers = await ask_all(urls[:MAX_ADDRESSES])
    invalid: dict[int, PlannedRow] = {}
    rows_of: dict[RowWarning, list[int]] = {}
    for each in _found(plan, account):
        if not (each.missing or each.links):
            continue
        assert plan.names is not None
        number = each.planned.row.number
        place = cell_locator(each.planned.row, plan.names, plan.sheet, settings.locale)
        gone = (gone_link(link, answers.get(link.url)) for link in each.links)
        problems = tuple(with_cell(problem, place) for problem in (*each.missing, *filter(None, gone)))
        if problems:
            invalid[number] = _invalid(each.planned, problems)
        else:
            for warning in _warnings(each.links, answers, place):
                rows_of.setdefault(warning, []).append(number)
    warnings = [replace(warning, rows=tuple(numbers)) for warning, numbers in rows_of.items()]
    if len(urls) > MAX_ADDRESSES:
        warnings.append(_too_many(len(urls), plan.sheet.worksheet.name))
    if invalid:
        plan = plan.with_rows(invalid.get(planned.row.number, planned) for planned in plan.rows)
    return plan, tuple(warnings)


def _found(plan: Plan, account: Account) -> Iterator[_RowLinks]:
    checker = ProjectChecker(same_structure=plan.template.suffix.lower() != JINJA)
    for planned in plan.of(Action.SUBMIT):
        filled_in = planned.filled_in
        assert filled_in is not None
        project = checker.tree_of(filled_in)
        yield _RowLinks(planned, tuple(not_in_account(project, account)), tuple(links_of(project)))


def links_of(project: JSON) -> Iterator[Link]:
    """The URLs in a project that can be requested, without those of the service's own files."""
    for path, clip in clips_of(project):
        for field in ADDRESS_FIELDS:
            yield from _link(f"{path}.{field}", text_of(clip, field), text_of(clip, "type"))
    for number, scene in items_of(project, "scenes"):
        background = scene.get("background")
        kind = {"image": "image", "video": "videoImage"}.get(text_of(background, "source_type"), "")
        yield from _link(f"$.scenes[{number}].background.source_url", text_of(background, "source_url"), kind)


def _link(path: str, url: str, kind: str) -> Iterator[Link]:
    if url and not url.startswith("/") and not unusable_link(url):
        yield Link(path, url, kind)


def gone_link(link: Link, answer: Answer | None) -> Problem | None:
    """The problem if the URL certainly leads nowhere, or None."""
    if answer is None or answer.status not in _GONE:
        return None
    message = f"there's nothing at “{link.url[:_SHOWN]}” (HTTP {answer.status})"
    return Problem(message, hint="Open the address in your browser to check it", path=link.path)


def answer_warning(link: Link, answer: Answer | None) -> RowWarning | None:
    """The warning if the service may be unable to download the file, or None."""
    if answer is None:
        return None
    shown = f"'{link.url[:_SHOWN]}'"
    wanted = _WANTED.get(link.kind)
    kind = answer.kind.partition("/")[0]
    if answer.trouble:
        return _warning(link, f"{shown} can't be opened from here: {answer.trouble}", _LOOK)
    if answer.status in _CLOSED:
        message = f"{shown} isn't open to everyone (HTTP {answer.status})"
        return _warning(link, message, PUBLIC)
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return _warning(link, f"{shown} doesn't answer as expected (HTTP {answer.status})", _LOOK)
    if wanted and kind != wanted and kind in _NAMES:
        message = f"{shown} opens {_NAMES[kind]}, but this should be {_NAMES[wanted]}"
        return _warning(link, message, PUBLIC)
    return None


def _warnings(
    links: Iterable[Link], answers: Mapping[str, Answer], place: CellLocator
) -> Iterator[RowWarning]:
    for link in links:
        warning = answer_warning(link, answers.get(link.url))
        if warning:
            yield replace(warning, place=place(link.path) or warning.place)


def _warning(link: Link, message: str, hint: str) -> RowWarning:
    return RowWarning(WarningKind.LINK, link.path, message, hint, link.path)


def _invalid(planned: PlannedRow, problems: tuple[Problem, ...]) -> PlannedRow:
    note = " ".join(problem.note for problem in problems)
    decision = Decision(Action.NOTHING, Status.INVALID, note=note)
    return planned._replace(fingerprint=None, decision=decision, problems=problems)


def _too_many(urls: int, sheet: str) -> RowWarning:
    message = f"the rows have {urls:,} addresses, and castmerge only opened the first {MAX_ADDRESSES:,}"
    return RowWarning(WarningKind.LINK, sheet, message, "Check the others in parts, such as --rows 501-1000")
