"""What comes of one row: its project, or all that stands against submitting it."""

from __future__ import annotations

from collections.abc import Mapping

from merge.checks.project_checks import CellLocator, find_problems, with_cell
from merge.model import Problem
from merge.sheet.values import TemplateValue
from merge.template.bind_json import Binding
from merge.template.render_json import Rendered


def render_and_check(
    binding: Binding, values: Mapping[int, TemplateValue], place: CellLocator
) -> Rendered | tuple[Problem, ...]:
    """Render and judge a row.

    Args:
        binding: the template
        values: the row's values by column number, at least those that the template uses
        place: says which cell fills a path
    """
    rendered = binding.renderer.render(binding.names.context(values))
    if isinstance(rendered, Rendered):
        return find_problems(rendered.strings, place) or rendered
    return tuple(with_cell(problem, place) for problem in rendered)
