"""The parts that a write-back changes, made from the workbook as it is and the values to write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from merge.errors import WorkbookError
from merge.model import WrittenCells
from merge.sheet.addresses import split_ref
from merge.workbook.package.container import member_name
from merge.workbook.package.package import Package, relationships_part
from merge.workbook.package.relationships import CONTENT_TYPES, with_relationships
from merge.workbook.package.zip_copy import Packed, pack_pieces
from merge.workbook.write.column_plan import Plan, Request, make_plan
from merge.workbook.write.excel_table import grown_table
from merge.workbook.write.hyperlinks import MOST_LINKS, LinkPatch, link_patch
from merge.workbook.write.patch_blocks import BlockPatcher
from merge.workbook.write.patch_rows import RowPatcher
from merge.workbook.write.requested_links import WantedLinks
from merge.workbook.write.scan_sheet import Survey, survey_sheet
from merge.workbook.write.sheet_frame import column_styles, framed
from merge.workbook.write.sheet_info import Sheet
from merge.workbook.write.styles import StyleBook
from merge.workbook.xml.parse import children, is_on, parse
from merge.workbook.xml.sheet_xml import SheetXml, style_of

_BYTES_OF_A_LINK = 200
_NAMED = 3
"""How many cells a note names."""


@dataclass(frozen=True, slots=True)
class Built:
    """A write-back, ready to be put into a file.

    Attributes:
        plan: what goes where
        sheet: what is known of its sheet
        parts: the changed and added parts by member name; empty where nothing changes
        written: what is reported
    """

    plan: Plan
    sheet: Sheet
    parts: dict[str, Packed]
    written: WrittenCells

    def close(self) -> None:
        """Lets go of the parts."""
        for packed in self.parts.values():
            packed.close()


def build(package: Package, request: Request, *, quick: bool = True) -> Built:
    """Makes the parts that change.

    Args:
        package: the workbook
        request: what is asked for
        quick: whether rows may be patched many at once; the outcome is the same

    Raises:
        WorkbookError: the workbook cannot be patched safely.
        OSError: the disk is full.
    """
    survey, plan = _surveyed(package, request, thorough=False)
    return _Builder(package, survey, plan, quick=quick).built()


def planned(package: Package, request: Request) -> Plan:
    """What would go where.

    Raises:
        WorkbookError: the workbook cannot be patched safely.
    """
    return _surveyed(package, request, thorough=True)[1]


def _surveyed(package: Package, request: Request, *, thorough: bool) -> tuple[Survey, Plan]:
    refuse_signed(package)
    sheet = package.sheet(request.sheet)
    survey = survey_sheet(package, sheet, request.header_row, thorough=thorough)
    return survey, make_plan(package, sheet, survey, request)


def refuse_signed(package: Package) -> None:
    """Stops at a digitally signed workbook, whose signature any change would break.

    Raises:
        WorkbookError: it is signed.
    """
    if any(rel.kind == "origin" for rel in package.relationships("")):
        raise WorkbookError(
            "it is digitally signed, and writing into it would break the signature",
            place=str(package.path),
            hint="Remove the signature (File, Info, View Signatures), or work on a copy without it.",
        )


class _Builder:
    def __init__(self, package: Package, survey: Survey, plan: Plan, *, quick: bool) -> None:
        self._quick = quick
        self._package = package
        self._survey = survey
        self._plan = plan
        self._place = f"{package.path}, sheet {plan.sheet.name!r}"
        self._styles_part = package.part_by_type("styles")
        data = package.read(self._styles_part) if self._styles_part else None
        self._styles = StyleBook(data, self._place, themed=package.part_by_type("theme") is not None)
        self._rels = relationships_part(plan.sheet.part)

    def built(self) -> Built:
        links = self._links()
        facts = self._facts(links)
        with ExitStack() as unfinished:
            sheet, cut = self._sheet(facts, links)
            unfinished.callback(sheet.close)
            parts = {self._member(self._plan.sheet.part): sheet}
            for member, pieces, expected in self._small_parts(links):
                parts[member] = pack_pieces(pieces, expected)
                unfinished.callback(parts[member].close)
            unfinished.pop_all()
        written = WrittenCells(self._plan.columns, self._plan.asked.count, tuple(self._notes(links, cut)))
        if len(parts) == 1 and self._is_as_before(sheet):
            sheet.close()
            parts = {}
        return Built(self._plan, facts, parts, written)

    def _small_parts(self, links: LinkPatch) -> Iterator[tuple[str, Iterable[bytes], int]]:
        """The other parts that change: member names, contents in pieces, about how many bytes."""
        for member, content in self._whole_parts(links):
            yield member, [content], len(content)
        if links.relationships is not None:
            yield self._member(self._rels), links.relationships(), _BYTES_OF_A_LINK * len(links.linked)

    def _whole_parts(self, links: LinkPatch) -> Iterator[tuple[str, bytes]]:
        styles = self._styles.result()
        if styles is not None and self._styles_part is not None:
            yield self._member(self._styles_part), styles
        if links.relationships is not None and not self._package.has(self._rels):
            types = with_relationships(self._package.read(CONTENT_TYPES), self._rels, self._place)
            if types is not None:
                yield self._member(CONTENT_TYPES), types
        if self._plan.table is not None:
            table = self._package.read(self._plan.table)
            headers = [header for _, header in sorted(self._plan.new.items())]
            yield self._member(self._plan.table), grown_table(table, headers, self._place)

    def _facts(self, links: LinkPatch) -> Sheet:
        return Sheet(
            self._survey.prefix,
            self._package.date1904,
            links.linked,
            self._styles.can_grow,
            self._header_style(),
            column_styles(self._survey, self._plan.columns.values(), self._place),
        )

    def _sheet(self, facts: Sheet, links: LinkPatch) -> tuple[Packed, list[str]]:
        plan = self._plan
        head, tail = framed(self._survey, plan, links.edits, self._place)
        patcher = RowPatcher(plan, facts, self._styles)
        packed = Packed(self._package.member(plan.sheet.part).file_size)
        try:
            packed.write(head)
            for piece in self._rows(patcher, facts):
                packed.write(piece)
            packed.write(tail)
            packed.finish()
        except BaseException:
            packed.close()
            raise
        return packed, patcher.cut

    def _rows(self, patcher: RowPatcher, facts: Sheet) -> Iterator[bytes]:
        """`sheetData` with its rows, in pieces."""
        with self._package.open(self._plan.sheet.part) as source:
            sheet = SheetXml(source, self._place)
            rows = BlockPatcher(sheet, self._plan, facts, patcher, quick=self._quick).rows()
            if not sheet.self_closed:
                yield sheet.data_tag
                yield from rows
                yield sheet.trailing + f"</{sheet.prefix}sheetData>".encode()
                return
            added = b"".join(rows)
            if not added:
                yield sheet.data_tag
                return
            yield sheet.data_tag[:-2].rstrip() + b">" + added + f"</{sheet.prefix}sheetData>".encode()

    def _header_style(self) -> int:
        """The format of the header at the left of the first new column."""
        first = min(self._plan.new, default=0)
        left = [column for column in self._survey.header_style if column < first]
        return style_of(self._survey.header_style[max(left)]) if left else 0

    def _links(self) -> LinkPatch:
        relationships = self._package.read(self._rels) if self._package.has(self._rels) else None
        return link_patch(
            self._survey.skeleton,
            relationships,
            WantedLinks(self._plan),
            self._is_written,
            self._package.namespace,
            self._place,
        )

    def _is_written(self, ref: str) -> bool:
        try:
            column, row = split_ref(ref)
        except ValueError:
            return False
        return any(column == written for written, _ in self._plan.cells(row))

    def _member(self, part: str) -> str:
        return member_name(self._package.member(part)) if self._package.has(part) else part

    def _is_as_before(self, sheet: Packed) -> bool:
        old = self._package.member(self._plan.sheet.part)
        return (sheet.crc, sheet.size) == (old.CRC, old.file_size)

    def _notes(self, links: LinkPatch, cut: list[str]) -> Iterator[str]:
        plain = self._plan.asked.links - len(links.linked)
        if plain > 0:
            yield (
                f"{plain} of the links stand as plain text: their address is not one that Excel follows, "
                f"or the sheet has more than the {MOST_LINKS:,} links that Excel keeps"
            )
        if cut:
            more = f" and {len(cut) - _NAMED} more" if len(cut) > _NAMED else ""
            yield f"the text in {', '.join(cut[:_NAMED])}{more} was longer than a cell can be, and was cut"
        if not self._styles.can_grow:
            yield "the workbook has no formats that could be added to: dates are written as text"
        if self._plan.new:
            yield from self._notes_on_new_columns()

    def _notes_on_new_columns(self) -> Iterator[str]:
        skeleton = parse(self._survey.skeleton, self._place)
        if any(is_on(it.get("sheet")) for it in children(skeleton, "sheetProtection")):
            yield f"the sheet {self._plan.sheet.name!r} is protected; the results were written all the same"
        if any(it.get("ref") for it in children(skeleton, "autoFilter")):
            yield (
                "the sheet's filter does not reach over the new columns: set it anew (Data, Filter) before "
                "you sort by it, or the results stay where they are while the rows move"
            )
