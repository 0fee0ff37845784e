"""Public names that other programs rely on are never removed."""

from __future__ import annotations

import json

import pytest

from merge.results import ExitCode
from tests.support.paths import ROOT
from tests.support.public_names import Promises, promises

KEPT: Promises = json.loads((ROOT / "tests" / "data" / "promises.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", KEPT)
def test_promised_names_exist(kind: str) -> None:
    """Removing an option, or a name in JSON or in Python, would break somebody's job."""
    gone = set(KEPT[kind]) - set(promises()[kind])
    assert gone == set(), "what was promised has to stay within a major version"


def test_every_kind_of_name_is_promised() -> None:
    """The file has names of every kind, and no unknown kind."""
    assert list(KEPT) == list(promises())
    assert all(KEPT.values())
    assert len(KEPT["exit codes"]) == len(ExitCode)
