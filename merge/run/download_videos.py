"""Keep the videos in a folder, under names made from their rows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from merge.errors import InputError, MergeError, Rejected, ServiceError, TemplateError, Unavailable
from merge.model import JobId, Row
from merge.plan.plan import Plan
from merge.results import RowResult
from merge.services.download.filenames import distinct_names
from merge.services.protocol import VideoService
from merge.settings import DownloadOptions, Settings
from merge.sheet.columns import Header
from merge.sheet.result_columns import Status
from merge.template.bind_json import RowText, compile_text

if TYPE_CHECKING:
    from merge.services.download import Downloader

_FACTS = ("row_number", "video_id")


@dataclass(frozen=True, slots=True)
class _Download:
    """One video that is to be kept, and under which name."""

    result: RowResult
    name: str


async def download_videos(
    plan: Plan, results: Sequence[RowResult], settings: Settings, service: VideoService
) -> tuple[str, ...]:
    """Load every complete video that is not there yet; gives notes of what could not be loaded.

    A video is made of its link; a link that has expired is asked for anew at the service. A file that is
    older than its video is of an earlier one, and is replaced.
    """
    from merge.services.download import Downloader  # noqa: PLC0415 - httpx is heavy

    download = settings.download
    if download is None:
        return ()
    try:
        wanted = _wanted(plan, results, settings, download)
        async with Downloader(download.folder) as downloader:
            notes = [await _keep(kept, downloader, download.folder, service) for kept in wanted]
    except InputError as error:
        return (f"The videos could not be kept: {error}. {error.hint}".strip(),)
    return tuple(note for note in notes if note)


def name_text(download: DownloadOptions, header: Header, constants: Mapping[str, str]) -> RowText:
    """The names' template, bound to the sheet's columns.

    Raises:
        TemplateError: it names a column that there is not, or is not understood
    """
    return compile_text(download.name, "--download-name", header, {**constants, **dict.fromkeys(_FACTS, "")})


def _wanted(
    plan: Plan, results: Sequence[RowResult], settings: Settings, download: DownloadOptions
) -> list[_Download]:
    text = name_text(download, plan.sheet.header, settings.constants)
    rows = {planned.row.key: planned.row for planned in plan.rows}
    complete = [result for result in results if result.status is Status.COMPLETE and result.url]
    names = [_name(text, rows[result.key], result, plan, settings) for result in complete]
    return [_Download(result, name) for result, name in zip(complete, distinct_names(names), strict=True)]


def _name(text: RowText, row: Row, result: RowResult, plan: Plan, settings: Settings) -> str:
    values = plan.sheet.values_of(row, text.names.used, settings.locale)
    facts = {"row_number": str(row.number), "video_id": result.video_id}
    try:
        return text.text(values, facts)
    except MergeError as error:
        raise TemplateError(f"row {row.number}: {error}", place="--download-name", hint=error.hint) from error
    except Exception as error:
        raise TemplateError(
            f"the name of row {row.number}'s file cannot be made: {error}",
            place="--download-name",
            hint="Compare the name with the cells of this row",
        ) from error


async def _keep(kept: _Download, downloader: Downloader, folder: Path, service: VideoService) -> str:
    _remove_older(folder / kept.name, kept.result.completed_at)
    try:
        try:
            path = await downloader.fetch(kept.result.url, kept.name)
        except (Rejected, Unavailable):
            # Links expire; the service tells where the video is by now.
            progress = await service.progress(JobId(kept.result.video_id))
            if progress.video_url in (None, kept.result.url):
                raise
            path = await downloader.fetch(str(progress.video_url), kept.name)
    except ServiceError as error:
        return f"Row {kept.result.row}: its video could not be loaded: {error}. Run the same command again."
    _date_not_before(path, kept.result.completed_at)
    return ""


def _date_not_before(path: Path, completed: datetime | None) -> None:
    """Keep a drive whose clock is behind from making a new file look older than its video."""
    if completed and path.stat().st_mtime < completed.timestamp():
        # A drive that dates its files alone has them loaded again, which costs nothing but time.
        with suppress(OSError):
            os.utime(path, (completed.timestamp(), completed.timestamp()))


def _remove_older(path: Path, completed: datetime | None) -> None:
    """Remove the file of an earlier video of this row."""
    if completed is None or not path.is_file():
        return
    if datetime.fromtimestamp(path.stat().st_mtime, UTC) < completed:
        path.unlink()
