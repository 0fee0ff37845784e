"""`castmerge submit`: the first half of a run, for jobs that must not wait."""

from __future__ import annotations

from collections.abc import Mapping

from merge.cli.option_values import Chosen
from merge.cli.run import make_videos


def perform(values: Mapping[str, object]) -> int:
    """Plan, ask, submit, tell."""
    return make_videos(Chosen(values), wait=False)
