"""Changes to a saved project, as `updates.value[]` names them."""

from __future__ import annotations

import copy

from merge.model import JSON
from merge.services.simulator.validation import Refusal

CARRIED_OVER = ("workspaceId", "resolution", "webhookUrl")


def edited(project: dict[str, JSON], request: dict[str, JSON]) -> dict[str, JSON] | Refusal:
    """The project with the request's updates in it; the given one stays as it was.

    An update `{"sceneIdx", "type", "values"}` goes to the scene's clips of that type; where its
    values name an `id` or a `tag`, to that clip alone. The type `background` means the scene's own.
    The reference's table has the list in `updates.value`, its sample in `updates`: both are taken.
    """
    # On a copy: an edit that does not fit half-way must leave nothing behind.
    changed = copy.deepcopy(with_options(project, request))
    match request.get("updates", []):
        case list() as updates:
            pass
        case {"value": list() as updates}:
            pass
        case _:
            return Refusal("INVALID_PARAMETER", "updates.value must be a list")
    for number, update in enumerate(updates):
        if not _apply(changed, update):
            return Refusal("INVALID_PARAMETER", f"updates.value[{number}] does not fit the project")
    return changed


def with_options(project: dict[str, JSON], request: dict[str, JSON]) -> dict[str, JSON]:
    """The project with the request's own options for its export."""
    return {**project, **{name: request[name] for name in CARRIED_OVER if name in request}}


def _apply(project: dict[str, JSON], update: JSON) -> bool:
    match update:
        case {"sceneIdx": int() as index, "type": str() as kind, "values": dict() as values}:
            targets = _targets(_scene(project, index), kind, values)
        case _:
            return False
    for target in targets:
        _merge(target, _spelled_out(values))
    return bool(targets)


def _scene(project: dict[str, JSON], index: int) -> dict[str, JSON]:
    match project.get("scenes"):
        case list() as scenes:
            # By its number as the project says it, which need not be its place in the list.
            named = [scene for scene in scenes if isinstance(scene, dict) and scene.get("sceneIdx") == index]
            return named[0] if named else {}
        case _:
            return {}


def _targets(scene: dict[str, JSON], kind: str, values: dict[str, JSON]) -> list[dict[str, JSON]]:
    match kind, scene:
        case "background", {"background": dict() as background}:
            return [background]
        case _, {"clips": list() as clips}:
            of_kind = [clip for clip in clips if isinstance(clip, dict) and clip.get("type") == kind]
            return [clip for clip in of_kind if _is_meant(clip, values)]
        case _:
            return []


def _is_meant(clip: dict[str, JSON], values: dict[str, JSON]) -> bool:
    return all(clip.get(name) == values[name] for name in ("id", "tag") if name in values)


def _spelled_out(values: dict[str, JSON]) -> dict[str, JSON]:
    """The reference's sample gives a script as bare text."""
    match values:
        case {"script": str() as text}:
            return {**values, "script": {"org": text}}
        case _:
            return values


def _merge(target: dict[str, JSON], values: dict[str, JSON]) -> None:
    for name, value in values.items():
        match target.get(name), value:
            case dict() as inner, dict() as new:
                _merge(inner, new)
            case _:
                target[name] = value
