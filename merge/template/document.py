"""Templates as read from files: a saved project or Jinja text, and the options that a run sets in them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from merge.errors import TemplateError
from merge.model import JSON
from merge.project.json_text import NumberText, parse_json
from merge.project.required_fields import MissingField, missing_fields
from merge.project.scripts import align_models

DEFAULT_NAME = "Default Template"
"""AI Studios' name for a project without one."""


@dataclass(frozen=True, slots=True)
class ProjectOptions:
    """Options that a run sets at the top level of the project.

    Attributes:
        draft: save an editable project instead of exporting it; costs no credits
        resolution: `4k`, `1080`, `720` or `480`; None keeps the project's own
        workspace: the id of the workspace to put it in; None keeps the project's own
        webhooks: each row gets its own webhook URL in place of the project's
    """

    draft: bool = False
    resolution: str | None = None
    workspace: str | None = None
    webhooks: bool = False


@dataclass(frozen=True, slots=True)
class JsonTemplate:
    """A saved project whose strings may contain Jinja.

    Attributes:
        name: the file's name, for messages
        tree: the project, its numbers kept as text
    """

    name: str
    tree: dict[str, JSON]

    def with_options(self, project_options: ProjectOptions) -> JsonTemplate:
        """The template with the run's options at its top level."""
        options: dict[str, JSON] = {
            "isExport": False if project_options.draft else None,
            "resolution": project_options.resolution,
            "workspaceId": project_options.workspace,
        }
        tree = self.tree | {name: value for name, value in options.items() if value is not None}
        if project_options.webhooks:
            tree.pop("webhookUrl", None)
        return replace(self, tree=tree)


@dataclass(frozen=True, slots=True)
class TextTemplate:
    """A project written as Jinja text, with loops and conditions over its structure.

    Attributes:
        name: the file's name
        source: its text
        parts: the other Jinja texts of its folder, by their names
        project_options: what the run sets
    """

    name: str
    source: str
    parts: Mapping[str, str]
    project_options: ProjectOptions = ProjectOptions()

    def with_options(self, project_options: ProjectOptions) -> TextTemplate:
        """The template with the run's options."""
        return replace(self, project_options=project_options)


def parse_template(text: str, name: str) -> JsonTemplate:
    """Read a saved project.

    Args:
        text: the project's JSON text, or a response of the API that contains it; its strings may contain
            Jinja
        name: the file's name, for messages

    Raises:
        TemplateError: not JSON, or not a project with a name and at least one scene
    """
    tree = _unwrapped(parse_json(text, place=name))
    if isinstance(tree, list):
        only_scenes = any(isinstance(part, dict) and "clips" in part for part in tree)
        what = (
            "only the scenes, without the project around them" if only_scenes else "a list, not one project"
        )
        raise _not_a_project(name, f"it is {what}")
    if isinstance(tree, str) and not isinstance(tree, NumberText):
        raise _not_a_project(name, "it's a single text in quotation marks, as some programs write it")
    if not isinstance(tree, dict):
        raise _not_a_project(name, "it's a single value")
    if not isinstance(tree.get("scenes"), list) or not tree["scenes"]:
        raise _not_a_project(name, "it has no scenes")
    title = tree.setdefault("name", DEFAULT_NAME)
    if isinstance(title, NumberText) or not isinstance(title, str):
        raise _not_a_project(name, "its name isn't text")
    align_models(tree)
    return JsonTemplate(name, tree)


def project_path(tree: JSON) -> str:
    """The JSON path of the project in a file: `$`, or a longer one if the file is a response of the API."""
    path = "$"
    while isinstance(tree, dict) and "scenes" not in tree:
        name = next((name for name in _WRAPPERS if isinstance(tree.get(name), dict)), None)
        if name is None:
            break
        path, tree = f"{path}.{name}", tree[name]
    return path


_WRAPPERS = ("data", "project", "result")
"""The paths of the project in a response of the service's API."""


def _unwrapped(tree: JSON) -> JSON:
    """The project in a response of the API, such as `{"success": true, "data": {"project": …}}`."""
    while isinstance(tree, dict) and "scenes" not in tree:
        inner = next((tree[name] for name in _WRAPPERS if isinstance(tree.get(name), dict)), None)
        if inner is None:
            break
        tree = inner
    return tree


def require_fields(
    template: JsonTemplate, find: Callable[[JSON], Iterator[MissingField]] = missing_fields
) -> JsonTemplate:
    """Return the template if it has every field that the service requires.

    Args:
        template: the project
        find: finds the reasons for which it would be refused

    Raises:
        TemplateError: a field is missing; the place is its JSON path
    """
    missing = next(find(template.tree), None)
    if missing:
        raise TemplateError(missing.message, place=f"{template.name}, {missing.path}", hint=missing.hint)
    return template


def _not_a_project(name: str, why: str) -> TemplateError:
    return TemplateError(
        f"this isn't a saved AI Studios project: {why}",
        place=name,
        hint="Save the project with castmerge pull, or start with one of castmerge's own templates",
    )


def template_text(project: JSON, name: str) -> str:
    """The JSON text of a template made from a project as the service stores it.

    Args:
        project: as the service returns it
        name: its name or id, for messages

    Raises:
        TemplateError: it isn't a project
    """
    text = json.dumps(template_of_project(project), ensure_ascii=False, indent=2)
    parse_template(text, f"project {name}")
    return f"{text}\n"


_TEMPLATE_FIELDS = ("name", "orientation", "resolution", "workspaceId", "dictionary", "scenes")
"""Fields that a project is submitted with; the others of a saved project describe its rendering."""


def template_of_project(project: JSON) -> JSON:
    """Make a template of a project as the service stores it: only the fields it is submitted with.

    Raises:
        TemplateError: it isn't a project
    """
    if not isinstance(project, dict) or "scenes" not in project:
        raise _not_a_project("the project", "it has no scenes")
    return {name: project[name] for name in _TEMPLATE_FIELDS if project.get(name) is not None}
