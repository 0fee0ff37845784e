"""Build the parts that a write changes, from the current workbook and the values to write.

A part that isn't handled yet is added in `_Builder._whole_parts`; changes in the sheet around its rows, in
`sheet_frame.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import BufferedIOBase, BytesIO

from merge.errors import WorkbookError
from merge.model import WrittenCells
from merge.workbook.package.container import member_name
from merge.workbook.package.package import Package, relationships_part
from merge.workbook.package.relationships import CONTENT_TYPES, with_relationships
from merge.workbook.package.zip_copy import Packed, pack_pieces
from merge.workbook.write.auto_filter import filter_growth, sheet_filter, with_filter_name
from merge.workbook.write.cell_xml import CellWriter
from merge.workbook.write.column_plan import (
    Plan,
    Request,
    UnlistedHeaderError,
    make_plan,
    with_every_header,
)
from merge.workbook.write.compare_sheet import SheetComparison, explained
from merge.workbook.write.excel_table import grown_table
from merge.workbook.write.hyperlinks import MOST_LINKS, SheetLinks
from merge.workbook.write.link_relationships import NO_RELATIONSHIPS
from merge.workbook.write.patch_rows import RowPatcher, Stretch
from merge.workbook.write.scan_sheet import SheetScan, scan_sheet
from merge.workbook.write.sheet_frame import column_formats, patch_frame
from merge.workbook.write.styles import Stylesheet
from merge.workbook.write.value_colors import color_edits
from merge.workbook.xml.parse import children, is_on, parse
from merge.workbook.xml.sheet_xml import SheetXml

_LINK_SIZE = 200
"""Typical bytes of a hyperlink's relationship."""
_NAMED_CELLS = 3
"""How many cells a note names."""


@dataclass(frozen=True, slots=True)
class Built:
    """A write that is ready to be put into a file.

    Attributes:
        plan: what goes where
        writer: makes the cells of the plan's sheet
        compared: checksums of the sheet as it was and of the new one, which were compared
        parts: the changed and added parts by member name; empty if nothing changes
        written: the result to report
    """

    plan: Plan
    writer: CellWriter
    compared: tuple[int, int]
    parts: dict[str, Packed]
    written: WrittenCells

    def close(self) -> None:
        """Close the temporary files of the parts."""
        for packed in self.parts.values():
            packed.close()


def build(package: Package, request: Request) -> Built:
    """Make the parts that change.

    Raises:
        WorkbookError: the workbook can't be patched safely.
        OSError: the disk is full.
    """
    if request.columns:
        with suppress(UnlistedHeaderError):
            return _Builder(package, *_scan_and_plan(package, request, every_row=False)).built()
    request = with_every_header(request)
    return _Builder(package, *_scan_and_plan(package, request, every_row=False)).built()


def planned(package: Package, request: Request) -> Plan:
    """Return what would go where.

    Raises:
        WorkbookError: the workbook can't be patched safely.
    """
    return _scan_and_plan(package, request, every_row=True)[1]


def _scan_and_plan(package: Package, request: Request, *, every_row: bool) -> tuple[SheetScan, Plan]:
    _refuse_signed(package)
    sheet = package.sheet(request.sheet)
    scan = scan_sheet(package, sheet, request.header_row, every_row=every_row, headers=request.columns)
    return scan, make_plan(package, sheet, scan, request)


def _refuse_signed(package: Package) -> None:
    if any(rel.kind == "origin" for rel in package.relationships("")):
        raise WorkbookError(
            "it's digitally signed, and any change would break the signature",
            place=str(package.path),
            hint="Remove the signature (File > Info > View Signatures), or use a copy without it",
        )


def _stretches(patcher: RowPatcher, sheet: SheetXml) -> Iterator[Stretch]:
    last = 0
    while block := sheet.block():
        before, last = last, sheet.last_number(block, last)
        yield patcher.within(sheet, block, before, last)
    yield from patcher.below(last)


class _Builder:
    def __init__(self, package: Package, scan: SheetScan, plan: Plan) -> None:
        self._package = package
        self._scan = scan
        self._plan = plan
        self._place = f"{package.path}, sheet {plan.sheet.name!r}"
        self._styles_part = package.part_by_type("styles")
        data = package.read(self._styles_part) if self._styles_part else None
        self._styles = Stylesheet(data, self._place, themed=package.part_by_type("theme") is not None)
        self._rels_part = relationships_part(plan.sheet.part)
        self._filter = sheet_filter(scan.skeleton, self._place)
        self._grown = filter_growth(scan, plan, self._filter)

    def built(self) -> Built:
        links = self._links()
        writer = CellWriter(self._scan.prefix, self._package.date1904, self._styles.can_grow, links.linked)
        formats = column_formats(self._scan, self._plan, self._place)
        patcher = RowPatcher(self._plan, writer, links, self._styles, formats)
        with ExitStack() as unfinished:
            sheet = Packed(self._package.member(self._plan.sheet.part).file_size)
            unfinished.callback(sheet.close)
            for piece in self._sheet(patcher, writer, links):
                sheet.write(piece)
            sheet.finish()
            parts = {self._member(self._plan.sheet.part): sheet}
            for member, pieces, size in self._other_parts(links):
                parts[member] = pack_pieces(pieces, size)
                unfinished.callback(parts[member].close)
            unfinished.pop_all()
        notes = tuple(self._notes(links, patcher.cut))
        written = WrittenCells(self._plan.columns, patcher.filled, notes)
        if len(parts) == 1 and self._is_unchanged(sheet):
            sheet.close()
            parts = {}
        compared = (self._package.member(self._plan.sheet.part).CRC, sheet.crc)
        return Built(self._plan, writer, compared, parts, written)

    def _sheet(self, patcher: RowPatcher, writer: CellWriter, links: SheetLinks) -> Iterator[bytes]:
        """Yield the patched sheet in pieces, each compared with what was there."""
        colors = [*color_edits(self._scan, self._plan, self._styles, self._place)]
        head, _ = patch_frame(self._scan, self._plan, self._grown, colors, self._place)
        data_end = f"</{self._scan.prefix}sheetData>".encode()
        yield head
        with self._package.open(self._plan.sheet.part) as source:
            sheet = SheetXml(source, self._place)
            comparison = SheetComparison(self._plan, writer, sheet)
            rows = self._rows(patcher, comparison, sheet)
            opened = sheet.data_tag
            if not sheet.self_closed:
                yield opened
                yield from rows
                yield sheet.trailing + data_end
            elif added := b"".join(rows):
                opened = sheet.data_tag[:-2].rstrip() + b">"
                yield opened + added + data_end
            else:
                yield opened
        edits = [*colors, *links.edits()]  # in schema order
        tail = patch_frame(self._scan, self._plan, self._grown, edits, self._place)[1]
        with explained(self._package, [self._plan.sheet.part]):
            old = (sheet.head, sheet.data_tag, sheet.tail)
            comparison.frame(old, (head, opened, tail), self._plan.sheet.part)
        yield tail

    def _rows(self, patcher: RowPatcher, comparison: SheetComparison, sheet: SheetXml) -> Iterator[bytes]:
        for it in _stretches(patcher, sheet):
            with explained(self._package, [self._plan.sheet.part]):
                comparison.rows(it.was, it.now, it.made, it.before, it.last)
            yield it.now

    def _other_parts(self, links: SheetLinks) -> Iterator[tuple[str, Iterable[bytes], int]]:
        """Yield member name, content in pieces and approximate size of the other parts that change."""
        for part, content in self._whole_parts(links):
            yield self._member(part), [content], len(content)
        if links.has_new_relationships:
            with self._relationships() as before:
                yield (
                    self._member(self._rels_part),
                    links.relationships(before),
                    _LINK_SIZE * len(links.linked),
                )

    def _whole_parts(self, links: SheetLinks) -> Iterator[tuple[str, bytes]]:
        styles = self._styles.result()
        if styles is not None and self._styles_part is not None:
            yield self._styles_part, styles
        if links.has_new_relationships and not self._package.has(self._rels_part):
            types = with_relationships(self._package.read(CONTENT_TYPES), self._rels_part, self._place)
            if types is not None:
                yield CONTENT_TYPES, types
        if self._plan.table is not None:
            headers = [header for _, header in sorted(self._plan.new.items())]
            yield (
                self._plan.table,
                grown_table(self._package.read(self._plan.table), headers, self._place),
            )

        if self._grown is not None:
            part = self._package.workbook_part
            renamed = with_filter_name(
                self._package.read(part), self._plan.sheet, self._grown.new, self._place
            )
            if renamed is not None:
                yield part, renamed

    def _links(self) -> SheetLinks:
        with self._relationships() as relationships:
            return SheetLinks(self._scan, relationships, self._plan, self._package.namespace, self._place)

    def _relationships(self) -> BufferedIOBase:
        if self._package.has(self._rels_part):
            return self._package.open(self._rels_part)
        return BytesIO(NO_RELATIONSHIPS)

    def _member(self, part: str) -> str:
        return member_name(self._package.member(part)) if self._package.has(part) else part

    def _is_unchanged(self, sheet: Packed) -> bool:
        old = self._package.member(self._plan.sheet.part)
        return (sheet.crc, sheet.size) == (old.CRC, old.file_size)

    def _notes(self, links: SheetLinks, cut: list[str]) -> Iterator[str]:
        plain = links.asked - len(links.linked)
        if plain > 0:
            yield (
                f"{plain} of the links are plain text, because Excel can't open their address "
                f"or the sheet has more than {MOST_LINKS:,} links"
            )
        if cut:
            named = ", ".join(cut[:_NAMED_CELLS])
            more = f" and {len(cut) - _NAMED_CELLS} more" if len(cut) > _NAMED_CELLS else ""
            yield f"the text in {named}{more} was too long for a cell, so it was cut"
        if not self._styles.can_grow:
            yield "dates were added as text, because the workbook has no list of formats"
        if self._plan.new:
            yield from self._notes_on_new_columns()

    def _notes_on_new_columns(self) -> Iterator[str]:
        skeleton = parse(self._scan.skeleton, self._place)
        if any(is_on(it.get("sheet")) for it in children(skeleton, "sheetProtection")):
            yield f"the sheet {self._plan.sheet.name!r} is protected, but the results were written anyway"
        first, last = min(self._plan.new), max(self._plan.new)
        where = self._grown.new if self._grown else self._filter
        if where is not None and not where.first_column <= first <= last <= where.last_column:
            yield (
                f"the filter on {where.text} doesn't start in the header row or leaves out some columns, so "
                "it wasn't extended over the result columns. Before you sort with it, turn it off and on "
                "again (Data > Filter). Otherwise, the results won't move with their rows"
            )
