"""Draws a filled-in project to scale, one SVG per scene.

Add a clip type in `scenes.py`, its appearance in `clips.py`. A drawing's layout is the same for all rows that
differ only in text, so a page can contain it once and fill it in for each row.
"""

from __future__ import annotations

from merge.project.drawing.clips import short_address
from merge.project.drawing.scenes import Drawing, Part, draw_scenes
from merge.project.drawing.svg import Svg

__all__ = ["Drawing", "Part", "Svg", "draw_scenes", "short_address"]
