"""Download complete videos into a folder, under names made from their rows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from merge.errors import InputError, MergeError, Rejected, ServiceError, TemplateError, Unavailable
from merge.input.paths import private_mode
from merge.model import Entry, JobId, Row, RowKey
from merge.plan.plan import Plan
from merge.results import RowStatus
from merge.services.download.filenames import distinct_names
from merge.services.protocol import VideoService
from merge.settings import DownloadOptions, Settings
from merge.sheet.columns import Header, with_placeholders
from merge.sheet.result_columns import Status
from merge.template.bind_json import RowText, compile_text

if TYPE_CHECKING:
    from merge.services.download.downloader import Downloader

_EXTRA_NAMES = ("row_number", "video_id")


@dataclass(frozen=True, slots=True)
class _Download:
    """One video to download.

    Attributes:
        row: its number as Excel shows it
        name: its file's name
        completed_at: when it was made, if the journal knows
    """

    row: int
    job: JobId
    url: str
    name: str
    completed_at: datetime | None


async def download_videos(
    plan: Plan,
    rows: Sequence[RowStatus],
    entries: Mapping[RowKey, Entry],
    settings: Settings,
    service: VideoService,
) -> tuple[str, ...]:
    """Download every complete video that isn't in the folder yet.

    If a link has expired, the service is asked for a new one. A file older than its video belongs to an
    earlier video of the row, and is replaced.

    Args:
        plan: the rows' cells, for the names
        rows: their status after the run
        entries: the journal's entries, for the times at which videos were completed
        settings: the folder and the names
        service: asked for new links

    Returns:
        One note for each video that couldn't be downloaded.
    """
    options = settings.download
    if options is None:
        return ()
    from merge.services.download.downloader import Downloader  # noqa: PLC0415 - httpx is heavy

    try:
        downloads = _downloads(plan, rows, entries, settings, options)
        mode = private_mode(options.folder, plan.sheet.path)
        async with Downloader(options.folder, mode=mode) as downloader:
            notes = [await _fetch(each, downloader, options.folder, service) for each in downloads]
    except InputError as error:
        return (f"The videos could not be kept: {error}. {error.hint}".strip(),)
    return tuple(note for note in notes if note)


def name_text(options: DownloadOptions, header: Header, constants: Mapping[str, str]) -> RowText:
    """Bind the template of the file names to the sheet's columns.

    Raises:
        TemplateError: it names an unknown column, or can't be parsed
    """
    names = {**constants, **dict.fromkeys(_EXTRA_NAMES, "")}
    return compile_text(options.name, "--download-name", header, names)


def _downloads(
    plan: Plan,
    rows: Sequence[RowStatus],
    entries: Mapping[RowKey, Entry],
    settings: Settings,
    options: DownloadOptions,
) -> list[_Download]:
    header = with_placeholders(plan.sheet.header, settings.columns)
    text = name_text(options, header, settings.constants)
    by_key = {planned.row.key: planned.row for planned in plan.rows}
    complete = [
        (status, JobId(status.video_id or ""), status.url)
        for status in rows
        if status.status is Status.COMPLETE and status.url
    ]
    names = [_name(text, by_key[status.key], job, plan, settings) for status, job, _ in complete]
    return [
        _Download(status.row, job, url, name, _completed_at(entries.get(status.key), job))
        for (status, job, url), name in zip(complete, distinct_names(names), strict=True)
    ]


def _completed_at(entry: Entry | None, job: JobId) -> datetime | None:
    return entry.completed_at if entry and entry.job == job else None


def _name(text: RowText, row: Row, job: JobId, plan: Plan, settings: Settings) -> str:
    values = plan.sheet.values_of(row, text.names.used, settings.locale)
    try:
        return text.text(values, {"row_number": str(row.number), "video_id": job})
    except MergeError as error:
        raise TemplateError(f"row {row.number}: {error}", place="--download-name", hint=error.hint) from error
    except Exception as error:
        raise TemplateError(
            f"the name of row {row.number}'s file cannot be made: {error}",
            place="--download-name",
            hint="Compare the name with the cells of this row",
        ) from error


async def _fetch(video: _Download, downloader: Downloader, folder: Path, service: VideoService) -> str:
    _remove_older(folder / video.name, video.completed_at)
    try:
        try:
            path = await downloader.fetch(video.url, video.name)
        except (Rejected, Unavailable):
            # Links expire; the service has the current one.
            progress = await service.progress(video.job)
            if progress.video_url in (None, video.url):
                raise
            path = await downloader.fetch(str(progress.video_url), video.name)
    except ServiceError as error:
        return f"Row {video.row}: its video could not be loaded: {error}. Run the same command again."
    _date_not_before(path, video.completed_at)
    return ""


def _date_not_before(path: Path, completed: datetime | None) -> None:
    """Set a new file's time to its video's, if the drive's clock is behind and would make it look older."""
    if completed and path.stat().st_mtime < completed.timestamp():
        # A drive that doesn't allow this has the file downloaded again next time, which is harmless.
        with suppress(OSError):
            os.utime(path, (completed.timestamp(), completed.timestamp()))


def _remove_older(path: Path, completed: datetime | None) -> None:
    """Remove the file of an earlier video of this row."""
    if completed is None or not path.is_file():
        return
    if datetime.fromtimestamp(path.stat().st_mtime, UTC) < completed:
        path.unlink()
