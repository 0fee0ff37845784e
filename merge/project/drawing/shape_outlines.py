"""The outlines of shape clips, by the names that AI Studios gives them, as SVG path data."""

from __future__ import annotations

import math
from collections.abc import Sequence

from merge.project.drawing.svg import figure

_Points = Sequence[tuple[float, float]]

_CORNERS: dict[str, _Points] = {
    "triangle": ((0.5, 0), (1, 1), (0, 1)),
    "square": ((0, 0), (1, 0), (1, 1), (0, 1)),
    "rectangle": ((0, 0), (1, 0), (1, 1), (0, 1)),
    "parallelogram": ((0.25, 0), (1, 0), (0.75, 1), (0, 1)),
    "diamond": ((0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5)),
    "pentagon": ((0.5, 0), (1, 0.38), (0.81, 1), (0.19, 1), (0, 0.38)),
    "polygon": ((0.29, 0), (0.71, 0), (1, 0.29), (1, 0.71), (0.71, 1), (0.29, 1), (0, 0.71), (0, 0.29)),
    "hexagon": ((0.25, 0), (0.75, 0), (1, 0.5), (0.75, 1), (0.25, 1), (0, 0.5)),
}
_ROUND = frozenset({"circle", "oval"})
_HEAD = 0.5
"""How long an arrow's head is, in heights."""


def is_line(name: str) -> bool:
    """Whether a shape is drawn with its stroke alone."""
    return _kind(name) in {"line", "arrow"}


def outline(name: str, width: float, height: float) -> str:
    """Path data within a box of this size; a shape that is not known is the box itself.

    Args:
        name: such as `Star`, `Hexagon_2` or `Arrow_1_v2`
        width: in the drawing's units
        height: likewise
    """
    kind = _kind(name)
    if kind in _ROUND:
        return _ellipse(width, height)
    if kind == "drop":
        return _drop(width, height)
    if kind == "star":
        return _closed(_star(), width, height)
    if is_line(name):
        return _line(name, width, height)
    return _closed(_CORNERS.get(kind, _CORNERS["square"]), width, height)


def _kind(name: str) -> str:
    return name.partition("_")[0].lower()


def _closed(points: _Points, width: float, height: float) -> str:
    return f"M{'L'.join(_at(x * width, y * height) for x, y in points)}Z"


def _at(x: float, y: float) -> str:
    return f"{figure(x)} {figure(y)}"


def _star() -> _Points:
    inner = 0.382
    turns = (math.pi * step / 5 for step in range(10))
    reaches = (0.5 * (1 if step % 2 == 0 else inner) for step in range(10))
    return [
        (0.5 + math.sin(turn) * reach, 0.5 - math.cos(turn) * reach)
        for turn, reach in zip(turns, reaches, strict=True)
    ]


def _ellipse(width: float, height: float) -> str:
    across, down = width / 2, height / 2
    half = f"A{_at(across, down)} 0 0 1"
    return f"M{_at(0, down)}{half} {_at(width, down)}{half} {_at(0, down)}Z"


def _drop(width: float, height: float) -> str:
    """A round belly beneath a point."""
    middle, belly = width / 2, height * 0.63
    bow = f"{_at(width, height * 0.4)} {_at(width, belly)}"
    back = f"{_at(0, height * 0.4)} {_at(middle, 0)}"
    around = f"A{_at(middle, height - belly)} 0 0 1 {_at(0, belly)}"
    return f"M{_at(middle, 0)}C{_at(middle, 0)} {bow}{around}C{_at(0, belly)} {back}Z"


def _line(name: str, width: float, height: float) -> str:
    middle = height / 2
    drawn = f"M{_at(0, middle)}L{_at(width, middle)}"
    if _kind(name) == "line":
        return drawn
    head = min(height * _HEAD, width / 2) or width / 8
    drawn += f"M{_at(width - head, middle - head)}L{_at(width, middle)}L{_at(width - head, middle + head)}"
    if "_2" in name:
        drawn += f"M{_at(head, middle - head)}L{_at(0, middle)}L{_at(head, middle + head)}"
    return drawn
