"""The events of the account's projects, and the state file that stores them."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from merge.errors import InputError
from merge.model import JSON

_EXPORT_OPTIONS = ("workspaceId", "resolution", "webhookUrl")
_LINE_START = b'{"event": "'


class EventKind(StrEnum):
    """What can happen to a project."""

    ACCEPTED = "accepted"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True)
class Event:
    """One event, and one line of the state file.

    Attributes:
        event: what happened
        id: the project's id
        name: the project's name
        at: when, in epoch seconds
        draft: whether the project is only saved, not exported
        body: the exact text of the request
    """

    event: EventKind
    id: str
    name: str
    at: float
    draft: bool
    body: str


@dataclass(frozen=True, slots=True)
class Export:
    """One export: when it began (epoch seconds), and its number among all exports, from 0."""

    began: float
    number: int


@dataclass(frozen=True, slots=True)
class SavedProject:
    """One project of the account; times are epoch seconds.

    Attributes:
        id: its `projectId`
        name: its name, with the service's default
        read: returns the project
        created: when it was accepted
        updated: when it was last changed
        export: its export, or None for a draft
    """

    id: str
    name: str
    read: Callable[[], dict[str, JSON]]
    created: float
    updated: float
    export: Export | None

    @property
    def body(self) -> dict[str, JSON]:
        """The project."""
        return self.read()


class Bodies:
    """The projects' bodies in little memory: compressed, with the first one as the dictionary."""

    def __init__(self) -> None:
        self._first = b""

    def keep(self, body: dict[str, JSON]) -> Callable[[], dict[str, JSON]]:
        """A function that returns the body."""
        text = json.dumps(body).encode()
        self._first = self._first or text
        packer = zlib.compressobj(1, zdict=self._first)
        return partial(self._body, packer.compress(text) + packer.flush())

    def _body(self, packed: bytes) -> dict[str, JSON]:
        body: dict[str, JSON] = json.loads(zlib.decompressobj(zdict=self._first).decompress(packed))
        return body


def name_of(project: dict[str, JSON]) -> str:
    """Return a project's name, or the service's default name."""
    match project.get("name"):
        case str() as name:
            return name
        case _:
            return "Default Template"


def with_options(project: dict[str, JSON], request: dict[str, JSON]) -> dict[str, JSON]:
    """Return the project with the export options of a request."""
    return {**project, **{name: request[name] for name in _EXPORT_OPTIONS if name in request}}


class StateFile:
    """The log of events as JSON lines, open for appending; without a path nothing is saved.

    Raises:
        InputError: the file can't be opened, or isn't a state file
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                # It repeats the contents of projects.
                self._file = open(self._path, "a+b", opener=partial(os.open, mode=0o600))
            except OSError as error:
                raise InputError(
                    f"castmerge can't open the state file ({error.strerror})",
                    place=str(self._path),
                    hint="Choose another file with --state, in a folder that you can write to.",
                ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def events(self) -> Iterator[Event]:
        """Read all events in order. An incomplete last line is cut off: its request was never answered."""
        if self._file is None:
            return
        self._file.seek(0)
        *lines, rest = self._file.read().split(b"\n")
        for number, line in enumerate(lines, start=1):
            event = _parse_event(line)
            if event is None:
                raise self._not_ours(number)
            yield event
        # Another program's text file may lack the last line break too, and must not be truncated.
        if not (rest.startswith(_LINE_START) or _LINE_START.startswith(rest)):
            raise self._not_ours(len(lines) + 1)
        self._file.truncate(sum(len(line) + 1 for line in lines))

    def append(self, event: Event) -> None:
        """Write an event and hand it to the operating system."""
        if self._file is not None:
            # ASCII with escapes, so that a lone surrogate in a name can be written.
            self._file.write(json.dumps(asdict(event)).encode() + b"\n")
            self._file.flush()

    def _not_ours(self, number: int) -> InputError:
        return InputError(
            "the simulated AI Studios didn't write this line",
            place=f"{self._path}:{number}",
            hint="Choose another file with --state, or delete this one to start again.",
        )


def _parse_event(line: bytes) -> Event | None:
    try:
        value: JSON = json.loads(line)
    except ValueError:
        return None
    match value:
        case {
            "event": "accepted" | "exported" as event,
            "id": str() as project_id,
            "name": str() as name,
            "at": int() | float() as at,
            "draft": bool() as draft,
            "body": str() as body,
        }:
            return Event(EventKind(event), project_id, name, at, draft, body)
        case _:
            return None
