"""Calls about the template: its texts, their rendering for a row, and the columns that fill placeholders."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from merge.app.calls.asked import Answer, Asked, call, get, post
from merge.app.campaign import CONFIG_FILE, Campaign, text_or_none
from merge.app.config_edit import save_columns
from merge.app.errors import AppError
from merge.app.template_texts import TemplateTexts
from merge.model import JSON
from merge.reports.visible_text import visible_data


class TemplateCalls:
    """The calls, on one campaign."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign

    def routes(self) -> list[BaseRoute]:
        """Their routes."""
        return [
            get("/api/template", self.texts),
            Route("/api/template", call(self.save), methods=["PATCH"]),
            post("/api/template/try", self.try_out),
            post("/api/columns", self.map_columns),
        ]

    def _found(self) -> TemplateTexts:
        return TemplateTexts(self._campaign.template, self._campaign.check)

    def texts(self, asked: Asked) -> Answer:
        """`GET /api/template`. Control characters are kept, because its texts are edited and saved."""
        return self._found().to_json(asked.number("row", 0) or None)

    def try_out(self, asked: Asked) -> Answer:
        """`POST /api/template/try`: render a text that isn't saved for a row."""
        found, path, row = self._found(), text_or_none(asked.body, "path") or "", asked.body.get("row")
        source = found.joined(path, asked.body.get("pieces"))
        return visible_data(found.live(path, source, row)) if isinstance(row, int) else None

    def save(self, asked: Asked) -> Answer:
        """`PATCH /api/template`: save one text."""
        campaign, found = self._campaign, self._found()
        campaign.require_idle()
        if asked.body.get("version") != found.version:
            raise AppError(
                "conflict",
                "the template has changed in the meantime",
                hint="Check its texts again, and then make your change",
            )
        path, row = text_or_none(asked.body, "path") or "", asked.body.get("row")
        before = campaign.template.name
        name = found.save(path, found.joined(path, asked.body.get("pieces")), campaign.folder)
        if name == before:
            campaign.look_again()
        else:
            campaign.choose({"template": name})
        return self._found().to_json(
            row if isinstance(row, int) else None, saved_as=None if name == before else name
        )

    def map_columns(self, asked: Asked) -> Answer:
        """`POST /api/columns`: which column fills which placeholder."""
        campaign, chosen = self._campaign, asked.body.get("columns")
        campaign.require_idle()
        if not isinstance(chosen, dict):
            raise AppError("input", "no columns were chosen", hint="Choose a column for each placeholder")
        columns = {name: text_or_none(chosen, name) for name in chosen}
        save_columns(campaign.folder.path / CONFIG_FILE, columns)
        campaign.look_again()
        answer: JSON = campaign.state()
        return visible_data(answer)
