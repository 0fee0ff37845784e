"""Rounds of workers that are killed and frozen: `python -m tests.support.team_rounds --rounds 200 --seed 7`.

In each round, the rows of a workbook wait in a shared journal for three workers, while a run on another
computer's copy takes part. All four are killed or frozen past their leases at random moments and started
again, the stand-in loses answers, and once in ten rounds PostgreSQL is restarted. Then two of them go on to
the end. In every round, no row was submitted twice, both copies have every video, and nobody saw a traceback.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp

import psycopg

import merge.cli.option_values
import merge.journal.postgres_queue
import merge.journal.postgres_records
from merge.journal import lease
from merge.journal.lease import Lease
from merge.model import Entry
from merge.run.state import RunState
from merge.settings import DEFAULT_TIMING
from tests.support.forked_runs import exit_code, shows_fault, start
from tests.support.kill_rounds import (
    PROJECT,
    Round,
    RoundOptions,
    faulty_service,
    has_ended,
    ids_in,
    make_workbook,
    print_line,
)
from tests.support.postgres import PostgresServer, programs, running_server

WORKERS = 3
QUICK = ("--first-look", "0.2", "--poll-min", "0.2", "--poll-max", "0.4", "--longest-export", "0.03")
PATIENCE = 300.0
USUAL = lease.SECONDS


def _quick() -> None:
    """A pace for rounds of seconds."""
    lease.__dict__["_RENEW"] = lease.__dict__["_RENEW"].replace(b"'10s'", b"'1s'")
    timing = replace(DEFAULT_TIMING, requests_per_second=100.0)
    merge.cli.option_values.__dict__["DEFAULT_TIMING"] = timing


def _write_anything() -> None:
    _quick()
    records = merge.journal.postgres_records.__dict__
    records["PUT"] = records["PUT"].replace(records["MAY_CHANGE"].encode(), b"TRUE")


def _no_fence() -> None:
    """A run writes what it likes, even after it has lost its lease."""
    _write_anything()
    lease.__dict__["_RENEW"] = b"SELECT %s"
    Lease.require = lambda *_: None  # type: ignore[method-assign]


def _claim_apart() -> None:
    """Whether a row is free is seen in one transaction, and it is taken in another."""
    _write_anything()
    queue = merge.journal.postgres_queue.__dict__
    choose, _, _ = queue["_CLAIM"].partition(b"UPDATE castmerge.videos")
    found = f"SELECT {queue['_PLACE']} FROM castmerge.videos JOIN chosen USING (number)"  # noqa: S608 - no value in it
    queue["_CLAIM"] = choose + found.encode()
    record_intent = RunState.record_intent

    async def record_if_free(self: RunState, entry: Entry) -> bool:
        with psycopg.connect(os.environ["CASTMERGE_JOURNAL"]) as database:
            found = database.execute(
                "SELECT state FROM castmerge.videos WHERE tag = %s", (entry.tag,)
            ).fetchone()
        return found in (None, ("queued",), ("not taken",)) and await record_intent(self, entry)

    RunState.record_intent = record_if_free  # type: ignore[method-assign]


BREAKS: dict[str, Callable[[], None]] = {"": _quick, "fence": _no_fence, "claim": _claim_apart}
"""Safeguards that can be removed, to see that the rounds detect it."""


@dataclass
class TeamRound(Round):
    """One round.

    Attributes:
        people: how many rows its workbook has
        journal: the address of its database
        counts: what was done to its processes
    """

    people: int = 80
    journal: str = ""
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def copy(self) -> Path:
        """The other computer's copy."""
        return self.folder / "his" / "people.xlsx"

    def start(self, command: str, *options: object) -> int:
        """Start castmerge in a process."""
        service = ("--base-url", self.url, *(QUICK if command != "submit" else QUICK[-2:]))
        environment = {
            "AISTUDIOS_API_KEY": "key-of-the-rounds",
            "XDG_STATE_HOME": str(self.folder / "state"),
            "CASTMERGE_JOURNAL": self.journal,
        }
        words = [command, *map(str, options), *service]
        return start(words, self.folder / "output.txt", environment, BREAKS[self.asked.broken])

    def restart(self, server: PostgresServer) -> bool:
        """Restart the database at once, as after a crash; False, because once is enough."""
        server.restart()
        self.counts["restarts"] += 1
        return False

    def finish(self, process: int, name: str, *codes: int) -> None:
        """Wait for a process that must end with one of these codes."""
        code = exit_code(process, PATIENCE)
        if code not in codes:
            self.faults.append(f"{name} ended with {code}")


class Crew:
    """The processes of a round, one for each command line; a frozen one goes on after a while."""

    def __init__(self, one: TeamRound) -> None:
        self._one = one
        template = one.folder / "hello.json"
        run = ("run", one.copy, "-t", template, "--yes")
        self._commands: list[tuple[object, ...]] = [*([("worker",)] * WORKERS), run]
        self._processes = [self._start(each) for each in self._commands]
        self._thawed_at: dict[int, float] = {}

    def _start(self, command: tuple[object, ...]) -> int:
        return self._one.start(str(command[0]), *command[1:])

    def disturb(self) -> None:
        """Kill or freeze one of them, and start what has ended again."""
        chance, now = self._one.chance, time.monotonic()
        for process, at in list(self._thawed_at.items()):
            if now >= at:
                os.kill(process, signal.SIGCONT)
                del self._thawed_at[process]
        for number, process in enumerate(self._processes):
            if process not in self._thawed_at and has_ended(process):
                self._processes[number] = self._start(self._commands[number])
        process = chance.choice(self._processes)
        if process in self._thawed_at:
            return
        if chance.random() < 0.5:
            os.kill(process, signal.SIGKILL)
            self._one.counts["killed"] += 1
        else:
            os.kill(process, signal.SIGSTOP)
            self._thawed_at[process] = now + chance.choice((0.2, 1.2 * lease.SECONDS, 1.5 * lease.SECONDS))
            self._one.counts["frozen"] += 1

    def thaw(self) -> None:
        """Let all frozen ones go on."""
        for process in self._thawed_at:
            os.kill(process, signal.SIGCONT)

    def end(self) -> None:
        """Stop all, as a service manager does, but none before it has begun."""
        time.sleep(1)
        for process in self._processes:
            if not has_ended(process):
                os.kill(process, signal.SIGTERM)
        for process in self._processes:
            with suppress(ChildProcessError):
                self._one.finish(process, "a stopped process", 0, 3, 4, 130, -signal.SIGKILL, -signal.SIGTERM)


def main() -> int:
    """Play the rounds and print the table; return 1 for a violation."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=80)
    parser.add_argument("--seconds", type=float, default=6.0, help="how long processes are disturbed at most")
    parser.add_argument("--lease", type=float, default=3.0, help="seconds; on a busy computer, more")
    parser.add_argument(
        "--restart-every", type=int, default=10, help="rounds; PostgreSQL is restarted in the last"
    )
    parser.add_argument("--broken", choices=tuple(BREAKS), default="")
    parser.add_argument("--until-fault", action="store_true", help="end with the first fault")
    given = parser.parse_args()
    found = programs()
    assert found, "PostgreSQL's server isn't installed"
    bad = played = 0
    total: Counter[str] = Counter()
    with running_server(found) as server:
        print_line("round  killed  frozen  restarts  accepted  seconds  faults")
        for number in range(given.rounds):
            begun = time.monotonic()
            lease.__dict__["SECONDS"] = given.lease
            asked = RoundOptions(given.rounds, given.seed, "plain", given.broken)
            seed, size = given.seed * 10_000 + number, (given.people, given.seconds)
            one = play(asked, server, size, restart=(number + 1) % given.restart_every == 0, seed=seed)
            counts = "".join(f"{one.counts[name]:8}" for name in ("killed", "frozen", "restarts"))
            print_line(
                f"{number:5}{counts}{one.counts['accepted']:12}{time.monotonic() - begun:9.1f}  "
                f"{'; '.join(one.faults) or '-'}"
            )
            bad += bool(one.faults)
            played += 1
            total += one.counts
            if bad and given.until_fault:
                break
    print_line(f"{played} rounds, {dict(total)}, {bad} rounds with faults")
    return 1 if bad else 0


def play(
    asked: RoundOptions, server: PostgresServer, size: tuple[int, float], *, restart: bool, seed: int
) -> TeamRound:
    """Play one round of so many people and seconds; its folder is kept if there is a fault."""
    people, seconds = size
    with ExitStack() as until_the_end:
        folder = Path(mkdtemp(prefix="castmerge-team-"))
        until_the_end.callback(shutil.rmtree, folder)
        one = TeamRound(folder, random.Random(seed), asked, people=people, journal=server.new_database())
        names = [f"Person {number:03}" for number in range(people)]
        make_workbook(one.workbook, names)
        one.copy.parent.mkdir()
        shutil.copy(one.workbook, one.copy)
        template = one.folder / "hello.json"
        template.write_text(PROJECT, encoding="utf-8")
        with faulty_service(one, seed):
            one.finish(one.start("submit", one.workbook, "-t", template, "--yes", "--queue"), "submit", 4)
            crew = Crew(one)
            latest = time.monotonic() + one.chance.uniform(seconds / 2, seconds)
            half = one.chance.uniform(0.1, 0.5) * people
            while time.monotonic() < latest and len(one.accepted()) < 0.95 * people:
                time.sleep(one.chance.uniform(0.02, 0.5))
                crew.disturb()
                if restart and len(one.accepted()) > half:
                    restart = one.restart(server)
            crew.thaw()
            crew.end()
            _end_leases(one.journal)
            # Whatever is still queued is the last worker's, which goes on until nobody waits for it.
            worker = one.start("worker")
            if restart:
                time.sleep(1)
                one.restart(server)
            last = ("run", one.copy, "-t", template, "--yes", "--resubmit-in-doubt")
            one.finish(one.start(*last), "the last run", 0)
            one.finish(one.start("collect", one.workbook), "collect", 0)
            os.kill(worker, signal.SIGTERM)
            one.finish(worker, "the last worker", 0)
        _check(one, names)
        if one.faults:
            until_the_end.pop_all()
            one.faults.append(f"kept in {folder}")
    return one


def _end_leases(journal: str) -> None:
    """Free what the killed ones had, and give the others the usual lease.

    With a short one, a process that waits for a busy computer's CPU would be taken for dead again and again.
    """
    with psycopg.connect(journal) as database:
        database.execute("UPDATE castmerge.holders SET ended_at = clock_timestamp() WHERE ended_at IS NULL")
    lease.__dict__["SECONDS"] = USUAL


def _check(one: TeamRound, names: Sequence[str]) -> None:
    taken = one.accepted()
    counts = Counter(name for name, _ in taken)
    one.counts["accepted"] = len(taken)
    twice = sorted(name for name, count in counts.items() if count > 1)
    printed = (one.folder / "output.txt").read_text(encoding="utf-8", errors="replace")
    laws = {
        f"submitted twice: {', '.join(twice)}": bool(twice),
        f"never submitted: {len(names) - len(counts)}": len(counts) < len(names),
        "a fault in castmerge": shows_fault(printed),
    }
    for whose, workbook in (("her", one.workbook), ("his", one.copy)):
        ids = ids_in(workbook)
        lost = sorted(job for name, job in taken if name not in twice and ids.get(name) != job)
        laws[f"missing from {whose} workbook: {', '.join(lost)}"] = bool(lost)
    one.faults.extend(law for law, broken in laws.items() if broken)


if __name__ == "__main__":
    sys.exit(main())
