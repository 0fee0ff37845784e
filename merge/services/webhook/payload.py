"""What a delivery says, whatever form it comes in; nothing of it is believed, it is only a hint.

Shape: the service's reference, version 1.6: `progress` (percent), at 100 also `credit` and `download_url`.
It names no project and is not signed, so the row is known by the address that was called.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import BytesParser
from typing import TypeAlias
from urllib.parse import parse_qsl

from merge.model import JSON, RowKey

__all__ = ["Delivery", "delivery_of"]

Fields: TypeAlias = Mapping[str, JSON]

_ALL = 100.0
_MOST_FIELDS = 100
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{0,9})?")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call of a row's webhook. The download address that it may carry is not kept.

    Attributes:
        key: the row's key
        percent: 0 to 100, or None where it does not say
        credits: what the video cost, or None where it does not say
        done: whether it says that the video is ready
    """

    key: RowKey
    percent: float | None = None
    credits: float | None = None
    done: bool = False


def delivery_of(key: RowKey, query: str, kind: str, body: bytes) -> Delivery:
    """Read a delivery; what is in the body goes before what is in the query.

    Args:
        key: the row whose address was called
        query: the address's part behind `?`
        kind: the body's `Content-Type`, which may be wrong or missing
        body: JSON, form-urlencoded or multipart, or nothing

    Raises:
        ValueError: the body or the query is none of these
    """
    fields = {**_form(query), **_fields(kind, body)}
    percent = _amount(fields.get("progress"))
    capped = None if percent is None else min(percent, _ALL)
    ready = capped == _ALL or bool(fields.get("download_url"))
    return Delivery(key, capped, _amount(fields.get("credit", fields.get("credits"))), ready)


def _fields(kind: str, body: bytes) -> Fields:
    folded = kind.casefold()
    if folded.startswith("multipart/"):
        return _multipart(kind, body)
    # Senders often leave their library's own content type, so the first letter counts for more.
    if body.lstrip()[:1] in {b"{", b"["} or "json" in folded:
        return _object(body)
    return _form(body.decode())


def _object(body: bytes) -> Fields:
    if not body.strip():
        return {}
    try:
        found: JSON = json.loads(body.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    match found:
        case dict():
            return found
        case _:
            raise ValueError("not an object")


def _form(text: str) -> Fields:
    return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))


def _multipart(kind: str, body: bytes) -> Fields:
    fields: dict[str, JSON] = {}
    try:
        for part in BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body).walk():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            if isinstance(name, str) and isinstance(content, bytes):
                fields[name] = content.decode().strip()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return fields


def _amount(found: JSON) -> float | None:
    """A number that is not below zero, or None."""
    match found:
        case bool():
            return None
        case int() | float() if 0 <= found < math.inf:
            # More digits than a float has would not fit.
            return float(min(found, 10**9))
        case str() if _NUMBER.fullmatch(number := found.strip(" %")):
            return float(number)
        case _:
            return None
