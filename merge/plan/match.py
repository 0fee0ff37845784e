"""Match the rows of a sheet with the videos in the journal: by their content, never by their position.

Each step only considers what the earlier ones left:

1. Fingerprint: the row fills in exactly the project that the video was made from.
2. Key: the columns given with `--key` have the same values; the row was edited.
3. Content: the row's cells have the same values; the template or an option changed.
4. The cell's id: the journal or the service knows its video, no other row has that video, and no other row
   shows the id; the row was edited.

The rest are new rows and unplaced videos. All steps are linear in rows and videos.
"""

from __future__ import annotations

import marshal
from array import array
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, repeat
from typing import NamedTuple, cast

from merge.model import Entry, Problem, RowKey
from merge.plan.records import entry_of, entry_record
from merge.sheet.packed import HashSet, Make, Packed, repeated, repeated_hashes

GENERATIONS = 5
"""How many submissions of one content are searched for if no journal knows their number."""
NAMED_ROWS = 3
"""How many other rows a problem lists."""
_NONE = -1
_BLANK = hash("")


class MatchedBy(StrEnum):
    """What a row and its video have in common."""

    FINGERPRINT = "fingerprint"
    KEY = "key"
    CONTENT = "content"
    ID = "id"
    SHEET = "sheet"
    """The id is only in the sheet, and only in one row."""
    CONTESTED = "contested id"
    """Other rows show the same id, and nothing decides whose it is: the row has no video."""


class RowFacts(NamedTuple):
    """The facts by which a row can be recognized.

    Attributes:
        number: its number in Excel, for messages only
        name: the text of its key columns or, without `--key`, a hash of the cells that the template uses
        content: hash of all its data cells
        fingerprint: of its filled-in project; "" if it can't be filled in or no template is available
        video_id: the id in its result column, or ""
        hashed_name: hashes of its key columns' cells, for videos that were made before these were the key
    """

    number: int
    name: str
    content: str
    fingerprint: str = ""
    video_id: str = ""
    hashed_name: str = ""


@dataclass(frozen=True, slots=True)
class Matches:
    """Which row has which video; sequences are in the order of the rows.

    Attributes:
        videos: each row's video, or None for a new row
        keys: each row's key, unique within the sheet
        tag_keys: the tag of each row's next submission is made from these, also unique
        matched_by: what each row has in common with its video, or None for a new row
        problems: by position, rows whose video can't be determined
        misplaced: positions of rows whose cells show another row's video
        unplaced: videos that no row has, the latest submission of each
    """

    videos: Sequence[Entry | None]
    keys: Sequence[RowKey]
    tag_keys: Sequence[RowKey]
    matched_by: Sequence[MatchedBy | None]
    problems: Mapping[int, Problem] = field(default_factory=dict)
    misplaced: frozenset[int] = frozenset()
    unplaced: tuple[Entry, ...] = ()


def numbered_key(name: str, number: int, *, keyed: bool) -> RowKey:
    """Return the key of the n-th row with this name: `name`, then `name (2)` with `--key`, else `name-2`."""
    if number == 1:
        return RowKey(name)
    return RowKey(f"{name} ({number})" if keyed else f"{name}-{number}")


def match_rows(
    rows: Sequence[RowFacts],
    videos: Sequence[Entry],
    elsewhere: Sequence[Entry] = (),
    *,
    keyed: bool,
    hashed_names: Mapping[RowKey, str] | None = None,
) -> Matches:
    """Match the rows of one sheet.

    Args:
        rows: all data rows of the sheet, in its order
        videos: what the journal knows about this sheet, oldest first; of one key the last one counts
        elsewhere: what the journal knows about the workbook's other sheets, oldest first: a row copied to
            another sheet has its video there too, but none of these is ever unplaced
        keyed: whether names come from columns that the user gave with `--key`
        hashed_names: the key columns' values when the latest video of each key was made, as hashes
    """
    matcher = _Matcher(rows, videos, elsewhere, keyed=keyed)
    return matcher.matches(hashed_names or {})


class _Matcher:
    """The state of one matching: which row has which video so far.

    Videos are places in the two lists, those of the sheet first; of their texts, only hashes are kept.
    """

    def __init__(
        self, rows: Sequence[RowFacts], videos: Sequence[Entry], elsewhere: Sequence[Entry], *, keyed: bool
    ) -> None:
        self._rows = rows
        self._keyed = keyed
        self._videos = videos
        self._elsewhere = elsewhere
        self._keys: list[RowKey] = []
        self._fingerprints, self._contents, self._jobs = array("q"), array("q"), array("q")
        for video in chain(videos, elsewhere):
            self._keys.append(video.key)
            self._fingerprints.append(hash(video.fingerprint))
            self._contents.append(hash(video.content))
            self._jobs.append(hash(str(video.job or "")))
        self._latest = {self._keys[place]: place for place in range(len(videos))}
        self._found = array("q", repeat(_NONE, len(rows)))
        self._matched_by: list[MatchedBy | None] = [None] * len(rows)
        self._in_turn = array("L")
        self._taken = bytearray(len(self._keys))
        self._claimed: set[RowKey] = set()
        self._contested: set[RowKey] = set()
        self._problems: dict[int, Problem] = {}

    def matches(self, hashed_names: Mapping[RowKey, str]) -> Matches:
        """Carry out all steps."""
        self._by_fingerprint()
        if self._keyed:
            self._by_key()
            self._by_hashed_name(hashed_names)
        self._by_content()
        self._by_id()
        keys, tag_keys = self._keys_of_rows()
        settled = self._claimed | self._contested
        left = (self._video(place) for key, place in self._latest.items() if key not in settled)
        return Matches(
            videos=self._videos_of_rows(),
            keys=keys,
            tag_keys=tag_keys,
            matched_by=tuple(self._matched_by),
            problems=self._problems,
            misplaced=frozenset(
                place for place, row in enumerate(self._rows) if self._is_misplaced(place, row)
            ),
            unplaced=tuple(video for video in left if video.may_exist),
        )

    def _video(self, place: int) -> Entry:
        own = len(self._videos)
        return self._videos[place] if place < own else self._elsewhere[place - own]

    def _videos_of_rows(self) -> Sequence[Entry | None]:
        positions = {place: position for position, place in enumerate(self._found) if place != _NONE}
        records: list[bytes | None] = [None] * len(self._rows)
        for place, video in enumerate(chain(self._videos, self._elsewhere)) if positions else ():
            if place in positions:
                records[positions[place]] = marshal.dumps([*entry_record(video)])
        del positions
        return Packed(((record,) for record in records), cast("Make[Entry | None]", _unmarshaled))

    def _is_own(self, place: int) -> bool:
        return place < len(self._videos)

    def _match(self, position: int, place: int, by: MatchedBy) -> None:
        self._found[position] = place
        self._in_turn.append(position)
        self._matched_by[position] = by
        self._taken[place] = True
        if self._is_own(place):
            self._claimed.add(self._keys[place])

    def _left(self) -> Iterator[tuple[int, RowFacts]]:
        """The positions and facts of the rows without a video."""
        if len(self._in_turn) == len(self._rows):
            return
        for position, row in enumerate(self._rows):
            if self._found[position] == _NONE:
                yield position, row

    def _by_fingerprint(self) -> None:
        # If content was made again, the newest generation stands for all of them.
        slots = {
            hash((self._is_own(place), key, made)): place
            for place, (key, made) in enumerate(zip(self._keys, self._fingerprints, strict=True))
        }
        made = array("q", (self._fingerprints[place] for place in slots.values()))
        asked = array("q", (hash(row.fingerprint) for row in self._rows))
        several = (repeated_hashes(made) | repeated_hashes(asked)) - {_BLANK}
        only = {made: place for made, place in zip(made, slots.values(), strict=True) if made not in several}
        videos: dict[int, list[int]] = defaultdict(list)
        rows: dict[int, list[int]] = defaultdict(list)
        for place in slots.values() if several else ():
            if self._fingerprints[place] in several:
                videos[self._fingerprints[place]].append(place)
        for position, wanted in enumerate(asked) if several else ():
            if wanted in several:
                rows[wanted].append(position)
        for position, wanted in enumerate(asked):
            if wanted in rows:
                self._share(rows.pop(wanted), videos[wanted])
            elif wanted != _BLANK and wanted in only:
                self._match(position, only[wanted], MatchedBy.FINGERPRINT)

    def _share(self, positions: Sequence[int], places: Sequence[int]) -> None:
        """Assign videos of one content to the rows with that content: by key, by id, then in order."""
        if self._keyed:
            self._pair(positions, places, lambda row: row.name, lambda place: hash(self._keys[place]))
        self._pair(positions, places, lambda row: row.video_id, self._jobs.__getitem__)
        self._pair(positions, places, lambda _: "any", lambda _: hash("any"))

    def _pair(
        self,
        positions: Iterable[int],
        places: Iterable[int],
        of_row: Callable[[RowFacts], str],
        of_video: Callable[[int], int],
    ) -> None:
        waiting = _Waiting((of_video(place), place) for place in places if not self._taken[place])
        for position in positions:
            if self._found[position] == _NONE and (trait := of_row(self._rows[position])):
                place = waiting.take(trait)
                if place is not None:
                    self._match(position, place, MatchedBy.FINGERPRINT)

    def _by_key(self) -> None:
        for position, row in self._left():
            place = self._latest.get(RowKey(row.name))
            if place is not None and self._keys[place] not in self._claimed:
                self._match(position, place, MatchedBy.KEY)

    def _by_hashed_name(self, hashed_names: Mapping[RowKey, str]) -> None:
        waiting = _Waiting((hash(name), self._latest[key]) for key, name in hashed_names.items())
        for position, row in self._left() if hashed_names else ():
            free = self._next_free(waiting, row.hashed_name) if row.hashed_name else None
            if free is not None:
                self._match(position, free, MatchedBy.KEY)

    def _by_content(self) -> None:
        waiting = _Waiting(self._contents_left())
        for position, row in self._left():
            for text in filter(None, (row.content, "" if self._keyed else row.name)):
                free = self._next_free(waiting, text)
                if free is not None:
                    self._match(position, free, MatchedBy.CONTENT)
                    break

    def _contents_left(self) -> Iterator[tuple[int, int]]:
        for key, place in self._latest.items():
            if key not in self._claimed:
                yield self._contents[place], place
                if not self._keyed:
                    yield hash(_name_of(key)), place

    def _next_free(self, waiting: _Waiting, trait: str) -> int | None:
        while (place := waiting.take(trait)) is not None:
            if self._keys[place] not in self._claimed:
                return place
        return None

    def _by_id(self) -> None:
        claims: dict[str, list[int]] = defaultdict(list)
        for position, row in self._left():
            if row.video_id:
                claims[row.video_id].append(position)
        wanted = set(map(hash, claims))
        in_order = (*range(len(self._videos), len(self._jobs)), *range(len(self._videos))) if wanted else ()
        by_job = {self._jobs[place]: place for place in in_order if self._jobs[place] in wanted}
        shared = repeated(row.video_id for row in (self._rows if wanted else ()) if row.video_id)
        for video_id, positions in claims.items():
            place = by_job.get(hash(video_id))
            if place is None and hash(video_id) not in shared:
                self._matched_by[positions[0]] = MatchedBy.SHEET
            elif place is None:
                self._contest(positions, [p for p, row in enumerate(self._rows) if row.video_id == video_id])
            elif not self._is_taken(place):
                self._edited(place, positions)

    def _is_taken(self, place: int) -> bool:
        return bool(self._taken[place]) or (self._is_own(place) and self._keys[place] in self._claimed)

    def _edited(self, place: int, positions: Sequence[int]) -> None:
        if len(positions) > 1:
            self._contested.add(self._keys[place])
            self._contest(positions, positions)
            return
        latest = self._latest[self._keys[place]] if self._is_own(place) else place
        self._match(positions[0], latest, MatchedBy.ID)

    def _contest(self, positions: Iterable[int], shown_by: Sequence[int]) -> None:
        for position in positions:
            others = [self._rows[other].number for other in shown_by if other != position]
            self._problems[position] = contested_id(others[:NAMED_ROWS])
            self._matched_by[position] = MatchedBy.CONTESTED

    def _keys_of_rows(self) -> tuple[Sequence[RowKey], Sequence[RowKey]]:
        """The keys of all rows, and what their next tags are made from.

        A row has its video's own key, if no other row has it; new rows are numbered past all known keys. Tags
        are made from the current name of a row, so that they can be found without the journal.
        """
        keys: list[RowKey | None] = [None] * len(self._rows)
        used: set[RowKey] = set()
        for position in self._in_turn:
            place = self._found[position]
            key = self._keys[place]
            if self._is_own(place) and key not in used:
                keys[position] = key
                used.add(key)
        used |= self._latest.keys()
        # Most rows have a name of their own, which needs no number and no bookkeeping.
        names = HashSet(lambda: (row.name for row in self._rows))
        shared = repeated(row.name for row in self._rows)
        numbers: dict[str, int] = defaultdict(lambda: 1)

        def new_key(name: str) -> RowKey:
            if hash(name) not in shared and name not in used:
                return RowKey(name)
            while (key := numbered_key(name, numbers[name], keyed=self._keyed)) in used or (
                key != name and key in names
            ):
                numbers[name] += 1
            used.add(key)
            return key

        in_order = [key or new_key(row.name) for key, row in zip(keys, self._rows, strict=True)]
        tags = [
            key if self._is_of(row.name, key) else new_key(row.name)
            for key, row in zip(in_order, self._rows, strict=True)
        ]
        return tuple(in_order), tuple(tags)

    def _is_of(self, name: str, key: RowKey) -> bool:
        """Whether a key was made from this name."""
        return key == name or (key.startswith(f"{name} (") if self._keyed else _name_of(key) == name)

    def _is_misplaced(self, position: int, row: RowFacts) -> bool:
        if not row.video_id or self._matched_by[position] is MatchedBy.SHEET or position in self._problems:
            return False
        place = self._found[position]
        return place == _NONE or hash(row.video_id) != self._jobs[place]


class _Waiting:
    """Places of videos by a hash of what they have in common with a row; the first ones are taken first."""

    def __init__(self, videos: Iterable[tuple[int, int]]) -> None:
        self._next: dict[int, int] = {}
        self._later: dict[int, deque[int]] = {}
        for trait, place in videos:
            if self._next.setdefault(trait, place) != place:
                self._later.setdefault(trait, deque()).append(place)

    def take(self, trait: str) -> int | None:
        """Take a video with this trait, or None."""
        wanted = hash(trait)
        place = self._next.pop(wanted, None)
        if later := self._later.get(wanted):
            self._next[wanted] = later.popleft()
        return place


def _unmarshaled(record: bytes | None) -> Entry | None:
    return None if record is None else entry_of(*marshal.loads(record))  # noqa: S302 - our own


def _name_of(key: RowKey) -> str:
    """The hash that a key without `--key` was made from."""
    return key.partition("-")[0]


def doubled_ids(videos: Iterable[Entry]) -> Mapping[str, tuple[int, ...]]:
    """Return the ids that the service gave to several submissions, with the numbers of their rows."""
    rows: dict[str, dict[str, int]] = defaultdict(dict)
    for video in videos:
        if video.job and video.tag:
            rows[str(video.job)][video.tag] = video.row_number
    return {job: tuple(sorted(set(of.values()))) for job, of in rows.items() if len(of) > 1}


def doubled_id(rows: Sequence[int]) -> Problem:
    """The problem of rows that the service gave one video id."""
    named = f"rows {', '.join(map(str, rows[:-1]))} and {rows[-1]}" if len(rows) > 1 else f"row {rows[0]}"
    return Problem(
        f"AI Studios gave {named} the same video ID, so castmerge can't tell whose video it is",
        hint="Look at the video in AI Studios. For the other rows, choose Try again in castmerge",
    )


def contested_id(others: Sequence[int]) -> Problem:
    """The problem of a row whose video id is also in other rows, if nothing decides which row owns it."""
    named = f"row {others[0]}" if len(others) == 1 else f"rows {', '.join(map(str, others))}"
    verb = "shows" if len(others) == 1 else "show"
    return Problem(
        f"{named} {verb} the same video ID, so castmerge can't tell whose video it is",
        hint="Clear Video ID and Video Status in the rows that the video wasn't made for",
    )
