from __future__ import annotations

import json
import shutil
import threading
import time
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
    """Runs a command about a workbook with the shared journal, and for `run` with the simulator."""
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
    """How many projects the simulator has accepted."""
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


def test_everything_in_a_shared_journal_can_be_seen(
    desk: Desk, castmerge: Castmerge, hers: Path, make_template: MakeTemplate, database: str
) -> None:
    """By a command without a workbook, and by SQL for other tools; practice isn't included."""
    assert castmerge("status", "--all", "--journal", database).code == 3
    assert desk("submit", hers, "-t", make_template(), "--yes", "--limit", "2").code == 4
    shown = castmerge("status", "--all", "--journal", database)
    assert (shown.code, shown.out) == (0, "people.xlsx, sheet People: 2 Submitted\n"), shown.err
    listed = json.loads(castmerge("status", "--all", "--json").out)
    assert listed["campaigns"][0]["counts"] == {"Submitted": 2}
    with psycopg.connect(database) as connected:
        rows = connected.execute(
            "SELECT row_number, status, video_id IS NOT NULL, worked_on_by FROM castmerge.rows ORDER BY 1"
        ).fetchall()
        assert rows == [(2, "Submitted", True, None), (3, "Submitted", True, None)]
        runs = connected.execute("SELECT workbook, is_running FROM castmerge.runs").fetchall()
        assert runs == [("people.xlsx", False)]
        spend = connected.execute("SELECT workbook, videos, complete FROM castmerge.spend").fetchall()
        assert spend == [("people.xlsx", 2, 0)]


def test_a_file_has_no_other_workbooks(castmerge: Castmerge, hers: Path) -> None:
    """`--all` needs a shared journal, and without it a workbook is needed."""
    assert "--all needs a shared journal" in castmerge("status", hers, "--all").err
    assert "This command needs a workbook" in castmerge("status").err


def test_a_server_that_fails_during_a_run_stops_it(
    desk: Desk,
    hers: Path,
    make_template: MakeTemplate,
    database: str,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was sent is in the workbook, the message says so, and the next run pays for nothing twice."""
    name = database.rpartition("/")[2]

    def fail() -> None:
        while not _sent(database):
            time.sleep(0.02)
        with psycopg.connect(database, autocommit=True) as connected:
            connected.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
            connected.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    failing = threading.Thread(target=fail)
    failing.start()
    stopped = desk("run", hers, "-t", make_template(), "--first-look", "1")
    failing.join()
    assert (stopped.code, "read-only" in stopped.err) == (3, True), stopped.err
    assert "Traceback" not in stopped.err
    with psycopg.connect(database, autocommit=True) as connected:
        connected.execute("SET default_transaction_read_only = off")
        connected.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())
        # The run couldn't say that it ended; later its lease has run out.
        connected.execute("UPDATE castmerge.holders SET seen_at = seen_at - interval '1 hour'")
    again = desk("run", hers, "-t", make_template(), "--json")
    assert (again.code, _counts(again)) == (0, {"complete": 3}), again.err
    assert _accepted(hers.parent) == 3


def _sent(database: str) -> bool:
    """Whether the journal has a video's id."""
    with psycopg.connect(database) as connected:
        made = connected.execute("SELECT to_regclass('castmerge.videos') IS NOT NULL").fetchone()
        if made != (True,):
            return False
        found = connected.execute("SELECT count(job) FROM castmerge.videos").fetchone()
        return found is not None and bool(found[0])


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


@pytest.mark.parametrize(
    "address",
    [
        "PostgreSQL://ana:hunter2@127.0.0.1:1/x",
        "postgresql+psycopg://ana:hunter2@127.0.0.1:1/x",
        "postgresql:ana:hunter2@127.0.0.1:1/x",
        "postgresql//ana:hunter2@127.0.0.1:1/x",
        " postgresql://ana:hunter2@127.0.0.1:1/x",
        "'postgresql://ana:hunter2@127.0.0.1:1/x'",
        "mysql://ana:hunter2@127.0.0.1:1/x",
        "host=127.0.0.1 port=1 password=hunter2",
    ],
)
def test_a_misspelt_address_is_no_file(
    castmerge: Castmerge, hers: Path, tmp_path: Path, address: str
) -> None:
    """A file of that name would show the password, and be a journal that nobody shares."""
    ran = castmerge("status", hers, "--journal", address)
    assert ran.code == 3
    assert "hunter2" not in ran.out + ran.err
    assert not [path for path in Path.cwd().iterdir() if "hunter2" in path.name]
    assert not [path for path in tmp_path.rglob("*") if "hunter2" in str(path)]


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
