"""Ask which encoding a CSV file has that isn't UTF-8."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import click

from merge.cli.console import Console, say
from merge.cli.option_values import settings_of
from merge.cli.options import CheckOptions, ProofOptions, RunOptions
from merge.errors import EncodingError
from merge.input.csv import require_encoding
from merge.input.paths import is_csv

CsvOptions = TypeVar("CsvOptions", RunOptions, CheckOptions, ProofOptions)


def with_encoding(options: CsvOptions, *, asks: bool = True) -> CsvOptions:
    """The options with the encoding that the user chose, if the workbook is a CSV file that needs one.

    Args:
        options: those of the command
        asks: whether a question may be asked on a terminal

    Raises:
        EncodingError: there's no terminal to ask on, or none of the encodings is right
        WorkbookError: the file can't be read
    """
    if not is_csv(options.workbook):
        return options
    try:
        require_encoding(options.workbook, settings_of(options))
    except EncodingError as error:
        if not asks or not error.guesses or not Console.can_ask():
            raise
        return replace(options, encoding=_chosen(error, options.workbook.name))
    return options


def _chosen(error: EncodingError, file: str) -> str:
    say(*_question(error, file))
    none = len(error.guesses) + 1
    number: int = click.prompt("Number", type=click.IntRange(1, none), err=True)
    if number == none:
        raise error
    return error.guesses[number - 1].encoding


def _question(error: EncodingError, file: str) -> Iterator[str]:
    yield f"{file} isn't UTF-8, so castmerge can't be sure about some letters. Which line is spelled right?"
    for number, guess in enumerate(error.guesses, start=1):
        yield f"  {number}  {', '.join(guess.samples)}  ({guess.name}, {guess.encoding})"
    yield f"  {len(error.guesses) + 1}  none of these"
