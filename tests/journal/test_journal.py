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
from merge.journal import HistoryRecord, Journal
from merge.model import JSON, Entry, Fingerprint, JobId, Problem, RowKey, State, Tag

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
    return Entry(RowKey(key), number, "content", Fingerprint("f"), Tag("t"), state, job=known)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal will be, in a folder that is not there yet."""
    return tmp_path / ".castmerge" / "Kunden März.xlsx.db"


@settings(deadline=None)
@given(told=st.lists(entries, max_size=6))
def test_every_entry_comes_back_equal(told: list[Entry]) -> None:
    """What was put is there after the file was closed and opened again, the last word on each key."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "j.db"
        with Journal.open(path) as journal:
            journal.put("S", told)
        with Journal.open(path, create=False) as journal:
            assert journal.entries("S") == {line.key: line for line in told}
            assert journal.entries("s") == {}


def test_times_are_kept_in_utc(path: Path) -> None:
    """A time of another zone is the same moment in UTC; a time without a zone is UTC; the text ends in Z."""
    elsewhere = START.astimezone(timezone(timedelta(hours=9)))
    told = replace(entry("a"), submitted_at=elsewhere, completed_at=START.replace(tzinfo=None))
    with Journal.open(path) as journal:
        journal.put_one("S", told)
        found = journal.entries("S")[RowKey("a")]
    assert (found.submitted_at, found.completed_at) == (START, START)
    database = sqlite3.connect(path)
    assert database.execute("SELECT submitted_at FROM entries").fetchone() == ("2026-01-05T12:00:00Z",)
    database.close()


def test_entries_come_in_the_order_of_the_rows(path: Path) -> None:
    """A listing follows the sheet, whatever was recorded first."""
    with Journal.open(path) as journal:
        journal.put("S", (entry(key, number) for key, number in [("c", 9), ("a", 10), ("b", 2)]))
        assert list(journal.entries("S")) == ["b", "c", "a"]


def test_many_entries_are_recorded_at_once_or_not_at_all(path: Path) -> None:
    """A batch with an entry that cannot be kept leaves nothing behind, and the journal goes on."""
    with Journal.open(path) as journal:
        with pytest.raises(JournalError, match="half a character"):
            journal.put("S", [entry("a"), entry("\ud800")])
        assert journal.entries("S") == {}
        journal.put("S", [])
        journal.put_one("S", entry("a"))
        assert list(journal.entries("S")) == ["a"]


def test_history_never_forgets_a_video(path: Path) -> None:
    """A row that was asked for again keeps the id of its older video, with the time."""
    now = START

    def clock() -> datetime:
        return now

    first = entry("a", state=State.COMPLETE, job="p1")
    with Journal.open(path, clock=clock) as journal:
        journal.put_one("S", first)
        now = START + timedelta(minutes=5)
        journal.put("S", [replace(first, job=JobId("p2"), generation=1), entry("b")])
        assert journal.history("S", RowKey("a")) == (
            HistoryRecord(RowKey("a"), START, State.COMPLETE, JobId("p1"), 0),
            HistoryRecord(RowKey("a"), now, State.COMPLETE, JobId("p2"), 1),
        )
        assert journal.history("T", RowKey("a")) == ()


def test_a_row_whose_key_changed_keeps_its_history(path: Path) -> None:
    """The entry moves to the new key with everything that was recorded of it."""
    with Journal.open(path) as journal:
        journal.put_one("S", entry("old", state=State.SUBMITTED, job="p1"))
        journal.rekey("S", RowKey("old"), entry("new", state=State.COMPLETE, job="p1"))
        assert list(journal.entries("S")) == ["new"]
        assert [moment.state for moment in journal.history("S", RowKey("new"))] == ["submitted", "complete"]
        assert journal.history("S", RowKey("old")) == ()
        journal.rekey("S", RowKey("new"), entry("new", number=7))
        journal.rekey("S", RowKey("unknown"), entry("other"))
        assert {key: line.row_number for key, line in journal.entries("S").items()} == {"other": 2, "new": 7}


def test_a_key_that_is_taken_is_not_taken_over(path: Path) -> None:
    """A row never pushes another row's entry out, since that would forget a video that was paid for."""
    with Journal.open(path) as journal:
        journal.put("S", [entry("a", job="p1"), entry("b", job="p2")])
        with pytest.raises(JournalError, match="key of another row"):
            journal.rekey("S", RowKey("a"), entry("b"))
        assert [line.job for line in journal.entries("S").values()] == ["p1", "p2"]


def test_written_rows_are_marked(path: Path) -> None:
    """Only the named rows of the named sheet change, and unknown ones do no harm."""
    with Journal.open(path) as journal:
        for sheet in ("S", "T"):
            journal.put(sheet, [entry("a"), entry("b")])
        journal.mark_written("S", [RowKey("a"), RowKey("unknown")], written=True)
        assert {key: line.written for key, line in journal.entries("S").items()} == {"a": True, "b": False}
        assert not any(line.written for line in journal.entries("T").values())
        journal.mark_written("S", iter([RowKey("a")]), written=False)
        assert not journal.entries("S")[RowKey("a")].written


@settings(deadline=None)
@given(
    told=st.dictionaries(
        texts,
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
            max_leaves=6,
        ),
        max_size=4,
    )
)
def test_what_was_settled_for_a_sheet_comes_back(told: dict[str, JSON]) -> None:
    """Settings are kept as they are, the last ones hold."""
    with TemporaryDirectory() as folder, Journal.open(Path(folder) / "j.db") as journal:
        journal.save_sheet("S", {"old": True})
        journal.save_sheet("S", told)
        assert journal.load_sheet("S") == told


def test_sheets_are_known_by_name(path: Path) -> None:
    """Each sheet has its own settings; one that was never seen has none."""
    with Journal.open(path) as journal:
        assert journal.sheets() == ()
        journal.save_sheet("Zwei", {"key": ["email"]})
        journal.save_sheet("Eins", {})
        assert journal.sheets() == ("Eins", "Zwei")
        assert journal.load_sheet("Eins") == {}
        assert journal.load_sheet("Drei") is None


def test_an_open_journal_can_be_read_by_another_process(path: Path) -> None:
    """Status reads while a run holds the lock and goes on writing."""
    with Journal.open(path) as journal, journal.lock():
        journal.put_one("S", entry("a"))
        with Journal.open(path, create=False) as reader:
            assert list(reader.entries("S")) == ["a"]
        journal.put_one("S", entry("b"))


def test_closing_twice_is_harmless(path: Path) -> None:
    """A journal may be closed by its block and by hand."""
    with Journal.open(path) as journal:
        journal.close()


def test_a_closed_journal_is_a_fault_and_no_damage(path: Path) -> None:
    """Using a journal after its end is not blamed on the file."""
    journal = Journal.open(path)
    journal.close()
    with pytest.raises(sqlite3.ProgrammingError):
        journal.entries("S")
