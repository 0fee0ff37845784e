"""The table of commands: their names, options and help, in the order of `--help`.

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
        """Open the app in your browser: choose, preview, approve, make, and watch.

        \b
        Example:
          castmerge open "Spring campaign"

        The app is a page on this computer that nobody else can reach. Without a workbook or a folder, it
        opens the current folder. The scripts that castmerge init creates start it.
        """,
        reads_config=False,  # it is read for each workbook that is chosen on the page
    ),
    Command(
        "run",
        "merge.cli.run",
        options.RunOptions,
        """Make a video for every row, and write IDs and links back into the workbook.

        \b
        Example:
          castmerge run customers.xlsx -t welcome.json --simulate

        castmerge checks every row, shows what it's going to do, and asks before it uses credits. Rows that
        already have a video are skipped, so you can always run the same command again.
        """,
    ),
    Command(
        "check",
        "merge.cli.check",
        options.CheckOptions,
        """Check every row for problems. Doesn't change or send anything.

        \b
        Example:
          castmerge check customers.xlsx -t welcome.json

        With --online, castmerge also asks AI Studios whether your account has the avatars, clothes and
        workspace, and whether the links to pictures and videos open. That needs your API key.
        """,
    ),
    Command(
        "proof",
        "merge.cli.check",
        options.ProofOptions,
        """Write a page that shows every video before it's made, for approval.

        \b
        Example:
          castmerge proof customers.xlsx -t welcome.json -o proof.html

        The page shows the scenes and the exact words of each row. It opens in any browser, without a network.
        It has a code: castmerge run --approved CODE makes exactly what the page shows.
        """,
    ),
    Command(
        "submit",
        "merge.cli.run",
        options.SubmitOptions,
        """Submit the rows of a workbook without waiting for the videos.

        \b
        Example:
          castmerge submit customers.xlsx -t welcome.json --yes

        To get the results later, run castmerge collect customers.xlsx. With --queue and a shared journal,
        nothing is sent: the rows wait for the workers.
        """,
    ),
    Command(
        "collect",
        "merge.cli.run",
        options.CollectOptions,
        """Wait for submitted videos to finish, and write their links into the workbook.

        \b
        Example:
          castmerge collect customers.xlsx

        No template is needed. Without the journal, castmerge goes by the video IDs in the workbook.
        """,
    ),
    Command(
        "queue",
        "merge.cli.worker",
        options.QueueOptions,
        """Show what waits for the workers, or pause, resume or stop it.

        \b
        Example:
          castmerge queue customers.xlsx --pause

        Takes effect on all computers that share the journal within 5 seconds. castmerge still waits for
        videos that AI Studios is already making.
        """,
    ),
    Command(
        "worker",
        "merge.cli.worker",
        options.WorkerOptions,
        """Make the videos that wait in a shared journal, until you stop it.

        \b
        Example:
          castmerge worker --journal postgresql://anna@db.example.com/castmerge

        Start as many as you like, on any computer with a key of the account. Together they keep to
        the limits of a single run. To give them rows, run castmerge submit with --queue.
        """,
        reads_config=False,  # it has no folder
    ),
    Command(
        "export-drafts",
        "merge.cli.run",
        options.ExportOptions,
        """Make videos from approved drafts.

        \b
        Example:
          castmerge export-drafts customers.xlsx --where "approved == 'yes'"

        Exports each draft as it is now in AI Studios, including edits made there. No template is needed.
        Without --rows, --where or --visible-only, all drafts are exported.
        """,
    ),
    Command(
        "status",
        "merge.cli.report",
        options.AnyStatusOptions,
        """Show the status of every row.

        \b
        Example:
          castmerge status customers.xlsx

        With --all and a shared journal, castmerge shows every workbook in it instead.
        """,
    ),
    Command(
        "report",
        "merge.cli.report",
        options.ReportOptions,
        """Write a page that shows what was made, failures first: links, pictures, times, and credits.

        \b
        Example:
          castmerge report customers.xlsx -o report.html

        castmerge reads only the journal and the workbook. For the pictures, it also needs the template.
        Unless you add -t, it uses the one of the last run.
        """,
    ),
    Command(
        "write-back",
        "merge.cli.report",
        options.StatusOptions,
        """Write the results into the workbook if a run couldn't, for example because Excel had it open.

        \b
        Example:
          castmerge write-back customers.xlsx
        """,
    ),
    Command(
        "init",
        "merge.cli.setup",
        options.InitOptions,
        """Create a campaign folder with an example workbook, a template, and scripts to double-click.

        \b
        Example:
          castmerge init "Spring campaign"
        """,
    ),
    Command(
        "projects",
        "merge.cli.account",
        options.AccountOptions,
        """List the projects of your AI Studios account.

        \b
        Example:
          castmerge projects

        Each line has a project's ID and its name, separated by a tab. castmerge pull saves one of them.
        """,
    ),
    Command(
        "pull",
        "merge.cli.account",
        options.PullOptions,
        """Save an AI Studios project as a template.

        \b
        Example:
          castmerge pull 65f1c0de9a7b -o welcome.json
        """,
    ),
    Command(
        "doctor",
        "merge.cli.doctor",
        options.DoctorOptions,
        """Check that everything is set up: key, service, clock, workbook and template.

        \b
        Example:
          castmerge doctor customers.xlsx -t welcome.json
        """,
    ),
    Command(
        "login",
        "merge.cli.account",
        options.LoginOptions,
        """Save your API key in this computer's keyring.

        \b
        Example:
          castmerge login

        castmerge asks for the key without showing it, and tries it before saving it.
        """,
    ),
    Command(
        "logout",
        "merge.cli.account",
        options.RegionOption,
        """Remove your API key from this computer's keyring.

        \b
        Example:
          castmerge logout
        """,
    ),
    Command(
        "help",
        "merge.cli.help_topics",
        options.HelpOptions,
        """Show the documentation: a list of topics, or one of them.

        \b
        Example:
          castmerge help first-campaign
        """,
    ),
    Command(
        "schema",
        "merge.cli.setup",
        options.SchemaOptions,
        """Print the JSON Schema of the summary, an event, what doctor finds, or the list of campaigns.

        \b
        Example:
          castmerge schema summary
        """,
    ),
    Command(
        "simulate",
        "merge.cli.setup",
        options.SimulatorOptions,
        """Run a simulated AI Studios on this computer, until Ctrl-C.

        \b
        Example:
          castmerge simulate --port 8080 --seconds 5
          castmerge run customers.xlsx -t welcome.json --base-url http://127.0.0.1:8080 --yes
        """,
    ),
)
