"""A ceiling of credits: what may still be spent, by what is known of the price of a video.

The service tells the cost of a video only afterwards, and only through a webhook. So for each video whose
cost is not known yet as much is set aside as the dearest one so far has cost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from merge.model import Entry, RowKey

__all__ = ["CreditLimit", "prices_in"]


def prices_in(entries: Iterable[Entry]) -> list[float]:
    """What videos have cost, as far as the journal knows."""
    return [entry.credits for entry in entries if entry.credits is not None]


class CreditLimit:
    """What one run may spend.

    Args:
        ceiling: credits that new videos may cost together, or None
        prices: what videos have cost so far
        reports: whether the service will tell what these cost
    """

    def __init__(self, ceiling: float | None, prices: Iterable[float], *, reports: bool) -> None:
        self._ceiling = ceiling
        self._dearest = max(prices, default=None)
        self._reports = reports
        self._ordered: Counter[RowKey] = Counter()
        self._told: dict[RowKey, float] = {}

    @property
    def allows(self) -> bool:
        """Whether one more video may be ordered, as far as can be known."""
        if self._ceiling is None:
            return True
        if self._dearest is None:
            # Nothing is known: one is made, and its cost waited for.
            return self._reports and not self._ordered.total()
        return self.committed + self._dearest <= self._ceiling

    @property
    def affordable(self) -> int | None:
        """How many videos can be promised before the first is ordered; None where that is to be seen."""
        if self._ceiling is None or self._reports:
            return None
        return int(self._ceiling // self._dearest) if self._dearest else 0

    @property
    def committed(self) -> float:
        """What is spent, and what is set aside for videos whose cost is not known yet."""
        return sum(self._told.values()) + (self._dearest or 0.0) * self._untold

    @property
    def cost_may_arrive(self) -> bool:
        """Whether a report is still to come that could make room."""
        return self._reports and self._untold > 0

    @property
    def _untold(self) -> int:
        return sum(max(count - (key in self._told), 0) for key, count in self._ordered.items())

    def order(self, key: RowKey) -> None:
        """A video is about to be ordered."""
        self._ordered[key] += 1

    def release(self, key: RowKey) -> None:
        """It was certainly not taken, and so costs nothing."""
        self._ordered[key] -= 1

    def record_cost(self, key: RowKey, cost: float) -> None:
        """What a video has cost; those of earlier runs tell the price, but are not this run's spending."""
        self._dearest = max(cost, self._dearest or 0.0)
        if self._ordered[key] > 0:
            self._told[key] = cost

    def words(self, held_back: int) -> str:
        """Why rows are held back, and what to do, as a note."""
        rows = "1 row was" if held_back == 1 else f"{held_back:,} rows were"
        if self._dearest is None:
            made = "the first video was made, but its cost was not told" if self._ordered.total() else ""
            return (
                f"--max-credits {self._ceiling:g} cannot be kept, so {rows} held back: "
                f"{made or 'what a video costs is not known'}; AI Studios tells it through webhooks alone "
                "(--webhook-url). A ceiling that needs no price is --max-videos."
            )
        if not self.committed:
            enough = "1 video" if self.affordable == 1 else f"{self.affordable or 0:,} videos"
            return (
                f"--max-credits {self._ceiling:g} is enough for {enough} at the price of the dearest so far "
                f"({self._dearest:g} credits), so {rows} held back."
            )
        return (
            f"--max-credits {self._ceiling:g} is reached, so {rows} held back: "
            f"{self.committed:g} credits are spent or set aside, and the dearest video so far cost "
            f"{self._dearest:g}."
        )
