from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.model import Entry, Fingerprint, JobId, RowKey, State, Tag
from merge.plan.match import MatchedBy, Matches, RowFacts, doubled_ids, match_rows, numbered_key

BY = MatchedBy


def _row(number: int, name: str, content_id: str = "", shows: str = "", content: str = "") -> RowFacts:
    return RowFacts(number, name, content or f"all of {name}", content_id, shows)


def _video(key: str, content_id: str, job: str = "", *, generation: int = 0, content: str = "") -> Entry:
    state = State.COMPLETE if job else State.SUBMITTING
    made = Entry(
        RowKey(key),
        2,
        content or f"all of {key}",
        Fingerprint(content_id),
        Tag(f"t-{key}-{content_id}"),
        state,
    )
    return replace(made, job=JobId(job) if job else None, generation=generation)


def _jobs(matches: Matches) -> list[str]:
    return [str(video.job or "") if video else "" for video in matches.videos]


ANA, BEN = _video("ana", "Hello Ana", "v1"), _video("ben", "Hello Ben", "v2")

CASES = [
    pytest.param([_row(2, "ana", "Hello Ana", "v1")], [ANA], ["v1"], [BY.FINGERPRINT], id="unchanged"),
    pytest.param([_row(9, "ana", "Hello Ana")], [ANA], ["v1"], [BY.FINGERPRINT], id="results lost"),
    pytest.param(
        [_row(2, "ben", "Hello Ben", "v1"), _row(3, "ana", "Hello Ana", "v2")],
        [ANA, BEN],
        ["v2", "v1"],
        [BY.FINGERPRINT] * 2,
        id="sorted without the result columns",
    ),
    pytest.param(
        [_row(2, "ana", "Hello Ana", "v1"), _row(3, "cem", "Hello Cem", "v1")],
        [ANA],
        ["v1", ""],
        [BY.FINGERPRINT, None],
        id="copied row with another name",
    ),
    pytest.param(
        [_row(2, "cem", "Hello Cem", "v1"), _row(3, "ana", "Hello Ana", "v1")],
        [ANA],
        ["", "v1"],
        [None, BY.FINGERPRINT],
        id="copy above its original",
    ),
    pytest.param([_row(2, "ana2", "Hello Anna", "v1")], [ANA], ["v1"], [BY.ID], id="edited row with its id"),
    pytest.param([_row(2, "ana2", "Hello Anna")], [ANA], [""], [None], id="edited row without its id is new"),
    pytest.param(
        [_row(2, "ana", "Good day Ana")], [ANA], ["v1"], [BY.CONTENT], id="same cells, another template"
    ),
    pytest.param(
        [_row(2, "ana2", "Good day Ana", content="all of ana")],
        [ANA],
        ["v1"],
        [BY.CONTENT],
        id="same row, the template uses another column",
    ),
    pytest.param([_row(2, "ana", "", "v1")], [ANA], ["v1"], [BY.CONTENT], id="no template available"),
    pytest.param(
        [_row(2, "x", "Hello Ana", "v2"), _row(3, "x", "Hello Ana", "v1")],
        [_video("x", "Hello Ana", "v1"), _video("x-2", "Hello Ana", "v2")],
        ["v2", "v1"],
        [BY.FINGERPRINT] * 2,
        id="identical rows: the id in the cell decides",
    ),
    pytest.param(
        [_row(2, "x", "Hello Ana"), _row(3, "x", "Hello Ana")],
        [_video("x", "Hello Ana", "v1"), _video("x-2", "Hello Ana", "v2")],
        ["v1", "v2"],
        [BY.FINGERPRINT] * 2,
        id="identical rows: in order",
    ),
    pytest.param(
        [_row(2, "ana", "Hello Ana", "v1")],
        [ANA, _video("ana", "Hello Anna", "v3", generation=1)],
        ["v1"],
        [BY.FINGERPRINT],
        id="edited back: the older video matches",
    ),
    pytest.param(
        [_row(2, "ana", "Hello Ana", "v1")],
        [ANA, _video("ana", "Hello Ana", "v3", generation=1)],
        ["v3"],
        [BY.FINGERPRINT],
        id="made again: the newest generation",
    ),
    pytest.param(
        [_row(2, "cem", "Hello Cem", "v9")], [], [""], [BY.SHEET], id="an id that is only in the sheet"
    ),
]


@pytest.mark.parametrize(("rows", "videos", "jobs", "matched_by"), CASES)
def test_rows_get_the_videos_made_from_them(
    rows: list[RowFacts], videos: list[Entry], jobs: list[str], matched_by: list[MatchedBy | None]
) -> None:
    """Content decides first; the id in a cell is used only if no other row has its video."""
    matches = match_rows(rows, videos, keyed=False)
    assert _jobs(matches) == jobs
    assert list(matches.matched_by) == matched_by


def test_a_key_recognizes_an_edited_row_wherever_it_is() -> None:
    """With --key, a row with the same key and different content is the same row, edited."""
    rows = [_row(2, "ben", "Bye Ben"), _row(3, "ana", "Bye Ana", "v2")]
    matches = match_rows(rows, [ANA, BEN], keyed=True)
    assert _jobs(matches) == ["v2", "v1"]
    assert list(matches.matched_by) == [BY.KEY, BY.KEY]
    assert matches.misplaced == {1}


def test_identical_rows_are_distinguished_by_their_key() -> None:
    """Of several videos with the same content, each row gets the one with its key."""
    made = [_video("7", "Hello Ana", "v1"), _video("8", "Hello Ana", "v2")]
    rows = [_row(2, "8", "Hello Ana", "v1"), _row(3, "7", "Hello Ana", "v2")]
    assert _jobs(match_rows(rows, made, keyed=True)) == ["v2", "v1"]


def test_two_edited_copies_of_a_row_are_a_problem_that_names_both() -> None:
    """Neither matches the video, and both have its id, so nothing decides which row owns it."""
    rows = [_row(2, "a", "Hello A", "v1"), _row(3, "b", "Hello B", "v1"), _row(4, "ben", "Hello Ben")]
    matches = match_rows(rows, [ANA, BEN], keyed=False)
    assert _jobs(matches) == ["", "", "v2"]
    assert {place: problem.message.split(" ")[1] for place, problem in matches.problems.items()} == {
        0: "3",
        1: "2",
    }
    assert matches.unplaced == ()


def test_an_id_that_is_only_in_the_sheet_must_be_unique() -> None:
    """Without a journal entry, two rows with the same id are both a problem."""
    rows = [_row(2, "a", "Hello A", "v7"), _row(3, "b", "Hello B", "v7")]
    matches = match_rows(rows, [], keyed=False)
    assert set(matches.problems) == {0, 1}
    assert list(matches.matched_by) == [BY.CONTESTED, BY.CONTESTED]


def test_videos_without_a_row_are_unplaced() -> None:
    """Unconfirmed ones are too, but not older videos of an existing row, nor refused submissions."""
    refused = replace(_video("dora", "Hello Dora"), state=State.NOT_TAKEN)
    videos = [ANA, _video("ana", "Hello Anna", "v3", generation=1), BEN, _video("cem", "Hello Cem"), refused]
    matches = match_rows([_row(2, "ana", "Hello Anna")], videos, keyed=False)
    assert [video.key for video in matches.unplaced] == ["ben", "cem"]


def test_a_row_copied_to_another_sheet_keeps_its_video() -> None:
    """A video made for another sheet of the workbook isn't made again, and isn't unplaced here."""
    matches = match_rows([_row(2, "ana", "Hello Ana", "v1")], [], [ANA, BEN], keyed=False)
    assert _jobs(matches) == ["v1"]
    assert matches.unplaced == ()
    assert not matches.misplaced


def test_a_copied_row_shows_a_video_of_another_row() -> None:
    """Its result cells need to be corrected."""
    rows = [
        _row(2, "ana", "Hello Ana", "v1"),
        _row(3, "cem", "Hello Cem", "v1"),
        _row(4, "dora", "Hello Dora"),
    ]
    assert match_rows(rows, [ANA], keyed=False).misplaced == {1}


def test_keys_are_unique_and_stay_with_their_videos() -> None:
    """Two rows with videos and a new row of the same name have three different keys."""
    history = [_video("x", "Hello Ana", "v1"), _video("x", "Hello Anna", "v2", generation=1)]
    rows = [_row(2, "x", "Hello Anna"), _row(3, "x", "Hello Ana"), _row(4, "x", "Hello you")]
    matches = match_rows(rows, history, keyed=False)
    assert _jobs(matches) == ["v2", "v1", ""]
    assert matches.keys == ("x", "x-2", "x-3")


def test_keys_are_numbered_by_name() -> None:
    """The first row of a name has the name as its key."""
    assert [numbered_key("ana", n, keyed=True) for n in (1, 2)] == ["ana", "ana (2)"]
    assert [numbered_key("3f", n, keyed=False) for n in (1, 2)] == ["3f", "3f-2"]


@given(
    people=st.lists(st.text("abc", min_size=1, max_size=2), min_size=1, max_size=8),
    order=st.randoms(use_true_random=False),
    keeps_ids=st.booleans(),
    keyed=st.booleans(),
)
def test_sorting_never_mixes_up_videos(
    people: list[str], order: random.Random, keeps_ids: bool, keyed: bool
) -> None:
    """In whatever order rows come, with or without their results, each gets a video that matches it."""
    rows = [_row(number, name, f"Hello {name}", f"v{number}") for number, name in enumerate(people, start=2)]
    counts: Counter[str] = Counter()
    videos = []
    for row in rows:
        counts[row.name] += 1
        key = numbered_key(row.name, counts[row.name], keyed=keyed)
        videos.append(_video(key, row.fingerprint, row.video_id))
    shuffled = order.sample(rows, len(rows))
    if not keeps_ids:
        shuffled = [row._replace(video_id=other.video_id) for row, other in zip(shuffled, rows, strict=True)]
    matches = match_rows(shuffled, videos, keyed=keyed)
    contents = [video.fingerprint if video else "" for video in matches.videos]
    assert contents == [row.fingerprint for row in shuffled]
    assert len(set(matches.keys)) == len(rows)
    assert matches.unplaced == ()


def test_tags_are_made_from_the_current_row_name() -> None:
    """So a video that was made again after an edit is found without the journal."""
    matches = match_rows([_row(2, "anna", "Hello Anna", "v1")], [ANA], keyed=False)
    assert (matches.keys, matches.tag_keys) == (("ana",), ("anna",))


def test_an_id_given_twice_is_detected() -> None:
    """The same submission may be adopted again; another submission with its id is an error."""
    duplicate = _video("ben", "Hello Ben", "v1")
    assert doubled_ids([ANA, replace(ANA, state=State.SUBMITTED), BEN]) == {}
    assert doubled_ids([ANA, replace(duplicate, row_number=7)]) == {"v1": (2, 7)}
