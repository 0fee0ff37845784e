"""What a run knows of its rows: each change goes to the journal first, then to whoever watches."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from merge.errors import JournalError, MergeError
from merge.journal import Journal
from merge.model import Entry, RowKey, State
from merge.results import note_of, status_of_entry
from merge.run.group_commit import GroupCommit
from merge.sheet.result_columns import Status


@dataclass(frozen=True, slots=True)
class RowEvent:
    """One change of one row, for whoever watches.

    Attributes:
        row: its number as Excel shows it
        status: where it stands now
        percent: how far its video is, 0 to 100, or None where that is not known
        note: what there is to say, or ""
        video_id: its video's id, or "" where there is none yet
    """

    row: int
    key: RowKey
    status: Status
    percent: float | None = None
    note: str = ""
    video_id: str = ""


_TOKEN_LETTERS = 48
"""192 bits."""

Observer = Callable[[RowEvent], None]

_LOG = logging.getLogger("merge.rows")
_VALUES = logging.getLogger("merge.values")
"""What may hold a recipient's data: keys and notes. At DEBUG alone, so that nobody gets them unasked."""


def _nothing_more() -> None:
    """What was recorded needs nothing else."""


class RunState:
    """The entries of one worksheet while a run lasts.

    Attributes:
        percents: the progress last seen of each row
        stopped_by: the error that stops the run, or None
    """

    def __init__(
        self, journal: Journal, sheet: str, entries: Mapping[RowKey, Entry], observe: Observer
    ) -> None:
        self._journal = journal
        self._sheet = sheet
        self._entries = dict(entries)
        self._observe = observe
        self._credits: dict[RowKey, float] = {}
        self._commits = GroupCommit(self._put)
        self.percents: dict[RowKey, float] = {}
        self.stopped_by: MergeError | None = None

    def get(self, key: RowKey) -> Entry | None:
        """What is known of a row, or None."""
        return self._entries.get(key)

    def webhook_token(self) -> Callable[[RowKey], str]:
        """What makes the end of a row's webhook address: the same on every day, and not to be guessed."""
        secret, sheet = self._journal.webhook_secret(), self._sheet

        def token(key: RowKey) -> str:
            named = f"{sheet}\x1f{key}".encode("utf-8", "surrogatepass")
            return hmac.new(secret, named, hashlib.sha256).hexdigest()[:_TOKEN_LETTERS]

        return token

    def entries(self) -> Iterable[Entry]:
        """All that is known."""
        return self._entries.values()

    async def record_intent(self, entry: Entry) -> None:
        """Make the intent to submit durable, before anything is sent.

        Raises:
            JournalError: it could not be recorded, so nothing may be sent
        """
        await self._durable([entry])
        self._entries[entry.key] = entry
        _log(entry)
        self._observe(RowEvent(entry.row_number, entry.key, Status.TO_DO))

    async def record(self, *entries: Entry) -> None:
        """Make durable what the service has said of rows, in one step.

        Where the journal breaks it is kept in memory, so that it still reaches the workbook; the run stops.
        """
        await self.record_all(entries)
        for entry in entries:
            self._tell(entry)

    async def record_all(self, entries: Sequence[Entry]) -> None:
        """Make several durable in one step: a kill leaves all of them or none."""
        for entry in entries:
            self._entries[entry.key] = self._with_credits(entry)
            _log(entry)
        try:
            if entries:
                await self._durable(entries)
        except JournalError as error:
            self.stopped_by = error

    def record_later(self, entry: Entry, then: Callable[[], None] = _nothing_more) -> None:
        """As `record`, for those who do not wait for it; `then` is called after it."""
        entry = self._with_credits(entry)
        self._entries[entry.key] = entry

        def told(error: BaseException | None) -> None:
            if isinstance(error, JournalError):
                self.stopped_by = error
            _log(entry)
            self._tell(entry)
            then()

        self._commits.add([entry], told)

    async def wait_until_durable(self) -> None:
        """Wait until all that was recorded is durable."""
        await self._commits.wait_until_durable()

    def flush(self) -> None:
        """Make durable here and now what is still on its way."""
        self._commits.flush()

    def raise_background_error(self) -> None:
        """Raise what has ended the recording, where it is no `JournalError`."""
        self._commits.raise_background_error()

    async def _durable(self, entries: Sequence[Entry]) -> None:
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def told(error: BaseException | None) -> None:
            if written.done():
                return
            if error:
                written.set_exception(error)
            else:
                written.set_result(None)

        self._commits.add(entries, told)
        await written

    def _put(self, entries: Sequence[Entry]) -> None:
        self._journal.put(self._sheet, [self._with_credits(entry) for entry in entries])

    def _with_credits(self, entry: Entry) -> Entry:
        """A report may come between an entry's making and its writing."""
        known = self._credits.get(entry.key, entry.credits)
        return entry if known == entry.credits else replace(entry, credits=known)

    def _tell(self, entry: Entry) -> None:
        status, note = status_of_entry(entry), note_of(entry.problem)
        self._observe(RowEvent(entry.row_number, entry.key, status, None, note, entry.job or ""))

    def learn_credits(self, key: RowKey, credits_used: float) -> None:
        """What a video cost; repeats say the same again."""
        self._credits[key] = credits_used
        entry = self._entries.get(key)
        if entry and entry.state is State.COMPLETE and entry.credits != credits_used:
            self.record_later(entry)

    def see_progress(self, entry: Entry, percent: float) -> None:
        """Progress needs no journal entry: it can be asked for again."""
        self.percents[entry.key] = percent
        self._observe(
            RowEvent(entry.row_number, entry.key, Status.RENDERING, percent, video_id=entry.job or "")
        )


def _log(entry: Entry) -> None:
    facts = {"row": entry.row_number, "state": str(entry.state), "tag": entry.tag, "video_id": entry.job}
    _LOG.info("row %d: %s %s", entry.row_number, entry.state, entry.job or "", extra=facts)
    if _VALUES.isEnabledFor(logging.DEBUG):
        said = note_of(entry.problem)
        values = facts | {"key": entry.key, "note": said}
        _VALUES.debug("row %d: key %s. %s", entry.row_number, entry.key, said, extra=values)
