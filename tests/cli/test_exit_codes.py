"""Every exit code of the contract, each from a real process."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import openpyxl
import pytest

from merge.results import ExitCode
from tests.support import warm_processes
from tests.support.callables import MakeTemplate, MakeWorkbook
from tests.support.contract import hold_to_contract

QUICK = ("--simulate", "--simulate-seconds", "0.2")


@dataclass(frozen=True)
class Job:
    """A workbook, a template, and processes that use them."""

    workbook: Path
    template: Path
    environment: Mapping[str, str]

    def begun(
        self, seconds: str, *, until: str, before: Callable[[], object] | None = None
    ) -> warm_processes.WarmProcess:
        """Start a run and wait until its first row has got this far."""
        command = ["run", self.workbook.name, "-t", self.template.name]
        simulated = ["--simulate", "--simulate-seconds", seconds, "--events", "-"]
        process = warm_processes.start(
            [*command, *simulated], self.environment, self.workbook.parent, before=before
        )
        process.wait_for(f'"{until}"')
        return process

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return warm_processes.run(arguments, self.environment, self.workbook.parent)

    def merge(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("run", self.workbook.name, "-t", self.template.name, *options)


@pytest.fixture
def job(make_workbook: MakeWorkbook, make_template: MakeTemplate, root: Path) -> Job:
    """A job without credentials and without a home folder."""
    return Job(make_workbook([["Name"], ["Ana"]]), make_template(), {"PYTHONPATH": str(root)})


def _complete(job: Job) -> subprocess.CompletedProcess[str]:
    return job.merge(*QUICK)


def _with_an_invalid_row(job: Job) -> subprocess.CompletedProcess[str]:
    book = openpyxl.load_workbook(job.workbook)
    book["People"]["A3"] = "#N/A"
    book.save(job.workbook)
    return job.merge(*QUICK)


def _with_a_workbook_that_is_not_there(job: Job) -> subprocess.CompletedProcess[str]:
    job.workbook.unlink()
    return job.merge(*QUICK)


def _without_a_key(job: Job) -> subprocess.CompletedProcess[str]:
    return job.merge("--yes")


def _without_waiting(job: Job) -> subprocess.CompletedProcess[str]:
    return job.run("submit", job.workbook.name, "-t", job.template.name, "--simulate")


def _open_in_excel(job: Job) -> subprocess.CompletedProcess[str]:
    # The owner file that Excel keeps next to an open workbook.
    job.workbook.with_name(f"~${job.workbook.name}").write_bytes(b"\x03Ana".ljust(165, b" "))
    return job.merge(*QUICK)


def _from_a_broken_installation(job: Job) -> subprocess.CompletedProcess[str]:
    package = job.workbook.parent / "installed"
    shutil.copytree(Path(job.environment["PYTHONPATH"]) / "merge", package / "merge")
    (package / "merge" / "cli" / "schemas" / "summary.schema.json").unlink()
    return subprocess.run(
        [sys.executable, "-m", "merge", "schema", "summary"],
        cwd=package,
        env={**job.environment, "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


CASES = [
    pytest.param(0, _complete, id="complete"),
    pytest.param(1, _with_an_invalid_row, id="some invalid"),
    pytest.param(2, _with_a_workbook_that_is_not_there, id="wrong input"),
    pytest.param(3, _without_a_key, id="no key"),
    pytest.param(4, _without_waiting, id="still open"),
    pytest.param(5, _open_in_excel, id="not written"),
    pytest.param(70, _from_a_broken_installation, id="fault"),
]


@pytest.mark.parametrize(("code", "way"), CASES)
def test_a_process_ends_with_the_documented_code(
    job: Job, code: int, way: Callable[[Job], subprocess.CompletedProcess[str]]
) -> None:
    """Each exit code comes from a process that did what the contract describes."""
    ran = way(job)
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stderr
    if code == ExitCode.FAULT:
        saved = Path(ran.stderr.rpartition(" ")[2].strip())
        assert "summary.schema.json" in saved.read_text(encoding="utf-8")
        saved.unlink()


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, id="SIGTERM from a scheduler"),
        pytest.param(signal.SIGHUP, id="SIGHUP from a closing terminal"),
    ],
)
def test_a_signal_ends_a_waiting_run_with_130(job: Job, number: signal.Signals) -> None:
    """Without a terminal, known results are written to the workbook, and no row is made again."""
    process = job.begun("600", until="Rendering")
    process.send(number)
    code, _ = process.ended()
    assert code == 130, process.err
    hold_to_contract(process.out)
    assert '"exit_code": 130' in process.out
    header, row = openpyxl.load_workbook(job.workbook)["People"].iter_rows(values_only=True)
    result = dict(zip(header, row, strict=True))
    assert (bool(result["Video ID"]), result["Video Status"]) == (True, "Rendering")


def test_a_signal_ends_a_reading_command_with_130(job: Job, make_workbook: MakeWorkbook) -> None:
    """The command ends with a message and without a traceback, like with Ctrl-C."""
    many = make_workbook([["Name"], *([f"Person {row}"] for row in range(20_000))], name="many.xlsx")
    command = ["check", str(many), "-t", str(job.template)]
    process = warm_processes.start(command, job.environment, many.parent)
    while not _catches(process.process.pid, signal.SIGTERM):
        assert process.process.is_alive()
    process.send(signal.SIGTERM)
    code, _ = process.ended()
    interrupted = process.err.strip().startswith("Interrupted.")
    assert (code, interrupted, "Traceback" in process.err) == (130, True, False)


def _catches(process: int | None, number: signal.Signals) -> bool:
    """Whether a process handles a signal itself (Linux)."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    [caught] = re.findall(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return bool(int(caught, 16) >> (number - 1) & 1)


def test_signals_ignored_by_nohup_stay_ignored(job: Job) -> None:
    """A run that is started with nohup continues after SIGHUP."""
    process = job.begun("1", until="Submitted", before=partial(signal.signal, signal.SIGHUP, signal.SIG_IGN))
    process.send(signal.SIGHUP)
    code, _ = process.ended()
    assert code == 0, process.err


def test_every_code_has_its_case() -> None:
    """The table above and the signals cover all codes of the contract."""
    assert {case.values[0] for case in CASES} | {130} == {int(code) for code in ExitCode}
