"""A running simulator with a clock that is set by hand."""

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
"""A video takes this many seconds plus or minus a tenth."""


@dataclass
class HandClock:
    """Epoch seconds, set by hand."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@dataclass
class StandIn:
    """A running simulator and a client of it."""

    client: httpx.Client
    base_url: str
    clock: HandClock
    seconds: float

    def call(self, method: str, path: str, body: JSON = None) -> httpx.Response:
        """Call the editor API."""
        return self.client.request(method, f"{API}{path}", json=body)

    def data(self, method: str, path: str, body: JSON = None) -> JSON:
        """Make a call that succeeds and return its data."""
        answer = self.call(method, path, body)
        assert answer.status_code == 200, answer.text
        envelope = answer.json()
        assert envelope["success"] is True, envelope
        return given(envelope["data"])

    def fields(self, method: str, path: str, body: JSON = None) -> dict[str, JSON]:
        """Make a call whose data is an object."""
        data = self.data(method, path, body)
        assert isinstance(data, dict)
        return data

    def submit(self, text: str = SEED) -> str:
        """Submit a project as text and return its id."""
        answer = self.client.post(f"{API}/editor/project", content=text)
        assert answer.json()["success"] is True, answer.text
        return str(answer.json()["data"]["projectId"])

    def progress(self, project_id: str) -> dict[str, JSON]:
        """Return the progress of a project."""
        return self.fields("GET", f"/editor/progress/{project_id}")

    def listed(self) -> list[dict[str, JSON]]:
        """Return the project list."""
        data = self.data("GET", "/editor/projects")
        assert isinstance(data, list)
        return [line for line in data if isinstance(line, dict)]

    def finish(self) -> None:
        """Advance the clock to the end of all exports."""
        self.clock.now += self.seconds * LONGER_THAN_ANY

    def error(self, method: str, path: str, body: JSON = None) -> tuple[int, str]:
        """Make a call that is refused; return its status and its error's text."""
        return refusal(self.call(method, path, body))


@contextmanager
def stand_in(settings: SimulatorSettings | None = None, *, key: str = "some-key") -> Iterator[StandIn]:
    """Run a simulator; by default its videos take 100 s."""
    chosen = settings or SimulatorSettings(seconds=100)
    clock = HandClock()
    with (
        Simulator(chosen, clock=clock) as simulator,
        httpx.Client(base_url=simulator.base_url, headers={"Authorization": key}, trust_env=False) as client,
    ):
        yield StandIn(client, simulator.base_url, clock, chosen.seconds)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the error's text of a refused call."""
    envelope = answer.json()
    assert envelope["success"] is False
    assert set(envelope) == {"success", "error"}
    assert isinstance(envelope["error"]["code"], str)
    return answer.status_code, str(envelope["error"]["msg"])


def given(value: JSON) -> JSON:
    """Return the value with the type `JSON`."""
    return value


def kept(path: Path) -> SimulatorSettings:
    """Return settings with a state file."""
    return replace(SimulatorSettings(seconds=100), state_file=path)
