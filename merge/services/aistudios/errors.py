"""Every answer of AI Studios, and every way of getting none, in the words of `merge.errors`.

One table says what a failure means. It says two things, since a submission that was left without an
answer may have been taken, and a question never costs anything:

    what happened                                          on submit      elsewhere
    no connection, 429, 503 with Retry-After               Unavailable    Unavailable
    connection lost, time-out, other 5xx, strange answer   Uncertain      Unavailable
    401, 403                                               Unauthorized   Unauthorized
    other 4xx, `success: false`                            Rejected       Rejected
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

from merge.errors import Rejected, ServiceError, Unauthorized, Unavailable, Uncertain
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
"""Takes the secrets out of a text."""

_LONGEST_QUOTE = 200
_LONGEST_RETRY_AFTER = 24 * 3600.0

_SUCCESS = range(200, 300)
_NO_ACCESS = {401, 403}
_STATUS_INSIDE = {"401", "403", "429"}
# 307 and 308: not done here, and not to be sent elsewhere. 408: a time-out that somebody on the way noticed.
_REFUSED = {307, 308, *range(400, 500)} - {408}


_MEND = "Mend what it names in the row or in the template, then run again with --retry-failed"
_LOOK = "Check the id, and that the key belongs to the account and region of the project"


class RequestOutcome(Enum):
    """What became of a request, as far as it can be known."""

    NOT_TAKEN = auto()
    """It certainly did not reach the service, or was turned away before it was read."""
    IN_DOUBT = auto()
    """It may have been taken, the answer does not tell."""
    REFUSED = auto()
    """This one was refused, and would be again."""
    NO_ACCESS = auto()
    """Whoever asks is refused, whatever is asked."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came: its status, its body, its headers `Retry-After` and `Date`.

    It has no date where it came out of a cache.
    """

    status: int
    body: bytes
    retry_after: str = ""
    date: str = ""


FOREIGN_ERRORS: dict[type[Exception], RequestOutcome] = {
    # The connection did not come about, so nothing has left.
    httpx.ConnectError: RequestOutcome.NOT_TAKEN,
    httpx.ConnectTimeout: RequestOutcome.NOT_TAKEN,
    httpx.PoolTimeout: RequestOutcome.NOT_TAKEN,
    httpx.ProxyError: RequestOutcome.NOT_TAKEN,  # the proxy refused the tunnel, before any request
    httpx.UnsupportedProtocol: RequestOutcome.NOT_TAKEN,  # found before connecting
    # Only an id can spoil an address, and so only its own row.
    httpx.InvalidURL: RequestOutcome.REFUSED,
    # Some or all of the request has left.
    httpx.ReadError: RequestOutcome.IN_DOUBT,
    httpx.WriteError: RequestOutcome.IN_DOUBT,
    httpx.CloseError: RequestOutcome.IN_DOUBT,
    httpx.ReadTimeout: RequestOutcome.IN_DOUBT,
    httpx.WriteTimeout: RequestOutcome.IN_DOUBT,
    httpx.RemoteProtocolError: RequestOutcome.IN_DOUBT,
    httpx.LocalProtocolError: RequestOutcome.IN_DOUBT,  # also raised on a connection that broke halfway
    TimeoutError: RequestOutcome.IN_DOUBT,  # the total time was over
    OSError: RequestOutcome.IN_DOUBT,  # the system's errors that httpx lets through
    # The answer came, but cannot be read.
    httpx.DecodingError: RequestOutcome.IN_DOUBT,
    httpx.TooManyRedirects: RequestOutcome.IN_DOUBT,
    httpx.HTTPStatusError: RequestOutcome.IN_DOUBT,
    httpx.CookieConflict: RequestOutcome.IN_DOUBT,
    httpx.StreamError: RequestOutcome.IN_DOUBT,
    httpx.StreamConsumed: RequestOutcome.IN_DOUBT,
    httpx.StreamClosed: RequestOutcome.IN_DOUBT,
    httpx.ResponseNotRead: RequestOutcome.IN_DOUBT,
    httpx.RequestNotRead: RequestOutcome.IN_DOUBT,
    # The families, for what a later httpx adds to them: doubt never costs a second video.
    httpx.TimeoutException: RequestOutcome.IN_DOUBT,
    httpx.NetworkError: RequestOutcome.IN_DOUBT,
    httpx.ProtocolError: RequestOutcome.IN_DOUBT,
    httpx.TransportError: RequestOutcome.IN_DOUBT,
    httpx.RequestError: RequestOutcome.IN_DOUBT,
    httpx.HTTPError: RequestOutcome.IN_DOUBT,
}


def translated(error: Exception, *, submitting: bool, host: str, hide: Hide) -> ServiceError:
    """Return what a failed exchange means: the most specific line of the table holds."""
    fate = next(FOREIGN_ERRORS[kind] for kind in type(error).__mro__ if kind in FOREIGN_ERRORS)
    reason = one_line(hide(str(error)))
    said = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    if fate is RequestOutcome.NOT_TAKEN or (fate is RequestOutcome.IN_DOUBT and not submitting):
        return Unavailable(
            f"AI Studios cannot be reached at the moment ({host}, {said})",
            hint="Check the network connection, then run again",
        )
    return _in_words(fate, f"{host}, {said}", submitting=submitting)


def data_of(reply: Reply, *, submitting: bool, now: datetime, hide: Hide) -> JSON:
    """Return what stands under `data` in an answer.

    Raises:
        ServiceError: the answer is a refusal, or has no `data`
    """
    envelope = _parsed(reply.body)
    status = _status(reply, envelope)
    match envelope:
        case {"data": (dict() | list()) as data} if status in _SUCCESS and _says_success(envelope):
            return data
    wait = _seconds_to_wait(reply.retry_after, now)
    fate = _fate(status, failed=not _says_success(envelope), asked_to_wait=wait is not None)
    raise _in_words(fate, _quoted(reply, envelope, hide), submitting=submitting, retry_after=wait)


def refuses_the_key(reply: Reply) -> bool:
    """Tell whether another key might be taken where this one was not."""
    return _status(reply, _parsed(reply.body)) in _NO_ACCESS


def unexpected_answer(what: str, *, submitting: bool = False) -> ServiceError:
    """Return what it means that a successful answer lacks something."""
    return _in_words(RequestOutcome.IN_DOUBT, f"its answer has no {what}", submitting=submitting)


def _says_success(envelope: JSON) -> bool:
    match envelope:
        case {"success": bool(said)}:
            return said
        case {"error": error} if error:
            return False
        case _:
            return True


def _status(reply: Reply, envelope: JSON) -> int:
    """Return the status of an answer; a refusal can come with 200, its own status then stands inside."""
    code = _code(envelope)
    hidden = reply.status in _SUCCESS and not _says_success(envelope) and code in _STATUS_INSIDE
    return int(code) if hidden else reply.status


def _fate(status: int, *, failed: bool, asked_to_wait: bool) -> RequestOutcome:
    """Tell what an answer means that is not the one hoped for."""
    if status in _NO_ACCESS:
        return RequestOutcome.NO_ACCESS
    if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.SERVICE_UNAVAILABLE and asked_to_wait):
        return RequestOutcome.NOT_TAKEN
    if status in _REFUSED or (status in _SUCCESS and failed):
        return RequestOutcome.REFUSED
    return RequestOutcome.IN_DOUBT


def _in_words(
    fate: RequestOutcome, reason: str, *, submitting: bool, retry_after: float | None = None
) -> ServiceError:
    """Build the error for a fate: on submit a doubt stays one, elsewhere asking again is free."""
    match fate:
        case RequestOutcome.NO_ACCESS:
            return Unauthorized(
                f"AI Studios refuses the key ({reason})",
                hint="Check AISTUDIOS_API_KEY, the region (keys of global and china differ), "
                "and that the plan is Pro or higher",
            )
        case RequestOutcome.REFUSED:
            return Rejected(
                f"AI Studios refused this request ({reason})", hint=_MEND if submitting else _LOOK
            )
        case RequestOutcome.IN_DOUBT if submitting:
            return Uncertain(
                f"AI Studios gave no clear answer, the video may or may not have been ordered ({reason})",
                hint="Run again later: castmerge looks for it there and sends nothing twice",
            )
        case _:
            return Unavailable(
                f"AI Studios is busy, or has a fault at the moment ({reason})",
                hint="Wait a little, then run again",
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
    """Return status, code and the service's own words; the body where it has none."""
    match envelope:
        case {"error": {"msg": str(words)} | {"message": str(words)}} if words.strip():
            code = _code(envelope)
            said = f"code {code}, {words}" if code else words
        case {"error": str(words)} if words.strip():
            said = words
        case _:
            said = reply.body.decode(errors="replace")
    quote = one_line(hide(said))
    return f"HTTP {reply.status}: {quote}" if quote else f"HTTP {reply.status}"


def one_line(text: str) -> str:
    """Return the text in one line without control characters, cut to a length that can be read."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"


def _seconds_to_wait(said: str, now: datetime) -> float | None:
    """Read a `Retry-After`, which is seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if re.fullmatch(r"\s*[0-9]+(\.[0-9]+)?\s*", said):
        return min(float(said), _LONGEST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    wait = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(max(wait, 0.0), _LONGEST_RETRY_AFTER)
