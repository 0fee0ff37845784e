"""Paths of the repository, the tests' data and the sample workbooks."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
WORKBOOK_FOLDER = Path(os.environ.get("CASTMERGE_WORKBOOKS", ROOT.parent / "shared" / "workbooks"))
"""Real workbooks, for tests that try all of them; they are skipped if the folder is missing."""
