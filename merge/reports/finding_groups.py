"""Problems and doubts gathered by their kind: some of each kind are kept to be shown, all are counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from merge.checks.warning import RowWarning, WarningKind
from merge.plan.findings import RowProblem, Warned

SHOWN_OF_A_KIND = 5
SHOWN_NUMBERS = 8
MOST_KINDS = 500
_PARTICULARS = re.compile(r"'[^\n]*?'(?!\w)|“[^”]*”|\d[\d.,]*")
_ORDER = {kind: order for order, kind in enumerate(WarningKind)}


@dataclass(slots=True)
class ProblemKind:
    """Problems that differ in their particulars only.

    Attributes:
        shown: the first of them
        count: how many there are
        places: the first places
        more_places: how many further places there are
        alike: whether all say the same
        path: the JSON path that all are about, or ""
    """

    shown: list[RowProblem] = field(default_factory=list)
    count: int = 0
    places: list[str] = field(default_factory=list)
    more_places: int = 0
    alike: bool = True
    path: str = ""

    def add(self, refused: RowProblem) -> None:
        """Take one more."""
        path = refused.path
        self.path = path if not self.count or path == self.path else ""
        self.count += 1
        if len(self.shown) < SHOWN_OF_A_KIND:
            self.shown.append(refused)
        self.alike = self.alike and refused.problem.message == self.shown[0].problem.message
        if refused.place in self.places:
            return
        if len(self.places) < SHOWN_OF_A_KIND:
            self.places.append(refused.place)
        else:
            self.more_places += 1


class ProblemKinds:
    """What stands against rows, in the sheet's order.

    Attributes:
        rows: how many rows it stands against
        others: how many problems there are beyond those that are kept by their kind
    """

    def __init__(self) -> None:
        self.rows = 0
        self.others = 0
        self._last = 0
        self._kinds: dict[tuple[str, str], ProblemKind] = {}

    def add(self, refused: RowProblem) -> None:
        """Take one more; those of one row come one after the other."""
        self.rows += refused.row != self._last
        self._last = refused.row
        problem = refused.problem
        kind = _PARTICULARS.sub("…", problem.message), _PARTICULARS.sub("…", problem.hint)
        if kind not in self._kinds and len(self._kinds) >= MOST_KINDS:
            self.others += 1
            return
        self._kinds.setdefault(kind, ProblemKind()).add(refused)

    @property
    def ordered(self) -> list[ProblemKind]:
        """The most frequent first."""
        return sorted(self._kinds.values(), key=lambda kind: kind.count, reverse=True)


@dataclass(slots=True)
class Doubt:
    """A doubt, and the rows that it is about."""

    warning: RowWarning
    numbers: list[int] = field(default_factory=list)
    count: int = 0

    def add(self, number: int) -> None:
        """One more row."""
        self.count += 1
        if len(self.numbers) < SHOWN_NUMBERS:
            self.numbers.append(number)


@dataclass(slots=True)
class WarningKindGroup:
    """Doubts about one thing that have one cure.

    Attributes:
        kind: what they are about
        hint: what to do
        shown: the first of them
        count: how many different ones there are
    """

    kind: WarningKind
    hint: str
    shown: dict[RowWarning, Doubt] = field(default_factory=dict)
    count: int = 0
    _known: set[int] = field(default_factory=set)

    def add(self, warning: RowWarning) -> Doubt | None:
        """Take one more; gives it where it is among those that are shown."""
        if warning in self.shown:
            return self.shown[warning]
        # A cell's own doubt is there once; one about a place of the template comes again with every row.
        if "!" not in warning.place and len(self.shown) >= SHOWN_OF_A_KIND:
            digest = hash(warning)
            if digest in self._known:
                return None
            self._known.add(digest)
        self.count += 1
        if len(self.shown) >= SHOWN_OF_A_KIND:
            return None
        return self.shown.setdefault(warning, Doubt(warning))


class WarningKinds:
    """What is doubtful."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[WarningKind, str], WarningKindGroup] = {}

    def add(self, warning: RowWarning, *numbers: int) -> None:
        """Take one more, with the rows that it is about; none where it is about the sheet."""
        kind = self._kinds.setdefault(
            (warning.kind, warning.hint), WarningKindGroup(warning.kind, warning.hint)
        )
        doubt = kind.add(warning)
        for number in numbers if doubt else ():
            assert doubt is not None
            doubt.add(number)

    @property
    def count(self) -> int:
        """How many different doubts there are."""
        return sum(kind.count for kind in self._kinds.values())

    @property
    def ordered(self) -> Iterator[WarningKindGroup]:
        """Worst first."""
        yield from sorted(self._kinds.values(), key=lambda kind: _ORDER[kind.kind])

    def take(self, warned: Warned) -> None:
        """Take a doubt with its rows."""
        self.add(warned.warning, *warned.rows)
