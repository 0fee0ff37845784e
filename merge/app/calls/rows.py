"""Calls about the rows: a page of them, their numbers, and the preview of one."""

from __future__ import annotations

from starlette.routing import BaseRoute

from merge.app.calls.asked import Answer, Asked, get
from merge.app.campaign import Campaign
from merge.app.errors import AppError
from merge.app.rows import MOST_ROWS, Rows, row_numbers
from merge.connect import service_address
from merge.model import JSON
from merge.reports.html import preview_data
from merge.reports.proof import preview_row
from merge.reports.visible_text import visible_data


class RowCalls:
    """The calls, on one campaign."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign

    def routes(self) -> list[BaseRoute]:
        """Their routes."""
        return [
            get("/api/rows", self.rows),
            get("/api/rows/numbers", self.row_numbers),
            get("/api/rows/index", self.row_index),
            get("/api/preview", self.preview),
        ]

    def rows(self, asked: Asked) -> Answer:
        """`GET /api/rows`."""
        checked, decisions = self._campaign.check, self._campaign.decisions()
        rows = checked.rows
        if rows is None:
            return {
                "version": checked.version,
                "total": 0,
                "matching": 0,
                "offset": 0,
                "columns": [],
                "rows": [],
            }
        offset, limit = asked.number("offset", 0), min(asked.number("limit", 100), MOST_ROWS)
        numbers = self._selected(rows, asked)
        shown: list[JSON] = [rows.row(number, decisions) for number in numbers[offset : offset + limit]]
        answer: JSON = {
            "version": checked.version,
            "total": len(rows.facts),
            "matching": len(numbers),
            "offset": offset,
            "columns": rows.columns,
            "rows": shown,
        }
        return visible_data(answer)

    def _selected(self, rows: Rows, asked: Asked) -> list[int]:
        filter_name = asked.query.get("filter") or "all"
        return rows.select(filter_name, asked.query.get("search", ""), self._campaign.decisions())

    def row_numbers(self, asked: Asked) -> Answer:
        """`GET /api/rows/numbers`: all rows that match a filter and a search."""
        checked = self._campaign.check
        numbers = self._selected(checked.rows, asked) if checked.rows else []
        return {"version": checked.version, "count": len(numbers), "rows": row_numbers(numbers)}

    def row_index(self, asked: Asked) -> Answer:
        """`GET /api/rows/index`: the position of a row in the list."""
        checked, number = self._campaign.check, asked.number("row", 0)
        numbers = self._selected(checked.rows, asked) if checked.rows else []
        return {"index": numbers.index(number) if number in numbers else None}

    def preview(self, asked: Asked) -> Answer:
        """`GET /api/preview`: one row's scenes and script."""
        checked, number = self._campaign.check, asked.number("row", 0)
        facts = checked.rows.facts.get(number) if checked.rows else None
        if facts is None or facts.planned is None:
            if checked.state == "reading":
                raise AppError("conflict", f"row {number} is still being checked", hint="Wait a moment")
            raise AppError("missing", f"row {number} can't be shown", hint="Choose another row")
        data = preview_data(preview_row(checked.report, checked.settings, facts.planned))
        pictures: JSON = {"host": service_address(self._campaign.options().service)}
        return visible_data({**data, "version": checked.version, "pictures": pictures})
