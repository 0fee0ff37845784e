"""Brings finished videos into a folder, whole or not at all; asks whether addresses answer."""

from __future__ import annotations

from merge.services.download.downloader import Downloader
from merge.services.download.url_check import Answer, ask_all

__all__ = ["Answer", "Downloader", "ask_all"]
