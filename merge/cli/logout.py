"""`castmerge logout`: forgets the key that `login` kept."""

from __future__ import annotations

from merge.cli.login import log_out as perform

__all__ = ["perform"]
