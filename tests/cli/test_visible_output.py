from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from merge.reports.visible_text import visible, visible_json, visible_line
from tests.support import warm_processes
from tests.support.callables import MakeTemplate, MakeWorkbook
from tests.support.paths import ROOT
from tests.support.terminal import command_on_terminal

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
CONTROLS = "".join(chr(number) for number in (*range(9), 11, 12, *range(14, 32), 127, *range(128, 160)))
UNSAFE = f"{CONTROLS}{BIDI}\u2028\u2029"
NAME = "Ana\x9b31m\x85\u202eevil\u2066\u2028\u2029Ben"


@pytest.mark.parametrize("letter", UNSAFE, ids=lambda letter: f"U+{ord(letter):04X}")
def test_an_unsafe_character_is_replaced(letter: str) -> None:
    """It is replaced in running text, and escaped in JSON, where its value stays the same."""
    assert letter not in visible(f"a{letter}b")
    written = visible_json(json.dumps(letter, ensure_ascii=False))
    assert letter not in written
    assert json.loads(written) == letter


@pytest.mark.parametrize(
    "text", ["José", "李", "👩‍👩‍👧", "می‌خواهم", "a\tb\nc", "one\r\ntwo", "שלום", "\xa0\xad\ufeff"]
)
def test_ordinary_text_is_unchanged(text: str) -> None:
    """Letters of every script are kept, and so are joiners between them, tabs and line feeds."""
    assert visible(text) == text


def test_a_carriage_return_cannot_overwrite_a_line() -> None:
    """The beginning of the line stays visible, and it stays one line."""
    assert visible("Failed\rComplete") == "Failed Complete"
    assert visible_line("a\r\nb\tc") == "a b c"


@pytest.fixture
def people(make_workbook: MakeWorkbook) -> Path:
    """A workbook whose names contain control characters and direction marks."""
    return make_workbook([["Name", "Key"], [NAME, NAME], ["Ben", "k2"]], sheet=f"P{NAME[:12]}")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a process with its own home folder."""
    return {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}


def _commands(people: Path, template: Path) -> Iterator[list[str]]:
    given = [str(people), "-t", str(template)]
    simulated = ["--simulate", "--simulate-seconds", "0.2"]
    log = ["--log", str(people.parent / "run.log"), "--log-values"]
    yield ["check", *given]
    yield ["run", *given, *simulated, "--key", "Key", *log, "--events", "-"]
    yield ["status", str(people), "--simulate", "--json"]
    yield ["status", str(people), "--simulate", "--log", str(people.parent / "run.jsonl"), "--log-values"]
    yield ["proof", *given, "--key", "Key", "-o", str(people.parent / "p.html")]
    yield ["report", str(people), "--simulate", "--csv", "-"]
    yield ["report", str(people), "--simulate", "--csv", str(people.parent / "r.csv")]
    yield ["report", str(people), "--simulate", "-o", str(people.parent / "r.html")]
    yield ["doctor", *given]
    yield ["check", str(people), "-t", "no\x9b\u202esuch\u2028.json"]
    yield ["check", *given, "--se\x9b\u202et"]


def test_no_raw_control_character_reaches_a_screen_or_a_page(
    people: Path, make_template: MakeTemplate, environment: dict[str, str]
) -> None:
    """Names of cells, sheets and files are cleaned in every command, its pages, tables and logs."""
    template = make_template()
    for command in _commands(people, template):
        ran = warm_processes.run(command, environment, people.parent)
        shown = ran.stdout + ran.stderr
        assert ran.returncode != 70, shown
        assert sorted(set(shown) & set(UNSAFE)) == [], (command, shown)
    for name in ("p.html", "r.html", "r.csv", "run.log", "run.jsonl"):
        if (path := people.parent / name).exists():
            assert sorted(set(path.read_text(encoding="utf-8")) & set(UNSAFE)) == [], name
    rows = list(csv.reader((people.parent / "r.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 3


@pytest.mark.parametrize("command", ["run", "doctor"])
def test_no_raw_control_character_reaches_a_terminal(
    people: Path, make_template: MakeTemplate, environment: dict[str, str], command: str
) -> None:
    """Colors and the live view are castmerge's own; C1 controls and direction marks are removed."""
    given = [sys.executable, "-m", "merge", command, people, "-t", make_template()]
    more = ["--simulate", "--simulate-seconds", "0.5"] if command == "run" else []
    with command_on_terminal([*map(str, given), *more], environment, people.parent) as terminal:
        terminal.end()
    assert "\x1b[" in terminal.seen
    assert sorted(set(terminal.seen) & set(UNSAFE) - {"\x1b"}) == []


def test_a_help_page_is_formatted_on_a_terminal(tmp_path: Path) -> None:
    """Headings and code have colors there: their codes reach the terminal as they are."""
    command = [sys.executable, "-m", "merge", "help", "csv"]
    with command_on_terminal(
        command, {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}, tmp_path
    ) as terminal:
        assert terminal.end() == 0
    assert "\x1b[1;" in terminal.seen
    assert "\ufffd" not in terminal.seen
