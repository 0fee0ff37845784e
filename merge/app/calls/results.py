"""Calls about the results: rows, links as CSV, downloads, reports, and videos without a row."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from starlette.responses import Response
from starlette.routing import BaseRoute

from merge.app.calls.approve import PAGES, page_url
from merge.app.calls.asked import Answer, Asked, get, post
from merge.app.campaign import CONFIG_FILE, Campaign, text_or_none
from merge.app.config_edit import save_key
from merge.app.downloads import Downloads
from merge.app.errors import AppError, error_json
from merge.app.making import unplaced_error, unplaced_json
from merge.app.rows import MOST_ROWS, Rows, shared_statuses
from merge.input.paths import private_mode, workbook_path
from merge.journal import shared_campaigns
from merge.model import JSON
from merge.reports.html import report_page
from merge.reports.page_files import page_assets, save_text
from merge.reports.report import make_report
from merge.reports.visible_text import visible_data, visible_line
from merge.run.collect import write_back_from_journal

_SHOWN = ("done", "failed", "changed", "working", "unconfirmed", "draft")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel doesn't read a CSV file as UTF-8."""
_SANDBOX = "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox"
"""A page of the folder runs its own script, as a different origin without a cookie of the app."""


class ResultCalls:
    """The calls, on one campaign."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._downloads = Downloads(campaign)

    def routes(self) -> list[BaseRoute]:
        """Their routes."""
        return [
            get("/api/results", self.results),
            get("/api/results.csv", self.table),
            get("/api/shared", self.shared),
            post("/api/unplaced", self.unplaced),
            post("/api/write-back", self.write_back),
            post("/api/report", self.report, status=201),
            post("/api/download", self.download, status=202),
            post("/api/open-workbook", self.open_workbook),
            get("/files/{name}", self.page),
        ]

    def results(self, asked: Asked) -> Answer:
        """`GET /api/results`: the rows that have one."""
        campaign, checked = self._campaign, self._campaign.check
        rows = checked.rows
        offset, limit = asked.number("offset", 0), min(asked.number("limit", 100), MOST_ROWS)
        numbers = [number for number, facts in rows.facts.items() if facts.group in _SHOWN] if rows else []
        found: list[JSON] = [
            self._result(rows, number) for number in numbers[offset : offset + limit] if rows
        ]
        unplaced: list[JSON] = [unplaced_json(entry) for entry in checked.unplaced]
        answer: JSON = {
            "version": checked.version,
            "total": len(numbers),
            "rows": found,
            "unplaced": unplaced,
            "unplaced_help": self._unplaced_help() if unplaced else None,
            "practice": campaign.choice.practice,
        }
        return visible_data(answer)

    def _result(self, rows: Rows, number: int) -> JSON:
        state, result = rows.state(number), rows.facts[number].result
        return {
            "number": number,
            "title": rows.title(number),
            "status": state["status"],
            "note": state["note"],
            "url": result.url if result and not self._campaign.choice.practice else None,
            "credits": result.credits if result else None,
            "completed_at": result.completed_at if result else None,
            "file": self._downloads.file_of(number),
        }

    def _unplaced_help(self) -> JSON:
        campaign, error = self._campaign, error_json(unplaced_error(self._campaign.check))
        rows = campaign.check.rows
        headers: list[JSON] = (
            [" ".join(column.header.split()) for column in rows.sheet.header.columns] if rows else []
        )
        actions: list[JSON] = [
            {
                "do": "key",
                "label": "The people are the same. Identify them by a column",
                "columns": headers,
            },
            {"do": "write_back", "label": "I put the rows back. Write the results in"},
            {"do": "new_rows", "label": "The people are new. Make new videos for them"},
        ]
        return {"message": error["message"], "hint": error["hint"], "actions": actions}

    def unplaced(self, asked: Asked) -> Answer:
        """`POST /api/unplaced`: what to do about videos without a row."""
        campaign = self._campaign
        campaign.require_idle()
        match text_or_none(asked.body, "do"), text_or_none(asked.body, "column"):
            case "write_back", _:
                return self.write_back(asked)
            case "new_rows", _:
                campaign.new_rows = True
            case "key", str(column):
                save_key(campaign.folder.path / CONFIG_FILE, [column])
            case _:
                raise AppError("input", "that can't be done", hint="Choose one of the answers")
        campaign.look_again(even_unchanged=True)
        return visible_data(campaign.state())

    def write_back(self, _asked: Asked) -> Answer:
        """`POST /api/write-back`: write the journal's results into the workbook."""
        campaign = self._campaign
        campaign.require_idle()
        write_back_from_journal(campaign.workbook, campaign.options().settings, datetime.now(UTC))
        campaign.look_again(even_unchanged=True)
        return visible_data(campaign.state())

    def shared(self, _asked: Asked) -> Answer:
        """`GET /api/shared`: all workbooks of the shared journal, and who is working on them."""
        address = self._campaign.options().settings.journal_address
        campaigns: list[JSON] = [
            each.to_json() | {"statuses": shared_statuses(each.counts)}
            for each in (shared_campaigns(address) if address else ())
        ]
        return visible_data({"campaigns": campaigns})

    def table(self, _asked: Asked) -> Answer:
        """`GET /api/results.csv`: the user's own columns, and the links."""
        rows = self._campaign.check.rows
        if rows is None:
            raise AppError("input", "there are no rows yet", hint="Choose a workbook")
        text = io.StringIO()
        csv.writer(text).writerows(_lines(rows, practice=self._campaign.choice.practice))
        content = (_BYTE_ORDER_MARK + text.getvalue()).encode("utf-8", "replace")
        headers = {
            "Content-Disposition": 'attachment; filename="video links.csv"',
            "Cache-Control": "no-store",
        }
        return Response(content, headers=headers, media_type="text/csv; charset=utf-8")

    def report(self, _asked: Asked) -> Answer:
        """`POST /api/report`: the report as a page in the folder."""
        campaign, options = self._campaign, self._campaign.options()
        now = datetime.now(UTC)
        template = campaign.template if campaign.choice.template else None
        found, _ = make_report(campaign.workbook, template, options.settings, now)
        name = f"{campaign.workbook.stem} report {now.astimezone():%Y-%m-%d %H.%M.%S}.html"
        path = campaign.folder.free_name(name, PAGES)
        save_text(path, report_page(found, page_assets()), private_mode(path, campaign.workbook))
        return visible_data({"file": path.name, "url": page_url(path)})

    def download(self, asked: Asked) -> Answer:
        """`POST /api/download`: save the videos in the folder."""
        return visible_data(self._downloads.start(text_or_none(asked.body, "rows")))

    def open_workbook(self, _asked: Asked) -> Answer:
        """`POST /api/open-workbook`: open it in this computer's default program."""
        _open_file(workbook_path(self._campaign.workbook))
        return Response(status_code=204)

    def page(self, asked: Asked) -> Answer:
        """`GET /files/…`: a proof or a report of the folder."""
        path = self._campaign.folder.file(asked.path["name"])
        if path.suffix.lower() not in PAGES:
            raise AppError("missing", "this isn't a page", hint="Open it from the folder")
        headers = {"Content-Security-Policy": _SANDBOX, "Cache-Control": "no-store"}
        return Response(path.read_bytes(), headers=headers, media_type="text/html; charset=utf-8")


def _lines(rows: Rows, *, practice: bool) -> Iterator[list[str]]:
    headers = rows.sheet.results.headers
    own = [" ".join(column.header.split()) for column in rows.sheet.header.columns]
    yield ["Row", *own, headers.status, headers.url, headers.note, headers.job]
    for number, facts in rows.facts.items():
        result = facts.result
        status = str(result.status) if result else ""
        url = result.url or "" if result and not practice else ""
        note, job = (result.note or "", result.video_id or "") if result else ("", "")
        cells = [
            *rows.texts(number),
            "Practice" if practice and status == "Complete" else status,
            url,
            note,
            job,
        ]
        yield [str(number), *map(_plain, cells)]


def _plain(text: str) -> str:
    """A cell that no spreadsheet program runs as a formula; plain numbers are unchanged."""
    shown = visible_line(text)
    with suppress(ValueError):
        float(shown)
        return shown
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown


def _open_file(path: Path) -> None:
    """Open a file like a double-click does.

    Raises:
        AppError: this computer has no program for it, or no screen
    """
    try:
        if sys.platform == "win32":
            os.startfile(path)  # noqa: S606 - the workbook that the user chose
        else:
            opener = "open" if sys.platform == "darwin" else "xdg-open"
            opened = subprocess.Popen(  # noqa: S603 - no shell, and a path in the opened folder
                [opener, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            # A child that nobody waits for stays in the table of processes.
            Thread(target=opened.wait, daemon=True).start()
    except OSError as error:
        raise AppError(
            "input",
            f"{path.name} can't be opened from here",
            hint="Open it from its folder",
        ) from error
