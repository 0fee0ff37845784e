"""Shared by proof and report: notes, scenes that share their layouts, durations as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from merge.model import JSON
from merge.project.drawing import Drawing, Part, Svg, short_address


@dataclass(frozen=True, slots=True)
class Note:
    """A problem or a warning.

    Attributes:
        place: the cell, or another place, or ""
        message: the problem or warning
        hint: what to do, or ""
        stops: whether it keeps the row from being made
    """

    place: str
    message: str
    hint: str = ""
    stops: bool = False

    @property
    def text(self) -> str:
        """Message and hint as sentences."""
        message = self.message if self.place else f"{self.message[:1].upper()}{self.message[1:]}"
        sentences = (
            part if part.endswith((".", "?", "!")) else f"{part}." for part in (message, self.hint) if part
        )
        return " ".join(sentences)

    @property
    def for_script(self) -> list[JSON]:
        """The note as the page's script expects it."""
        return [self.place, self.text, self.stops]

    @property
    def text_with_place(self) -> str:
        """Place, message and hint as one text."""
        return f"{self.place}: {self.text}" if self.place else self.text


@dataclass(slots=True)
class Layouts:
    """The layouts of a page; scenes that differ only in their texts share one."""

    numbers: dict[Svg, int] = field(default_factory=dict)

    def scene(self, drawing: Drawing) -> dict[str, JSON]:
        """A scene for the page's script: the number of its layout, the texts in it, and its alt text."""
        return {
            "layout": self.numbers.setdefault(drawing.layout, len(self.numbers)),
            "fills": list(drawing.fills),
            "alt": describe(drawing.parts),
        }

    @property
    def drawings(self) -> tuple[Svg, ...]:
        """The layouts by number."""
        return tuple(self.numbers)


_DESCRIPTIONS = {
    "avatar": "the avatar",
    "head": "the avatar’s head in a circle",
    "voice": "only a voice",
    "shape": "a shape",
    "sound": "a sound",
}


def describe(parts: Sequence[Part]) -> str:
    """A scene as text, for readers who can't see its drawing."""
    descriptions = []
    for part in parts:
        if part.kind == "text":
            descriptions.append(f"the text “{part.words}”")
        elif part.kind in {"picture", "video"}:
            descriptions.append(f"the {part.kind} {short_address(part.words)}")
        elif part.kind in _DESCRIPTIONS:
            descriptions.append(_DESCRIPTIONS[part.kind])
    return ", ".join(descriptions)
