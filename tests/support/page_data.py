from __future__ import annotations

import json
from pathlib import Path

from merge.model import JSON

_START = '<script type="application/json" id="data">'


def rows_in(page: str) -> list[dict[str, JSON]]:
    """The rows that a page's script uses."""
    data: dict[str, JSON] = json.loads(page.partition(_START)[2].partition("</script>")[0])
    rows = data["rows"]
    assert isinstance(rows, list)
    return [row for row in rows if isinstance(row, dict)]


def rows_of(path: Path) -> list[dict[str, JSON]]:
    """The rows of a page on disk."""
    return rows_in(path.read_text(encoding="utf-8"))
