"""The recipes for jobs, extracted and run as far as one machine can."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from configparser import ConfigParser
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
import yaml
from lxml import etree

from merge.model import JSON
from tests.support.paths import ROOT
from tests.support.recipes import THERE, block, blocks, campaign

SIMULATED = {"CASTMERGE_SIMULATE": "1", "CASTMERGE_SIMULATE_SECONDS": "0.2"}
PARTS_OF_A_DAY = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that the recipes use."""
    return campaign(tmp_path / "Früh & spät")


def _shell(command: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command in the shell that cron and runners use, with only this environment."""
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _complete(folder: Path) -> bool:
    header, *rows = (
        openpyxl.load_workbook(folder / "customers.xlsx").worksheets[0].iter_rows(min_row=3, values_only=True)
    )
    return {row[header.index("Video Status")] for row in rows} == {"Practice"}


def _there(text: str, folder: Path) -> str:
    """A recipe for the existing campaign, with its path as one word."""
    return text.replace(THERE, f"'{folder}'")


def test_the_line_for_cron_works(folder: Path) -> None:
    """It has five fields within their ranges, and a command that runs silently in cron's environment."""
    [line] = block("cron", "castmerge").splitlines()
    *times, command = line.split(maxsplit=5)
    for field, (first, last) in zip(times, PARTS_OF_A_DAY, strict=True):
        assert re.fullmatch(r"\*|\d+(-\d+)?", field)
        assert all(first <= int(number) <= last for number in re.findall(r"\d+", field))
    assert "%" not in command, "cron makes line ends of them"
    (folder / "castmerge.env").write_text("export AISTUDIOS_API_KEY=a\n", encoding="utf-8")
    for _ in range(2):
        ran = _shell(_there(command, folder), folder.parent, SIMULATED)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert _complete(folder)
    assert len((folder / "summary.txt").read_text(encoding="utf-8").splitlines()) == 12
    assert (folder / "castmerge.log").stat().st_size


class Unit(ConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr


def _unit(word: str) -> Unit:
    unit = Unit(interpolation=None, strict=True)
    unit.read_string(block("ini", word))
    return unit


KNOWN = {
    "Unit": {"Description", "Wants", "After"},
    "Service": {
        "Type",
        "WorkingDirectory",
        "EnvironmentFile",
        "ExecStart",
        "SuccessExitStatus",
        "TimeoutStopSec",
        "DynamicUser",
        "Restart",
        "RestartSec",
    },
    "Timer": {"OnCalendar", "Persistent"},
    "Install": {"WantedBy"},
}
"""The keys that units may contain (systemd.unit(5), systemd.service(5), systemd.timer(5))."""


def test_the_systemd_units_work(folder: Path) -> None:
    """They contain only known keys, and the service's command line runs in an empty environment."""
    service, timer, worker = _unit("Type=oneshot"), _unit("OnCalendar"), _unit("castmerge worker")
    for unit in (service, timer, worker):
        assert {name: set(unit[name]) - KNOWN[name] for name in unit.sections()} == {
            name: set() for name in unit.sections()
        }
    assert re.fullmatch(r"(Mon|Tue)\.\.Fri \d\d:\d\d", timer["Timer"]["OnCalendar"])
    assert (service["Service"]["Type"], service["Service"]["SuccessExitStatus"]) == ("oneshot", "4")
    assert service["Service"]["ExecStart"].startswith(f"{service['Service']['WorkingDirectory']}/.venv/bin/")
    ran = _shell(_there(service["Service"]["ExecStart"], folder), folder, SIMULATED)
    assert (ran.returncode, _complete(folder)) == (0, True), ran.stderr


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """If systemd is installed it verifies the units; otherwise only the test above applies."""
    analyze = shutil.which("systemd-analyze")
    there = campaign(tmp_path / "campaign")
    paths = {"castmerge.service": "Type=oneshot", "castmerge.timer": "OnCalendar"}
    for name, word in paths.items():
        (tmp_path / name).write_text(block("ini", word).replace(THERE, str(there)), encoding="utf-8")
    if analyze is None:
        return
    ran = subprocess.run(
        [analyze, "verify", *(str(tmp_path / name) for name in paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in ran.stderr.splitlines() if "castmerge" in line]
    assert ours == []
    calendar = [analyze, "calendar", _unit("OnCalendar")["Timer"]["OnCalendar"]]
    assert subprocess.run(calendar, capture_output=True, check=False).returncode == 0


def test_the_windows_task_works(folder: Path) -> None:
    """It matches the Task Scheduler's schema, and its arguments run."""
    schema = etree.XMLSchema(etree.parse(ROOT / "tests" / "data" / "task.xsd"))
    task = etree.fromstring(block("xml", "<Task").encode())
    assert schema.validate(task), schema.error_log
    fields = {etree.QName(element).localname: element.text or "" for element in task.iter()}
    assert (fields["WorkingDirectory"], fields["Command"]) == (
        "C:\\Campaign",
        "C:\\Campaign\\.venv\\Scripts\\castmerge.exe",
    )
    ran = _shell(f".venv/bin/castmerge {fields['Arguments']}", folder, SIMULATED)
    assert (ran.returncode, _complete(folder)) == (0, True), ran.stderr


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("<Exec>", "<Excec>", id="an unknown element"),
        pytest.param("PT6H", "6 hours", id="invalid duration"),
        pytest.param("IgnoreNew", "Ignore", id="invalid policy"),
        pytest.param("2026-01-05T06:00:00", "Monday", id="invalid time"),
    ],
)
def test_an_invalid_windows_task_is_detected(text: str, fault: str) -> None:
    """The schema rejects what Windows would refuse."""
    schema = etree.XMLSchema(etree.parse(ROOT / "tests" / "data" / "task.xsd"))
    wrong = (
        block("xml", "<Task").replace(text, fault).replace(text.replace("<", "</"), fault.replace("<", "</"))
    )
    assert not schema.validate(etree.fromstring(wrong.encode()))


def _fields(value: JSON) -> dict[str, JSON]:
    assert isinstance(value, dict)
    return value


def _workflow() -> dict[str, JSON]:
    # YAML 1.1 reads `on` as a boolean; the base loader reads everything as text.
    workflow: JSON = yaml.load(block("yaml", "runs-on"), Loader=yaml.BaseLoader)  # noqa: S506 - creates only text
    return _fields(workflow)


def test_the_github_workflow_works(folder: Path, tmp_path: Path, database: str) -> None:
    """It has the structure of a workflow, and its steps run in a clone, like on a runner.

    The repository gets the workbook alone: the journal is in the shared database.
    """
    workflow = _workflow()
    assert {"name", "on", "jobs"} <= set(workflow)
    job = _fields(_fields(workflow["jobs"])["videos"])
    steps = job["steps"]
    assert isinstance(steps, list)
    assert all(("uses" in _fields(step)) != ("run" in _fields(step)) for step in steps)
    git = {"HOME": str(tmp_path), "PATH": f"{folder / '.venv' / 'bin'}:{os.environ['PATH']}"}
    remote = tmp_path / "remote.git"
    made = (
        f"git init -q --bare '{remote}' && git init -q && git add *.xlsx *.json && "
        "git -c user.name=a -c user.email=a@localhost commit -qm begun && "
        f"git remote add origin '{remote}' && git push -q -u origin HEAD"
    )
    assert _shell(made, folder, git).returncode == 0
    pip = folder / ".venv" / "bin" / "pip"
    pip.write_text('#!/bin/sh\ntest "$1 $2" = "install castmerge[teams]"\n', encoding="utf-8")
    pip.chmod(0o755)
    for step in steps:
        if command := _fields(step).get("run"):
            ran = _shell(str(command), folder, {**git, **SIMULATED, "CASTMERGE_JOURNAL": database})
            assert ran.returncode == 0, ran.stderr
    kept = _shell("git ls-tree -r --name-only HEAD", remote, git).stdout.splitlines()
    assert "customers.xlsx" in kept
    assert not [name for name in kept if "castmerge" in name]
    assert _complete(folder)


def test_the_compose_file_starts_a_server_for_this_computer_only() -> None:
    """It has the structure of a compose file; the database has the name that the page uses."""
    compose: JSON = yaml.load(block("yaml", "postgres:"), Loader=yaml.BaseLoader)  # noqa: S506 - creates only text
    server = _fields(_fields(_fields(compose)["services"])["journal"])
    assert str(server["image"]).startswith("postgres:")
    assert _fields(server["environment"])["POSTGRES_DB"] == "castmerge"
    assert server["ports"] == ["127.0.0.1:5432:5432"]


PROGRAMS = {"airflow": "from airflow", "prefect": "from prefect"}


@pytest.mark.parametrize("word", PROGRAMS.values(), ids=PROGRAMS)
def test_recipes_for_other_programs_use_existing_names(word: str) -> None:
    """Everything imported from castmerge exists, and each call uses parameters of the function.

    The programs themselves are installed by `.ci/recipes`, which runs both recipes for real.
    """
    import merge  # noqa: PLC0415 - its names are what is checked

    tree = ast.parse(block("python", word))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "merge"
        for alias in node.names
    }
    assert imported <= set(merge.__all__)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in imported:
            function: object = getattr(merge, node.func.id)
            names = set(getattr(function, "__annotations__", {}))
            assert {keyword.arg for keyword in node.keywords} <= names


def test_the_python_recipes_are_alike() -> None:
    """Submitting and collecting look the same in each of them."""
    texts = [block("python", word) for word in PROGRAMS.values()]
    for first, second in pairwise(texts):
        for call in ("merge_workbook(", "collect_workbook("):
            assert first.count(call) == second.count(call) == 1


def test_the_notebook_works(tmp_path: Path) -> None:
    """It reads a DataFrame and adds the videos to its rows."""
    for name in ("templates", "example_sheets"):
        shutil.copytree(ROOT / name, tmp_path / name)
    ran = subprocess.run(
        [sys.executable, "-c", block("python", "pd.DataFrame(result.rows)")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (ran.stdout.count("Complete"), ran.stdout.count("http://")) == (2, 2), ran.stderr


def test_every_recipe_has_its_test() -> None:
    """No code block of the documentation in these languages is untested."""
    counted = {language: len(blocks(language)) for language in ("cron", "ini", "xml", "yaml")}
    assert counted == {"cron": 1, "ini": 3, "xml": 1, "yaml": 2}
