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

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from merge.model import Entry, Problem, RowKey
from merge.packed import HashSet, repeated

GENERATIONS = 5
"""How many submissions of one content are searched for if no journal knows their number."""
NAMED_ROWS = 3
"""How many other rows a problem lists."""


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


@dataclass(frozen=True, slots=True)
class RowFacts:
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

    videos: tuple[Entry | None, ...]
    keys: tuple[RowKey, ...]
    tag_keys: tuple[RowKey, ...]
    matched_by: tuple[MatchedBy | None, ...]
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
    videos: Iterable[Entry],
    elsewhere: Iterable[Entry] = (),
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
    matcher = _Matcher(rows, tuple(videos), tuple(elsewhere), keyed=keyed)
    return matcher.matches(hashed_names or {})


class _Matcher:
    """The state of one matching: which row has which video so far."""

    def __init__(
        self, rows: Sequence[RowFacts], videos: Sequence[Entry], elsewhere: Sequence[Entry], *, keyed: bool
    ) -> None:
        self._rows = rows
        self._keyed = keyed
        self._latest = {video.key: video for video in videos}
        self._own = {id(video) for video in videos}
        # If content was made again, the newest generation stands for all of them.
        slots = {(True, video.key, video.fingerprint): video for video in elsewhere}
        self._slots = {(False, video.key, video.fingerprint): video for video in videos} | slots
        self._by_job = {str(video.job): video for video in (*elsewhere, *videos) if video.job}
        self._found: dict[int, Entry] = {}
        self._matched_by: dict[int, MatchedBy] = {}
        self._taken: set[int] = set()
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
        positions = range(len(self._rows))
        keys, tag_keys = self._keys()
        settled = self._claimed | self._contested
        return Matches(
            videos=tuple(self._found.get(position) for position in positions),
            keys=keys,
            tag_keys=tag_keys,
            matched_by=tuple(self._matched_by.get(position) for position in positions),
            problems=self._problems,
            misplaced=frozenset(filter(self._is_misplaced, positions)),
            unplaced=tuple(
                video for key, video in self._latest.items() if key not in settled and video.may_exist
            ),
        )

    def _match(self, position: int, video: Entry, by: MatchedBy) -> None:
        self._found[position] = video
        self._matched_by[position] = by
        self._taken.add(id(video))
        if id(video) in self._own:
            self._claimed.add(video.key)

    def _left(self) -> list[int]:
        return [position for position in range(len(self._rows)) if position not in self._found]

    def _by_fingerprint(self) -> None:
        made: dict[str, list[Entry]] = defaultdict(list)
        for video in self._slots.values():
            made[video.fingerprint].append(video)
        rows: dict[str, list[int]] = defaultdict(list)
        for position, row in enumerate(self._rows):
            if row.fingerprint and row.fingerprint in made:
                rows[row.fingerprint].append(position)
        for text, positions in rows.items():
            self._share(positions, made[text])

    def _share(self, positions: Sequence[int], videos: Sequence[Entry]) -> None:
        """Assign videos of one content to the rows with that content: by key, by id, then in order."""
        if len(positions) == len(videos) == 1:
            self._match(positions[0], videos[0], MatchedBy.FINGERPRINT)
            return
        if self._keyed:
            self._pair(positions, videos, lambda row: row.name, lambda video: str(video.key))
        self._pair(positions, videos, lambda row: row.video_id, lambda video: str(video.job or ""))
        self._pair(positions, videos, lambda _: "any", lambda _: "any")

    def _pair(
        self,
        positions: Iterable[int],
        videos: Iterable[Entry],
        of_row: Callable[[RowFacts], str],
        of_video: Callable[[Entry], str],
    ) -> None:
        waiting: dict[str, deque[Entry]] = defaultdict(deque)
        for video in videos:
            if id(video) not in self._taken:
                waiting[of_video(video)].append(video)
        for position in positions:
            if position in self._found or not (trait := of_row(self._rows[position])):
                continue
            if waiting[trait]:
                self._match(position, waiting[trait].popleft(), MatchedBy.FINGERPRINT)

    def _by_key(self) -> None:
        for position in self._left():
            video = self._latest.get(RowKey(self._rows[position].name))
            if video and video.key not in self._claimed:
                self._match(position, video, MatchedBy.KEY)

    def _by_hashed_name(self, hashed_names: Mapping[RowKey, str]) -> None:
        waiting: dict[str, deque[Entry]] = defaultdict(deque)
        for key, name in hashed_names.items():
            waiting[name].append(self._latest[key])
        for position in self._left():
            name = self._rows[position].hashed_name
            free = _next_free(waiting[name], self._claimed) if name else None
            if free is not None:
                self._match(position, free, MatchedBy.KEY)

    def _by_content(self) -> None:
        waiting: dict[str, deque[Entry]] = defaultdict(deque)
        for key, video in self._latest.items():
            if key not in self._claimed:
                waiting[video.content].append(video)
                if not self._keyed:
                    waiting[_name_of(key)].append(video)
        for position in self._left():
            row = self._rows[position]
            for text in filter(None, (row.content, "" if self._keyed else row.name)):
                free = _next_free(waiting[text], self._claimed)
                if free is not None:
                    self._match(position, free, MatchedBy.CONTENT)
                    break

    def _by_id(self) -> None:
        shown = Counter(row.video_id for row in self._rows)
        claims: dict[str, list[int]] = defaultdict(list)
        for position in self._left():
            if self._rows[position].video_id:
                claims[self._rows[position].video_id].append(position)
        for video_id, positions in claims.items():
            video = self._by_job.get(video_id)
            if video is None and shown[video_id] == 1:
                self._matched_by[positions[0]] = MatchedBy.SHEET
            elif video is None:
                self._contest(positions, [p for p, row in enumerate(self._rows) if row.video_id == video_id])
            elif not self._is_taken(video):
                self._edited(video, positions)

    def _is_taken(self, video: Entry) -> bool:
        return id(video) in self._taken or (id(video) in self._own and video.key in self._claimed)

    def _edited(self, video: Entry, positions: Sequence[int]) -> None:
        if len(positions) > 1:
            self._contested.add(video.key)
            self._contest(positions, positions)
            return
        latest = self._latest[video.key] if id(video) in self._own else video
        self._match(positions[0], latest, MatchedBy.ID)

    def _contest(self, positions: Iterable[int], shown_by: Sequence[int]) -> None:
        for position in positions:
            others = [self._rows[other].number for other in shown_by if other != position]
            self._problems[position] = contested_id(others[:NAMED_ROWS])
            self._matched_by[position] = MatchedBy.CONTESTED

    def _keys(self) -> tuple[tuple[RowKey, ...], tuple[RowKey, ...]]:
        """The keys of all rows, and what their next tags are made from.

        A row has its video's own key, if no other row has it; new rows are numbered past all known keys. Tags
        are made from the current name of a row, so that they can be found without the journal.
        """
        keys: dict[int, RowKey] = {}
        used: set[RowKey] = set()
        for position, video in self._found.items():
            if id(video) in self._own and video.key not in used:
                keys[position] = video.key
                used.add(video.key)
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

        for position, row in enumerate(self._rows):
            if position not in keys:
                keys[position] = new_key(row.name)
        in_order = tuple(keys[position] for position in range(len(self._rows)))
        tags = (
            key if self._is_of(row.name, key) else new_key(row.name)
            for key, row in zip(in_order, self._rows, strict=True)
        )
        return in_order, tuple(tags)

    def _is_of(self, name: str, key: RowKey) -> bool:
        """Whether a key was made from this name."""
        return key == name or (key.startswith(f"{name} (") if self._keyed else _name_of(key) == name)

    def _is_misplaced(self, position: int) -> bool:
        shown, video = self._rows[position].video_id, self._found.get(position)
        if not shown or self._matched_by.get(position) is MatchedBy.SHEET or position in self._problems:
            return False
        return shown != (video.job if video else None)


def _name_of(key: RowKey) -> str:
    """The hash that a key without `--key` was made from."""
    return key.partition("-")[0]


def _next_free(waiting: deque[Entry], claimed: set[RowKey]) -> Entry | None:
    while waiting:
        video = waiting.popleft()
        if video.key not in claimed:
            return video
    return None


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
        hint="Look at the video in AI Studios. For the other rows, choose Try again in the app, or add "
        "--retry-failed",
    )


def contested_id(others: Sequence[int]) -> Problem:
    """The problem of a row whose video id is also in other rows, if nothing decides which row owns it."""
    named = f"row {others[0]}" if len(others) == 1 else f"rows {', '.join(map(str, others))}"
    verb = "shows" if len(others) == 1 else "show"
    return Problem(
        f"{named} {verb} the same video ID, so castmerge can't tell whose video it is",
        hint="Clear Video ID and Video Status in the rows that the video wasn't made for",
    )
