"""Texts by the hundred thousand in little memory: what is alike in them is kept once (RFC 1951)."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator
from typing import Final

_QUICK: Final = 1
_AT_ONCE: Final = 1 << 16


class CompressedTextList:
    """Texts that are added one after the other and read once more, in their order, with commas between them.

    Attributes:
        count: how many there are
    """

    def __init__(self) -> None:
        self.count = 0
        self._pack = zlib.compressobj(_QUICK)
        self._packed: list[bytes] = []

    def add(self, text: str) -> None:
        """Put a text behind the others."""
        joined = f",{text}" if self.count else text
        self.count += 1
        packed = self._pack.compress(joined.encode("utf-8", "surrogatepass"))
        if packed:
            self._packed.append(packed)

    def pieces(self) -> Iterator[str]:
        """All of it in pieces of some size; nothing can be added from then on."""
        self._packed.append(self._pack.flush())
        unpack, decode = zlib.decompressobj(), codecs.getincrementaldecoder("utf-8")("surrogatepass")
        for packed in self._packed:
            rest = packed
            while rest:
                yield decode.decode(unpack.decompress(rest, _AT_ONCE))
                rest = unpack.unconsumed_tail
