"""The new file, read again and compared with the old one before it takes the workbook's place."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

from lxml import etree

from merge.errors import WorkbookError
from merge.workbook.package.container import member_name
from merge.workbook.package.package import Package, open_package
from merge.workbook.package.zip_copy import raw_bytes, raw_file
from merge.workbook.write.changed_parts import Built
from merge.workbook.write.compare import SheetComparison
from merge.workbook.write.damage_check import refuse_malformed
from merge.workbook.xml.parse import refuse_malformed_stream


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
                    with new.open(part) as stream:
                        refuse_malformed_stream(stream, part)
            SheetComparison(built.plan, built.sheet).compare(old, new)
    except (WorkbookError, ValueError, etree.LxmlError) as error:
        refuse_malformed(old, built.parts)
        raise WorkbookError(
            f"the new file did not come out as it should ({error}); the workbook is as it was",
            place=str(old.path),
            hint="Please report this as a fault in castmerge, if you can with the workbook.",
        ) from error


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
        raise WorkbookError("there are parts that nobody asked for")
