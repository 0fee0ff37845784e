"""The simulator's state file, and restarts from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import InputError
from merge.services.simulator import SimulatorSettings
from merge.services.simulator.state import Event, EventKind, StateFile
from tests.support.simulator_process import SEED, kept, stand_in

EVENTS = st.builds(
    Event,
    st.sampled_from(EventKind),
    st.text(),
    st.text(),
    st.floats(0, 1e10),
    st.booleans(),
    st.text(),
)


def test_the_state_file_has_the_exact_request(tmp_path: Path) -> None:
    """The line of an accepted project has its id, name, time and the exact text of the request."""
    state = tmp_path / "new" / "state.jsonl"
    with stand_in(kept(state)) as service:
        project_id = service.submit()
        at = service.clock.now
        # The line is written before the response.
        line = json.loads(state.read_text(encoding="utf-8"))
    assert line == {
        "event": "accepted",
        "id": project_id,
        "name": "Test Project Using Api",
        "at": at,
        "draft": False,
        "body": SEED,
    }


def test_a_refused_project_leaves_no_line(tmp_path: Path) -> None:
    """It isn't in the state file."""
    state = tmp_path / "state.jsonl"
    with stand_in(kept(state)) as service:
        service.error("POST", "/editor/project", {"scenes": []})
    assert state.read_bytes() == b""


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    """After a restart every project has the progress that the clock gives, exports of drafts included."""
    state = tmp_path / "state.jsonl"
    with stand_in(kept(state)) as service:
        ids = [service.submit() for _ in range(3)]
        draft = service.submit('{"isExport": false,' + SEED.lstrip()[1:])
        exported = service.submit('{"isExport": false,' + SEED.lstrip()[1:])
        service.clock.now += 30
        service.data("POST", "/editor/project/export", {"projectId": exported, "resolution": "480"})
        every = [*ids, draft, exported]
        before = [service.data("GET", f"/editor/project/{one}") for one in every]
        now = service.clock.now
        url = service.base_url
    with stand_in(kept(state)) as service:
        service.clock.now = now
        after = [service.data("GET", f"/editor/project/{one}") for one in every]
        assert json.dumps(before).replace(url, "") == json.dumps(after).replace(service.base_url, "")
        service.submit()
        service.finish()
        assert len(service.listed()) == 5
    events = [json.loads(line)["event"] for line in state.read_text(encoding="utf-8").splitlines()]
    assert events == ["accepted"] * 5 + ["exported", "accepted"]


def test_an_incomplete_last_line_is_removed(tmp_path: Path) -> None:
    """A crash may leave such a line."""
    state = tmp_path / "state.jsonl"
    with stand_in(kept(state)) as service:
        first = service.submit()
    with state.open("a", encoding="utf-8") as file:
        file.write('{"event": "accepted", "id": "sim')
    with stand_in(kept(state)) as service:
        second = service.submit()
        assert service.progress(first) == {"progress": 0.0}
    assert [json.loads(line)["id"] for line in state.read_text(encoding="utf-8").splitlines()] == [
        first,
        second,
    ]


@pytest.mark.parametrize("damage", ["{", '{"event": "accepted"}', "[]", '{"event": "eaten"}'])
def test_an_invalid_line_is_refused(damage: str, tmp_path: Path) -> None:
    """The error gives its position, and the file isn't changed."""
    state = tmp_path / "state.jsonl"
    state.write_text(damage + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught, stand_in(kept(state)):
        pass
    assert caught.value.place == f"{state}:1"
    assert "delete this one" in caught.value.hint
    assert state.read_text(encoding="utf-8") == damage + "\n"


@pytest.mark.parametrize("notes", ["Call Ada back", '{"event": "accepted"}\nCall Ada back'])
def test_a_file_of_another_kind_is_left_alone(notes: str, tmp_path: Path) -> None:
    """A text file without a line break at its end isn't mistaken for a state file."""
    state = tmp_path / "notes.txt"
    state.write_text(notes, encoding="utf-8")
    with pytest.raises(InputError, match="didn't write this line"), stand_in(kept(state)):
        pass
    assert state.read_text(encoding="utf-8") == notes


@pytest.mark.parametrize("torn", ["", "{", '{"event": "acc'])
def test_the_last_line_may_be_truncated_anywhere(torn: str, tmp_path: Path) -> None:
    """The file stays usable, whatever a crash left of the last line."""
    state = tmp_path / "state.jsonl"
    state.write_text(torn, encoding="utf-8")
    with stand_in(kept(state)) as service:
        project_id = service.submit()
    assert json.loads(state.read_text(encoding="utf-8"))["id"] == project_id


def test_an_unusable_path_is_refused(tmp_path: Path) -> None:
    """A path that can't be opened is refused with a hint."""
    with pytest.raises(InputError) as caught, stand_in(kept(tmp_path)):
        pass
    assert caught.value.place == str(tmp_path)
    assert "--state" in caught.value.hint


@given(st.lists(EVENTS))
def test_events_round_trip(tmp_path_factory: pytest.TempPathFactory, events: list[Event]) -> None:
    """Every event is read the way it was written, whatever its texts contain."""
    path = tmp_path_factory.mktemp("log") / "state.jsonl"
    with StateFile(path) as state_file:
        for event in events:
            state_file.append(event)
    with StateFile(path) as state_file:
        assert list(state_file.events()) == events


def test_the_export_of_an_unknown_project_changes_nothing(tmp_path: Path) -> None:
    """An export of a project that isn't in the state file is ignored."""
    path = tmp_path / "state.jsonl"
    with StateFile(path) as state_file:
        state_file.append(Event(EventKind.EXPORTED, "sim1", "", 0.0, False, "{}"))
    with stand_in(SimulatorSettings(state_file=path, list_shows="all")) as service:
        assert service.listed() == []
