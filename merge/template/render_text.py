"""Fill in a project written as Jinja text: rendered as a whole, then read as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from jinja2 import Template as JinjaTemplate

from merge.errors import TemplateError
from merge.model import JSON, Problem
from merge.project.fingerprint import fingerprint
from merge.project.json_text import quote, strings
from merge.project.media_urls import ADDRESS_FIELDS
from merge.project.scripts import is_script
from merge.template.document import ProjectOptions, parse_template, require_fields
from merge.template.error_messages import problem_of
from merge.template.render_json import NAME_PATH, NOT_IN_FINGERPRINT, FilledIn, check_text, cut_skeleton

_LINE = re.compile(r"at line (\d+), column (\d+)")


@dataclass(frozen=True, slots=True)
class TextRenderer:
    """A project written as Jinja text, bound to a worksheet's columns.

    Attributes:
        name: the file's name
        compiled: its Jinja template
        project_options: what the run sets in the project
        pronounce: applies the pronunciation list to the text at a JSON path
        static_urls: media URLs written in the template, which were checked when it was bound
    """

    name: str
    compiled: JinjaTemplate
    project_options: ProjectOptions
    pronounce: Callable[[str, str], str]
    static_urls: frozenset[str] = frozenset()

    def render(self, context: dict[str, object]) -> FilledIn | tuple[Problem, ...]:
        """One row's project, or its problems.

        Args:
            context: from `ResolvedNames.context`
        """
        try:
            shared = self.compiled.new_context(context, shared=True)
            text = "".join(self.compiled.root_render_func(shared))
        except Exception as error:  # noqa: BLE001 - an expression in a template may raise anything
            return (problem_of(error, self._line(error.__traceback__)),)
        try:
            template = require_fields(parse_template(text, self.name))
        except TemplateError as error:
            place = error.place.removeprefix(f"{self.name}, ")
            if place != self.name:
                return (Problem(error.message, hint=error.hint, path=f"{self.name}, {place}"),)
            hint = "Look for a missing or extra comma, bracket or quotation mark"
            return (Problem(f"{error.message}{_excerpt(text, error.message)}", hint=hint, path=self.name),)
        return self._rendered(template.with_options(self.project_options).tree)

    def _rendered(self, tree: dict[str, JSON]) -> FilledIn | tuple[Problem, ...]:
        written = {
            path: text
            for path, text in strings(tree)
            if (text or is_script(path) or path == NAME_PATH) and not self._is_static_url(path, text)
        }
        pronounced = {path: self.pronounce(path, text) for path, text in written.items()}
        checked = [check_text(text, path) for path, text in pronounced.items()]
        problems = tuple(outcome for outcome in checked if isinstance(outcome, Problem))
        if problems:
            return problems
        paths = [path for path, text in pronounced.items() if path == NAME_PATH or text != written[path]]
        indices = {path: index for index, path in enumerate(paths)}
        quoted = tuple(quote(pronounced[path]) for path in paths)
        canonical: JSON = {name: part for name, part in tree.items() if name not in NOT_IN_FINGERPRINT}
        digest = fingerprint(cut_skeleton(canonical, indices, sort=True).fill(quoted))
        return FilledIn(digest, pronounced, cut_skeleton(tree, indices), quoted, indices[NAME_PATH])

    def _is_static_url(self, path: str, text: str) -> bool:
        return text in self.static_urls and path.rpartition(".")[2] in ADDRESS_FIELDS

    def _line(self, traceback: TracebackType | None) -> str:
        """The innermost line of the template, or of an included part, in a traceback."""
        line = self.name
        while traceback:
            template = traceback.tb_frame.f_globals.get("__jinja_template__")
            if isinstance(template, JinjaTemplate):
                line = f"{template.name}, line {template.get_corresponding_lineno(traceback.tb_lineno)}"
            traceback = traceback.tb_next
        return line


def _excerpt(text: str, message: str) -> str:
    """The rendered text around the place where its JSON is invalid."""
    found = _LINE.search(message)
    if not found:
        return ""
    line = text.splitlines()[int(found[1]) - 1] if text else ""
    start = max(int(found[2]) - 20, 0)
    return f" of the filled-in template, near: {line[start : start + 40].strip()}"
