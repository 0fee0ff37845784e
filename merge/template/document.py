"""A saved project as a template: what it must hold, and what a run changes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from merge.errors import TemplateError
from merge.model import JSON
from merge.project.json_text import NumberText, parse_json
from merge.project.required_fields import missing_fields
from merge.project.scripts import align_models

DEFAULT_NAME = "Default Template"
"""What AI Studios calls a project without a name."""


@dataclass(frozen=True, slots=True)
class ProjectOptions:
    """What a run asks for beside the project itself (the project's top level in the API).

    Attributes:
        draft: save an editable project instead of exporting it; costs no credits
        resolution: `4k`, `1080`, `720` or `480`; None leaves the project's own
        workspace: the id of the workspace to put it in; None leaves the project's own
        webhooks: each row gets an address of its own to report to, in place of the project's
    """

    draft: bool = False
    resolution: str | None = None
    workspace: str | None = None
    webhooks: bool = False


@dataclass(frozen=True, slots=True)
class JsonTemplate:
    """A saved project whose strings may hold Jinja.

    Attributes:
        name: the file's name, for messages
        tree: the project, its numbers kept as text
    """

    name: str
    tree: dict[str, JSON]

    def delivered(self, project_options: ProjectOptions) -> JsonTemplate:
        """The template with the run's own settings at its top level; all else as it was."""
        asked: dict[str, JSON] = {
            "isExport": False if project_options.draft else None,
            "resolution": project_options.resolution,
            "workspaceId": project_options.workspace,
        }
        tree = self.tree | {name: value for name, value in asked.items() if value is not None}
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
        project_options: what the run asks for
    """

    name: str
    source: str
    parts: Mapping[str, str]
    project_options: ProjectOptions = ProjectOptions()

    def delivered(self, project_options: ProjectOptions) -> TextTemplate:
        """The template with the run's own settings."""
        return replace(self, project_options=project_options)


def parse_template(text: str, name: str) -> JsonTemplate:
    """Read a saved project.

    Args:
        text: the project's JSON text, its strings possibly with Jinja
        name: the file's name, for messages

    Raises:
        TemplateError: not JSON, or not a project with a name and at least one scene
    """
    tree = parse_json(text, place=name)
    if not isinstance(tree, dict):
        raise _not_a_project(name, "its outermost part is no object")
    if not isinstance(tree.get("scenes"), list) or not tree["scenes"]:
        raise _not_a_project(name, "it has no scenes")
    title = tree.setdefault("name", DEFAULT_NAME)
    if isinstance(title, NumberText) or not isinstance(title, str):
        raise _not_a_project(name, "its name is no text")
    align_models(tree)
    return JsonTemplate(name, tree)


def complete(template: JsonTemplate) -> JsonTemplate:
    """The template, where the service requires nothing that it lacks.

    Raises:
        TemplateError: it lacks something; the place is its JSON path
    """
    lack = next(missing_fields(template.tree), None)
    if lack:
        raise TemplateError(lack.message, place=f"{template.name}, {lack.path}", hint=lack.hint)
    return template


def _not_a_project(name: str, why: str) -> TemplateError:
    return TemplateError(
        f"this is not a saved AI Studios project: {why}",
        place=name,
        hint="Save the project from AI Studios as JSON, or begin with one of castmerge's own templates",
    )


_OF_A_TEMPLATE = ("name", "orientation", "resolution", "workspaceId", "dictionary", "scenes")
"""What a project is submitted with; all else of a saved one tells of the service's work on it."""


def template_of_project(project: JSON) -> JSON:
    """A project as the service keeps it, as a template: what it would be submitted with, and no more.

    Raises:
        TemplateError: it is not a project
    """
    if not isinstance(project, dict) or "scenes" not in project:
        raise _not_a_project("the project", "it has no scenes")
    return {name: project[name] for name in _OF_A_TEMPLATE if project.get(name) is not None}
