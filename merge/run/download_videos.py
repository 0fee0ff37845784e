"""Download complete videos into a folder, under names made from their rows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from merge.errors import InputError, MergeError, Rejected, TemplateError, TooLargeError, Unavailable
from merge.input.paths import private_mode
from merge.model import Entry, JobId, Row, RowKey
from merge.plan.plan import Plan
from merge.results import Download, RowStatus
from merge.services.download.filenames import distinct_names
from merge.services.protocol import VideoService
from merge.settings import DownloadOptions, Settings
from merge.sheet.columns import Header, with_placeholders
from merge.sheet.result_columns import Status
from merge.template.bind_json import RowText, compile_text

if TYPE_CHECKING:
    from merge.services.download.downloader import Downloader

_EXTRA_NAMES = ("row_number", "video_id")


_LISTED = 8
"""The maximum number of rows and of reasons that the notes list."""
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One video to download.

    Attributes:
        download: its row, and an error if its file can't be named
        name: its file's name
        completed_at: when it was made, if the journal knows
    """

    download: Download
    url: str
    name: str
    completed_at: datetime | None


async def download_videos(
    plan: Plan,
    rows: Sequence[RowStatus],
    entries: Mapping[RowKey, Entry],
    settings: Settings,
    service: VideoService,
) -> tuple[Download, ...]:
    """Download every complete video that isn't in the folder yet, several at once.

    If a link has expired, the service is asked for a new one. A file older than its video belongs to an
    earlier video of the row, and is replaced. A video that can't be downloaded doesn't stop the others.

    Args:
        plan: the rows' cells, for the names
        rows: their status after the run
        entries: the journal's entries, for the times at which videos were completed
        settings: the folder, the names and the size limit
        service: asked for new links

    Returns:
        The result for each complete video, in the order of the rows.
    """
    options = settings.download
    if options is None:
        return ()
    from merge.services.download.downloader import Downloader  # noqa: PLC0415 - httpx is heavy

    wanted = _wanted(plan, rows, entries, settings, options)
    max_bytes = round(options.max_megabytes * _MEGABYTE)
    mode = private_mode(options.folder, plan.sheet.path)
    async with Downloader(options.folder, mode=mode, max_bytes=max_bytes) as downloader:
        folder = _Folder(options.folder, downloader, service)
        return tuple(await asyncio.gather(*map(folder.save, wanted)))


def download_notes(downloads: Sequence[Download]) -> Iterator[str]:
    """What couldn't be downloaded, in sentences; a reason that several videos share appears once."""
    failed: dict[str, list[int]] = {}
    for download in downloads:
        if download.error:
            failed.setdefault(download.error, []).append(download.row)
    for error, rows in islice(failed.items(), _LISTED):
        yield f"{_videos_of(rows)} couldn't be downloaded: {error}"
    if len(failed) > _LISTED:
        yield f"More videos couldn't be downloaded, for {len(failed) - _LISTED:,} other reasons."
    if failed:
        yield "The links are in the workbook. To try the downloads again, run the same command again."


def _videos_of(rows: Sequence[int]) -> str:
    if len(rows) == 1:
        return f"The video of row {rows[0]}"
    more = f" and {len(rows) - _LISTED:,} more" if len(rows) > _LISTED else ""
    return f"The videos of rows {', '.join(map(str, rows[:_LISTED]))}{more}"


def name_text(options: DownloadOptions, header: Header, constants: Mapping[str, str]) -> RowText:
    """Bind the template of the file names to the sheet's columns.

    Raises:
        TemplateError: it names an unknown column, or can't be parsed
    """
    names = {**constants, **dict.fromkeys(_EXTRA_NAMES, "")}
    return compile_text(options.name, "--download-name", header, names)


def _wanted(
    plan: Plan,
    rows: Sequence[RowStatus],
    entries: Mapping[RowKey, Entry],
    settings: Settings,
    options: DownloadOptions,
) -> list[_Wanted]:
    header = with_placeholders(plan.sheet.header, settings.columns)
    text = name_text(options, header, settings.constants)
    by_key = {planned.row.key: planned.row for planned in plan.rows}
    wanted = []
    for status in rows:
        if status.status is not Status.COMPLETE or not status.url:
            continue
        job = JobId(status.video_id or "")
        download = Download(status.row, status.key, job)
        try:
            name = _name(text, by_key[status.key], job, plan, settings)
        except TemplateError as error:
            download, name = replace(download, error=_sentence(error)), ""
        completed_at = _completed_at(entries.get(status.key), job)
        wanted.append(_Wanted(download, status.url, name, completed_at))
    names = distinct_names(each.name for each in wanted)
    return [replace(each, name=name) for each, name in zip(wanted, names, strict=True)]


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
            f"castmerge can't make a file name for row {row.number}: {error}",
            place="--download-name",
            hint="Compare the name with the cells of this row",
        ) from error


@dataclass(slots=True)
class _Folder:
    """The folder that videos are saved in.

    Attributes:
        unusable: why nothing can be saved there; once set, no further video is requested
    """

    path: Path
    downloader: Downloader
    service: VideoService
    unusable: InputError | None = None

    async def save(self, video: _Wanted) -> Download:
        """Download one video and return the result."""
        if video.download.error:
            return video.download
        try:
            path = await self._fetch(video)
        except MergeError as error:
            if isinstance(error, InputError):
                self.unusable = error
            return replace(video.download, error=_sentence(error))
        return replace(video.download, file=str(path))

    async def _fetch(self, video: _Wanted) -> Path:
        if self.unusable:
            raise self.unusable
        try:
            _remove_older(self.path / video.name, video.completed_at)
            path = await self._with_current_link(video)
            _date_not_before(path, video.completed_at)
        except OSError as error:
            raise InputError(
                f"castmerge can't save the file ({error.strerror or error})",
                place=str(self.path / video.name),
                hint="Close it if another program has it open, or choose another folder with --download",
            ) from error
        return path

    async def _with_current_link(self, video: _Wanted) -> Path:
        try:
            return await self.downloader.fetch(video.url, video.name)
        except TooLargeError:
            raise
        except (Rejected, Unavailable):
            # Links expire; the service has the current one.
            progress = await self.service.progress(video.download.video_id)
            if progress.video_url in (None, video.url):
                raise
            return await self.downloader.fetch(str(progress.video_url), video.name)


def _sentence(error: MergeError) -> str:
    return " ".join(f"{part.rstrip('.')}." for part in (str(error), error.hint) if part)


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
