"""Texts as a workbook stores them: shared strings, rich text, escaped characters (ECMA-376 part 1, 18.4)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from merge.workbook.package.package import Package
from merge.workbook.package.part_stream import qualified, stream
from merge.workbook.xml.parse import Element, decode_xstring

_TAKEN = 8192
"""So many texts are kept as they were taken."""
XML_BLANKS = " \t\r\n"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_TEXT = frozenset(qualified("t"))
_RUN = frozenset(qualified("r"))


class Texts:
    """A great many texts in little memory; those that were taken lately are the same object again."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])
        self._taken: dict[int, str] = {}
        for text in texts:
            self._bytes += text.encode("utf-8", "surrogatepass")
            self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, place: int) -> str:
        text = self._taken.get(place)
        if text is None:
            if not 0 <= place < len(self):
                raise IndexError(place)
            start, end = self._ends[place], self._ends[place + 1]
            text = self._bytes[start:end].decode("utf-8", "surrogatepass")
            if len(self._taken) >= _TAKEN:
                self._taken.clear()
            self._taken[place] = text
        return text


def shared_strings(package: Package) -> Texts:
    """Read the texts that cells refer to by their place in this list; empty where there is no such part.

    Raises:
        WorkbookError: the part is damaged.
    """
    part = package.part_by_type("sharedStrings")
    return Texts(rich_text(item) for item in stream(package, part, "si")) if part else Texts(())


def rich_text(item: Element) -> str:
    """Join the text of an `si` or `is` element and of its runs; phonetic guides are left out."""
    if len(item) == 1 and item[0].tag in _TEXT:
        return decode_xstring(_plain(item[0]))
    pieces: list[str] = []
    for child in item:
        if child.tag in _TEXT:
            pieces.append(_plain(child))
        elif child.tag in _RUN:
            pieces += (_plain(text) for text in child if text.tag in _TEXT)
    return decode_xstring("".join(pieces))


def _plain(element: Element) -> str:
    text = element.text or ""
    # Excel takes blanks at the ends for the file's own layout unless they are marked as text.
    return text if element.get(_SPACE) == "preserve" else text.strip(XML_BLANKS)
