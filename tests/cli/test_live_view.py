from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest

from merge.services.simulator import Faults, Simulator, SimulatorSettings
from tests.support.callables import MakeTemplate, MakeWorkbook
from tests.support.simulator_process import kept, stand_in
from tests.support.terminal import TIMEOUT, on_terminal

QUICK = ["--first-look", "0.2", "--poll-min", "0.2", "--poll-max", "0.5"]


@pytest.fixture
def arguments(make_workbook: MakeWorkbook, make_template: MakeTemplate) -> list[str]:
    """The arguments of a run with three people."""
    workbook = make_workbook([["Name"], ["Ana"], ["Ben"], ["Cem"]])
    return ["run", str(workbook), "-t", str(make_template()), *QUICK]


def _statuses(arguments: list[str]) -> list[object]:
    page = openpyxl.load_workbook(arguments[1])["People"]
    header, *rows = page.iter_rows(values_only=True)
    return [row[header.index("Video Status")] for row in rows] if "Video Status" in header else []


def _accepted(tmp_path: Path) -> int:
    log = tmp_path / "service.jsonl"
    return log.read_text(encoding="utf-8").count('"accepted"') if log.exists() else 0


@pytest.mark.parametrize(
    ("answer", "made"), [pytest.param("y\n", 3, id="yes"), pytest.param("n\n", 0, id="no")]
)
def test_a_run_asks_before_credits_are_spent(
    arguments: list[str],
    service_environment: Mapping[str, str],
    simulator: Simulator,
    tmp_path: Path,
    answer: str,
    made: int,
) -> None:
    """The question includes the number of videos; without a yes nothing is sent."""
    with on_terminal([*arguments, "--base-url", simulator.base_url], service_environment) as terminal:
        terminal.wait_for("Make 3 videos now?")
        terminal.type(answer)
        assert terminal.end() == 0, terminal.seen
    assert (_accepted(tmp_path), "Nothing was sent" in terminal.seen) == (made, made == 0)
    assert ("3 of 3 complete" in terminal.seen) == bool(made)
    assert "\tComplete\t" not in terminal.seen


def test_a_missing_key_is_reported_before_anything_is_asked(
    arguments: list[str], service_environment: Mapping[str, str]
) -> None:
    """On a computer without a keyring, only the variable is suggested."""
    rest = {name: value for name, value in service_environment.items() if name != "AISTUDIOS_API_KEY"}
    with on_terminal(arguments, rest) as terminal:
        assert terminal.end() == 3, terminal.seen
    assert "Set AISTUDIOS_API_KEY (or" in " ".join(terminal.seen.split())
    assert ("[y/N]" in terminal.seen, "castmerge login" in terminal.seen) == (False, False)


def test_estimates_are_printed_before_the_question(
    arguments: list[str], service_environment: Mapping[str, str], simulator: Simulator
) -> None:
    """Speech time, credits, duration, and how to preview everything are shown first."""
    with on_terminal([*arguments, "--base-url", simulator.base_url], service_environment) as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("n\n")
        assert terminal.end() == 0, terminal.seen
    for part in ("Speaking time: about", "Credits: not known yet", "Time: not known yet", "castmerge proof"):
        assert part in terminal.seen.partition("Make 3 videos now?")[0]


def test_the_live_table_shows_rows_in_progress(
    arguments: list[str], service_environment: Mapping[str, str]
) -> None:
    """A terminal shows one bar for all rows and one for each row in progress."""
    with stand_in() as service:
        command = [*arguments, "--base-url", service.base_url, "--yes"]
        with on_terminal(command, service_environment) as terminal:
            terminal.wait_for("3 in progress")
            terminal.wait_for("row 2")
            service.finish()
            assert terminal.end() == 0, terminal.seen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interruption_writes_back_and_the_next_run_continues(
    arguments: list[str],
    service_environment: Mapping[str, str],
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    """Exit code 130, ids in the workbook; the next run follows them and submits nothing twice."""
    with stand_in(kept(tmp_path / "service.jsonl")) as service:
        command = [*arguments, "--base-url", service.base_url, "--yes"]
        with on_terminal(command, service_environment) as terminal:
            terminal.wait_for("3 in progress")
            terminal.process.send_signal(number)
            assert terminal.end() == 130, terminal.seen
        assert "Stopping" in terminal.seen
        assert set(_statuses(arguments)) in ({"Submitted"}, {"Rendering"}, {"Submitted", "Rendering"})
        service.finish()
        again = subprocess.run(
            [sys.executable, "-m", "merge", *command],
            env=service_environment,
            check=False,
            capture_output=True,
            text=True,
        )
    assert again.returncode == 0, again.stderr
    assert (_statuses(arguments), _accepted(tmp_path)) == (["Complete"] * 3, 3)


def test_a_second_interruption_exits_at_once_and_loses_nothing(
    arguments: list[str], service_environment: Mapping[str, str], tmp_path: Path
) -> None:
    """Everything is in the journal."""
    log = tmp_path / "service.jsonl"
    with Simulator(SimulatorSettings(seconds=0.3, state_file=log)) as service:
        url = service.base_url
    slow = Faults(slow=1.0, slow_seconds=30.0)
    with Simulator(SimulatorSettings(seconds=0.3, state_file=log, faults=slow)) as service:
        command = [*arguments, "--base-url", service.base_url, "--yes", "--longest-export", "0.05"]
        with on_terminal(command, service_environment) as terminal:
            # The first frame may be drawn before signals are handled, the third isn't.
            terminal.wait_for("0 of 3", times=3)
            terminal.process.send_signal(signal.SIGINT)
            terminal.wait_for("Stopping")
            terminal.process.send_signal(signal.SIGINT)
            assert terminal.end() == 130, terminal.seen
    assert url
    with Simulator(SimulatorSettings(seconds=0.3, state_file=log)) as service:
        command = [*arguments, "--base-url", service.base_url, "--yes", "--longest-export", "0.05"]
        subprocess.run(
            [sys.executable, "-m", "merge", *command, "--resubmit-in-doubt"],
            env=service_environment,
            check=True,
            capture_output=True,
        )
    names = [json.loads(line)["name"] for line in log.read_text(encoding="utf-8").splitlines()]
    assert len(names) == len({name.partition(" [")[0] for name in names}) == 3


def test_unconfirmed_rows_may_be_repeated_by_a_yes(
    arguments: list[str], service_environment: Mapping[str, str], tmp_path: Path
) -> None:
    """The user is asked about lost answers; a yes submits the rows that didn't appear."""
    retry = [*arguments, "--longest-export", "0.02", "--yes"]
    log = tmp_path / "service.jsonl"
    with Simulator(SimulatorSettings(seconds=0.3, faults=Faults(early500=1.0), state_file=log)) as service:
        first = subprocess.run(
            [sys.executable, "-m", "merge", *retry, "--base-url", service.base_url],
            env=service_environment,
            check=False,
            capture_output=True,
            text=True,
        )
    assert (first.returncode, _statuses(arguments)) == (4, ["Check"] * 3), first.stderr
    with Simulator(SimulatorSettings(seconds=0.3, state_file=log)) as service:
        command = [*retry[:-1], "--base-url", service.base_url]
        with on_terminal(command, service_environment) as terminal:
            terminal.wait_for("AI Studios didn't confirm 3 rows")
            terminal.type("y\n")
            assert terminal.end() == 0, terminal.seen
    assert (_statuses(arguments), _accepted(tmp_path)) == (["Complete"] * 3, 3)


def test_the_simulator_runs_on_its_own(service_environment: Mapping[str, str], arguments: list[str]) -> None:
    """`castmerge simulate` prints its address, serves requests, and ends with Ctrl-C."""
    command = [sys.executable, "-m", "merge", "simulate", "--port", "0", "--seconds", "0.2"]
    with subprocess.Popen(
        command, env=service_environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as service:
        assert service.stdout is not None
        url = service.stdout.readline().strip()
        run = [sys.executable, "-m", "merge", *arguments, "--yes", "--base-url", url]
        ran = subprocess.run(run, env=service_environment, check=False, capture_output=True, text=True)
        service.send_signal(signal.SIGINT)
        assert (ran.returncode, service.wait(timeout=TIMEOUT)) == (0, 0), ran.stderr


def test_deleting_the_journal_makes_nothing_twice(
    arguments: list[str], service_environment: Mapping[str, str], simulator: Simulator, tmp_path: Path
) -> None:
    """The ids in the sheet are trusted, whichever service has made them."""
    command = [sys.executable, "-m", "merge", *arguments, "--yes", "--base-url", simulator.base_url]
    for _ in range(2):
        subprocess.run(command, env=service_environment, check=True, capture_output=True)
        for file in (tmp_path / ".castmerge").iterdir():
            file.unlink()
    assert (_statuses(arguments), _accepted(tmp_path)) == (["Complete"] * 3, 3)
