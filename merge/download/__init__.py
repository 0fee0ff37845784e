"""Brings finished videos into a folder, whole or not at all."""

from __future__ import annotations

from merge.download.downloader import Downloader

__all__ = ["Downloader"]
