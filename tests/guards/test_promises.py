"""What programs rely on: nothing of it goes."""

from __future__ import annotations

import json

import pytest

from merge.results import ExitCode
from tests.support.paths import ROOT
from tests.support.public_names import Promises, promises

KEPT: Promises = json.loads((ROOT / "tests" / "data" / "promises.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", KEPT)
def test_what_was_promised_is_there(kind: str) -> None:
    """An option, a name in JSON or in Python that has gone would break somebody's job."""
    gone = set(KEPT[kind]) - set(promises()[kind])
    assert gone == set(), "what was promised has to stay within a major version"


def test_every_kind_is_promised() -> None:
    """The file has something of everything, and no kind of its own."""
    assert list(KEPT) == list(promises())
    assert all(KEPT.values())
    assert len(KEPT["exit codes"]) == len(ExitCode)
