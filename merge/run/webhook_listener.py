"""Hear the service's webhooks while a run lasts: hints that bring the next look forward."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from merge.model import RowKey
from merge.settings import Webhook

OnWebhook = Callable[[RowKey, float | None, bool], None]
"""Told of a row, of its credits where the service said them, and whether its video may be there."""


AddressOf = Callable[[RowKey], str]
WebhookListener = Callable[
    [Webhook | None, OnWebhook, Callable[[], AddressOf]], AbstractContextManager[AddressOf]
]
"""How webhooks are heard: as `listen_for_webhooks` does."""


@contextmanager
def listen_for_webhooks(
    webhook: Webhook | None, on_webhook: OnWebhook, tokens: Callable[[], AddressOf]
) -> Iterator[AddressOf]:
    """Listen as long as the block lasts; gives each row's address, or "" where nobody listens.

    A row's address is heard once it was asked for.

    Raises:
        InputError: the address is none, or its port is taken
    """
    if webhook is None:
        yield lambda _: ""
        return
    from merge.services.webhook import Delivery, WebhookReceiver  # noqa: PLC0415 - starlette and uvicorn are heavy

    loop = asyncio.get_running_loop()

    def hand_over(delivery: Delivery) -> None:
        news = delivery.done or delivery.percent is None
        loop.call_soon_threadsafe(on_webhook, delivery.key, delivery.credits, news)

    with WebhookReceiver(webhook.url, hand_over, listen=webhook.listen, token=tokens()) as receiver:
        yield receiver.url_for
