from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import Rejected, ServiceError, Unauthorized, Unavailable, Uncertain
from merge.model import JSON
from merge.services.aistudios.errors import (
    FOREIGN_ERRORS,
    Reply,
    RequestOutcome,
    data_of,
    refuses_the_key,
    translated,
)

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def unhidden(text: str) -> str:
    return text


def judged(reply: Reply, *, submitting: bool = False) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        data_of(reply, submitting=submitting, now=NOW, hide=unhidden)
    return caught.value


def outcome(reply: Reply) -> JSON | ServiceError:
    try:
        return data_of(reply, submitting=True, now=NOW, hide=unhidden)
    except ServiceError as error:
        return error


def lost(error: Exception, *, submitting: bool) -> ServiceError:
    return translated(error, submitting=submitting, host="app.aistudios.com", hide=unhidden)


def httpx_errors() -> set[type[Exception]]:
    named = (getattr(httpx, name) for name in httpx.__all__)
    return {found for found in named if inspect.isclass(found) and issubclass(found, Exception)}


def test_every_error_of_httpx_has_its_own_line() -> None:
    """An error that a new httpx brings fails here, until somebody has thought about it."""
    assert httpx_errors() == FOREIGN_ERRORS.keys() - {OSError, TimeoutError}


def test_only_what_never_left_counts_as_not_taken() -> None:
    """The errors that allow a submission to be repeated are these, and no others."""
    never_left = {kind for kind, known in FOREIGN_ERRORS.items() if known is RequestOutcome.NOT_ACCEPTED}
    assert never_left == {
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.UnsupportedProtocol,
    }


@pytest.mark.parametrize("kind", list(FOREIGN_ERRORS))
def test_every_error_is_translated_to_one_of_ours(kind: type[Exception]) -> None:
    """Elsewhere a lost exchange is Unavailable, on submit it is in doubt unless it never left."""
    error = kind.__new__(kind)
    known = FOREIGN_ERRORS[kind]
    expected: dict[RequestOutcome, tuple[type[ServiceError], type[ServiceError]]] = {
        RequestOutcome.NOT_ACCEPTED: (Unavailable, Unavailable),
        RequestOutcome.UNKNOWN: (Uncertain, Unavailable),
        RequestOutcome.REFUSED: (Rejected, Rejected),
    }
    seen = type(lost(error, submitting=True)), type(lost(error, submitting=False))
    assert seen == expected[known]


def test_an_error_that_a_later_httpx_adds_is_in_doubt() -> None:
    """A class that the table does not know takes its family's line."""

    class Novel(httpx.NetworkError):
        pass

    class Slower(httpx.ConnectTimeout):
        pass

    assert type(lost(Novel("?"), submitting=True)) is Uncertain
    assert type(lost(Slower("?"), submitting=True)) is Unavailable


def test_an_error_names_host_and_reason() -> None:
    """The message says where it went wrong and why; the cure says what to do."""
    error = lost(httpx.ConnectError("name not known"), submitting=True)
    assert error.message == (
        "AI Studios cannot be reached at the moment (app.aistudios.com, ConnectError: name not known)"
    )
    assert error.hint
    assert "ReadTimeout)" in lost(httpx.ReadTimeout(""), submitting=True).message


@pytest.mark.parametrize(
    ("status", "on_submit", "elsewhere"),
    [
        *[(status, Unauthorized, Unauthorized) for status in (401, 403)],
        *[(status, Rejected, Rejected) for status in (307, 308, 400, 402, 404, 409, 413, 422, 499)],
        *[
            (status, Uncertain, Unavailable)
            for status in (204, 301, 302, 303, 304, 408, 500, 502, 503, 504, 599)
        ],
        (429, Unavailable, Unavailable),
    ],
)
def test_every_status_has_its_meaning(
    status: int, on_submit: type[ServiceError], elsewhere: type[ServiceError]
) -> None:
    """An answer without a readable body is judged by its status alone."""
    assert type(judged(Reply(status, b""), submitting=True)) is on_submit
    assert type(judged(Reply(status, b""))) is elsewhere
    assert f"HTTP {status}" in judged(Reply(status, b"")).message


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(
            {"success": False, "error": {"code": 41, "msg": "bad"}}, "HTTP 200: code 41, bad", id="code"
        ),
        pytest.param({"success": False, "error": {"code": "E", "message": "b"}}, "code E, b", id="text"),
        pytest.param({"success": False, "error": {"msg": "bad"}}, "HTTP 200: bad", id="no code"),
        pytest.param({"success": False, "error": "no such clip"}, "HTTP 200: no such clip", id="string"),
        pytest.param({"success": False, "error": 77}, '"error": 77', id="number"),
        pytest.param({"success": False, "error": " "}, '"success": false', id="blank"),
        pytest.param({"success": False}, '"success": false', id="bare"),
        pytest.param({"success": False, "data": {"projectId": "p"}}, '"projectId"', id="data all the same"),
        pytest.param({"error": "no"}, "HTTP 200: no", id="no word on success"),
    ],
)
def test_a_failure_inside_a_success_is_rejected_and_quoted(body: object, words: str) -> None:
    """A refusal that comes with HTTP 200 is one, and its own words are passed on."""
    error = judged(Reply(200, json.dumps(body).encode()), submitting=True)
    assert type(error) is Rejected
    assert words in error.message


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ({"success": True, "data": {"a": 1}}, {"a": 1}),
        ({"success": True, "data": []}, []),
        ({"data": {"a": 1}}, {"a": 1}),
        ({"data": {"a": 1}, "error": None}, {"a": 1}),
        ({"success": True, "data": {"a": 1}, "error": ""}, {"a": 1}),
    ],
)
def test_the_data_of_a_success_is_returned(body: object, value: object) -> None:
    """What stands under data comes back, where nothing says that it failed."""
    reply = Reply(201, b"\xef\xbb\xbf" + json.dumps(body).encode())
    assert data_of(reply, submitting=True, now=NOW, hide=unhidden) == value


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"null", b'{"success": true}', b'{"data": 7}', b"[" * 100_000, b"\xff"]
)
def test_a_strange_success_leaves_a_submission_in_doubt(body: bytes) -> None:
    """A success that cannot be read may well be one."""
    assert type(judged(Reply(200, body), submitting=True)) is Uncertain
    assert type(judged(Reply(200, body))) is Unavailable


@pytest.mark.parametrize(("code", "error"), [(401, Unauthorized), ("403", Unauthorized), (429, Unavailable)])
def test_a_status_may_stand_inside_a_success(code: int | str, error: type[ServiceError]) -> None:
    """A refusal of the key or of the pace means the same inside an HTTP 200."""
    reply = Reply(200, json.dumps({"success": False, "error": {"code": code, "msg": "no"}}).encode())
    assert type(judged(reply, submitting=True)) is error
    assert refuses_the_key(reply) is (error is Unauthorized)


def test_a_code_never_overrules_a_status() -> None:
    """A code inside a failure is quoted, the status decides."""
    reply = Reply(500, b'{"success": false, "error": {"code": 429, "msg": "hm"}}')
    assert type(judged(reply, submitting=True)) is Uncertain


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        pytest.param("3", 3, id="seconds"),
        pytest.param(" 0 ", 0, id="at once"),
        pytest.param("1.5", 1.5, id="fraction"),
        pytest.param("9" * 5000, 86400, id="beyond bounds"),
        pytest.param("Mon, 05 Jan 2026 12:00:30 GMT", 30, id="date"),
        pytest.param("Mon, 05 Jan 2026 12:00:30 -0000", 30, id="date without a zone"),
        pytest.param("Mon, 05 Jan 2026 14:00:30 +0200", 30, id="date elsewhere"),
        pytest.param("Mon, 05 Jan 2026 11:00:00 GMT", 0, id="past date"),
        pytest.param("Mon, 05 Jan 2099 11:00:00 GMT", 86400, id="far date"),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(said: str, seconds: float) -> None:
    """Both forms of the header give seconds from now, within a day; they make a 503 safe to repeat."""
    for status in (429, 503):
        error = judged(Reply(status, b"", said), submitting=True)
        assert isinstance(error, Unavailable)
        assert error.retry_after == seconds


@pytest.mark.parametrize("said", ["", "soon", "-3", "nan", "inf", "Mon, 99 Foo 2026 12:00:30 GMT"])
def test_an_unreadable_retry_after_is_none(said: str) -> None:
    """A 503 that does not say when to return may have taken the order; a 429 has not."""
    assert type(judged(Reply(503, b"", said), submitting=True)) is Uncertain
    error = judged(Reply(429, b"", said), submitting=True)
    assert isinstance(error, Unavailable)
    assert error.retry_after is None


@given(status=st.integers(100, 599), body=st.binary(max_size=80), said=st.text(max_size=40))
def test_any_answer_at_all_becomes_data_or_one_of_our_errors(status: int, body: bytes, said: str) -> None:
    """No answer, however broken, raises anything else, and every error can be shown."""
    found = outcome(Reply(status, body, said))
    if isinstance(found, ServiceError):
        assert len(found.message) < 500
        assert found.message.isprintable()
        assert found.hint
    else:
        assert isinstance(found, dict | list)


def test_words_fit_what_happened() -> None:
    """A network that fails, a service that is busy, a row and an id each get their own advice."""
    assert "network" in lost(httpx.ConnectError("no"), submitting=True).hint
    assert "busy" in judged(Reply(429, b"")).message
    assert "--retry-failed" in judged(Reply(400, b""), submitting=True).hint
    assert "id" in judged(Reply(404, b"")).hint


def test_quotes_are_short_and_of_one_line() -> None:
    """A body is quoted in one line, without control characters, and cut."""
    message = judged(Reply(500, b"a\r\n\x1b[31m" + b"b" * 1000)).message
    assert "a [31m" + "b" * 100 in message
    assert message.endswith("b…)")
