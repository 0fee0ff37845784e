"""castmerge as a library: the same run, without a terminal."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from merge.connect import Address, connected
from merge.run.book import Observer, RowEvent
from merge.run.clock import SystemClock
from merge.run.runner import StopSignal
from merge.run.session import open_session
from merge.run.settings import Settings
from merge.summary import MergeResult


def _unobserved(event: RowEvent) -> None:
    """Nobody watches."""


async def merge_workbook_async(
    workbook: Path | str,
    template: Path | str,
    *,
    settings: Settings | None = None,
    address: Address | None = None,
    observe: Observer = _unobserved,
    stop: StopSignal | None = None,
) -> MergeResult:
    """Make the videos of a workbook, and write ids and links back into it. Asks nothing, prints nothing.

    The credentials are those of the environment (`AISTUDIOS_API_KEY`, or `AISTUDIOS_APP_ID` with
    `AISTUDIOS_USER_KEY`); a simulated run needs none.

    Args:
        workbook: an `.xlsx` or `.xlsm` file
        template: a saved project, with placeholders in its strings
        settings: which rows, how patiently, simulated or not, and so on
        address: where AI Studios is
        observe: told of every change of every row
        stop: set `stop.requested` from anywhere to end the run early; what is known is written back

    Returns:
        Where every selected row stands; a row's trouble is in its row, never an exception.

    Raises:
        InputError: workbook, template or settings are wrong; nothing was sent
        Unauthorized: there are no credentials; nothing was sent
        JournalError: another run holds the journal, or it cannot be used; nothing was sent
    """
    path, clock = Path(workbook), SystemClock()
    told = replace(settings or Settings(), trust_simulated=bool(address and address.base_url))
    with open_session(path, Path(template), told) as session:
        if not session.needs_service:
            return session.conclude_without_service(clock)
        async with connected(address or Address(), path, session.settings) as service:
            return await session.carry_out(service, clock, stop or StopSignal(), observe)


def merge_workbook(
    workbook: Path | str,
    template: Path | str,
    *,
    settings: Settings | None = None,
    address: Address | None = None,
    observe: Observer = _unobserved,
    stop: StopSignal | None = None,
) -> MergeResult:
    """As `merge_workbook_async`, for those who have no event loop.

    Raises:
        InputError: as there
        Unauthorized: as there
        JournalError: as there
    """
    return asyncio.run(
        merge_workbook_async(
            workbook, template, settings=settings, address=address, observe=observe, stop=stop
        )
    )
