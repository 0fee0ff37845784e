"""The new file, read again and compared with the old one before it takes the workbook's place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import TypeAlias
from xml.parsers import expat

from lxml import etree

from merge.errors import WorkbookError
from merge.model import ResultValue
from merge.refs import column_letters, column_number
from merge.workbook.build import Built
from merge.workbook.cellxml import cell_xml, is_blank
from merge.workbook.container import member_name
from merge.workbook.markup import parse
from merge.workbook.package import Package, open_package
from merge.workbook.rows import RawRow, SheetXml, Source
from merge.workbook.soundness import refuse_malformed
from merge.workbook.splice import Edit, apply, outline
from merge.workbook.zipcopy import raw_bytes, raw_file

Cells: TypeAlias = list[tuple[int, ResultValue]]

_MAY_CHANGE = ("dimension", "cols", "hyperlinks")
_ATTRIBUTE = re.compile(rb"([\w:.-]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_SPANS = re.compile(rb" spans=\"[^\"]*\"")
_STYLE = re.compile(rb"^(<[^>]*?) s=\"\d+\"")


def verify(old: Package, new_path: Path, built: Built) -> None:
    """Compares the new file with the old one: parts, rows, cells, and that ours are as asked.

    Args:
        old: the workbook
        new_path: the file that is to take its place
        built: what was to be written

    Raises:
        WorkbookError: they differ where they may not. That is a fault in castmerge.
    """
    try:
        with open_package(new_path) as new:
            _compare_members(old, new, built.parts)
            for part in built.parts:
                if part != member_name(old.member(built.plan.sheet.part)):
                    parse(new.read(part), part)
            _SheetComparison(built).compare(old, new)
    except (WorkbookError, ValueError, etree.LxmlError) as error:
        refuse_malformed(old, built.parts)
        raise WorkbookError(
            f"the new file did not come out as it should ({error}); the workbook is as it was",
            place=str(old.path),
            cure="Please report this as a fault in castmerge, if you can with the workbook.",
        ) from error


def _fault(what: str) -> WorkbookError:
    return WorkbookError(what)


def _compare_members(old: Package, new: Package, changed: Mapping[str, object]) -> None:
    there = {member_name(info): info for info in new.archive.infolist()}
    old_file, new_file = raw_file(old.archive), raw_file(new.archive)
    for info in old.archive.infolist():
        name = member_name(info)
        twin = there.pop(name, None)
        if twin is None:
            raise _fault(f"{name} is missing")
        if name in changed:
            continue
        pairs = zip_longest(raw_bytes(old_file, info), raw_bytes(new_file, twin))
        if info.CRC != twin.CRC or any(before != after for before, after in pairs):
            raise _fault(f"{name} has changed")
    if set(there) - set(changed):
        raise _fault("there are parts that nobody asked for")


class _WatchedStream:
    """A stream that makes sure, while it is read, that it is well-formed XML."""

    def __init__(self, stream: Source, place: str) -> None:
        self._stream = stream
        self._place = place
        self._parser = expat.ParserCreate()
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        try:
            if not self._ended:
                self._parser.Parse(data, not data)
        except expat.ExpatError as error:
            raise _fault(f"{self._place} is not well-formed ({error})") from error
        self._ended = not data
        return data


class _SheetComparison:
    """Two versions of a sheet, row by row."""

    def __init__(self, built: Built) -> None:
        plan, prefix = built.plan, built.sheet.prefix
        self._plan = plan
        self._sheet = built.sheet
        self._wrapping = (b"", b"")
        letters = {column_letters(column): column for column in plan.columns.values()}
        self._letters = {column: text for text, column in letters.items()}
        name = f"{prefix}c".encode()
        ours = "|".join(letters).encode() or b"-"
        self._ours = re.compile(
            rb"<%b\s(?:[^>]*\s)?r=\"(%b)\d+\"[^>]*?(?:/>|>.*?</%b>)" % (name, ours, name), re.DOTALL
        )

        self._styles = re.compile(rb"(<%b r=\"[A-Z]+[0-9]+\") s=\"[0-9]+\"" % name)

    def compare(self, old: Package, new: Package) -> None:
        part = self._plan.sheet.part
        with old.open(part) as old_stream, new.open(part) as new_stream:
            before = SheetXml(old_stream, part)
            after = SheetXml(_WatchedStream(new_stream, part), part)
            self._wrapping = (before.root_tag, f"</{self._sheet.prefix}worksheet>".encode())
            self._compare_rows(before.rows(), after.rows())
            if _frame(before, part) != _frame(after, part):
                raise _fault("what stands around the rows has changed")

    def _compare_rows(self, before: Iterator[RawRow], after: Iterator[RawRow]) -> None:
        old = next(before, None)
        for new in after:
            if old is not None and old.number == new.number:
                self._compare_row(old, new, self._plan.cells(new.number))
                old = next(before, None)
            elif (old is None or new.number < old.number) and (cells := self._plan.cells(new.number)):
                self._compare_row(RawRow(new.number, b"", b"", b""), new, cells)
            else:
                raise _fault(f"row {new.number} is out of place")
        if old is not None:
            raise _fault(f"row {old.number} is missing")

    def _compare_row(self, old: RawRow, new: RawRow, cells: Cells) -> None:
        if not cells:
            if old != new:
                raise _fault(f"row {new.number} has changed")
            return
        if old.tag and not _is_same_row(old.tag, new.tag):
            raise _fault(f"row {new.number} has changed")
        if self._is_as_appended(old.inner or b"", new, cells):
            return
        written = dict(cells)
        self._compare_cells(old, new, frozenset(self._letters[column] for column in written))
        there = {found[1].decode(): found[0] for found in self._ours.finditer(new.inner or b"")}
        for column, value in written.items():
            cell = there.get(self._letters[column], b"")
            asked = self._asked(f"{self._letters[column]}{new.number}", value)
            if (
                cell != asked
                and _STYLE.sub(rb"\1", cell) != asked
                and not (is_blank(value) and cell.endswith(b"/>"))
            ):
                raise _fault(f"{self._letters[column]}{new.number} does not hold its result")

    def _is_as_appended(self, before: bytes, new: RawRow, cells: Cells) -> bool:
        """Whether the row is the old one with our cells behind its own, as most rows are."""
        after = new.inner or b""
        if not after.startswith(before):
            return False
        asked: list[bytes] = []
        for column, value in cells:
            ref = f"{self._letters[column]}{new.number}"
            if f'r="{ref}"'.encode() in before:
                return False
            asked.append(self._asked(ref, value))
        return self._styles.sub(rb"\1", after[len(before) :]) == b"".join(asked)

    def _asked(self, ref: str, value: ResultValue) -> bytes:
        if is_blank(value):
            return b""
        stored = self._sheet.stored(ref, value)
        return cell_xml(ref, 0, stored, self._sheet.prefix, date1904=self._sheet.date1904).encode()

    def _compare_cells(self, old: RawRow, new: RawRow, written: frozenset[str]) -> None:
        """All cells but the written ones are the same, to the byte or at least in what they say."""

        def others(found: re.Match[bytes]) -> bytes:
            return b"" if found[1].decode() in written else found[0]

        if new.inner is not None and new.inner.startswith(old.inner or b""):
            rest = self._ours.sub(others, new.inner[len(old.inner or b"") :])
            if not rest:
                return
        before, after = (self._ours.sub(others, row.inner or b"") for row in (old, new))
        if before != after and self._said(old, written) != self._said(new, written):
            raise _fault(f"the cells of row {new.number} have changed")

    def _said(self, row: RawRow, written: frozenset[str]) -> list[tuple[str, bytes]]:
        """The cells as canonical XML, by address; those without one are counted."""
        start, end = self._wrapping
        whole = parse(start + (row.inner or b"") + end, "row")
        said: list[tuple[str, bytes]] = []
        column = 0
        for cell in whole:
            ref = str(cell.attrib.pop("r", "")).rstrip("0123456789")
            letters = ref or column_letters(column + 1)
            column = column_number(letters)
            if letters not in written:
                said.append((letters, etree.tostring(cell, method="c14n", with_tail=False)))
        return said


def _is_same_row(old: bytes, new: bytes) -> bool:
    return _SPANS.sub(b"", old) == _SPANS.sub(b"", new) or _attributes(old) == _attributes(new)


def _attributes(tag: bytes) -> list[tuple[bytes, bytes]]:
    """A row's attributes; its number and the hint of its columns may be added and widened."""
    return sorted((name, value) for name, value in _ATTRIBUTE.findall(tag) if name not in {b"r", b"spans"})


def _frame(sheet: SheetXml, place: str) -> bytes:
    """What stands around the rows as canonical XML, without what may change."""
    whole = sheet.head + sheet.data_tag.rstrip(b"/>") + b"/>" + sheet.tail
    spans = [span for span in outline(whole, place) if span.name in _MAY_CHANGE]
    root = parse(apply(whole, (Edit(span.start, span.end, b"") for span in spans)), place)
    root.text = ""
    for element in root:
        element.tail = ""  # blanks between elements
    return etree.tostring(root, method="c14n")
