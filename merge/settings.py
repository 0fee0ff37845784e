"""All settings of a run except its workbook and template: rows, timing, limits, service.

All times are in seconds unless a name says otherwise. The defaults here are the only ones: the command line
and the Python API both take theirs from these classes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from merge.errors import InputError
from merge.sheet.result_columns import DEFAULT_PREFIX
from merge.template.document import ProjectOptions

_PASSWORD = re.compile(r"(\w://[^\s:/?#@]*):[^\s/?#@]*@")
_ADDRESS = re.compile(
    r"\W*(?:[a-z][\w+.-]+://|postgres\w*[:/].*@|.*\bpassword\s*=)", re.IGNORECASE | re.DOTALL
)
_PASSWORD_PARAMETER = re.compile(r"(?<=[?&\s])(?:ssl)?password=[^\s&]*&?")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows a run makes.

    Attributes:
        sheet: the worksheet's name; None takes the one whose columns the template uses
        table: the name of the Excel Table that holds the rows; None finds it
        header_row: Excel's number of the header row; None finds it
        key: headers of the columns that identify a row
        rows: row numbers such as `2-40,57`; None takes all
        where: a Jinja condition over the row; None takes all
        visible_only: leave out rows that are hidden in Excel
        limit: maximum number of new videos; the rest is left for another run
        pilot: maximum number of new videos; the longest, shortest and most unusual rows first
        same_video: accept a template without placeholders for several rows
    """

    sheet: str | None = None
    table: str | None = None
    header_row: int | None = None
    key: tuple[str, ...] = ()
    rows: str | None = None
    where: str | None = None
    visible_only: bool = False
    limit: int | None = None
    pilot: int | None = None
    same_video: bool = False


@dataclass(frozen=True, slots=True)
class RerunOptions:
    """Which rows that already have a result are made again.

    Attributes:
        changed: rows whose filled-in project differs from the one their video was made from
        retry_failed: rows that failed
        remake: the numbers of rows to make again, such as `2-5,9`; or None
        new_rows: make videos for new rows although videos that were never written into the workbook have no
            row
        draft: the run saves drafts, so a row without a draft isn't finished
    """

    changed: bool = False
    retry_failed: bool = False
    remake: str | None = None
    new_rows: bool = False
    draft: bool = False


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """How often the progress of a job is polled.

    Attributes:
        first_poll: seconds from the submission to the first poll
        poll_min: minimum seconds between two polls
        poll_max: maximum seconds between two polls
        poll_stalled: seconds between two polls while the progress doesn't change
    """

    first_poll: float = 60.0
    poll_min: float = 5.0
    poll_max: float = 60.0
    poll_stalled: float = 30.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Timeouts, polling intervals and the request rate.

    Attributes:
        poll: how often a job is polled
        give_up_after: seconds after which a job without any progress is left open
        longest_export: seconds within which an unconfirmed submission may still appear at the service
        shutdown_grace: seconds to wait for answers after an interruption
        requests_per_second: limit for all requests together
    """

    poll: PollPolicy = field(default_factory=PollPolicy)
    give_up_after: float = 3600.0
    longest_export: float = 900.0
    shutdown_grace: float = 2.0
    requests_per_second: float = 5.0


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    """Where finished videos are saved.

    Attributes:
        folder: created when the first video is saved
        name: file name; placeholders as in a template, and also `row_number` and `video_id`
        max_megabytes: the largest video that is saved, in millions of bytes
    """

    folder: Path
    name: str = "{{ video_id }}.mp4"
    max_megabytes: float = 4000.0


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where the service reports finished videos to.

    Attributes:
        url: the public address, such as `https://public.host/hook`
        listen: `HOST:PORT` on this computer that `url` leads to
    """

    url: str
    listen: str = "127.0.0.1:8081"


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """Where AI Studios is.

    Attributes:
        region: each region has its own keys
        base_url: another address of the service (a proxy, a simulator), or "" for the region's own
        progress_path: path of the progress request, with `{id}` in it, or "" for the documented one
        simulate_seconds: seconds that a simulated video takes
    """

    region: Literal["global", "china"] = "global"
    base_url: str = ""
    progress_path: str = ""
    simulate_seconds: float = 2.0


MAX_AT_ONCE = 8
"""Maximum of `Settings.at_once`; with more, the service only responds that it is busy."""
DEFAULT_TIMING = Timing()
SIMULATED_TIMING = Timing(
    poll=PollPolicy(first_poll=0.3, poll_min=0.2, poll_max=2.0, poll_stalled=0.5),
    longest_export=30.0,
    requests_per_second=50.0,
)
"""For the simulator, whose videos take seconds."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a run except its workbook and template.

    Attributes:
        selection: which rows
        project_options: what is requested from the service in addition to the project
        rerun: which rows are made again
        timing: timeouts and intervals; None uses the defaults for the service
        constants: further names for the template, and their texts
        columns: headers by the placeholder that they fill, if the two differ
        journal: the journal's file, or the address of a shared one, `postgresql://user@host/database`;
            None is `.castmerge/<workbook>.db` next to the workbook
        column_prefix: the word that the headers of result columns begin with
        locale: such as `en_US`; for number formats and dates without a language of their own. The command
            line uses the computer's region if none is given
        locale_assumed: whether no locale was given; dates and amounts that depend on it get a warning
        encoding: the encoding of a CSV file that is neither UTF-8 nor UTF-16; None stops with the possible
            ones, unless a run has used one for this file
        max_videos: maximum number of new videos; with more, the run stops with exit code 3
        max_credits: maximum cost of this run's new videos, in credits; beyond it, exit code 3
        resubmit_in_doubt: submit unconfirmed rows again once `timing.longest_export` is over
        approved: the code of a proof; stops if rows or template differ from it. None needs no approval
        webhook: where the service reports to; None only polls
        download: where videos are saved; None saves none
        at_once: submissions in flight, 1 to 8
        simulate: use the simulator inside this process
        wait: wait for the videos; False only submits
        queue_for: leave the new videos to the workers of a shared journal that submit to this host; "" makes
            them in this process
        trust_simulated: count video ids of a simulator as real, because its base URL was given

    Raises:
        InputError: `at_once`, `max_videos`, `limit`, `pilot` or `max_credits` is out of range
    """

    selection: Selection = field(default_factory=Selection)
    project_options: ProjectOptions = field(default_factory=ProjectOptions)
    rerun: RerunOptions = field(default_factory=RerunOptions)
    timing: Timing | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    journal: Path | str | None = None
    column_prefix: str = DEFAULT_PREFIX
    locale: str = "en_US"
    locale_assumed: bool = False
    encoding: str | None = None
    max_videos: int | None = None
    max_credits: float | None = None
    resubmit_in_doubt: bool = False
    approved: str | None = None
    webhook: Webhook | None = None
    download: DownloadOptions | None = None
    at_once: int = 4
    simulate: bool = False
    wait: bool = True
    queue_for: str = ""
    trust_simulated: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.at_once <= MAX_AT_ONCE:
            raise _out_of_range("at_once", self.at_once, f"a number from 1 to {MAX_AT_ONCE}")
        limits = (self.max_videos, self.selection.limit, self.selection.pilot)
        for name, limit in zip(("max_videos", "limit", "pilot"), limits, strict=True):
            if limit is not None and limit < 1:
                raise _out_of_range(name, limit, "1 or more, or None for no limit")
        if self.max_credits is not None and self.max_credits <= 0:
            raise _out_of_range("max_credits", self.max_credits, "more than 0, or None for no limit")

    @property
    def effective_project_options(self) -> ProjectOptions:
        """The project options, with webhooks switched on if the run has one."""
        return replace(self.project_options, webhooks=self.webhook is not None)

    @property
    def journal_address(self) -> str | None:
        """The address of a shared journal; None if it is a file."""
        return self.journal if isinstance(self.journal, str) and is_journal_address(self.journal) else None

    @property
    def credit_limit(self) -> float | None:
        """`max_credits`, or None for drafts, which cost nothing."""
        return None if self.project_options.draft else self.max_credits

    @property
    def reports_credits(self) -> bool:
        """Whether the service will report the cost of each video during this run."""
        return self.webhook is not None and self.wait

    @property
    def trusts_simulated(self) -> bool:
        """Whether video ids of a simulator count as real."""
        return self.simulate or self.trust_simulated

    @property
    def effective_timing(self) -> Timing:
        """`timing`, or the default for the service."""
        return self.timing or (SIMULATED_TIMING if self.simulate else DEFAULT_TIMING)

    def without_waiting(self) -> Settings:
        """The same settings, but each open job is polled once and left open if it isn't done."""
        return replace(self, timing=replace(self.effective_timing, give_up_after=0.0))


def is_journal_address(text: str) -> bool:
    """Whether a text is the address of a shared journal, even a misspelt one, rather than a file's path.

    As a file's name, it would have the password in it, and nobody else would see the journal.
    """
    return bool(_ADDRESS.match(text))


def without_password(text: str) -> str:
    """A text with the passwords of the addresses in it left out, for messages and for commands to copy."""
    return _PASSWORD_PARAMETER.sub("", _PASSWORD.sub(r"\1@", text))


def _out_of_range(name: str, value: float, hint: str) -> InputError:
    return InputError(f"{name} can't be {value}", place="settings", hint=f"Use {hint}")
