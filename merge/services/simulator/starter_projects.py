"""Projects that the simulator makes from a template or from slides."""

from __future__ import annotations

from merge.model import JSON

TEMPLATES: tuple[dict[str, str], ...] = (
    {"id": "simulated-news", "name": "Company news"},
    {"id": "simulated-welcome", "name": "Welcome aboard"},
)


def starter_project(name: str) -> dict[str, JSON]:
    """A project with one scene in which somebody speaks."""
    avatar: dict[str, JSON] = {
        "id": "avatar",
        "type": "aiModel",
        "layer": 1,
        "top": 140,
        "left": 1100,
        "width": 680,
        "height": 2230,
        "script": {"org": f"<p>This is {name}.</p>"},
        "model": {"ai_name": "M000004017", "emotion": "BG00006160", "language": "en"},
    }
    title: dict[str, JSON] = {
        "id": "title",
        "type": "textImage",
        "layer": 2,
        "top": 200,
        "left": 120,
        "width": 800,
        "height": 160,
        "text": name,
        "fontSize": 60,
        "fill": "#ffffff",
        "align": "left",
    }
    background: JSON = {"source_type": "color", "source_url": "", "source_color": "#23456b"}
    scene: JSON = {"sceneIdx": 0, "background": background, "clips": [avatar, title]}
    return {"name": name, "orientation": "landscape", "isExport": False, "scenes": [scene]}
