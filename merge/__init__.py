"""castmerge: mail merge for AI-avatar videos.

The names below are imported when they are first used, so that the command starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from merge.api import (
        collect_workbook,
        collect_workbook_async,
        merge_workbook,
        merge_workbook_async,
    )
    from merge.connect import Address
    from merge.decide import Wishes
    from merge.errors import MergeError
    from merge.model import Link
    from merge.numformat import format_value
    from merge.rendering import Preview, Template
    from merge.rows import DataRow, Rows, read_rows
    from merge.run.book import RowEvent
    from merge.run.runner import StopSignal
    from merge.run.settings import Keeping, Patience, Selection, Settings, Webhook
    from merge.standing import RowStanding
    from merge.summary import MergeResult
    from merge.template import Delivery
    from merge.workbook import write_columns

__version__ = "0.1.0"

_HOMES = {
    "Address": "merge.connect",
    "DataRow": "merge.rows",
    "Delivery": "merge.template",
    "Keeping": "merge.run.settings",
    "Link": "merge.model",
    "MergeError": "merge.errors",
    "MergeResult": "merge.summary",
    "Patience": "merge.run.settings",
    "Preview": "merge.rendering",
    "RowEvent": "merge.run.book",
    "RowStanding": "merge.standing",
    "Rows": "merge.rows",
    "Selection": "merge.run.settings",
    "Settings": "merge.run.settings",
    "StopSignal": "merge.run.runner",
    "Template": "merge.rendering",
    "Webhook": "merge.run.settings",
    "Wishes": "merge.decide",
    "collect_workbook": "merge.api",
    "collect_workbook_async": "merge.api",
    "format_value": "merge.numformat",
    "merge_workbook": "merge.api",
    "merge_workbook_async": "merge.api",
    "read_rows": "merge.rows",
    "write_columns": "merge.workbook",
}

__all__ = [
    "Address",
    "DataRow",
    "Delivery",
    "Keeping",
    "Link",
    "MergeError",
    "MergeResult",
    "Patience",
    "Preview",
    "RowEvent",
    "RowStanding",
    "Rows",
    "Selection",
    "Settings",
    "StopSignal",
    "Template",
    "Webhook",
    "Wishes",
    "collect_workbook",
    "collect_workbook_async",
    "format_value",
    "merge_workbook",
    "merge_workbook_async",
    "read_rows",
    "write_columns",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
