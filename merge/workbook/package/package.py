"""Open a workbook and find its parts by their relationships, never by fixed names (ECMA-376 part 2)."""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self
from urllib.parse import unquote

from merge.errors import WorkbookError
from merge.workbook.package.compression import DAMAGED, Unpacked, can_unpack
from merge.workbook.package.container import SAVE_AS, member_name, no_workbook, open_zip
from merge.workbook.package.relationships import RelationshipLine, RelationshipsXml
from merge.workbook.package.zip_copy import raw_bytes, raw_file
from merge.workbook.xml.parse import (
    DOCUMENT_RELATIONSHIPS,
    LONGEST_TEXT,
    SAVE_AGAIN,
    STRICT,
    TRANSITIONAL,
    TRUSTED,
    Element,
    children,
    is_on,
    iter_elements,
    local,
    namespace,
    parse,
)

_BROKEN: tuple[type[Exception], ...] = (*DAMAGED, struct.error, ValueError, RuntimeError, OSError)
"""Raised by zipfile for damaged parts; NotImplementedError is a RuntimeError."""

_CHUNK = 1 << 16
_MOST_SHEETS = 4_096
_MOST_LINKS, _MOST_PARTS = 70_000, 10_000
"""What one part refers to; Excel keeps 65,530 links on a sheet."""
_MOST_ELEMENTS, _MOST_PER_BYTE = 100_000, 2
"""The limits for elements of a part that are read one by one: a constant, and a number per compressed byte.

Each row and each text of a real sheet takes several compressed bytes; Excel allows 65,490 cell formats.
"""

LARGEST_WHOLE = 64 << 20
"""Bytes that `Package.read` reads into memory; larger parts are streamed with `Package.open`."""

SheetState = Literal["visible", "hidden", "veryHidden"]


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship of a part.

    Attributes:
        rel_id: its id, such as `rId1`
        kind: the last segment of its type, such as `worksheet` (the same in transitional and strict)
        target: the part's name; unchanged if it is external
        external: whether its target is outside the package
    """

    rel_id: str
    kind: str
    target: str
    external: bool = False


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet of the workbook.

    Attributes:
        name: as its tab shows it
        part: the part's name, such as `xl/worksheets/sheet1.xml`
        sheet_id: its `sheetId`
        state: whether its tab is shown
        kind: `worksheet`, `chartsheet`, `dialogsheet` or `xlMacrosheet`
    """

    name: str
    part: str
    sheet_id: str
    state: SheetState = "visible"
    kind: str = "worksheet"


class PartStream(io.BufferedIOBase):
    """The XML of a member as a stream, whose errors become `WorkbookError`.

    No parser gets a tag or a text longer than `LONGEST_TEXT`, because many take quadratic time for it.
    """

    def __init__(self, stream: IO[bytes] | Unpacked, part: str, path: Path) -> None:
        self._stream = stream
        self._part = part
        self._path = path
        self._since_tag = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Return the next `size` bytes, or the rest.

        Raises:
            WorkbookError: the part is damaged, or has a tag or a text that is too long.
        """
        pieces: list[bytes] = []
        left = -1 if size is None else size
        while left and (piece := self._piece(_CHUNK if left < 0 else min(left, _CHUNK))):
            pieces.append(piece)
            left -= len(piece) if left > 0 else 0
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _piece(self, size: int) -> bytes:
        try:
            piece = self._stream.read(size)
        except _BROKEN as error:
            raise _damaged_part(self._part, self._path, error) from error
        first = piece.find(b"<")
        longest = self._since_tag + (len(piece) if first < 0 else first)
        self._since_tag = longest if first < 0 else len(piece) - piece.rfind(b"<")
        if longest > LONGEST_TEXT:
            raise WorkbookError(
                f"its part {self._part} has a text or a tag of more than 1 MB, longer than Excel allows",
                place=str(self._path),
                hint=TRUSTED,
            )
        return piece

    def close(self) -> None:
        """Close the member."""
        self._stream.close()
        super().close()


def _damaged_part(part: str, path: Path, error: Exception) -> WorkbookError:
    return WorkbookError(
        f"its part {part} is damaged ({error})",
        place=str(path),
        hint="Open it in Excel with Open and Repair, and save it",
    )


class Package:
    """An open workbook, as a context manager; see `open_package`.

    Attributes:
        path: of the file
        archive: the zip file under it
        workbook_part: name of the workbook part
        namespace: main namespace of the workbook, transitional or strict
        date1904: whether serial dates count from 1904
        sheets: in the order of their tabs
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.archive = open_zip(path)
        try:
            self._relationships: dict[str, tuple[Relationship, ...]] = {}
            self._members = {member_name(info).casefold(): info for info in self.archive.infolist()}
            self.workbook_part = self._find_workbook_part()
            workbook = parse(self.read(self.workbook_part), self._place(self.workbook_part))
            self.namespace = self._main_namespace(workbook)
            self.date1904 = any(is_on(pr.get("date1904")) for pr in children(workbook, "workbookPr"))
            self.sheets = self._sheets_of(workbook)
        except BaseException:
            self.archive.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, WorkbookError) and not error.place:
            error.place = str(self.path)
        self.archive.close()

    def has(self, part: str) -> bool:
        """Return whether a part exists; case doesn't matter in part names."""
        return self._find(part) is not None

    def member(self, part: str) -> zipfile.ZipInfo:
        """Return the zip member of a part.

        Raises:
            WorkbookError: there's no such part.
        """
        info = self._find(part)
        if info is None:
            raise WorkbookError(f"its part {part} is missing", place=str(self.path), hint=SAVE_AGAIN)
        return info

    def read(self, part: str) -> bytes:
        """Return the content of a part, with its checksum verified.

        Raises:
            WorkbookError: it is missing, damaged, or longer than `LARGEST_WHOLE`.
        """
        if self.member(part).file_size > LARGEST_WHOLE:
            raise WorkbookError(
                f"its part {part} is too large",
                place=str(self.path),
                hint="Split the workbook into smaller ones.",
            )
        with self.open(part) as stream:
            return stream.read()

    def open(self, part: str) -> PartStream:
        """Open a part as a stream, for large ones. Reading it raises `WorkbookError` if it is damaged.

        Raises:
            WorkbookError: it is missing or damaged.
        """
        info = self.member(part)
        try:
            stream = self.archive.open(info)  # looks at the member's own header
        except _BROKEN as error:
            raise _damaged_part(part, self.path, error) from error
        if not can_unpack(info):
            return PartStream(stream, part, self.path)
        stream.close()
        raw = raw_bytes(raw_file(self.archive), info, _CHUNK)
        return PartStream(Unpacked(raw, info), part, self.path)

    def elements(self, part: str, *names: str) -> Iterator[Element]:
        """Yield a part's elements with these local names, without holding the part in memory.

        Raises:
            WorkbookError: it is missing or damaged, has another format, has a document type, or repeats these
                elements more often than a part of its size can.
        """
        most = _MOST_ELEMENTS + _MOST_PER_BYTE * self.member(part).compress_size
        with self.open(part) as stream:
            yield from iter_elements(stream, self._place(part), *names, most=most)

    def relationships(self, part: str) -> tuple[Relationship, ...]:
        """Return a part's relationships but for links, targets resolved; "" is the package itself.

        Raises:
            WorkbookError: its relationships are damaged.
        """
        known = self._relationships.get(part)
        if known is None:
            folder = posixpath.dirname(part)
            others = (line for line in self._lines(part) if not line.is_link)
            known = self._relationships[part] = tuple(_relationship(line, folder) for line in others)
        return known

    def links(self, part: str) -> Mapping[str, str]:
        """Return the addresses that a part's hyperlinks open, by the relationship's id.

        Raises:
            WorkbookError: its relationships are damaged.
        """
        return {line.rel_id: line.target for line in self._lines(part) if line.is_link}

    def _lines(self, part: str) -> Iterator[RelationshipLine]:
        rels = relationships_part(part)
        if not self.has(rels):
            return
        parts = 0
        with self.open(rels) as stream:
            for count, line in enumerate(RelationshipsXml(stream, self._place(rels))):
                parts += not line.is_link
                if count - parts > _MOST_LINKS or parts > _MOST_PARTS:
                    raise WorkbookError(
                        f"it refers to more than {_MOST_LINKS:,} addresses or {_MOST_PARTS:,} parts",
                        place=self._place(rels),
                        hint=TRUSTED,
                    )
                yield line

    def part_by_type(self, kind: str) -> str | None:
        """Return the workbook's related part of a kind, such as `sharedStrings` or `styles`; or None."""
        return next(iter(self.related(self.workbook_part, kind)), None)

    def related(self, part: str, kind: str) -> tuple[str, ...]:
        """Return the existing related parts of a kind, such as a sheet's `table` parts."""
        found = (rel for rel in self.relationships(part) if rel.kind == kind and not rel.external)
        return tuple(member_name(self.member(rel.target)) for rel in found if self.has(rel.target))

    def sheet(self, name: str) -> SheetPart:
        """Return the worksheet with this name; case doesn't matter, as in Excel.

        Raises:
            WorkbookError: there's none, or it isn't a worksheet.
        """
        for sheet in self.sheets:
            if sheet.name.casefold() == name.casefold():
                if sheet.kind != "worksheet":
                    raise WorkbookError(
                        f"its sheet “{sheet.name}” is a {sheet.kind}, not a worksheet",
                        place=str(self.path),
                        hint="Choose a sheet that has rows and columns",
                    )
                return sheet
        known = ", ".join(repr(sheet.name) for sheet in self.sheets if sheet.kind == "worksheet")
        raise WorkbookError(
            f"it has no worksheet “{name}”", place=str(self.path), hint=f"Its worksheets are: {known}."
        )

    def _find(self, part: str) -> zipfile.ZipInfo | None:
        """Return a part's member; a relationship may percent-encode its name."""
        return self._members.get(part.casefold()) or self._members.get(unquote(part).casefold())

    def _place(self, part: str) -> str:
        return f"{self.path} ({part})"

    def _find_workbook_part(self) -> str:
        if not self.has("[Content_Types].xml"):
            raise no_workbook(self.archive, str(self.path))
        for rel in self.relationships(""):
            if rel.kind == "officeDocument" and self.has(rel.target):
                return self._refuse_binary(member_name(self.member(rel.target)))
        raise no_workbook(self.archive, str(self.path))

    def _refuse_binary(self, part: str) -> str:
        with self.open(part) as stream:
            start = stream.read(64)
        if b"<" not in start:
            raise WorkbookError(
                "this is a binary workbook (.xlsb)",
                place=str(self.path),
                hint=SAVE_AS,
            )
        return part

    def _main_namespace(self, workbook: Element) -> str:
        found = namespace(workbook)
        if local(workbook) == "workbook" and found in {TRANSITIONAL, STRICT}:
            return found
        if local(workbook) == "workbook":
            raise WorkbookError(
                f"castmerge doesn't know its format ({found or 'no namespace'})",
                place=str(self.path),
                hint=SAVE_AGAIN,
            )
        raise WorkbookError(
            f"this isn't a workbook: its main part is a {local(workbook)}",
            place=str(self.path),
            hint="Choose an Excel workbook (.xlsx or .xlsm)",
        )

    def _sheets_of(self, workbook: Element) -> tuple[SheetPart, ...]:
        sheets = tuple(islice(self._list_sheets(workbook), _MOST_SHEETS + 1))
        if len(sheets) > _MOST_SHEETS:
            raise WorkbookError(
                f"it has more than {_MOST_SHEETS:,} sheets", place=str(self.path), hint=TRUSTED
            )
        return sheets

    def _list_sheets(self, workbook: Element) -> Iterator[SheetPart]:
        relations = {rel.rel_id: rel for rel in self.relationships(self.workbook_part)}
        id_names = [f"{{{stem}}}id" for stem in DOCUMENT_RELATIONSHIPS.values()]
        for sheets in children(workbook, "sheets"):
            for sheet in children(sheets, "sheet"):
                rel_id = next((sheet.get(name) for name in id_names if sheet.get(name)), None)
                rel = relations.get(rel_id or "")
                if rel is None or rel.external or not self.has(rel.target):
                    continue  # no part, so nothing to read or write
                part = member_name(self.member(rel.target))
                yield SheetPart(
                    sheet.get("name", ""), part, sheet.get("sheetId", ""), _state(sheet), rel.kind
                )


def open_package(path: Path) -> Package:
    """Open a workbook.

    Raises:
        WorkbookError: it isn't one or can't be opened safely; says what it is instead, with a hint.
    """
    return Package(path)


def relationships_part(part: str) -> str:
    """Return the name of a part's relationships part."""
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


def _relationship(line: RelationshipLine, folder: str) -> Relationship:
    target = line.target
    if not line.external:
        target = posixpath.normpath(posixpath.join("/", folder, target.replace("\\", "/"))).lstrip("/")
    return Relationship(line.rel_id, line.type.rpartition("/")[2], target, line.external)


def _state(sheet: Element) -> SheetState:
    match sheet.get("state"):
        case "hidden":
            return "hidden"
        case "veryHidden":
            return "veryHidden"
        case _:
            return "visible"
