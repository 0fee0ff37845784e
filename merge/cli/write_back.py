"""`castmerge write-back`: put what the journal knows into the workbook."""

from __future__ import annotations

from collections.abc import Mapping

from merge.cli.chosen import Chosen, settings_of
from merge.cli.console import Console
from merge.cli.run import tell
from merge.filing import filing
from merge.run.clock import SystemClock


def perform(values: Mapping[str, object]) -> int:
    """Read, write, and tell."""
    chosen = Chosen(values)
    settings = settings_of(chosen)
    console = Console(quiet=chosen.flag("quiet"))
    with filing(chosen.workbook, settings, SystemClock().now()) as filed:
        tell(filed.result, console, chosen)
        console.say([f"{filed.written.rows} rows were written.", *filed.written.notes])
        return int(filed.result.exit_code)
