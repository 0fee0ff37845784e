"""What an account holds: avatars with their clothes, and workspaces (reference: models, workspaces)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

from merge.model import JSON
from merge.services.aistudios.errors import unexpected_answer

__all__ = ["Account", "avatars_in", "seconds_ahead", "workspaces_in"]


@dataclass(frozen=True, slots=True)
class Account:
    """What the account behind a key may use.

    Attributes:
        avatars: the ids of clothes by the id of their avatar
        workspaces: names by id
    """

    avatars: Mapping[str, frozenset[str]] = field(default_factory=dict)
    workspaces: Mapping[str, str] = field(default_factory=dict)


def avatars_in(data: JSON) -> dict[str, frozenset[str]]:
    """Return the clothes of each avatar, from `models[]` with `id` and `clothes[].id`."""
    match data:
        case {"models": list(models)} | list(models):
            return {name: _clothes(model) for model in models if (name := _id(model, "id"))}
        case _:
            raise unexpected_answer("list of avatars")


def workspaces_in(data: JSON) -> dict[str, str]:
    """Return the workspaces' names by id, from `workspaceId` and `workspaceName`."""
    match data:
        case {"workspaces": list(items)} | list(items):
            found = {_id(item, "workspaceId"): _id(item, "workspaceName") for item in items}
            return {name: label for name, label in found.items() if name}
        case _:
            raise unexpected_answer("list of workspaces")


def seconds_ahead(here: datetime, said: str) -> float | None:
    """Return how far a clock is ahead of an HTTP date (RFC 9110, 5.6.7), or None where it is none."""
    try:
        there = parsedate_to_datetime(said)
    except ValueError:
        return None
    return (here - there).total_seconds() if there.tzinfo else None


def _clothes(model: JSON) -> frozenset[str]:
    match model:
        case {"clothes": list(clothes)}:
            return frozenset(name for worn in clothes if (name := _id(worn, "id")))
        case _:
            return frozenset()


def _id(item: JSON, name: str) -> str:
    match item:
        case dict():
            found = item.get(name)
            return str(found).strip() if isinstance(found, str | int) else ""
        case _:
            return ""
