from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from merge.cli.config_file import read_config
from merge.errors import InputError
from merge.input.starter_files import make_folder
from tests.support.app_client import AppClient
from tests.support.callables import Castmerge
from tests.support.paths import ROOT
from tests.support.terminal import Terminal, command_on_terminal

SCRIPTS = ("Open castmerge.sh", "Open castmerge.command")
BATCH = "Open castmerge.bat"


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """A campaign folder with spaces, special characters and several scripts in its name."""
    folder = tmp_path / "Früh & spät 50 % 春"
    make_folder(folder, python=sys.executable, version="1.2.3")
    return folder


def test_init_creates_a_folder_to_start_with(castmerge: Castmerge, tmp_path: Path) -> None:
    """It has a workbook, a template, options and a script for each system, and the next step is printed."""
    ran = castmerge("init", tmp_path / "spring")
    assert ran.code == 0
    assert {path.name for path in (tmp_path / "spring").iterdir()} == {
        "customers.xlsx",
        "welcome.json",
        "castmerge.toml",
        "Read me first.html",
        BATCH,
        *SCRIPTS,
    }
    assert "double-click" in ran.err


def test_init_keeps_existing_files(castmerge: Castmerge, campaign: Path) -> None:
    """A second call replaces nothing that was changed, and restores missing files."""
    (campaign / "welcome.json").write_text("mine", encoding="utf-8")
    (campaign / BATCH).unlink()
    ran = castmerge("init", campaign)
    assert (campaign / "welcome.json").read_text(encoding="utf-8") == "mine"
    assert (campaign / BATCH).exists()
    assert ran.err.count("already exists, not changed") == 6


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    """The message names a file that is in the way."""
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="can't save to this folder"):
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
    """The files in the package equal those in the repository."""
    assert (campaign / copy).read_bytes() == (root / original).read_bytes()


def test_the_options_of_a_new_folder_are_valid(campaign: Path) -> None:
    """Every line of castmerge.toml is an option, including those that are commented out."""
    path = campaign / "castmerge.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    assert {"key", "download_name", "region"} <= read_config(path, named=False).keys()


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_shell_scripts_pass_shellcheck(campaign: Path, name: str) -> None:
    """The linter `shellcheck` reports nothing."""
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed here")
    ran = subprocess.run(
        ["shellcheck", "-s", "sh", campaign / name], check=False, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_shell_scripts_can_be_double_clicked(campaign: Path, name: str) -> None:
    """They are executable and start with their interpreter."""
    assert (campaign / name).stat().st_mode & 0o111
    assert (campaign / name).read_bytes().startswith(b"#!/bin/sh\n")


def _bare(tmp_path: Path, **programs: str) -> dict[str, str]:
    """A nearly empty environment: what scripts need, and these programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("dirname", "sh"):
        (folder / name).symlink_to(shutil.which(name) or name)
    for name, source in programs.items():
        (folder / name.replace("_", "-")).write_text(source, encoding="utf-8")
        (folder / name.replace("_", "-")).chmod(0o755)
    return {
        "PATH": str(folder),
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "CASTMERGE_SIMULATE_SECONDS": "0.2",
    }


def _forget_the_maker(script: Path) -> None:
    """Make it look as if the interpreter that created the folder was removed."""
    text = script.read_text(encoding="utf-8")
    script.write_text(re.sub("^made_by=.*", "made_by=/nowhere", text, flags=re.MULTILINE), encoding="utf-8")


def _address(terminal: Terminal) -> str:
    """The address that the app prints."""
    terminal.wait_for("castmerge is open on this page")
    return next(word for word in terminal.text.split() if word.startswith("http://127.0.0.1:"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_double_click_opens_the_app(campaign: Path, tmp_path: Path, name: str) -> None:
    """It works in a folder with any name and with an empty environment, and ends with Quit."""
    with command_on_terminal([campaign / name], _bare(tmp_path), tmp_path) as terminal:
        with AppClient(_address(terminal)) as page:
            assert page.get("/api/state", "folder", "path") == str(campaign.resolve())
            page.ask("POST", "/api/quit")
        assert terminal.end() == 0, terminal.seen


def test_another_workbook_can_be_dropped_on_the_script(campaign: Path, tmp_path: Path) -> None:
    """Its path is relative to the caller's folder and may contain any characters."""
    shutil.copy(campaign / "customers.xlsx", tmp_path / "100 % & 'more'.xlsx")
    command: list[str | Path] = [campaign / SCRIPTS[0], "100 % & 'more'.xlsx"]
    with command_on_terminal(command, _bare(tmp_path), tmp_path) as terminal:
        with AppClient(_address(terminal)) as page:
            assert page.get("/api/state", "choice", "workbook") == "100 % & 'more'.xlsx"
            page.ask("POST", "/api/quit")
        assert terminal.end() == 0, terminal.seen


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        pytest.param(None, "castmerge needs Python 3.11 or newer", id="no Python"),
        pytest.param("exit 1", "castmerge needs Python 3.11 or newer", id="an old Python"),
        pytest.param("case $2 in venv) exit 1 ;; esac", "castmerge couldn't be set up", id="no venv"),
        pytest.param(
            'case $2 in venv) mkdir -p "$3/bin"; ln -s "$0" "$3/bin/python" ;; pip) exit 1 ;; esac',
            "castmerge couldn't be installed. Check your internet connection",
            id="no network",
        ),
    ],
)
def test_a_failed_first_start_is_explained(
    campaign: Path, tmp_path: Path, python: str | None, expected: str
) -> None:
    """The window stays open with a sentence, and the exit code says that nothing was sent."""
    script = campaign / SCRIPTS[0]
    _forget_the_maker(script)
    refuses_castmerge = 'case "$*" in *merge.app*) exit 1 ;; esac'
    fake = {"python3": f"#!/bin/sh\n{refuses_castmerge}\n{python}\n"} if python else {}
    environment = _bare(tmp_path, **fake)
    for name in ("mkdir", "ln"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    with command_on_terminal([script], environment, tmp_path) as terminal:
        terminal.wait_for("Press Enter to close this window.")
        terminal.type("\n")
        assert terminal.end() == 2, terminal.seen
    assert expected in terminal.text


def test_a_wheel_in_the_folder_is_installed(campaign: Path, tmp_path: Path) -> None:
    """If castmerge isn't installed, the wheel in the folder is used."""
    script = campaign / SCRIPTS[0]
    _forget_the_maker(script)
    (campaign / "castmerge-9.9-py3-none-any.whl").touch()
    fake = """#!/bin/sh
echo "$*" >> "$HOME/asked"
case "$2" in venv) mkdir -p "$3/bin"; ln -s "$0" "$3/bin/python" ;; esac
case "$*" in *merge.app*) exit 1 ;; esac
"""
    environment = {**_bare(tmp_path, python3=fake), "CASTMERGE_NO_PAUSE": "1"}
    for name in ("mkdir", "ln"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    with command_on_terminal([script], environment, tmp_path) as terminal:
        assert terminal.end() == 0, terminal.seen
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked[-2].endswith(f"{campaign}/castmerge-9.9-py3-none-any.whl")
    assert asked[-1] == "-m merge open"


@pytest.mark.parametrize(
    ("has_app", "expected"),
    [
        pytest.param("exit 0", "opened", id="one with the app"),
        pytest.param("exit 2", "castmerge needs Python 3.11 or newer", id="an old one without the app"),
    ],
)
def test_a_castmerge_on_the_path_is_used(campaign: Path, tmp_path: Path, has_app: str, expected: str) -> None:
    """It is used if the folder's own interpreter is gone and the version is recent enough."""
    script = campaign / SCRIPTS[0]
    _forget_the_maker(script)
    fake = f'#!/bin/sh\ncase "$*" in *--help) {has_app} ;; esac\necho opened; exit 1\n'
    with command_on_terminal([script], _bare(tmp_path, castmerge=fake), tmp_path) as terminal:
        terminal.wait_for("Press Enter")
        terminal.type("\n")
        terminal.end()
    assert expected in terminal.text


@pytest.mark.parametrize(
    ("program", "asked"),
    [
        pytest.param("xdg_terminal_exec", "sh {script} a b", id="desktop standard"),
        pytest.param("x_terminal_emulator", "-e sh {script} a b", id="Debian's alternative"),
    ],
)
def test_without_a_terminal_the_script_opens_one(
    campaign: Path, tmp_path: Path, program: str, asked: str
) -> None:
    """A desktop that starts it without a terminal gets a window."""
    environment = _bare(tmp_path, **{program: '#!/bin/sh\necho "$CASTMERGE_IN_WINDOW: $*"\n'})
    script = campaign / SCRIPTS[0]
    ran = subprocess.run(
        [script, "a b"],
        env={**environment, "DISPLAY": ":9"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == f"1: {asked.format(script=script)}\n"


def _batch(campaign: Path) -> list[str]:
    raw = (campaign / BATCH).read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n"), "cmd loses its place in files with bare line feeds"
    return raw.decode("utf-8").splitlines()


def _commands(campaign: Path) -> list[str]:
    return [line for line in _batch(campaign) if line and not line.startswith(("rem ", ":", "@echo"))]


def test_the_batch_file_quotes_every_path(campaign: Path) -> None:
    """No value is unquoted: spaces, `&` and brackets in a path would end the command."""
    bare = [line for line in _commands(campaign) if _outside_quotes(line) - {"%CODE%"}]
    assert bare == []
    arguments = [line for line in _commands(campaign) if re.search(r"%~?[a-z]*\d", line)]
    assert [line for line in arguments if re.search(r"%~?[a-z]*\d", _unquoted(line))] == []
    assert {name for line in _commands(campaign) for name in re.findall(r"%~?[a-z]*\d", line)} == {
        "%~dp0",
        "%~f1",
        "%~nx0",
        "%~1",
    }


def test_the_batch_file_expands_no_path_twice(campaign: Path) -> None:
    """`call` expands percent signs in its arguments, so it gets no values."""
    calls = [line for line in _commands(campaign) if line.startswith("call ")]
    assert calls == ["call castmerge open --help >nul 2>nul", "call castmerge open"]
    assert [line for line in _commands(campaign) if line.startswith(("cmd ", "for /f", "start "))] == []


def test_the_batch_file_reports_where_it_failed(campaign: Path) -> None:
    """It checks the result of every command that may fail; each reason has its own sentence."""
    commands = _commands(campaign)
    risky = (
        "pushd",
        '"%FINDER%"',
        '"%OWN%" -m pip',
        '"%PY%" -c',
        "call castmerge open --help",
        "py -3",
        "python -c",
    )
    followed = [(line, commands[place + 1]) for place, line in enumerate(commands) if line.startswith(risky)]
    assert [pair for pair in followed if not re.match(r"if (not )?errorlevel 1 goto \w+$", pair[1])] == []
    reasons = {line for line in _batch(campaign) if line.startswith(":no_")}
    assert reasons == {":no_workbook", ":no_folder", ":no_python", ":no_environment", ":no_castmerge"}
    for reason in sorted(reasons):
        after = _batch(campaign)[_batch(campaign).index(reason) + 1]
        assert re.match(r"echo [A-Zc].*\.|echo .*: ", after), reason


def _unquoted(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _outside_quotes(line: str) -> set[str]:
    return set(re.findall(r"%\w+%", _unquoted(line)))


def test_the_batch_files_labels_exist_and_are_used(campaign: Path) -> None:
    """Every `goto` has its label, and every label is used."""
    text = "\n".join(_batch(campaign))
    labels = set(re.findall(r"^:(\w+)$", text, re.MULTILINE))
    goals = set(re.findall(r"goto (\w+)", text))
    assert goals == labels


def test_the_batch_file_sets_values_safely(campaign: Path) -> None:
    """Exclamation marks are kept, all scripts are readable, and values are quoted where they are set."""
    commands = _commands(campaign)
    assert commands[0] == "setlocal EnableExtensions DisableDelayedExpansion"
    assert commands[1] == "chcp 65001 >nul"
    sets = [line for line in commands if re.match(r"(if .* )?set ", line)]
    assert [line for line in sets if not re.search(r'set "\w+=[^"]*"$', line)] == []


def test_the_batch_file_keeps_its_window_open_and_returns_the_code(campaign: Path) -> None:
    """It has a single end: after a failure the window waits for a key; the exit code is passed on."""
    commands = _commands(campaign)
    assert commands[-2:] == ["if not defined CASTMERGE_NO_PAUSE pause", "endlocal & exit /b %CODE%"]
    assert sum(line.startswith(("exit", "endlocal")) for line in commands) == 1


def test_the_batch_file_has_no_blocks(campaign: Path) -> None:
    """Values in a block in brackets are expanded before it runs, and a bracket in a path would end it."""
    assert [line for line in _commands(campaign) if line.endswith("(") or line.startswith(")")] == []


def test_a_percent_sign_in_the_interpreters_path_is_doubled(tmp_path: Path) -> None:
    """Windows would read a single one as the start of a variable."""
    make_folder(tmp_path, python=r"C:\50% off\python.exe", version="1")
    assert r'set "PY=C:\50%% off\python.exe"' in _batch(tmp_path)


def test_a_new_folder_sets_no_template_options(campaign: Path) -> None:
    """A user who adds their own template to the folder has nothing to change."""
    assert read_config(campaign / "castmerge.toml", named=False) == {}
