"""Fill in a project that is written as Jinja text: rendered as a whole, then read as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from jinja2 import Template as JinjaTemplate

from merge.errors import CellError, TemplateError
from merge.model import JSON, Problem
from merge.project.fingerprint import fingerprint
from merge.project.json_text import quote, strings
from merge.project.media_urls import ADDRESS_FIELDS
from merge.project.scripts import is_script
from merge.template.document import ProjectOptions, complete, parse_template
from merge.template.error_messages import failed
from merge.template.json_skeleton import NOT_IN_FINGERPRINT, cut_skeleton
from merge.template.name_resolution import RowContext
from merge.template.render_json import NAME_PATH, FilledIn, checked

_LINE = re.compile(r"at line (\d+), column (\d+)")


@dataclass(frozen=True, slots=True)
class TextRenderer:
    """A project as Jinja text, bound to a header, ready for rows.

    Attributes:
        name: the file's name
        compiled: its Jinja
        project_options: what the run asks for beside it
        said: a string as it is to be said, from its JSON path and itself
        own: addresses that are the template's own, and so are not judged with every row
    """

    name: str
    compiled: JinjaTemplate
    project_options: ProjectOptions
    said: Callable[[str, str], str]
    own: frozenset[str] = frozenset()

    def render(self, context: RowContext) -> FilledIn | tuple[Problem, ...]:
        """One row's project, or what stands against it.

        Args:
            context: the row
        """
        try:
            text = "".join(
                self.compiled.root_render_func(self.compiled.new_context(context.names, shared=True))
            )
        except CellError as error:
            return (Problem(error.message, error.place, error.hint, self._line(error.__traceback__)),)
        except Exception as error:  # noqa: BLE001 - an expression in a template may raise anything
            message = failed(error)
            hint = "Compare the expression with the cells of this row"
            return (Problem(message, hint=hint, path=self._line(error.__traceback__)),)
        try:
            tree = complete(parse_template(text, self.name)).delivered(self.project_options).tree
        except TemplateError as error:
            where = error.place.removeprefix(f"{self.name}, ")
            if where != self.name:
                return (Problem(error.message, hint=error.hint, path=f"{self.name}, {where}"),)
            hint = "Look for a comma, a bracket or a quotation mark too few or too many"
            return (Problem(f"{error.message}{_excerpt(text, error.message)}", hint=hint, path=self.name),)
        return _rendered(tree, self.said, self.own)

    def _line(self, traceback: TracebackType | None) -> str:
        """The innermost line of the template, or of a part of it, that was at work."""
        line = self.name
        while traceback:
            template = traceback.tb_frame.f_globals.get("__jinja_template__")
            if isinstance(template, JinjaTemplate):
                line = f"{template.name}, line {template.get_corresponding_lineno(traceback.tb_lineno)}"
            traceback = traceback.tb_next
        return line


def _rendered(
    tree: dict[str, JSON], said: Callable[[str, str], str], own: frozenset[str]
) -> FilledIn | tuple[Problem, ...]:
    written = {
        path: text
        for path, text in strings(tree)
        if (text or is_script(path) or path == NAME_PATH) and not _is_own(path, text, own)
    }
    found = {path: said(path, text) for path, text in written.items()}
    outcomes = [checked(text, path) for path, text in found.items()]
    problems = tuple(outcome for outcome in outcomes if isinstance(outcome, Problem))
    if problems:
        return problems
    places = [path for path, text in found.items() if path == NAME_PATH or text != written[path]]
    indices = {path: index for index, path in enumerate(places)}
    texts = tuple(quote(found[path]) for path in places)
    canonical: JSON = {name: part for name, part in tree.items() if name not in NOT_IN_FINGERPRINT}
    print_of = fingerprint(cut_skeleton(canonical, indices, sort=True).fill(texts))
    return FilledIn(print_of, found, cut_skeleton(tree, indices), texts, indices[NAME_PATH])


def _is_own(path: str, text: str, own: frozenset[str]) -> bool:
    return text in own and path.rpartition(".")[2] in ADDRESS_FIELDS


def _excerpt(text: str, message: str) -> str:
    """What stands where the JSON breaks off."""
    found = _LINE.search(message)
    if not found:
        return ""
    line = text.splitlines()[int(found[1]) - 1] if text else ""
    start = max(int(found[2]) - 20, 0)
    return f" of what was rendered, near: {line[start : start + 40].strip()}"
