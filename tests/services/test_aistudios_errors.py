from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import Rejected, ServiceError, Unauthorized, Unavailable, Uncertain, Unreachable
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


def unchanged(text: str) -> str:
    return text


def error_of(reply: Reply, *, submitting: bool = False) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        data_of(reply, submitting=submitting, now=NOW, hide=unchanged)
    return caught.value


def outcome(reply: Reply) -> JSON | ServiceError:
    try:
        return data_of(reply, submitting=True, now=NOW, hide=unchanged)
    except ServiceError as error:
        return error


def lost(error: Exception, *, submitting: bool) -> ServiceError:
    return translated(error, submitting=submitting, host="app.aistudios.com", hide=unchanged)


def httpx_errors() -> set[type[Exception]]:
    named = (getattr(httpx, name) for name in httpx.__all__)
    return {found for found in named if inspect.isclass(found) and issubclass(found, Exception)}


def test_every_httpx_error_has_an_entry() -> None:
    """Every exception of httpx has its own entry, so a new one fails here until it is classified."""
    assert httpx_errors() == FOREIGN_ERRORS.keys() - {OSError, TimeoutError}


def test_only_unsent_requests_are_not_accepted() -> None:
    """Only these errors allow a submission to be repeated."""
    unsent = {kind for kind, known in FOREIGN_ERRORS.items() if known is RequestOutcome.NOT_ACCEPTED}
    assert unsent == {
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.UnsupportedProtocol,
    }


@pytest.mark.parametrize("kind", list(FOREIGN_ERRORS))
def test_every_error_is_translated(kind: type[Exception]) -> None:
    """On submit a network error is Uncertain unless nothing was sent; elsewhere it is Unavailable."""
    error = kind.__new__(kind)
    known = FOREIGN_ERRORS[kind]
    expected: dict[RequestOutcome, tuple[type[ServiceError], type[ServiceError]]] = {
        RequestOutcome.NOT_ACCEPTED: (Unavailable, Unavailable),
        RequestOutcome.UNKNOWN: (Uncertain, Unavailable),
        RequestOutcome.REFUSED: (Rejected, Rejected),
    }
    seen = type(lost(error, submitting=True)), type(lost(error, submitting=False))
    unreachable = (Unreachable, Unreachable)
    no_connection = issubclass(kind, (httpx.ConnectError, httpx.ConnectTimeout))
    assert seen == (unreachable if no_connection else expected[known])


def test_an_error_of_a_later_httpx_is_uncertain() -> None:
    """An unknown exception class gets the entry of its base class."""

    class Novel(httpx.NetworkError):
        pass

    class Slower(httpx.ConnectTimeout):
        pass

    assert type(lost(Novel("?"), submitting=True)) is Uncertain
    assert type(lost(Slower("?"), submitting=True)) is Unreachable


def test_an_error_names_host_and_reason() -> None:
    """The message has the host and the reason, and the hint gives the next step."""
    error = lost(httpx.ConnectError("[Errno -2] name not known"), submitting=True)
    assert error.message == "castmerge can't reach AI Studios (app.aistudios.com)"
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
def test_every_status_is_translated(
    status: int, on_submit: type[ServiceError], elsewhere: type[ServiceError]
) -> None:
    """A response without a readable body is translated by its status."""
    assert type(error_of(Reply(status, b""), submitting=True)) is on_submit
    assert type(error_of(Reply(status, b""))) is elsewhere
    assert f"HTTP {status}" in error_of(Reply(status, b"")).message


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
        pytest.param(
            {"success": False, "data": {"projectId": "p"}}, '"projectId"', id="data in spite of the failure"
        ),
        pytest.param({"error": "no"}, "HTTP 200: no", id="no success field"),
    ],
)
def test_a_failure_with_http_200_is_rejected(body: object, words: str) -> None:
    """A failure that comes with HTTP 200 is Rejected, and its message is quoted."""
    error = error_of(Reply(200, json.dumps(body).encode()), submitting=True)
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
    """The data of a response is returned unless the envelope reports a failure."""
    reply = Reply(201, b"\xef\xbb\xbf" + json.dumps(body).encode())
    assert data_of(reply, submitting=True, now=NOW, hide=unchanged) == value


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"null", b'{"success": true}', b'{"data": 7}', b"[" * 100_000, b"\xff"]
)
def test_an_unreadable_success_is_uncertain(body: bytes) -> None:
    """A successful response that can't be read makes a submission Uncertain."""
    assert type(error_of(Reply(200, body), submitting=True)) is Uncertain
    assert type(error_of(Reply(200, body))) is Unavailable


@pytest.mark.parametrize(("code", "error"), [(401, Unauthorized), ("403", Unauthorized), (429, Unavailable)])
def test_a_status_may_be_inside_http_200(code: int | str, error: type[ServiceError]) -> None:
    """A 401, 403 or 429 in the envelope of an HTTP 200 counts as that status."""
    reply = Reply(200, json.dumps({"success": False, "error": {"code": code, "msg": "no"}}).encode())
    assert type(error_of(reply, submitting=True)) is error
    assert refuses_the_key(reply) is (error is Unauthorized)


def test_a_code_never_overrides_the_status() -> None:
    """A code in a failure is quoted, but the status decides."""
    reply = Reply(500, b'{"success": false, "error": {"code": 429, "msg": "hm"}}')
    assert type(error_of(reply, submitting=True)) is Uncertain


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param("3", 3, id="seconds"),
        pytest.param(" 0 ", 0, id="at once"),
        pytest.param("1.5", 1.5, id="fraction"),
        pytest.param("9" * 5000, 86400, id="beyond bounds"),
        pytest.param("Mon, 05 Jan 2026 12:00:30 GMT", 30, id="date"),
        pytest.param("Mon, 05 Jan 2026 12:00:30 -0000", 30, id="date without a zone"),
        pytest.param("Mon, 05 Jan 2026 14:00:30 +0200", 30, id="date in another time zone"),
        pytest.param("Mon, 05 Jan 2026 11:00:00 GMT", 0, id="past date"),
        pytest.param("Mon, 05 Jan 2099 11:00:00 GMT", 86400, id="far date"),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float) -> None:
    """Both forms of the header are converted to seconds, at most a day, and make a 503 safe to retry."""
    for status in (429, 503):
        error = error_of(Reply(status, b"", value), submitting=True)
        assert isinstance(error, Unavailable)
        assert error.retry_after == seconds


@pytest.mark.parametrize("value", ["", "soon", "-3", "nan", "inf", "Mon, 99 Foo 2026 12:00:30 GMT"])
def test_an_invalid_retry_after_is_ignored(value: str) -> None:
    """A 503 without a valid `Retry-After` is Uncertain on submit; a 429 isn't."""
    assert type(error_of(Reply(503, b"", value), submitting=True)) is Uncertain
    error = error_of(Reply(429, b"", value), submitting=True)
    assert isinstance(error, Unavailable)
    assert error.retry_after is None


@given(status=st.integers(100, 599), body=st.binary(max_size=80), value=st.text(max_size=40))
def test_any_response_is_data_or_a_service_error(status: int, body: bytes, value: str) -> None:
    """Any response is either data or a ServiceError that can be printed."""
    found = outcome(Reply(status, body, value))
    if isinstance(found, ServiceError):
        assert len(found.message) < 500
        assert found.message.isprintable()
        assert found.hint
    else:
        assert isinstance(found, dict | list)


def test_hints_fit_the_failure() -> None:
    """A network failure, a busy service, a refused row and an unknown id each have their own hint."""
    assert "internet connection" in lost(httpx.ConnectError("no"), submitting=True).hint
    assert "busy" in error_of(Reply(429, b"")).message
    assert "Try again" in error_of(Reply(400, b""), submitting=True).hint
    assert "ID" in error_of(Reply(404, b"")).hint


def test_quotes_are_short_and_on_one_line() -> None:
    """A body is quoted on one line, truncated and without control characters."""
    message = error_of(Reply(500, b"a\r\n\x1b[31m" + b"b" * 1000)).message
    assert "a [31m" + "b" * 100 in message
    assert message.endswith("b…)")
