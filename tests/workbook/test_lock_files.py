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
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook

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


def _accepted(log: Path) -> list[str]:
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [event["id"] for event in events if event["event"] == "accepted"]


def _column(workbook: Path, header: str) -> list[object]:
    first, *rows = openpyxl.load_workbook(workbook)["People"].iter_rows(values_only=True)
    return [row[first.index(header)] for row in rows]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISTUDIOS_API_KEY", "key-of-the-tests")


@pytest.fixture
def people(make_workbook: MakeWorkbook) -> Path:
    """A workbook with three people."""
    return make_workbook([["Name"], ["Ana"], ["Ben"], ["Cem"]])


def test_other_commands_name_the_process_that_runs(
    people: Path,
    make_template: MakeTemplate,
    service_environment: Mapping[str, str],
    castmerge: Castmerge,
    tmp_path: Path,
) -> None:
    """They exit with code 3 and send nothing; once that process is killed, it blocks nobody."""
    log, template = tmp_path / "service.jsonl", make_template()
    with Simulator(SimulatorSettings(seconds=4, state_file=log)) as service:
        options = ["--base-url", service.base_url, *QUICK]
        run = ["run", people, "-t", template, *options]
        with _running(people, template, service.base_url, service_environment) as first:
            for command in (run, ["collect", people, *options[:2]], ["export-drafts", people, *options]):
                second = castmerge(*command)
                assert (second.code, f"process {first.pid}" in second.err) == (3, True), second.err
        ran = castmerge(*run, "--resubmit-in-doubt", "--longest-export", "0.5")
    assert (ran.code, len(_accepted(log))) == (0, 3), ran.err
    assert sorted(str(job) for job in _column(people, "Video ID")) == sorted(_accepted(log))


@pytest.mark.parametrize("journal", [True, False], ids=["with its journal", "without its journal"])
def test_videos_submitted_on_one_computer_are_collected_on_another(
    people: Path, make_template: MakeTemplate, castmerge: Castmerge, tmp_path: Path, journal: bool
) -> None:
    """A run on another day and in another folder collects the videos; then both have nothing left to do."""
    log, template = tmp_path / "service.jsonl", make_template()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with Simulator(SimulatorSettings(seconds=0.3, state_file=log)) as service:
        there = ("--base-url", service.base_url)
        first = castmerge("submit", people, "-t", template, "--yes", *there)
        assert first.code == 4, first.err
        shutil.copy(people, elsewhere)
        if journal:
            shutil.copytree(people.parent / ".castmerge", elsewhere / ".castmerge")
        copied = elsewhere / people.name
        second = castmerge("collect", copied, *there, *QUICK[1:])
        again = castmerge("run", copied, "-t", template, *there, *QUICK)
        at_home = castmerge("run", people, "-t", template, *there, *QUICK)
    assert (second.code, again.code, at_home.code) == (0, 0, 0), second.err
    assert _column(copied, "Video Status") == _column(people, "Video Status") == ["Complete"] * 3
    assert _column(copied, "Video ID") == _column(people, "Video ID")
    assert len(_accepted(log)) == 3
