"""The parts that a write-back changes, made from the workbook as it is and the values to write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from merge.errors import WorkbookError
from merge.model import Link, WrittenCells
from merge.refs import column_letters, split_ref
from merge.workbook.container import member_name
from merge.workbook.frame import column_styles, framed
from merge.workbook.links import MOST_LINKS, LinkPatch, followable, link_patch
from merge.workbook.markup import Element, children, is_on, parse
from merge.workbook.package import Package, relationships_part
from merge.workbook.patch import RowPatcher, Sheet
from merge.workbook.plan import Plan, Request, make_plan
from merge.workbook.rows import SheetXml, style_of
from merge.workbook.stylebook import StyleBook
from merge.workbook.survey import Survey, survey_sheet
from merge.workbook.tablegrowth import grown_table
from merge.workbook.zipcopy import Packed, pack

_NAMED = 3
"""How many cells a note names."""


@dataclass(frozen=True, slots=True)
class Built:
    """A write-back, ready to be put into a file.

    Attributes:
        plan: what goes where
        prefix: namespace prefix of the sheet with its colon, or ""
        parts: the changed and added parts by member name; empty where nothing changes
        dates_as_text: whether dates had to be written as text
        written: what is reported
    """

    plan: Plan
    prefix: str
    parts: dict[str, Packed]
    dates_as_text: bool
    written: WrittenCells

    def close(self) -> None:
        """Lets go of the parts."""
        for packed in self.parts.values():
            packed.close()


def build(package: Package, request: Request) -> Built:
    """Makes the parts that change.

    Raises:
        WorkbookError: the workbook cannot be patched safely.
        OSError: the disk is full.
    """
    refuse_signed(package)
    sheet = package.sheet(request.sheet)
    survey = survey_sheet(package, sheet, request.header_row)
    plan = make_plan(package, sheet, survey, request)
    return _Builder(package, survey, plan).built()


def refuse_signed(package: Package) -> None:
    """Stops at a digitally signed workbook, whose signature any change would break.

    Raises:
        WorkbookError: it is signed.
    """
    if any(rel.kind == "origin" for rel in package.relationships("")):
        raise WorkbookError(
            "it is digitally signed, and writing into it would break the signature",
            place=str(package.path),
            cure="Remove the signature (File, Info, View Signatures), or work on a copy without it.",
        )


class _Builder:
    def __init__(self, package: Package, survey: Survey, plan: Plan) -> None:
        self._package = package
        self._survey = survey
        self._plan = plan
        self._place = f"{package.path}, sheet {plan.sheet.name!r}"
        self._styles_part = package.part_by_type("styles")
        data = package.read(self._styles_part) if self._styles_part else None
        self._styles = StyleBook(data, self._place, themed=package.part_by_type("theme") is not None)
        self._refused_links = 0

    def built(self) -> Built:
        links = self._links()
        sheet, cut = self._sheet(links)
        parts = {self._member(self._plan.sheet.part): sheet} | self._small_parts(links)
        written = WrittenCells(self._plan.columns, len(self._plan.rows), tuple(self._notes(links, cut)))
        if len(parts) == 1 and self._is_as_before(sheet):
            sheet.close()
            parts = {}
        return Built(self._plan, self._survey.prefix, parts, not self._styles.can_grow, written)

    def _small_parts(self, links: LinkPatch) -> dict[str, Packed]:
        parts: dict[str, Packed] = {}
        styles = self._styles.result()
        if styles is not None and self._styles_part is not None:
            parts[self._member(self._styles_part)] = pack(styles)
        if links.relationships is not None:
            parts[self._member(relationships_part(self._plan.sheet.part))] = pack(links.relationships)
        if self._plan.table is not None:
            table = self._package.read(self._plan.table)
            headers = [header for _, header in sorted(self._plan.new.items())]
            parts[self._member(self._plan.table)] = pack(grown_table(table, headers, self._place))
        return parts

    def _sheet(self, links: LinkPatch) -> tuple[Packed, list[str]]:
        survey, plan = self._survey, self._plan
        head, tail = framed(survey, plan, links.edits, self._place)
        styles = column_styles(survey, plan.columns.values(), self._place)
        facts = Sheet(survey.prefix, self._package.date1904, links.linked, self._header_style(), styles)
        patcher = RowPatcher(plan, facts, self._styles)
        packed = Packed(self._package.member(plan.sheet.part).file_size)
        try:
            packed.write(head)
            for piece in self._rows(patcher):
                packed.write(piece)
            packed.write(tail)
            packed.finish()
        except BaseException:
            packed.close()
            raise
        return packed, patcher.cut

    def _rows(self, patcher: RowPatcher) -> Iterator[bytes]:
        """`sheetData` with its rows, in pieces."""
        with self._package.open(self._plan.sheet.part) as source:
            sheet = SheetXml(source, self._place)
            if not sheet.self_closed:
                yield sheet.data_tag
                for row in sheet.rows():
                    yield b"".join(patcher.patched(row))
                yield from patcher.missing_before(None)
                yield sheet.trailing + f"</{sheet.prefix}sheetData>".encode()
                return
            added = b"".join(patcher.missing_before(None))
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
        rels = relationships_part(self._plan.sheet.part)
        relationships = self._package.read(rels) if self._package.has(rels) else None
        wanted = self._wanted_links() if relationships or self._may_have_relationships() else {}
        return link_patch(
            self._survey.skeleton,
            relationships,
            wanted,
            self._is_written,
            self._package.namespace,
            self._place,
        )

    def _wanted_links(self) -> dict[str, str]:
        wanted: dict[str, str] = {}
        for row in sorted(self._plan.rows):
            for column, value in self._plan.cells(row):
                if isinstance(value, Link) and value.url and len(wanted) < MOST_LINKS:
                    url = followable(value.url)
                    if url is None:
                        self._refused_links += 1
                    else:
                        wanted[f"{column_letters(column)}{row}"] = url
        return wanted

    def _is_written(self, ref: str) -> bool:
        try:
            column, row = split_ref(ref)
        except ValueError:
            return False
        return any(column == written for written, _ in self._plan.cells(row))

    def _may_have_relationships(self) -> bool:
        """Whether the package's content types know the ending of relationship parts."""
        types = parse(self._package.read("[Content_Types].xml"), self._place)
        return any(it.get("Extension", "").lower() == "rels" for it in children(types, "Default"))

    def _member(self, part: str) -> str:
        return member_name(self._package.member(part)) if self._package.has(part) else part

    def _is_as_before(self, sheet: Packed) -> bool:
        old = self._package.member(self._plan.sheet.part)
        return (sheet.crc, sheet.size) == (old.CRC, old.file_size)

    def _notes(self, links: LinkPatch, cut: list[str]) -> Iterator[str]:
        asked = sum(isinstance(value, Link) for row in self._plan.rows.values() for value in row.values())
        plain = asked - len(links.linked)
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
        if self._plan.new and any(is_on(it.get("sheet")) for it in self._protection()):
            yield f"the sheet {self._plan.sheet.name!r} is protected; the results were written all the same"

    def _protection(self) -> Iterator[Element]:
        return children(parse(self._survey.skeleton, self._place), "sheetProtection")
