"""The simulator as a server on loopback."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from merge.errors import InputError
from merge.project.media_urls import is_loopback
from merge.services.http_server import LAST_PORT, listening_socket, serving
from merge.services.simulator.account import Account, Keys
from merge.services.simulator.app import build_app
from merge.services.simulator.fault_middleware import FaultMiddleware
from merge.services.simulator.settings import SimulatorSettings
from merge.services.simulator.state import StateFile

_MAX_CONNECTIONS = 400
"""Fewer than the file handles that most systems allow a process."""
_HINT = "Choose another one with --port; 0 takes any free port."


class Simulator:
    """A simulated AI Studios service that runs while the `with` block lasts.

    It answers as soon as the block is entered, and has stopped within half a second of its end, whatever
    connections its clients keep open. It has its own thread and event loop, so `asyncio.run` and signals stay
    with the main thread.

    Args:
        settings: how it behaves
        host: an address of this machine; others are refused
        port: 0 takes a free one
        clock: epoch seconds; a video's progress depends only on it

    Raises:
        InputError: on entering: the port is in use, the host isn't loopback, or the state file isn't one
    """

    def __init__(
        self,
        settings: SimulatorSettings | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings or SimulatorSettings()
        self._host = host
        self._port = port
        self._clock = clock
        self._open = ExitStack()

    @property
    def base_url(self) -> str:
        """Its address, such as `http://127.0.0.1:41523`; known after entering."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def __enter__(self) -> Self:
        if not is_loopback(self._host):
            message = f"the simulated AI Studios only runs on this computer, not on {self._host!r}"
            raise InputError(message, hint="Use 127.0.0.1.")
        message = f"port {self._port} can't be used"
        if not 0 <= self._port <= LAST_PORT:
            reason = f"ports are numbers from 0 to {LAST_PORT}"
            raise InputError(f"{message}: {reason}", place=self._host, hint=_HINT)
        with ExitStack() as opened:
            listener = opened.enter_context(
                listening_socket(self._host, self._port, place=self._host, message=message, hint=_HINT)
            )
            self._port = listener.getsockname()[1]
            state_file = opened.enter_context(StateFile(self._settings.state_file))
            account = Account(self._settings, state_file, self._clock, self.base_url)
            app = FaultMiddleware(
                build_app(account, Keys(self._settings, self._clock)),
                self._settings.faults,
                random.Random(self._settings.seed),
            )
            opened.enter_context(
                serving(app, listener, name="simulator", max_connections=_MAX_CONNECTIONS, lifespan=True)
            )
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def serve_until(self, stop: threading.Event) -> None:
        """Block the calling thread until the event is set; Ctrl-C interrupts it as usual."""
        # On Windows, waiting without a timeout can't be interrupted.
        while not stop.wait(0.2):
            pass
