"""Hear the service's webhooks while a run lasts: hints that bring the next look forward."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from merge.model import RowKey
from merge.run.settings import Webhook

Heard = Callable[[RowKey, float | None], None]
"""Told of a row and, where the service said it, of its credits."""


@contextmanager
def hearing(webhook: Webhook | None, heard: Heard) -> Iterator[Callable[[RowKey], str]]:
    """Listen as long as the block lasts; gives each row's address, or "" where nobody listens.

    Raises:
        InputError: the address is none, or its port is taken
    """
    if webhook is None:
        yield lambda _: ""
        return
    from merge.webhook import Delivery, WebhookReceiver  # noqa: PLC0415 - starlette and uvicorn are heavy

    loop = asyncio.get_running_loop()

    def hand_over(delivery: Delivery) -> None:
        loop.call_soon_threadsafe(heard, delivery.key, delivery.credits)

    with WebhookReceiver(webhook.url, hand_over, listen=webhook.listen) as receiver:
        yield receiver.url_for
