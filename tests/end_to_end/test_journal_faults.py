"""A journal that fails in the middle of a run: the result says what was sent, and nothing is sent twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest

from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.held_service import held_service

SIZE, SENT = 4096, 3
"""Bytes of a page of the journal; submissions before the fault."""


def _removed(journal: Path) -> None:
    for file in journal.parent.glob(f"{journal.name}*"):
        file.unlink()


def _damaged(journal: Path) -> None:
    for file in journal.parent.glob(f"{journal.name}*"):
        if file.suffix != ".lock" and file.stat().st_size > SIZE:
            with file.open("r+b") as damaged:
                damaged.seek(SIZE)
                damaged.write(b"\xff" * (file.stat().st_size - SIZE))


def _emptied(journal: Path) -> None:
    with closing(sqlite3.connect(journal, isolation_level=None)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if not name.startswith("sqlite_"):
                database.execute(f'DROP TABLE "{name}"')


FAULTS: Mapping[str, Callable[[Path], None]] = {"removed": _removed, "damaged": _damaged, "emptied": _emptied}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_journal_fault_during_a_run_reports_what_was_sent(
    fault: str,
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Exit code 3 or 4, complete JSON, the ids in the workbook, and no claim that nothing was sent."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", "key-of-the-tests")
    workbook = make_workbook([["Name"], *([f"Person {number}"] for number in range(20))])
    journal = tmp_path / "journal.db"

    def sabotage(count: int) -> None:
        if count == SENT:
            FAULTS[fault](journal)

    with held_service("download", "is silent") as service:
        service.on_accepted = sabotage
        quick = ("--first-look", "0.1", "--poll-min", "0.1", "--poll-max", "0.2")
        ran = castmerge(
            "run", workbook, "-t", make_template(), "--yes", "--json", "--journal", journal,
            "--base-url", service.base_url, *quick,
        )  # fmt: skip
    assert ran.code in {3, 4}
    assert "nothing was sent" not in ran.err.lower()
    assert ran.out, ran.err
    rows = json.loads(ran.out)["rows"]
    assert len(rows) == 20
    known = {row["video_id"] for row in rows if row["video_id"]}
    assert known
    header, *lines = openpyxl.load_workbook(workbook).worksheets[0].iter_rows(values_only=True)
    assert {line[header.index("Video ID")] for line in lines} - {None} == known
