"""`castmerge init`, `schema` and `simulate`, which need neither a workbook nor an account."""

from __future__ import annotations

import signal
import sys
import threading
from importlib.resources import files

import click

from merge import __version__
from merge.cli.options import InitOptions, SchemaOptions, SimulatorOptions
from merge.input.starter_files import make_folder

_SCRIPTS = {"win32": "Open castmerge.bat", "darwin": "Open castmerge.command"}


def init(options: InitOptions) -> int:
    """Make a campaign folder, and print the next steps."""
    made = make_folder(options.folder, python=sys.executable, version=__version__)
    click.echo(f"{options.folder} has:", err=True)
    for each in made:
        kept = " (already exists, not changed)" if each.kept else ""
        click.echo(f"  {each.path.name}{kept}", err=True)
    script = _SCRIPTS.get(sys.platform, "Open castmerge.sh")
    click.echo(f"Copy your workbook and template into the folder, and then double-click {script}.", err=True)
    return 0


def schema(options: SchemaOptions) -> int:
    """Print one of the JSON Schemas."""
    click.echo(schema_text(options.name), nl=False)
    return 0


def schema_text(name: str) -> str:
    """The JSON Schema (draft 2020-12) of `summary`, `event` or `doctor`."""
    return (files("merge") / "cli" / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")


def simulate(options: SimulatorOptions) -> int:
    """Run the simulator until Ctrl-C or SIGTERM."""
    from merge.services.simulator import Simulator, SimulatorSettings, parse_faults  # noqa: PLC0415 - starlette and uvicorn are heavy

    settings = SimulatorSettings(
        seconds=options.seconds,
        key=options.api_key,
        faults=parse_faults(options.fault or ""),
        seed=options.seed,
        state_file=options.state,
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with Simulator(settings, port=options.port) as simulator:
        click.echo(simulator.base_url)
        click.echo("The simulated AI Studios is ready. To stop it, press Ctrl-C.", err=True)
        simulator.serve_until(stop)
    return 0
