"""Is it XML at all? Found out while it is read, without holding it."""

from __future__ import annotations

from xml.parsers import expat

from merge.errors import WorkbookError
from merge.workbook.xml.sheet_xml import Source

_AT_ONCE = 1 << 18


def refuse_malformed_stream(stream: Source, place: str) -> None:
    """Reads a part to its end.

    Raises:
        WorkbookError: it is not well-formed.
    """
    watched = WatchedStream(stream, place)
    while watched.read(_AT_ONCE):
        pass


class WatchedStream:
    """A stream that makes sure, while it is read, that it is well-formed XML."""

    def __init__(self, stream: Source, place: str) -> None:
        self._stream = stream
        self._place = place
        # With a separator it knows namespaces, and a prefix that nobody declared is a fault.
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes.

        Raises:
            WorkbookError: they are not well-formed.
        """
        data = self._stream.read(size)
        try:
            if data:
                self._parser.Parse(data, False)
            elif not self._ended:
                self._ended = True
                self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise WorkbookError(f"{self._place} is not well-formed ({error})") from error
        return data
