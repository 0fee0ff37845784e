"""The simulator, call by call, over real HTTP."""

from __future__ import annotations

import json
import shutil
import subprocess

import httpx
import pytest

from merge.model import JSON
from merge.services.simulator import SimulatorSettings
from tests.support.simulator_process import API, SEED, StandIn, refusal, stand_in


def test_the_curl_call_from_the_introduction_makes_a_video() -> None:
    """The curl call from the service's introduction makes a video that can be downloaded."""
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


def test_the_project_id_shows_that_the_video_is_simulated() -> None:
    """An id starts with `sim` and is as long as the service's ids."""
    with stand_in() as service:
        ids = {service.submit(), service.submit()}
    assert len(ids) == 2
    assert all(one.startswith("sim") and len(one) == 24 for one in ids)


def test_progress_depends_on_the_clock() -> None:
    """Progress grows with the clock, never decreases, and has a download URL only at the end."""
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


def test_both_progress_paths_give_the_same_answer() -> None:
    """The older progress path and the one in the reference give the same answer."""
    with stand_in() as service:
        project_id = service.submit()
        service.clock.now += 50
        older = service.client.get(f"/api/odin/editor/progress/{project_id}").json()["data"]
        assert older == service.progress(project_id)


def test_the_list_shows_only_downloadable_videos() -> None:
    """Projects in progress and drafts are missing from the list, under both of its paths."""
    with stand_in() as service:
        project_id = service.submit()
        service.submit('{"isExport": false,' + SEED.lstrip()[1:])
        assert service.listed() == []
        service.finish()
        url = f"{service.base_url}/videos/{project_id}.mp4"
        line = {"id": project_id, "name": "Test Project Using Api", "state": "exported", "download_url": url}
        assert service.listed() == [line]
        assert service.data("GET", "/editor/project") == [line]


def test_the_list_can_show_everything() -> None:
    """With `list_shows="all"` the list includes drafts and projects in progress, without a URL."""
    with stand_in(SimulatorSettings(seconds=100, list_shows="all")) as service:
        service.submit()
        service.submit('{"isExport": false,' + SEED.lstrip()[1:])
        listed = service.listed()
    assert sorted(str(line["state"]) for line in listed) == ["draft", "progress"]
    assert all(line["download_url"] is None for line in listed)


def test_the_list_is_not_ordered_by_time() -> None:
    """The list is in neither the order of submission nor its reverse."""
    with stand_in() as service:
        ids = [service.submit() for _ in range(12)]
        service.finish()
        listed = [line["id"] for line in service.listed()]
    assert sorted(ids) == sorted(map(str, listed))
    assert listed not in (ids, ids[::-1])


def test_a_project_is_read_with_its_scenes() -> None:
    """A project is returned with its scenes, its state and the service's own fields."""
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


def test_a_draft_waits_for_its_export() -> None:
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


def test_the_model_list_has_the_example_avatar() -> None:
    """It contains the avatar and the clothes of the service's own example."""
    with stand_in() as service:
        models = service.fields("GET", "/model")["models"]
    assert isinstance(models, list)
    clothes = {
        str(model["id"]): [worn["id"] for worn in model["clothes"] if isinstance(worn, dict)]
        for model in models
        if isinstance(model, dict) and isinstance(model["clothes"], list)
    }
    assert "BG00002320" in clothes["M000045058"]


def test_workspaces_have_their_fields() -> None:
    """Workspaces have the fields that the reference names."""
    with stand_in() as service:
        workspaces = service.data("GET", "/dropdown/workspaces")
    assert isinstance(workspaces, list)
    assert workspaces
    assert all(
        isinstance(each, dict) and set(each) == {"workspaceId", "workspaceName"} for each in workspaces
    )


def finished_video(service: StandIn) -> str:
    """Make a video and return its URL."""
    project_id = service.submit()
    service.finish()
    return str(service.progress(project_id)["downloadUrl"])


def test_a_video_is_a_real_file_and_needs_no_key() -> None:
    """The download is a small MP4 of the announced length."""
    with stand_in() as service:
        answer = httpx.get(finished_video(service), trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "video/mp4"
    assert int(answer.headers["content-length"]) == len(answer.content) < 20_000
    assert answer.content[4:8] == b"ftyp"


def test_a_video_supports_ranges() -> None:
    """A range of the video is answered with 206, a range beyond its end with 416."""
    with stand_in() as service:
        url = finished_video(service)
        whole = httpx.get(url, trust_env=False).content
        part = httpx.get(url, headers={"Range": "bytes=4-7"}, trust_env=False)
        beyond = httpx.get(url, headers={"Range": "bytes=999999-"}, trust_env=False)
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert part.headers["content-range"] == f"bytes 4-7/{len(whole)}"
    assert beyond.status_code == 416


def boxes(content: bytes) -> dict[bytes, bytes]:
    """Return the boxes of an MP4 (ISO 14496-12, 4.2); they must fill it without gaps."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4])
        assert 8 <= size <= len(content) - at
        found[content[at + 4 : at + 8]] = content[at + 8 : at + size]
        at += size
    return found


def test_a_video_is_a_well_formed_mp4() -> None:
    """The boxes of the video fill it exactly, and its index comes before the data that it points to."""
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


def test_there_is_no_video_before_the_end() -> None:
    """The video's URL is a 404 before the end of its export and for an unknown id."""
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
        pytest.param(
            "POST", "/editor/project/export", {"projectId": "x"}, 404, "no such project", id="export"
        ),
        pytest.param("GET", "/nothing", None, 404, "no such call", id="call"),
        pytest.param("DELETE", "/model", None, 405, "no such call", id="method"),
        pytest.param(
            "POST", "/editor/project/export", {}, 200, "projectId is required", id="export without id"
        ),
        pytest.param(
            "POST", "/editor/project", [], 400, "must be a JSON object", id="project without object"
        ),
        pytest.param("POST", "/auth/token", {"appId": "a"}, 200, "userKey are required", id="token"),
        pytest.param("POST", "/auth/token", [], 400, "must be a JSON object", id="token without object"),
    ],
)
def test_an_invalid_call_is_refused(method: str, path: str, body: JSON, status: int, words: str) -> None:
    """Unknown ids, unknown calls and missing fields are refused in the service's error format."""
    with stand_in() as service:
        seen, message = service.error(method, path, body)
    assert seen == status
    assert words in message


@pytest.mark.parametrize("path", ["/editor/project", "/editor/project/export"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"name": ', id="truncated"),
        pytest.param(b'{"name": NaN}', id="NaN"),
        pytest.param(b'{"name": "\xff"}', id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="too deep"),
    ],
)
def test_a_malformed_body_is_refused(path: str, body: bytes) -> None:
    """A body that isn't well-formed JSON is answered with 400."""
    with stand_in() as service:
        answer = service.client.post(f"{API}{path}", content=body)
    assert refusal(answer) == (400, "The body is not well-formed JSON.")


def test_an_export_with_an_unknown_resolution_is_refused() -> None:
    """It is refused with HTTP 200, and the error names the field."""
    with stand_in() as service:
        project_id = service.submit()
        body: JSON = {"projectId": project_id, "resolution": "9k"}
        status, message = service.error("POST", "/editor/project/export", body)
    assert status == 200
    assert "resolution" in message


def test_a_lone_surrogate_is_preserved() -> None:
    """A lone surrogate is returned as the JSON escape that was sent."""
    with stand_in() as service:
        project_id = service.submit(
            '{"name": "a\\ud800b",' + SEED.replace('"name": "Test', '"was": "Test').lstrip()[1:]
        )
        answer = service.client.get(f"{API}/editor/project/{project_id}")
    assert b'"name": "a\\ud800b"' in answer.content
