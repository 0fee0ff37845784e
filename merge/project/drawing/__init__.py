"""A rendered project as drawings to scale, in SVG text that no cell can break out of.

Pure. Whoever shows them may draw each layout once and fill it in for every row.
"""

from __future__ import annotations

from merge.project.drawing.media_frames import short_address
from merge.project.drawing.scenes import Drawing, Part, draw_scenes
from merge.project.drawing.svg import Svg

__all__ = ["Drawing", "Part", "Svg", "draw_scenes", "short_address"]
