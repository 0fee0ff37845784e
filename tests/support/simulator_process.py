"""A stand-in service at work, with a clock that is set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from merge.model import JSON
from merge.services.simulator import Simulator, SimulatorSettings
from tests.support.paths import DATA

API = "/api/odin/v3"
SEED = (DATA / "seed_project.json").read_text(encoding="utf-8")
LONGER_THAN_ANY = 1.2
"""A video takes its seconds give or take a tenth."""


@dataclass
class HandClock:
    """Epoch seconds, set by hand."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@dataclass
class StandIn:
    """A running stand-in, as its client sees it."""

    client: httpx.Client
    base_url: str
    clock: HandClock
    seconds: float

    def call(self, method: str, path: str, body: JSON = None) -> httpx.Response:
        """Make one call of the editor API."""
        return self.client.request(method, f"{API}{path}", json=body)

    def data(self, method: str, path: str, body: JSON = None) -> JSON:
        """Make one call that succeeds."""
        answer = self.call(method, path, body)
        assert answer.status_code == 200, answer.text
        envelope = answer.json()
        assert envelope["success"] is True, envelope
        return given(envelope["data"])

    def fields(self, method: str, path: str, body: JSON = None) -> dict[str, JSON]:
        """Make one call whose answer is an object."""
        data = self.data(method, path, body)
        assert isinstance(data, dict)
        return data

    def submit(self, text: str = SEED) -> str:
        """Hand over a project, as text."""
        answer = self.client.post(f"{API}/editor/project", content=text)
        assert answer.json()["success"] is True, answer.text
        return str(answer.json()["data"]["projectId"])

    def progress(self, project_id: str) -> dict[str, JSON]:
        """Ask how far a project is."""
        return self.fields("GET", f"/editor/progress/{project_id}")

    def listed(self) -> list[dict[str, JSON]]:
        """Ask for the project list."""
        data = self.data("GET", "/editor/projects")
        assert isinstance(data, list)
        return [line for line in data if isinstance(line, dict)]

    def finish(self) -> None:
        """Let all videos come to their end."""
        self.clock.now += self.seconds * LONGER_THAN_ANY

    def error(self, method: str, path: str, body: JSON = None) -> tuple[int, str]:
        """Make one call that is refused; its status and its error's text."""
        return refusal(self.call(method, path, body))


@contextmanager
def stand_in(settings: SimulatorSettings | None = None, *, key: str = "some-key") -> Iterator[StandIn]:
    """Run a stand-in whose videos take 100 s, unless told otherwise."""
    chosen = settings or SimulatorSettings(seconds=100)
    clock = HandClock()
    with (
        Simulator(chosen, clock=clock) as simulator,
        httpx.Client(base_url=simulator.base_url, headers={"Authorization": key}, trust_env=False) as client,
    ):
        yield StandIn(client, simulator.base_url, clock, chosen.seconds)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and the error's text of a refused call."""
    envelope = answer.json()
    assert envelope["success"] is False
    assert set(envelope) == {"success", "error"}
    assert isinstance(envelope["error"]["code"], str)
    return answer.status_code, str(envelope["error"]["msg"])


def given(value: JSON) -> JSON:
    """The same value, typed."""
    return value


def kept(path: Path) -> SimulatorSettings:
    """Settings that keep the state."""
    return replace(SimulatorSettings(seconds=100), state_file=path)
