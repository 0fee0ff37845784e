from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from merge.model import Entry, Fingerprint, Row, RowKey, State, Tag
from merge.plan.decide import made_elsewhere
from merge.workbook import write_columns
from tests.support.paths import ROOT

ROUNDS = ROOT / "tests" / "support" / "kill_rounds.py"


def _play(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROUNDS), *options], capture_output=True, text=True, check=False, timeout=400
    )


@pytest.mark.parametrize("variant", ["plain", "no-journal", "sorted"])
def test_killed_runs_pay_nothing_twice_and_lose_no_video(variant: str) -> None:
    """SIGKILL at random moments under a service at its worst; journals deleted, rows sorted meanwhile."""
    played = _play("--rounds", "1", "--seed", "5", "--variant", variant)
    assert played.returncode == 0, played.stdout + played.stderr


@pytest.mark.parametrize(
    ("broken", "variant"), [("intent", "plain"), ("look", "plain"), ("mark", "no-journal")]
)
def test_the_rounds_notice_what_is_taken_away(broken: str, variant: str) -> None:
    """Without the intent on disk, the look for tags or the mark in the sheet, a row is paid for twice."""
    options = ("--rounds", "20", "--seed", "3", "--variant", variant, "--broken", broken, "--until-fault")
    played = _play(*options)
    assert played.returncode == 1, played.stdout + played.stderr
    assert "submitted twice" in played.stdout


def test_a_list_of_formats_that_is_there_and_empty_is_filled(tmp_path: Path) -> None:
    """As openpyxl writes it: `<numFmts count="0"/>`."""
    path = tmp_path / "plain.xlsx"
    book = openpyxl.Workbook()
    for row in (["Name"], ["Ana"]):
        book.worksheets[0].append(row)
    book.save(path)
    write_columns(path, sheet="Sheet", header_row=1, rows={2: {"When": datetime(2026, 1, 5)}})
    [_, cell] = openpyxl.load_workbook(path).worksheets[0]["B"]
    assert cell.is_date


@pytest.mark.parametrize(
    ("row_job", "state", "generation", "elsewhere"),
    [
        pytest.param("v1", State.NOT_TAKEN, 0, True, id="made by another computer"),
        pytest.param("", State.NOT_TAKEN, 0, False, id="nothing beside it"),
        pytest.param("v1", State.NOT_TAKEN, 1, False, id="to be made again"),
        pytest.param("v1", State.SUBMITTED, 0, False, id="known"),
    ],
)
def test_a_row_that_another_computer_made_is_not_sent(
    row_job: str, state: State, generation: int, elsewhere: bool
) -> None:
    """The sheet is believed where the journal only knows that nothing was sent from here."""
    entry = Entry(RowKey("a"), 2, "c", Fingerprint("f"), Tag("t"), state, generation)
    row = Row(number=2, key=RowKey("a"), content="c", cells={}, job=row_job)
    assert made_elsewhere(row, entry) is elsewhere
