"""What `check` says of problems and doubts: once for each kind, with the cells that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from merge.cli.words import SHOWN_NUMBERS, counted
from merge.run.judged import Refused, Warned

SHOWN_GROUPS = 20
SHOWN_OF_A_KIND = 5
_PARTICULARS = re.compile(r"'[^\n]*?'(?!\w)|“[^”]*”|\d[\d.,]*")


def refusal_lines(refused: Sequence[Refused]) -> Iterator[str]:
    """What stands against rows, the most frequent kind first."""
    rows = len({each.row for each in refused})
    if not rows:
        return
    yield f"Problems in {counted(rows, 'row')}, of which nothing is submitted:"
    kinds: dict[tuple[str, str], list[Refused]] = {}
    for each in refused:
        kind = _PARTICULARS.sub("…", each.problem.message), _PARTICULARS.sub("…", each.problem.cure)
        kinds.setdefault(kind, []).append(each)
    ordered = sorted(kinds.values(), key=len, reverse=True)
    for group in ordered[:SHOWN_GROUPS]:
        yield from _refused_alike(group)
    if len(ordered) > SHOWN_GROUPS:
        yield "  … and other kinds: --json tells all of them"


def doubt_lines(doubtful: Sequence[Warned]) -> Iterator[str]:
    """What is doubtful, worst first."""
    if not doubtful:
        return
    stop = "stops" if len(doubtful) == 1 else "stop"
    yield f"{counted(len(doubtful), 'warning').capitalize()}, which {stop} nothing:"
    kinds: dict[tuple[str, str], list[Warned]] = {}
    for each in doubtful:
        kinds.setdefault((each.caution.kind, each.caution.cure), []).append(each)
    for group in kinds.values():
        for each in group[:SHOWN_OF_A_KIND]:
            rows = f" ({_rows(each.rows)})" if each.rows and "!" not in each.caution.place else ""
            yield f"  {each.caution.place}: {each.caution.message}{rows}."
        yield from _more(len(group))
        yield f"    {_sentence(group[0].caution.cure)}"


def doubt_count(doubtful: Sequence[Warned]) -> Iterator[str]:
    """That there is something to look at first."""
    if doubtful:
        it = "it" if len(doubtful) == 1 else "them"
        yield f"  {counted(len(doubtful), 'warning')}: castmerge check tells {it}"


def _refused_alike(group: Sequence[Refused]) -> Iterator[str]:
    """Several cells with one message in one line, several messages in lines of their own; then what to do."""
    messages = {each.problem.message for each in group}
    if len(messages) == 1:
        yield f"  {_places(group)}: {_sentence(group[0].problem.message)}"
    else:
        for each in group[:SHOWN_OF_A_KIND]:
            yield f"  {each.place}: {_sentence(each.problem.message)}"
        yield from _more(len(group))
    paths = list(dict.fromkeys(str(each.to_dict()["path"]) for each in group))
    where = f"In the template: {paths[0]}" if len(paths) == 1 and paths[0] else ""
    steps = [_sentence(step) for step in (group[0].problem.cure, where) if step]
    if steps:
        yield f"    {' '.join(steps)}"


def _places(group: Sequence[Refused]) -> str:
    places = list(dict.fromkeys(each.place for each in group))
    more = f" and {len(places) - SHOWN_OF_A_KIND:,} more" if len(places) > SHOWN_OF_A_KIND else ""
    return f"{', '.join(places[:SHOWN_OF_A_KIND])}{more}"


def _more(found: int) -> Iterator[str]:
    if found > SHOWN_OF_A_KIND:
        yield f"  … and {found - SHOWN_OF_A_KIND:,} more of this kind"


def _rows(numbers: Sequence[int]) -> str:
    named = ", ".join(map(str, numbers[:SHOWN_NUMBERS])) + (", …" if len(numbers) > SHOWN_NUMBERS else "")
    return f"row {named}" if len(numbers) == 1 else f"{len(numbers):,} rows: {named}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
