"""The proof page: every row's scenes, its exact script, its warnings, and the approval code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

from merge.model import JSON
from merge.project.drawing import Drawing
from merge.reports.html.page import Assets, page
from merge.reports.html.parts import Layouts, Note
from merge.results import format_duration
from merge.template.merge_marks import Segments


@dataclass(frozen=True, slots=True)
class Script:
    """A script in a scene.

    Attributes:
        scene: the scene's index
        pieces: the text; merged pieces are marked
        seconds: estimated duration
        avatar: who speaks it, or ""
        language: its code, or ""
    """

    scene: int
    pieces: Segments
    seconds: float
    avatar: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A text shown in a scene, or the address of a picture or a video.

    Attributes:
        scene: the scene's index
        pieces: the text; merged pieces are marked
        kind: `text`, `picture` or `video`
    """

    scene: int
    pieces: Segments
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class SheetCell:
    """A cell that the template uses.

    Attributes:
        header: its column
        address: its sheet and position
        text: as shown, or ""
        remark: how it differs from the other rows, or ""
    """

    header: str
    address: str
    text: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ProofRow:
    """One row.

    Attributes:
        number: as Excel shows it
        title: its project's name, or its first cells
        drawings: its scenes; none if it can't be filled in
        scripts: its scripts
        shown: texts and URLs shown
        cells: the cells that it uses
        notes: its problems and warnings
        remark: how its length differs from the other rows, or ""
    """

    number: int
    title: str
    drawings: tuple[Drawing, ...] = ()
    scripts: tuple[Script, ...] = ()
    shown: tuple[Shown, ...] = ()
    cells: tuple[SheetCell, ...] = ()
    notes: tuple[Note, ...] = ()
    remark: str = ""

    @property
    def seconds(self) -> float:
        """Estimated duration of all its scripts, each in tenths as in the player."""
        return sum(round(script.seconds, 1) for script in self.scripts)

    @property
    def stopped(self) -> bool:
        """Whether it won't be made."""
        return not self.drawings or any(note.stops for note in self.notes)


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything that is to be approved.

    Attributes:
        workbook: its file name
        sheet: the worksheet's name
        template: its file name
        command: the command that makes exactly these videos, without the approval code; "" if they are made
            in the app
        code: the approval code, or "" if there's nothing to make
        rows: the rows that would be made, and the invalid ones
        left_alone: rows that are skipped, as texts such as `3 complete`
        notes: warnings about the sheet
        drafts: whether drafts are saved instead of videos
    """

    workbook: str
    sheet: str
    template: str
    command: str
    code: str
    rows: tuple[ProofRow, ...]
    left_alone: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    drafts: bool = False


def proof_page(proof: Proof, assets: Assets) -> str:
    """The proof as one HTML document."""
    layouts = Layouts()
    rows: list[JSON] = [_row(row, layouts) for row in proof.rows]
    made = [row for row in proof.rows if not row.stopped]
    facts = {
        "proof": proof,
        "title": f"Proof of {proof.workbook}",
        "noun": "draft" if proof.drafts else "video",
        "made": len(made),
        "refused": len(proof.rows) - len(made),
        "warned": sum(1 for row in made if row.notes),
        "total": format_duration(sum(row.seconds for row in made)),
        "languages": _by_language(made),
        "each": format_duration(sum(row.seconds for row in made) / len(made)) if made else "",
    }
    return page(assets, "proof", facts, {"rows": rows}, layouts.drawings)


def _by_language(rows: Iterable[ProofRow]) -> list[tuple[str, str]]:
    """The speech time of each language, longest first; empty if there is only one language."""
    seconds: dict[str, float] = {}
    for script in (script for row in rows for script in row.scripts):
        seconds[script.language] = seconds.get(script.language, 0.0) + script.seconds
    ordered = sorted(seconds.items(), key=itemgetter(1), reverse=True)
    if len(ordered) < 2:  # noqa: PLR2004 - one language needs no breakdown
        return []
    return [(name or "Unknown language", format_duration(time)) for name, time in ordered]


def preview_data(row: ProofRow) -> dict[str, JSON]:
    """A single row: its data as in a proof, and the layouts of its scenes."""
    layouts = Layouts()
    return {"row": _row(row, layouts), "layouts": list(map(str, layouts.drawings))}


def _row(row: ProofRow, layouts: Layouts) -> JSON:
    return {
        "number": row.number,
        "title": row.title,
        "seconds": round(row.seconds, 1),
        "stopped": row.stopped,
        "remark": row.remark,
        "notes": [note.for_script for note in row.notes],
        "cells": [[cell.header, cell.address, cell.text, cell.remark] for cell in row.cells],
        "scenes": [_scene(row, number, drawing, layouts) for number, drawing in enumerate(row.drawings)],
    }


def _scene(row: ProofRow, number: int, drawing: Drawing, layouts: Layouts) -> JSON:
    scripts: list[JSON] = [
        [script.avatar, script.language, round(script.seconds, 1), _alternating(script.pieces)]
        for script in row.scripts
        if script.scene == number
    ]
    shown: list[JSON] = [[each.kind, _alternating(each.pieces)] for each in row.shown if each.scene == number]
    return {
        **layouts.scene(drawing),
        "scripts": scripts,
        "shown": shown,
    }


def _alternating(pieces: Iterable[tuple[str, bool]]) -> list[JSON]:
    """Texts that are alternately not merged and merged; the first one may be empty."""
    texts = [""]
    for text, merged in pieces:
        if (len(texts) - 1) % 2 == merged:
            texts[-1] += text
        else:
            texts.append(text)
    return list(texts)
