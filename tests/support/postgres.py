"""A temporary PostgreSQL server on a free port, for the tests of shared journals."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

import psycopg

# Nothing has to outlast the computer's next crash, and few connections need little memory.
CHEAP = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "autovacuum=off",
    "shared_buffers=16MB",
    "max_connections=30",
    "listen_addresses=127.0.0.1",
)


ROOM = 2**30
"""Bytes; each database takes 8 MB."""


def programs() -> Path | None:
    """The folder of the newest installed server's programs, or None."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if debian:
        return debian[-1]
    found = shutil.which("initdb")
    return Path(found).parent if found else None


@dataclass
class PostgresServer:
    """A server with its own data folder; root starts it as `postgres`, which refuses to run as root."""

    programs: Path
    folder: Path
    port: int
    _databases: int = field(default=0)

    def new_database(self) -> str:
        """The address of a new, empty database."""
        self._databases += 1
        name = f"journal{self._databases}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as database:
            database.execute(f"CREATE DATABASE {name}".encode())
        return self.address(name)

    def address(self, database: str, user: str = "postgres") -> str:
        """The address of a database."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def start(self, *settings: str) -> None:
        """Start it, and wait until it answers."""
        options = " ".join(f"-c {each}" for each in (*CHEAP, *settings))
        log = str(self.folder / "log")
        self._run("pg_ctl", "-l", log, "-w", "-o", f"-p {self.port} -k {self.folder} {options}", "start")

    def stop(self) -> None:
        """Stop it; open connections are cut."""
        self._run("pg_ctl", "-m", "immediate", "-w", "stop")

    def restart(self, *settings: str) -> None:
        """Stop and start it."""
        self.stop()
        self.start(*settings)

    def _run(self, program: str, *arguments: str) -> None:
        as_other = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        subprocess.run(
            [self.programs / program, "-D", self.folder / "data", *arguments],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=as_other.get("user"),
            group=as_other.get("group"),
        )


def _memory() -> Path | None:
    """A folder in memory, if there is one with enough room: a busy disk slows a server down a lot."""
    memory = Path("/dev/shm")  # noqa: S108 - the server's folder there is new
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > ROOM else None


@contextmanager
def running_server(found: Path) -> Iterator[PostgresServer]:
    """A server that runs until the block ends."""
    # Its socket's path may have at most 107 characters.
    folder = Path(mkdtemp(prefix="castmerge-pg-", dir=_memory()))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = PostgresServer(found, folder, port)
    try:
        server._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")  # noqa: SLF001 - its own module
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
