"""Simulator of the AI Studios service: an HTTP server on loopback that needs no key and no credits.

An endpoint is a method of `Calls` and a route in `app.py`; what the service refuses is in `validation.py`;
faults that tests and `castmerge simulate --fault` can inject are in `settings.py`.
"""

from merge.services.simulator.server import Simulator
from merge.services.simulator.settings import Faults, SimulatorSettings, parse_faults

__all__ = ["Faults", "Simulator", "SimulatorSettings", "parse_faults"]
