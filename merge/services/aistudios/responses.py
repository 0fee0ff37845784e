"""What stands under `data` in the answers of AI Studios, as castmerge's own words.

Shapes: version 1.6 of the service's reference, and the older ones that its introduction prints.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator

from merge.model import JSON, ExportState, JobId, Progress, Tag
from merge.services.aistudios.errors import Hide, one_line, unexpected_answer

__all__ = ["ended_in", "job_in", "jobs_by_tag", "key_in", "progress_in", "project_in"]

_ALL = 100.0
_DONE = {"finish", "finished", "exported", "complete", "completed"}
_DRAFT = {"draft", "saved", "edit", "editing"}
_FAILED = ("fail", "error", "cancel")
_REASONS = ("error", "msg", "message", "reason")
_IS_ADDRESS = re.compile(r"https?://[^\s/\x00-\x20\ud800-\udfff][^\x00-\x20\ud800-\udfff]*", re.IGNORECASE)
_AFTER_THE_TAG = " \t\r\n\xa0.…"


def job_in(data: JSON) -> JobId:
    """Return the id that a submission was given: `projectId`, in older deployments `key`."""
    match data:
        case {"projectId": found} | {"key": found} if name := _name(found):
            return JobId(name)
        case _:
            raise unexpected_answer("project id", submitting=True)


def key_in(data: JSON) -> str:
    """Return the key that was issued."""
    match data:
        case {"token": str(token)} if re.fullmatch(r"[!-~]+", token):
            return token
        case _:
            raise unexpected_answer("token")


def project_in(data: JSON) -> JSON:
    """Return the project that was read."""
    match data:
        case {"project": dict() as project}:
            return project
        case _:
            raise unexpected_answer("project")


def jobs_by_tag(data: JSON, tags: Collection[Tag]) -> dict[Tag, JobId]:
    """Return the projects whose names end with one of the tags.

    Where two carry the same tag, the one that can be downloaded wins, then the one listed first.
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


def ended_in(data: JSON, jobs: Collection[JobId], hide: Hide) -> dict[JobId, Progress]:
    """Return those of the jobs that the list of projects shows complete, with their address, or failed."""
    wanted = frozenset(jobs)
    ended: dict[JobId, Progress] = {}
    for item in _listed(data):
        match item:
            case dict() if (job := JobId(_name(item.get("id", item.get("_id"))))) in wanted:
                seen = _progress(item, hide)
                if seen.state in (ExportState.COMPLETE, ExportState.FAILED):
                    ended[job] = seen
            case _:
                pass
    return ended


def progress_in(data: JSON, hide: Hide) -> Progress:
    """Return how far a job is; COMPLETE takes both the word (or 100) and a download address."""
    match data:
        case dict() if "progress" in data or "state" in data:
            return _progress(data, hide)
        case _:
            raise unexpected_answer("progress")


def _progress(data: dict[str, JSON], hide: Hide) -> Progress:
    said = hide(_text(data.get("state")))
    word = said.casefold()
    percent = _percent(data.get("progress"))
    done = percent >= _ALL or word in _DONE
    if any(failed in word for failed in _FAILED):
        reason = next(filter(None, (_text(data.get(name)) for name in _REASONS)), said)
        return Progress(percent, ExportState.FAILED, failure=hide(reason), said=said)
    if done:
        video_url = _video_url(data)
        state = ExportState.COMPLETE if video_url else ExportState.RENDERING
        return Progress(_ALL, state, video_url=video_url, said=said)
    return Progress(percent, ExportState.DRAFT if word in _DRAFT else ExportState.RENDERING, said=said)


def _listed(data: JSON) -> Iterator[JSON]:
    match data:
        case list(items) | {"projects": list(items)} | {"list": list(items)}:
            return iter(items)
        case _:
            # No list is not an empty list: who takes it for one would order a video again.
            raise unexpected_answer("list of projects")


def _tag_and_job(item: JSON) -> tuple[Tag, JobId]:
    match item:
        case {"name": str(title), "id": found} | {"name": str(title), "_id": found}:
            return _tag_of(title), JobId(_name(found))
        case _:
            return Tag(""), JobId("")


def _tag_of(title: str) -> Tag:
    """Return what the name says in brackets at its end; the last bracket may have been cut off."""
    _, bracket, tag = title.rstrip(_AFTER_THE_TAG).removesuffix("]").rpartition("[")
    return Tag(tag.strip() if bracket else "")


def _name(found: JSON) -> str:
    """Return an id, or "" where what was found cannot be one."""
    match found:
        case bool():
            return ""
        case str() | int():
            name = str(found).strip()
            return name if name.isprintable() else ""
        case _:
            return ""


def _text(found: JSON) -> str:
    match found:
        case str():
            return one_line(found)
        case {"msg": str(words)} | {"message": str(words)}:
            return one_line(words)
        case _:
            return ""


def _percent(found: JSON) -> float:
    match found:
        case bool():
            return 0.0
        case int():
            return float(min(max(found, 0), 100))
        case float() if not math.isnan(found):
            return min(max(found, 0.0), _ALL)
        case str() if re.fullmatch(r"[0-9]{1,9}(\.[0-9]*)?", number := found.strip(" %")):
            return min(float(number), _ALL)
        case _:
            return 0.0


def _video_url(found: JSON) -> str | None:
    match found:
        case {"downloadUrl": str(url)} | {"download_url": str(url)} if _IS_ADDRESS.fullmatch(url.strip()):
            return url.strip()
        case _:
            return None
