from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merge.errors import JournalError
from merge.journal import SqliteJournal
from merge.journal.lock import run_lock
from merge.journal.records import to_row
from merge.journal.schema import STEPS, migrate, one_number
from merge.model import Entry, Fingerprint, JobId, Problem, RowKey, State, Tag
from tests.support.paths import ROOT

STATEMENTS = [
    "UPDATE videos SET state = 'lost'",
    "UPDATE videos SET row_number = 'two'",
    "UPDATE videos SET submitted_at = 'yesterday'",
    "UPDATE videos SET submitted_at = '2026-01-05T12:00:00'",
    "UPDATE videos SET tag = CAST(x'ff' AS TEXT)",
    "UPDATE videos SET content = x'00'",
    "DROP TABLE videos",
]


OLD_JOURNAL = """
CREATE TABLE entries (
    sheet TEXT NOT NULL, key TEXT NOT NULL, row_number INTEGER NOT NULL, content TEXT NOT NULL,
    fingerprint TEXT NOT NULL, tag TEXT NOT NULL, state TEXT NOT NULL, generation INTEGER NOT NULL,
    job TEXT, video_url TEXT, problem_message TEXT, problem_place TEXT, problem_cure TEXT, credits REAL,
    submitted_at TEXT, completed_at TEXT, written INTEGER NOT NULL, PRIMARY KEY (sheet, key)
);
CREATE TABLE history (
    number INTEGER PRIMARY KEY, sheet TEXT NOT NULL, key TEXT NOT NULL, at TEXT NOT NULL,
    state TEXT NOT NULL, job TEXT, generation INTEGER NOT NULL
);
CREATE INDEX history_by_key ON history (sheet, key);
CREATE TABLE sheets (sheet TEXT PRIMARY KEY, settings TEXT NOT NULL);
INSERT INTO entries (
    sheet, key, row_number, content, fingerprint, tag, state, generation, job, video_url,
    problem_message, problem_place, problem_cure, credits, submitted_at, completed_at, written
) VALUES (
    'S', 'a', 2, 'c', 'f', 't', 'complete', 1, 'p2', 'https://example.com/p2.mp4',
    'message', 'S!A2', 'hint', 1.5, '2026-01-05T12:00:00Z', '2026-01-05T12:05:00Z', 3
);
INSERT INTO history (sheet, key, at, state, job, generation) VALUES
    ('S', 'a', '2026-01-05T11:00:00Z', 'complete', 'p1', 0),
    ('S', 'a', '2026-01-05T12:05:00Z', 'complete', 'p2', 1);
INSERT INTO sheets (sheet, settings) VALUES ('S', '{"header_row": 1}');
PRAGMA user_version = 1;
PRAGMA application_id = 0x63617374;
"""
"""Schema version 1, which had a history table and no webhooks."""
OLD_WEBHOOK = """
CREATE TABLE webhook (number INTEGER PRIMARY KEY CHECK (number = 1), secret BLOB NOT NULL);
INSERT INTO webhook (number, secret) VALUES (1, CAST('secret' AS BLOB));
PRAGMA user_version = 2;
"""


def entry(key: str) -> Entry:
    return Entry(RowKey(key), 2, "c", Fingerprint("f"), Tag(f"t-{key}"), State.SUBMITTING)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with one entry."""
    path = tmp_path / "j.db"
    with SqliteJournal.open(path) as journal:
        journal.put("S", [entry("a")])
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


def test_acknowledged_entries_survive_a_kill(tmp_path: Path) -> None:
    """A process killed between two writes loses no entry that it has acknowledged."""
    code = """
import sys
from pathlib import Path
from merge.journal import SqliteJournal
from merge.model import Entry, Fingerprint, RowKey, State, Tag
with SqliteJournal.open(Path(sys.argv[1])) as journal, journal.lock():
    for number in range(100_000):
        key = RowKey(str(number))
        journal.put("S", [Entry(key, number, "", Fingerprint(""), Tag(""), State.SUBMITTING)])
        print(number, flush=True)
"""
    path = tmp_path / "j.db"
    for wanted in (1, 40, 300):
        with child(code, str(path)) as process:
            assert process.stdout is not None
            acknowledged = [process.stdout.readline().strip() for _ in range(wanted)]
            process.kill()
            acknowledged += process.stdout.read().split()
        with SqliteJournal.open(path, create=False) as journal, journal.lock():
            assert set(acknowledged) <= journal.entries("S").keys()


def test_a_second_run_is_refused_and_names_the_holder(path: Path) -> None:
    """While a run holds the lock, a second one stops and names the process, host and time of the first."""
    since = datetime(2026, 1, 5, 12, tzinfo=UTC)
    with SqliteJournal.open(path, clock=lambda: since) as first, SqliteJournal.open(path) as second:
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
def test_an_unreadable_note_does_not_release_the_lock(path: Path, note: str | None) -> None:
    """Only the message depends on the note."""
    holder = path.with_name("j.db.holder")
    with SqliteJournal.open(path) as first, SqliteJournal.open(path) as second, first.lock():
        holder.unlink()
        if note is not None:
            holder.write_text(note)
        with pytest.raises(JournalError, match=r"owner unknown|someone on h"), second.lock():
            pass


def test_an_account_without_a_name_can_hold_the_journal(path: Path) -> None:
    """The note of a run in a container whose user has no name leaves out the name."""

    def nameless() -> str:
        raise KeyError

    since = datetime(2026, 1, 5, tzinfo=UTC)
    with SqliteJournal.open(path) as journal, run_lock(path, now=since, user=nameless):  # noqa: SIM117 - raises inside
        with pytest.raises(JournalError, match="someone on"), journal.lock():
            pass


def test_a_killed_run_does_not_block_the_next(path: Path) -> None:
    """The lock of a killed process is free, and its note is replaced."""
    code = """
import sys
from pathlib import Path
from merge.journal import SqliteJournal
with SqliteJournal.open(Path(sys.argv[1])) as journal, journal.lock():
    print("held", flush=True)
    sys.stdin.read()
"""
    with SqliteJournal.open(path) as journal:
        with child(code, str(path)) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            with pytest.raises(JournalError, match=f"process {process.pid}"), journal.lock():
                pass
            process.kill()
        with journal.lock():
            note = json.loads(path.with_name("j.db.holder").read_text())
            assert note["process"] == os.getpid()


def test_the_lock_is_released_after_an_error(path: Path) -> None:
    """The next run can acquire it."""
    with SqliteJournal.open(path) as journal:
        with pytest.raises(KeyError), journal.lock():
            raise KeyError
        with journal.lock():
            pass


def test_a_lock_file_that_cannot_be_created_stops_the_run(path: Path) -> None:
    """The error gives the reason."""
    path.with_name("j.db.lock").mkdir()
    with (
        SqliteJournal.open(path) as journal,
        pytest.raises(JournalError, match="can't be opened"),
        journal.lock(),
    ):
        pass


def test_opening_to_read_creates_no_journal(tmp_path: Path) -> None:
    """A missing journal is an error that leaves the folder empty."""
    with pytest.raises(JournalError, match="there's no journal"):
        SqliteJournal.open(tmp_path / "none" / "j.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_a_new_journal(tmp_path: Path) -> None:
    """A journal whose creation was interrupted is created again."""
    path = tmp_path / "j.db"
    path.touch()
    with SqliteJournal.open(path, create=False) as journal:
        assert journal.entries("S") == {}


def test_a_newer_journal_is_refused_and_untouched(path: Path) -> None:
    """The hint asks for an update of castmerge."""
    change(path, "PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(JournalError, match="newer castmerge") as caught:
        SqliteJournal.open(path)
    assert "Update castmerge" in caught.value.hint
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    """A SQLite file without our application id isn't changed."""
    path = tmp_path / "other.db"
    change(path, "CREATE TABLE customers (name)")
    with pytest.raises(JournalError, match="another program"):
        SqliteJournal.open(path)


@pytest.mark.parametrize("contents", [b"PK\x03\x04" * 300, b"SQLite format 3\x00" + b"\xff" * 2000])
def test_a_file_that_is_not_a_journal_is_refused(tmp_path: Path, contents: bytes) -> None:
    """The error names the file and has a hint, and the file is unchanged."""
    path = tmp_path / "j.db"
    path.write_bytes(contents)
    with pytest.raises(JournalError, match="damaged") as caught:
        SqliteJournal.open(path)
    assert caught.value.place == str(path)
    assert caught.value.hint
    assert path.read_bytes() == contents


@settings(deadline=None, max_examples=60)
@given(place=st.integers(0, 45_000), junk=st.binary(min_size=1, max_size=600))
def test_damage_always_raises_a_journal_error(
    place: int, junk: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Random bytes anywhere in the file raise a JournalError or no error."""
    path = tmp_path_factory.mktemp("damage") / "j.db"
    with SqliteJournal.open(path) as journal:
        journal.put("S", [entry(f"key {number}") for number in range(40)])
        journal.save_sheet("S", {"a": 1})
    with path.open("r+b") as file:
        file.seek(place)
        file.write(junk)
    try:
        with SqliteJournal.open(path) as journal:
            journal.entries("S")
            journal.sheets()
            journal.load_sheet("S")
            journal.put("S", [entry("new")])
    except JournalError:
        pass


@pytest.mark.parametrize("statement", STATEMENTS)
def test_values_that_castmerge_never_writes_are_damage(path: Path, statement: str) -> None:
    """A value of the wrong type is reported when it is read."""
    change(path, statement)
    with SqliteJournal.open(path) as journal, pytest.raises(JournalError, match="damaged"):
        journal.entries("S")


@pytest.mark.parametrize("text", ["{", "[]", "7"])
def test_settings_that_cannot_be_read_are_damage(path: Path, text: str) -> None:
    """A sheet's settings must be a JSON object."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE sheets SET settings = ?", (text,))
    with SqliteJournal.open(path) as journal, pytest.raises(JournalError, match="damaged"):
        journal.load_sheet("S")


def test_a_full_disk_stops_the_run(path: Path) -> None:
    """The error says that the disk is full, and earlier entries are kept."""
    with SqliteJournal.open(path) as journal:
        pages = one_number(journal._database, "PRAGMA page_count")  # noqa: SLF001 - stands in for a full disk
        journal._database.execute(f"PRAGMA max_page_count = {pages}")  # noqa: SLF001 - same
        with pytest.raises(JournalError, match="disk is full"):
            journal.put("S", [entry(str(number) * 500) for number in range(100)])
        assert list(journal.entries("S")) == ["a"]


def test_a_journal_locked_by_another_program_stops_the_run(path: Path) -> None:
    """If the writer never commits, the change times out."""
    with SqliteJournal.open(path) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        journal._database.execute("PRAGMA busy_timeout = 1")  # noqa: SLF001 - ten seconds are too long for a test
        with pytest.raises(JournalError, match="another program"):
            journal.put("S", [entry("b")])


def test_a_folder_instead_of_a_journal_is_refused(tmp_path: Path) -> None:
    """The hint names the option that moves the journal."""
    with pytest.raises(JournalError) as caught:
        SqliteJournal.open(tmp_path)
    assert "--journal" in caught.value.hint
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="can't be opened"):
        SqliteJournal.open(tmp_path / "file" / "j.db")


def test_a_read_only_journal_stops_the_run(path: Path) -> None:
    """The hint names the option that moves the journal."""
    with SqliteJournal.open(path) as journal:
        journal._database.execute("PRAGMA query_only = ON")  # noqa: SLF001 - stands in for a write-protected drive
        with pytest.raises(JournalError, match="can't be written") as caught:
            journal.put("S", [entry("b")])
        assert "--journal" in caught.value.hint


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database of the latest version."""
    with closing(sqlite3.connect(tmp_path / "j.db", isolation_level=None)) as database:
        migrate(database, tmp_path / "j.db")
        yield database


def test_an_older_journal_is_upgraded_step_by_step(database: sqlite3.Connection, tmp_path: Path) -> None:
    """Each missing step runs once, in order, and earlier contents are kept."""
    database.execute("INSERT INTO sheets VALUES ('S', '{}')")
    steps = (*STEPS, ["ALTER TABLE sheets ADD COLUMN a"], ["ALTER TABLE sheets ADD COLUMN b"])
    for _ in range(2):
        migrate(database, tmp_path / "j.db", steps)
    assert one_number(database, "PRAGMA user_version") == len(steps)
    assert database.execute("SELECT * FROM sheets").fetchone() == ("S", "{}", None, None)


@pytest.mark.parametrize("version", [1, 2])
def test_a_journal_of_an_earlier_version_keeps_its_contents(tmp_path: Path, version: int) -> None:
    """Its entries, settings and history are kept, and it can be used like a new one."""
    path = tmp_path / "j.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(OLD_JOURNAL)
        if version > 1:
            database.executescript(OLD_WEBHOOK)
    with SqliteJournal.open(path) as journal, journal.lock():
        known = journal.entries("S")[RowKey("a")]
        assert known == Entry(
            key=RowKey("a"),
            row_number=2,
            content="c",
            fingerprint=Fingerprint("f"),
            tag=Tag("t"),
            state=State.COMPLETE,
            generation=1,
            job=JobId("p2"),
            video_url="https://example.com/p2.mp4",
            problem=Problem("message", "S!A2", "hint"),
            credits=1.5,
            submitted_at=datetime(2026, 1, 5, 12, tzinfo=UTC),
            completed_at=datetime(2026, 1, 5, 12, 5, tzinfo=UTC),
            written=3,
        )
        journal.put("S", [replace(known, row_number=3), entry("b")])
        assert list(journal.entries("S")) == ["b", "a"]
        assert journal.load_sheet("S") == {"header_row": 1}
        assert (journal.webhook_secret() == b"secret") == (version > 1)
    with closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT job, state FROM videos WHERE job NOT NULL").fetchall()
        assert found == [("p1", "complete"), ("p2", "complete")]
        assert one_number(database, "PRAGMA user_version") == len(STEPS)


def test_the_table_has_a_column_for_every_field(database: sqlite3.Connection) -> None:
    """The columns that are written are those of the table."""
    columns = {str(row[1]) for row in database.execute("PRAGMA table_info(videos)")}
    assert to_row("S", entry("a")).keys() == columns - {"number"}


def test_a_failed_step_keeps_the_version_before_it(database: sqlite3.Connection, tmp_path: Path) -> None:
    """A step is applied completely or not at all; earlier steps are kept."""
    steps = (*STEPS, ["ALTER TABLE sheets ADD COLUMN a"], ["CREATE TABLE half (x)", "nonsense"])
    with pytest.raises(sqlite3.OperationalError):
        migrate(database, tmp_path / "j.db", steps)
    assert one_number(database, "PRAGMA user_version") == len(steps) - 1
    assert one_number(database, "SELECT count(*) FROM sqlite_master WHERE name = 'half'") == 0


def test_two_processes_upgrade_a_journal_only_once(database: sqlite3.Connection, tmp_path: Path) -> None:
    """The second one sees that the step was made and skips it."""
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


def test_times_end_in_z(path: Path) -> None:
    """Other programs that read the file see which zone they are in."""
    given = replace(entry("a"), submitted_at=datetime(2026, 1, 5, 21, tzinfo=timezone(timedelta(hours=9))))
    with SqliteJournal.open(path) as journal:
        journal.put("S", [given])
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT submitted_at FROM videos").fetchone() == ("2026-01-05T12:00:00Z",)


def test_closing_twice_is_harmless(path: Path) -> None:
    """The with block may close a journal that is already closed."""
    with SqliteJournal.open(path) as journal:
        journal.close()


def test_using_a_closed_journal_is_a_programming_error(path: Path) -> None:
    """It isn't reported as a damaged file."""
    journal = SqliteJournal.open(path)
    journal.close()
    with pytest.raises(sqlite3.ProgrammingError):
        journal.entries("S")
