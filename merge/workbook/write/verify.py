"""Read the new file and compare it with the old one before it replaces the workbook.

Parts that don't change are compared by their bytes. The sheet was compared while it was written
(`compare_sheet.py`); the file must hold those bytes, or it is compared again.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

from lxml import etree

from merge.errors import WorkbookError
from merge.sheet.addresses import LAST_ROW
from merge.workbook.package.container import member_name
from merge.workbook.package.package import Package, open_package
from merge.workbook.package.zip_copy import raw_bytes, raw_file
from merge.workbook.write.auto_filter import FILTER_NAME
from merge.workbook.write.changed_parts import Built
from merge.workbook.write.compare_sheet import SheetComparison, explained
from merge.workbook.write.link_relationships import OtherRelationships
from merge.workbook.write.soundness import refuse_unsound_table
from merge.workbook.xml.parse import descendants, parse, refuse_malformed_stream
from merge.workbook.xml.sheet_xml import SheetXml

_CHUNK = 1 << 18
_PARSED_SIZE = 16 << 20
"""The size in bytes up to which a part is also parsed as a whole, which finds existing damage. For a larger
sheet that would take longer than everything else; its bytes are still compared.
"""


def verify(old: Package, new_path: Path, built: Built) -> None:
    """Compare the new file with the old one: parts, rows, cells, and that ours are as requested.

    Args:
        old: the workbook
        new_path: the file that is to replace it
        built: what should have been written

    Raises:
        WorkbookError: there is a forbidden difference, which is a fault in castmerge.
    """
    with explained(old, built.parts), open_package(new_path) as new:
        _compare_members(old, new, built.parts)
        _compare_workbook_parts(old, new)
        for part in built.parts:
            with new.open(part) as stream:
                if new.member(part).file_size <= _PARSED_SIZE:
                    # Thousands of links in the usual spelling needn't be parsed.
                    source = OtherRelationships(stream) if part.endswith(".rels") else stream
                    refuse_malformed_stream(source, part)
                while stream.read(_CHUNK):
                    pass  # which compares its checksum
        if (table := built.plan.table) is not None:
            refuse_unsound_table(
                old.read(table),
                new.read(table),
                header_row=built.plan.header_row,
                new=built.plan.new,
                place=table,
            )
        sheet = built.plan.sheet.part
        if built.compared != (old.member(sheet).CRC, new.member(sheet).CRC):
            _compare_sheets(old, new, built)


def _compare_sheets(old: Package, new: Package, built: Built) -> None:
    """Compare the sheets from beginning to end."""
    part = built.plan.sheet.part
    with old.open(part) as old_stream, new.open(part) as new_stream:
        before, after = SheetXml(old_stream, part), SheetXml(new_stream, part)
        comparison = SheetComparison(built.plan, built.writer, before)
        coming = after.rows()
        row = next(coming, None)
        last = 0
        while block := before.block():
            previous, last = last, before.last_number(block, last)
            rows: list[bytes] = []
            while row is not None and row.number <= last:
                rows.append(after.written(row))
                row = next(coming, None)
            comparison.rows(block, b"".join(rows), (), previous, last)
        below = [*([row] if row else ()), *coming]
        comparison.rows(b"", b"".join(map(after.written, below)), (), last, LAST_ROW)
        was, now = ((it.head, it.data_tag, it.tail) for it in (before, after))
        comparison.frame(was, now, part)


def _compare_members(old: Package, new: Package, changed: Mapping[str, object]) -> None:
    there = {member_name(info): info for info in new.archive.infolist()}
    old_file, new_file = raw_file(old.archive), raw_file(new.archive)
    for info in old.archive.infolist():
        name = member_name(info)
        twin = there.pop(name, None)
        if twin is None:
            raise WorkbookError(f"{name} is missing")
        if name in changed:
            continue
        pairs = zip_longest(raw_bytes(old_file, info), raw_bytes(new_file, twin))
        if info.CRC != twin.CRC or any(before != after for before, after in pairs):
            raise WorkbookError(f"{name} has changed")
    if set(there) - set(changed):
        raise WorkbookError("there are unexpected parts")


def _compare_workbook_parts(old: Package, new: Package) -> None:
    """Stop if the workbook part differs in more than the filters' ranges."""
    parts = [(package.read(package.workbook_part), package.workbook_part) for package in (old, new)]
    if parts[0] != parts[1] and _without_filter_ranges(*parts[0]) != _without_filter_ranges(*parts[1]):
        raise WorkbookError("the workbook's names have changed")


def _without_filter_ranges(workbook: bytes, place: str) -> bytes:
    root = parse(workbook, place)
    for name in descendants(root, "definedName"):
        if name.get("name") == FILTER_NAME:
            name.text = (name.text or "").rpartition("!")[0]
    return etree.tostring(root, method="c14n")
