"""`castmerge write-back`: put what the journal knows into the workbook."""

from __future__ import annotations

from collections.abc import Mapping

from merge.cli.console import Console
from merge.cli.option_values import Chosen, settings_of
from merge.cli.run import tell
from merge.run.clock import SystemClock
from merge.run.collect import write_back_from_journal


def perform(values: Mapping[str, object]) -> int:
    """Read, write, and tell."""
    chosen = Chosen(values)
    settings = settings_of(chosen)
    console = Console(quiet=chosen.flag("quiet"))
    result, written = write_back_from_journal(chosen.workbook, settings, SystemClock().now())
    tell(result, console, chosen)
    console.say([f"{written.rows} rows were written.", *written.notes])
    return int(result.exit_code)
