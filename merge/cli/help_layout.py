"""The layout of `--help`: the most common options, then the names of the others by group.

`--help-all` explains every option. An option that is in no group here is listed last.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

import click

_FITS_A_SCREEN = 13
"""A command with at most this many options explains them all."""
COMMON = (
    "--template",
    "--simulate",
    "--rows",
    "--where",
    "--key",
    "--pilot",
    "--changed",
    "--retry-failed",
    "--max-videos",
    "--online",
    "--output",
    "--csv",
    "--no-wait",
    "--yes",
    "--approved",
    "--download",
    "--json",
)
"""Up to ten of these are explained in `--help`, if the command has them."""
_MOST_COMMON = 10
GROUPS = {
    "Template": ("--template", "--set", "--map", "--locale", "--same-video"),
    "Workbook": ("--sheet", "--table", "--header-row", "--key", "--encoding", "--column-prefix"),
    "Rows": (
        "--rows",
        "--where",
        "--visible-only",
        "--pilot",
        "--limit",
        "--changed",
        "--remake",
        "--retry-failed",
        "--new-rows",
    ),
    "Approval and cost": (
        "--approved",
        "--max-videos",
        "--max-credits",
        "--yes",
        "--no-input",
        "--resubmit-in-doubt",
    ),
    "Videos": ("--draft", "--resolution", "--workspace"),
    "Downloads": ("--download", "--download-name", "--download-limit"),
    "AI Studios": (
        "--simulate",
        "--region",
        "--base-url",
        "--progress-path",
        "--at-once",
        "--simulate-seconds",
    ),
    "Waiting": (
        "--queue",
        "--no-wait",
        "--give-up-after",
        "--first-look",
        "--poll-min",
        "--poll-max",
        "--longest-export",
        "--webhook-url",
        "--webhook-listen",
    ),
    "Output": ("--json", "--events", "--log", "--log-values", "--quiet", "--csv", "--output", "--metrics"),
    "Files": ("--journal", "--config"),
}
_OTHERS = "Others"
_TITLE_WIDTH = 19


def write_options(
    options: Sequence[click.Option],
    help_option: click.Option | None,
    context: click.Context,
    formatter: click.HelpFormatter,
    *,
    everything: bool,
) -> None:
    """Explain options: all of them, or the common ones and the names of the others.

    Args:
        options: those of the command
        help_option: `--help`, which is explained last
        context: the command's
        formatter: receives the text
        everything: explain every option, by group
    """
    tail = [help_option] if help_option else []
    if len(options) <= _FITS_A_SCREEN:
        _explain("Options", [*options, *tail], context, formatter)
        return
    if everything:
        for title, group in _grouped(options):
            _explain(title, group, context, formatter)
        _explain("Help", tail, context, formatter)
        return
    common = [each for name in COMMON for each in options if _long(each) == name][:_MOST_COMMON]
    _explain("Options", [*common, *tail], context, formatter)
    others = [each for each in options if each not in common]
    with formatter.section(f"More options, explained by {context.command_path} --help-all"):
        for title, group in _grouped(others):
            formatter.write(_named(title, group, formatter))


def _grouped(options: Sequence[click.Option]) -> Iterator[tuple[str, list[click.Option]]]:
    """The groups that have any of these options, with them in the group's order."""
    left = list(options)
    for title, names in GROUPS.items():
        group = [each for name in names for each in left if _long(each) == name]
        left = [each for each in left if each not in group]
        if group:
            yield title, group
    if left:
        yield _OTHERS, left


def _named(title: str, options: Sequence[click.Option], formatter: click.HelpFormatter) -> str:
    indent = " " * formatter.current_indent
    filled = textwrap.fill(
        ", ".join(map(_long, options)),
        formatter.width,
        initial_indent=f"{indent}{title:<{_TITLE_WIDTH}}",
        subsequent_indent=indent + " " * _TITLE_WIDTH,
        break_on_hyphens=False,
    )
    return f"{filled}\n"


def _explain(
    title: str, options: Sequence[click.Option], context: click.Context, formatter: click.HelpFormatter
) -> None:
    records = [record for each in options if (record := each.get_help_record(context))]
    if records:
        with formatter.section(title):
            formatter.write_dl([(names, without_click_notation(text)) for names, text in records])


def without_click_notation(text: str) -> str:
    """A help text without click's notation for ranges and whole numbers.

    >>> without_click_notation("Port.  [default: 8080; 0<=x<=65535]")
    'Port.  [default: 8080; 0 to 65535]'
    >>> without_click_notation("At most N.  [x>=1]")
    'At most N.'
    >>> without_click_notation("Seconds.  [default: 2.0]")
    'Seconds.  [default: 2]'
    """
    text = re.sub(r"(\d+)<=x<=(\d+)", r"\1 to \2", text)
    text = re.sub(r"(\[default: \d+)\.0\b", r"\1", text)
    return re.sub(r"\s*\[x>=?\d+\]|; x>=?\d+", "", text)


def _long(option: click.Option) -> str:
    return next(name for name in option.opts if name.startswith("--"))
