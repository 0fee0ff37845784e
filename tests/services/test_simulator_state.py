"""The stand-in's memory: the state file, and what a restart makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import InputError
from merge.model import JSON
from merge.services.simulator.projects import Event, Happening, Projects
from merge.services.simulator.state_file import Logbook
from tests.support.simulator_process import SEED, kept, stand_in

EVENTS = st.builds(
    Event,
    st.sampled_from(Happening),
    st.text(),
    st.text(),
    st.floats(0, 1e10),
    st.booleans(),
    st.text(),
    st.text(),
)


def test_log_keeps_the_request_to_the_last_digit(tmp_path: Path) -> None:
    """An accepted project's line holds its id, name, time and the exact text of the request."""
    state = tmp_path / "new" / "state.jsonl"
    with stand_in(kept(state)) as service:
        project_id = service.submit()
        at = service.clock.now
        # The line is there before the answer.
        line = json.loads(state.read_text(encoding="utf-8"))
    assert line == {
        "event": "accepted",
        "id": project_id,
        "name": "Test Project Using Api",
        "at": at,
        "draft": False,
        "body": SEED,
        "call": "project",
    }


def test_refused_project_leaves_no_line(tmp_path: Path) -> None:
    """What is not accepted is not in the log."""
    state = tmp_path / "state.jsonl"
    with stand_in(kept(state)) as service:
        service.error("POST", "/editor/project", {"scenes": []})
    assert state.read_bytes() == b""


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    """After a restart every project is as far as the clock says, edits and deletions included."""
    state = tmp_path / "state.jsonl"
    with stand_in(kept(state)) as service:
        ids = [service.submit() for _ in range(3)]
        draft = service.submit('{"isExport": false,' + SEED.lstrip()[1:])
        exported = service.submit('{"isExport": false,' + SEED.lstrip()[1:])
        made = str(service.fields("POST", "/editor/template/simtemplate01", {})["projectId"])
        said: JSON = {"language": "en", "text": "Hi.", "model": "M1", "clothes": "C1"}
        simple = str(service.fields("POST", "/simple/video", said)["projectId"])
        service.data("DELETE", "/editor/project", {"ids": [ids[0]]})
        service.clock.now += 30
        edit: JSON = {"updates": [{"sceneIdx": 0, "type": "aiModel", "values": {"script": "New."}}]}
        service.data("POST", f"/editor/project/{ids[1]}", edit)
        service.data("POST", "/editor/project/export", {"projectId": exported, "resolution": "480"})
        every = [*ids[1:], draft, exported, made, simple]
        before = [service.data("GET", f"/editor/project/{one}") for one in every]
        now = service.clock.now
        url = service.base_url
    with stand_in(kept(state)) as service:
        service.clock.now = now
        after = [service.data("GET", f"/editor/project/{one}") for one in every]
        assert json.dumps(before).replace(url, "") == json.dumps(after).replace(service.base_url, "")
        assert service.call("GET", f"/editor/progress/{ids[0]}").status_code == 404
        service.submit()
        service.finish()
        assert len(service.listed()) == 5
    events = [json.loads(line)["event"] for line in state.read_text(encoding="utf-8").splitlines()]
    assert events == ["accepted"] * 7 + ["deleted", "edited", "exported", "accepted"]


def test_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    """A last line without its end, from a crash, is forgotten, and the next one begins afresh."""
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
def test_foreign_line_is_refused(damage: str, tmp_path: Path) -> None:
    """A file with a line that is not the stand-in's is refused by its place, and left as it is."""
    state = tmp_path / "state.jsonl"
    state.write_text(damage + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught, stand_in(kept(state)):
        pass
    assert caught.value.place == f"{state}:1"
    assert "delete this one" in caught.value.hint
    assert state.read_text(encoding="utf-8") == damage + "\n"


@pytest.mark.parametrize("notes", ["Call Ada back", '{"event": "accepted"}\nCall Ada back'])
def test_file_of_another_kind_is_left_alone(notes: str, tmp_path: Path) -> None:
    """A file without a line break at its end is not taken for a torn state file."""
    state = tmp_path / "notes.txt"
    state.write_text(notes, encoding="utf-8")
    with pytest.raises(InputError, match="not one of the stand-in service's"), stand_in(kept(state)):
        pass
    assert state.read_text(encoding="utf-8") == notes


@pytest.mark.parametrize("torn", ["", "{", '{"event": "acc'])
def test_line_may_be_torn_anywhere(torn: str, tmp_path: Path) -> None:
    """Whatever a crash left of the last line, the file serves on."""
    state = tmp_path / "state.jsonl"
    state.write_text(torn, encoding="utf-8")
    with stand_in(kept(state)) as service:
        project_id = service.submit()
    assert json.loads(state.read_text(encoding="utf-8"))["id"] == project_id


def test_unusable_path_is_refused(tmp_path: Path) -> None:
    """A path that cannot be opened is refused with its cure."""
    with pytest.raises(InputError) as caught, stand_in(kept(tmp_path)):
        pass
    assert caught.value.place == str(tmp_path)
    assert "--state" in caught.value.hint


@given(st.lists(EVENTS))
def test_log_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event]
) -> None:
    """Every event is read as it was written, whatever its texts hold."""
    path = tmp_path_factory.mktemp("log") / "state.jsonl"
    with Logbook(path) as logbook:
        for event in events:
            logbook.append(event)
    with Logbook(path) as logbook:
        assert list(logbook.past()) == events


def test_event_that_does_not_fit_changes_nothing() -> None:
    """A change to a project that is not there, and a request that makes none, are passed over."""
    projects = Projects()
    for event in (
        Event(Happening.EDITED, "sim1", "", 0.0, False, "{}"),
        Event(Happening.EXPORTED, "sim1", "", 0.0, False, "{}"),
        Event(Happening.DELETED, "sim1", "", 0.0, False, "{}"),
        Event(Happening.ACCEPTED, "sim1", "", 0.0, False, "{}", "simple"),
    ):
        projects.apply(event)
    assert list(projects) == []
    projects.apply(Event(Happening.ACCEPTED, "sim1", "", 0.0, False, '{"scenes": []}'))
    projects.apply(Event(Happening.EDITED, "sim1", "", 9.0, False, '{"updates": 7}'))
    assert [(project.name, project.updated) for project in projects] == [("Default Template", 0.0)]
