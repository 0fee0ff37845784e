"""`castmerge report`, `status`, `write-back`: what is known about every row, without asking the service."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import click

from merge.cli.campaigns_text import campaign_lines
from merge.cli.console import Console
from merge.cli.option_values import settings_of
from merge.cli.options import AnyStatusOptions, ReportOptions, StatusOptions
from merge.cli.output_files import page_path
from merge.cli.run import print_result
from merge.cli.safe_streams import say_json
from merge.cli.summary_text import summary_lines
from merge.errors import InputError
from merge.input.paths import private_mode
from merge.journal import shared_campaigns
from merge.reports.html import Report, report_page
from merge.reports.html.report_page import table_of
from merge.reports.page_files import page_assets, save_text
from merge.reports.report import make_report
from merge.results import MergeResult
from merge.run.clock import SystemClock
from merge.run.collect import read_journaled_status, write_back_from_journal

STDOUT = "-"
DEFAULT_PAGE = Path("report.html")
_BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel doesn't read a CSV file as UTF-8."""


def report(options: ReportOptions) -> int:
    """Write the requested output, or the page if none was requested."""
    console = Console(quiet=options.quiet)
    if options.csv == STDOUT and options.as_json:
        raise InputError(
            "--json and --csv - would both print to standard output",
            place="--csv",
            hint="Write the CSV to a file, such as --csv report.csv",
        )
    wants_page = options.output or not (options.csv or options.as_json)
    page = page_path(options.output or DEFAULT_PAGE) if wants_page else None
    found, result = write_report(options, page)
    if options.csv:
        _write_table(options.csv, found, options.workbook)
    if options.as_json:
        say_json({**result.to_dict(), "page": str(page) if page else None})
    elif page and options.csv != STDOUT:
        click.echo(str(page))
    console.say(summary_lines(result, written=False))
    if page:
        console.say([f"The report is in {page}. Open it in a browser, or send it by email."])
    return int(result.exit_code)


def write_report(options: ReportOptions, page: Path | None) -> tuple[Report, MergeResult]:
    """Gather what is known about every row, and write it as a page unless that is None.

    Raises:
        InputError: the workbook is wrong or unknown, or the page can't be saved
    """
    found, result = make_report(options.workbook, options.template, settings_of(options), SystemClock().now())
    if page:
        save_text(page, report_page(found, page_assets()), private_mode(page, options.workbook))
    return found, result


def status(options: AnyStatusOptions) -> int:
    """Print the status of every row, from journal and workbook.

    Raises:
        InputError: neither a workbook nor a shared journal is named
    """
    if options.everything:
        return _all_workbooks(options)
    if options.workbook == Path():
        raise InputError(
            "this command needs a workbook",
            place="castmerge status",
            hint="Add its name, or add --all to see all workbooks of a shared journal",
        )
    result = read_journaled_status(options.workbook, settings_of(options)).summary()
    print_result(result, Console(quiet=options.quiet), options, written=False)
    return int(result.exit_code)


def _all_workbooks(options: AnyStatusOptions) -> int:
    address = settings_of(options).journal_address
    if address is None:
        raise InputError(
            "--all needs a shared journal",
            place="castmerge status",
            hint="Add --journal with its address, such as postgresql://anna@db.example.com/castmerge",
        )
    found = shared_campaigns(address)
    if options.as_json:
        say_json({"schema": 1, "exit_code": 0, "campaigns": [each.to_json() for each in found]})
    else:
        for each in found:
            click.echo("\n".join(campaign_lines(each)))
    return 0


def write_back(options: StatusOptions) -> int:
    """Write the journal's results into the workbook."""
    console = Console(quiet=options.quiet)
    result, written = write_back_from_journal(options.workbook, settings_of(options), SystemClock().now())
    print_result(result, console, options)
    rows = "1 row was" if written.rows == 1 else f"{written.rows:,} rows were"
    console.say([f"{rows} written.", *written.notes])
    return int(result.exit_code)


def _write_table(target: str, found: Report, workbook: Path) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(table_of(found))
    if target == STDOUT:
        click.echo(text.getvalue(), nl=False)
    else:
        path = Path(target)
        save_text(path, _BYTE_ORDER_MARK + text.getvalue(), private_mode(path, workbook))
