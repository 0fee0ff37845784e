"""The proof sheet: every row's scenes, its exact script, its doubts, and the code that approves all."""

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
    """What is said in a scene.

    Attributes:
        scene: its index
        pieces: the words, those that are merged marked
        seconds: about how long it takes to say
        avatar: who says it, or ""
        language: its code, or ""
    """

    scene: int
    pieces: Segments
    seconds: float
    avatar: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A text that is seen in a scene, or the address of a picture or a video.

    Attributes:
        scene: its index
        pieces: the words, those that are merged marked
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
        address: where it stands
        text: what it shows, "" where it is blank
        remark: why it stands out among the other rows, or ""
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
        title: what its project is called, or its first cells
        drawings: its scenes; none where it cannot be rendered
        scripts: what is said
        shown: what is seen in writing
        cells: what it is made from
        notes: what stands against it, what is doubtful
        remark: why its length stands out, or ""
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
        """About how long all of its scripts take."""
        return sum(script.seconds for script in self.scripts)

    @property
    def stopped(self) -> bool:
        """Whether nothing is made of it."""
        return not self.drawings or any(note.stops for note in self.notes)


@dataclass(frozen=True, slots=True)
class Proof:
    """All that is to be approved.

    Attributes:
        workbook: its file's name
        sheet: the worksheet
        template: its file's name
        command: the command that makes exactly this, without its approval
        code: what approves it, or "" where there is nothing to make
        rows: those that would be made and those that cannot be
        left_alone: what is not made, in words, such as `3 complete`
        notes: what is doubtful about the sheet
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
    """How long is spoken in each language, the most first; nothing where all is in one."""
    seconds: dict[str, float] = {}
    for script in (script for row in rows for script in row.scripts):
        seconds[script.language] = seconds.get(script.language, 0.0) + script.seconds
    ordered = sorted(seconds.items(), key=itemgetter(1), reverse=True)
    if len(ordered) < 2:  # noqa: PLR2004 - one language needs no breakdown
        return []
    return [(name or "Language not known", format_duration(time)) for name, time in ordered]


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
    """Texts of which every second one is merged, beginning with one that is not, perhaps an empty one."""
    texts = [""]
    for text, merged in pieces:
        if (len(texts) - 1) % 2 == merged:
            texts[-1] += text
        else:
            texts.append(text)
    return list(texts)
