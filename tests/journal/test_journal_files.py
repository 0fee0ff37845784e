from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merge.errors import JournalError
from merge.journal import Journal
from merge.journal.lock import run_lock
from merge.journal.schema import STEPS, migrate, one_number
from merge.model import Entry, Fingerprint, RowKey, State, Tag
from tests.support.paths import ROOT

STATEMENTS = [
    "UPDATE entries SET state = 'lost'",
    "UPDATE entries SET row_number = 'two'",
    "UPDATE entries SET submitted_at = 'yesterday'",
    "UPDATE entries SET submitted_at = '2026-01-05T12:00:00'",
    "UPDATE entries SET tag = CAST(x'ff' AS TEXT)",
    "UPDATE entries SET content = x'00'",
    "DROP TABLE entries",
]


def entry(key: str) -> Entry:
    return Entry(RowKey(key), 2, "c", Fingerprint("f"), Tag("t"), State.SUBMITTING)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with one entry."""
    path = tmp_path / "j.db"
    with Journal.open(path) as journal:
        journal.put_one("S", entry("a"))
        journal.save_sheet("S", {})
    return path


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)


def child(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """A process that is killed between two puts loses nothing that it said was done."""
    code = """
import sys
from pathlib import Path
from merge.journal import Journal
from merge.model import Entry, Fingerprint, RowKey, State, Tag
with Journal.open(Path(sys.argv[1])) as journal, journal.lock():
    for number in range(100_000):
        key = RowKey(str(number))
        journal.put_one("S", Entry(key, number, "", Fingerprint(""), Tag(""), State.SUBMITTING))
        print(number, flush=True)
"""
    path = tmp_path / "j.db"
    for wanted in (1, 40, 300):
        with child(code, str(path)) as process:
            assert process.stdout is not None
            acknowledged = [process.stdout.readline().strip() for _ in range(wanted)]
            process.kill()
            acknowledged += process.stdout.read().split()
        with Journal.open(path, create=False) as journal, journal.lock():
            found = journal.entries("S")
            assert set(acknowledged) <= found.keys()
            assert all(journal.history("S", key) for key in found)


def test_a_second_run_is_told_who_holds_the_journal(path: Path) -> None:
    """While a run holds the lock another one stops and names process, host and time."""
    since = datetime(2026, 1, 5, 12, tzinfo=UTC)
    with Journal.open(path, clock=lambda: since) as first, Journal.open(path) as second:
        with first.lock(), pytest.raises(JournalError) as caught, second.lock():
            pass
        assert f"process {os.getpid()}, since 2026-01-05T12:00:00Z" in caught.value.message
        assert caught.value.hint
        with second.lock(), pytest.raises(JournalError), first.lock():
            pass
        with first.lock():
            assert not list(path.parent.glob("*.holder.*"))
    assert not list(path.parent.glob("*.holder"))


@pytest.mark.parametrize(
    "note", [None, "", "{", "[]", '{"user": "", "host": "h", "process": 1, "since": "s"}']
)
def test_a_holder_that_cannot_be_read_still_holds(path: Path, note: str | None) -> None:
    """The lock binds, not the note about it."""
    holder = path.with_name("j.db.holder")
    with Journal.open(path) as first, Journal.open(path) as second, first.lock():
        holder.unlink()
        if note is not None:
            holder.write_text(note)
        with pytest.raises(JournalError, match=r"did not say|somebody on h"), second.lock():
            pass


def test_an_account_without_a_name_can_hold_the_journal(path: Path) -> None:
    """A run in a container, whose user has no name, is somebody."""

    def nameless() -> str:
        raise KeyError

    since = datetime(2026, 1, 5, tzinfo=UTC)
    with Journal.open(path) as journal, run_lock(path, now=since, user=nameless):  # noqa: SIM117 - raises inside
        with pytest.raises(JournalError, match="somebody on"), journal.lock():
            pass


def test_a_killed_run_does_not_block_the_next(path: Path) -> None:
    """The lock of a process that was killed is free, and its note is written over."""
    code = """
import sys
from pathlib import Path
from merge.journal import Journal
with Journal.open(Path(sys.argv[1])) as journal, journal.lock():
    print("held", flush=True)
    sys.stdin.read()
"""
    with Journal.open(path) as journal:
        with child(code, str(path)) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            with pytest.raises(JournalError, match=f"process {process.pid}"), journal.lock():
                pass
            process.kill()
        with journal.lock():
            note = json.loads(path.with_name("j.db.holder").read_text())
            assert note["process"] == os.getpid()


def test_the_lock_is_let_go_after_an_error(path: Path) -> None:
    """A run that fails frees the journal."""
    with Journal.open(path) as journal:
        with pytest.raises(KeyError), journal.lock():
            raise KeyError
        with journal.lock():
            pass


def test_a_lock_that_cannot_be_made_says_so(path: Path) -> None:
    """Where the lock's file cannot be written the run stops, with the reason."""
    path.with_name("j.db.lock").mkdir()
    with Journal.open(path) as journal, pytest.raises(JournalError, match="cannot be opened"), journal.lock():
        pass


def test_without_a_journal_there_is_nothing_to_read(tmp_path: Path) -> None:
    """Opening to read makes no file."""
    with pytest.raises(JournalError, match="there is no journal"):
        Journal.open(tmp_path / "none" / "j.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_a_new_journal(tmp_path: Path) -> None:
    """A journal whose making was cut off before its first change is made anew."""
    path = tmp_path / "j.db"
    path.touch()
    with Journal.open(path, create=False) as journal:
        assert journal.entries("S") == {}


def test_a_newer_journal_is_refused_and_untouched(path: Path) -> None:
    """A journal of a later version is not guessed at."""
    change(path, "PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(JournalError, match="newer castmerge") as caught:
        Journal.open(path)
    assert "Update castmerge" in caught.value.hint
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    """A file that is somebody else's gets no tables of ours."""
    path = tmp_path / "other.db"
    change(path, "CREATE TABLE customers (name)")
    with pytest.raises(JournalError, match="another program"):
        Journal.open(path)


@pytest.mark.parametrize("contents", [b"PK\x03\x04" * 300, b"SQLite format 3\x00" + b"\xff" * 2000])
def test_a_file_that_is_no_journal_is_refused(tmp_path: Path, contents: bytes) -> None:
    """A damaged file is named, with what can be done, and closed again."""
    path = tmp_path / "j.db"
    path.write_bytes(contents)
    with pytest.raises(JournalError, match="damaged") as caught:
        Journal.open(path)
    assert caught.value.place == str(path)
    assert caught.value.hint
    assert path.read_bytes() == contents


@settings(deadline=None, max_examples=60)
@given(place=st.integers(0, 45_000), junk=st.binary(min_size=1, max_size=600))
def test_damage_never_shows_as_anything_else(
    place: int, junk: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is broken inside the file, what is raised is a JournalError."""
    path = tmp_path_factory.mktemp("damage") / "j.db"
    with Journal.open(path) as journal:
        journal.put("S", [entry(f"key {number}") for number in range(40)])
        journal.save_sheet("S", {"a": 1})
    with path.open("r+b") as file:
        file.seek(place)
        file.write(junk)
    try:
        with Journal.open(path) as journal:
            journal.entries("S")
            journal.history("S", RowKey("key 3"))
            journal.sheets()
            journal.load_sheet("S")
            journal.put_one("S", entry("new"))
    except JournalError:
        pass


@pytest.mark.parametrize("statement", STATEMENTS)
def test_contents_that_castmerge_never_wrote_are_damage(path: Path, statement: str) -> None:
    """A field of the wrong kind is found when it is read."""
    change(path, statement)
    with Journal.open(path) as journal, pytest.raises(JournalError, match="damaged"):
        journal.entries("S")


@pytest.mark.parametrize("text", ["{", "[]", "7"])
def test_settings_that_cannot_be_read_are_damage(path: Path, text: str) -> None:
    """What was settled for a sheet is an object, or the journal is damaged."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE sheets SET settings = ?", (text,))
    with Journal.open(path) as journal, pytest.raises(JournalError, match="damaged"):
        journal.load_sheet("S")


def test_a_history_that_cannot_be_read_is_damage(path: Path) -> None:
    """The history is checked as the entries are."""
    change(path, "UPDATE history SET state = 7, generation = 'x'")
    with Journal.open(path) as journal, pytest.raises(JournalError, match="damaged"):
        journal.history("S", RowKey("a"))


def test_a_full_disk_stops_the_run(path: Path) -> None:
    """A change that finds no room is told as such, and what was there stays."""
    with Journal.open(path) as journal:
        pages = one_number(journal._database, "PRAGMA page_count")  # noqa: SLF001 - stands in for a full disk
        journal._database.execute(f"PRAGMA max_page_count = {pages}")  # noqa: SLF001 - likewise
        with pytest.raises(JournalError, match="disk is full"):
            journal.put("S", [entry(str(number) * 500) for number in range(100)])
        assert list(journal.entries("S")) == ["a"]


def test_a_journal_that_somebody_else_keeps_busy_stops_the_run(path: Path) -> None:
    """A writer that does not end is named as such."""
    with Journal.open(path) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        journal._database.execute("PRAGMA busy_timeout = 1")  # noqa: SLF001 - nobody waits ten seconds in a test
        with pytest.raises(JournalError, match="another program"):
            journal.put_one("S", entry("b"))


def test_a_folder_in_the_journals_place_is_refused(tmp_path: Path) -> None:
    """A path that cannot be a file is named, with the option that moves it."""
    with pytest.raises(JournalError) as caught:
        Journal.open(tmp_path)
    assert "--journal" in caught.value.hint
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal.open(tmp_path / "file" / "j.db")


def test_a_journal_that_is_only_read_says_so(path: Path) -> None:
    """A change where nothing may be changed names the option that moves the journal."""
    with Journal.open(path) as journal:
        journal._database.execute("PRAGMA query_only = ON")  # noqa: SLF001 - stands in for a write-protected drive
        with pytest.raises(JournalError, match="cannot be written") as caught:
            journal.put_one("S", entry("b"))
        assert "--journal" in caught.value.hint


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database of the latest version."""
    with closing(sqlite3.connect(tmp_path / "j.db", isolation_level=None)) as database:
        migrate(database, tmp_path / "j.db")
        yield database


def test_an_older_journal_is_brought_forward_step_by_step(
    database: sqlite3.Connection, tmp_path: Path
) -> None:
    """Each missing step is made once, in order, and what was there stays."""
    database.execute("INSERT INTO sheets VALUES ('S', '{}')")
    steps = (*STEPS, ["ALTER TABLE sheets ADD COLUMN a"], ["ALTER TABLE sheets ADD COLUMN b"])
    for _ in range(2):
        migrate(database, tmp_path / "j.db", steps)
    assert one_number(database, "PRAGMA user_version") == len(steps)
    assert database.execute("SELECT * FROM sheets").fetchone() == ("S", "{}", None, None)


def test_a_step_that_fails_leaves_the_version_before(database: sqlite3.Connection, tmp_path: Path) -> None:
    """A step is made whole or not at all; the steps before it stand."""
    steps = (*STEPS, ["ALTER TABLE sheets ADD COLUMN a"], ["CREATE TABLE half (x)", "nonsense"])
    with pytest.raises(sqlite3.OperationalError):
        migrate(database, tmp_path / "j.db", steps)
    assert one_number(database, "PRAGMA user_version") == len(steps) - 1
    assert one_number(database, "SELECT count(*) FROM sqlite_master WHERE name = 'half'") == 0


def test_two_that_open_an_old_journal_at_once_make_each_step_once(
    database: sqlite3.Connection, tmp_path: Path
) -> None:
    """Who comes second finds the step made, and makes none."""
    steps = (*STEPS, ["CREATE TABLE later (x)"])
    path = tmp_path / "j.db"

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        begun = 0

        def first_of_all(statement: str) -> None:
            nonlocal begun
            begun += statement.startswith("BEGIN")
            if begun == 1 and statement.startswith("BEGIN"):
                migrate(other, path, steps)

        database.set_trace_callback(first_of_all)
        migrate(database, path, steps)
    assert one_number(database, "PRAGMA user_version") == len(steps)
