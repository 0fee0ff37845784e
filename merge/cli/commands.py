"""The table of commands: their names, options and help, in the order in which `--help` lists them.

Add a command here, its options in `options.py`, and its function in one of the modules named here.
"""

from __future__ import annotations

from merge.cli import options
from merge.cli.command import Command

COMMANDS = (
    Command(
        "open",
        "merge.cli.app",
        options.OpenOptions,
        """Open the app in the browser: choose, look, approve, make, watch.

        \b
        Example:
          castmerge open "Spring campaign"

        Serves a page on this computer alone, and prints its address. Without a workbook or a folder, it is
        about the current folder. The scripts that castmerge init makes start it.
        """,
        reads_config=False,  # it is read for each workbook that is chosen on the page
    ),
    Command(
        "run",
        "merge.cli.run",
        options.RunOptions,
        """Make the videos of a workbook, and write ids and links back.

        \b
        Example:
          castmerge run customers.xlsx -t welcome.json --simulate

        Every row is rendered and judged before anything is sent. Rows that are complete are left alone,
        so the same command can always be run again.
        """,
    ),
    Command(
        "check",
        "merge.cli.check",
        options.CheckOptions,
        """Render and judge every row; touches nothing.

        \b
        Example:
          castmerge check customers.xlsx -t welcome.json

        With --online it needs the API key, and asks: are avatars, clothes and workspace there, do the
        addresses of pictures and videos answer? Nothing is submitted.
        """,
    ),
    Command(
        "proof",
        "merge.cli.check",
        options.ProofOptions,
        """Write a page that shows every row, to be approved before anything is made.

        \b
        Example:
          castmerge proof customers.xlsx -t welcome.json -o proof.html

        The page shows each row's scenes and exact words and opens in any browser, without a network.
        Its code, given to castmerge run --approved, lets exactly this be made and nothing else.
        """,
    ),
    Command(
        "submit",
        "merge.cli.run",
        options.RunOptions,
        """Submit the rows of a workbook and do not wait for the videos.

        \b
        Example:
          castmerge submit customers.xlsx -t welcome.json --yes

        The other half is castmerge collect, later and wherever the workbook is.
        """,
    ),
    Command(
        "collect",
        "merge.cli.run",
        options.CollectOptions,
        """Follow what was submitted until the videos are there.

        \b
        Example:
          castmerge collect customers.xlsx

        Needs no template. Where there is no journal, the video ids in the workbook are enough.
        """,
    ),
    Command(
        "export-drafts",
        "merge.cli.run",
        options.ExportOptions,
        """Make videos of the drafts that were approved.

        \b
        Example:
          castmerge export-drafts customers.xlsx --where "approved == 'yes'"

        Each draft is exported as it is in AI Studios by now, with all that was changed there, and followed.
        Needs no template. Without --rows, --where or --visible-only, every draft is meant.
        """,
    ),
    Command(
        "status",
        "merge.cli.report",
        options.StatusOptions,
        """Where every row stands, from journal and workbook.

        \b
        Example:
          castmerge status customers.xlsx
        """,
    ),
    Command(
        "report",
        "merge.cli.report",
        options.ReportOptions,
        """Write a page that shows what was made: links, pictures, times, credits, failures first.

        \b
        Example:
          castmerge report customers.xlsx -o report.html

        Reads the journal and the workbook alone and asks the service nothing. The pictures need the template:
        that of the last run, or the one that -t names.
        """,
    ),
    Command(
        "write-back",
        "merge.cli.report",
        options.StatusOptions,
        """Put what the journal knows into the workbook.

        \b
        Example:
          castmerge write-back customers.xlsx
        """,
    ),
    Command(
        "init",
        "merge.cli.setup",
        options.InitOptions,
        """A campaign folder: example workbook, template, options, and scripts to double-click.

        \b
        Example:
          castmerge init "Spring campaign"
        """,
    ),
    Command(
        "guide",
        "merge.cli.guide",
        options.GuideOptions,
        """The whole way, step by step: check, proof, one question, run, report.

        \b
        Example:
          castmerge guide

        Takes workbook, template and castmerge.toml from the folder it is started in. The scripts that
        castmerge init makes call it.
        """,
        reads_config=False,  # the commands it calls read it, so that each mistake in it is reported once
    ),
    Command(
        "pull",
        "merge.cli.account",
        options.PullOptions,
        """Save a project of AI Studios as a template.

        \b
        Example:
          castmerge pull 65f1c0de9a7b -o welcome.json
        """,
    ),
    Command(
        "doctor",
        "merge.cli.doctor",
        options.DoctorOptions,
        """Is all there that a run needs? Key, service, clock, workbook, template.

        \b
        Example:
          castmerge doctor customers.xlsx -t welcome.json
        """,
    ),
    Command(
        "login",
        "merge.cli.account",
        options.LoginOptions,
        """Keep the API key in this computer's keyring; it is tried first.

        \b
        Example:
          castmerge login
        """,
    ),
    Command(
        "logout",
        "merge.cli.account",
        options.RegionOption,
        """Forget the key that login kept.

        \b
        Example:
          castmerge logout
        """,
    ),
    Command(
        "schema",
        "merge.cli.setup",
        options.SchemaOptions,
        """The JSON Schema of what castmerge prints: of the summary, an event, or doctor.

        \b
        Example:
          castmerge schema summary
        """,
    ),
    Command(
        "simulate",
        "merge.cli.setup",
        options.SimulatorOptions,
        """The stand-in AI Studios service by itself, until Ctrl-C.

        \b
        Example:
          castmerge simulate --port 8080 --seconds 5
          castmerge run customers.xlsx -t welcome.json --base-url http://127.0.0.1:8080 --yes
        """,
    ),
)
