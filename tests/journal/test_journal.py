from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merge.errors import JournalError
from merge.journal import SqliteJournal
from merge.model import JSON, Entry, Fingerprint, JobId, Problem, RowKey, SheetVideos, State, Tag

START = datetime(2026, 1, 5, 12, tzinfo=UTC)

times = st.none() | st.datetimes(timezones=st.just(UTC))
texts = st.text(max_size=30)
entries = st.builds(
    Entry,
    key=texts.map(RowKey),
    row_number=st.integers(1, 2**20),
    content=texts,
    fingerprint=texts.map(Fingerprint),
    tag=texts.map(Tag),
    state=st.sampled_from(State),
    generation=st.integers(0, 1000),
    job=st.none() | texts.map(JobId),
    video_url=st.none() | texts,
    problem=st.none() | st.builds(Problem, texts, texts, texts),
    credits=st.none() | st.floats(allow_nan=False),
    submitted_at=times,
    completed_at=times,
    written=st.booleans(),
)


def entry(key: str, number: int = 2, state: State = State.SUBMITTING, job: str | None = None) -> Entry:
    known = JobId(job) if job else None
    return Entry(RowKey(key), number, "content", Fingerprint("f"), Tag(f"t-{key}"), state, job=known)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The path of a new journal, in a folder that doesn't exist yet."""
    return tmp_path / ".castmerge" / "Kunden März.xlsx.db"


@settings(deadline=None)
@given(put=st.lists(entries, max_size=6, unique_by=lambda entry: entry.tag))
def test_every_entry_is_read_back(put: list[Entry]) -> None:
    """All entries are there after the file was closed and reopened, and so is the latest of each key."""
    put = [replace(entry, tag=Tag(f"t{entry.tag}")) for entry in put]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "j.db"
        with SqliteJournal.open(path) as journal:
            journal.put("S", put)
        with SqliteJournal.open(path, create=False) as journal:
            assert journal.videos("S") == tuple(put)
            assert journal.entries("S") == {entry.key: entry for entry in put}
            assert journal.known("s") == SheetVideos((), tuple(put))
            assert journal.entries("s") == {}


def test_times_are_kept_in_utc(path: Path) -> None:
    """A time in another zone is converted, a time without a zone counts as UTC, and the text ends in Z."""
    elsewhere = START.astimezone(timezone(timedelta(hours=9)))
    given = replace(entry("a"), submitted_at=elsewhere, completed_at=START.replace(tzinfo=None))
    with SqliteJournal.open(path) as journal:
        journal.put("S", [given])
        found = journal.entries("S")[RowKey("a")]
    assert (found.submitted_at, found.completed_at) == (START, START)
    database = sqlite3.connect(path)
    assert database.execute("SELECT submitted_at FROM videos").fetchone() == ("2026-01-05T12:00:00Z",)
    database.close()


def test_entries_come_in_the_order_of_the_rows(path: Path) -> None:
    """The order of recording doesn't matter."""
    with SqliteJournal.open(path) as journal:
        journal.put("S", (entry(key, number) for key, number in [("c", 9), ("a", 10), ("b", 2)]))
        assert list(journal.entries("S")) == ["b", "c", "a"]


def test_many_entries_are_recorded_together_or_not_at_all(path: Path) -> None:
    """A batch with an entry that can't be stored records nothing, and the journal stays usable."""
    with SqliteJournal.open(path) as journal:
        with pytest.raises(JournalError, match="half a character"):
            journal.put("S", [entry("a"), entry("\ud800")])
        assert journal.entries("S") == {}
        journal.put("S", [])
        journal.put("S", [entry("a")])
        assert list(journal.entries("S")) == ["a"]


def test_written_rows_are_marked(path: Path) -> None:
    """Only videos of the given sheet change, each by the first write-back that had its id."""
    with SqliteJournal.open(path) as journal:
        for sheet in ("S", "T"):
            journal.put(sheet, [entry("a", job="v1"), entry("b", job="v2"), entry("c")])
        journal.mark_written("S", {"v1", "unknown"})
        assert {key: line.written for key, line in journal.entries("S").items()} == {"a": 1, "b": 0, "c": 0}
        journal.mark_written("S", {"v1", "v2"})
        assert {key: line.written for key, line in journal.entries("S").items()} == {"a": 1, "b": 2, "c": 0}
        assert not any(line.written for line in journal.entries("T").values())


def test_every_written_row_is_marked_in_a_large_sheet(path: Path) -> None:
    """However many there are, all of them are marked by one write-back."""
    many = [entry(f"k{number}", number, job=f"v{number}") for number in range(2500)]
    with SqliteJournal.open(path) as journal:
        journal.put("S", many)
        journal.mark_written("S", {f"v{number}" for number in range(0, 2500, 2)})
        assert [video.written for video in journal.each("S")] == [1, 0] * 1250


def test_a_submission_is_never_overwritten_by_another(path: Path) -> None:
    """Each tag has its own record; recording it again updates the same submission."""
    first = replace(entry("a", job="v1", state=State.COMPLETE), tag=Tag("one"))
    second = replace(entry("a"), tag=Tag("two"), generation=1)
    with SqliteJournal.open(path) as journal:
        journal.put("S", [first])
        journal.put("S", [second])
        made = replace(second, job=JobId("v2"), state=State.COMPLETE)
        journal.put("S", [made])
        assert journal.videos("S") == (first, made)
        assert journal.entries("S") == {"a": made}


def test_the_stamp_is_the_newest_written_time(path: Path) -> None:
    """Each sheet has its own, and a write-back without a time keeps it."""
    with SqliteJournal.open(path) as journal:
        assert journal.stamp("S") is None
        journal.mark_written("S", (), START)
        journal.mark_written("S", ())
        journal.mark_written("T", (), START + timedelta(seconds=1))
        assert journal.stamp("S") == START


@settings(deadline=None)
@given(
    saved=st.dictionaries(
        texts,
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
            max_leaves=6,
        ),
        max_size=4,
    )
)
def test_a_sheets_settings_are_read_back(saved: dict[str, JSON]) -> None:
    """The last settings replace earlier ones."""
    with TemporaryDirectory() as folder, SqliteJournal.open(Path(folder) / "j.db") as journal:
        journal.save_sheet("S", {"old": True})
        journal.save_sheet("S", saved)
        assert journal.load_sheet("S") == saved


def test_sheets_are_known_by_name(path: Path) -> None:
    """Each sheet has its own settings, and an unknown sheet has none."""
    with SqliteJournal.open(path) as journal:
        assert journal.sheets() == ()
        journal.save_sheet("Zwei", {"key": ["email"]})
        journal.save_sheet("Eins", {})
        assert journal.sheets() == ("Eins", "Zwei")
        assert journal.load_sheet("Eins") == {}
        assert journal.load_sheet("Drei") is None


def test_an_open_journal_can_be_read_by_another_process(path: Path) -> None:
    """Another process can read while a run holds the lock and keeps writing."""
    with SqliteJournal.open(path) as journal, journal.lock():
        journal.put("S", [entry("a")])
        with SqliteJournal.open(path, create=False) as reader:
            assert list(reader.entries("S")) == ["a"]
        journal.put("S", [entry("b")])


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
