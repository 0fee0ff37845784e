"""What `check` says of problems and doubts: once for each kind, with the cells that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from merge.cli.summary_text import counted
from merge.plan.findings import RowProblem, Warned
from merge.reports.finding_groups import (
    SHOWN_NUMBERS,
    SHOWN_OF_A_KIND,
    Doubt,
    ProblemKind,
    ProblemKinds,
    WarningKinds,
)

SHOWN_GROUPS = 20


def refusal_lines(refused: Iterable[RowProblem]) -> Iterator[str]:
    """What stands against rows, the most frequent kind first."""
    kinds = ProblemKinds()
    for each in refused:
        kinds.add(each)
    yield from refused_lines(kinds)


def refused_lines(kinds: ProblemKinds) -> Iterator[str]:
    """The same of problems that were gathered by their kind."""
    if not kinds.rows:
        return
    yield f"Problems in {counted(kinds.rows, 'row')}, of which nothing is submitted:"
    ordered = kinds.ordered
    for kind in ordered[:SHOWN_GROUPS]:
        yield from _refused_alike(kind)
    if len(ordered) > SHOWN_GROUPS or kinds.others:
        yield "  … and other kinds: --json tells all of them"


def warning_lines(doubtful: Iterable[Warned]) -> Iterator[str]:
    """What is doubtful, worst first."""
    kinds = WarningKinds()
    for each in doubtful:
        kinds.take(each)
    yield from doubted_lines(kinds)


def doubted_lines(kinds: WarningKinds) -> Iterator[str]:
    """The same of doubts that were gathered by their kind."""
    if not kinds.count:
        return
    stop = "stops" if kinds.count == 1 else "stop"
    yield f"{counted(kinds.count, 'warning').capitalize()}, which {stop} nothing:"
    for kind in kinds.ordered:
        for doubt in kind.shown.values():
            warning = doubt.warning
            rows = f" ({_rows(doubt)})" if doubt.count and "!" not in warning.place else ""
            yield f"  {warning.place}: {warning.message}{rows}."
        yield from _more(kind.count)
        yield f"    {_sentence(kind.hint)}"


def doubt_count(doubtful: Sequence[Warned]) -> Iterator[str]:
    """That there is something to look at first."""
    if doubtful:
        it = "it" if len(doubtful) == 1 else "them"
        yield f"  {counted(len(doubtful), 'warning')}: castmerge check tells {it}"


def _refused_alike(kind: ProblemKind) -> Iterator[str]:
    """Several cells with one message in one line, several messages in lines of their own; then what to do."""
    first = kind.shown[0].problem
    if kind.alike:
        more = f" and {kind.more_places:,} more" if kind.more_places else ""
        yield f"  {', '.join(kind.places)}{more}: {_sentence(first.message)}"
    else:
        for each in kind.shown:
            yield f"  {each.place}: {_sentence(each.problem.message)}"
        yield from _more(kind.count)
    where = f"In the template: {kind.path}" if kind.path else ""
    steps = [_sentence(step) for step in (first.hint, where) if step]
    if steps:
        yield f"    {' '.join(steps)}"


def _more(found: int) -> Iterator[str]:
    if found > SHOWN_OF_A_KIND:
        yield f"  … and {found - SHOWN_OF_A_KIND:,} more of this kind"


def _rows(doubt: Doubt) -> str:
    named = ", ".join(map(str, doubt.numbers)) + (", …" if doubt.count > SHOWN_NUMBERS else "")
    return f"row {named}" if doubt.count == 1 else f"{doubt.count:,} rows: {named}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
