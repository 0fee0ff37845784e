"""Problems and warnings as text for people: one block per group, with its cells and a hint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from merge.checks.warning import RowWarning, WarningKind
from merge.cli.summary_text import SHOWN_NUMBERS, counted
from merge.model import sentence
from merge.plan.findings import RowProblem, group_problems, group_warnings
from merge.project.places import with_place_labels

_SHOWN_GROUPS = 20
_SHOWN_IN_GROUP = 5
_NOBODY = frozenset({WarningKind.NO_ROWS, WarningKind.SHIFTED, WarningKind.TOTALS, WarningKind.TEST_ROW})
"""Warnings about rows that are probably nobody's, so that their videos would be made for nothing."""


def problem_lines(problems: Sequence[RowProblem]) -> Iterator[str]:
    """The problems of all rows, largest group first."""
    if not problems:
        return
    rows = len({each.row for each in problems})
    yield f"{counted(rows, 'row')} {'has' if rows == 1 else 'have'} problems and won't be submitted:"
    groups = group_problems(problems)
    for group in groups[:_SHOWN_GROUPS]:
        yield from _problem_group(group)
    if len(groups) > _SHOWN_GROUPS:
        yield "  … and more. To see all of them, add --json."


def warning_lines(warnings: Sequence[RowWarning]) -> Iterator[str]:
    """All warnings, most costly first."""
    if not warnings:
        return
    yield f"{counted(len(warnings), 'warning')}. You can go ahead, but look at {_them(warnings)} first:"
    for group in group_warnings(warnings):
        yield from map(_warning_line, group[:_SHOWN_IN_GROUP])
        yield from _more(group)
        yield f"    {sentence(group[0].hint)}"


def warning_count(warnings: Sequence[RowWarning], command: str) -> Iterator[str]:
    """Rows that are probably nobody's, and the number of warnings with the command that lists them."""
    if warnings:
        nobody = [warning for warning in warnings if warning.kind in _NOBODY]
        yield from map(_warning_line, nobody[:_SHOWN_IN_GROUP])
        yield f"  {counted(len(warnings), 'warning')}. To see {_them(warnings)}, run: {command}"


def _warning_line(warning: RowWarning) -> str:
    rows = f" ({_rows(warning.rows)})" if warning.rows and "!" not in warning.place else ""
    return f"  {with_place_labels(warning.place)}: {sentence(f'{warning.message}{rows}')}"


def _them(warnings: Sequence[RowWarning]) -> str:
    return "it" if len(warnings) == 1 else "them"


def _problem_group(group: Sequence[RowProblem]) -> Iterator[str]:
    """One line for one message in several cells, or one line each for several messages; then the hint."""
    first = group[0].problem
    if all(each.problem.message == first.message for each in group):
        places = list(dict.fromkeys(each.place for each in group))
        hidden = len(places) - _SHOWN_IN_GROUP
        more = f" and {hidden:,} more" if hidden > 0 else ""
        yield f"  {', '.join(places[:_SHOWN_IN_GROUP])}{more}: {sentence(first.message)}"
    else:
        for each in group[:_SHOWN_IN_GROUP]:
            yield f"  {each.place}: {sentence(each.problem.message)}"
        yield from _more(group)
    paths = {each.path for each in group}
    path = paths.pop() if len(paths) == 1 else ""
    where = f"In the template: {with_place_labels(path)}" if path else ""
    steps = [sentence(step) for step in (first.hint, where) if step]
    if steps:
        yield f"    {' '.join(steps)}"


def _more(group: Sequence[object]) -> Iterator[str]:
    if len(group) > _SHOWN_IN_GROUP:
        yield f"  … and {len(group) - _SHOWN_IN_GROUP:,} more of this kind"


def _rows(numbers: Sequence[int]) -> str:
    named = ", ".join(map(str, numbers[:SHOWN_NUMBERS])) + (", …" if len(numbers) > SHOWN_NUMBERS else "")
    return f"row {named}" if len(numbers) == 1 else f"{len(numbers):,} rows: {named}"
