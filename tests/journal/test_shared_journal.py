from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import psycopg
import pytest

import merge.journal.shared_database
from merge.errors import JournalError
from merge.journal import Journal, JournalPlace, SharedWorkbook, shared_journal
from merge.model import Entry, Fingerprint, JobId, RowKey, State, Tag
from tests.support.postgres import PostgresServer

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
INTENT = Entry(RowKey("ana"), 2, "c", Fingerprint("f"), Tag("t"), State.SUBMITTING, submitted_at=START)
SUBMITTED = replace(INTENT, state=State.SUBMITTED, job=JobId("v1"))
COMPLETE = replace(SUBMITTED, state=State.COMPLETE, video_url="https://x.y/v1.mp4")
DRAFT = replace(SUBMITTED, state=State.DRAFT)
WAITING = replace(INTENT, state=State.NOT_TAKEN, submitted_at=None)
Copies: TypeAlias = Callable[[str], JournalPlace]


def at(address: str, folder: Path, name: str) -> JournalPlace:
    """The shared journal, as the computer with this copy of the workbook sees it."""
    path = folder / name / "people.xlsx"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"the same workbook")
    return shared_journal(address, SharedWorkbook(path, practice=False, lock=path.with_suffix(".db")))


@pytest.fixture
def copies(database: str, tmp_path: Path) -> Copies:
    """Places of one journal, each with its own copy of one workbook."""
    return lambda name: at(database, tmp_path, name)


@pytest.fixture
def fall_silent(database: str) -> Callable[[], None]:
    """Makes all runs look as if they hadn't been seen for an hour."""

    def silence() -> None:
        with psycopg.connect(database) as connected:
            connected.execute("UPDATE castmerge.holders SET seen_at = seen_at - interval '1 hour'")

    return silence


@pytest.mark.parametrize("first", [INTENT, SUBMITTED, COMPLETE], ids=["an intent", "a job", "a video"])
def test_a_record_belongs_to_the_run_that_made_it(copies: Copies, first: Entry) -> None:
    """While that run lives, nobody else can record or submit; what it gave back is free."""
    with copies("hers").open() as hers, copies("his").open() as his, hers.lock(), his.lock():
        assert not hers.put("S", [first])
        for later in (WAITING, replace(INTENT, submitted_at=None), SUBMITTED, COMPLETE):
            assert his.put("S", [later]) == {"t"}
        assert his.take_over("S", ["t"]) == {"t"}
        assert his.videos("S") == (first,)
        assert not hers.put("S", [WAITING])
        assert not his.put("S", [INTENT])
        assert hers.put("S", [INTENT]) == {"t"}


AFTER = [
    pytest.param(WAITING, INTENT, True, id="what waited is submitted"),
    pytest.param(INTENT, replace(INTENT, submitted_at=None), False, id="an intent isn't submitted again"),
    pytest.param(INTENT, WAITING, False, id="an intent isn't forgotten"),
    pytest.param(INTENT, SUBMITTED, True, id="a lost answer is found"),
    pytest.param(SUBMITTED, INTENT, False, id="a job isn't submitted again"),
    pytest.param(SUBMITTED, WAITING, False, id="a job isn't forgotten"),
    pytest.param(SUBMITTED, COMPLETE, True, id="a job is followed"),
    pytest.param(SUBMITTED, replace(COMPLETE, job=JobId("v2")), False, id="a job isn't exchanged"),
    pytest.param(COMPLETE, INTENT, False, id="a video isn't made again"),
    pytest.param(DRAFT, replace(SUBMITTED, state=State.SUBMITTING), True, id="a draft is exported"),
    pytest.param(SUBMITTED, replace(SUBMITTED, state=State.SUBMITTING), False, id="but only once"),
]


@pytest.mark.parametrize(("before", "after", "allowed"), AFTER)
def test_a_later_run_only_goes_on(copies: Copies, before: Entry, after: Entry, allowed: bool) -> None:
    """When a run has ended, the next one may record what comes next, but send nothing twice."""
    with copies("hers").open() as hers, hers.lock():
        hers.put("S", [before])
    with copies("his").open() as his, his.lock():
        assert his.put("S", [after]) == (set() if allowed else {"t"})
        assert his.videos("S") == ((after if allowed else before),)


def test_a_silent_run_is_taken_over_and_can_record_nothing(
    copies: Copies, fall_silent: Callable[[], None]
) -> None:
    """Its computer slept; when it wakes up, another one has its rows."""
    with copies("hers").open() as hers, hers.lock():
        hers.put("S", [INTENT])
        fall_silent()
        with copies("his").open() as his, his.lock():
            assert his.take_over("S", ["t"]) == set()
            with pytest.raises(JournalError, match="silent for too long") as caught:
                hers.put("S", [SUBMITTED])
            assert caught.value.hint
            assert his.videos("S") == (INTENT,)


def test_a_silent_run_goes_on_if_nobody_took_over(copies: Copies, fall_silent: Callable[[], None]) -> None:
    """Nothing was lost, so nothing has to stop."""
    with copies("hers").open() as hers, hers.lock():
        hers.put("S", [INTENT])
        fall_silent()
        assert not hers.put("S", [SUBMITTED])
        hers.require_lease()


def test_what_a_copy_sent_is_not_sent_from_a_workbook_that_looks_different(
    copies: Copies, database: str, tmp_path: Path
) -> None:
    """Both were saved differently before the first run, so that only the tag shows what is the same."""
    other = tmp_path / "other.xlsx"
    other.write_bytes(b"saved by another program")
    place = shared_journal(database, SharedWorkbook(other, practice=False, lock=tmp_path / "other.db"))
    with copies("hers").open() as hers, place.open() as his, hers.lock(), his.lock():
        assert not hers.put("S", [INTENT])
        assert his.put("S", [INTENT]) == {"t"}
        assert his.videos("S") == ()


def test_a_workbook_keeps_its_videos_when_it_is_renamed_or_edited(copies: Copies, tmp_path: Path) -> None:
    """Its content is known, or else its place; only a new content in a new place is a new workbook."""
    with copies("hers").open() as journal:
        journal.put("S", [COMPLETE])
    path = tmp_path / "hers" / "people.xlsx"
    assert copies("his").exists()
    path.write_bytes(b"edited")
    place = copies("hers")
    path.write_bytes(b"edited")
    with place.open(create=False) as journal:
        assert journal.videos("S") == (COMPLETE,)
    stranger = copies("new")
    (tmp_path / "new" / "people.xlsx").write_bytes(b"another")
    assert not stranger.exists()
    with pytest.raises(JournalError, match="doesn't know this workbook"):
        stranger.open(create=False)


def test_many_computers_can_start_at_once(copies: Copies, database: str) -> None:
    """One of them makes the tables, and all of them find the same workbook."""
    places = [copies(f"copy {number}") for number in range(4)]
    failed: list[BaseException] = []

    def start(place: JournalPlace) -> None:
        try:
            with place.open() as journal:
                journal.save_sheet("S", {})
        except BaseException as error:  # noqa: BLE001 - shown below
            failed.append(error)

    threads = [threading.Thread(target=start, args=[place]) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with psycopg.connect(database) as connected:
        assert connected.execute("SELECT count(*) FROM castmerge.workbooks").fetchone() == (1,)


def _fault(place: JournalPlace) -> JournalError:
    with pytest.raises(JournalError) as caught:
        place.open()
    assert (caught.value.exit_code, bool(caught.value.hint)) == (3, True)
    assert str(place) == caught.value.place
    return caught.value


def test_a_newer_schema_is_refused(copies: Copies, database: str) -> None:
    """Nothing is changed, and the message says what to update."""
    with copies("hers").open():
        pass
    with psycopg.connect(database) as connected:
        connected.execute("UPDATE castmerge.version SET number = 99")
    assert "a newer castmerge upgraded this journal (version 99" in _fault(copies("hers")).message
    with pytest.raises(JournalError, match="newer"):
        copies("hers").exists()


def test_an_unreachable_server_is_an_error_with_a_hint(tmp_path: Path) -> None:
    """Nothing listens there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"postgresql://ana:secret@127.0.0.1:{free.getsockname()[1]}/x"
    error = _fault(at(address, tmp_path, "hers"))
    assert error.message == "the journal can't be reached"
    assert "secret" not in str(error) + error.hint


SETTINGS = [
    pytest.param("SET default_transaction_read_only = on", "this server is read-only", id="read-only"),
    pytest.param("CONNECTION LIMIT 0", "no connections left", id="out of connections"),
]


@pytest.mark.parametrize(("setting", "message"), SETTINGS)
def test_a_database_that_cannot_be_used_is_an_error_with_a_hint(
    postgres: PostgresServer, tmp_path: Path, setting: str, message: str
) -> None:
    """An account without special rights learns why."""
    address = postgres.new_database()
    name = address.rpartition("/")[2]
    with psycopg.connect(address, autocommit=True) as connected:
        connected.execute(f"CREATE ROLE r_{name} LOGIN".encode())
        connected.execute(f"GRANT CREATE ON DATABASE {name} TO r_{name}".encode())
        connected.execute(f"ALTER DATABASE {name} {setting}".encode())
    assert message in _fault(at(postgres.address(name, f"r_{name}"), tmp_path, "hers")).message


def test_an_account_without_rights_or_a_database_that_is_missing(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """Each has its own message."""
    address = postgres.new_database()
    name = address.rpartition("/")[2]
    with psycopg.connect(address, autocommit=True) as connected:
        connected.execute(f"CREATE ROLE r_{name} LOGIN".encode())
    assert "lacks permission" in _fault(at(postgres.address(name, f"r_{name}"), tmp_path, "a")).message
    assert "no such database" in _fault(at(postgres.address("missing"), tmp_path, "a")).message
    assert "refuses this account" in _fault(at(postgres.address(name, "nobody"), tmp_path, "a")).message


def test_a_restart_of_the_server_interrupts_nothing(postgres: PostgresServer, copies: Copies) -> None:
    """The connection is made again, and the run still has its records."""
    with copies("hers").open() as journal, journal.lock():
        journal.put("S", [INTENT])
        postgres.restart()
        assert not journal.put("S", [SUBMITTED])
        assert journal.videos("S") == (SUBMITTED,)


@pytest.fixture
def small_database(postgres: PostgresServer) -> Iterator[tuple[str, Path]]:
    """A database on a disk with little room, and the disk."""
    disk = postgres.folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "none", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        disk.rmdir()
        pytest.skip("no small disk can be mounted here")
    try:
        shutil.chown(disk, "postgres", "postgres")
        with psycopg.connect(postgres.address("postgres"), autocommit=True) as connected:
            connected.execute(f"CREATE TABLESPACE small LOCATION '{disk}'".encode())
            connected.execute("CREATE DATABASE small TABLESPACE small")
            yield postgres.address("small"), disk
            connected.execute("DROP DATABASE small WITH (FORCE)")
            connected.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_full_disk_of_the_server_is_an_error_and_loses_nothing(
    small_database: tuple[str, Path], tmp_path: Path
) -> None:
    """What was recorded stays, and once there's room the same run goes on."""
    address, disk = small_database
    recorded: list[Tag] = []

    def fill(journal: Journal) -> None:
        for number in range(1000):
            video = replace(SUBMITTED, tag=Tag(f"t{number}"), content=os.urandom(400_000).hex())
            assert not journal.put("S", [video])
            recorded.append(video.tag)

    with at(address, tmp_path, "hers").open() as journal, journal.lock():
        with pytest.raises(JournalError, match="the server's disk is full") as caught:
            fill(journal)
        assert caught.value.hint
        assert recorded
        # Until there's room, even reading may fail, because the server writes out other pages for it.
        subprocess.run(["mount", "-o", "remount,size=96m", disk], check=True)
        assert [video.tag for video in journal.each("S")] == recorded
        assert not journal.put("S", [COMPLETE])


def test_a_run_that_was_frozen_in_the_middle_of_a_change_repeats_it(copies: Copies, database: str) -> None:
    """The server ended the change, so that others needn't wait for it."""
    with copies("hers").open() as journal, journal.lock():
        with psycopg.connect(database, autocommit=True) as connected:
            connected.execute("CREATE SEQUENCE castmerge.changes")
            connected.execute(
                "CREATE FUNCTION castmerge.freeze() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "IF nextval('castmerge.changes') = 1 THEN RAISE EXCEPTION USING ERRCODE = '25P03'; END IF; "
                "RETURN NEW; END $$"
            )
            connected.execute(
                "CREATE TRIGGER frozen BEFORE INSERT ON castmerge.videos "
                "FOR EACH ROW EXECUTE FUNCTION castmerge.freeze()"
            )
        assert not journal.put("S", [SUBMITTED])
        assert journal.videos("S") == (SUBMITTED,)


def test_a_server_that_cannot_be_reached_when_a_run_begins_is_an_error_with_a_hint(
    copies: Copies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run keeps its lease by a connection of its own, which a busy server may not let in."""

    def refuse(_address: str) -> None:
        raise psycopg.errors.ConnectionTimeout("connection timeout expired")

    with copies("hers").open() as journal:
        monkeypatch.setitem(merge.journal.shared_database.__dict__, "connect", refuse)
        with pytest.raises(JournalError, match="can't be reached") as caught, journal.lock():
            pass
        assert caught.value.hint
