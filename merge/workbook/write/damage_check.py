"""Is a part well-formed at all? Asked where a write went wrong: then it is the workbook that is damaged."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from merge.errors import WorkbookError
from merge.workbook.package.package import Package
from merge.workbook.xml.parse import SAVE_AGAIN


def refuse_malformed(package: Package, parts: Iterable[str]) -> None:
    """Stops at the first of these parts whose XML is damaged; those that are not there are nobody's fault.

    Raises:
        WorkbookError: one of them is not well-formed, or has namespaces that no reader takes.
    """
    for part in parts:
        if package.has(part):
            _refuse(package, part)


def _refuse(package: Package, part: str) -> None:
    place = f"{package.path} ({part})"
    try:
        with package.open(part) as stream:
            for _, element in etree.iterparse(stream, resolve_entities=False, huge_tree=True):
                _refuse_namespaces(element)
                element.clear()
    except etree.LxmlError as error:
        raise WorkbookError(f"its XML is damaged ({error})", place=place, hint=SAVE_AGAIN) from error


def _refuse_namespaces(element: etree._Element) -> None:
    """Namespaces that are none have no canonical form."""
    if any(uri and ":" not in uri for uri in element.nsmap.values()):
        raise etree.C14NError(f"the element {element.tag} has a namespace that is none")
