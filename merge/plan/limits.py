"""The credit limit of a run (`--max-credits`): how much may still be spent, given the prices seen so far.

The service reports the cost of a video only after it is made, and only through a webhook. Each video whose
cost isn't known yet therefore reserves as many credits as the most expensive video so far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from merge.model import Entry, RowKey


def prices_in(entries: Iterable[Entry]) -> list[float]:
    """The known costs of earlier videos, in credits."""
    return [entry.credits for entry in entries if entry.credits is not None]


class CreditLimit:
    """What one run may spend.

    Args:
        limit: credits that the new videos may cost together, or None
        prices: costs of earlier videos
        reports: whether the service will report the costs of the new ones
    """

    def __init__(self, limit: float | None, prices: Iterable[float], *, reports: bool) -> None:
        self._limit = limit
        self._highest_price = max(prices, default=None)
        self._reports = reports
        self._reserved: Counter[RowKey] = Counter()
        self._reservations = 0
        self._costs: dict[RowKey, float] = {}
        self._spent = 0.0
        self._unreported = 0

    @property
    def allows(self) -> bool:
        """Whether one more video may be submitted."""
        if self._limit is None:
            return True
        if self._highest_price is None:
            # Without any known price, one video is made first and its cost awaited.
            return self._reports and not self._reservations
        return self.committed + self._highest_price <= self._limit

    @property
    def affordable(self) -> int | None:
        """How many videos the limit allows before the run; None if reports decide that during the run."""
        if self._limit is None or self._reports:
            return None
        return int(self._limit // self._highest_price) if self._highest_price else 0

    @property
    def committed(self) -> float:
        """Credits spent or reserved."""
        return self._spent + (self._highest_price or 0.0) * self._unreported

    @property
    def cost_may_arrive(self) -> bool:
        """Whether an outstanding report could make room."""
        return self._reports and self._unreported > 0

    def reserve(self, key: RowKey) -> None:
        """Reserve credits for a video that is about to be submitted."""
        self._change(key, reservations=1)

    def release(self, key: RowKey) -> None:
        """Release a reservation: the service certainly didn't accept the submission."""
        self._change(key, reservations=-1)

    def record_cost(self, key: RowKey, cost: float) -> None:
        """Record what a video cost. Videos of earlier runs only contribute their price."""
        self._highest_price = max(cost, self._highest_price or 0.0)
        if self._reserved[key] > 0:
            self._change(key, cost=cost)

    def _change(self, key: RowKey, *, reservations: int = 0, cost: float | None = None) -> None:
        if self._limit is None:
            return
        self._unreported -= self._unreported_of(key)
        self._reserved[key] += reservations
        self._reservations += reservations
        if cost is not None:
            self._spent += cost - self._costs.get(key, 0.0)
            self._costs[key] = cost
        self._unreported += self._unreported_of(key)

    def _unreported_of(self, key: RowKey) -> int:
        return max(self._reserved[key] - (key in self._costs), 0)

    def note(self, held_back: int) -> str:
        """A sentence that explains why this many rows are held back."""
        rows = waiting_rows(held_back)
        if self._highest_price is None:
            made = "AI Studios didn't report the cost of the first video" if self._reservations else ""
            return (
                f"--max-credits {self._limit:g} can't be guaranteed, so {rows} for another run: "
                f"{made or 'the price of a video is unknown'}. AI Studios reports prices only to a webhook "
                "(--webhook-url). To limit a run without a price, use --max-videos."
            )
        if not self.committed:
            enough = "1 video" if self.affordable == 1 else f"{self.affordable or 0:,} videos"
            return (
                f"--max-credits {self._limit:g} is enough for {enough} at the highest price so far "
                f"({self._highest_price:g} credits), so {rows} for another run."
            )
        return (
            f"--max-credits {self._limit:g} is reached, so {rows} for another run: "
            f"{self.committed:g} credits are used or reserved, and the most expensive video so far cost "
            f"{self._highest_price:g}."
        )


def running_workers(count: int) -> str:
    """How many workers are running, and what to do if none is."""
    if count:
        return "1 worker is running." if count == 1 else f"{count:,} workers are running."
    return "No worker is running. Start one on any computer with castmerge worker and the same journal."


def waiting_rows(count: int) -> str:
    """`1 row waits`, `3 rows wait`."""
    return "1 row waits" if count == 1 else f"{count:,} rows wait"
