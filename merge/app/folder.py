"""The opened folder: the files that can be chosen, and uploads to it. Nothing outside it is touched."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from merge.app.errors import AppError, error_json
from merge.errors import ColumnError, InputError
from merge.input.csv import preview_csv
from merge.input.data_sheet import DataSheet
from merge.input.paths import CSV_SUFFIXES, is_csv
from merge.input.template_file import JINJA, read_template, read_text_template
from merge.model import JSON, Worksheet
from merge.project.drawing import draw_scenes
from merge.project.json_text import strings
from merge.project.speech_time import spoken_of
from merge.project.tree import items_of, text_of
from merge.reports.html.parts import Layouts
from merge.reports.page_text import page_text
from merge.results import format_duration
from merge.settings import Settings
from merge.sheet.columns import Header, data_rows
from merge.sheet.data_areas import data_areas
from merge.sheet.result_columns import ResultHeaders
from merge.template.column_use import placeholder_blocks
from merge.workbook import FileVersion, file_version, source_of
from merge.workbook.package.lock_files import FileLockOwner, holder_of
from merge.workbook.read.worksheet import read_tops

EXCEL = (".xlsx", ".xlsm")
TEMPLATES = (".json", ".json.j2")
UPLOADS = (*EXCEL, *sorted(CSV_SUFFIXES), *TEMPLATES)
_COUNTED_BYTES = 1_000_000
"""A larger workbook isn't read completely just to count its rows."""
_TOP_ROWS = 21
_UNUSABLE = {
    ".xls": "Open it in Excel, and use File > Save As > Excel Workbook (.xlsx)",
    ".xlsb": "Open it in Excel, and use File > Save As > Excel Workbook (.xlsx)",
    ".ods": "Open it in LibreOffice, and use File > Save As > Excel 2007-365 (.xlsx)",
    ".numbers": "Open it in Numbers, and use File > Export To > Excel",
}
"""Files that people mistake for workbooks, and what to do with them."""
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_LONGEST_NAME = 120
CardMaker: TypeAlias = Callable[[Path, Settings], dict[str, JSON]]
"""Describes a file, or raises an `InputError` if it can't be used."""
_PLACEHOLDER = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)


@dataclass(slots=True)
class Folder:
    """The opened folder.

    Attributes:
        path: resolved
    """

    path: Path
    _cards: dict[tuple[str, FileVersion | None], dict[str, JSON]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def file(self, name: str) -> Path:
        """A file of the folder.

        Raises:
            AppError: the folder has no such file, or the name leads out of it
        """
        if name in {path.name for path in self.files()}:
            return self.path / name
        raise AppError(
            "missing",
            f"there's no file “{name[:80]}” in this folder",
            place=self.path.name,
            hint="It may have been moved or renamed. Choose another one",
        )

    def files(self) -> list[Path]:
        """The files that can be chosen: no hidden ones, no owner files, no links out of the folder."""
        try:
            found = [path for path in self.path.iterdir() if path.name[0] not in ".~" and path.is_file()]
        except OSError as error:
            raise AppError(
                "missing",
                f"castmerge can't read this folder ({error.strerror})",
                place=str(self.path),
                hint="Open castmerge again in a folder that you can read",
            ) from error
        return sorted(path for path in found if not path.is_symlink() or self._is_inside(path))

    def _is_inside(self, path: Path) -> bool:
        with suppress(OSError, RuntimeError):
            return path.resolve().parent == self.path
        return False

    def signature(self) -> tuple[tuple[str, FileVersion | None], ...]:
        """What the listing depends on."""
        with suppress(AppError):
            return tuple((path.name, file_version(path)) for path in self.files())
        return ()

    def workbooks(self) -> list[Path]:
        """Workbooks and CSV files, without the workbooks that were made from one of the CSV files."""
        found = [path for path in self.files() if _ends(path, (*EXCEL, *CSV_SUFFIXES)) and not _is_note(path)]
        texts = {path.name.casefold() for path in found if is_csv(path)}
        return [path for path in found if is_csv(path) or not _made_from(path, texts)]

    def templates(self) -> list[Path]:
        """Saved projects; other JSON files are left out if they can be recognized as such."""
        return [path for path in self.files() if _ends(path, TEMPLATES)]

    def listing(self, settings: Settings) -> dict[str, JSON]:
        """What can be chosen, what can't, and why."""
        workbooks = [self._card(path, settings, _workbook_card) for path in self.workbooks()]
        templates = [self._card(path, settings, _template_card) for path in self.templates()]
        for card, path in zip(workbooks, self.workbooks(), strict=False):
            card["lock"] = lock_json(path)
        unusable: list[JSON] = [
            {"file": path.name, "message": "castmerge can't read this kind of file.", "hint": page_text(hint)}
            for path in self.files()
            if (hint := _UNUSABLE.get(path.suffix.lower()))
        ]
        return {"workbooks": list(workbooks), "templates": list(templates), "unusable": unusable}

    def _card(self, path: Path, settings: Settings, make: CardMaker) -> dict[str, JSON]:
        """A card, cached until the file changes."""
        key = path.name, file_version(path)
        with self._lock:
            known = self._cards.get(key)
        if known is None:
            known = _file_facts(path)
            try:
                known |= make(path, settings)
            except InputError as error:
                known |= {"problem": error_json(error)}
            with self._lock:
                self._cards[key] = known
        return dict(known)

    def free_name(self, wanted: str, endings: Sequence[str] = UPLOADS) -> Path:
        """A path for a new file, numbered if the name is taken.

        Raises:
            AppError: castmerge can't use a file of this kind
        """
        name = _NOT_IN_NAMES.sub(" ", wanted.replace("\\", "/").rpartition("/")[2]).strip(" .~")
        ending = next(
            (each for each in sorted(endings, key=len, reverse=True) if _ends(Path(name), [each])), ""
        )
        stem = name[: len(name) - len(ending)].strip(" .") if ending else ""
        if not stem:
            kinds = ", ".join(endings)
            raise AppError(
                "input",
                f"castmerge can't use “{name[-60:]}”",
                hint=_UNUSABLE.get(
                    Path(name).suffix.lower(), f"Choose a file of one of these kinds: {kinds}"
                ),
            )
        stem = f"_{stem}" if _RESERVED.fullmatch(stem) else stem[:_LONGEST_NAME]
        taken = {path.name.casefold() for path in self.path.iterdir()}
        number, free = 1, f"{stem}{ending}"
        while free.casefold() in taken:
            number += 1
            free = f"{stem} ({number}){ending}"
        return self.path / free

    def put(self, wanted: str, content: bytes, endings: Sequence[str] = UPLOADS) -> Path:
        """Save a new file; an existing file is never overwritten.

        Raises:
            AppError: castmerge can't use it, or it can't be saved
        """
        path = self.free_name(wanted, endings)
        try:
            with path.open("xb") as file:
                file.write(content)
        except OSError as error:
            raise AppError(
                "input",
                f"castmerge can't save the file in this folder ({error.strerror})",
                place=self.path.name,
                hint="Allow castmerge to write there, or free up space on the disk",
            ) from error
        return path


def lock_json(path: Path) -> JSON:
    """Who has a workbook open, for the page; None if nobody has."""
    holder = holder_of(path)
    if holder is None:
        return None
    who = "Someone" if holder.name == "someone" else holder.name
    return {
        "name": holder.name,
        "program": holder.program,
        "message": f"{who} has {path.name} open in {holder.program}.",
        "hint": _close_hint(holder, path),
    }


def _close_hint(holder: FileLockOwner, path: Path) -> str:
    return (
        f"Close {path.name} in {holder.program}, and castmerge writes the results into it. "
        f"If nobody has it open, delete the file {holder.marker.name} next to it."
    )


def iso(at: datetime | None) -> str | None:
    """A time for the page: UTC, such as `2026-03-01T12:00:00Z`."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def _file_facts(path: Path) -> dict[str, JSON]:
    with suppress(OSError):
        facts = path.stat()
        modified = iso(datetime.fromtimestamp(facts.st_mtime, UTC))
        return {"file": path.name, "bytes": facts.st_size, "modified": modified, "problem": None}
    return {"file": path.name, "bytes": 0, "modified": None, "problem": None}


def _workbook_card(path: Path, settings: Settings) -> dict[str, JSON]:
    if is_csv(path):
        sheet = preview_csv(path, settings)
        return {"kind": "csv", "sheets": [_sheet_card(path.stem, sheet.header, _count(sheet), [])]}
    whole = path.stat().st_size <= _COUNTED_BYTES
    tops = read_tops(path, rows=1 << 21 if whole else _TOP_ROWS)
    sheets: list[JSON] = [_top_card(top, settings, whole=whole) for top in tops if top.rows]
    return {"kind": "workbook", "sheets": sheets}


def _count(sheet: DataSheet) -> int:
    return sum(1 for _ in sheet.data_rows)


def _top_card(top: Worksheet, settings: Settings, *, whole: bool) -> JSON:
    tables: list[JSON] = [table.name for table in top.tables]
    ours = ResultHeaders.with_prefix(settings.column_prefix).all
    try:
        header = data_areas(top, ignored=ours)[0].header
    except ColumnError:
        return {"name": top.name, "rows": 0, "headers": [], "tables": tables}
    rows = sum(1 for _ in data_rows(top.rows, header, result_columns=ours)) if whole else None
    own = set(map(str.casefold, ours))
    kept = Header(header.row, tuple(it for it in header.columns if it.name not in own), header.first_row)
    return _sheet_card(top.name, kept, rows, tables)


def _sheet_card(name: str, header: Header, rows: int | None, tables: list[JSON]) -> JSON:
    headers: list[JSON] = [" ".join(column.header.split()) for column in header.columns]
    return {"name": name, "rows": rows, "headers": headers, "tables": tables}


def _template_card(path: Path, settings: Settings) -> dict[str, JSON]:
    del settings
    if path.suffix.lower() == JINJA:
        source = read_text_template(path).source
        return {
            "title": path.name,
            "scenes": 0,
            "seconds": None,
            "seconds_text": "",
            "placeholders": _placeholders([source]),
            "drawings": [],
            "layouts": [],
            "orientation": "landscape",
        }
    tree = read_template(path).tree
    layouts = Layouts()
    spoken: dict[int, list[JSON]] = defaultdict(list)
    for said in spoken_of(tree):
        spoken[said.scene].append([said.avatar, said.language, round(said.seconds, 1), [said.text]])
    drawings: list[JSON] = [
        {**layouts.scene(drawing), "scripts": spoken[number], "shown": []}
        for number, drawing in enumerate(draw_scenes(tree))
    ]
    seconds = sum(said.seconds for said in spoken_of(tree))
    return {
        "title": text_of(tree, "name"),
        "scenes": len(items_of(tree, "scenes")),
        "seconds": round(seconds, 1),
        "seconds_text": format_duration(seconds, rounded=True) if seconds else "",
        "placeholders": _placeholders(text for _, text in strings(tree)),
        "drawings": drawings,
        "layouts": list(map(str, layouts.drawings)),
        "orientation": "portrait" if text_of(tree, "orientation") == "portrait" else "landscape",
    }


def _placeholders(texts: Iterable[str]) -> list[JSON]:
    names = (found.partition("|")[0].strip() for found in _PLACEHOLDER.findall(placeholder_blocks(texts)))
    return list(dict.fromkeys(name for name in names if name))


def _ends(path: Path, endings: Iterable[str]) -> bool:
    return path.name.lower().endswith(tuple(endings))


def _is_note(path: Path) -> bool:
    """Whether a text file is a note rather than data, such as `Read me first.txt`."""
    return path.suffix.lower() == ".txt" and "read" in path.stem.casefold().replace("_", " ").split()


def _made_from(workbook: Path, texts: Iterable[str]) -> bool:
    beside = any(name.rpartition(".")[0] == workbook.stem.casefold() for name in texts)
    with suppress(InputError):
        return beside and source_of(workbook).casefold() in texts
    return False
