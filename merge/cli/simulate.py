"""`castmerge simulate`: the stand-in service by itself."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping
from pathlib import Path

import click

from merge.cli.option_values import Chosen


def perform(values: Mapping[str, object]) -> int:
    """Serve until somebody asks to stop."""
    from merge.services.simulator import Simulator, SimulatorSettings, parse_faults  # noqa: PLC0415 - likewise

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
