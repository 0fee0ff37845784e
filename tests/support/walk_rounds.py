"""Long walks: `python -m tests.support.walk_rounds --walks 2000`, or with `--form processes` for real ones.

With `--form shared`, copies of the workbook share a journal in a temporary PostgreSQL. With
`--workbooks FOLDER --count 20`, one walk on each of that many real workbooks, with files.

A walk takes a few hundredths of a second in memory and half a second with files. With processes it takes half
a minute: the service is the simulator over HTTP, which loses answers and is busy, each run is `castmerge run`
in its own process, and some are killed.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

from merge.errors import InputError
from merge.results import ExitCode, MergeResult
from merge.settings import Settings
from tests.support.forked_runs import exit_code, shows_fault, start
from tests.support.memory_walks import memory_walk
from tests.support.paths import ROOT
from tests.support.postgres import programs, running_server
from tests.support.real_workbooks import REAL_STEPS, RealFiles, RealList, RealWalk, lists_in
from tests.support.shared_walks import SharedFiles, SharedWalk
from tests.support.walks import STEPS, Step, Walk, take_step

QUICK = ("--first-look", "0.2", "--poll-min", "0.2", "--poll-max", "0.4", "--longest-export", "0.05")
KEYED = 0.4
"""The share of walks with `--key`."""
KILLED = 0.25
"""The share of runs that are killed."""
FAULTS = "lose=0.1,late500=0.05,reset=0.05,busy=0.1"
PATIENCE = 240.0
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - thousands of journals are synced there


@dataclass
class ProcessWalk(Walk):
    """A walk whose runs are processes.

    Attributes:
        url: of the simulator
        state: the file in which it records what it accepts
        chance: decides which runs are killed
    """

    url: str = ""
    state: Path = Path()
    chance: random.Random | None = None

    def accepted(self) -> dict[str, str]:
        """The projects that the simulator has accepted."""
        return {job: name.rpartition(" [")[0] for job, name in self._names().items()}

    def accepted_tags(self) -> dict[str, str]:
        """The ids that the simulator has accepted, by tag."""
        return {name.rpartition(" [")[2].removesuffix("]"): job for job, name in self._names().items()}

    def _names(self) -> dict[str, str]:
        lines = self.state.read_text(encoding="utf-8").splitlines() if self.state.exists() else []
        events = [json.loads(line) for line in lines if line.endswith("}")]
        return {str(each["id"]): str(each["name"]) for each in events if each["event"] == "accepted"}

    def carried_out(self, settings: Settings, *, killed_at: int = 0) -> MergeResult:
        """Run as a process, which may be killed."""
        assert self.chance is not None
        rerun = settings.rerun
        options = [
            *(["--changed"] if rerun.changed else []),
            *(["--retry-failed"] if rerun.retry_failed else []),
            *(["--new-rows"] if rerun.new_rows else []),
            *(["--rows", settings.selection.rows] if settings.selection.rows else []),
            *(["--limit", str(settings.selection.limit)] if settings.selection.limit else []),
            *(["--remake", rerun.remake] if rerun.remake else []),
            *(["--resubmit-in-doubt"] if settings.resubmit_in_doubt else []),
            *(["--key", *settings.selection.key] if settings.selection.key else []),
        ]
        files = ["run", str(self.workbook), "-t", str(self.template)]
        log = self.folder / "output.txt"
        log.write_text("", encoding="utf-8")  # a run that is killed at once never opens it
        arguments = [*files, "--yes", "--base-url", self.url, *QUICK, *options]
        environment = {"AISTUDIOS_API_KEY": "key-of-the-walks", "XDG_STATE_HOME": str(self.folder / "state")}
        process = start(arguments, log, environment)
        if killed_at or self.chance.random() < KILLED:
            time.sleep(self.chance.uniform(0.05, 1.5))
            os.kill(process, signal.SIGKILL)
        code = exit_code(process, PATIENCE)
        output = log.read_text(encoding="utf-8", errors="replace")
        if code is None:
            self.broken.append(f"a run did not end within {PATIENCE:.0f} s: {output[-5000:]}")
        if shows_fault(output):
            self.broken.append(f"a fault: {output[-5000:]}{self._details()}")
        if code == ExitCode.WRONG_INPUT:
            raise InputError(output[-200:])
        # A killed run has written nothing that could be checked except for the workbook's content.
        ended = ExitCode(code) if code is not None and code >= 0 else ExitCode.NOT_WRITTEN
        return MergeResult(str(self.workbook), "People", str(self.template), (), ended)

    def _details(self) -> str:
        """What runs saved about their faults."""
        saved = sorted((self.folder / "state").rglob("*.txt"))
        return "\n".join(path.read_text(encoding="utf-8") for path in saved)


@contextmanager
def _stand_in(state: Path, seed: int) -> Iterator[str]:
    command = [sys.executable, "-m", "merge", "simulate", "--port", "0", "--seconds", "0.5"]
    options = ["--state", str(state), "--seed", str(seed), "--fault", FAULTS]
    with subprocess.Popen(
        [*command, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def walk_in_memory(seed: int, steps: int, folder: Path) -> Walk:
    """Take one walk in memory, up to the first violation; the folder gets the template."""
    chance = random.Random(seed)
    folder.mkdir(exist_ok=True)
    with memory_walk(folder, **_people(chance)) as walk:
        return _steps(walk, chance, steps)


def walk_with_files(seed: int, steps: int, folder: Path) -> Walk:
    """Take the same walk with files in a folder."""
    chance = random.Random(seed)
    folder.mkdir(exist_ok=True)
    return _steps(Walk(folder, **_people(chance)), chance, steps)


def walk_with_processes(seed: int, steps: int, folder: Path) -> Walk:
    """Take a walk whose runs are processes, a share of which is killed."""
    chance = random.Random(seed)
    given = _people(chance)
    state = folder / "service.jsonl"
    with _stand_in(state, seed) as url:
        walk = ProcessWalk(folder, **given, url=url, state=state, chance=chance)
        return _steps(walk, chance, steps)


def walk_with_shared_journal(seed: int, steps: int, folder: Path, address: str) -> Walk:
    """Take a walk with files and a journal in a new database: every copy shares its videos."""
    chance = random.Random(seed)
    folder.mkdir(exist_ok=True)
    walk = SharedWalk(folder, **_people(chance), files=SharedFiles(address), address=address)
    return _steps(walk, chance, steps)


def walk_on_workbook(seed: int, steps: int, folder: Path, original: Path, found: RealList) -> Walk:
    """Take a walk on a copy of a real workbook in a folder of its own."""
    walk = RealWalk(folder, files=RealFiles(found), original=original, found=found)
    walk.run()
    return _steps(walk, random.Random(seed), steps, REAL_STEPS)


class _People(TypedDict):
    people: int
    keyed: bool


def _people(chance: random.Random) -> _People:
    return {"people": chance.randint(1, 4), "keyed": chance.random() < KEYED}


def _steps(walk: Walk, chance: random.Random, steps: int, of: Sequence[Step] = STEPS) -> Walk:
    for _ in range(steps):
        if walk.broken:
            break
        take_step(walk, chance, of)
    return walk


WALKS = {"memory": walk_in_memory, "files": walk_with_files, "processes": walk_with_processes}


@dataclass
class Tally:
    """The figures of the walks so far."""

    walks: int = 0
    broken: int = 0
    runs: int = 0
    videos: int = 0

    def add(self, name: str, walk: Walk) -> None:
        """Count a walk, and print the laws that it broke."""
        self.walks += 1
        self.videos += len(walk.accepted())
        self.runs += sum(line.startswith("run ") for line in walk.log)
        if walk.broken:
            self.broken += 1
            print(f"{name}:\n{walk.why()}", flush=True)


def main() -> int:
    """Take the walks and print the violations; return 1 if there are any."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--walks", type=int, default=200)
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--form", choices=(*WALKS, "shared"), default="memory")
    parser.add_argument("--workbooks", type=Path, help="a folder of real workbooks")
    parser.add_argument("--count", type=int, default=20, help="how many of them")
    given = parser.parse_args()
    logging.disable()
    began, tally = time.monotonic(), Tally()
    if given.workbooks:
        _walk_on_workbooks(given.workbooks, given.count, given.seed, given.steps, tally)
    else:
        with _walker(given.form) as walk:
            for seed in range(given.seed, given.seed + given.walks):
                with TemporaryDirectory(prefix="castmerge-walk-", dir=MEMORY) as folder:
                    tally.add(str(seed), walk(seed, given.steps, Path(folder)))
    seconds = time.monotonic() - began
    steps = f"{tally.walks} walks of {given.steps} steps, {tally.runs} runs"
    print(f"{steps}, {tally.broken} broken, {tally.videos} videos, {seconds:.0f} s")
    return 1 if tally.broken else 0


@contextmanager
def _walker(form: str) -> Iterator[Callable[[int, int, Path], Walk]]:
    """What takes a walk of this form; those with a shared journal need a server."""
    found = programs()
    if form != "shared" or found is None:
        yield WALKS[form]
        return
    with running_server(found) as server:
        yield lambda seed, steps, folder: walk_with_shared_journal(seed, steps, folder, server.new_database())


def _walk_on_workbooks(folder: Path, count: int, first_seed: int, steps: int, tally: Tally) -> None:
    with TemporaryDirectory(prefix="castmerge-walk-", dir=MEMORY) as copies:
        for number, (copy, found) in enumerate(islice(lists_in(folder, Path(copies)), count)):
            with TemporaryDirectory(prefix="castmerge-walk-", dir=MEMORY) as own:
                walk = walk_on_workbook(first_seed + number, steps, Path(own), copy, found)
            runs = sum(line.startswith("run ") for line in walk.log)
            of = f"sheet {found.sheet}, {', '.join(found.headers[:2])}"
            print(f"{copy.name}, {of}: {runs} runs, {len(walk.accepted())} videos", flush=True)
            tally.add(copy.name, walk)


if __name__ == "__main__":
    sys.exit(main())
