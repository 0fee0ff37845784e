from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from merge.campaign import make_folder
from merge.cli.config import read_config
from merge.errors import InputError
from tests.callables import Castmerge

SCRIPTS = ("make-videos.sh", "Make videos.command")
BATCH = "Make videos.bat"


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """A campaign folder with blanks, signs and letters of other scripts in its name."""
    folder = tmp_path / "Früh & spät 50 % 春"
    make_folder(folder, python=sys.executable, version="1.2.3")
    return folder


def test_init_makes_a_folder_to_begin_with(castmerge: Castmerge, tmp_path: Path) -> None:
    """Workbook, template, options and a script for each system are there, and the next step is said."""
    ran = castmerge("init", tmp_path / "spring")
    assert ran.code == 0
    assert {path.name for path in (tmp_path / "spring").iterdir()} == {
        "customers.xlsx",
        "welcome.json",
        "castmerge.toml",
        BATCH,
        *SCRIPTS,
    }
    assert "double-click" in ran.err


def test_init_leaves_what_is_there(castmerge: Castmerge, campaign: Path) -> None:
    """A second call replaces nothing that somebody has changed, and puts back what is gone."""
    (campaign / "welcome.json").write_text("mine", encoding="utf-8")
    (campaign / BATCH).unlink()
    ran = castmerge("init", campaign)
    assert (campaign / "welcome.json").read_text(encoding="utf-8") == "mine"
    assert (campaign / BATCH).exists()
    assert ran.err.count("stays as it is") == 5


def test_a_folder_that_cannot_be_made_is_an_error_in_words(tmp_path: Path) -> None:
    """A file where the folder should be is named."""
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written into"):
        make_folder(tmp_path / "taken", python="python", version="1")


@pytest.mark.parametrize(
    ("copy", "original"),
    [
        pytest.param("customers.xlsx", "example_sheets/customers.xlsx", id="workbook"),
        pytest.param("welcome.json", "templates/welcome.json", id="template"),
    ],
)
def test_the_examples_are_those_of_the_repository(
    root: Path, campaign: Path, copy: str, original: str
) -> None:
    """What the package carries is what the repository shows."""
    assert (campaign / copy).read_bytes() == (root / original).read_bytes()


def test_the_options_of_a_new_folder_are_understood(campaign: Path) -> None:
    """Every line of castmerge.toml is an option, those that are switched off included."""
    path = campaign / "castmerge.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    assert {"template", "key", "max_videos", "download_name", "region"} <= read_config(path).keys()


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_shell_scripts_are_sound(campaign: Path, name: str) -> None:
    """The linter `shellcheck` has nothing to say of them."""
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed here")
    ran = subprocess.run(
        ["shellcheck", "-s", "sh", campaign / name], check=False, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_shell_scripts_may_be_double_clicked(campaign: Path, name: str) -> None:
    """They may be executed, and begin with their interpreter."""
    assert (campaign / name).stat().st_mode & 0o111
    assert (campaign / name).read_bytes().startswith(b"#!/bin/sh\n")


def _batch(campaign: Path) -> list[str]:
    raw = (campaign / BATCH).read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n"), "cmd loses its place in files with bare line feeds"
    return raw.decode("utf-8").splitlines()


def _commands(campaign: Path) -> list[str]:
    return [line for line in _batch(campaign) if line and not line.startswith(("rem ", ":", "@echo"))]


def test_the_batch_file_quotes_every_path(campaign: Path) -> None:
    """A value never stands bare: blanks, `&` and brackets in a path would end the command."""
    bare = [line for line in _commands(campaign) if _outside_quotes(line) & {"%HERE%", "%PY%", "%OWN%"}]
    assert bare == []
    assert [line for line in _commands(campaign) if re.search(r"%~?[a-z]*1", line) and '"' not in line] == []


def _outside_quotes(line: str) -> set[str]:
    return set(re.findall(r"%\w+%", re.sub(r'"[^"]*"', "", line)))


def test_the_batch_file_jumps_to_labels_that_are_there(campaign: Path) -> None:
    """Every `goto` has its label, and every label somebody who goes there."""
    text = "\n".join(_batch(campaign))
    labels = set(re.findall(r"^:(\w+)$", text, re.MULTILINE))
    goals = set(re.findall(r"goto (\w+)", text))
    assert goals == labels


def test_the_batch_file_sets_values_safely(campaign: Path) -> None:
    """Exclamation marks stay, letters of all scripts are read, values are quoted where they are set."""
    commands = _commands(campaign)
    assert commands[0] == "setlocal EnableExtensions DisableDelayedExpansion"
    assert commands[1] == "chcp 65001 >nul"
    sets = [line for line in commands if re.match(r"(if .* )?set ", line)]
    assert [line for line in sets if not re.search(r'set "\w+=[^"]*"$', line)] == []


def test_the_batch_file_keeps_its_window_open_and_tells_its_code(campaign: Path) -> None:
    """It ends in one place: the window waits for a key, then the code is handed on."""
    commands = _commands(campaign)
    assert commands[-2:] == ["if not defined CASTMERGE_NO_PAUSE pause", "endlocal & exit /b %CODE%"]
    assert sum(line.startswith(("exit", "endlocal")) for line in commands) == 1


def test_the_batch_file_has_no_blocks(campaign: Path) -> None:
    """Values in a block in brackets are read before it runs, and a bracket in a path ends it."""
    assert [line for line in _commands(campaign) if line.endswith("(") or line.startswith(")")] == []


def test_a_percent_sign_in_the_interpreter_s_path_is_doubled(tmp_path: Path) -> None:
    """Windows would take a lone one for the begin of a variable."""
    make_folder(tmp_path, python=r"C:\50% off\python.exe", version="1")
    assert r'set "PY=C:\50%% off\python.exe"' in _batch(tmp_path)
