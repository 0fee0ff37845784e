"""Two processes that use one workbook, and one workbook that moves between two computers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest

from merge.services.simulator import Simulator, SimulatorSettings
from tests.support.callables import MakeTemplate, MakeWorkbook

QUICK = ("--yes", "--first-look", "0.2", "--poll-min", "0.2", "--poll-max", "0.4")


@contextmanager
def _running(
    workbook: Path, template: Path, url: str, env: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Start a run and wait until it has submitted something."""
    command = [sys.executable, "-m", "merge", "run", str(workbook), "-t", str(template)]
    with subprocess.Popen(
        [*command, "--base-url", url, *QUICK, "--events", "-"],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if '"Submitted"' in line)
        try:
            yield process
        finally:
            process.kill()


def _castmerge(env: Mapping[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "merge", *map(str, arguments)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def _accepted(log: Path) -> list[str]:
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [event["id"] for event in events if event["event"] == "accepted"]


def _column(workbook: Path, header: str) -> list[object]:
    first, *rows = openpyxl.load_workbook(workbook)["People"].iter_rows(values_only=True)
    return [row[first.index(header)] for row in rows]


@pytest.fixture
def people(make_workbook: MakeWorkbook) -> Path:
    """A workbook with three people."""
    return make_workbook([["Name"], ["Ana"], ["Ben"], ["Cem"]])


@pytest.mark.parametrize("command", ["run", "collect", "export-drafts"])
def test_the_second_process_names_the_first(
    people: Path,
    make_template: MakeTemplate,
    service_environment: Mapping[str, str],
    tmp_path: Path,
    command: str,
) -> None:
    """The second process exits with code 3 and sends nothing; a killed holder blocks nobody."""
    log, template = tmp_path / "service.jsonl", make_template()
    with Simulator(SimulatorSettings(seconds=4, state_file=log)) as service:
        options = ["--base-url", service.base_url, *QUICK]
        asked = [command, people, *(["-t", template] if command == "run" else []), *options]
        asked = [each for each in asked if not (command == "collect" and each == "--yes")]
        with _running(people, template, service.base_url, service_environment) as first:
            second = _castmerge(service_environment, *asked)
            assert (second.returncode, f"process {first.pid}" in second.stderr) == (3, True), second.stderr
        ran = _castmerge(
            service_environment,
            "run",
            people,
            "-t",
            template,
            *options,
            "--resubmit-in-doubt",
            "--longest-export",
            "0.05",
        )
    assert (ran.returncode, len(_accepted(log))) == (0, 3), ran.stderr
    assert sorted(str(job) for job in _column(people, "Video ID")) == sorted(_accepted(log))


@pytest.mark.parametrize("journal", [True, False], ids=["with its journal", "without its journal"])
def test_videos_submitted_on_one_computer_are_collected_on_another(
    people: Path,
    make_template: MakeTemplate,
    service_environment: Mapping[str, str],
    tmp_path: Path,
    journal: bool,
) -> None:
    """A run on another day and in another folder collects the videos; then both have nothing left to do."""
    log, template = tmp_path / "service.jsonl", make_template()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with Simulator(SimulatorSettings(seconds=0.3, state_file=log)) as service:
        there = ("--base-url", service.base_url)
        first = _castmerge(service_environment, "submit", people, "-t", template, "--yes", *there)
        assert first.returncode == 4, first.stderr
        shutil.copy(people, elsewhere)
        if journal:
            shutil.copytree(people.parent / ".castmerge", elsewhere / ".castmerge")
        copied = elsewhere / people.name
        second = _castmerge(service_environment, "collect", copied, *there, *QUICK[1:])
        again = _castmerge(service_environment, "run", copied, "-t", template, *there, *QUICK)
        at_home = _castmerge(service_environment, "run", people, "-t", template, *there, *QUICK)
    assert (second.returncode, again.returncode, at_home.returncode) == (0, 0, 0), second.stderr
    assert _column(copied, "Video Status") == _column(people, "Video Status") == ["Complete"] * 3
    assert _column(copied, "Video ID") == _column(people, "Video ID")
    assert len(_accepted(log)) == 3
