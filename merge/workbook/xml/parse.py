"""Parse the XML of workbook parts without entities, document types or network; namespaces, escapes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from io import BufferedIOBase
from typing import Protocol
from xml.parsers import expat

from lxml import etree
from lxml.etree import _Element

from merge.errors import WorkbookError

TRANSITIONAL = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
"""ECMA-376 part 4 (what Excel saves by default)."""
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
"""ECMA-376 part 1 ("Strict Open XML Spreadsheet")."""
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
DOCUMENT_RELATIONSHIPS = {
    TRANSITIONAL: "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    STRICT: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
"""Namespace of `r:id`, and stem of the relationships' types, by main namespace."""

SAVE_AGAIN = "Open it in Excel, and save it again as an Excel Workbook (.xlsx)."
TRUSTED = "Use a workbook from a source that you trust, saved by Excel."

LONGEST_TEXT = 1 << 20
"""Bytes of a tag with its attributes and the text after it; Excel's longest text has 32,767 characters."""
_HEAVIEST = 600_000
"""Elements and attributes in memory at once, 200 bytes each; the 65,530 links of a sheet are 330,000."""

Element = _Element

_FORGOTTEN_AT_ONCE = 256
_CHUNK = 1 << 18
_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")
_MOST_ACCENTS = 1000
_XSTRING = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_LIKE_AN_XSTRING = re.compile("_(?=x[0-9A-Fa-f]{4}[_\x00-\x08\x0b-\x1f\ufffe\uffff])")
"""A character to be escaped counts as the closing `_`, which its own escape begins with."""
_XML_BLANKS = " \t\r\n"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_DOCTYPE_SPELLINGS = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


class Source(Protocol):
    """A stream of bytes."""

    def read(self, size: int = ..., /) -> bytes:
        """Return the next bytes, b"" at the end."""
        ...


def parse(data: bytes, place: str) -> Element:
    """Parse a part and return its root.

    Raises:
        WorkbookError: it isn't well-formed, too large for memory, or has a document type.
    """
    refuse_doctype(data, place)
    if _weight(data) > _HEAVIEST:
        raise _too_heavy(place)
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root: Element = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _unreadable(error, place) from error
    return root


def iter_elements(stream: BufferedIOBase, place: str, *names: str, most: int) -> Iterator[Element]:
    """Yield the elements with these local names as each one ends, and forget it afterwards.

    Memory doesn't grow with the part, only with the largest element, and that has a limit.

    Args:
        stream: the part
        place: how errors name it
        names: local names
        most: how many of these elements there may be

    Raises:
        WorkbookError: the part is damaged, has another format, has a document type, has too many of these
            elements, or holds too much before or between them.
    """
    tags = [tag for name in names for tag in qualified(name)]
    weighed = _WeighedStream(stream, place)
    parsing = etree.iterparse(
        weighed, events=("end",), tag=tags, remove_comments=True, remove_pis=True, resolve_entities=False
    )
    try:
        for count, (_, element) in enumerate(parsing):
            if not count % _FORGOTTEN_AT_ONCE:
                _refuse_foreign(element, place)
                _forget_before(element)
                if count > most:
                    raise _repeats(place, local(element), most)
            yield element
            element.clear()
            weighed.weight = 0
        _refuse_foreign(parsing.root, place)
    except etree.XMLSyntaxError as error:
        raise _unreadable(error, place) from error


class _WeighedStream:
    """Stops before the parser holds more in memory than any workbook needs.

    Attributes:
        weight: what was read since it was last set to 0
    """

    def __init__(self, stream: BufferedIOBase, place: str) -> None:
        self._stream = stream
        self._place = place
        self.weight = 0

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes.

        Raises:
            WorkbookError: they hold too much.
        """
        data = self._stream.read(size)
        self.weight += _weight(data)
        if self.weight > _HEAVIEST:
            raise _too_heavy(self._place)
        return data


def _weight(data: bytes) -> int:
    """Return at least how many elements and attributes there are."""
    return data.count(b"<") + data.count(b"=")


def _too_heavy(place: str) -> WorkbookError:
    return WorkbookError(
        f"it has more than {_HEAVIEST:,} elements in one place, far more than Excel writes",
        place=place,
        hint=TRUSTED,
    )


def _repeats(place: str, name: str, most: int) -> WorkbookError:
    return WorkbookError(
        f"it repeats “{name}” more than {most:,} times, which no workbook of this size does",
        place=place,
        hint=TRUSTED,
    )


def _unreadable(error: etree.XMLSyntaxError, place: str) -> WorkbookError:
    # libxml2's limits on depth and length name its own option to lift them.
    if "XML_PARSE_HUGE" in error.msg or "too big" in error.msg:
        return WorkbookError("its XML is longer or deeper than Excel writes it", place=place, hint=TRUSTED)
    return WorkbookError(f"its XML is damaged ({error.msg})", place=place, hint=SAVE_AGAIN)


def _refuse_foreign(element: Element, place: str) -> None:
    # lxml has an internal DTD as soon as there is a document type at all.
    dtd: object = element.getroottree().docinfo.internalDTD
    if dtd is not None:
        raise _doctype_error(place)
    if namespace(element.getroottree().getroot()) not in DOCUMENT_RELATIONSHIPS:
        raise WorkbookError("castmerge doesn't know its format", place=place, hint=SAVE_AGAIN)


def _forget_before(element: Element) -> None:
    """Drop the siblings before an element; the parser has already built some of those after it."""
    parent = element.getparent()
    if parent is not None:
        del parent[: parent.index(element)]


def refuse_doctype(data: bytes, place: str) -> None:
    """Refuse a document type: Excel never writes one, and entities can grow without bound.

    Raises:
        WorkbookError: there is one.
    """
    if any(spelling in data for spelling in _DOCTYPE_SPELLINGS):
        raise _doctype_error(place)


def _doctype_error(place: str) -> WorkbookError:
    return WorkbookError(
        "its XML has a document type (DOCTYPE), which Excel never writes",
        place=place,
        hint=TRUSTED,
    )


def refuse_malformed_stream(stream: Source, place: str, *, namespaces: bool = True) -> None:
    """Read a part to its end.

    Args:
        stream: the part
        place: how errors name it
        namespaces: whether it declares the prefixes that it uses

    Raises:
        WorkbookError: it isn't well-formed.
    """
    checked = CheckedStream(stream, place, namespaces=namespaces)
    while checked.read(_CHUNK):
        pass


class CheckedStream:
    """A stream that checks, while it is read, that it is well-formed XML."""

    def __init__(self, stream: Source, place: str, *, namespaces: bool = True) -> None:
        self._stream = stream
        self._place = place
        # With a separator, expat checks namespaces, so an undeclared prefix is an error.
        self._parser = expat.ParserCreate(namespace_separator=" " if namespaces else None)
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes.

        Raises:
            WorkbookError: they aren't well-formed.
        """
        data = self._stream.read(size)
        try:
            if data:
                self._parser.Parse(data, False)
            elif not self._ended:
                self._ended = True
                self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise WorkbookError(f"{self._place} isn't well-formed ({error})", hint=SAVE_AGAIN) from error
        return data


def qualified(name: str) -> tuple[str, str]:
    """Both full names of a main-namespace element: transitional and strict."""
    return f"{{{TRANSITIONAL}}}{name}", f"{{{STRICT}}}{name}"


def local(element: Element) -> str:
    """Return the element's name without its namespace; of a comment or instruction, no valid name."""
    return str(element.tag).rpartition("}")[2]


def namespace(element: Element) -> str:
    """Return the element's namespace, or ""."""
    tag = str(element.tag)
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def children(element: Element, name: str) -> Iterator[Element]:
    """Yield the element's children with this local name."""
    return (child for child in element if local(child) == name)


def descendants(element: Element, name: str) -> Iterator[Element]:
    """Yield the element and its descendants with this local name, in document order."""
    return (found for found in element.iter() if local(found) == name)


def is_on(value: str | None) -> bool:
    """Return the value of an xsd:boolean attribute; a missing one is False."""
    return value in {"1", "true", "on"}


def number(text: str | None, default: int = 0) -> int:
    """Return an xsd:integer, or the default if the text isn't one."""
    return int(text) if text and _WHOLE.fullmatch(text) else default


def escape(text: str) -> str:
    """Escape text for the inside of an element. xml.sax.saxutils would import urllib.request."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def attribute(text: str) -> str:
    """Escape text for a double-quoted attribute."""
    text = escape(text).replace('"', "&quot;")
    return text.replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")


_T, _RUN = frozenset(qualified("t")), frozenset(qualified("r"))


def rich_text(item: Element) -> str:
    """Join the text of an `si` or `is` element and its runs; phonetic guides are left out."""
    pieces: list[str] = []
    for child in item:
        if child.tag in _T:
            pieces.append(_plain(child))
        elif child.tag in _RUN:
            pieces += (_plain(text) for text in child if text.tag in _T)
    text = decode_xstring("".join(pieces))
    if len(text) > _MOST_ACCENTS and not text.isascii():
        _refuse_accents(text)
    return text


def _refuse_accents(text: str) -> None:
    """Refuse thousands of accents on one letter: putting them in order takes the square of their number."""
    accents = 0
    for letter in text:
        accents = accents + 1 if unicodedata.combining(letter) else 0
        if accents > _MOST_ACCENTS:
            raise WorkbookError(
                f"it has a text with more than {_MOST_ACCENTS:,} accents on one letter", hint=TRUSTED
            )


def _plain(element: Element) -> str:
    text = element.text or ""
    # Excel drops spaces at both ends unless they are marked as part of the text.
    return text if element.get(_SPACE) == "preserve" else text.strip(_XML_BLANKS)


def encode_xstring(text: str) -> str:
    """Write characters that XML can't hold, and text that looks like their escape, as `_xHHHH_`.

    ST_Xstring, ECMA-376 part 1, 22.9.2.19. A lone surrogate becomes U+FFFD.
    """
    text = _LIKE_AN_XSTRING.sub("_x005F_", _LONE_SURROGATE.sub("\ufffd", text))
    return _NOT_IN_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def decode_xstring(text: str) -> str:
    """Undo `encode_xstring`."""
    if "_x" not in text:
        return text
    plain = _XSTRING.sub(lambda found: chr(int(found[1], 16)), text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
