"""All workbooks of a shared journal, as text."""

from __future__ import annotations

from collections.abc import Iterator

from merge.journal import Campaign
from merge.reports.visible_text import visible_line


def campaign_lines(campaign: Campaign) -> Iterator[str]:
    """How far one sheet is, and who is working on it."""
    counts = ", ".join(f"{count:,} {status}" for status, count in campaign.counts.items())
    halted = f", {campaign.halted}" if campaign.halted else ""
    yield visible_line(f"{campaign.workbook}, sheet {campaign.sheet}: {counts}{halted}")
    for worker in campaign.workers:
        yield visible_line(f"  {worker.account or 'someone'} on {worker.host} since {worker.since}")
