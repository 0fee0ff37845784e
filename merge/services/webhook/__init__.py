"""Hears the service's webhooks: hints that a row's video is further than it was."""

from __future__ import annotations

from merge.services.webhook.payload import Delivery
from merge.services.webhook.receiver import WebhookReceiver

__all__ = ["Delivery", "WebhookReceiver"]
