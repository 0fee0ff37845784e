"""`castmerge simulate`: the stand-in service by itself."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from merge.cli import options
from merge.cli.chosen import Chosen

HELP = """Run the stand-in AI Studios service on this computer until Ctrl-C.

\b
Example:
  castmerge simulate --port 8080 --seconds 5
  castmerge run customers.xlsx -t welcome.json --base-url http://127.0.0.1:8080 --yes
"""


def simulate(**values: object) -> int:
    """Serve until somebody asks to stop."""
    from merge.simulator import Simulator, SimulatorSettings, parse_faults  # noqa: PLC0415 - likewise

    chosen = Chosen(values)
    state = chosen.text("state")
    settings = SimulatorSettings(
        seconds=chosen.number("seconds") or 3.0,
        key=chosen.text("api_key"),
        faults=parse_faults(chosen.text("fault") or ""),
        seed=chosen.whole("seed") or 0,
        state_file=Path(state) if state else None,
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with Simulator(settings, port=chosen.whole("port") or 0) as simulator:
        click.echo(simulator.base_url)
        click.echo("The stand-in is ready; Ctrl-C ends it.", err=True)
        simulator.serve_until(stop)
    return 0


command = click.Command(
    "simulate",
    callback=simulate,
    help=HELP,
    params=[
        options.option(
            "--port", kind=click.IntRange(0, 65535), default=8080, help="0 takes any that is free."
        ),
        options.option(
            "--seconds", kind=click.FloatRange(min=0, min_open=True), default=3.0, help="A video's time."
        ),
        options.option(
            "--fault", metavar="NAME=SHARE,…", help="What goes wrong, such as lose=0.1,late500=0.05."
        ),
        options.option("--seed", kind=click.IntRange(min=0), default=0, help="Decides where faults strike."),
        options.option("--api-key", help="The one key to accept; else any."),
        options.option("--state", metavar="FILE", help="Remember projects here from one start to the next."),
    ],
)
