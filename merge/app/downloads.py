"""Save finished videos in the folder, in a separate thread."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from threading import RLock, Thread

from merge.app.campaign import Campaign
from merge.app.errors import AppError
from merge.connect import connected
from merge.errors import MergeError
from merge.model import JSON, Entry, RowKey
from merge.plan.plan import Plan
from merge.plan.selection import parse_rows
from merge.reports.page_text import page_text
from merge.results import Download, RowStatus
from merge.run.download_videos import download_notes, download_videos
from merge.run.stop import run_async
from merge.settings import DownloadOptions, Settings
from merge.sheet.result_columns import Status

_LOG = logging.getLogger("merge.app")
FOLDER = "videos"


class Downloads:
    """The downloads of a campaign, one batch at a time.

    Args:
        campaign: the campaign with the videos
    """

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._thread: Thread | None = None
        self._files: dict[int, str] = {}
        self._lock = RLock()

    def file_of(self, number: int) -> str | None:
        """The file of a row's video that was saved in this session, or None."""
        return self._files.get(number)

    def start(self, rows: str | None) -> JSON:
        """Start to save the videos of these rows, or of all.

        Raises:
            AppError: nothing can be saved
        """
        campaign, checked = self._campaign, self._campaign.check
        if campaign.choice.practice:
            raise AppError("input", "practice videos can't be saved", hint="Make real videos first")
        chosen = parse_rows(rows, option="the chosen rows") if rows else None
        facts = checked.rows.facts if checked.rows else {}
        wanted = [
            each.result
            for number, each in facts.items()
            if each.result
            and each.result.status is Status.COMPLETE
            and each.result.url
            and (chosen is None or number in chosen)
        ]
        if not wanted or checked.plan is None:
            raise AppError("input", "there's no finished video to save", hint="Make videos first")
        with self._lock:
            if self._thread and self._thread.is_alive():
                raise AppError("busy", "videos are already being saved", hint="Wait until they're saved")
            self._thread = Thread(
                target=self._go, args=(checked.plan, wanted), name="castmerge-downloads", daemon=True
            )
            self._thread.start()
        return {"total": len(wanted), "done": 0, "failed": 0, "message": f"Saving in the folder {FOLDER} …"}

    def _go(self, plan: Plan, wanted: Sequence[RowStatus]) -> None:
        try:
            downloads = run_async(self._save(plan, wanted))
            self._report(downloads, len(wanted))
        except MergeError as error:
            self._say(
                0, len(wanted), len(wanted), f"{page_text(error.message)} {page_text(error.hint)}".strip()
            )
        except Exception:  # noqa: BLE001 - the page reports it, and the thread continues
            _LOG.exception("the downloads failed")
            self._say(
                0, len(wanted), len(wanted), "castmerge ran into an error and couldn't save the videos."
            )

    async def _save(self, plan: Plan, wanted: Sequence[RowStatus]) -> Sequence[Download]:
        campaign, options = self._campaign, self._campaign.options()
        chosen = options.settings.download or DownloadOptions(campaign.folder.path / FOLDER)
        settings: Settings = replace(options.settings, download=chosen)
        secret = campaign.connection.secret(options.service.region)
        entries: dict[RowKey, Entry] = {each.row.key: each.entry for each in plan.rows if each.entry}
        async with connected(options.service, campaign.workbook, settings, secret) as service:
            return await download_videos(plan, wanted, entries, settings, service)

    def _report(self, downloads: Sequence[Download], total: int) -> None:
        saved = [each for each in downloads if not each.error]
        self._files |= {each.row: each.file for each in saved if each.file}
        failed = len(downloads) - len(saved)
        notes = " ".join(filter(None, map(page_text, download_notes(downloads))))
        count = "1 video is" if len(saved) == 1 else f"{len(saved):,} videos are"
        self._say(len(saved), total, failed, f"{count} in the folder {FOLDER}. {notes}".strip())

    def _say(self, done: int, total: int, failed: int, message: str) -> None:
        self._campaign.events.publish(
            "download", {"done": done, "total": total, "failed": failed, "message": message}
        )
