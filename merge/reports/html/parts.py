"""What proof and report have in common: notes, scenes that share their layouts, times in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from merge.model import JSON
from merge.project.drawing import Drawing, Part, Svg, short_address


@dataclass(frozen=True, slots=True)
class Note:
    """A problem or a warning.

    Attributes:
        place: the cell, or what else it is about; may be ""
        message: what is the matter
        hint: what to do, or ""
        stops: whether nothing is made of the row for it
    """

    place: str
    message: str
    hint: str = ""
    stops: bool = False

    @property
    def words(self) -> str:
        """What is the matter and what to do, as sentences."""
        message = self.message if self.place else f"{self.message[:1].upper()}{self.message[1:]}"
        sentences = (
            text if text.endswith((".", "?", "!")) else f"{text}." for text in (message, self.hint) if text
        )
        return " ".join(sentences)

    @property
    def for_script(self) -> list[JSON]:
        """The note for the page's script."""
        return [self.place, self.words, self.stops]

    @property
    def said(self) -> str:
        """The note as one text."""
        return f"{self.place}: {self.words}" if self.place else self.words


@dataclass(slots=True)
class Layouts:
    """The layouts of a page: rows that differ in their words alone share one."""

    numbers: dict[Svg, int] = field(default_factory=dict)

    def scene(self, drawing: Drawing) -> dict[str, JSON]:
        """A scene for the page's script: the number of its layout, what fills it, and its words."""
        return {
            "layout": self.numbers.setdefault(drawing.layout, len(self.numbers)),
            "fills": list(drawing.fills),
            "alt": described(drawing.parts),
        }

    @property
    def drawings(self) -> tuple[Svg, ...]:
        """The layouts by their numbers."""
        return tuple(self.numbers)


_SAID = {
    "avatar": "the avatar",
    "head": "the avatar’s head in a circle",
    "voice": "a voice alone",
    "shape": "a shape",
    "sound": "a sound",
}


def described(parts: Sequence[Part]) -> str:
    """A scene in words, for who cannot see its drawing."""
    said = []
    for part in parts:
        if part.kind == "text":
            said.append(f"the text “{part.words}”")
        elif part.kind in {"picture", "video"}:
            said.append(f"the {part.kind} {short_address(part.words)}")
        elif part.kind in _SAID:
            said.append(_SAID[part.kind])
    return ", ".join(said)
