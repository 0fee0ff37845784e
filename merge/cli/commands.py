"""The commands by their words and options; what they do is imported when they are called."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from inspect import cleandoc

import click

from merge.cli import options
from merge.cli.config import configured


class Command(click.Command):
    """A command whose module is imported when it is called; its `perform` gives the exit code."""

    reads_config = True
    """Whether `castmerge.toml` gives its options defaults."""

    def __init__(self, name: str, module: str, help: str, params: list[click.Parameter]) -> None:  # noqa: A002 - click's
        text = cleandoc(help)
        super().__init__(name, params=params, help=text, short_help=text.partition("\n")[0])
        self._module = module

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let `castmerge.toml` give defaults before the options take theirs."""
        if self.reads_config:
            given, _, _ = self.make_parser(ctx).parse_args(list(args))
            ctx.default_map = configured(given) or ctx.default_map
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> int:
        """Do it."""
        perform = import_module(self._module).perform
        with _logging(ctx.params):
            code = perform(ctx.params)
        assert isinstance(code, int)
        return code


def _logging(values: Mapping[str, object]) -> AbstractContextManager[None]:
    if not values.get("log"):
        return nullcontext()
    from merge.cli.log_file import logging_to  # noqa: PLC0415 - most runs keep no log

    return logging_to(str(values["log"]), values=values.get("log_values") is True)


RUN = Command(
    "run",
    "merge.cli.run",
    """Make the videos of a workbook, and write ids and links back.

    \b
    Example:
      castmerge run customers.xlsx -t welcome.json --simulate

    Every row is rendered and judged before anything is sent. Rows that are complete are left alone,
    so the same command can always be run again.
    """,
    [options.WORKBOOK, *(option for group in options.OPTIONS for option in group)],
)
CHECK = Command(
    "check",
    "merge.cli.check",
    """Render and judge every row; touches nothing.

    \b
    Example:
      castmerge check customers.xlsx -t welcome.json

    With --online it needs the API key, and asks: are avatars, clothes and workspace there, do the
    addresses of pictures and videos answer? Nothing is submitted.
    """,
    [
        options.WORKBOOK,
        *options.TEMPLATE,
        *options.ROWS,
        *options.WISHES,
        *options.PLACES,
        *options.OUTPUT,
        options.SIMULATED,
        options.ONLINE,
        options.REGION,
        options.BASE_URL,
    ],
)
PROOF = Command(
    "proof",
    "merge.cli.proof",
    """Write a page that shows every row, to be approved before anything is made.

    \b
    Example:
      castmerge proof customers.xlsx -t welcome.json -o proof.html

    The page shows each row's scenes and exact words and opens in any browser, without a network.
    Its code, given to castmerge run --approved, lets exactly this be made and nothing else.
    """,
    [
        options.WORKBOOK,
        options.PAGE,
        *options.TEMPLATE,
        *options.ROWS,
        *options.WISHES,
        options.MAX_VIDEOS,
        *options.PLACES,
        *options.OUTPUT,
        options.SIMULATED,
    ],
)
SUBMIT = Command(
    "submit",
    "merge.cli.submit",
    """Submit the rows of a workbook and do not wait for the videos.

    \b
    Example:
      castmerge submit customers.xlsx -t welcome.json --yes

    The other half is castmerge collect, later and wherever the workbook is.
    """,
    [options.WORKBOOK, *(option for group in options.OPTIONS for option in group)],
)
COLLECT = Command(
    "collect",
    "merge.cli.collect",
    """Follow what was submitted until the videos are there.

    \b
    Example:
      castmerge collect customers.xlsx

    Needs no template. Where there is no journal, the video ids in the workbook are enough.
    """,
    [
        options.WORKBOOK,
        options.SHEET,
        options.NO_WAIT,
        *options.SERVICE,
        *options.PATIENCE,
        *options.WEBHOOK,
        *options.DOWNLOAD,
        *options.PLACES,
        *options.OUTPUT,
        *options.EVENTS,
    ],
)
EXPORT_DRAFTS = Command(
    "export-drafts",
    "merge.cli.export_drafts",
    """Make videos of the drafts that were approved.

    \b
    Example:
      castmerge export-drafts customers.xlsx --where "approved == 'yes'"

    Each draft is exported as it is in AI Studios by now, with all that was changed there, and followed.
    Needs no template. Without --rows, --where or --visible-only, every draft is meant.
    """,
    [
        options.WORKBOOK,
        *options.EXPORTED,
        *options.SERVICE,
        *options.PATIENCE,
        *options.WEBHOOK,
        *options.DOWNLOAD,
        *options.PLACES,
        *options.OUTPUT,
        *options.EVENTS,
    ],
)
STATUS = Command(
    "status",
    "merge.cli.status",
    """Where every row stands, from journal and workbook.

    \b
    Example:
      castmerge status customers.xlsx
    """,
    [options.WORKBOOK, options.SHEET, *options.PLACES, options.SIMULATED, *options.OUTPUT],
)
REPORT = Command(
    "report",
    "merge.cli.report",
    """Write a page that shows what was made: links, pictures, times, credits, failures first.

    \b
    Example:
      castmerge report customers.xlsx -o report.html

    Reads the journal and the workbook alone and asks the service nothing. The pictures need the template:
    that of the last run, or the one that -t names.
    """,
    [
        options.WORKBOOK,
        *options.REPORT,
        options.LOOKED_AT_TEMPLATE,
        *options.TEMPLATE[1:],
        options.SHEET,
        *options.PLACES,
        options.SIMULATED,
        *options.OUTPUT,
    ],
)
WRITE_BACK = Command(
    "write-back",
    "merge.cli.write_back",
    """Put what the journal knows into the workbook.

    \b
    Example:
      castmerge write-back customers.xlsx
    """,
    [options.WORKBOOK, options.SHEET, *options.PLACES, options.SIMULATED, *options.OUTPUT],
)
SIMULATE = Command(
    "simulate",
    "merge.cli.simulate",
    """The stand-in AI Studios service by itself, until Ctrl-C.

    \b
    Example:
      castmerge simulate --port 8080 --seconds 5
      castmerge run customers.xlsx -t welcome.json --base-url http://127.0.0.1:8080 --yes
    """,
    [*options.STAND_IN],
)
SCHEMA = Command(
    "schema",
    "merge.cli.schema",
    """The JSON Schema of what castmerge prints: of the summary, an event, or doctor.

    \b
    Example:
      castmerge schema summary
    """,
    [options.SCHEMA_NAME],
)
PULL = Command(
    "pull",
    "merge.cli.pull",
    """Save a project of AI Studios as a template.

    \b
    Example:
      castmerge pull 65f1c0de9a7b -o welcome.json
    """,
    [options.PROJECT_ID, *options.PULLED, options.REGION, options.BASE_URL],
)
LOGIN = Command(
    "login",
    "merge.cli.login",
    """Keep the API key in this computer's keyring; it is tried first.

    \b
    Example:
      castmerge login
    """,
    [*options.LOGIN, options.REGION, options.BASE_URL],
)
LOGOUT = Command(
    "logout",
    "merge.cli.logout",
    """Forget the key that login kept.

    \b
    Example:
      castmerge logout
    """,
    [options.REGION],
)
DOCTOR = Command(
    "doctor",
    "merge.cli.doctor",
    """Is all there that a run needs? Key, service, clock, workbook, template.

    \b
    Example:
      castmerge doctor customers.xlsx -t welcome.json
    """,
    [
        options.LOOKED_AT,
        options.LOOKED_AT_TEMPLATE,
        options.SHEET,
        options.REGION,
        options.BASE_URL,
        *options.PLACES,
        options.AS_JSON,
    ],
)
INIT = Command(
    "init",
    "merge.cli.init",
    """A campaign folder: example workbook, template, options, and scripts to double-click.

    \b
    Example:
      castmerge init "Spring campaign"
    """,
    [options.FOLDER],
)
GUIDE = Command(
    "guide",
    "merge.cli.guide",
    """The whole way, step by step: check, proof, one question, run, report.

    \b
    Example:
      castmerge guide

    Takes workbook, template and castmerge.toml from the folder it is started in. The scripts that
    castmerge init makes call it.
    """,
    [options.GUIDED, options.NO_OPEN],
)
GUIDE.reads_config = False  # the commands that it calls read it, each mistake in it is said once
COMMANDS = (
    RUN,
    CHECK,
    PROOF,
    SUBMIT,
    COLLECT,
    EXPORT_DRAFTS,
    STATUS,
    REPORT,
    WRITE_BACK,
    INIT,
    GUIDE,
    PULL,
    DOCTOR,
    LOGIN,
    LOGOUT,
    SCHEMA,
    SIMULATE,
)
"""In the order in which `--help` shows them."""
