"""The places of a drawing that each row fills in by itself, so that one layout serves many rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from merge.project.drawing.svg import EMPTY, Svg, element, words

_SLOT = re.compile(r'<text data-slot="(\d+)" data-step="([\d.-]+)"([^<>]*)></text>')
_PLACE = re.compile(r' ([xy])="([\d.-]+)"')
LINE = "\n"
"""Between the lines of what fills a slot."""


@dataclass(slots=True)
class Slots:
    """What fills the places of one drawing, in their order."""

    fills: list[str] = field(default_factory=list)

    def lines(self, lines: tuple[str, ...], step: float, attributes: dict[str, str | float]) -> Svg:
        """A place for lines of text.

        Args:
            lines: this row's
            step: from one line to the next, in the drawing's units
            attributes: of the text, with the first line's `x` and `y`
        """
        place: dict[str, str | float] = {"data-slot": str(self._add(LINE.join(lines))), "data-step": step}
        return element("text", {**place, **attributes}, EMPTY)

    def address(self, address: str) -> str:
        """A place for the address of a picture; gives its number."""
        return str(self._add(address))

    def _add(self, fill: str) -> int:
        self.fills.append(fill)
        return len(self.fills) - 1


def filled(layout: Svg, fills: tuple[str, ...]) -> Svg:
    """A layout with a row's own lines in it."""

    def text(found: re.Match[str]) -> str:
        places = {name: float(value) for name, value in _PLACE.findall(found[3])}
        lines = fills[int(found[1])].split(LINE)
        spans = (
            element("tspan", {"x": places["x"], "y": places["y"] + float(found[2]) * number}, words(line))
            for number, line in enumerate(lines)
        )
        return f"<text{found[3]}>{''.join(spans)}</text>"

    return Svg(_SLOT.sub(text, layout))
