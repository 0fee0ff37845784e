from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Protocol

import openpyxl
import psycopg
import pytest

from merge.services.simulator import Simulator
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook, Ran
from tests.support.postgres import PostgresServer

QUICK = ("--yes", "--poll-min", "0.2", "--poll-max", "0.4", "--first-look", "0.1")


class Desk(Protocol):
    """Runs a command about a workbook."""

    def __call__(self, command: str, workbook: Path, *options: object) -> Ran: ...


@pytest.fixture
def desk(castmerge: Castmerge, simulator: Simulator, database: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Runs a command about a workbook with the shared journal, and for `run` with the stand-in."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", "key-of-the-tests")
    monkeypatch.setenv("CASTMERGE_JOURNAL", database)

    def run(command: str, workbook: Path, *options: object) -> Ran:
        service = ("--base-url", simulator.base_url) if command in ("run", "submit", "collect") else ()
        quick = QUICK if command == "run" else QUICK[1:] if command == "collect" else ()
        return castmerge(command, workbook, *service, *quick, *options)

    return run


@pytest.fixture
def hers(make_workbook: MakeWorkbook) -> Path:
    """A workbook of three people."""
    return make_workbook([["Name"], ["Ana"], ["Ben"], ["Cem"]], "people.xlsx")


def _copied(workbook: Path, folder: Path, name: str = "people.xlsx") -> Path:
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(workbook, folder / name))


def _accepted(folder: Path) -> int:
    """How many projects the stand-in has taken."""
    return (folder / "service.jsonl").read_text(encoding="utf-8").count('"accepted"')


def _counts(ran: Ran) -> dict[str, int]:
    found = json.loads(ran.out)["counts"]
    return {name: count for name, count in found.items() if count}


def test_copies_of_one_workbook_share_its_videos(
    desk: Desk, hers: Path, tmp_path: Path, make_template: MakeTemplate
) -> None:
    """A colleague's copy, made before the first run and renamed, gets the videos without paying again."""
    his = _copied(hers, tmp_path / "his", "list of people.xlsx")
    template = make_template()
    assert desk("run", hers, "-t", template).code == 0
    seen = desk("status", his, "--json")
    assert (seen.code, _counts(seen)) == (0, {"complete": 3}), seen.err
    made = desk("run", his, "-t", template, "--json")
    assert (made.code, _counts(made)) == (0, {"complete": 3}), made.err
    assert _accepted(tmp_path) == 3


def _edited(workbook: Path) -> None:
    book = openpyxl.load_workbook(workbook)
    book.worksheets[0]["A5"] = "Dora"
    book.save(workbook)


def test_a_copy_is_known_by_the_ids_in_its_cells(
    desk: Desk, hers: Path, tmp_path: Path, make_template: MakeTemplate
) -> None:
    """It was renamed, edited and saved by another program in between: only its new row is made."""
    template = make_template()
    assert desk("run", hers, "-t", template).code == 0
    his = _copied(hers, tmp_path / "his", "list.xlsx")
    _edited(his)
    made = desk("run", his, "-t", template, "--json")
    assert (made.code, _counts(made)) == (0, {"complete": 4}), made.err
    assert _accepted(tmp_path) == 4


def test_practice_in_a_shared_journal_never_counts_as_real(
    desk: Desk, hers: Path, make_template: MakeTemplate, tmp_path: Path, castmerge: Castmerge
) -> None:
    """Everything is still to do after a practice run."""
    practice = castmerge(
        "run", hers, "-t", make_template(), "--simulate", "--simulate-seconds", "0.2", *QUICK, "--json"
    )
    assert practice.code == 0, practice.err
    assert desk("status", hers).code == 2
    assert desk("run", hers, "-t", make_template()).code == 0
    assert _accepted(tmp_path) == 3


def test_submit_and_collect_on_two_computers(
    desk: Desk, hers: Path, tmp_path: Path, make_template: MakeTemplate
) -> None:
    """One submits, and the other one, who only has the copy, collects, reports and writes back."""
    his = _copied(hers, tmp_path / "his")
    submitted = desk("submit", hers, "-t", make_template(), "--yes")
    assert submitted.code == 4, submitted.err
    collected = desk("collect", his, "--json")
    assert (collected.code, _counts(collected)) == (0, {"complete": 3}), collected.err
    assert desk("report", his, "-o", tmp_path / "report.html").code == 0
    assert desk("write-back", hers).code == 0
    assert _counts(desk("status", hers, "--json")) == {"complete": 3}
    assert _accepted(tmp_path) == 3


def test_the_password_is_never_shown(
    castmerge: Castmerge, postgres: PostgresServer, hers: Path, make_template: MakeTemplate
) -> None:
    """Neither in an error, nor in a command to copy, nor in the JSON."""
    address = postgres.new_database().replace("postgres@", "postgres:hunter2@")
    shown = castmerge("check", hers, "-t", make_template(), "--journal", address)
    unreachable = castmerge("status", hers, "--journal", "postgresql://ana:hunter2@127.0.0.1:1/x", "--json")
    broken = castmerge("status", hers, "--journal", "postgresql://ana:hunter2@host:port:x/y?z")
    doctor = castmerge("doctor", hers, "--journal", address, "--json")
    texts = "".join(ran.out + ran.err for ran in (shown, unreachable, broken, doctor))
    assert "hunter2" not in texts
    assert "postgresql://ana@127.0.0.1:1/x" in unreachable.err
    assert (shown.code, unreachable.code, broken.code) == (0, 3, 3)


def test_a_found_file_cannot_choose_a_shared_journal(
    castmerge: Castmerge, hers: Path, make_template: MakeTemplate, database: str
) -> None:
    """It came with the workbook; a file that is named may."""
    config = hers.with_name("castmerge.toml")
    config.write_text(f'journal = "{database}"\n', encoding="utf-8")
    refused = castmerge("check", hers, "-t", make_template())
    assert (refused.code, "castmerge.toml, line 1" in refused.err) == (2, True), refused.err
    named = castmerge("check", hers, "-t", make_template(), "--config", config)
    assert named.code == 0, named.err
    with psycopg.connect(database) as connected:
        # Checking creates no journal.
        assert connected.execute("SELECT to_regclass('castmerge.version')").fetchone() == (None,)
