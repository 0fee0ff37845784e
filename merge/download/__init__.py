"""Brings finished videos into a folder, whole or not at all; asks whether addresses answer."""

from __future__ import annotations

from merge.download.downloader import Downloader
from merge.download.reach import Answer, ask_all

__all__ = ["Answer", "Downloader", "ask_all"]
