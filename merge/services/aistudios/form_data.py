"""A file as form data (RFC 7578), which only the import of slides takes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import quote


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
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _part(boundary: str, name: str, content: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {name}\r\n\r\n".encode() + content + b"\r\n"
