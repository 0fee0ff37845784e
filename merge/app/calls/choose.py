"""Calls about the folder and the choices in it: state, events, files, uploads."""

from __future__ import annotations

import threading

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from merge.app.calls.asked import NEVER_CACHED, Answer, Asked, get, post
from merge.app.campaign import Campaign
from merge.app.guard import UPLOAD_PATH
from merge.reports.visible_text import visible_data


class ChooseCalls:
    """The calls, on one campaign."""

    def __init__(self, campaign: Campaign, stop: threading.Event) -> None:
        self._campaign = campaign
        self._stop = stop

    def routes(self) -> list[BaseRoute]:
        """Their routes."""
        return [
            get("/api/state", self.state),
            Route("/api/events", self.events),
            get("/api/folder", self.folder),
            post("/api/choice", self.choose),
            post("/api/preferences", self.prefer),
            post(UPLOAD_PATH, self.upload, status=201),
            post("/api/quit", self.quit),
        ]

    def state(self, _asked: Asked) -> Answer:
        """`GET /api/state`."""
        return visible_data(self._campaign.state())

    async def events(self, _request: Request) -> Response:
        """`GET /api/events`: server-sent events."""
        stream = self._campaign.events.stream(self._campaign.state)
        return StreamingResponse(stream, media_type="text/event-stream", headers=NEVER_CACHED)

    def folder(self, _asked: Asked) -> Answer:
        """`GET /api/folder`."""
        campaign = self._campaign
        listing = campaign.folder.listing(campaign.listing_options())
        here = str(campaign.folder.path)
        listing["recent"] = [{**each, "here": each.get("path") == here} for each in campaign.user.recent()]
        return visible_data(listing)

    def choose(self, asked: Asked) -> Answer:
        """`POST /api/choice`."""
        self._campaign.choose(asked.body)
        return visible_data(self._campaign.state())

    def prefer(self, asked: Asked) -> Answer:
        """`POST /api/preferences`."""
        match asked.body.get("pictures"):
            case bool() as answer:
                self._campaign.user.prefer(pictures=answer)
            case _:
                pass
        match asked.body.get("name"):
            case str(name):
                self._campaign.user.prefer(name=name[:80])
            case _:
                pass
        self._campaign.publish_state()
        return visible_data(self._campaign.state())

    def upload(self, asked: Asked) -> Answer:
        """`POST /api/upload?name=…`: a file that was dropped on the page."""
        saved = self._campaign.folder.put(asked.query.get("name", ""), asked.content)
        self._campaign.events.publish("folder", {})
        return {"file": saved.name}

    def quit(self, _asked: Asked) -> Answer:
        """`POST /api/quit`: end the app."""
        self._stop.set()
        return Response(status_code=204)
