"""Standard streams that never raise: closed, on a full disk, without a reader, or in an old code page."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from collections.abc import Mapping
from typing import TextIO, cast

import click

from merge.reports.visible_text import visible, visible_json

_PLAIN: Mapping[str, str] = {
    "“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "–": "-", "—": "-", "·": "-", "→": "->",
    "\xa0": " ", "\ufffd": "?",
}  # fmt: skip
"""Replacements on stderr for characters that old code pages lack."""
_ESCAPED_BYTE, _BYTES = 0xDC00, 0xFF
"""Python's surrogate for a byte of a path that can't be decoded (PEP 383)."""
_FOR_PEOPLE, _FOR_PROGRAMS = "castmerge.people", "castmerge.programs"


class SafeFile(io.FileIO):
    """A file whose writes are silently dropped after the first one that fails.

    Attributes:
        failure: the error of that write, or None
    """

    failure: OSError | None = None

    def write(self, data: object, /) -> int:
        """Write bytes; after a failure, claim that all of them were written."""
        view = memoryview(cast("bytes", data))
        if self.failure is None:
            try:
                return super().write(view) or 0
            except OSError as error:
                self.failure = error
        return view.nbytes


class SafeText(io.TextIOWrapper):
    """A text stream that never shows control characters."""

    def write(self, text: str, /) -> int:
        """Write a text without characters that control the terminal."""
        super().write(visible(text))
        return len(text)

    def write_raw(self, text: str, /) -> int:
        """Write a text as is."""
        return super().write(text)


class RawText:
    """A stream for castmerge's own colors and cursor moves; other text must be made visible first."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str, /) -> int:
        """Write a text as is."""
        return (
            self._stream.write_raw(text) if isinstance(self._stream, SafeText) else self._stream.write(text)
        )

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The stream's descriptor."""
        return self._stream.fileno()

    @property
    def encoding(self) -> str:
        """The stream's encoding."""
        return self._stream.encoding


def secure_streams() -> None:
    """Replace stdout and stderr by streams that never raise on unencodable characters or a closed pipe."""
    codecs.register_error(_FOR_PROGRAMS, lambda error: _escaped(error, {}))
    codecs.register_error(_FOR_PEOPLE, lambda error: _escaped(error, _PLAIN))
    sys.stdout = _secured(sys.stdout, _FOR_PROGRAMS)
    sys.stderr = _secured(sys.stderr, _FOR_PEOPLE)


def say_json(value: Mapping[str, object]) -> None:
    """Print one JSON object on a line: as UTF-8, or as ASCII if stdout has another encoding."""
    click.echo(json_line(value, sys.stdout))


def json_line(value: object, stream: TextIO) -> str:
    """The JSON of a value, in characters that read the same in the stream's encoding and in UTF-8."""
    import json  # noqa: PLC0415 - every start would pay for it

    return _readable(visible_json(json.dumps(value, ensure_ascii=False)), stream)


def _readable(text: str, stream: TextIO) -> str:
    line = _without_escapes(text)
    if codecs.lookup(stream.encoding or "ascii").name == "utf-8":
        return line
    return "".join(letter if letter.isascii() else _units(letter) for letter in line)


def _without_escapes(text: str) -> str:
    """Decode undecodable bytes of paths (surrogate escapes) as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text


def output_failure() -> OSError | None:
    """The error of writing stdout, or None; a closed pipe (EPIPE) isn't an error."""
    sys.stdout.flush()
    file = _raw(sys.stdout)
    failure = file.failure if isinstance(file, SafeFile) else None
    return None if failure is None or failure.errno in (errno.EPIPE, errno.EINVAL) else failure


def _secured(stream: TextIO | None, errors: str) -> TextIO:
    if stream is None:
        # The descriptor was closed before this process started.
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - it stays open as long as the process
    raw = _raw(stream)
    # A Windows console isn't a plain file and writes every character; streams in tests aren't files either.
    if type(raw) is not io.FileIO or not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    file = SafeFile(raw.fileno(), "wb", closefd=False)
    buffered: object = getattr(stream, "buffer", raw)
    return SafeText(
        # PYTHONUNBUFFERED asks for no buffer.
        io.BufferedWriter(file) if buffered is not raw else file,
        encoding=stream.encoding,
        errors=errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _raw(stream: TextIO) -> object:
    buffer: object = getattr(stream, "buffer", None)
    raw: object = getattr(buffer, "raw", buffer)
    return raw


def _escaped(error: UnicodeError, plain: Mapping[str, str]) -> tuple[str | bytes, int]:
    """Encoding error handler: keep bytes of paths, and replace other characters or escape them as JSON."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letter = error.object[error.start]
    if 0 <= (byte := ord(letter) - _ESCAPED_BYTE) <= _BYTES:
        return bytes([byte]), error.start + 1
    return plain.get(letter) or _units(letter), error.start + 1


def _units(letter: str) -> str:
    pairs = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{pairs[at]:02x}{pairs[at + 1]:02x}" for at in range(0, len(pairs), 2))
