"""Large XML parts, element by element, so that memory does not grow with them."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from merge.errors import WorkbookError
from merge.workbook.package.package import Package
from merge.workbook.xml.parse import (
    DOCUMENT_RELATIONSHIPS,
    SAVE_AGAIN,
    STRICT,
    TRANSITIONAL,
    Element,
    namespace,
)

_FORGOTTEN_AT_ONCE = 256


def qualified(name: str) -> tuple[str, str]:
    """The two full names of a main-namespace element: transitional and strict."""
    return f"{{{TRANSITIONAL}}}{name}", f"{{{STRICT}}}{name}"


def stream(package: Package, part: str, *names: str) -> Iterator[Element]:
    """Yield a part's elements of these local names as each one ends, and forget it afterwards.

    Raises:
        WorkbookError: the part is missing or damaged, is of another format, or has a document type.
    """
    place = f"{package.path} ({part})"
    tags = [tag for name in names for tag in qualified(name)]
    with package.open(part) as source:
        parsing = etree.iterparse(
            source, events=("end",), tag=tags, remove_comments=True, remove_pis=True, resolve_entities=False
        )
        try:
            for count, (_, element) in enumerate(parsing):
                if not count % _FORGOTTEN_AT_ONCE:
                    _judge(element, place)
                    _forget_before(element)
                yield element
                element.clear()
            _judge(parsing.root, place)
        except etree.XMLSyntaxError as error:
            raise WorkbookError(f"its XML is damaged ({error.msg})", place=place, hint=SAVE_AGAIN) from error


def _judge(element: Element, place: str) -> None:
    if _document_type(element) is not None:
        raise WorkbookError(
            "its XML has a document type (DOCTYPE), which Excel never writes",
            place=place,
            hint="Use a workbook from a source that you trust, saved by Excel.",
        )
    if namespace(element.getroottree().getroot()) not in DOCUMENT_RELATIONSHIPS:
        raise WorkbookError("its format is not known", place=place, hint=SAVE_AGAIN)


def _document_type(element: Element) -> object:
    # lxml gives an internal part as soon as there is a document type at all, and None otherwise.
    return element.getroottree().docinfo.internalDTD


def _forget_before(element: Element) -> None:
    """Drop what was read; what the parser has already built beyond this element is still to come."""
    parent = element.getparent()
    if parent is not None:
        del parent[: parent.index(element)]
