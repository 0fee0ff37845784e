"""`castmerge collect`: the second half of a run, on any day, without the template."""

from __future__ import annotations

from collections.abc import Mapping

from merge.cli.console import Console
from merge.cli.option_values import Chosen, settings_of
from merge.cli.run import carry_out, shows_rows, tell
from merge.run.collect import open_collection


def perform(values: Mapping[str, object]) -> int:
    """Follow what was submitted, and tell."""
    chosen = Chosen(values)
    console = Console(quiet=chosen.flag("quiet"))
    settings = settings_of(chosen)
    if chosen.flag("no_wait"):
        settings = settings.without_waiting()
    with open_collection(chosen.workbook, settings) as session:
        result = carry_out(session, chosen, console)
    tell(result, console, chosen, rows=shows_rows(chosen))
    return int(result.exit_code)
