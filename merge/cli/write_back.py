"""`castmerge write-back`: put what the journal knows into the workbook."""

from __future__ import annotations

from collections.abc import Mapping

from merge.cli.console import Console
from merge.cli.option_values import Chosen, settings_of
from merge.cli.run import tell
from merge.run.clock import SystemClock
from merge.run.write_back_streaming import filing


def perform(values: Mapping[str, object]) -> int:
    """Read, write, and tell."""
    chosen = Chosen(values)
    settings = settings_of(chosen)
    console = Console(quiet=chosen.flag("quiet"))
    with filing(chosen.workbook, settings, SystemClock().now()) as filed:
        tell(filed.result, console, chosen)
        console.say([f"{filed.written.rows} rows were written.", *filed.written.notes])
        return int(filed.result.exit_code)
