from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC

import httpx
import pytest

from merge.errors import Rejected, ServiceError, Unauthorized, Unavailable, Uncertain
from merge.model import JSON, ExportState, Fingerprint, JobId, Project, RowKey, Tag
from merge.services.aistudios import AiStudios, AiStudiosSettings
from merge.services.aistudios.client import utc_now
from merge.services.protocol import VideoService
from tests.support.scripted_service import API, BODY, KEY, PROJECT, Answer, Script, data, talk


def test_client_is_a_video_service() -> None:
    """The client implements the protocol, and its clock gives UTC."""
    service: VideoService = AiStudios(KEY)
    assert service is not None
    assert utc_now().tzinfo is UTC


def test_a_project_is_sent_unchanged() -> None:
    """The project's text is posted byte for byte, with the bare key and a JSON content type."""
    script = Script([data({"projectId": "p1"})])
    assert talk(script, lambda studio: studio.submit(PROJECT)) == "p1"
    (request,) = script.asked
    assert script.lines == [f"POST {API}/editor/project"]
    assert request.content == BODY.encode()
    assert request.headers["authorization"] == "sk-very-secret"
    assert request.headers["content-type"] == "application/json"


def test_a_project_with_a_lone_surrogate_is_never_sent() -> None:
    """It is refused before anything is sent."""
    script = Script([data({"projectId": "p1"})])
    broken = Project(RowKey("a"), '{"name": "\ud83c"}', Fingerprint("f"), Tag("t"))
    with pytest.raises(Rejected, match="half a character"):
        talk(script, lambda studio: studio.submit(broken))
    assert script.asked == []


@pytest.mark.parametrize(
    ("answer", "on_submit", "elsewhere"),
    [
        pytest.param(httpx.ConnectError("refused"), Unavailable, Unavailable, id="no connection"),
        pytest.param(httpx.ReadTimeout("slow"), Uncertain, Unavailable, id="read time-out"),
        pytest.param(httpx.WriteError("broken pipe"), Uncertain, Unavailable, id="write error"),
        pytest.param(ConnectionResetError("reset"), Uncertain, Unavailable, id="system error"),
        pytest.param(httpx.Response(500), Uncertain, Unavailable, id="500"),
        pytest.param(httpx.Response(503), Uncertain, Unavailable, id="503 without Retry-After"),
        pytest.param(
            httpx.Response(503, headers={"retry-after": "3"}),
            Unavailable,
            Unavailable,
            id="503 with Retry-After",
        ),
        pytest.param(httpx.Response(429), Unavailable, Unavailable, id="429"),
        pytest.param(httpx.Response(200, text="<html>"), Uncertain, Unavailable, id="not JSON"),
        pytest.param(data({}), Uncertain, Unavailable, id="empty data"),
        pytest.param(data(None), Uncertain, Unavailable, id="no data"),
        pytest.param(httpx.Response(400, json={"success": False}), Rejected, Rejected, id="400"),
        pytest.param(httpx.Response(401), Unauthorized, Unauthorized, id="401"),
        pytest.param(
            httpx.Response(302, headers={"location": "https://elsewhere.example/"}),
            Uncertain,
            Unavailable,
            id="redirected elsewhere",
        ),
        pytest.param(
            httpx.Response(302, headers={"location": "http://[bad"}),
            Uncertain,
            Unavailable,
            id="redirected without a target",
        ),
    ],
)
def test_a_failure_is_uncertain_only_on_submit(
    answer: Answer, on_submit: type[ServiceError], elsewhere: type[ServiceError]
) -> None:
    """A failure with an unknown outcome is Uncertain on submit, and Unavailable elsewhere."""
    script = Script([answer])
    with pytest.raises(ServiceError) as submitting:
        talk(script, lambda studio: studio.submit(PROJECT))
    assert isinstance(submitting.value, on_submit)
    assert len(script.asked) == 1
    asks: list[Callable[[AiStudios], Awaitable[object]]] = [
        lambda studio: studio.progress(JobId("p1")),
        lambda studio: studio.fetch("p1"),
        lambda studio: studio.find([Tag("t")]),
    ]
    for ask in asks:
        with pytest.raises(ServiceError) as asking:
            talk(Script([answer]), ask)
        assert isinstance(asking.value, elsewhere)


def test_the_cause_is_chained() -> None:
    """The network error is the cause of its translation."""
    with pytest.raises(Unavailable) as caught:
        talk(Script([httpx.ConnectError("refused")]), lambda studio: studio.submit(PROJECT))
    assert isinstance(caught.value.__cause__, httpx.ConnectError)
    assert "app.aistudios.com" in caught.value.message


def test_errors_contain_no_secrets() -> None:
    """A key in a response or in an error is hidden in the message."""
    echo = httpx.Response(400, json={"success": False, "error": {"msg": "bad key sk-very-secret"}})
    leak = httpx.ReadError("header sk-very-secret")
    for answer in (echo, leak):
        with pytest.raises(ServiceError) as caught:
            talk(Script([answer]), lambda studio: studio.submit(PROJECT))
        assert "sk-very-secret" not in str(caught.value) + caught.value.hint
        assert "[hidden]" in str(caught.value)


def test_projects_are_found_by_their_tags() -> None:
    """The list is searched for the tags; without tags nothing is requested."""
    listed = data([{"id": "p1", "name": "Hello [aaa]"}, {"id": "p2", "name": "Other [zzz]"}])
    script = Script([listed])
    assert talk(script, lambda studio: studio.find([Tag("aaa"), Tag("bbb")])) == {"aaa": "p1"}
    assert script.lines == [f"GET {API}/editor/project"]
    assert talk(Script([]), lambda studio: studio.find([])) == {}


@pytest.mark.parametrize("status", [404, 405])
def test_the_list_is_found_at_its_other_path(status: int) -> None:
    """If the list isn't at one of the reference's paths, the other one is tried."""
    script = Script([httpx.Response(status), data({"projects": [{"_id": "p1", "name": "x [aaa]"}]})])
    assert talk(script, lambda studio: studio.find([Tag("aaa")])) == {"aaa": "p1"}
    assert script.lines == [f"GET {API}/editor/project", f"GET {API}/editor/projects"]


def test_a_missing_list_is_an_error() -> None:
    """A service without a project list is an error, not an empty list."""
    with pytest.raises(Rejected, match="404"):
        talk(Script([httpx.Response(404)]), lambda studio: studio.find([Tag("aaa")]))


def test_progress_uses_the_configured_path() -> None:
    """The default path, another path, and the URL of the introduction all work."""
    for path, url in [
        ("/api/odin/v3/editor/progress/{id}", f"{API}/editor/progress/p%2F1"),
        ("/other/{id}?x=1", "https://app.aistudios.com/other/p%2F1?x=1"),
        (
            "https://aistudios.com/api/odin/editor/progress/{id}",
            "https://aistudios.com/api/odin/editor/progress/p%2F1",
        ),
    ]:
        script = Script(
            [data({"progress": 100, "state": "finish", "downloadUrl": "https://cdn.example/v.mp4"})]
        )
        seen = talk(
            script,
            lambda studio: studio.progress(JobId(" p/1 ")),
            settings=AiStudiosSettings(progress_path=path),
        )
        assert script.lines == [f"GET {url}"]
        assert seen.state is ExportState.COMPLETE
        assert seen.video_url == "https://cdn.example/v.mp4"


def test_a_saved_project_is_fetched() -> None:
    """`fetch` returns the project without its envelope."""
    project: JSON = {"_id": "p1", "scenes": [{"clips": []}], "name": "Campaign"}
    script = Script([data({"project": project})])
    assert talk(script, lambda studio: studio.fetch("p1")) == project
    assert script.lines == [f"GET {API}/editor/project/p1"]
