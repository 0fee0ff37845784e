"""The record of approvals: who approved or rejected which rows, and when. Lines are only ever appended.

A decision is about the content of a row: it has the fingerprint of the filled-in project, so that a row that
is edited later needs a new one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from merge.app.errors import AppError
from merge.app.folder import iso
from merge.app.rows import Decision, Decisions, Rows
from merge.errors import InputError
from merge.input.paths import approvals_path, private_mode
from merge.journal.sqlite import folder_mode
from merge.model import JSON, RowKey

APPROVED, REJECTED = "approved", "rejected"
_LONGEST_TEXT = 2_000


class Approvals:
    """The record of one workbook.

    Args:
        workbook: the workbook or CSV file

    Attributes:
        path: of the file with the record
    """

    def __init__(self, workbook: Path) -> None:
        self._workbook = workbook
        self.path = approvals_path(workbook)

    def records(self) -> list[dict[str, JSON]]:
        """All records, oldest first."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        return list(_records_in(lines))

    @property
    def only_approved(self) -> bool:
        """Whether only approved rows are made, according to the last choice."""
        chosen = [record["only_approved"] for record in self.records() if "only_approved" in record]
        return chosen[-1] is True if chosen else False

    def decisions(self, rows: Rows) -> Decisions:
        """The latest decision about each row; one about the row's earlier content isn't current."""
        latest: dict[RowKey, tuple[str, dict[str, JSON]]] = {}
        for record in self.records():
            match record:
                case {"decision": str(), "rows": dict() as decided}:
                    latest |= {RowKey(key): (str(print_), record) for key, print_ in decided.items()}
                case _:
                    continue
        if not latest:
            return {}
        now = {facts.planned.row.key: facts.fingerprint for facts in rows.facts.values() if facts.planned}
        return {
            key: _decision(record, is_current=bool(now[key]) and now[key] == fingerprint)
            for key, (fingerprint, record) in latest.items()
            if key in now
        }

    def add(self, record: Mapping[str, JSON], at: datetime) -> None:
        """Append a record.

        Raises:
            InputError: it can't be saved
        """
        shortened: dict[str, JSON] = {
            name: value[:_LONGEST_TEXT] if isinstance(value, str) else value for name, value in record.items()
        }
        line = json.dumps({"at": iso(at), **shortened}, ensure_ascii=False)
        mode = private_mode(self.path, self._workbook)
        try:
            self.path.parent.mkdir(folder_mode(mode), parents=True, exist_ok=True)
            opener = partial(os.open, mode=mode)
            with open(self.path, "a", encoding="utf-8", errors="replace", opener=opener) as file:
                file.write(f"{line}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InputError(
                f"castmerge can't save the approval ({error.strerror})",
                place=str(self.path),
                hint="Allow castmerge to write in the workbook's folder, or free up space on the disk",
            ) from error

    def decide(
        self, decision: str, rows: Rows, numbers: list[int], about: Mapping[str, JSON], at: datetime
    ) -> None:
        """Record a decision about rows.

        Args:
            decision: `approved` or `rejected`
            rows: the current rows
            numbers: which of them
            about: who decided, with which comment and code, and for which workbook and template
            at: when, UTC

        Raises:
            AppError: none of these rows can be approved or rejected
            InputError: the record can't be saved
        """
        decided: dict[str, JSON] = {
            facts.planned.row.key: facts.fingerprint
            for number in numbers
            if (facts := rows.facts.get(number)) and facts.planned and facts.fingerprint
        }
        if decision not in (APPROVED, REJECTED) or not decided:
            raise AppError("input", "none of these rows can be approved yet", hint="Fix their problems first")
        listed: list[JSON] = list(numbers)
        self.add({**about, "decision": decision, "rows": decided, "numbers": listed}, at)


def _records_in(lines: list[str]) -> Iterator[dict[str, JSON]]:
    for line in lines:
        try:
            record: JSON = json.loads(line)
        except ValueError:
            continue  # a line that was cut off when the computer lost power
        if isinstance(record, dict):
            yield record


def _decision(record: Mapping[str, JSON], *, is_current: bool) -> Decision:
    return Decision(
        decision=str(record.get("decision")),
        by=str(record.get("by") or ""),
        at=str(record.get("at") or ""),
        comment=str(record.get("comment") or ""),
        current=is_current,
    )
