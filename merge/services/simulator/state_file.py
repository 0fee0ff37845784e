"""The state file: one line of JSON for each thing that happened, on disk before the answer leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from merge.errors import InputError
from merge.model import JSON
from merge.services.simulator.projects import Event, Happening

BEGINNING = b'{"event": "'


class Logbook:
    """The state file, open for more; without a path nothing is kept.

    Raises:
        InputError: the file cannot be opened, or is no state file.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                # Opened for appending: what is in it stays, whatever happens later.
                self._file = self._path.open("a+b")
            except OSError as error:
                raise InputError(
                    f"the state file cannot be opened: {error.strerror}",
                    place=str(self._path),
                    hint="Name another file with --state, in a folder that you may write to.",
                ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def past(self) -> Iterator[Event]:
        """All that happened before, in order. A torn last line is cut off: it was never answered."""
        if self._file is None:
            return
        self._file.seek(0)
        *lines, torn = self._file.read().split(b"\n")
        for number, line in enumerate(lines, start=1):
            event = _event(line)
            if event is None:
                raise self._foreign(number)
            yield event
        # Somebody's notes may lack a line break as well, and are not ours to cut.
        if not (torn.startswith(BEGINNING) or BEGINNING.startswith(torn)):
            raise self._foreign(len(lines) + 1)
        self._file.truncate(sum(len(line) + 1 for line in lines))

    def append(self, event: Event) -> None:
        """Writes the event down and hands it to the operating system."""
        if self._file is not None:
            # Escaped to ASCII, so that a lone surrogate in a name cannot stop the line.
            self._file.write(json.dumps(asdict(event)).encode() + b"\n")
            self._file.flush()

    def _foreign(self, number: int) -> InputError:
        return InputError(
            "this line is not one of the stand-in service's",
            place=f"{self._path}:{number}",
            hint="Name another file with --state, or delete this one to begin anew.",
        )


def _event(line: bytes) -> Event | None:
    try:
        said: JSON = json.loads(line)
    except ValueError:
        return None
    match said:
        case {
            "event": "accepted" | "edited" | "exported" | "deleted" as event,
            "id": str() as project_id,
            "name": str() as name,
            "at": int() | float() as at,
            "draft": bool() as draft,
            "body": str() as body,
            "call": str() as call,
        }:
            return Event(Happening(event), project_id, name, at, draft, body, call)
        case _:
            return None
