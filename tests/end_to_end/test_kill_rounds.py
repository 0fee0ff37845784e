from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from merge.workbook import write_columns
from tests.support.paths import ROOT


def _play(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.support.kill_rounds", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )


@pytest.mark.parametrize("variant", ["plain", "no-journal", "sorted"])
def test_killed_runs_pay_nothing_twice_and_lose_no_video(variant: str) -> None:
    """SIGKILL at random moments with a faulty service; journals are deleted and rows sorted between runs."""
    played = _play("--rounds", "1", "--seed", "5", "--variant", variant)
    assert played.returncode == 0, played.stdout + played.stderr


@pytest.mark.parametrize(
    ("broken", "variant"), [("intent", "plain"), ("look", "plain"), ("mark", "no-journal")]
)
def test_the_rounds_detect_missing_safeguards(broken: str, variant: str) -> None:
    """Without the recorded intent, the search for tags or the mark in the sheet, a row is paid for twice."""
    options = ("--rounds", "20", "--seed", "3", "--variant", variant, "--broken", broken, "--until-fault")
    played = _play(*options)
    assert played.returncode == 1, played.stdout + played.stderr
    assert "submitted twice" in played.stdout


def test_an_empty_list_of_formats_is_filled(tmp_path: Path) -> None:
    """This is what openpyxl writes: `<numFmts count="0"/>`."""
    path = tmp_path / "plain.xlsx"
    book = openpyxl.Workbook()
    for row in (["Name"], ["Ana"]):
        book.worksheets[0].append(row)
    book.save(path)
    write_columns(path, sheet="Sheet", header_row=1, rows={2: {"When": datetime(2026, 1, 5)}})
    [_, cell] = openpyxl.load_workbook(path).worksheets[0]["B"]
    assert cell.is_date
