"""`castmerge status`: where every row stands, from journal and workbook."""

from __future__ import annotations

from merge.cli import options
from merge.cli.chosen import Chosen, settings_of
from merge.cli.config import ConfiguredCommand
from merge.cli.console import Console
from merge.cli.run import tell
from merge.collect import open_standing

HELP = """Where every row stands, from journal and workbook; asks nobody and changes nothing.

\b
Example:
  castmerge status customers.xlsx
"""


def status(**values: object) -> int:
    """Read, and tell."""
    chosen = Chosen(values)
    with open_standing(chosen.workbook, settings_of(chosen)) as standing:
        result = standing.summary()
    tell(result, Console(quiet=chosen.flag("quiet")), as_json=chosen.flag("as_json"), written=False)
    return int(result.exit_code)


command = ConfiguredCommand(
    "status",
    callback=status,
    help=HELP,
    params=[options.WORKBOOK, options.SHEET, *options.PLACES, options.SIMULATED, *options.OUTPUT],
)
