"""What comes of one row: its project, or all that stands against submitting it."""

from __future__ import annotations

from collections.abc import Mapping

from merge.checks.project_checks import CellLocator, find_problems, with_cell
from merge.model import Problem
from merge.sheet.values import TemplateValue
from merge.template.bind_json import Binding
from merge.template.render_json import FilledIn


def fill_in_and_check(
    binding: Binding, values: Mapping[int, TemplateValue], place: CellLocator
) -> FilledIn | tuple[Problem, ...]:
    """Render and judge a row.

    Args:
        binding: the template
        values: the row's values by column number, at least those that the template uses
        place: says which cell fills a path
    """
    filled_in = binding.renderer.render(binding.names.context(values))
    if isinstance(filled_in, FilledIn):
        return find_problems(filled_in.strings, place) or filled_in
    return tuple(with_cell(problem, place) for problem in filled_in)
