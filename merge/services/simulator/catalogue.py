"""What the stand-in's account holds: avatars, templates, workspaces."""

from __future__ import annotations

from merge.model import JSON

THUMBNAILS = "https://cdn.aistudios.com/ai/model-introduce/thumbnails"
AVATARS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("M000045058", "Jonathan", (("BG00002320", "Navy suit"), ("BG00002321", "Shirt"))),
    ("M000004017", "Haylyn", (("BG00006160", "White blouse"),)),
    ("M000320746", "Paige", (("BG00009120", "Green blazer"), ("BG00009121", "Pullover"))),
)
TEMPLATES = (("simtemplate01", "Company News"), ("simtemplate02", "Product Launch"))
WORKSPACES = (("simworkspace01", "My Workspace"), ("simworkspace02", "Marketing"))


def models() -> JSON:
    """All avatars with their clothes."""
    return {"models": [_model(*avatar) for avatar in AVATARS]}


def models_in_short() -> JSON:
    """All avatars, without clothes."""
    return [{"id": name, "label": label, "avatarType": "studio"} for name, label, _ in AVATARS]


def templates() -> JSON:
    """The business templates."""
    return [{"id": name, "name": label} for name, label in TEMPLATES]


def workspaces() -> JSON:
    """The account's workspaces."""
    return [{"workspaceId": name, "workspaceName": label} for name, label in WORKSPACES]


def template_name(template: str) -> str | None:
    """What the template is called, or None where there is no such."""
    return dict(TEMPLATES).get(template)


def _model(name: str, label: str, clothes: tuple[tuple[str, str], ...]) -> JSON:
    first = clothes[0][0]
    return {
        "id": name,
        "label": {"ko": label, "en": label},
        "thumbnail": f"{THUMBNAILS}/{name}_{first}.png",
        "clothes": [
            {"id": worn, "label": {"ko": said, "en": said}, "thumbnail": f"{THUMBNAILS}/{name}_{worn}.png"}
            for worn, said in clothes
        ],
    }
