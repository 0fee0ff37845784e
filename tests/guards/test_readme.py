"""README.md against the code: what stands there is there, and what is there stands there."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import merge
from merge import connect
from merge.cli import castmerge
from merge.cli.config_file import read_config
from merge.model import RowKey
from merge.results import ExitCode, MergeResult, RowStatus
from merge.sheet.result_columns import ResultHeaders, Status
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTEXT = click.Context(castmerge, info_name="castmerge")


def _commands() -> dict[str, click.Command]:
    found = {name: castmerge.get_command(CONTEXT, name) for name in castmerge.list_commands(CONTEXT)}
    return {name: command for name, command in found.items() if command}


COMMANDS = _commands()
OPTIONS = [
    pytest.param(name, parameter, id=f"{name} {parameter.opts[0]}")
    for name, command in COMMANDS.items()
    for parameter in command.params
    if isinstance(parameter, click.Option)
]


def _long(option: click.Option) -> str:
    return next(name for name in option.opts if name.startswith("--"))


def _table(first: str) -> dict[str, str]:
    """A table of the README by the header of its first column: first cell to the rest of the line."""
    _, _, after = README.partition(f"| {first} | ")
    lines = after.partition("\n\n")[0].splitlines()[2:]
    cells = [line.removeprefix("| ").removesuffix(" |").partition(" | ") for line in lines]
    return {cell: rest for cell, _, rest in cells}


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def _named_options(text: str) -> set[str]:
    """The options in inline code, such as `--draft` or `--max-videos N`."""
    codes = re.findall(r"`([^`\n]+)`", text)
    return {found for code in codes for found in re.findall(r"(?<!\S)--?[a-z][a-z-]*", code)}


def _command_lines(text: str) -> Iterator[list[str]]:
    """The arguments of every `castmerge` in shell text."""
    for line in text.splitlines():
        for part in re.split(r"&&|;|\|", line):
            words = shlex.split(part, comments=True)
            if words and Path(words[0]).name == "castmerge":
                yield words[1:]


def _understood(arguments: list[str]) -> click.Command:
    """The command that a command line calls, its options all known to it."""
    command = COMMANDS[arguments[0]]
    command.make_parser(click.Context(command)).parse_args(list(arguments[1:]))
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_explained(name: str) -> None:
    """Each command has its line in the table of commands, with what it needs."""
    lines = [cell.strip("`").split()[1] for cell in _table("command")]
    assert lines.count(name) == 1


def test_no_other_command_is_explained() -> None:
    """The table of commands has command lines that work."""
    assert [_understood(shlex.split(cell.strip("`"))[1:]).name for cell in _table("command")] == list(
        COMMANDS
    )


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_option_is_explained(command: str, option: click.Option) -> None:
    """Each option, long and short, stands in the README: those of `simulate` in its own paragraph."""
    _, _, paragraph = README.partition("\n`castmerge simulate` takes ")
    explained = paragraph.partition("\n\n")[0] if command == "simulate" else "\n".join(_table("option"))
    assert set(option.opts) <= _named_options(explained)


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_option_reads_its_variable(command: str, option: click.Option) -> None:
    """`--max-videos` reads CASTMERGE_MAX_VIDEOS, and so on for every option of every command."""
    assert option.envvar == f"CASTMERGE_{_long(option).removeprefix('--').replace('-', '_').upper()}", command


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_default_is_told(command: str, option: click.Option) -> None:
    """The value that an option has by itself, in its words or in the parser, stands beside it."""
    told = re.search(r"\[(\S+)\]$", option.help or "")
    value = option.default if option.show_default else told and told[1]
    if not value:
        return
    line = next(
        (f"{cell} {rest}" for cell, rest in _table("option").items() if _long(option) in cell), README
    )
    expected = f"{value:g}" if isinstance(value, float) else str(value)
    assert re.search(rf"[(`, ]{re.escape(expected)}[)`, ]", line), command


def test_no_unknown_option_is_explained() -> None:
    """Whatever looks like an option in the README is one of a command of ours."""
    known = {name for command in COMMANDS.values() for option in command.params for name in option.opts}
    assert _named_options("\n".join(_table("option"))) <= known
    longs = {name for name in _named_options(README) if name.startswith("--")}
    assert longs <= known | {"--help", "--version"}


def test_every_result_column_is_explained() -> None:
    """The table of result columns has the headers that are written, in their order."""
    assert [cell.strip("`") for cell in _table("column")] == list(ResultHeaders.with_prefix().all)


def test_every_status_is_explained() -> None:
    """The table of statuses has every text that can stand in the status column."""
    explained = {"" if cell == "blank" else cell.strip("`") for cell in _table("Video Status")}
    assert explained == {str(status) for status in Status}


def test_every_exit_code_is_explained() -> None:
    """The table of exit codes has those that there are."""
    assert [int(cell) for cell in _table("code")] == sorted(ExitCode)


def test_the_summary_is_explained() -> None:
    """Every name in the JSON summary stands in the README."""
    row = RowStatus(row=2, key=RowKey("a"), video_id="v", status=Status.COMPLETE, url="u")
    summary = MergeResult("a.xlsx", "People", "", (row,), ExitCode.COMPLETE)
    names = {*summary.to_dict(), *summary.counts, *row.keys()}
    assert {name for name in names if f"`{name}`" not in README} == set()


@pytest.mark.parametrize("name", [connect.KEY, connect.APP_ID, connect.USER_KEY])
def test_every_credential_is_explained(name: str) -> None:
    """The variables that credentials are read from stand in the README."""
    assert name in README


@pytest.mark.parametrize("line", list(_command_lines("\n".join(_blocks("sh")))), ids=" ".join)
def test_every_command_line_is_understood(line: list[str]) -> None:
    """A command line of the README calls a command that there is, with options that it has."""
    assert _understood(line).name in COMMANDS


def test_there_are_command_lines() -> None:
    """The search above finds the README's command lines."""
    assert {line[0] for line in _command_lines("\n".join(_blocks("sh")))} >= {"run", "check"}


def test_the_configuration_is_understood(tmp_path: Path) -> None:
    """The example of a `castmerge.toml` holds options that there are."""
    [example] = _blocks("toml")
    path = tmp_path / "castmerge.toml"
    path.write_text(example, encoding="utf-8")
    assert set(read_config(path, named=False)) == {"template", "key", "max_videos"}


@pytest.mark.parametrize(
    ("example", "said"),
    [
        pytest.param("library.xlsx", r"[1-9]\d* complete, exit code 0\n", id="a whole merge"),
        pytest.param(
            "write_columns(",
            r"2 rows, \{'Passed': 12, 'Score': 13, 'Page': 14, 'Checked': 15\}\n",
            id="any workbook",
        ),
    ],
)
def test_the_python_examples_run(tmp_path: Path, example: str, said: str) -> None:
    """Each example of the library runs as it stands, in a copy of the folder, and says what it did."""
    [script] = [block for block in _blocks("python") if example in block]
    for folder in ("templates", "example_sheets"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )
    assert re.fullmatch(said, ran.stdout), ran.stderr


def test_there_are_no_other_python_examples() -> None:
    """Each of them is run above or, the three recipes for jobs, in tests/end_to_end/test_recipes.py."""
    assert len(_blocks("python")) == 3 + 3


def test_every_section_is_found_from_the_top() -> None:
    """The table of contents leads to every section, and to no other."""
    anchors = re.findall(r"\]\(#([a-z-]+)\)", README)
    sections = [title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", README, re.MULTILINE)]
    assert set(anchors) - set(sections) == set()
    assert set(sections) - set(anchors) == {"where-things-live"}


def test_the_library_is_explained() -> None:
    """Every function that is exported stands in the README."""
    functions = [name for name in merge.__all__ if inspect.isfunction(getattr(merge, name))]
    assert {name for name in functions if f"`{name}" not in README} == set()


def test_every_benchmark_is_named() -> None:
    """Each script of the folder runs with the others."""
    scripts = {path.stem for path in (ROOT / "tests" / "benchmarks").glob("*.py")} - {"__main__"}
    listed = README.partition("names behind it choose some: ")[2].partition(". Each")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == scripts
    source = (ROOT / "tests" / "benchmarks" / "__main__.py").read_text(encoding="utf-8")
    assert {name for name in scripts if f'"{name}"' not in source} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_begins_with_an_example(name: str) -> None:
    """Behind the sentence that says what a command does, its help shows a command line that works."""
    _, example, *_ = (COMMANDS[name].help or "").split("\n\n")
    marker, title, line, *_ = example.splitlines()
    assert (marker, title) == ("\b", "Example:")
    [arguments] = _command_lines(line)
    assert _understood(arguments).name == name
