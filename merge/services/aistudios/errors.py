"""Translate failed requests to AI Studios into the errors of `merge.errors`.

A failure has two meanings, because a submission without a response may have been accepted, while any other
request can be repeated for free:

    what happened                                           on submit      elsewhere no connection, 429, 503
    with Retry-After                Unavailable    Unavailable connection lost, timeout, other 5xx, invalid
    response   Uncertain      Unavailable 401, 403                                                Unauthorized
    Unauthorized other 4xx, `success: false`                             Rejected       Rejected
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import TypeAlias

import httpx

from merge.errors import Rejected, ServiceError, Unauthorized, Unavailable, Uncertain, Unreachable
from merge.model import JSON

__all__ = [
    "FOREIGN_ERRORS",
    "Reply",
    "RequestOutcome",
    "data_of",
    "one_line",
    "refuses_the_key",
    "translated",
    "unexpected_answer",
]

Hide: TypeAlias = Callable[[str], str]
"""Replaces the secrets in a text."""

_MAX_QUOTE = 200
_LONGEST_RETRY_AFTER = 24 * 3600.0

_SUCCESS = range(200, 300)
_NO_ACCESS = {401, 403}
_STATUS_INSIDE = {"401", "403", "429"}
# 307 and 308: not accepted here, and not sent elsewhere. 408: a timeout that a proxy may have noticed.
_REFUSED = {307, 308, *range(400, 500)} - {408}

_FIX = "Fix the row or the template. Then choose Try again in castmerge"
_LOOK = "Check the ID, and that your key belongs to the account and region of the project"


class RequestOutcome(Enum):
    """What is known about the outcome of a request."""

    NOT_ACCEPTED = auto()
    """It certainly didn't reach the service, or was refused before it was read."""
    UNKNOWN = auto()
    """It may have been accepted."""
    REFUSED = auto()
    """It was refused, and would be again."""
    NO_ACCESS = auto()
    """The key is refused, and with it every request."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response.

    Attributes:
        status: its HTTP status
        body: its bytes
        retry_after: its `Retry-After` header, or ""
        date: its `Date` header, or "" if there's none or the response came from a cache
    """

    status: int
    body: bytes
    retry_after: str = ""
    date: str = ""


FOREIGN_ERRORS: dict[type[Exception], RequestOutcome] = {
    # There was no connection, so nothing was sent.
    httpx.ConnectError: RequestOutcome.NOT_ACCEPTED,
    httpx.ConnectTimeout: RequestOutcome.NOT_ACCEPTED,
    httpx.PoolTimeout: RequestOutcome.NOT_ACCEPTED,
    httpx.ProxyError: RequestOutcome.NOT_ACCEPTED,  # the proxy refused the tunnel, before any request
    httpx.UnsupportedProtocol: RequestOutcome.NOT_ACCEPTED,  # found before connecting
    # Only an id can make a URL invalid, so only its own row is affected.
    httpx.InvalidURL: RequestOutcome.REFUSED,
    # Some or all of the request was sent.
    httpx.ReadError: RequestOutcome.UNKNOWN,
    httpx.WriteError: RequestOutcome.UNKNOWN,
    httpx.CloseError: RequestOutcome.UNKNOWN,
    httpx.ReadTimeout: RequestOutcome.UNKNOWN,
    httpx.WriteTimeout: RequestOutcome.UNKNOWN,
    httpx.RemoteProtocolError: RequestOutcome.UNKNOWN,
    httpx.LocalProtocolError: RequestOutcome.UNKNOWN,  # also raised if a connection breaks halfway
    TimeoutError: RequestOutcome.UNKNOWN,  # the total timeout
    OSError: RequestOutcome.UNKNOWN,  # system errors that httpx doesn't wrap
    # The response arrived, but can't be read.
    httpx.DecodingError: RequestOutcome.UNKNOWN,
    httpx.TooManyRedirects: RequestOutcome.UNKNOWN,
    httpx.HTTPStatusError: RequestOutcome.UNKNOWN,
    httpx.CookieConflict: RequestOutcome.UNKNOWN,
    httpx.StreamError: RequestOutcome.UNKNOWN,
    httpx.StreamConsumed: RequestOutcome.UNKNOWN,
    httpx.StreamClosed: RequestOutcome.UNKNOWN,
    httpx.ResponseNotRead: RequestOutcome.UNKNOWN,
    httpx.RequestNotRead: RequestOutcome.UNKNOWN,
    # Base classes, so that errors added by a later httpx are treated as uncertain.
    httpx.TimeoutException: RequestOutcome.UNKNOWN,
    httpx.NetworkError: RequestOutcome.UNKNOWN,
    httpx.ProtocolError: RequestOutcome.UNKNOWN,
    httpx.TransportError: RequestOutcome.UNKNOWN,
    httpx.RequestError: RequestOutcome.UNKNOWN,
    httpx.HTTPError: RequestOutcome.UNKNOWN,
}


def translated(error: Exception, *, submitting: bool, host: str, hide: Hide) -> ServiceError:
    """Return the error for a failed request: the entry of the most specific class in the table."""
    outcome = next(FOREIGN_ERRORS[kind] for kind in type(error).__mro__ if kind in FOREIGN_ERRORS)
    reason = one_line(hide(str(error)))
    shown = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
        return Unreachable(
            f"castmerge can't reach AI Studios ({host})", hint="Check your internet connection"
        )
    if outcome is RequestOutcome.NOT_ACCEPTED or (outcome is RequestOutcome.UNKNOWN and not submitting):
        return Unavailable(
            f"castmerge can't reach AI Studios ({host}, {shown})",
            hint="Check your internet connection, and then run again",
        )
    return _error(outcome, f"{host}, {shown}", submitting=submitting)


def data_of(reply: Reply, *, submitting: bool, now: datetime, hide: Hide) -> JSON:
    """Return the `data` of a response.

    Raises:
        ServiceError: the response is a refusal, or has no `data`
    """
    envelope = _parsed(reply.body)
    status = _status(reply, envelope)
    match envelope:
        case {"data": (dict() | list()) as data} if status in _SUCCESS and _is_success(envelope):
            return data
    wait = _seconds_to_wait(reply.retry_after, now)
    outcome = _outcome(status, failed=not _is_success(envelope), asked_to_wait=wait is not None)
    raise _error(outcome, _quoted(reply, envelope, hide), submitting=submitting, retry_after=wait)


def refuses_the_key(reply: Reply) -> bool:
    """Return whether the response refuses the key, so that another key might be accepted."""
    return _status(reply, _parsed(reply.body)) in _NO_ACCESS


def unexpected_answer(what: str, *, submitting: bool = False) -> ServiceError:
    """Return the error for a successful response that lacks something."""
    return _error(RequestOutcome.UNKNOWN, f"its answer has no {what}", submitting=submitting)


def _is_success(envelope: JSON) -> bool:
    match envelope:
        case {"success": bool(value)}:
            return value
        case {"error": error} if error:
            return False
        case _:
            return True


def _status(reply: Reply, envelope: JSON) -> int:
    """Return the status of a response; a refusal can come with 200 and its own status in the envelope."""
    code = _code(envelope)
    is_inside = reply.status in _SUCCESS and not _is_success(envelope) and code in _STATUS_INSIDE
    return int(code) if is_inside else reply.status


def _outcome(status: int, *, failed: bool, asked_to_wait: bool) -> RequestOutcome:
    if status in _NO_ACCESS:
        return RequestOutcome.NO_ACCESS
    if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.SERVICE_UNAVAILABLE and asked_to_wait):
        return RequestOutcome.NOT_ACCEPTED
    if status in _REFUSED or (status in _SUCCESS and failed):
        return RequestOutcome.REFUSED
    return RequestOutcome.UNKNOWN


def _error(
    outcome: RequestOutcome, reason: str, *, submitting: bool, retry_after: float | None = None
) -> ServiceError:
    match outcome:
        case RequestOutcome.NO_ACCESS:
            return Unauthorized(
                f"AI Studios rejected your API key ({reason})",
                hint="Check the key, its region (global or china), and that your plan is Pro or higher",
            )
        case RequestOutcome.REFUSED:
            return Rejected(
                f"AI Studios rejected this request ({reason})", hint=_FIX if submitting else _LOOK
            )
        case RequestOutcome.UNKNOWN if submitting:
            return Uncertain(
                "AI Studios gave no clear answer, so castmerge can't tell whether it accepted the "
                f"row ({reason})",
                hint="Run castmerge again later. It looks for the video there, and sends nothing twice",
            )
        case _:
            return Unavailable(
                f"AI Studios is busy or having problems ({reason})",
                hint="Wait a few minutes, and then run again",
                retry_after=retry_after,
            )


def _parsed(body: bytes) -> JSON:
    try:
        envelope: JSON = json.loads(body.decode("utf-8-sig", errors="replace"))
    except (ValueError, RecursionError):
        return None
    return envelope


def _code(envelope: JSON) -> str:
    match envelope:
        case {"error": {"code": (str() | int()) as code}} | {"error": (str() | int()) as code}:
            return str(code)
        case _:
            return ""


def _quoted(reply: Reply, envelope: JSON, hide: Hide) -> str:
    """Return status, code and the service's own message, or else the body."""
    match envelope:
        case {"error": {"msg": str(message)} | {"message": str(message)}} if message.strip():
            code = _code(envelope)
            text = f"code {code}, {message}" if code else message
        case {"error": str(message)} if message.strip():
            text = message
        case _:
            text = reply.body.decode(errors="replace")
    quote = one_line(hide(text))
    return f"HTTP {reply.status}: {quote}" if quote else f"HTTP {reply.status}"


def one_line(text: str) -> str:
    """Return the text on one line without control characters, at most 200 characters long."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= _MAX_QUOTE else f"{line[:_MAX_QUOTE]}…"


def _seconds_to_wait(value: str, now: datetime) -> float | None:
    """Parse a `Retry-After` header: seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", seconds := value.strip()):
        return min(float(seconds), _LONGEST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    wait = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(max(wait, 0.0), _LONGEST_RETRY_AFTER)
