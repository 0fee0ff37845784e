from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import TypeAlias
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merge.errors import JournalError
from merge.journal import JournalPlace, SharedWorkbook, SqliteFile, shared_journal
from merge.model import JSON, Entry, Fingerprint, JobId, Problem, RowKey, SheetVideos, State, Tag
from tests.support.postgres import PostgresServer

START = datetime(2026, 1, 5, 12, tzinfo=UTC)

times = st.none() | st.datetimes(timezones=st.just(UTC))
# PostgreSQL stores no null character, which no cell can have.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
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
    written=st.integers(0, 9),
)


def entry(key: str, number: int = 2, state: State = State.SUBMITTING, job: str | None = None) -> Entry:
    known = JobId(job) if job else None
    return Entry(
        RowKey(key), number, "content", Fingerprint("f"), Tag(f"{uuid4().hex}-{key}"), state, job=known
    )


NewPlace: TypeAlias = Callable[[], JournalPlace]


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def new_place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewPlace:
    """Makes places of new journals, in a folder that doesn't exist yet, or in one database."""
    folder, numbers = tmp_path_factory.mktemp("journals"), count()
    if request.param == "SQLite":
        return lambda: SqliteFile(folder / f"{next(numbers)}" / "Kunden März.xlsx.db")
    server = request.getfixturevalue("postgres")
    assert isinstance(server, PostgresServer)
    address = server.new_database()

    def shared() -> JournalPlace:
        path = folder / f"{next(numbers)}" / "Kunden März.xlsx"
        return shared_journal(address, SharedWorkbook(path, practice=False, lock=path.with_suffix(".db")))

    return shared


@pytest.fixture
def place(new_place: NewPlace) -> JournalPlace:
    """The place of a new journal."""
    return new_place()


@settings(deadline=None, max_examples=30)
@given(put=st.lists(entries, max_size=6, unique_by=lambda entry: entry.tag))
def test_every_entry_is_read_back(new_place: NewPlace, put: list[Entry]) -> None:
    """All entries are there after the file was closed and reopened, and so is the latest of each key."""
    once = uuid4().hex  # a shared journal refuses what another of its workbooks has sent
    put = [replace(entry, tag=Tag(f"{once}{entry.tag}")) for entry in put]
    place = new_place()
    with place.open() as journal:
        journal.put("S", put)
    with place.open(create=False) as journal:
        assert journal.videos("S") == tuple(put)
        assert journal.entries("S") == {entry.key: entry for entry in put}
        assert journal.known("s") == SheetVideos((), tuple(put))
        assert journal.entries("s") == {}


def test_times_are_kept_in_utc(place: JournalPlace) -> None:
    """A time in another zone is converted, and a time without a zone counts as UTC."""
    elsewhere = START.astimezone(timezone(timedelta(hours=9)))
    given = replace(entry("a"), submitted_at=elsewhere, completed_at=START.replace(tzinfo=None))
    with place.open() as journal:
        journal.put("S", [given])
        found = journal.entries("S")[RowKey("a")]
    assert (found.submitted_at, found.completed_at) == (START, START)


def test_entries_come_in_the_order_of_the_rows(place: JournalPlace) -> None:
    """The order of recording doesn't matter."""
    with place.open() as journal:
        journal.put("S", (entry(key, number) for key, number in [("c", 9), ("a", 10), ("b", 2)]))
        assert list(journal.entries("S")) == ["b", "c", "a"]


def test_many_entries_are_recorded_together_or_not_at_all(place: JournalPlace) -> None:
    """A batch with an entry that can't be stored records nothing, and the journal stays usable."""
    with place.open() as journal:
        with pytest.raises(JournalError, match="half a character"):
            journal.put("S", [entry("a"), entry("\ud800")])
        assert journal.entries("S") == {}
        journal.put("S", [])
        journal.put("S", [entry("a")])
        assert list(journal.entries("S")) == ["a"]


def test_written_rows_are_marked(place: JournalPlace) -> None:
    """Only videos of the given sheet change, each by the first write-back that had its id."""
    with place.open() as journal:
        for sheet in ("S", "T"):
            journal.put(sheet, [entry("a", job="v1"), entry("b", job="v2"), entry("c")])
        journal.mark_written("S", {"v1", "unknown"})
        assert {key: line.written for key, line in journal.entries("S").items()} == {"a": 1, "b": 0, "c": 0}
        journal.mark_written("S", {"v1", "v2"})
        assert {key: line.written for key, line in journal.entries("S").items()} == {"a": 1, "b": 2, "c": 0}
        assert not any(line.written for line in journal.entries("T").values())


def test_every_written_row_is_marked_in_a_large_sheet(place: JournalPlace) -> None:
    """However many there are, all of them are marked by one write-back."""
    many = [entry(f"k{number}", number, job=f"v{number}") for number in range(2100)]
    with place.open() as journal:
        journal.put("S", many)
        journal.mark_written("S", {f"v{number}" for number in range(0, 2100, 2)})
        assert [video.written for video in journal.each("S")] == [1, 0] * 1050


def test_a_submission_is_never_overwritten_by_another(place: JournalPlace) -> None:
    """Each tag has its own record; recording it again updates the same submission."""
    first = replace(entry("a", job="v1", state=State.COMPLETE), tag=Tag("one"))
    second = replace(entry("a"), tag=Tag("two"), generation=1)
    with place.open() as journal:
        journal.put("S", [first])
        journal.put("S", [second])
        made = replace(second, job=JobId("v2"), state=State.COMPLETE)
        journal.put("S", [made])
        assert journal.videos("S") == (first, made)
        assert journal.entries("S") == {"a": made}


def test_the_stamp_is_the_newest_written_time(place: JournalPlace) -> None:
    """Each sheet has its own, and a write-back without a time keeps it."""
    with place.open() as journal:
        assert journal.stamp("S") is None
        journal.mark_written("S", (), START)
        journal.mark_written("S", ())
        journal.mark_written("T", (), START + timedelta(seconds=1))
        assert journal.stamp("S") == START


@settings(deadline=None, max_examples=30)
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
def test_a_sheets_settings_are_read_back(new_place: NewPlace, saved: dict[str, JSON]) -> None:
    """The last settings replace earlier ones."""
    with new_place().open() as journal:
        journal.save_sheet("S", {"old": True})
        journal.save_sheet("S", saved)
        assert journal.load_sheet("S") == saved


def test_sheets_are_known_by_name(place: JournalPlace) -> None:
    """Each sheet has its own settings, and an unknown sheet has none."""
    with place.open() as journal:
        assert journal.sheets() == ()
        journal.save_sheet("Zwei", {"key": ["email"]})
        journal.save_sheet("Eins", {})
        assert journal.sheets() == ("Eins", "Zwei")
        assert journal.load_sheet("Eins") == {}
        assert journal.load_sheet("Drei") is None


def test_an_open_journal_can_be_read_by_another_process(place: JournalPlace) -> None:
    """Another process can read while a run holds the lock and keeps writing."""
    with place.open() as journal, journal.lock():
        journal.put("S", [entry("a")])
        with place.open(create=False) as reader:
            assert list(reader.entries("S")) == ["a"]
        journal.put("S", [entry("b")])
