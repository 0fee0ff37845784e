"""The stand-in service, call by call, over real HTTP."""

from __future__ import annotations

import json
import shutil
import subprocess

import httpx
import pytest

from merge.model import JSON
from merge.services.simulator import SimulatorSettings
from tests.support.simulator_process import API, SEED, StandIn, refusal, stand_in

SIMPLE: JSON = {"language": "en", "text": "Hello.", "model": "M000045058", "clothes": "BG00002320"}


def test_seed_curl_call_finishes_a_video() -> None:
    """The service's own curl call, word for word but for the host, makes a video that can be fetched."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    with stand_in() as service:
        common = [
            "-s",
            "--noproxy",
            "*",
            "-H",
            "Authorization: key-1",
            "-H",
            "Content-Type: application/json",
        ]
        project = [f"{service.base_url}{API}/editor/project", *common, "-X", "POST", "-d", SEED]
        created = json.loads(subprocess.run([curl, *project], check=True, capture_output=True).stdout)
        service.finish()
        key = created["data"]["projectId"]
        progress = [f"{service.base_url}/api/odin/editor/progress/{key}", *common, "-X", "GET"]
        seen = json.loads(subprocess.run([curl, *progress], check=True, capture_output=True).stdout)
    assert seen["success"] is True
    assert seen["data"]["state"] == "finish"
    assert seen["data"]["downloadUrl"] == f"{service.base_url}/videos/{key}.mp4"


def test_project_id_shows_that_the_video_is_simulated() -> None:
    """An id begins with `sim` and is as long as the service's."""
    with stand_in() as service:
        ids = {service.submit(), service.submit()}
    assert len(ids) == 2
    assert all(one.startswith("sim") and len(one) == 24 for one in ids)


def test_progress_is_a_matter_of_time() -> None:
    """Progress grows with the clock, never goes back, and names an address only at the end."""
    seen: list[dict[str, JSON]] = []
    with stand_in() as service:
        project_id = service.submit()
        for _ in range(13):
            seen.append(service.progress(project_id))
            service.clock.now += 10
    percents = [percent for step in seen if isinstance(percent := step["progress"], float)]
    assert len(percents) == len(seen)
    assert percents == sorted(percents)
    assert percents[0] == 0.0
    assert percents[-1] == 100.0
    assert all(("downloadUrl" in step) == (step["progress"] == 100) for step in seen)
    assert [step.get("state") for step in seen[:3]] == [None, "progress", "progress"]
    assert seen[-1]["state"] == "finish"


def test_both_progress_addresses_say_the_same() -> None:
    """The seed's address for progress and the reference's give one answer."""
    with stand_in() as service:
        project_id = service.submit()
        service.clock.now += 50
        older = service.client.get(f"/api/odin/editor/progress/{project_id}").json()["data"]
        assert older == service.progress(project_id)


def test_list_shows_only_what_can_be_downloaded() -> None:
    """A project that still renders, and a draft, are missing from the list under both its addresses."""
    with stand_in() as service:
        project_id = service.submit()
        service.submit('{"isExport": false,' + SEED.lstrip()[1:])
        assert service.listed() == []
        service.finish()
        url = f"{service.base_url}/videos/{project_id}.mp4"
        line = {"id": project_id, "name": "Test Project Using Api", "state": "exported", "download_url": url}
        assert service.listed() == [line]
        assert service.data("GET", "/editor/project") == [line]


def test_list_can_show_everything() -> None:
    """On demand the list names drafts and what still renders, without an address."""
    with stand_in(SimulatorSettings(seconds=100, list_shows="all")) as service:
        service.submit()
        service.submit('{"isExport": false,' + SEED.lstrip()[1:])
        listed = service.listed()
    assert sorted(str(line["state"]) for line in listed) == ["draft", "progress"]
    assert all(line["download_url"] is None for line in listed)


def test_list_is_in_no_useful_order() -> None:
    """The list follows neither the time of submission nor its reverse."""
    with stand_in() as service:
        ids = [service.submit() for _ in range(12)]
        service.finish()
        listed = [line["id"] for line in service.listed()]
    assert sorted(ids) == sorted(map(str, listed))
    assert listed not in (ids, ids[::-1])


def test_project_is_read_with_its_scenes() -> None:
    """A project comes back with its scenes, its state and the service's own fields."""
    with stand_in() as service:
        project_id = service.submit()
        service.finish()
        project = service.fields("GET", f"/editor/project/{project_id}")["project"]
    assert isinstance(project, dict)
    assert project["_id"] == project_id
    assert project["scenes"] == json.loads(SEED)["scenes"]
    assert project["state"] == "exported"
    assert project["progress"] == 100
    assert project["creditSubstracted"] is True
    assert project["download_url"] == f"{service.base_url}/videos/{project_id}.mp4"
    assert project["createdAt"] == "2027-01-15T08:00:00.000Z"
    task = project["backendTaskId"]
    assert isinstance(task, str)
    assert project_id[3:] not in task


def test_draft_waits_for_its_export() -> None:
    """A project with `isExport` false stays a draft until it is exported."""
    with stand_in() as service:
        draft = service.submit('{"isExport": false,' + SEED.lstrip()[1:])
        service.finish()
        assert service.progress(draft) == {"progress": 0.0, "state": "draft"}
        answer = service.data("POST", "/editor/project/export", {"projectId": draft, "resolution": "720"})
        assert answer == {"projectId": draft}
        assert "downloadUrl" not in service.progress(draft)
        service.finish()
        assert service.progress(draft)["state"] == "finish"
        project = service.fields("GET", f"/editor/project/{draft}")["project"]
    assert isinstance(project, dict)
    assert project["resolution"] == "720"


@pytest.mark.parametrize(
    "updates",
    [
        pytest.param(
            {"value": [{"sceneIdx": 0, "type": "aiModel", "values": {"script": {"org": "New."}}}]}, id="table"
        ),
        pytest.param([{"sceneIdx": 0, "type": "aiModel", "values": {"script": "New."}}], id="sample"),
    ],
)
def test_edit_changes_and_exports_again(updates: JSON) -> None:
    """An edit reaches the clips of its scene and type, leaves the rest, and begins a new export."""
    with stand_in() as service:
        project_id = service.submit()
        service.finish()
        answer = service.data("POST", f"/editor/project/{project_id}", {"updates": updates})
        assert answer == {"projectId": project_id}
        assert service.progress(project_id) == {"progress": 0.0}
        project = service.fields("GET", f"/editor/project/{project_id}")["project"]
    wanted = json.loads(SEED)["scenes"]
    wanted[0]["clips"][0]["script"]["org"] = "New."
    assert isinstance(project, dict)
    assert project["scenes"] == wanted


def test_edit_can_leave_a_draft() -> None:
    """An edit with `isExport` false only saves."""
    with stand_in() as service:
        project_id = service.submit()
        service.data("POST", f"/editor/project/{project_id}", {"updates": {"value": []}, "isExport": False})
        assert service.progress(project_id)["state"] == "draft"


def test_delete_counts_what_there_was() -> None:
    """Deleted projects are gone; unknown and doubled ids are not counted."""
    with stand_in() as service:
        gone, stays = service.submit(), service.submit()
        answer = service.data("DELETE", "/editor/project", {"ids": [gone, gone, "sim-unknown", 7]})
        assert answer == {"deletedCount": 1}
        assert service.error("GET", f"/editor/progress/{gone}") == (404, "There is no such project.")
        assert service.progress(stays) == {"progress": 0.0}


def test_simple_video_is_exported() -> None:
    """One avatar's line makes a video, as the published clients expect."""
    with stand_in() as service:
        project_id = service.fields("POST", "/simple/video", SIMPLE)["projectId"]
        service.finish()
        assert service.progress(str(project_id))["progress"] == 100


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"aiName": "M000004017", "clothId": "BG00006160", "name": "Mine"}, id="table"),
        pytest.param({"model": "M000004017", "clothes": "BG00006160", "name": "Mine"}, id="sample"),
    ],
)
def test_template_makes_a_draft(body: JSON) -> None:
    """A template makes a project with the avatar asked for, which is not exported."""
    with stand_in() as service:
        project_id = service.fields("POST", "/editor/template/simtemplate01", body)["projectId"]
        assert service.progress(str(project_id))["state"] == "draft"
        project = service.fields("GET", f"/editor/project/{project_id}")["project"]
    assert isinstance(project, dict)
    assert project["name"] == "Mine"
    assert '"ai_name": "M000004017"' in json.dumps(project)


def test_template_needs_no_body() -> None:
    """A template without a body makes a project with the template's own name and avatar."""
    with stand_in() as service:
        answer = service.client.post(f"{API}/editor/template/simtemplate02").json()
        project = service.fields("GET", f"/editor/project/{answer['data']['projectId']}")["project"]
    assert isinstance(project, dict)
    assert project["name"] == "Product Launch"


def test_models_know_the_seed_avatar() -> None:
    """The models list holds the avatar and the clothes of the service's own example."""
    with stand_in() as service:
        models = service.fields("GET", "/model")["models"]
        short = service.data("GET", "/dropdown/models")
    assert isinstance(models, list)
    clothes = {
        str(model["id"]): [worn["id"] for worn in model["clothes"] if isinstance(worn, dict)]
        for model in models
        if isinstance(model, dict) and isinstance(model["clothes"], list)
    }
    assert "BG00002320" in clothes["M000045058"]
    assert isinstance(short, list)
    assert {"id": "M000045058", "label": "Jonathan", "avatarType": "studio"} in short


@pytest.mark.parametrize(
    ("path", "names"),
    [
        pytest.param("/dropdown/templates_business", {"id", "name"}, id="templates"),
        pytest.param("/dropdown/workspaces", {"workspaceId", "workspaceName"}, id="workspaces"),
    ],
)
def test_dropdowns_have_their_fields(path: str, names: set[str]) -> None:
    """Templates and workspaces come as the reference names their fields."""
    with stand_in() as service:
        lines = service.data("GET", path)
    assert isinstance(lines, list)
    assert lines
    assert all(isinstance(line, dict) and set(line) == names for line in lines)


def finished_video(service: StandIn) -> str:
    """Make a video; its address."""
    project_id = service.submit()
    service.finish()
    return str(service.progress(project_id)["downloadUrl"])


def test_video_is_a_real_one_and_needs_no_key() -> None:
    """The download is a small MP4 of the announced length, given to anybody."""
    with stand_in() as service:
        answer = httpx.get(finished_video(service), trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "video/mp4"
    assert int(answer.headers["content-length"]) == len(answer.content) < 20_000
    assert answer.content[4:8] == b"ftyp"


def test_video_comes_in_parts() -> None:
    """A range of the video is answered with 206, one beyond its end with 416."""
    with stand_in() as service:
        url = finished_video(service)
        whole = httpx.get(url, trust_env=False).content
        part = httpx.get(url, headers={"Range": "bytes=4-7"}, trust_env=False)
        beyond = httpx.get(url, headers={"Range": "bytes=999999-"}, trust_env=False)
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert part.headers["content-range"] == f"bytes 4-7/{len(whole)}"
    assert beyond.status_code == 416


def boxes(content: bytes) -> dict[bytes, bytes]:
    """The boxes of an MP4 (ISO 14496-12, 4.2), which fill it without a gap."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4])
        assert 8 <= size <= len(content) - at
        found[content[at + 4 : at + 8]] = content[at + 8 : at + size]
        at += size
    return found


def test_video_is_put_together_as_a_player_wants_it() -> None:
    """The parts of the video fill it exactly, the index comes before the pictures, and points into them."""
    with stand_in() as service:
        content = httpx.get(finished_video(service), trust_env=False).content
    parts = boxes(content)
    assert list(parts)[:2] == [b"ftyp", b"moov"]
    index = parts[b"moov"]
    assert index.count(b"trak") == 2
    assert {b"avc1", b"mp4a"} <= {index[at : at + 4] for at in range(len(index))}
    offsets = index.index(b"stco") + 12
    first = int.from_bytes(index[offsets : offsets + 4])
    start = content.index(b"mdat") + 4
    assert start <= first < start + len(parts[b"mdat"])


def test_no_video_before_the_end() -> None:
    """The video's address is not found while it renders, nor for an unknown id."""
    with stand_in() as service:
        project_id = service.submit()
        early = service.client.get(f"/videos/{project_id}.mp4")
        unknown = service.client.get("/videos/sim0.mp4")
    assert [refusal(answer)[0] for answer in (early, unknown)] == [404, 404]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        pytest.param("GET", "/editor/progress/sim0", None, 404, "no such project", id="progress"),
        pytest.param("GET", "/editor/project/sim0", None, 404, "no such project", id="read"),
        pytest.param("POST", "/editor/project/sim0", {}, 404, "no such project", id="edit"),
        pytest.param(
            "POST", "/editor/project/export", {"projectId": "x"}, 404, "no such project", id="export"
        ),
        pytest.param("POST", "/editor/template/none", {}, 404, "no such template", id="template"),
        pytest.param("GET", "/nothing", None, 404, "no such call", id="call"),
        pytest.param("DELETE", "/model", None, 405, "no such call", id="method"),
        pytest.param(
            "POST", "/editor/project/export", {}, 200, "projectId is required", id="export without id"
        ),
        pytest.param("DELETE", "/editor/project", {"ids": "x"}, 200, "ids must be a list", id="delete"),
        pytest.param(
            "DELETE", "/editor/project", [], 400, "must be a JSON object", id="delete without object"
        ),
        pytest.param(
            "POST", "/simple/video", {"language": "en"}, 200, "text, model, clothes must be", id="simple"
        ),
        pytest.param(
            "POST", "/editor/template/simtemplate01", {"aiName": 7}, 200, "must be texts", id="avatar"
        ),
        pytest.param("POST", "/auth/token", {"appId": "a"}, 200, "userKey are required", id="token"),
        pytest.param("POST", "/auth/token", [], 400, "must be a JSON object", id="token without object"),
    ],
)
def test_senseless_call_is_refused(method: str, path: str, body: JSON, status: int, words: str) -> None:
    """What cannot be found or makes no sense is refused in the service's error form."""
    with stand_in() as service:
        seen, message = service.error(method, path, body)
    assert seen == status
    assert words in message


@pytest.mark.parametrize(
    "path", ["/editor/project", "/editor/project/export", "/editor/project/sim0", "/simple/video"]
)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"name": ', id="torn"),
        pytest.param(b'{"name": NaN}', id="NaN"),
        pytest.param(b'{"name": "\xff"}', id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="too deep"),
    ],
)
def test_malformed_body_is_refused(path: str, body: bytes) -> None:
    """A body that is not well-formed JSON is answered with 400."""
    with stand_in() as service:
        answer = service.client.post(f"{API}{path}", content=body)
    assert refusal(answer) == (400, "The body is not well-formed JSON.")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param({"projectId": "ID", "resolution": "9k"}, "resolution", id="export"),
    ],
)
def test_senseless_export_is_refused(body: dict[str, JSON], words: str) -> None:
    """An export with an unknown resolution is refused."""
    with stand_in() as service:
        project_id = service.submit()
        seen = service.error("POST", "/editor/project/export", {**body, "projectId": project_id})
    assert seen[0] == 200
    assert words in seen[1]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param({"updates": "x"}, "updates.value must be a list", id="no list"),
        pytest.param({"updates": [{"sceneIdx": 0}]}, "updates.value[0] does not fit", id="no type"),
        pytest.param(
            {"updates": {"value": [{"sceneIdx": 9, "type": "aiModel", "values": {}}]}},
            "does not fit",
            id="no scene",
        ),
        pytest.param(
            {"updates": [{"sceneIdx": 0, "type": "aiModel", "values": {"script": " "}}]},
            "nothing to say",
            id="empty",
        ),
        pytest.param({"isExport": "no"}, "isExport must be true or false", id="isExport"),
    ],
)
def test_senseless_edit_is_refused(body: JSON, words: str) -> None:
    """An edit that does not fit its project is refused and changes nothing."""
    with stand_in() as service:
        project_id = service.submit()
        before = service.data("GET", f"/editor/project/{project_id}")
        status, message = service.error("POST", f"/editor/project/{project_id}", body)
        assert service.data("GET", f"/editor/project/{project_id}") == before
    assert status == 200
    assert words in message


def test_lone_surrogate_survives() -> None:
    """A character that UTF-8 has no form for comes back as the escape that it came as."""
    with stand_in() as service:
        project_id = service.submit(
            '{"name": "a\\ud800b",' + SEED.replace('"name": "Test', '"was": "Test').lstrip()[1:]
        )
        answer = service.client.get(f"{API}/editor/project/{project_id}")
    assert b'"name": "a\\ud800b"' in answer.content
