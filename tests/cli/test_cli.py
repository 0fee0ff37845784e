from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from merge.cli.error_boundary import report_errors
from merge.errors import MergeError, WorkbookError
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook


@pytest.fixture
def people(make_workbook: MakeWorkbook) -> Path:
    """Two people."""
    return make_workbook([["Name"], ["Ana"], ["Ben"]])


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove credentials from the environment, so that no test reaches a real service."""
    for name in list(os.environ):
        if name.startswith(("AISTUDIOS_", "CASTMERGE_")):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["run", "none.xlsx", "-t", "T"], 2, "none.xlsx", id="no such workbook"),
        pytest.param(["run", "W", "-t", "none.json"], 2, "no such file", id="no such template"),
        pytest.param(["run", "W"], 2, "--template", id="no template named"),
        pytest.param(["run", "W", "-t", "T", "--sheet", "Peple"], 2, "People", id="no such sheet"),
        pytest.param(["run", "W", "-t", "T", "--key", "Nmae"], 2, "Did you mean “Name”?", id="no such key"),
        pytest.param(["run", "W", "-t", "T", "--key", "Qwerty"], 2, "columns are: Name", id="no such column"),
        pytest.param(["run", "W", "-t", "T", "--rows", "x"], 2, "isn't a list of rows", id="no rows"),
        pytest.param(["run", "W", "-t", "T", "--where", "nmae == 1"], 2, "“Name”", id="no such name"),
        pytest.param(
            ["run", "W", "-t", "T", "--where", "name / 2"], 2, "fails in row 2", id="invalid condition"
        ),
        pytest.param(["run", "W", "-t", "T", "--set", "season"], 2, "has no value", id="no constant value"),
        pytest.param(["run", "W", "-t", "T", "--nmae"], 2, "No such option", id="no such option"),
        pytest.param(["rnu"], 2, "No such command", id="no such command"),
        pytest.param(["run", "W", "-t", "T"], 2, "--yes", id="no terminal to confirm"),
        pytest.param(["run", "W", "-t", "T", "--no-input"], 2, "--yes", id="questions are switched off"),
        pytest.param(["run", "W", "-t", "T", "--draft"], 2, "2 drafts", id="no terminal to confirm drafts"),
        pytest.param(["run", "W", "-t", "T", "--yes"], 3, "AISTUDIOS_API_KEY", id="no key"),
        pytest.param(
            ["run", "W", "-t", "T", "--yes", "--poll-max", "1"],
            2,
            "shorter than the shortest",
            id="invalid combination",
        ),
        pytest.param(["run", "W", "-t", "T", "--config", "none.toml"], 2, "none.toml", id="no such file"),
        pytest.param(["status", "W"], 2, "made any videos", id="nothing to collect"),
        pytest.param(["write-back", "W"], 2, "made any videos", id="nothing to write"),
        pytest.param(["simulate", "--fault", "nonsense"], 2, "nonsense", id="no such fault"),
    ],
)
def test_wrong_input_has_a_message_and_a_hint(
    castmerge: Castmerge,
    people: Path,
    make_template: MakeTemplate,
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    """The message says what is wrong and what to do; the exit code is right, and there is no traceback."""
    names = {"W": str(people), "T": str(make_template())}
    ran = castmerge(*(names.get(argument, argument) for argument in arguments))
    assert (ran.code, message in ran.err) == (code, True), ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tempalte = 'x'", "Did you mean template?"),
        ("zzzzzz = 1", "castmerge run --help-all"),
        ("= 1", "isn't valid TOML"),
    ],
)
def test_a_wrong_configuration_has_a_message(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, text: str, message: str
) -> None:
    """The message names the file and the most similar option."""
    people.with_name("castmerge.toml").write_text(text, encoding="utf-8")
    ran = castmerge("check", people, "-t", make_template())
    assert (ran.code, message in ran.err, "castmerge.toml" in ran.err) == (2, True, True), ran.err


def test_a_configuration_may_be_named_by_the_environment(
    castmerge: Castmerge,
    people: Path,
    make_template: MakeTemplate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """CASTMERGE_CONFIG names the file, and every option has a variable of its own."""
    config = tmp_path / "other.toml"
    config.write_text("rows = '2'\n", encoding="utf-8")
    monkeypatch.setenv("CASTMERGE_CONFIG", str(config))
    monkeypatch.setenv("CASTMERGE_TEMPLATE", str(make_template()))
    monkeypatch.setenv("CASTMERGE_JSON", "1")
    assert len(json.loads(castmerge("check", people).out)["rows"]) == 1
    monkeypatch.setenv("CASTMERGE_ROWS", "2-3")
    assert len(json.loads(castmerge("check", people).out)["rows"]) == 2


@pytest.mark.parametrize(
    ("address", "code", "message"),
    [
        ("http://example.com", 2, "https"),
        ("https://user:word@example.com", 2, "example.com"),
    ],
)
def test_credentials_are_only_sent_to_safe_addresses(
    castmerge: Castmerge,
    people: Path,
    make_template: MakeTemplate,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    code: int,
    message: str,
) -> None:
    """An unsafe address is refused before anything is sent, and the key isn't shown."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", "a-secret-key")
    ran = castmerge("run", people, "-t", make_template(), "--yes", "--base-url", address)
    assert (ran.code, message in ran.err) == (code, True), ran.err
    assert "a-secret-key" not in ran.err + ran.out


def test_app_credentials_are_enough(
    castmerge: Castmerge,
    people: Path,
    make_template: MakeTemplate,
    monkeypatch: pytest.MonkeyPatch,
    simulator_url: str,
) -> None:
    """A key is issued for an app id and a user key."""
    monkeypatch.setenv("AISTUDIOS_APP_ID", "app")
    monkeypatch.setenv("AISTUDIOS_USER_KEY", "user")
    quick = ["--first-look", "0.2", "--poll-min", "0.2", "--poll-max", "0.5"]
    path = ["--progress-path", "/api/odin/editor/progress/{id}"]
    ran = castmerge("run", people, "-t", make_template(), "--yes", "--base-url", simulator_url, *quick, *path)
    assert ran.code == 0, ran.err


def test_too_few_file_handles_are_no_fault_of_castmerge(capsys: pytest.CaptureFixture[str]) -> None:
    """Wherever they run out, the message says so, even if a library raises its own error because of it."""
    error = AttributeError("_ssock")
    error.__context__ = OSError(errno.EMFILE, "Too many open files")
    with pytest.raises(SystemExit) as ended, report_errors():
        raise error
    assert ended.value.code == 3
    assert "open too few files" in capsys.readouterr().err


def test_an_internal_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 70, and the path of the file with the details."""
    with pytest.raises(SystemExit) as ended, report_errors():
        raise ZeroDivisionError
    message = capsys.readouterr().err
    assert (ended.value.code, message.count("\n"), "ZeroDivisionError" in message) == (70, 1, True)
    details = Path(message.rpartition(" ")[2].strip())
    assert "Traceback" in details.read_text(encoding="utf-8")
    details.unlink()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (WorkbookError("x", place="y", hint="z"), 2),
        (MergeError("x"), 70),
        (click.UsageError("x"), 2),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_has_its_exit_code(error: BaseException, code: int) -> None:
    """One function turns all errors into messages and exit codes."""
    with pytest.raises(SystemExit) as ended, report_errors():
        raise error
    assert ended.value.code == code


def test_a_closed_pipe_is_not_an_error(people: Path, make_template: MakeTemplate) -> None:
    """`castmerge … | head -0` ends quietly."""
    command = [sys.executable, "-m", "merge", "check", str(people), "-t", str(make_template()), "--json"]
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert "Traceback" not in ran.stderr
    assert "Exception" not in ran.stderr


def test_quiet_prints_only_errors(castmerge: Castmerge, people: Path, make_template: MakeTemplate) -> None:
    """A successful command prints nothing."""
    assert castmerge("check", people, "-t", make_template(), "--quiet").err == ""


def test_an_option_without_its_value_is_refused(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """It isn't taken for an option that wasn't given."""
    ran = castmerge("check", people, "-t", make_template(), "--locale")
    assert (ran.code, "requires an argument" in ran.err) == (2, True)
