"""README.md and the documentation against the code: each describes what the other has."""

from __future__ import annotations

import inspect
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import merge
from merge import connect, errors
from merge.checks.warning import WarningKind
from merge.cli.command import Command
from merge.cli.config_file import read_config
from merge.cli.options import CONFIGURABLE
from merge.cli.setup import schema_text
from merge.docs import TOPICS, anchor, list_pages, load_page
from merge.errors import InputError
from merge.model import JSON
from merge.results import ExitCode, MergeResult, RowStatus
from merge.sheet.result_columns import ResultHeaders, Status
from tests.support.callables import Castmerge
from tests.support.message_texts import texts_in
from tests.support.paths import ROOT
from tests.support.reference_pages import PAGES, commands, long_name, options_of

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {page.topic: load_page(page.topic) for page in list_pages()}
TEXTS = {"README.md": README, **{f"merge/docs/{topic}.md": text for topic, text in DOCS.items()}}
TITLES = {"README.md", "merge/docs/README.md"}
COMMANDS = commands()
FITS_A_SCREEN = 40
"""The maximum number of lines of `--help` at 80 columns."""
MOST_EXPLAINED = 13


def _table(text: str, first: str) -> dict[str, str]:
    """A table by the header of its first column: first cell to the rest of the line."""
    _, _, after = text.partition(f"| {first} | ")
    lines = after.partition("\n\n")[0].splitlines()[2:]
    cells = [
        line.removeprefix("| ").removesuffix(" |").replace("\\|", "¦").partition(" | ") for line in lines
    ]
    return {cell.replace("¦", "|"): rest for cell, _, rest in cells}


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def _prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def _named_options(text: str) -> set[str]:
    """The options in inline code, such as `--draft` or `--max-videos N`."""
    codes = re.findall(r"`([^`\n]+)`", text)
    return {found for code in codes for found in re.findall(r"(?<!\S)--?[a-z][a-z-]*", code)}


def _command_lines(text: str) -> Iterator[list[str]]:
    """The arguments of every `castmerge` command in shell text."""
    for line in text.splitlines():
        for part in re.split(r"&&|;|\|", line):
            words = shlex.split(part, comments=True)
            if words and Path(words[0]).name == "castmerge":
                yield words[1:]


def _understood(arguments: list[str]) -> click.Command:
    """The command of a command line, whose options must all be known."""
    command = COMMANDS[arguments[0]]
    command.make_parser(click.Context(command)).parse_args(list(arguments[1:]))
    return command


SHELL_LINES = [
    (f"{path.rpartition('/')[2]}: {' '.join(line)}", line)
    for path, text in TEXTS.items()
    for block in _blocks(text, "sh")
    for line in _command_lines(block)
]


# The pages


def test_readme_fits_a_few_screens() -> None:
    """It has at most 200 lines, and a terminal shows them without wrapping."""
    lines = README.splitlines()
    assert len(lines) <= 200
    wide = [line for line in _prose(README).splitlines() if len(line) > 110 and not line.startswith("|")]
    assert wide == []


def test_every_page_is_listed() -> None:
    """Each file belongs to a kind, and each topic has its file."""
    topics = [topic for names in TOPICS.values() for topic in names]
    assert sorted(topics) == sorted(path.stem for path in (ROOT / "merge" / "docs").glob("*.md"))
    assert {f"merge/docs/{topic}.md" for topic in topics} <= set(re.findall(r"\]\(([^)#]+)", README))


@pytest.mark.parametrize("page", list_pages(), ids=lambda page: page.topic)
def test_a_page_starts_with_its_title_and_summary(page: merge.docs.Page) -> None:
    """The lists of pages show both."""
    assert DOCS[page.topic].startswith(f"# {page.title}\n\n")
    assert page.summary.endswith((".", "!"))
    assert len(page.summary) < 130


@pytest.mark.parametrize("path", TEXTS)
def test_every_link_leads_somewhere(path: str) -> None:
    """Linked files exist, and so do linked headings."""
    folder = (ROOT / path).parent
    for target in re.findall(r"\]\(([^)]+)\)", _prose(TEXTS[path])):
        file, _, heading = target.partition("#")
        if file.startswith("https://"):
            continue
        named = folder / file if file else ROOT / path
        assert named.exists(), target
        if heading:
            text = named.read_text(encoding="utf-8")
            anchors = {anchor(found) for found in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
            assert heading in anchors, target


def test_a_page_is_found_by_its_name() -> None:
    """The extension and the case of the name don't matter."""
    assert load_page("CSV") == load_page("csv.md") == DOCS["csv"]
    with pytest.raises(InputError) as caught:
        load_page("exit-code")
    assert caught.value.hint == "Did you mean castmerge help exit-codes?"


@pytest.mark.parametrize("topic", PAGES)
def test_reference_is_up_to_date(topic: str) -> None:
    """The generated pages match the code."""
    assert PAGES[topic]() == DOCS[topic], "run: python -m tests.support.reference_pages"


# Help in the terminal


def test_help_lists_the_pages(castmerge: Castmerge) -> None:
    """Each page has the sentence that describes it."""
    ran = castmerge("help")
    assert ran.code == 0
    assert [page.topic for page in list_pages() if f"  {page.topic} " not in ran.out] == []


@pytest.mark.parametrize("topic", ["first-campaign", "commands", "templates", "recovery"])
def test_help_shows_a_page(castmerge: Castmerge, topic: str) -> None:
    """It fits in eighty columns, and links are shown as the commands that open the page."""
    ran = castmerge("help", topic)
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "](" not in ran.out
    for named in re.findall(r"castmerge help ([a-z-]+[a-z])", ran.out):
        assert load_page(named)


def test_help_on_an_unknown_topic_suggests_one(castmerge: Castmerge) -> None:
    """The exit code is 2."""
    ran = castmerge("help", "placeholder")
    assert (ran.code, "Did you mean castmerge help placeholders?" in ran.err) == (2, True)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_starts_with_an_example(name: str) -> None:
    """After the sentence that describes a command, its help shows a valid command line."""
    _, example, *_ = (COMMANDS[name].help or "").split("\n\n")
    marker, title, line, *_ = example.splitlines()
    assert (marker, title) == ("\b", "Example:")
    [arguments] = _command_lines(line)
    assert _understood(arguments).name == name


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_a_screen(name: str, castmerge: Castmerge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Common options are explained, and the others are named."""
    monkeypatch.setenv("COLUMNS", "80")
    short, everything = castmerge(name, "--help").out, castmerge(name, "--help-all").out
    options = options_of(COMMANDS[name])
    assert len(short.splitlines()) <= FITS_A_SCREEN
    assert max(map(len, short.splitlines())) <= 90
    longs = {long_name(each) for each in options}
    assert {name for name in longs if name not in short} == set()
    explained = [each for each in options if (each.help or "")[:20] in " ".join(short.split())]
    assert len(explained) <= MOST_EXPLAINED
    unexplained = [each for each in options if (each.help or "")[:20] not in " ".join(everything.split())]
    assert unexplained == []


# Commands and options


def test_every_command_is_described() -> None:
    """The table has each command with what it needs, and no other."""
    lines = [shlex.split(cell.strip("`"))[1:] for cell in _table(DOCS["commands"], "command")]
    assert [_understood(line).name for line in lines] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_described(name: str) -> None:
    """Each option, long and short, is in a table and in the list of its command."""
    [section] = re.findall(rf"^### castmerge {name}$(.*?)(?=^##)", DOCS["commands"], re.MULTILINE | re.DOTALL)
    _, _, tables = DOCS["commands"].partition("\n## Options\n")
    rows = [_named_options(line) for line in tables.splitlines() if line.startswith("|")]
    for option in options_of(COMMANDS[name]):
        assert f"`{long_name(option)}`" in section
        assert any(set(option.opts) <= row for row in rows), option.opts


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_its_variable(name: str) -> None:
    """`--max-videos` reads CASTMERGE_MAX_VIDEOS, and so on for every option."""
    for option in options_of(COMMANDS[name]):
        variable = long_name(option).removeprefix("--").replace("-", "_").upper()
        assert option.envvar == f"CASTMERGE_{variable}"


@pytest.mark.parametrize("path", TEXTS)
def test_no_unknown_option_is_mentioned(path: str) -> None:
    """Everything that looks like an option is one of a castmerge command."""
    known = {name for command in COMMANDS.values() for option in options_of(command) for name in option.opts}
    longs = {name for name in _named_options(TEXTS[path]) if name.startswith("--")}
    assert longs <= known | {"--help", "--help-all", "--version"}


@pytest.mark.parametrize("line", [line for _, line in SHELL_LINES], ids=[name for name, _ in SHELL_LINES])
def test_every_command_line_is_valid(line: list[str]) -> None:
    """A command line in a code block has an existing command and options that it knows."""
    assert line[0].startswith("-") or _understood(line).name in COMMANDS


def test_there_are_command_lines() -> None:
    """The search above finds them."""
    assert {line[0] for _, line in SHELL_LINES} >= {"run", "check", "proof", "report", "write-back"}


def test_the_tutorial_works(castmerge: Castmerge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its commands up to the practice run do what it describes, one after the other, without the app."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASTMERGE_SIMULATE_SECONDS", "0.05")
    text, said = DOCS["first-campaign"].partition("## 7.")[0], ""
    for block in _blocks(text, "sh"):
        for line in block.splitlines():
            program, *arguments = shlex.split(line)
            if program == "cd":
                monkeypatch.chdir(tmp_path / arguments[0])
                continue
            assert program == "castmerge"
            if arguments[0] == "open":
                continue
            ran = castmerge(*arguments)
            assert ran.code == 0, ran.err
            said = ran.err
    assert "12 of 12 complete." in said


# Configuration


def test_the_configuration_examples_are_valid(tmp_path: Path) -> None:
    """Each example of a `castmerge.toml` has only existing options."""
    examples = [block for text in TEXTS.values() for block in _blocks(text, "toml")]
    assert len(examples) > 1
    for example in examples:
        path = tmp_path / "castmerge.toml"
        path.write_text(example, encoding="utf-8")
        assert set(read_config(path, named=False)) == set(tomllib.loads(example))


def test_every_configuration_name_is_listed() -> None:
    """Each name is in one of the three lists, which have no other."""
    _, _, lists = DOCS["commands"].partition("\n## Names in castmerge.toml\n")
    assert set(re.findall(r"`([a-z_]+)`", lists)) == set(CONFIGURABLE)


@pytest.mark.parametrize("name", [connect.KEY, connect.APP_ID, connect.USER_KEY])
def test_every_credential_is_described(name: str) -> None:
    """The page lists the variables for credentials."""
    assert f"`{name}`" in DOCS["configuration"]


# Columns, statuses, exit codes, JSON


def test_every_result_column_is_described() -> None:
    """The page has the headers that are written."""
    columns = {cell.strip("`") for cell in _table(DOCS["statuses"], "column")}
    assert columns == set(ResultHeaders.with_prefix().all)


def test_every_status_is_described() -> None:
    """The table has every text that castmerge writes into the status column, and no other."""
    described = {
        "" if cell == "blank" else cell.strip("`") for cell in _table(DOCS["statuses"], "Video Status")
    }
    assert described == {str(status) for status in Status}
    fixed = {name for cell in _table(DOCS["recovery"], "status") for name in re.findall(r"`([^`]+)`", cell)}
    assert fixed == {str(status) for status in Status} - {"", str(Status.COMPLETE)}


NOTED_IN = ("plan/match.py", "run/follow.py", "run/unconfirmed.py")
"""The modules that write notes about videos; other notes name a cell to fix."""


def test_every_note_has_a_way_out() -> None:
    """The page about fixing a row has a line for each note about a video, and no other."""
    notes = [
        re.sub(r"\{.*?\}", "…", text.message)
        for module in NOTED_IN
        for text in texts_in((ROOT / "merge" / module).read_text(encoding="utf-8"))
        if text.kind == "Problem" and not text.message.startswith("‹")
    ]
    lines = set(_table(DOCS["recovery"], "the note says"))
    assert len(notes) > 7
    assert [note for note in notes if not any(_is_noted(line, note) for line in lines)] == []
    assert [line for line in lines if not any(_is_noted(line, note) for note in notes)] == []


def _is_noted(line: str, note: str) -> bool:
    """Whether a line has the words of a note; `…` fits anything, in both."""
    pattern, words = (re.escape(text).replace("…", ".*") for text in (line, note.partition(",")[0]))
    return bool(re.search(pattern, note) or re.fullmatch(words, line))


def test_every_kind_of_warning_is_described() -> None:
    """The reference lists them all, and the page about the content check has no other."""
    assert all(f"`{kind}`" in DOCS["json"] for kind in WarningKind)
    assert set(_table(DOCS["content-check"], "warning")) <= set(WarningKind)


def test_every_exit_code_is_described() -> None:
    """The table has exactly the existing ones; the README has those that jobs meet."""
    assert [int(cell) for cell in _table(DOCS["exit-codes"], "code")] == sorted(ExitCode)
    assert {int(cell) for cell in _table(README, "code")} <= set(ExitCode)


def test_the_summary_is_described() -> None:
    """It has every name that the code writes into the JSON, and explains every name of the schemas."""
    row = RowStatus(row=2, key=merge.model.RowKey("a"), video_id="v", status=Status.COMPLETE, url="u")
    summary = MergeResult("a.xlsx", "People", "", (row,), ExitCode.COMPLETE)
    names = {*summary.to_dict(), *(f"counts.{name}" for name in summary.counts)}
    names |= {f"rows[].{name}" for name in tuple(row.keys())}
    described = set(_table(DOCS["json"], "name"))
    assert {name for name in names if f"`{name}`" not in described} == set()


@pytest.mark.parametrize("name", ["summary", "event", "doctor", "campaigns"])
def test_every_name_in_json_has_a_meaning(name: str) -> None:
    """The schema has a description, which the reference shows."""
    assert list(_without_meaning(json.loads(schema_text(name)), "")) == []


def _without_meaning(schema: JSON, path: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    for name, part in properties.items() if isinstance(properties, dict) else ():
        if isinstance(part, dict) and "description" not in part:
            yield f"{path}{name}"
        yield from _without_meaning(part, f"{path}{name}.")
    yield from _without_meaning(schema.get("items"), path)
    kinds = schema.get("oneOf")
    for part in kinds if isinstance(kinds, list) else []:
        yield from _without_meaning(part, path)


# Python


def _python(example: str) -> str:
    [found] = [block for text in TEXTS.values() for block in _blocks(text, "python") if example in block]
    return found


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        pytest.param(
            ["library.xlsx", "python.xlsx"],
            r"[1-9]\d* complete, exit code 0\n(\d+ Complete http://\S+\n){12}",
            id="two merges",
        ),
        pytest.param(
            ["write_columns(", "Template.load("],
            r"2 rows, \{'Passed': 12, 'Score': 13, 'Page': 14, 'Checked': 15\}\n(\d+ .*\n){12}",
            id="columns and a preview",
        ),
    ],
)
def test_the_python_examples_run(tmp_path: Path, examples: list[str], said: str) -> None:
    """Each example runs unchanged in a copy of the folder, and prints its result."""
    for folder in ("templates", "example_sheets"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(map(_python, examples))],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert re.fullmatch(said, ran.stdout), ran.stderr


def test_there_are_no_other_python_examples() -> None:
    """Each one is run above or, for the three recipes for jobs, in tests/end_to_end/test_recipes.py."""
    assert len([block for text in TEXTS.values() for block in _blocks(text, "python")]) == 4 + 3


def test_every_public_name_is_described() -> None:
    """Each has its own heading, and each error is in the table."""
    headings = set(re.findall(r"^### (\w+)$", DOCS["python"], re.MULTILINE))
    exceptions = {name for name in merge.__all__ if name in errors.__all__}
    assert headings == set(merge.__all__) - exceptions
    assert {cell.strip("`") for cell in _table(DOCS["python"], "error")} == set(errors.__all__)
    functions = [name for name in merge.__all__ if inspect.isfunction(getattr(merge, name))]
    assert all(f"{name}(" in DOCS["python"] for name in functions)


# Benchmarks, and help's own


def test_every_benchmark_is_documented() -> None:
    """Running all benchmarks includes each script of the folder."""
    scripts = {path.stem for path in (ROOT / "tests" / "benchmarks").glob("*.py")} - {"__main__"}
    listed = README.partition("for small sizes, or names: ")[2].partition(".\n")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == scripts
    source = (ROOT / "tests" / "benchmarks" / "__main__.py").read_text(encoding="utf-8")
    assert {name for name in scripts if f'"{name}"' not in source} == set()


def test_every_command_has_help_all() -> None:
    """It shows the options that `--help` only names."""
    assert all(isinstance(command, Command) for command in COMMANDS.values())
