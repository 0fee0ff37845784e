"""Stop real processes in every state, with every signal.

`python -m tests.support.stops` tries the whole table; the tests try each state with one signal.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import openpyxl

from tests.conftest import PROJECT
from tests.support.app_client import AppClient
from tests.support.held_service import Hold, Point, held_service
from tests.support.warm_processes import WarmProcess, run, start

SECONDS = 5.0
"""The time in seconds within which a process must end."""
START = 120.0
"""The time in seconds within which a process reaches its state, even on a busy computer."""
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
QUICK = ("--first-look", "0.1", "--poll-min", "0.1", "--poll-max", "60")
NO_SUCH_HOST = "https://castmerge.invalid"
WORKBOOK, TEMPLATE = "people.xlsx", "hello.json"
RUN = ("run", WORKBOOK, "-t", TEMPLATE, "--yes", *QUICK)
SUBMIT = ("submit", WORKBOOK, "-t", TEMPLATE, "--yes")
CHECK = ("check", WORKBOOK, "-t", TEMPLATE, "--online")
_WITHOUT_SERVICE = frozenset({"open", "write-back"})
PULL = ("pull", "p1", "-o", "pulled.json")


@dataclass(frozen=True, slots=True)
class State:
    """What a process waits for when it is stopped.

    Attributes:
        command: its command line
        point: where the service holds it up
        hold: how
        before: command lines that lead there, with the same service
        made: how many ids the workbook has afterwards
        looks_up: whether it waits for a name server that never answers
        writes: whether it is writing the workbook, on a slow disk
        restored: whether an older copy of the workbook, without results, is there
        waits_for_excel: whether it is the app, whose results wait until Excel has closed the workbook
        code: its exit code
        address: replaces the service's
    """

    command: tuple[str, ...]
    point: Point
    hold: Hold
    before: tuple[tuple[str, ...], ...] = ()
    made: int = 0
    looks_up: bool = False
    writes: bool = False
    restored: bool = False
    waits_for_excel: bool = False
    code: int = 130
    address: str = ""


STATES: Mapping[str, State] = {
    "run: list asks to wait": State(RUN, "list", "asks to wait"),
    "run: list is silent": State(RUN, "list", "is silent"),
    "run: submission asks to wait": State(RUN, "submit", "asks to wait"),
    "run: submission is silent": State(RUN, "submit", "is silent"),
    "run: progress asks to wait": State(RUN, "progress", "asks to wait", made=2),
    "run: progress is silent": State(RUN, "progress", "is silent", made=2),
    "run: between two polls": State(RUN, "nowhere", "is silent", made=2),
    "run: waits for webhooks": State(
        (*RUN, "--webhook-url", "https://hooks.example.com/castmerge", "--webhook-listen", "127.0.0.1:0"),
        "nowhere", "is silent", made=2,
    ),
    "run: download is silent": State((*RUN, "--download", "videos"), "download", "is silent", made=2),
    "run: name server is silent": State(RUN, "nowhere", "is silent", looks_up=True, address=NO_SUCH_HOST),
    "submit: workbook is being written, nothing was sent": State(SUBMIT, "nowhere", "is silent", writes=True),
    "collect: workbook is being written": State(
        ("collect", WORKBOOK, *QUICK, "--give-up-after", "0.001"), "nowhere", "is silent",
        before=(SUBMIT,), made=2, writes=True,
    ),
    "write-back: workbook is being written": State(
        ("write-back", WORKBOOK), "nowhere", "is silent",
        before=(SUBMIT,), writes=True, restored=True,
    ),
    "open: results wait for Excel": State(
        ("open", ".", "--no-browser"), "nowhere", "is silent", waits_for_excel=True, code=0
    ),
    "submit: list is silent": State(SUBMIT, "list", "is silent"),
    "collect: progress asks to wait": State(
        ("collect", WORKBOOK, *QUICK), "progress", "asks to wait", before=(SUBMIT,), made=2
    ),
    "collect: progress is silent": State(
        ("collect", WORKBOOK, *QUICK), "progress", "is silent", before=(SUBMIT,), made=2
    ),
    "export-drafts: progress asks to wait": State(
        ("export-drafts", WORKBOOK, "--yes", *QUICK), "progress", "asks to wait",
        before=((*SUBMIT, "--draft"),), made=2,
    ),
    "export-drafts: progress is silent": State(
        ("export-drafts", WORKBOOK, "--yes", *QUICK), "progress", "is silent",
        before=((*SUBMIT, "--draft"),), made=2,
    ),
    "check: account is silent": State(CHECK, "account", "is silent"),
    "check: key is silent": State(CHECK, "auth", "is silent"),
    "check: name server is silent": State(CHECK, "nowhere", "is silent", looks_up=True, address=NO_SUCH_HOST),
    "check: link's name server is silent": State(CHECK, "nowhere", "is silent", looks_up=True),
    "pull: project is silent": State(PULL, "project", "is silent"),
    "pull: name server is silent": State(PULL, "nowhere", "is silent", looks_up=True, address=NO_SUCH_HOST),
    "doctor: account is silent": State(("doctor",), "account", "is silent"),
}  # fmt: skip
"""By name."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, the seconds after the signal, its output, and the ids written."""

    code: int | None
    seconds: float
    said: str
    made: int


def stopped(state: State, number: signal.Signals, folder: Path) -> Ended:
    """Bring a process into a state, send it a signal, and wait for its end."""
    workbook = _files(folder, link=state.looks_up and not state.address)
    environment = {**os.environ, "AISTUDIOS_API_KEY": "key-of-the-tests"}
    with held_service(state.point, state.hold) as service:
        address = ("--base-url", state.address or service.base_url)
        for command in state.before:
            ran = run((*command, *address), environment, folder)
            assert ran.returncode in {0, 4}, ran.stderr
        if state.restored:
            _files(folder)
        process = start(
            (*state.command, *(address if state.command[0] not in _WITHOUT_SERVICE else ())),
            environment,
            folder,
            silent_names=state.looks_up,
            slow_disk=state.writes,
        )
        if state.looks_up or state.writes:
            process.wait_for("looking up" if state.looks_up else "writing", START)
        elif state.waits_for_excel:
            _make_and_wait(process, folder)
        else:
            _wait_for(service.reached.is_set, process)
        # The process needs a moment to read the answer and start waiting.
        time.sleep(0.3)
        process.send(number)
        code, seconds = process.ended(START)
    return Ended(code, seconds, process.said, _ids(workbook))


def _files(folder: Path, *, link: bool = False) -> Path:
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    text = PROJECT % "Hello"
    for row in (["Name"], ["Ana"], ["Ben"]):
        workbook.active.append(row)
    workbook.save(folder / WORKBOOK)
    background = '"background": {"source_type": "image", "source_url": "https://pictures.example.org/a.png"},'
    project = text.replace('"clips"', f'{background} "clips"') if link else text
    (folder / TEMPLATE).write_text(project, "utf-8")
    return folder / WORKBOOK


def _make_and_wait(app: WarmProcess, folder: Path) -> None:
    """Make the videos of practice in the app while Excel has the workbook open."""
    app.wait_for("\n", START)
    with AppClient(app.out.strip()) as page:
        page.checked()
        page.post("/api/choice", {"template": TEMPLATE, "practice": True})
        page.until("/api/plan?what=all", "make", holds=lambda make: make == 2)
        owner = "Ann"
        (folder / f"~${WORKBOOK}").write_bytes(
            bytes([len(owner)])
            + owner.encode().ljust(54)
            + bytes([len(owner), 0])
            + owner.encode("utf-16-le")
        )
        page.post("/api/run", {"what": "all", "anyway": True})
        page.until("/api/run", "state", holds=lambda state: state == "waiting_for_workbook")


def _wait_for(reached: Callable[[], bool], process: WarmProcess) -> None:
    began = time.monotonic()
    while not reached():
        assert process.process.exitcode is None, process.said
        assert time.monotonic() - began < START, process.said
        time.sleep(0.05)


def _ids(workbook: Path) -> int:
    header, *rows = openpyxl.load_workbook(workbook).worksheets[0].iter_rows(values_only=True)
    return sum(bool(row[header.index("Video ID")]) for row in rows) if "Video ID" in header else 0


def _main() -> None:
    for number in SIGNALS:
        # A job in the background ignores Ctrl-C, and so would the processes that it starts.
        signal.signal(number, signal.SIG_DFL)
    slowest = 0.0
    chosen = {name: state for name, state in STATES.items() if not sys.argv[1:] or sys.argv[1] in name}
    for (name, state), number in product(chosen.items(), SIGNALS):
        with tempfile.TemporaryDirectory() as folder:
            ended = stopped(state, number, Path(folder))
        slowest = max(slowest, ended.seconds)
        good = (ended.code, ended.made) == (state.code, state.made) and ended.seconds < SECONDS
        line = f"{'ok  ' if good else 'BAD '} {name}, {number.name}: {ended.code} in {ended.seconds:.1f} s"
        print(line, flush=True)
        if not good:
            print(ended.made, ended.said)
    print(f"{len(chosen) * len(SIGNALS)} stops, the slowest in {slowest:.1f} s")


if __name__ == "__main__":
    _main()
