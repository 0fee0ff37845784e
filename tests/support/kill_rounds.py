"""Rounds of SIGKILL at random moments: `python -m tests.support.kill_rounds --rounds 200 --seed 7`.

Each round has a workbook, a simulator in its own process that loses answers, fails late, resets
connections, sends garbage and is busy, and several runs of `castmerge run` that are killed; then one run to
the end. In every round, no row was submitted twice, every accepted video is in its row, and nobody saw a
traceback. In some variants the journal is deleted, or the workbook sorted and saved, between runs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import TextIO

import openpyxl

import merge.run.session
import merge.services.aistudios
from merge.model import Entry, JobId, Tag
from merge.project.fingerprint import tag_of_name
from merge.run.state import RunState
from tests.support.forked_runs import exit_code, shows_fault, start
from tests.support.paths import ROOT

PEOPLE = [f"Person {number:02}" for number in range(1, 9)]
KILLS = 4
QUICK = ("--first-look", "0.2", "--poll-min", "0.2", "--poll-max", "0.4", "--longest-export", "0.05")
PROJECT = """{"name": "Hello {{ name }}", "scenes": [{"sceneIdx": 0, "clips": [{"type": "aiModel",
"script": {"org": "<p>Hello {{ name }}.</p>"},
"model": {"ai_name": "M000045058", "emotion": "BG00002320"}}]}]}"""
PATIENCE = 90.0


class Careless(RunState):
    """A run state that records no intent before it sends."""

    async def record_intent(self, entry: Entry) -> bool:
        """Remember it in memory alone."""
        self._keep(entry)
        return True


class Blind(merge.services.aistudios.AiStudios):
    """A service client that never searches for tags."""

    async def find(self, tags: object) -> dict[Tag, JobId]:
        """Find nothing."""
        return {}


def _no_intent() -> None:
    merge.run.session.__dict__["RunState"] = Careless


def _no_look() -> None:
    merge.services.aistudios.__dict__["AiStudios"] = Blind


def _no_mark() -> None:
    merge.run.session.__dict__["mark_submitting"] = lambda known, *_: (known, frozenset())


BREAKS: dict[str, Callable[[], None]] = {"intent": _no_intent, "look": _no_look, "mark": _no_mark}
"""Safeguards that can be removed from the runs, to see that the rounds detect it."""
VARIANTS = ("plain", "no-journal", "sorted")


@dataclass(frozen=True)
class RoundOptions:
    """The options of the rounds.

    Attributes:
        variant: one of `VARIANTS`
        broken: one of `BREAKS`, or ""
    """

    rounds: int
    seed: int
    variant: str
    broken: str


@dataclass
class Round:
    """One round: its folder, its random numbers, and its violations."""

    folder: Path
    chance: random.Random
    asked: RoundOptions
    url: str = ""
    kills_hit: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def workbook(self) -> Path:
        return self.folder / "people.xlsx"

    @property
    def log(self) -> Path:
        return self.folder / "service.jsonl"

    def accepted(self) -> list[tuple[str, str]]:
        """Names without their tags, and ids, of the projects that the service has accepted."""
        lines = self.log.read_text(encoding="utf-8").splitlines(keepends=True) if self.log.exists() else []
        events = [json.loads(line) for line in lines if line.endswith("\n")]
        names = [(str(event["name"]), str(event["id"])) for event in events if event["event"] == "accepted"]
        return [(name.rpartition(" [")[0] if tag_of_name(name) else name, job) for name, job in names]


def main() -> int:
    """Play the rounds and print the table; return 1 for a violation."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--variant", choices=VARIANTS, default="plain")
    parser.add_argument("--broken", choices=("", *BREAKS), default="")
    parser.add_argument("--until-fault", action="store_true", help="end with the first fault")
    given = parser.parse_args()
    asked = RoundOptions(given.rounds, given.seed, given.variant, given.broken)
    rounds: list[Round] = []
    print_line("round  kills at work  accepted  seconds  faults")
    for number in range(asked.rounds):
        begun = time.monotonic()
        rounds.append(play(asked, asked.seed * 10_000 + number))
        one = rounds[-1]
        counts = f"{number:5}{one.kills_hit:15}{len(PEOPLE):10}{time.monotonic() - begun:9.1f}"
        print_line(f"{counts}  {'; '.join(one.faults) or '-'}")
        if one.faults and given.until_fault:
            break
    bad = sum(bool(one.faults) for one in rounds)
    kills = len(rounds) * KILLS
    print_line(f"{asked.variant}: {len(rounds)} rounds, {kills} kills, {bad} rounds with faults")
    return 1 if bad else 0


def play(asked: RoundOptions, seed: int) -> Round:
    """Play one round; its folder is kept if there is a fault."""
    with ExitStack() as until_the_end:
        folder = Path(mkdtemp(prefix="castmerge-kill-"))
        until_the_end.callback(shutil.rmtree, folder)
        one = Round(folder, random.Random(seed), asked)
        make_workbook(one.workbook)
        (one.folder / "hello.json").write_text(PROJECT, encoding="utf-8")
        with faulty_service(one, seed):
            cut = one.chance.randrange(1, KILLS + 1)
            for number in range(1, KILLS + 1):
                _kill_a_run(one)
                if number == cut:
                    _interfere(one)
            code = _run_to_the_end(one)
        _check(one, code)
        if one.faults:
            until_the_end.pop_all()
            one.faults.append(f"kept in {folder}")
    return one


def make_workbook(path: Path, people: Sequence[str] = PEOPLE) -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for row in (["Name", "Town"], *([person, "Bonn"] for person in people)):
        page.append(row)
    book.save(path)


@contextmanager
def faulty_service(one: Round, seed: int) -> Iterator[None]:
    shares = {"lose": 0.15, "late500": 0.1, "reset": 0.1, "garbage": 0.1, "busy": 0.2}
    drawn = ",".join(f"{name}={share}" for name, share in shares.items() if one.chance.random() < 0.5)
    command = [sys.executable, "-m", "merge", "simulate", "--port", "0", "--seconds", "0.7"]
    options = ["--state", str(one.log), "--seed", str(seed), *(["--fault", drawn] if drawn else [])]
    with subprocess.Popen(
        [*command, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        one.url = process.stdout.readline().strip()
        try:
            yield
        finally:
            process.kill()


def _start(one: Round) -> int:
    """Start a run in its own process and return the process id."""
    files = [str(one.workbook), "-t", str(one.folder / "hello.json")]
    environment = {"AISTUDIOS_API_KEY": "key-of-the-rounds", "XDG_STATE_HOME": str(one.folder / "state")}
    return start(
        ["run", *files, "--yes", "--resubmit-in-doubt", "--base-url", one.url, *QUICK],
        one.folder / "output.txt",
        environment,
        BREAKS.get(one.asked.broken, lambda: None),
    )


def _kill_a_run(one: Round) -> None:
    """Kill a run at a random moment: soon after its start, or close to an acceptance."""
    before = len(one.accepted())
    process = _start(one)
    wanted = before + one.chance.randrange(4)
    latest = time.monotonic() + one.chance.uniform(0.5, 4.0)
    while len(one.accepted()) < wanted and time.monotonic() < latest and not has_ended(process):
        time.sleep(0.001)
    # Kill at once in half of the cases: there are only milliseconds between an acceptance and its record.
    if one.chance.random() < 0.5 or wanted == before:
        time.sleep(one.chance.uniform(0, 0.4 if wanted == before else 0.06))
    if not has_ended(process):
        one.kills_hit += 1
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def has_ended(process: int) -> bool:
    try:
        return os.waitpid(process, os.WNOHANG)[0] == process
    except ChildProcessError:
        return True


def _interfere(one: Round) -> None:
    match one.asked.variant:
        case "no-journal":
            shutil.rmtree(one.folder / ".castmerge", ignore_errors=True)
        case "sorted":
            _sort(one)
        case _:
            pass


def _sort(one: Round) -> None:
    """Sort the rows, change another column, and save, like a user."""
    book = openpyxl.load_workbook(one.workbook)
    page = book.worksheets[0]
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
    one.chance.shuffle(rows)
    for number, row in enumerate(rows, start=2):
        for place, value in enumerate(row, start=1):
            page.cell(number, place).value = "Köln" if place == 2 and number % 3 == 0 else value
    book.save(one.workbook)


def _run_to_the_end(one: Round) -> int:
    code = exit_code(_start(one), PATIENCE)
    if code is None:
        one.faults.append(f"the last run did not end within {PATIENCE:.0f} s")
    return code or 0


def _check(one: Round, code: int) -> None:
    taken = one.accepted()
    counts = Counter(name for name, _ in taken)
    twice = sorted(name for name, count in counts.items() if count > 1)
    ids = ids_in(one.workbook)
    lost = sorted(job for name, job in taken if name not in twice and ids.get(name) != job)
    printed = (one.folder / "output.txt").read_text(encoding="utf-8", errors="replace")
    laws = {
        f"submitted twice: {', '.join(twice)}": bool(twice),
        f"missing from the workbook: {', '.join(lost)}": bool(lost),
        f"never submitted: {len(PEOPLE) - len(counts)}": len(counts) < len(PEOPLE),
        f"exit code {code}: {printed[-300:]}": code != 0,
        "a fault in castmerge": shows_fault(printed),
    }
    one.faults.extend(law for law, broken in laws.items() if broken)


def ids_in(workbook: Path) -> dict[str, str]:
    header, *rows = openpyxl.load_workbook(workbook).worksheets[0].iter_rows(values_only=True)
    if "Video ID" not in header:
        return {}
    name, job = header.index("Name"), header.index("Video ID")
    return {f"Hello {row[name]}": str(row[job]) for row in rows}


def print_line(line: str, out: TextIO = sys.stdout) -> None:
    out.write(line + "\n")
    out.flush()


if __name__ == "__main__":
    sys.exit(main())
