"""A stand-in for the AI Studios service: an HTTP server on loopback, no key and no credits needed."""

from merge.services.simulator.faults import Faults, parse_faults
from merge.services.simulator.server import Simulator
from merge.services.simulator.settings import SimulatorSettings

__all__ = ["Faults", "Simulator", "SimulatorSettings", "parse_faults"]
