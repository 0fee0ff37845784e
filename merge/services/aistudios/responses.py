"""Parse what AI Studios returns as `data`.

Shapes: version 1.6 of the service's reference, and the older ones of its introduction.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence

from merge.model import JSON, ExportState, JobId, Progress, Tag
from merge.project.fingerprint import is_tag
from merge.services.aistudios.errors import Hide, one_line, unexpected_answer
from merge.services.protocol import ListedProject

__all__ = [
    "avatars_in",
    "finished_in",
    "job_in",
    "jobs_by_tag",
    "progress_in",
    "project_in",
    "projects_in",
    "tags_by_job",
    "token_in",
    "workspaces_in",
]

_COMPLETE_PERCENT = 100.0
_COMPLETE = {"finish", "finished", "exported", "complete", "completed"}
_DRAFT = {"draft", "saved", "edit", "editing"}
_FAILED = ("fail", "error", "cancel")
_REASONS = ("error", "msg", "message", "reason")
_WEB_ADDRESS = re.compile(r"https?://[^\s/\x00-\x20\ud800-\udfff][^\x00-\x20\ud800-\udfff]*", re.IGNORECASE)
_MODIFIED = ("updatedAt", "createdAt")
_THUMBNAILS = ("thumbnailUrl", "thumbnail")
_AFTER_TAG = " \t\r\n\xa0.…"


def job_in(data: JSON) -> JobId:
    """Return the id of a submitted project: `projectId`, in older deployments `key`."""
    match data:
        case {"projectId": value} | {"key": value} if name := _name(value):
            return JobId(name)
        case _:
            raise unexpected_answer("project id", submitting=True)


def token_in(data: JSON) -> str:
    """Return the issued token."""
    match data:
        case {"token": str(token)} if re.fullmatch(r"[!-~]+", token):
            return token
        case _:
            raise unexpected_answer("token")


def project_in(data: JSON) -> JSON:
    """Return a saved project."""
    match data:
        case {"project": dict() as project}:
            return project
        case _:
            raise unexpected_answer("project")


def projects_in(data: JSON) -> tuple[ListedProject, ...]:
    """Return the projects of the project list that castmerge didn't make, by name."""
    found = [
        ListedProject(name, title, _first_of(item, _MODIFIED), _web_address(_first_of(item, _THUMBNAILS)))
        for item in _listed(data)
        if (name := _field(item, "id") or _field(item, "_id"))
        and (title := _first_of(item, ("name",)))
        and not is_tag(_tag_of(title))
    ]
    return tuple(sorted(found, key=lambda project: project.name.casefold()))


def templates_in(data: JSON) -> tuple[ListedProject, ...]:
    """Return the service's own templates, by name."""
    match data:
        case {"templates": list(items)} | list(items):
            found = [
                ListedProject(name, title, thumbnail=_web_address(_first_of(item, _THUMBNAILS)))
                for item in items
                if isinstance(item, dict) and (name := _field(item, "id")) and (title := _field(item, "name"))
            ]
            return tuple(sorted(found, key=lambda template: template.name.casefold()))
        case _:
            raise unexpected_answer("list of templates")


def jobs_by_tag(data: JSON, tags: Collection[Tag]) -> dict[Tag, JobId]:
    """Return the jobs in the project list whose names end with one of the tags.

    If two have the same tag, one with a download URL takes precedence, then the first in the list.
    """
    found: dict[Tag, JobId] = {}
    downloadable: dict[Tag, JobId] = {}
    for item in _listed(data):
        tag, job = _tag_and_job(item)
        if tag in tags and job:
            found.setdefault(tag, job)
            if _video_url(item):
                downloadable.setdefault(tag, job)
    return found | downloadable


def tags_by_job(data: JSON, jobs: Collection[JobId]) -> dict[JobId, Tag]:
    """Return the tags at the end of these projects' names in the project list."""
    wanted = frozenset(jobs)
    pairs = (_tag_and_job(item) for item in _listed(data))
    return {job: tag for tag, job in pairs if job in wanted and is_tag(tag)}


def finished_in(data: JSON, jobs: Collection[JobId], hide: Hide) -> dict[JobId, Progress]:
    """Return which of the jobs are complete, with a download URL, or failed according to the list."""
    wanted = frozenset(jobs)
    finished: dict[JobId, Progress] = {}
    for item in _listed(data):
        match item:
            case dict() if (job := JobId(_name(item.get("id", item.get("_id"))))) in wanted:
                progress = _progress(item, hide)
                if progress.state in (ExportState.COMPLETE, ExportState.FAILED):
                    finished[job] = progress
            case _:
                pass
    return finished


def progress_in(data: JSON, hide: Hide) -> Progress:
    """Return a job's progress; COMPLETE needs 100 % or a complete state, and a download URL."""
    match data:
        case dict() if "progress" in data or "state" in data:
            return _progress(data, hide)
        case _:
            raise unexpected_answer("progress")


def avatars_in(data: JSON) -> dict[str, frozenset[str]]:
    """Return the ids of the clothes of each avatar, from `models[]` with `id` and `clothes[].id`."""
    match data:
        case {"models": list(models)} | list(models):
            return {name: _clothes(model) for model in models if (name := _field(model, "id"))}
        case _:
            raise unexpected_answer("list of avatars")


def workspaces_in(data: JSON) -> dict[str, str]:
    """Return the names of the workspaces by id, from `workspaceId` and `workspaceName`."""
    match data:
        case {"workspaces": list(items)} | list(items):
            found = {_field(item, "workspaceId"): _field(item, "workspaceName") for item in items}
            return {name: label for name, label in found.items() if name}
        case _:
            raise unexpected_answer("list of workspaces")


def _progress(data: dict[str, JSON], hide: Hide) -> Progress:
    shown = hide(_text(data.get("state")))
    state = shown.casefold()
    percent = _percent(data.get("progress"))
    if any(failed in state for failed in _FAILED):
        reason = next(filter(None, (_text(data.get(name)) for name in _REASONS)), shown)
        return Progress(percent, ExportState.FAILED, failure=hide(reason), reported=shown)
    if percent >= _COMPLETE_PERCENT or state in _COMPLETE:
        video_url = _video_url(data)
        export = ExportState.COMPLETE if video_url else ExportState.RENDERING
        return Progress(_COMPLETE_PERCENT, export, video_url=video_url, reported=shown)
    return Progress(percent, ExportState.DRAFT if state in _DRAFT else ExportState.RENDERING, reported=shown)


def _listed(data: JSON) -> Iterator[JSON]:
    match data:
        case list(items) | {"projects": list(items)} | {"list": list(items)}:
            return iter(items)
        case _:
            # A missing list is not an empty list; treating it as empty could submit a row twice.
            raise unexpected_answer("list of projects")


def _tag_and_job(item: JSON) -> tuple[Tag, JobId]:
    match item:
        case {"name": str(title), "id": value} | {"name": str(title), "_id": value}:
            return _tag_of(title), JobId(_name(value))
        case _:
            return Tag(""), JobId("")


def _tag_of(title: str) -> Tag:
    """Return the text in brackets at the end of a project's name; the last bracket may be cut off."""
    _, bracket, tag = title.rstrip(_AFTER_TAG).removesuffix("]").rpartition("[")
    return Tag(tag.strip() if bracket else "")


def _name(value: JSON) -> str:
    """Return an id as text, or "" if the value can't be one."""
    match value:
        case bool():
            return ""
        case str() | int():
            name = str(value).strip()
            return name if name.isprintable() else ""
        case _:
            return ""


def _text(value: JSON) -> str:
    match value:
        case str(text) | {"msg": str(text)} | {"message": str(text)}:
            return one_line(text)
        case _:
            return ""


def _percent(value: JSON) -> float:
    match value:
        case bool():
            return 0.0
        case int():
            return float(min(max(value, 0), 100))
        case float() if not math.isnan(value):
            return min(max(value, 0.0), _COMPLETE_PERCENT)
        case str() if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?", number := value.strip(" %")):
            return min(float(number), _COMPLETE_PERCENT)
        case _:
            return 0.0


def _video_url(value: JSON) -> str | None:
    match value:
        case {"downloadUrl": str(url)} | {"download_url": str(url)} if _WEB_ADDRESS.fullmatch(url.strip()):
            return url.strip()
        case _:
            return None


def _first_of(item: JSON, names: Sequence[str]) -> str:
    """Return the first of these members that is a text, on one line; else ""."""
    return next(
        (text for name in names if (text := _text(item.get(name) if isinstance(item, dict) else None))), ""
    )


def _web_address(text: str) -> str:
    return text if _WEB_ADDRESS.fullmatch(text) else ""


def _clothes(model: JSON) -> frozenset[str]:
    match model:
        case {"clothes": list(clothes)}:
            return frozenset(name for each in clothes if (name := _field(each, "id")))
        case _:
            return frozenset()


def _field(item: JSON, name: str) -> str:
    match item:
        case dict():
            return _name(item.get(name))
        case _:
            return ""
