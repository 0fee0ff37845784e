"""Calls about making videos: the plan, and the run from its start to its end."""

from __future__ import annotations

from collections.abc import Callable

from starlette.routing import BaseRoute

from merge.app.calls.asked import Answer, Asked, get, post
from merge.app.campaign import Campaign
from merge.app.making import MakeRequest, plan_making
from merge.app.run import Runs
from merge.model import JSON
from merge.reports.visible_text import visible_data


class MakeCalls:
    """The calls, on one campaign and its runs."""

    def __init__(self, campaign: Campaign, runs: Runs) -> None:
        self._campaign = campaign
        self._runs = runs

    def routes(self) -> list[BaseRoute]:
        """Their routes."""
        return [
            get("/api/plan", self.plan),
            get("/api/run", _without_arguments(self._runs.state)),
            post("/api/run", self.start, status=202),
            post("/api/run/pause", _without_arguments(self._runs.pause)),
            post("/api/run/resume", _without_arguments(self._runs.resume), status=202),
            post("/api/run/stop", _without_arguments(self._runs.end)),
            post("/api/drafts", _without_arguments(self._runs.export_drafts), status=202),
            post("/api/follow", _without_arguments(self._runs.follow), status=202),
        ]

    def plan(self, asked: Asked) -> Answer:
        """`GET /api/plan`: what would be made, with its costs."""
        making = plan_making(self._campaign, MakeRequest.of(dict(asked.query)))
        return visible_data(making.to_json(self._campaign.lock()))

    def start(self, asked: Asked) -> Answer:
        """`POST /api/run`: start a run."""
        version = asked.body.get("version")
        known = version if isinstance(version, int) and not isinstance(version, bool) else None
        code = asked.body.get("code")
        seen = code if isinstance(code, str) else None
        return visible_data(self._runs.start(MakeRequest.of(asked.body), known, seen))


def _without_arguments(work: Callable[[], JSON]) -> Callable[[Asked], Answer]:
    return lambda _asked: visible_data(work())
