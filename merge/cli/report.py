"""`castmerge report`: what was made, as a page, as CSV or as JSON; touches nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import click

from merge.cli.console import Console
from merge.cli.option_values import Chosen, settings_of
from merge.cli.output_files import page_assets, page_path, save_text
from merge.cli.safe_streams import say_json
from merge.cli.summary_text import summary_lines
from merge.errors import InputError
from merge.reports.html import Report, report_page
from merge.reports.html.report_page import table_of
from merge.reports.report import make_report
from merge.run.clock import SystemClock

DEFAULT_PAGE = "report.html"
STDOUT = "-"
_MARK = "\ufeff"
"""By which Excel knows that a CSV file is UTF-8."""


def perform(values: Mapping[str, object]) -> int:
    """Read, and write what was asked for: the page, where nothing else was."""
    chosen = Chosen(values)
    console = Console(quiet=chosen.flag("quiet"))
    table, as_json = chosen.text("csv"), chosen.flag("as_json")
    if table == STDOUT and as_json:
        raise InputError(
            "JSON and CSV cannot both be printed", place="--csv", hint="Give --csv a file: --csv report.csv"
        )
    page = page_path(chosen.text("output") or DEFAULT_PAGE) if _wants_page(chosen) else None
    template = chosen.path("template")
    report, result = make_report(chosen.workbook, template, settings_of(chosen), SystemClock().now())
    if page:
        save_text(page, report_page(report, page_assets()))
    if table:
        _put_table(table, report)
    if as_json:
        told = {**result.to_dict(), "page": str(page) if page else None}
        say_json(told)
    elif page and table != STDOUT:
        click.echo(str(page))
    console.say(summary_lines(result, written=False))
    if page:
        console.say([f"The report is {page}: open it in a browser, or send it by mail."])
    return int(result.exit_code)


def _wants_page(chosen: Chosen) -> bool:
    return bool(chosen.text("output")) or not (chosen.text("csv") or chosen.flag("as_json"))


def _put_table(place: str, report: Report) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(table_of(report))
    if place == STDOUT:
        click.echo(text.getvalue(), nl=False)
    else:
        save_text(Path(place), _MARK + text.getvalue())
