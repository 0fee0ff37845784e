"""`castmerge status`: where every row stands, from journal and workbook."""

from __future__ import annotations

from collections.abc import Mapping

from merge.cli.console import Console
from merge.cli.option_values import Chosen, settings_of
from merge.cli.run import tell
from merge.run.collect import open_memory


def perform(values: Mapping[str, object]) -> int:
    """Read, and tell."""
    chosen = Chosen(values)
    with open_memory(chosen.workbook, settings_of(chosen)) as known:
        result = known.sheet_status().summary()
    tell(result, Console(quiet=chosen.flag("quiet")), chosen, written=False)
    return int(result.exit_code)
