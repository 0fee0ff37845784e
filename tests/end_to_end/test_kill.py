from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest

from merge.project.fingerprint import tag_of_name
from merge.services.simulator import Faults, Simulator, SimulatorSettings
from tests.support.callables import MakeTemplate, MakeWorkbook

NAMES = [f"Person {number:02}" for number in range(1, 15)]
KILLS = 5


def _command(workbook: Path, template: Path, url: str) -> list[str]:
    quick = ["--first-look", "0.2", "--poll-min", "0.2", "--poll-max", "0.5", "--longest-export", "0.05"]
    start = [
        sys.executable,
        "-m",
        "merge",
        "run",
        str(workbook),
        "-t",
        str(template),
        "--yes",
        "--resubmit-in-doubt",
    ]
    return [*start, "--base-url", url, "--key", "Name", *quick]


def _accepted(log: Path) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line["event"] == "accepted"]


def _killed_at_random(command: list[str], environment: Mapping[str, str], chance: random.Random) -> None:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(chance.uniform(0.4, 1.8))  # kills a real process at a random moment
    process.kill()
    process.wait()


@pytest.mark.long
@pytest.mark.parametrize(
    ("seed", "faults"),
    [
        pytest.param(1, Faults(), id="calm"),
        pytest.param(2, Faults(), id="calm again"),
        pytest.param(3, Faults(lose=0.2), id="answers are lost"),
        pytest.param(4, Faults(late500=0.1, busy=0.1), id="late errors and a busy service"),
    ],
)
def test_killed_runs_make_no_row_twice_and_lose_no_id(
    seed: int,
    faults: Faults,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    service_environment: Mapping[str, str],
    tmp_path: Path,
) -> None:
    """After SIGKILL at random moments, one more run finishes: each row once, each accepted id in its row."""
    workbook, template = make_workbook([["Name"], *([name] for name in NAMES)]), make_template()
    log, chance = tmp_path / "service.jsonl", random.Random(seed)
    settings = SimulatorSettings(seconds=0.5, faults=faults, seed=seed, state_file=log)
    with Simulator(settings) as service:
        command = _command(workbook, template, service.base_url)
        for _ in range(KILLS):
            _killed_at_random(command, service_environment, chance)
        last = subprocess.run(command, env=service_environment, capture_output=True, text=True, check=False)
    assert last.returncode == 0, last.stderr
    names = [str(project["name"]) for project in _accepted(log)]
    people = Counter(name.rpartition(" [")[0].removeprefix("Hello ") for name in names if tag_of_name(name))
    assert people == Counter(NAMES)
    page = openpyxl.load_workbook(workbook)["People"]
    header, *rows = page.iter_rows(values_only=True)
    column = header.index("Video ID")
    by_name = {str(project["name"]).rpartition(" [")[0]: project["id"] for project in _accepted(log)}
    assert {f"Hello {row[0]}": row[column] for row in rows} == by_name
