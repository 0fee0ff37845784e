"""`castmerge write-back`: put what the journal knows into the workbook."""

from __future__ import annotations

from collections.abc import Mapping

from merge.cli.chosen import Chosen, settings_of
from merge.cli.console import Console
from merge.cli.run import tell
from merge.collect import open_standing
from merge.run.clock import SystemClock
from merge.writeback import write_back


def perform(values: Mapping[str, object]) -> int:
    """Read, write, and tell."""
    chosen = Chosen(values)
    settings = settings_of(chosen)
    console = Console(quiet=chosen.flag("quiet"))
    with open_standing(chosen.workbook, settings, lock=True) as (standing, journal):
        written = write_back(standing.known, standing.journaled, journal, SystemClock().now())
        result = standing.summary()
    tell(result, console, chosen)
    console.say([f"{written.rows} rows were written.", *written.notes])
    return int(result.exit_code)
