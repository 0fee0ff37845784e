from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import ServiceError, Unavailable, Uncertain
from merge.model import JSON, ExportState, Progress, Tag
from merge.services.aistudios.responses import job_in, jobs_by_tag, progress_in, project_in, token_in

URL = "https://cdn.example/v.mp4"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def unchanged(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("data", "job"),
    [({"projectId": "p1"}, "p1"), ({"key": " p1 "}, "p1"), ({"projectId": 77, "key": "x"}, "77")],
)
def test_the_job_is_the_project_id_or_key(data: JSON, job: str) -> None:
    """Newer deployments return `projectId`, older ones `key`."""
    assert job_in(data) == job


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        {"projectId": ""},
        {"projectId": None},
        {"key": True},
        {"key": {}},
        {"key": "\ud800"},
        {"key": "a\nb"},
    ],
)
def test_a_submission_without_an_id_is_uncertain(data: JSON) -> None:
    """A successful response without an id may have created a project."""
    with pytest.raises(Uncertain, match="project id"):
        job_in(data)


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        pytest.param({"progress": 0}, Progress(0, ExportState.RENDERING), id="queued"),
        pytest.param({"progress": 41.25}, Progress(41.25, ExportState.RENDERING), id="rendering"),
        pytest.param({"progress": "41.5%"}, Progress(41.5, ExportState.RENDERING), id="as text"),
        pytest.param({"progress": "half"}, Progress(0, ExportState.RENDERING), id="as words"),
        pytest.param({"progress": True}, Progress(0, ExportState.RENDERING), id="as boolean"),
        pytest.param({"progress": float("nan")}, Progress(0, ExportState.RENDERING), id="not a number"),
        pytest.param({"progress": -3}, Progress(0, ExportState.RENDERING), id="below 0"),
        pytest.param({"progress": 10**400}, Progress(100, ExportState.RENDERING), id="above 100"),
        pytest.param({"progress": "999"}, Progress(100, ExportState.RENDERING), id="above 100 as text"),
        pytest.param(
            {"progress": 12, "state": "Synthesizing"},
            Progress(12, ExportState.RENDERING, reported="Synthesizing"),
            id="unknown state",
        ),
        pytest.param(
            {"progress": 99, "downloadUrl": URL}, Progress(99, ExportState.RENDERING), id="URL too early"
        ),
        pytest.param({"progress": 100}, Progress(100, ExportState.RENDERING), id="done without URL"),
        pytest.param(
            {"state": "finish", "progress": 30},
            Progress(100, ExportState.RENDERING, reported="finish"),
            id="finished without URL",
        ),
        pytest.param(
            {"progress": 100, "downloadUrl": URL}, Progress(100, ExportState.COMPLETE, URL), id="done"
        ),
        *[
            pytest.param(
                {"state": name, "download_url": URL},
                Progress(100, ExportState.COMPLETE, URL, reported=name),
                id=name,
            )
            for name in ("finish", "Exported", "COMPLETE", "Completed")
        ],
        pytest.param(
            {"progress": 100, "downloadUrl": "javascript:alert(1)"},
            Progress(100, ExportState.RENDERING),
            id="no URL",
        ),
        pytest.param(
            {"progress": 8, "state": "Draft"}, Progress(8, ExportState.DRAFT, reported="Draft"), id="draft"
        ),
        pytest.param(
            {"progress": 50, "state": "render_FAILED", "msg": "clip 3 is gone"},
            Progress(50, ExportState.FAILED, failure="clip 3 is gone", reported="render_FAILED"),
            id="failed",
        ),
        pytest.param(
            {"state": "error", "error": {"code": 3, "msg": "no voice"}},
            Progress(0, ExportState.FAILED, failure="no voice", reported="error"),
            id="failed with an error",
        ),
        pytest.param(
            {"progress": 100, "state": "Cancelled", "downloadUrl": URL},
            Progress(100, ExportState.FAILED, failure="Cancelled", reported="Cancelled"),
            id="cancelled",
        ),
    ],
)
def test_progress_is_parsed(data: JSON, seen: Progress) -> None:
    """COMPLETE needs 100 % or a complete state, and a URL; a failed state is final."""
    assert progress_in(data, unchanged) == seen


@pytest.mark.parametrize("data", [{}, [], {"projectId": "p1"}])
def test_a_response_without_progress_is_unavailable(data: JSON) -> None:
    """It is Unavailable, so that it is requested again."""
    with pytest.raises(Unavailable, match="progress"):
        progress_in(data, unchanged)


@given(progress=json_values, state=json_values, url=json_values)
def test_any_progress_is_read_or_refused(progress: JSON, state: JSON, url: JSON) -> None:
    """For any fields, the percentage is between 0 and 100, and COMPLETE has a URL."""
    seen = progress_in({"progress": progress, "state": state, "downloadUrl": url}, unchanged)
    assert 0 <= seen.percent <= 100
    assert (seen.state is ExportState.COMPLETE) == (seen.video_url is not None)


@pytest.mark.parametrize(
    "url", ["ftp://a/v.mp4", "https://", "https:// a", "https://a/\ud800", "https://a/b c", "/v.mp4", 5]
)
def test_an_invalid_url_is_not_a_video(url: JSON) -> None:
    """Only a valid web address completes a row."""
    assert progress_in({"progress": 100, "downloadUrl": url}, unchanged).video_url is None


def test_texts_of_the_service_are_cleaned() -> None:
    """Lone surrogates, line breaks and very long texts never reach the journal or the workbook."""
    seen = progress_in({"state": "error \ud800\n", "msg": "a\x00b\r\n" + "c" * 999}, unchanged)
    assert seen.reported == "error"
    assert seen.failure.startswith("a b ccc")
    assert len(seen.failure) < 210


def test_secrets_in_reasons_are_hidden() -> None:
    """Secrets in the texts of the service are hidden."""
    seen = progress_in({"state": "error sk", "reason": "key sk is bad"}, lambda text: text.replace("sk", "-"))
    assert (seen.reported, seen.failure) == ("error -", "key - is bad")


@pytest.mark.parametrize(
    "title",
    [
        "Hello [aaa]",
        "Hello [aaa] ",
        "Hello [aaa]…",
        "Hello [aaa",
        "[aaa]",
        "Hello [bbb] [aaa]",
        "Hello [ aaa ]\xa0",
    ],
)
def test_a_tag_is_found_at_the_end_of_a_name(title: str) -> None:
    """Spaces after the tag and a missing closing bracket are ignored."""
    assert jobs_by_tag([{"id": "p1", "name": title}], {Tag("aaa")}) == {"aaa": "p1"}


@pytest.mark.parametrize(
    "title", ["Hello", "aaa", "Hello [aaa] copy", "Hello [aaab]", "Hello [aa", "Hello (aaa)", ""]
)
def test_other_names_do_not_match_the_tag(title: str) -> None:
    """A copy made in the editor isn't mistaken for the submitted project."""
    assert jobs_by_tag([{"id": "p1", "name": title}], {Tag("aaa")}) == {}


@pytest.mark.parametrize("shape", ["bare", "projects", "list"])
def test_the_list_has_several_shapes(shape: str) -> None:
    """The list is the data itself or a member of it; invalid items are skipped."""
    items: list[JSON] = [
        None,
        3,
        {"name": "x [aaa]"},
        {"name": 5, "id": "p"},
        {"name": "x [aaa]", "_id": "p1"},
    ]
    items.append({"name": "y [bbb]", "id": 22})
    data: JSON = items if shape == "bare" else {shape: items}
    assert jobs_by_tag(data, {Tag("aaa"), Tag("bbb"), Tag("ccc")}) == {"aaa": "p1", "bbb": "22"}


def test_a_finished_project_is_preferred_for_a_tag() -> None:
    """Of two projects with one tag, the one with a URL is preferred, otherwise the first."""
    listed: JSON = [
        {"id": "p1", "name": "x [aaa]"},
        {"id": "p2", "name": "x [aaa]", "download_url": URL},
        {"id": "p3", "name": "x [aaa]", "download_url": URL},
    ]
    assert jobs_by_tag(listed, {Tag("aaa")}) == {"aaa": "p2"}


@pytest.mark.parametrize("data", [{}, {"projects": None}, {"total": 0}])
def test_a_missing_list_is_not_an_empty_list(data: JSON) -> None:
    """A response without a list is an error, never an empty list."""
    with pytest.raises(Unavailable, match="list"):
        jobs_by_tag(data, {Tag("aaa")})


@given(data=json_values)
def test_any_data_is_parsed_or_refused(data: JSON) -> None:
    """Any data is parsed or raises a ServiceError."""
    for read in (job_in, token_in, project_in, lambda found: jobs_by_tag(found, {Tag("")})):
        try:
            read(data)
        except ServiceError:
            continue


@pytest.mark.parametrize(
    "data", [{}, {"token": ""}, {"token": "a b"}, {"token": "a\n"}, {"token": "ключ"}, {"token": 5}]
)
def test_an_invalid_token_is_refused(data: JSON) -> None:
    """A token that a header can't contain is refused."""
    with pytest.raises(Unavailable, match="token"):
        token_in(data)


@pytest.mark.parametrize("data", [{}, {"project": None}, []])
def test_a_missing_project_is_an_error(data: JSON) -> None:
    """A response without the project is an error."""
    with pytest.raises(Unavailable, match="project"):
        project_in(data)
