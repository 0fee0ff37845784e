from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from merge.errors import JournalError
from merge.journal import SqliteJournal
from merge.journal.schema import one_number
from merge.journal.sqlite import file_system_of, is_on_local_drive
from merge.model import Entry, Fingerprint, RowKey, State, Tag
from tests.support.paths import ROOT

MOUNTS = """
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
23 22 0:21 / /proc rw,nosuid - proc proc rw
30 22 0:40 / /home rw,relatime shared:2 master:3 - nfs4 server:/home rw,vers=4.2
31 30 254:3 / /home/ana/disk rw,relatime - xfs /dev/vdb rw
32 22 0:41 / /mnt/Team\\040Share rw,relatime - cifs //server/team rw
33 22 0:42 / /srv rw,relatime - tmpfs tmpfs rw
34 22 0:43 / /srv rw,relatime - fuse.sshfs server:/srv rw
""".strip().splitlines()


def entry(key: str) -> Entry:
    return Entry(RowKey(key), 2, "c", Fingerprint("f"), Tag(key), State.SUBMITTING)


def mode(journal: SqliteJournal) -> tuple[str, int]:
    database = journal._database  # noqa: SLF001 - a setting of the connection, not of the file
    return database.execute("PRAGMA journal_mode").fetchone()[0], one_number(database, "PRAGMA synchronous")


@contextmanager
def opened(path: Path, *, local_drive: bool) -> Iterator[SqliteJournal]:
    with SqliteJournal.open(path, on_local_drive=lambda _: local_drive) as journal:
        yield journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with one entry."""
    path = tmp_path / "j.db"
    with SqliteJournal.open(path) as journal:
        journal.put("S", [entry("a")])
    return path


@pytest.fixture
def killed(path: Path) -> Path:
    """A journal whose run was killed while it wrote to a local drive."""
    code = """
import os, signal, sys
from pathlib import Path
from merge.journal import SqliteJournal
from merge.model import Entry, Fingerprint, RowKey, State, Tag
with SqliteJournal.open(Path(sys.argv[1]), on_local_drive=lambda _: True) as journal, journal.lock():
    for key in map(str, range(500)):
        journal.put("S", [Entry(RowKey(key), 2, "c", Fingerprint("f"), Tag(key), State.SUBMITTING)])
    os.kill(os.getpid(), signal.SIGKILL)
"""
    ran = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=False)
    assert ran.returncode == -signal.SIGKILL
    assert log_of(path).stat().st_size > 0
    return path


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


@pytest.mark.parametrize(
    ("local_drive", "while_a_run_writes"),
    [pytest.param(True, "wal", id="local drive"), pytest.param(False, "truncate", id="network drive")],
)
def test_a_change_is_synced_to_the_disk(path: Path, *, local_drive: bool, while_a_run_writes: str) -> None:
    """Both modes survive a power cut; only a run on a local drive uses the one that needs shared memory."""
    with opened(path, local_drive=local_drive) as journal:
        assert mode(journal) == ("truncate", 3)
        with journal.lock():
            assert mode(journal) == (while_a_run_writes, 3)
            journal.put("S", [entry("b")])
        assert mode(journal) == ("truncate", 3)


def test_after_a_run_the_journal_is_a_single_file(path: Path) -> None:
    """It can be copied to another computer or a network drive without other files."""
    with opened(path, local_drive=True) as journal, journal.lock():
        journal.put("S", [entry("b")])
    assert [found.name for found in path.parent.iterdir() if found.stat().st_size] == ["j.db"]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.parametrize("local_drive", [True, False], ids=["same drive", "moved to a network drive"])
def test_the_log_of_a_killed_run_is_recovered(killed: Path, *, local_drive: bool) -> None:
    """A reader and the next run find all entries, wherever the folder is now."""
    with opened(killed, local_drive=local_drive) as journal:
        assert len(journal.entries("S")) == 501
        with journal.lock():
            assert mode(journal) == ("wal" if local_drive else "truncate", 3)
            assert len(journal.entries("S")) == 501
            journal.put("S", [entry("b")])
    assert not log_of(killed).exists()
    with SqliteJournal.open(killed) as journal:
        assert len(journal.entries("S")) == 502


def test_a_deleted_journal_is_not_restored_from_its_log(killed: Path) -> None:
    """A partial journal would look complete, so deleting it deletes everything."""
    killed.unlink()
    with SqliteJournal.open(killed) as journal:
        assert journal.entries("S") == {}


def test_a_reader_sees_what_a_run_records(path: Path) -> None:
    """A reader that stays open doesn't stop the run from finishing."""
    with opened(path, local_drive=True) as reader:
        with opened(path, local_drive=True) as journal, journal.lock():
            journal.put("S", [entry("b")])
            assert set(reader.entries("S")) == {"a", "b"}
        assert set(reader.entries("S")) == {"a", "b"}
    assert not log_of(path).exists()
    with opened(path, local_drive=False) as journal, journal.lock():
        assert mode(journal) == ("truncate", 3)


def test_a_full_disk_stops_a_run_on_its_local_drive(path: Path) -> None:
    """The error says that the disk is full, and earlier entries are kept, also after the run."""
    with opened(path, local_drive=True) as journal:
        with journal.lock():
            pages = one_number(journal._database, "PRAGMA page_count")  # noqa: SLF001 - stands in for a full disk
            journal._database.execute(f"PRAGMA max_page_count = {pages}")  # noqa: SLF001 - same
            with pytest.raises(JournalError, match="disk is full"):
                journal.put("S", [entry(str(number) * 500) for number in range(100)])
        assert list(journal.entries("S")) == ["a"]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        pytest.param("/data/campaign", "ext4", id="the root's drive"),
        pytest.param("/home/ana", "nfs4", id="a network drive"),
        pytest.param("/home/ana/disk/spring", "xfs", id="a disk below a network drive"),
        pytest.param("/home/ana/disk2", "nfs4", id="a name with the same beginning"),
        pytest.param("/mnt/Team Share", "cifs", id="a space in the name"),
        pytest.param("/srv/x", "fuse.sshfs", id="one mounted over another"),
    ],
)
def test_the_deepest_mount_decides_the_file_system(folder: str, name: str) -> None:
    """Of two mounts with the same depth, the later one counts."""
    assert file_system_of(Path(folder), MOUNTS) == name


def test_without_a_mount_the_file_system_is_unknown() -> None:
    """The mode for network drives is used for an unknown file system."""
    assert file_system_of(Path("/data"), []) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists mounts")
def test_shared_memory_is_a_local_drive(tmp_path: Path) -> None:
    """The target of a link decides, not the folder that has the link."""
    assert is_on_local_drive(Path("/dev/shm/j.db"))  # noqa: S108 - nothing is written there
    assert not is_on_local_drive(Path("/proc/j.db"))
    (tmp_path / "j.db").symlink_to("/proc/j.db")
    assert not is_on_local_drive(tmp_path / "j.db")
