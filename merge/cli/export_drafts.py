"""`castmerge export-drafts`: the drafts that were approved become videos."""

from __future__ import annotations

from collections.abc import Mapping

import click

from merge.cli.console import Console
from merge.cli.error_boundary import Declined
from merge.cli.option_values import Chosen, settings_of
from merge.cli.run import carry_out, require_interactive, shows_rows, tell
from merge.cli.summary_text import export_question, intent_lines
from merge.plan.decide import Action
from merge.run.collect import open_export


def perform(values: Mapping[str, object]) -> int:
    """Plan, ask, export, follow, tell."""
    chosen = Chosen(values)
    console = Console(quiet=chosen.flag("quiet"))
    with open_export(chosen.workbook, settings_of(chosen)) as session:
        console.say(intent_lines(session.plan))
        drafts = len(session.plan.of(Action.EXPORT))
        if drafts and not (chosen.flag("yes") or session.settings.simulate):
            asked = export_question(drafts)
            require_interactive(asked, chosen, console)
            if not click.confirm(asked, err=True):
                console.say(["Nothing was sent."])
                raise Declined
        result = carry_out(session, chosen, console)
    tell(result, console, chosen, rows=shows_rows(chosen))
    return int(result.exit_code)
