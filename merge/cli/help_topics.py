"""`castmerge help`: the documentation in the terminal."""

from __future__ import annotations

import re
import shutil
import sys
from itertools import groupby
from typing import TextIO, cast

import click

from merge.cli.options import HelpOptions
from merge.cli.safe_streams import RawText
from merge.docs import list_pages, load_page

_WIDTH = 80
"""A comfortable number of columns to read."""
_PAGE_LINK = re.compile(r"\[([^\]]+)\]\(([a-z-]+)\.md(?:#[\w-]+)?\)")
_ANCHOR_LINK = re.compile(r"\[([^\]]+)\]\(#[\w-]+\)")
_PICTURE = re.compile(r"^!\[[^\]]*\]\([^)]*\)\n+", re.MULTILINE)


def help(options: HelpOptions) -> int:  # noqa: A001 - the function has the command's name
    """Print the list of topics, or one of them."""
    width = min(_WIDTH, shutil.get_terminal_size((_WIDTH, 24)).columns)
    if options.topic is None:
        click.echo(_contents(width))
        return 0
    from rich.console import Console  # noqa: PLC0415 - rich is heavy, and the list of topics needs none of it
    from rich.markdown import Markdown  # noqa: PLC0415 - same
    from rich.theme import Theme  # noqa: PLC0415 - same

    page = Markdown(for_terminal(load_page(options.topic)), hyperlinks=False, code_theme="ansi_dark")
    console = Console(width=width, theme=Theme({"markdown.code": "bold cyan"}))
    with console.capture() as captured:
        console.print(page)
    # Rich pads each line with spaces to the full width.
    shown = "\n".join(line.rstrip() for line in captured.get().splitlines())
    click.echo(shown, file=cast("TextIO", RawText(sys.stdout)))
    return 0


def for_terminal(page: str) -> str:
    """A page without pictures, with links to other pages replaced by the commands that show them.

    >>> for_terminal("See [CSV files](csv.md#encodings).")
    'See CSV files (`castmerge help csv`).'
    """
    page = _PICTURE.sub("", page)
    return _ANCHOR_LINK.sub(r"\1", _PAGE_LINK.sub(r"\1 (`castmerge help \2`)", page))


def _contents(width: int) -> str:
    formatter = click.HelpFormatter(width=width)
    for kind, pages in groupby(list_pages(), key=lambda page: page.kind):
        with formatter.section(kind):
            formatter.write_dl([(page.topic, page.summary.replace("`", "")) for page in pages])
    formatter.write_paragraph()
    formatter.write_text("To read a topic, add its name: castmerge help first-campaign")
    return formatter.getvalue().rstrip("\n")
