"""The JSON objects of `--events`, one per event; `castmerge schema event` prints their schema."""

from __future__ import annotations

from datetime import UTC, datetime

from merge.model import JSON
from merge.plan.decide import Action
from merge.plan.plan import Plan
from merge.results import MergeResult
from merge.run.state import RowEvent

SCHEMA = 1


def started(at: datetime, plan: Plan) -> JSON:
    """The plan was made and confirmed. `at` is UTC, here and below."""
    return _event(at, "started") | {
        "workbook": str(plan.sheet.path),
        "sheet": plan.sheet.worksheet.name,
        "template": str(plan.template),
        "rows": len(plan.rows),
        "to_submit": plan.actions[Action.SUBMIT],
    }


def row_changed(at: datetime, event: RowEvent) -> JSON:
    """A row or its progress has changed."""
    return _event(at, "row") | {
        "row": event.row,
        "key": event.key,
        "status": str(event.status),
        "video_id": event.video_id or None,
        "percent": event.percent,
        "note": event.note or None,
    }


def finished(at: datetime, result: MergeResult) -> JSON:
    """The run has ended."""
    counts: dict[str, JSON] = dict(result.counts)
    return _event(at, "finished") | {
        "exit_code": int(result.exit_code),
        "counts": counts,
        "credits": result.credits,
    }


def _event(at: datetime, event: str) -> dict[str, JSON]:
    time = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"schema": SCHEMA, "time": time, "event": event}
