"""What a shared journal knows about all workbooks, and who is working on them."""

from __future__ import annotations

from merge.errors import JournalError
from merge.journal.overview import Campaign, Worker
from merge.journal.postgres import connect, shown_address, translate_errors
from merge.journal.postgres_schema import Connection, require_known, version_of

__all__ = ["campaigns"]

_VIEWS_SINCE = 3
_COUNTS = b"""
    SELECT workbook_id, workbook, sheet, status, count(*), coalesce(sum(credits), 0)::double precision
    FROM castmerge.rows GROUP BY 1, 2, 3, 4 ORDER BY 2, 1, 3, 4
"""
_HALTED = b"SELECT id, halt FROM castmerge.workbooks WHERE halt <> ''"
# A run has one workbook; a worker is working on those whose rows it has.
_RUNNING = b"""
    SELECT workbook_id, account, host, to_char(began_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    FROM (
        SELECT workbook_id, account, host, began_at FROM castmerge.runs WHERE is_running
        UNION
        SELECT videos.workbook, account, host, began_at
        FROM castmerge.videos JOIN castmerge.runs ON runs.id = videos.holder
        WHERE is_running AND service IS NOT NULL AND state IN ('queued', 'submitting', 'submitted')
    ) AS running
    WHERE workbook_id IS NOT NULL ORDER BY began_at
"""


def campaigns(address: str) -> tuple[Campaign, ...]:
    """Return every sheet of every workbook, by name; practice is left out.

    Raises:
        JournalError: the journal can't be read, or it has no tables yet
    """
    place = shown_address(address)
    with translate_errors(place), connect(address) as database:
        version = version_of(database)
        require_known(version, place)
        if version < _VIEWS_SINCE:
            raise JournalError(
                "this journal is empty, or was made by an older castmerge",
                place=place,
                hint="Make videos with castmerge run, which also upgrades it",
            )
        return _campaigns(database)


def _campaigns(database: Connection) -> tuple[Campaign, ...]:
    running: dict[int, list[Worker]] = {}
    for number, account, host, since in database.execute(_RUNNING):
        assert isinstance(number, int)
        running.setdefault(number, []).append(Worker(str(account), str(host), str(since)))
    halted = {number: str(word) for number, word in database.execute(_HALTED)}
    counts: dict[tuple[int, str, str], dict[str, int]] = {}
    credits_used: dict[tuple[int, str, str], float] = {}
    for number, workbook, sheet, status, count, cost in database.execute(_COUNTS):
        assert isinstance(number, int)
        assert isinstance(count, int)
        assert isinstance(cost, float)
        key = number, str(workbook), str(sheet)
        counts.setdefault(key, {})[str(status)] = count
        credits_used[key] = credits_used.get(key, 0.0) + cost
    return tuple(
        Campaign(
            workbook,
            sheet,
            found,
            credits_used[number, workbook, sheet],
            halted.get(number, ""),
            tuple(running.get(number, ())),
        )
        for (number, workbook, sheet), found in counts.items()
    )
