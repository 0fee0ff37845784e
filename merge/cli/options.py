"""Every option, once: its name, its variable `CASTMERGE_…`, its words. Commands pick from these."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click


def option(  # noqa: PLR0913 - click's own vocabulary, named one by one so that it is typed
    *names: str,
    help: str,  # noqa: A002 - click's own word
    kind: click.IntRange | click.FloatRange | click.Choice[str] | None = None,
    default: object = None,
    metavar: str | None = None,
    required: bool = False,
    is_flag: bool = False,
    multiple: bool = False,
) -> click.Option:
    """One option, with its variable: `--header-row` reads `CASTMERGE_HEADER_ROW`."""
    long = next(name for name in names if name.startswith("--"))
    made = click.Option(
        names,
        help=help,
        type=kind,
        show_default=default is not None,
        metavar=metavar,
        required=required,
        is_flag=is_flag,
        multiple=multiple,
        envvar=f"CASTMERGE_{option_name(long).upper()}",
    )
    if default is not None:
        # To click a default of None is a default too, and would satisfy what is required.
        made.default = default
    return made


def option_name(long: str) -> str:
    """An option as it stands in `castmerge.toml`: `--header-row` is `header_row`."""
    return long.removeprefix("--").replace("-", "_")


_WHOLE = click.IntRange(min=1)
_SECONDS = _AMOUNT = click.FloatRange(min=0, min_open=True)

TEMPLATE = (
    option(
        "--template", "-t", required=True, metavar="TEMPLATE", help="The saved project, with placeholders."
    ),
    option(
        "--set", "constants", multiple=True, metavar="NAME=VALUE", help="A further name for the template."
    ),
    option("--locale", default="en_US", help="The language of dates and numbers whose format names none."),
)
SHEET = option("--sheet", help="The worksheet; else the first that holds anything.")
ROWS = (
    SHEET,
    option("--header-row", kind=_WHOLE, help="The header row's number; else it is found."),
    option("--key", multiple=True, metavar="COLUMN", help="A column that names a row; may be repeated."),
    option("--rows", metavar="2-40,57", help="Only these rows, by Excel's numbers."),
    option("--where", metavar="CONDITION", help="Only rows for which this holds, such as \"plan == 'VIP'\"."),
    option("--visible-only", is_flag=True, help="Leave out rows that Excel's filter or the user hides."),
    option(
        "--pilot", kind=_WHOLE, metavar="N", help="At most N new videos: the longest, shortest, oddest rows."
    ),
    option("--limit", kind=_WHOLE, metavar="N", help="At most N new videos; the rest is for another run."),
)
WISHES = (
    option("--changed", is_flag=True, help="Make again what changed since its video."),
    option("--retry-failed", is_flag=True, help="Submit failed rows again."),
    option("--draft", is_flag=True, help="Save editable projects instead of videos; costs no credits."),
    option("--resolution", kind=click.Choice(["4k", "1080", "720", "480"]), help="The videos' resolution."),
    option("--workspace", metavar="ID", help="Put the projects into this workspace."),
)
MAX_VIDEOS = option(
    "--max-videos", kind=_WHOLE, metavar="N", help="A ceiling: beyond N new videos, stop (exit code 3)."
)
MAX_CREDITS = option(
    "--max-credits",
    kind=_AMOUNT,
    metavar="N",
    help="A ceiling of this run's credits; stops where it cannot be kept (exit code 3).",
)
RESUBMIT = option("--resubmit-in-doubt", is_flag=True, help="Submit again what was lost and did not appear.")
SPENDING = (
    option("--approved", metavar="CODE", help="Only what was approved: the code of castmerge proof."),
    option("--yes", "-y", is_flag=True, help="Do not ask before credits are spent."),
    option("--no-input", is_flag=True, help="Never ask; stop where a question would be needed."),
    MAX_VIDEOS,
    MAX_CREDITS,
    RESUBMIT,
)
SIMULATED = option("--simulate", is_flag=True, help="Use a stand-in inside this process: no key, no credits.")
SERVICE = (
    SIMULATED,
    option(
        "--simulate-seconds", kind=_SECONDS, default=2.0, help="How many seconds a simulated video takes."
    ),
    option(
        "--region",
        kind=click.Choice(["global", "china"]),
        default="global",
        help="The region that the key is of.",
    ),
    option("--base-url", metavar="URL", help="Another address of the service (a proxy, a stand-in)."),
    option("--progress-path", metavar="PATH", help="Where progress is asked for, with {id} in it."),
)
NO_WAIT = option("--no-wait", is_flag=True, help="Look at each open video once, and leave it open.")
PATIENCE = (
    option("--at-once", kind=click.IntRange(1, 8), default=4, help="Submissions under way at once."),
    option(
        "--give-up-after",
        kind=_SECONDS,
        metavar="MINUTES",
        help="Leave a video open that stands still so long. [60]",
    ),
    option(
        "--first-look", kind=_SECONDS, metavar="SECONDS", help="From the submission to the first look. [60]"
    ),
    option("--poll-min", kind=_SECONDS, metavar="SECONDS", help="The shortest time between two looks. [5]"),
    option("--poll-max", kind=_SECONDS, metavar="SECONDS", help="The longest time between two looks. [60]"),
    option(
        "--longest-export",
        kind=_SECONDS,
        metavar="MINUTES",
        help="A lost submission may appear until then. [15]",
    ),
)
WEBHOOK = (
    option("--webhook-url", metavar="URL", help="Where the service reaches this computer, if it can."),
    option(
        "--webhook-listen",
        metavar="HOST:PORT",
        default="127.0.0.1:8081",
        help="What that address leads to here.",
    ),
)
DOWNLOAD = (
    option("--download", metavar="FOLDER", help="Keep the videos in this folder as well."),
    option(
        "--download-name",
        metavar="NAME",
        default="{{ video_id }}.mp4",
        help="What their files are called, such as '{{ row_number }}-{{ first_name }}.mp4'.",
    ),
)
PLACES = (
    option("--journal", metavar="FILE", help="The journal; else .castmerge/ beside the workbook."),
    option("--column-prefix", default="Video", help="The word that result columns begin with."),
    option("--config", metavar="FILE", help="Options by name; else castmerge.toml beside the workbook."),
)
OUTPUT = (
    option("--json", "as_json", is_flag=True, help="One JSON object on standard output."),
    option("--quiet", "-q", is_flag=True, help="Say nothing but errors."),
    option("--log", metavar="FILE", help="Keep a log there; as JSON lines where it ends in .jsonl."),
    option("--log-values", is_flag=True, help="Keys and notes in the log too: recipients' data."),
)

EVENTS = (option("--events", metavar="FILE", help="One JSON line for each change; - is standard output."),)

OPTIONS: tuple[Sequence[click.Option], ...] = (
    TEMPLATE,
    ROWS,
    WISHES,
    SPENDING,
    SERVICE,
    PATIENCE,
    WEBHOOK,
    DOWNLOAD,
    PLACES,
    OUTPUT,
    EVENTS,
)
PARAMETERS = {
    option_name(name): str(option.name)
    for group in (*OPTIONS, (NO_WAIT,))
    for option in group
    for name in option.opts
    if name.startswith("--")
}
"""Every option's name as it may stand in `castmerge.toml`, and the parameter that it sets."""

EXPORTED = (
    SHEET,
    *ROWS[3:6],
    WISHES[3],
    WISHES[4],
    *SPENDING[1:],
)
"""Which drafts are exported, how, and for how much at most."""

WORKBOOK = click.Argument(["workbook"], type=click.Path(path_type=Path))

STAND_IN = (
    option(
        "--port",
        kind=click.IntRange(0, 65535),
        default=8080,
        help="Where it listens; 0 takes any that is free.",
    ),
    option(
        "--seconds",
        kind=click.FloatRange(min=0, min_open=True),
        default=3.0,
        help="How many seconds a video takes.",
    ),
    option("--fault", metavar="NAME=SHARE,…", help="What goes wrong, such as lose=0.1,late500=0.05."),
    option("--seed", kind=click.IntRange(min=0), default=0, help="Decides where faults strike."),
    option("--api-key", help="The one key to accept; else any."),
    option("--state", metavar="FILE", help="Remember projects here from one start to the next."),
)
SCHEMA_NAME = click.Argument(["name"], type=click.Choice(["summary", "event", "doctor"]), default="summary")

REGION, BASE_URL = SERVICE[2], SERVICE[3]
LOGIN = (option("--app", is_flag=True, help="Ask for an App ID and a User key instead of an API key."),)
PROJECT_ID = click.Argument(["project_id"])
PULLED = (
    option("--output", "-o", required=True, metavar="TEMPLATE", help="The file to save it in."),
    option("--force", is_flag=True, help="Replace the file where there is one."),
)
LOOKED_AT = click.Argument(["workbook"], required=False, type=click.Path(path_type=Path))
LOOKED_AT_TEMPLATE = option(
    "--template", "-t", metavar="TEMPLATE", help="The saved project, with placeholders."
)
AS_JSON = OUTPUT[0]
FOLDER = click.Argument(["folder"], type=click.Path(path_type=Path))
PAGE = option(
    "--output", "-o", default="proof.html", metavar="FILE", help="The page to write, for a browser."
)
REPORT = (
    option("--output", "-o", metavar="FILE", help="The page to write, for a browser. [report.html]"),
    option("--csv", metavar="FILE", help="The rows as CSV too; - is standard output."),
)
ONLINE = option(
    "--online", is_flag=True, help="Ask the account for its avatars, and whether links can be opened."
)
GUIDED = click.Argument(
    ["workbook"], required=False, type=click.Path(path_type=Path), envvar="CASTMERGE_WORKBOOK"
)
NO_OPEN = option("--no-open", is_flag=True, help="Do not open proof and report in the browser.")
