"""What is wrong with a cell, before cells with the same fault are grouped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from merge.checks.warning import WarningKind

_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell.

    Attributes:
        kind: the kind of warning
        message: about the value, which it quotes
        hint: what to do
    """

    kind: WarningKind
    message: str
    hint: str


def quoted(text: str) -> str:
    """A text as messages quote it: on one line, and shortened."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= _SHOWN else f'{line[:_SHOWN]}…'}”"


def unlike_fault(text: str, why: str, hint: str) -> Fault:
    """The fault of a value that is unlike others."""
    return Fault(WarningKind.UNLIKE, f"{quoted(text)} {why}", hint)
