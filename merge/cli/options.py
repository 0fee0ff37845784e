"""Every option, declared once in a group; each command's options are a frozen dataclass made of groups.

Each declaration says which configuration files may set the option. A `castmerge.toml` that was merely found
came with the workbook, perhaps from someone else. It may not choose where the key or results go, answer
questions, silence output, remake paid videos, or name files outside its own folder.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from merge.cli.option_fields import (
    Amount,
    Config,
    Options,
    argument,
    declarations,
    option,
    optional_argument,
    required,
)
from merge.settings import DEFAULT_TIMING, MAX_AT_ONCE, DownloadOptions, ServiceOptions, Settings, Webhook

_FOUND, _INSIDE, _NAMED, _NEVER = Config
_SETTINGS, _SERVICE = Settings(), ServiceOptions()
_POLL = DEFAULT_TIMING.poll
_MINUTE = 60
_WHOLE = click.IntRange(min=1)
_AMOUNT = Amount()
_TEMPLATE = "AI Studios project with placeholders."


@dataclass(frozen=True, kw_only=True)
class JournalOptions(Options):
    """The paths of the journal and the configuration, and the names of result columns."""

    journal: str | None = option(
        None,
        "Journal file, or the address of a PostgreSQL database that several computers share, such as "
        "postgresql://anna@db.example.com/castmerge. Default: in the .castmerge folder next to the workbook.",
        _INSIDE,
        metavar="FILE",
    )
    column_prefix: str = option(
        _SETTINGS.column_prefix, "Prefix for the names of the result columns.", _FOUND
    )
    config: str | None = option(
        None, "Configuration file. Default: castmerge.toml next to the workbook.", _NAMED, metavar="FILE"
    )


@dataclass(frozen=True, kw_only=True)
class JsonOption(Options):
    """What is printed on standard output."""

    as_json: bool = option(False, "Print one JSON object to standard output.", _FOUND, "--json")


@dataclass(frozen=True, kw_only=True)
class LogOptions(Options):
    """What a command says while it works."""

    quiet: bool = option(False, "Show only errors.", _NAMED, "-q")
    log: Path | None = option(
        None,
        "Write a log to this file; as JSON lines if its name ends in .jsonl.",
        _INSIDE,
        metavar="FILE",
        endings=(".log", ".jsonl", ".ndjson"),
    )
    log_values: bool = option(
        False, "Include row keys and notes in the log. They can contain personal data.", _NAMED
    )


@dataclass(frozen=True, kw_only=True)
class WorkbookOptions(JournalOptions, JsonOption, LogOptions):
    """Options of every command about a workbook."""

    workbook: Path = argument(Path)


@dataclass(frozen=True, kw_only=True)
class TemplateOption(Options):
    """The template."""

    template: Path = required(Path, _TEMPLATE, _INSIDE, "-t", metavar="TEMPLATE")


@dataclass(frozen=True, kw_only=True)
class OptionalTemplate(Options):
    """The template, for commands that can do without one."""

    template: Path | None = option(None, _TEMPLATE, _INSIDE, "-t", metavar="TEMPLATE")


@dataclass(frozen=True, kw_only=True)
class TextOptions(Options):
    """Values for a template that don't come from cells."""

    constants: tuple[str, ...] = option(
        (),
        "Set a value for the template, such as season=Spring. Can be repeated.",
        _FOUND,
        "--set",
        metavar="NAME=VALUE",
    )
    columns: tuple[str, ...] = option(
        (),
        'Fill a placeholder from another column: first_name="Given name". Can be repeated.',
        _FOUND,
        "--map",
        metavar="NAME=COLUMN",
        table="columns",
    )
    locale: str | None = option(
        None,
        "Language of dates and numbers when the cell format doesn't specify one. Default: this computer's "
        "region.",
        _FOUND,
        metavar="LOCALE",
    )


@dataclass(frozen=True, kw_only=True)
class SheetOption(Options):
    """The worksheet."""

    sheet: str | None = option(None, "Worksheet. Default: the one with the template's columns.", _FOUND)


@dataclass(frozen=True, kw_only=True)
class EncodingOption(Options):
    """The encoding of a CSV file."""

    encoding: str | None = option(
        None,
        "Encoding of a CSV file that isn't UTF-8, such as cp1252. Default: castmerge shows what it could be.",
        _FOUND,
        metavar="NAME",
    )


@dataclass(frozen=True, kw_only=True)
class RowOptions(Options):
    """Which rows to make, and what to request from the service for each."""

    rows: str | None = option(None, "Only these rows (Excel row numbers).", _FOUND, metavar="2-40,57")
    where: str | None = option(
        None, "Only rows that match, such as \"plan == 'VIP'\".", _FOUND, metavar="CONDITION"
    )
    visible_only: bool = option(False, "Skip rows that are hidden in Excel.", _FOUND)
    resolution: Literal["4k", "1080", "720", "480"] | None = option(None, "Resolution of the videos.", _FOUND)
    workspace: str | None = option(
        None, "Create the projects in this AI Studios workspace.", _NAMED, metavar="ID"
    )


@dataclass(frozen=True, kw_only=True)
class PlanOptions(TemplateOption, TextOptions, SheetOption, EncodingOption, RowOptions):
    """Everything that decides which rows get a new video, and what is in it."""

    table: str | None = option(
        None, "Excel Table. Default: the one with the template's columns.", _FOUND, metavar="NAME"
    )
    header_row: int | None = option(
        None, "Header row number. Default: detected automatically.", _FOUND, bounds=_WHOLE
    )
    key: tuple[str, ...] = option(
        (), "Column that identifies a row. Can be repeated.", _FOUND, metavar="COLUMN"
    )
    pilot: int | None = option(
        None,
        "Make at most N new videos: the longest, shortest, and most unusual rows.",
        _FOUND,
        metavar="N",
        bounds=_WHOLE,
    )
    limit: int | None = option(
        None,
        "Make at most N new videos; the other rows wait for another run.",
        _FOUND,
        metavar="N",
        bounds=_WHOLE,
    )
    same_video: bool = option(
        False, "Make the same video for every row if the template has no placeholders.", _NAMED
    )
    changed: bool = option(False, "Remake videos whose rows or template have changed.", _NAMED)
    retry_failed: bool = option(False, "Try failed rows again.", _NAMED)
    remake: str | None = option(
        None, "Remake the videos of these rows, such as 2-5,9.", _NAMED, metavar="ROWS"
    )
    new_rows: bool = option(False, "Make videos for new rows even if earlier videos have no row.", _NAMED)
    draft: bool = option(
        False, "Save editable projects in AI Studios instead of making videos. Uses no credits.", _FOUND
    )


@dataclass(frozen=True, kw_only=True)
class ApprovalOption(Options):
    """The approval of a proof."""

    approved: str | None = option(
        None, "Make only what was approved with this code from castmerge proof.", _NAMED, metavar="CODE"
    )


@dataclass(frozen=True, kw_only=True)
class VideoLimitOption(Options):
    """The limit of new videos."""

    max_videos: int | None = option(
        None,
        "Make at most N new videos, then stop (exit code 3).",
        _FOUND,
        metavar="N",
        bounds=_WHOLE,
    )


@dataclass(frozen=True, kw_only=True)
class SpendOptions(VideoLimitOption):
    """What may be spent, and whether someone is asked first."""

    max_credits: float | None = option(
        None,
        "Maximum credits for this run. Stops if the limit can't be guaranteed (exit code 3).",
        _FOUND,
        metavar="N",
        bounds=_AMOUNT,
    )
    yes: bool = option(False, "Don't ask before using credits.", _NAMED, "-y")
    no_input: bool = option(False, "Never ask. Stop if an answer is needed.", _NAMED)
    resubmit_in_doubt: bool = option(False, "Resubmit rows that AI Studios never confirmed.", _NAMED)


@dataclass(frozen=True, kw_only=True)
class SimulateOption(Options):
    """Whether the service is the simulator."""

    simulate: bool = option(False, "Practice mode: no key, no credits, no real videos.", _FOUND)


@dataclass(frozen=True, kw_only=True)
class RegionOption(Options):
    """The account's region; all that `logout` takes."""

    region: Literal["global", "china"] = option(_SERVICE.region, "Region of your API key.", _FOUND)


@dataclass(frozen=True, kw_only=True)
class AccountOptions(RegionOption):
    """Where the account is."""

    base_url: str = option(
        "", "Address of the service, if it isn't AI Studios (a proxy, a simulator).", _NAMED, metavar="URL"
    )


@dataclass(frozen=True, kw_only=True)
class PaceOptions(AccountOptions):
    """How much is sent at once, and how often is asked.

    A time without a default depends on the service, real or simulated; see `merge.settings`.
    """

    progress_path: str = option(
        "", "Path or address for progress requests, with {id} in it.", _NAMED, metavar="PATH"
    )
    at_once: int = option(
        _SETTINGS.at_once,
        "Number of submissions at the same time.",
        _FOUND,
        bounds=click.IntRange(1, MAX_AT_ONCE),
    )
    first_look: float | None = option(
        None,
        f"Seconds from the submission to the first progress check. [default: {_POLL.first_poll:g}]",
        _FOUND,
        metavar="SECONDS",
        bounds=_AMOUNT,
    )
    poll_min: float | None = option(
        None,
        f"Shortest time between two progress checks. [default: {_POLL.poll_min:g}]",
        _FOUND,
        metavar="SECONDS",
        bounds=_AMOUNT,
    )
    poll_max: float | None = option(
        None,
        f"Longest time between two progress checks. [default: {_POLL.poll_max:g}]",
        _FOUND,
        metavar="SECONDS",
        bounds=_AMOUNT,
    )
    longest_export: float | None = option(
        None,
        "How long to look for an unconfirmed submission. [default: "
        f"{DEFAULT_TIMING.longest_export / _MINUTE:g}]",
        _FOUND,
        metavar="MINUTES",
        bounds=_AMOUNT,
    )


@dataclass(frozen=True, kw_only=True)
class FollowOptions(SimulateOption, PaceOptions):
    """Everything about the service and about following jobs until their videos are there."""

    simulate_seconds: float = option(
        _SERVICE.simulate_seconds, "Seconds that a practice video takes.", _FOUND, bounds=_AMOUNT
    )
    give_up_after: float | None = option(
        None,
        "Stop waiting for a video that makes no progress for this many minutes. "
        f"[default: {DEFAULT_TIMING.give_up_after / _MINUTE:g}]",
        _FOUND,
        metavar="MINUTES",
        bounds=_AMOUNT,
    )
    webhook_url: str | None = option(
        None, "Public address at which AI Studios can reach this computer.", _NAMED, metavar="URL"
    )
    webhook_listen: str = option(
        Webhook("").listen, "Local host and port that receive webhooks.", _NAMED, metavar="HOST:PORT"
    )
    download: Path | None = option(None, "Also save the videos in this folder.", _INSIDE, metavar="FOLDER")
    download_name: str = option(
        DownloadOptions(Path()).name,
        "Names of the saved videos, such as '{{ row_number }}-{{ first_name }}.mp4'.",
        _FOUND,
        metavar="NAME",
        endings=(".mp4",),
    )
    download_limit: float = option(
        DownloadOptions(Path()).max_megabytes,
        "Largest video to download, in megabytes.",
        _FOUND,
        metavar="MB",
        bounds=_AMOUNT,
    )
    events: str | None = option(
        None,
        "Write one JSON line for each change; - is standard output.",
        _INSIDE,
        metavar="FILE",
        endings=(".jsonl", ".ndjson"),
    )


@dataclass(frozen=True, kw_only=True)
class RunOptions(PlanOptions, ApprovalOption, SpendOptions, FollowOptions, WorkbookOptions):
    """Options of `run`."""


@dataclass(frozen=True, kw_only=True)
class SubmitOptions(RunOptions):
    """Options of `submit`."""

    queue: bool = option(
        False, "Leave the rows to the workers of the shared journal instead of sending them.", _NEVER
    )


@dataclass(frozen=True, kw_only=True)
class CollectOptions(SheetOption, FollowOptions, WorkbookOptions):
    """Options of `collect`."""

    no_wait: bool = option(False, "Check each open video once instead of waiting for it.", _FOUND)


@dataclass(frozen=True, kw_only=True)
class ExportOptions(SheetOption, RowOptions, SpendOptions, FollowOptions, WorkbookOptions):
    """Options of `export-drafts`."""


@dataclass(frozen=True, kw_only=True)
class CheckOptions(PlanOptions, WorkbookOptions, SimulateOption, AccountOptions):
    """Options of `check`."""

    online: bool = option(False, "Also check the avatars in your account and whether links open.", _NEVER)


@dataclass(frozen=True, kw_only=True)
class ProofOptions(PlanOptions, VideoLimitOption, WorkbookOptions, SimulateOption):
    """Options of `proof`."""

    output: Path = option(Path("proof.html"), "Page to write.", _NEVER, "-o", metavar="FILE")


@dataclass(frozen=True, kw_only=True)
class StatusOptions(SheetOption, WorkbookOptions, SimulateOption):
    """Options of `write-back`, and most of those of `status`."""


@dataclass(frozen=True, kw_only=True)
class AnyStatusOptions(StatusOptions):
    """Options of `status`."""

    workbook: Path = optional_argument(Path())
    everything: bool = option(
        False, "Show all workbooks of the shared journal, and who is working on them.", _NEVER, "--all"
    )


@dataclass(frozen=True, kw_only=True)
class QueueOptions(WorkbookOptions):
    """Options of `queue`."""

    pause: bool = option(False, "Send no more rows of this workbook until --resume.", _NEVER)
    resume: bool = option(False, "Continue with a workbook that was paused or stopped.", _NEVER)
    stop: bool = option(
        False, "Remove unsent rows from the queue, and end all runs of this workbook.", _NEVER
    )


@dataclass(frozen=True, kw_only=True)
class SharedJournalOption(Options):
    """The address of a shared journal, without a workbook."""

    journal: str | None = option(
        None, "Address of a PostgreSQL database that several computers share.", _NEVER, metavar="ADDRESS"
    )


@dataclass(frozen=True, kw_only=True)
class WorkerOptions(SharedJournalOption, PaceOptions, LogOptions):
    """Options of `worker`."""

    metrics: str | None = option(
        None, "Serve metrics for Prometheus at this host and port.", _NEVER, metavar="HOST:PORT"
    )


@dataclass(frozen=True, kw_only=True)
class ReportOptions(OptionalTemplate, TextOptions, StatusOptions):
    """Options of `report`; without any of `--output`, `--csv` and `--json` it writes `report.html`."""

    output: Path | None = option(None, "Page to write. [default: report.html]", _NEVER, "-o", metavar="FILE")
    csv: str | None = option(
        None, "Also write the rows as CSV; - is standard output.", _NEVER, metavar="FILE"
    )


@dataclass(frozen=True, kw_only=True)
class DoctorOptions(
    OptionalTemplate, SheetOption, EncodingOption, AccountOptions, JournalOptions, JsonOption
):
    """Options of `doctor`."""

    workbook: Path | None = optional_argument(None)


@dataclass(frozen=True, kw_only=True)
class PullOptions(AccountOptions):
    """Options of `pull`."""

    project_id: str = argument(str)
    output: Path = required(Path, "File to save the template in.", _NEVER, "-o", metavar="TEMPLATE")
    force: bool = option(False, "Replace the file if it exists.", _NEVER)


@dataclass(frozen=True, kw_only=True)
class LoginOptions(AccountOptions):
    """Options of `login`."""

    app: bool = option(False, "Ask for an App ID and a User key instead of an API key.", _NEVER)


@dataclass(frozen=True, kw_only=True)
class InitOptions(Options):
    """Options of `init`."""

    folder: Path = argument(Path)


@dataclass(frozen=True, kw_only=True)
class HelpOptions(Options):
    """Options of `help`."""

    topic: str | None = optional_argument(None)


@dataclass(frozen=True, kw_only=True)
class OpenOptions(SharedJournalOption):
    """Options of `open`."""

    path: Path | None = optional_argument(None, envvar="CASTMERGE_WORKBOOK")
    no_browser: bool = option(False, "Print the address instead of opening the browser.", _NEVER)
    port: int = option(
        0, "Port to listen on; 0 takes any free port.", _NEVER, bounds=click.IntRange(0, 65535)
    )


@dataclass(frozen=True, kw_only=True)
class SchemaOptions(Options):
    """Options of `schema`."""

    name: Literal["summary", "event", "doctor", "campaigns"] = optional_argument("summary")


@dataclass(frozen=True, kw_only=True)
class SimulatorOptions(Options):
    """Options of `simulate`."""

    port: int = option(
        8080, "Port to listen on; 0 takes any free port.", _NEVER, bounds=click.IntRange(0, 65535)
    )
    seconds: float = option(3.0, "Seconds that a video takes.", _NEVER, bounds=_AMOUNT)
    fault: str | None = option(
        None, "Faults to simulate, such as lose=0.1,late500=0.05.", _NEVER, metavar="NAME=SHARE,…"
    )
    seed: int = option(0, "Seed that decides which requests fail.", _NEVER, bounds=click.IntRange(min=0))
    api_key: str | None = option(None, "The only API key to accept. Default: any.", _NEVER)
    state: Path | None = option(None, "Keep the projects in this file when it stops.", _NEVER, metavar="FILE")


CONFIGURABLE = {
    declared.key(name): (name, declared)
    for kind in (RunOptions, CollectOptions)
    for name, declared in declarations(kind).items()
    if declared.config is not _NEVER
}
"""The keys of `castmerge.toml`, each with the field that it sets and its declaration."""
