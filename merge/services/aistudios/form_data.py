"""A file as form data (RFC 7578), which only the import of slides takes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import quote

_LINE_END = b"\r\n"


def form_data(fields: Mapping[str, str], file_name: str, content: bytes) -> tuple[bytes, str]:
    """The body of a request, and its content type.

    Args:
        fields: the texts, by name
        file_name: of the file, whose field is called `file`
        content: of the file
    """
    # A digest of the content isn't part of the content.
    boundary = f"castmerge-{hashlib.sha256(content).hexdigest()}"
    parts = [
        _part(boundary, f'name="{name}"', text.encode("utf-8", "replace")) for name, text in fields.items()
    ]
    parts.append(_part(boundary, f'name="file"; filename="{quote(file_name, safe=" ().,-_")}"', content))
    parts.append(f"--{boundary}--".encode() + _LINE_END)
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, name: str, content: bytes) -> bytes:
    lines = [f"--{boundary}".encode(), f"Content-Disposition: form-data; {name}".encode(), b"", content, b""]
    return _LINE_END.join(lines)
