"""castmerge: mail merge for AI-avatar videos, one workbook row to one video.

A row's way through the package: `input` reads it from the workbook, `plan` fills in the template and decides
what to do, `run` submits, follows and writes back, `reports` shows it before and after. They use `workbook`,
`journal` and `services` (one outside thing each), and the pure rules in `template`, `checks`, `sheet`,
`project`, `settings` and `results`. `cli` and `api` start it all; `connect` opens the service.

The public names are imported on first use, so that the command starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from merge.api import collect_workbook, collect_workbook_async, merge_workbook, merge_workbook_async
    from merge.errors import MergeError
    from merge.input.read_rows import DataRow, Rows, read_rows
    from merge.model import Link
    from merge.plan.preview import Preview, Template
    from merge.results import MergeResult, RowStatus
    from merge.run.state import RowEvent
    from merge.run.stop import StopSignal
    from merge.settings import (
        DownloadOptions,
        RerunOptions,
        Selection,
        ServiceOptions,
        Settings,
        Timing,
        Webhook,
    )
    from merge.sheet.number_format import format_value
    from merge.template.document import ProjectOptions
    from merge.workbook import write_columns

__version__ = "0.1.0"

_HOMES = {
    "ServiceOptions": "merge.settings",
    "DataRow": "merge.input.read_rows",
    "ProjectOptions": "merge.template.document",
    "DownloadOptions": "merge.settings",
    "Link": "merge.model",
    "MergeError": "merge.errors",
    "MergeResult": "merge.results",
    "Timing": "merge.settings",
    "Preview": "merge.plan.preview",
    "RowEvent": "merge.run.state",
    "RowStatus": "merge.results",
    "Rows": "merge.input.read_rows",
    "Selection": "merge.settings",
    "Settings": "merge.settings",
    "StopSignal": "merge.run.stop",
    "Template": "merge.plan.preview",
    "Webhook": "merge.settings",
    "RerunOptions": "merge.settings",
    "collect_workbook": "merge.api",
    "collect_workbook_async": "merge.api",
    "format_value": "merge.sheet.number_format",
    "merge_workbook": "merge.api",
    "merge_workbook_async": "merge.api",
    "read_rows": "merge.input.read_rows",
    "write_columns": "merge.workbook",
}

__all__ = [
    "DataRow",
    "DownloadOptions",
    "Link",
    "MergeError",
    "MergeResult",
    "Preview",
    "ProjectOptions",
    "RerunOptions",
    "RowEvent",
    "RowStatus",
    "Rows",
    "Selection",
    "ServiceOptions",
    "Settings",
    "StopSignal",
    "Template",
    "Timing",
    "Webhook",
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
