"""Runs started by schedulers: no terminal, no home, unusual streams, other time zones, large cells."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from merge.cli.safe_streams import json_line
from tests.support.callables import MakeTemplate, MakeWorkbook
from tests.support.contract import hold_to_contract

DROP, OVERRIDE = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
QUICK = ("--simulate", "--simulate-seconds", "0.2")
NOT_UTF_8 = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def _castmerge(
    *arguments: str,
    environment: Mapping[str, str],
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
    cwd: Path | None = None,
    before: Callable[[], None] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    ran = subprocess.run(
        [sys.executable, "-m", "merge", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        cwd=cwd,
        preexec_fn=before,
        check=False,
        timeout=120,
    )
    # The output is UTF-8 whatever the code page.
    hold_to_contract((ran.stdout or b"").decode("utf-8", "replace"))
    return ran


@pytest.fixture
def bare(root: Path) -> Mapping[str, str]:
    """An empty environment, without even a home folder or a path."""
    return {"PYTHONPATH": str(root)}


@pytest.fixture
def names(make_workbook: MakeWorkbook) -> Path:
    """Names that no Western code page contains, one of them beyond the first plane."""
    return make_workbook([["Name"], ["김민준"], ["Ærø 🎉"]], name="Größe 김.xlsx", sheet="고객 명단")


def _column(workbook: Path, header: str) -> list[object]:
    names, *rows = openpyxl.load_workbook(workbook).worksheets[0].iter_rows(values_only=True)
    return [row[names.index(header)] for row in rows]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="nothing at all"),
        pytest.param({"LANG": "C", "LC_ALL": "C", **NOT_UTF_8}, id="LANG=C"),
        pytest.param({"HOME": "/nowhere", "TMPDIR": "/nowhere"}, id="a home that is not there"),
        pytest.param({"PYTHONIOENCODING": "cp1252", **NOT_UTF_8}, id="Western Windows"),
        pytest.param({"PYTHONIOENCODING": "cp949", **NOT_UTF_8}, id="Korean Windows"),
        pytest.param({"PYTHONIOENCODING": "ascii", **NOT_UTF_8}, id="ASCII"),
        pytest.param({"PYTHONUNBUFFERED": "1", "TERM": "dumb"}, id="unbuffered"),
    ],
)
def test_a_run_needs_nothing_from_its_environment(
    bare: Mapping[str, str], names: Path, make_template: MakeTemplate, more: Mapping[str, str]
) -> None:
    """Every name is unchanged, the output is JSON in UTF-8, and no letter stops the run."""
    run = ("run", str(names), "-t", str(make_template()), *QUICK, "--events", "-", "--json")
    ran = _castmerge(*run, environment={**bare, **more})
    assert (ran.returncode, b"Traceback" in ran.stderr) == (0, False), ran.stderr
    out = ran.stdout.decode("utf-8")
    summary = json.loads(out.splitlines()[-1])
    assert (summary["sheet"], Path(summary["workbook"]).name) == ("고객 명단", "Größe 김.xlsx")
    assert _column(names, "Video Status") == ["Practice"] * 2


def test_text_that_a_code_page_lacks_is_replaced(
    bare: Mapping[str, str], names: Path, make_template: MakeTemplate
) -> None:
    """Unsupported letters are escaped, and typographic characters become plain ones."""
    check = ("check", str(names), "-t", str(make_template("{{ nmae }}")))
    ran = _castmerge(*check, environment={**bare, "PYTHONIOENCODING": "cp850", **NOT_UTF_8})
    assert (ran.returncode, b"?" * 3 in ran.stderr) == (2, False)
    assert b'Did you mean "Name"' in ran.stderr


@pytest.mark.parametrize("text", ["Ærø", "김", "🎉", "a"])
def test_json_in_another_code_page_is_ascii(text: str, tmp_path: Path) -> None:
    """It parses to the same values in any encoding."""
    for encoding in ("utf-8", "cp1252"):
        with (tmp_path / encoding).open("w", encoding=encoding) as stream:
            line = json_line({"said": text}, stream)
        assert json.loads(line) == {"said": text}
        assert line.isascii() or encoding == "utf-8"


def _closed(*descriptors: int) -> Callable[[], None]:
    def close() -> None:
        for descriptor in descriptors:
            os.close(descriptor)

    return close


@pytest.mark.parametrize("closed", [(2,), (0, 1, 2)], ids=["no standard error", "no stream at all"])
def test_a_run_without_streams_makes_its_videos(
    bare: Mapping[str, str], names: Path, make_template: MakeTemplate, closed: Sequence[int]
) -> None:
    """A service manager may close all streams."""
    run = ("run", str(names), "-t", str(make_template()), *QUICK)
    ran = _castmerge(*run, environment=bare, stdout=-3, stderr=-3, before=_closed(*closed))
    assert ran.returncode == 0
    assert _column(names, "Video Status") == ["Practice"] * 2


@pytest.mark.parametrize("gone", ["stdout", "stderr"])
def test_a_closed_pipe_does_not_stop_a_run(
    bare: Mapping[str, str], names: Path, make_template: MakeTemplate, gone: str
) -> None:
    """Its exit code is that of the run."""
    reading, writing = os.pipe()
    os.close(reading)
    run = ("run", str(names), "-t", str(make_template()), *QUICK)
    out, err = (writing, subprocess.PIPE) if gone == "stdout" else (subprocess.PIPE, writing)
    ran = _castmerge(*run, environment=bare, stdout=out, stderr=err)
    os.close(writing)
    assert ran.returncode == 0
    assert _column(names, "Video Status") == ["Practice"] * 2


@pytest.mark.parametrize(
    ("full", "unbuffered"),
    [("stdout", ""), ("stdout", "1"), ("stderr", "")],
    ids=["out", "unbuffered", "err"],
)
def test_a_full_disk_under_the_output_stops_nothing(
    bare: Mapping[str, str], names: Path, make_template: MakeTemplate, full: str, unbuffered: str
) -> None:
    """Results that can't be printed are an error; messages that can't be printed aren't."""
    run = ("run", str(names), "-t", str(make_template()), *QUICK, "--json")
    disk = os.open("/dev/full", os.O_WRONLY)
    out, err = (disk, subprocess.PIPE) if full == "stdout" else (subprocess.PIPE, disk)
    environment = {**bare, "PYTHONUNBUFFERED": unbuffered}
    ran = _castmerge(*run, environment=environment, stdout=out, stderr=err)
    os.close(disk)
    if full == "stdout":
        assert (ran.returncode, b"couldn't write to standard output" in ran.stderr) == (1, True)
    else:
        assert (ran.returncode, json.loads(ran.stdout)["exit_code"]) == (0, 0)
    assert _column(names, "Video Status") == ["Practice"] * 2


def _ordinary() -> None:
    """Drop the superuser's permission to write to protected files."""
    if os.geteuid() == 0:
        assert ctypes.CDLL(None).prctl(DROP, OVERRIDE, 0, 0, 0) == 0


def test_a_read_only_working_folder_is_sufficient(
    bare: Mapping[str, str], names: Path, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """Workbook, journal, events and log go to their own folders, and nothing to the working folder."""
    template = make_template()
    folder, kept = tmp_path / "read only", tmp_path / "kept"
    kept.mkdir(mode=0o777)
    folder.mkdir(mode=0o555)
    files = [f"--{name}={kept / name}" for name in ("journal", "events", "log")]
    ran = _castmerge(
        "run", str(names), "-t", str(template), *QUICK, *files, environment=bare, cwd=folder, before=_ordinary
    )
    assert ran.returncode == 0, ran.stderr
    assert {path.name for path in kept.iterdir()} >= {"journal", "events", "log"}
    assert (list(folder.iterdir()), _column(names, "Video Status")) == ([], ["Practice"] * 2)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Nowhere/Else"])
def test_times_are_in_utc_wherever_the_machine_is(
    bare: Mapping[str, str], names: Path, make_template: MakeTemplate, zone: str
) -> None:
    """This holds for the summary, the events, the log and the cell."""
    log = names.with_name("run.jsonl")
    run = (
        "run",
        str(names),
        "-t",
        str(make_template()),
        *QUICK,
        "--json",
        "--events",
        "-",
        "--log",
        str(log),
    )
    ran = _castmerge(*run, environment={**bare, "TZ": zone})
    *events, summary = (json.loads(line) for line in ran.stdout.splitlines())
    logged = [json.loads(line)["time"] for line in log.read_text(encoding="utf-8").splitlines()]
    reported = [row[name] for row in summary["rows"] for name in ("submitted_at", "completed_at")]
    written = [
        f"{at:%Y-%m-%dT%H:%M:%S}Z" for at in _column(names, "Video Updated") if isinstance(at, datetime)
    ]
    times = [*reported, *written, *logged, *(event["time"] for event in events)]
    now = datetime.now(UTC)
    assert len(written) == 2
    assert all(at.endswith("Z") and now - datetime.fromisoformat(at) < timedelta(minutes=5) for at in times)


def test_cells_of_maximum_size_work(
    bare: Mapping[str, str], make_workbook: MakeWorkbook, make_template: MakeTemplate
) -> None:
    """Cells have 32,767 letters, used or not; a script that is too long makes its row Invalid."""
    long = "word " * 6_553
    people = make_workbook([["Name", "Times", "Note"], ["Ana", 1, long], ["Ben", 4, long], ["Cem", 1, "-"]])
    template = make_template("<p>{{ name }}: {% for n in range(times) %}{{ note }}{% endfor %}</p>")
    ran = _castmerge("run", str(people), "-t", str(template), *QUICK, "--json", environment=bare)
    summary = json.loads(ran.stdout)
    assert [row["status"] for row in summary["rows"]] == ["Complete", "Invalid", "Complete"]
    assert (ran.returncode, _column(people, "Note")[:2]) == (1, [long, long])


def test_a_job_can_be_configured_by_file_and_environment(
    bare: Mapping[str, str], names: Path, make_template: MakeTemplate
) -> None:
    """Its command line may be just the command and the workbook."""
    make_template(name="welcome.json")
    config = 'template = "welcome.json"\nsimulate = true\nsimulate_seconds = 0.2\n'
    names.with_name("castmerge.toml").write_text(config, encoding="utf-8")
    ran = _castmerge("run", str(names), environment={**bare, "CASTMERGE_LIMIT": "1", "CASTMERGE_QUIET": "1"})
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert _column(names, "Video Status") == ["Practice", None]
