"""All that a run can be told, beside the workbook and the template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from merge.errors import InputError
from merge.sheet.result_columns import DEFAULT_PREFIX
from merge.template.document import ProjectOptions


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows a run is about.

    Attributes:
        sheet: the worksheet's name, or None for the first visible one that holds anything
        header_row: the header row's number, or None to find it
        key: headers of the columns that name a row
        rows: row numbers such as `2-40,57`, or None for all
        where: a Jinja condition over the row, or None
        visible_only: leave out rows that Excel hides
        limit: at most so many new videos, the rest for another run; or None
        pilot: at most so many new videos, the longest, shortest and oddest first; or None
    """

    sheet: str | None = None
    header_row: int | None = None
    key: tuple[str, ...] = ()
    rows: str | None = None
    where: str | None = None
    visible_only: bool = False
    limit: int | None = None
    pilot: int | None = None


@dataclass(frozen=True, slots=True)
class RerunOptions:
    """What the user asked for beyond the ordinary.

    Attributes:
        changed: make rows again whose project changed since their video
        retry_failed: submit failed rows again
        draft: drafts are what is wanted
    """

    changed: bool = False
    retry_failed: bool = False
    draft: bool = False


@dataclass(frozen=True, slots=True)
class PollPolicy:
    """How often a job is looked at.

    Attributes:
        first_poll: from the submission to the first look
        poll_min: the shortest time between two looks
        poll_max: the longest time between two looks
        poll_stalled: the time between two looks while the progress does not move
    """

    first_poll: float = 60.0
    poll_min: float = 5.0
    poll_max: float = 60.0
    poll_stalled: float = 30.0


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things are waited for; all in seconds.

    Attributes:
        poll: how often a job is looked at
        give_up_after: a job without any change for so long stays open
        longest_export: a submission without an answer may appear at the service until then
        shutdown_grace: how long answers are waited for after an interruption
        requests_per_second: of all requests together
    """

    poll: PollPolicy = field(default_factory=PollPolicy)
    give_up_after: float = 3600.0
    longest_export: float = 900.0
    shutdown_grace: float = 10.0
    requests_per_second: float = 5.0


@dataclass(frozen=True, slots=True)
class DownloadOptions:
    """Where videos are kept.

    Attributes:
        folder: where their files go; it is made with the first one
        name: what they are called; placeholders as in a template, with `row_number` and `video_id` besides
    """

    folder: Path
    name: str = "{{ video_id }}.mp4"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where the service reports to.

    Attributes:
        url: the address from outside, such as `https://public.host/hook`
        listen: host and port on this machine that it leads to
    """

    url: str
    listen: str = "127.0.0.1:8081"


MOST_AT_ONCE = 8
"""Submissions under way; more would only be told to wait."""
USUAL = Timing()
SIMULATED = Timing(
    poll=PollPolicy(first_poll=0.3, poll_min=0.2, poll_max=2.0, poll_stalled=0.5),
    longest_export=30.0,
    requests_per_second=50.0,
)
"""For the stand-in, whose videos take seconds."""


def _senseless(name: str, value: float, hint: str) -> InputError:
    return InputError(f"{name} cannot be {value}", place="settings", hint=f"Give it {hint}")


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a run can be told, beside the workbook and the template.

    Attributes:
        selection: which rows
        project_options: what is asked of the service beside the project
        rerun: what is made again
        timing: how long things are waited for; None is as long as is usual for the service
        constants: further names for the template
        journal: where the journal is, or None for `.castmerge/<workbook>.db` beside the workbook
        column_prefix: the word that result columns begin with
        locale: for number formats and dates that do not name their own, such as `en_US`
        max_videos: a ceiling of new videos; beyond it the run stops with exit code 3
        max_credits: a ceiling of what the new videos of this run may cost, in credits; likewise
        resubmit_in_doubt: submit again what was left without an answer and did not appear at the service
        approved: the code of a proof; other rows or another template are refused. None asks for no approval
        webhook: where the service reports to, or None
        download: where videos are kept, or None
        at_once: submissions under way at the same time, at most 8
        simulate: the service is the stand-in inside this process
        wait: whether to wait for the videos; otherwise only submit
        trust_simulated: the service may be a stand-in, so that video ids of one count as real

    Raises:
        InputError: `at_once` or a bound of the number of videos makes no sense
    """

    selection: Selection = field(default_factory=Selection)
    project_options: ProjectOptions = field(default_factory=ProjectOptions)
    rerun: RerunOptions = field(default_factory=RerunOptions)
    timing: Timing | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    journal: Path | None = None
    column_prefix: str = DEFAULT_PREFIX
    locale: str = "en_US"
    max_videos: int | None = None
    max_credits: float | None = None
    resubmit_in_doubt: bool = False
    approved: str | None = None
    webhook: Webhook | None = None
    download: DownloadOptions | None = None
    at_once: int = 4
    simulate: bool = False
    wait: bool = True
    trust_simulated: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.at_once <= MOST_AT_ONCE:
            raise _senseless("at_once", self.at_once, f"a number from 1 to {MOST_AT_ONCE}")
        bounds = (self.max_videos, self.selection.limit, self.selection.pilot)
        for name, bound in zip(("max_videos", "limit", "pilot"), bounds, strict=True):
            if bound is not None and bound < 1:
                raise _senseless(name, bound, "1 or more, or None for no bound")
        if self.max_credits is not None and self.max_credits <= 0:
            raise _senseless("max_credits", self.max_credits, "more than 0, or None for no ceiling")

    @property
    def asked(self) -> ProjectOptions:
        """What is asked of the service beside the project."""
        return replace(self.project_options, webhooks=self.webhook is not None)

    @property
    def credit_ceiling(self) -> float | None:
        """How many credits new videos may cost; drafts cost none."""
        return None if self.project_options.draft else self.max_credits

    @property
    def tells_credits(self) -> bool:
        """Whether the service will tell this run what its videos cost."""
        return self.webhook is not None and self.wait

    @property
    def trusts_simulated(self) -> bool:
        """Whether video ids of a stand-in count as real."""
        return self.simulate or self.trust_simulated

    def without_waiting(self) -> Settings:
        """The same, but each open job is looked at once, and stays open where it is not done."""
        return replace(self, timing=replace(self.waits, give_up_after=0.0))

    @property
    def waits(self) -> Timing:
        """How long things are waited for."""
        return self.timing or (SIMULATED if self.simulate else USUAL)
