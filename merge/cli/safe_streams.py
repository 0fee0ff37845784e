"""Standard output and error that never end a run: closed, full, left by their reader, of an old code page."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from collections.abc import Mapping
from typing import TextIO, cast

import click

_PLAIN: Mapping[str, str] = {
    "“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "–": "-", "—": "-", "·": "-", "→": "->", "\xa0": " ",
}  # fmt: skip
"""What old code pages may lack, and what stands for it before eyes."""
_ESCAPED_BYTE, _BYTES = 0xDC00, 0xFF
"""How Python keeps a byte of a path that is no text (PEP 383)."""
_FOR_EYES, _FOR_PROGRAMS = "castmerge.eyes", "castmerge.programs"


class Outlet(io.FileIO):
    """A file descriptor to which writing goes on, without a word, once it has failed.

    Attributes:
        failure: the error with which it failed, or None
    """

    failure: OSError | None = None

    def write(self, data: object, /) -> int:
        """Write bytes; after a failure all of them count as written."""
        view = memoryview(cast("bytes", data))
        if self.failure is None:
            try:
                return super().write(view) or 0
            except OSError as error:
                self.failure = error
        return view.nbytes


def secure_streams() -> None:
    """Put streams that bear everything in the place of the process's own; others are left as they are."""
    codecs.register_error(_FOR_PROGRAMS, lambda error: _escaped(error, {}))
    codecs.register_error(_FOR_EYES, lambda error: _escaped(error, _PLAIN))
    sys.stdout = _secured(sys.stdout, _FOR_PROGRAMS)
    sys.stderr = _secured(sys.stderr, _FOR_EYES)


def say_json(value: Mapping[str, object]) -> None:
    """Print one JSON object on a line: as UTF-8 or, where standard output has another code page, as ASCII."""
    click.echo(json_line(value, sys.stdout))


def json_line(value: object, stream: TextIO) -> str:
    """The JSON of a value, so that whoever reads the stream as UTF-8 reads it right."""
    import json  # noqa: PLC0415 - every start would pay for it

    return _readable(json.dumps(value, ensure_ascii=False), stream)


def _readable(text: str, stream: TextIO) -> str:
    line = _of_the_system(text)
    if codecs.lookup(stream.encoding or "ascii").name == "utf-8":
        return line
    return "".join(letter if letter.isascii() else _units(letter) for letter in line)


def _of_the_system(text: str) -> str:
    """Paths whose bytes are no text in this locale, as the text that they are in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text


def output_failure() -> OSError | None:
    """Why what was to be printed could not be, or None; a reader that has left wanted no more."""
    sys.stdout.flush()
    outlet = _raw(sys.stdout)
    failure = outlet.failure if isinstance(outlet, Outlet) else None
    return None if failure is None or failure.errno in (errno.EPIPE, errno.EINVAL) else failure


def _secured(stream: TextIO | None, errors: str) -> TextIO:
    if stream is None:
        # The descriptor was closed before this process began.
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - it stays open as long as the process
    raw = _raw(stream)
    # A Windows console is no plain file and writes every letter; what tests put here is none either.
    if type(raw) is not io.FileIO or not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    outlet = Outlet(raw.fileno(), "wb", closefd=False)
    buffered: object = getattr(stream, "buffer", raw)
    return io.TextIOWrapper(
        # With PYTHONUNBUFFERED there is no buffer in between, and there shall be none.
        io.BufferedWriter(outlet) if buffered is not raw else outlet,
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
    """What a code page lacks, as JSON writes it, so that JSON stays JSON; bytes of a path as they are."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letter = error.object[error.start]
    if 0 <= (byte := ord(letter) - _ESCAPED_BYTE) <= _BYTES:
        return bytes([byte]), error.start + 1
    return plain.get(letter) or _units(letter), error.start + 1


def _units(letter: str) -> str:
    pairs = letter.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{pairs[at]:02x}{pairs[at + 1]:02x}" for at in range(0, len(pairs), 2))
