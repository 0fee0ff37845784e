"""What an answer to the request for a file, or the lack of one, means. RFC 9110, sections 13 to 15."""

from __future__ import annotations

import re
from enum import Enum, auto
from http import HTTPStatus

import httpx

from merge.errors import MergeError, Rejected, Unavailable
from merge.services.download.partial_file import Origin

__all__ = ["FOREIGN_ERRORS", "Content", "content_of", "origin_of", "unavailable", "whole_size_of"]

FOREIGN_ERRORS = (httpx.HTTPError, httpx.StreamError, OSError)
"""Everything that comes out of an exchange that broke."""

_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
_LATER = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_PAGES = {"text/html", "text/plain", "text/xml", "application/json", "application/xml"}
_LONGEST_WAIT = 24 * 3600.0


class Content(Enum):
    """What the bytes of an answer are."""

    WHOLE = auto()
    """The file from its first byte."""
    REST = auto()
    """What was missing of it."""
    ANOTHER = auto()
    """Not what was asked for, since the file is another one by now."""


def content_of(answer: httpx.Response, *, size: int, origin: Origin | None) -> Content:
    """Tell what an answer brings.

    Args:
        answer: to a request for what is behind the first `size` bytes, or for the whole
        size: of what is there already, in bytes; 0 for nothing
        origin: what that came from

    Raises:
        Rejected: the link will not do, and another one is needed
        Unavailable: a later try may have more luck
    """
    status, asked_for_rest = answer.status_code, size > 0 and origin is not None
    if status == HTTPStatus.OK:
        _refuse_pages(answer)
        return Content.WHOLE
    if status == HTTPStatus.PARTIAL_CONTENT and asked_for_rest:
        return Content.REST if _fits(answer, size, origin) else Content.ANOTHER
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and asked_for_rest:
        return Content.ANOTHER
    raise _refusal(answer)


def origin_of(answer: httpx.Response, source: str) -> Origin:
    """What a whole file comes from.

    Raises:
        Unavailable: the answer does not let anybody tell its end from a cut
    """
    tag, length = answer.headers.get("etag", ""), answer.headers.get("content-length", "")
    # A weak tag stands for files that look alike, not for the same bytes.
    validator = tag if tag.startswith('"') else answer.headers.get("last-modified", "")
    validator = validator if validator.isascii() else ""
    if length.isascii() and length.isdigit():
        return Origin(source, validator, int(length))
    if "chunked" not in answer.headers.get("transfer-encoding", ""):
        raise unavailable(answer.url.host, "it does not say how large the video is")
    return Origin(source, validator, None)


def whole_size_of(answer: httpx.Response) -> int | None:
    """The size of the whole file, from an answer that brings the rest of it."""
    found = _RANGE.fullmatch(answer.headers.get("content-range", ""))
    return int(found[3]) if found and found[3] != "*" else None


def unavailable(host: str, reason: str, *, retry_after: float | None = None) -> Unavailable:
    """Trouble on the way, in words; the link itself is not quoted, for whoever has it has the video."""
    return Unavailable(
        f"the video cannot be downloaded at the moment ({host}: {reason})",
        hint="Run again later: what has arrived is not loaded twice",
        retry_after=retry_after,
    )


def _fits(answer: httpx.Response, size: int, origin: Origin | None) -> bool:
    found = _RANGE.fullmatch(answer.headers.get("content-range", ""))
    if found is None or int(found[1]) != size or origin is None:
        return False
    total = whole_size_of(answer)
    return total is None or origin.size in {None, total}


def _refuse_pages(answer: httpx.Response) -> None:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind in _PAGES or answer.headers.get("content-encoding", "identity") != "identity":
        raise _expired(f"{answer.url.host} sends {kind or 'something packed'} instead of a video")


def _refusal(answer: httpx.Response) -> MergeError:
    said = f"HTTP {answer.status_code}"
    if answer.is_client_error and answer.status_code not in _LATER:
        return _expired(f"{answer.url.host}: {said}")
    wait = answer.headers.get("retry-after", "")
    seconds = min(float(wait), _LONGEST_WAIT) if re.fullmatch("[0-9]{1,9}", wait) else None
    return unavailable(answer.url.host, said, retry_after=seconds)


def _expired(reason: str) -> Rejected:
    return Rejected(
        f"the link to the video has expired, or was never one ({reason})",
        hint="Run again: castmerge then asks for a new link",
    )
