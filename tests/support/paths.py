"""Where the repository, the tests' data and the sample workbooks are."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
WORKBOOK_FOLDER = Path(os.environ.get("CASTMERGE_WORKBOOKS", ROOT.parent / "shared" / "workbooks"))
"""Real workbooks, for tests that try them all; they skip themselves where the folder is missing."""
