"""The check behind the page: the chosen rows are read, filled in and checked; nothing is sent or written."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from merge.app.errors import AppError, error_json
from merge.app.folder import iso
from merge.app.rows import Decisions, Rows
from merge.checks.warning import RowWarning
from merge.errors import InputError, JournalError, MergeError, UnknownColumnsError
from merge.input.data_sheet import DataSheet
from merge.input.open_sheet import open_sheet
from merge.input.paths import is_csv
from merge.model import JSON, Entry
from merge.plan.findings import Found
from merge.plan.plan import Plan
from merge.project.places import place_label, with_place_labels
from merge.reports.check import CheckReport
from merge.reports.page_text import page_text
from merge.run.session import plan_without_lock
from merge.settings import RerunOptions, Settings
from merge.sheet.columns import suggest

_LONG_SHEET = 200_000
"""The size in bytes from which a check takes long enough to show the cells before it; about 5,000 rows."""
_FIRST_ROWS = 200
_LOG = logging.getLogger("merge.app")


@dataclass(frozen=True)
class Check:
    """What is known about the chosen workbook and template.

    Attributes:
        state: `none`, `reading`, `ready` or `failed`
        version: increases with every check
        settings: it was made with
        error: why it failed, or None
        at: when it was made, UTC
        rows: the rows, even without a usable template
        plan: of all rows, without limits; None if it failed
        findings: of the plan
    """

    state: str = "none"
    version: int = 0
    settings: Settings = field(default_factory=Settings)
    error: MergeError | None = None
    at: datetime | None = None
    rows: Rows | None = None
    plan: Plan | None = None
    findings: Found | None = None

    @cached_property
    def report(self) -> CheckReport:
        """The plan with its findings, as pages take it.

        Raises:
            AppError: there's no plan
        """
        if self.plan is None or self.findings is None:
            raise AppError(
                "input", "the rows can't be filled in yet", hint="Choose a workbook and a template"
            )
        return CheckReport(self.plan, self.findings.problems, self.findings.warnings)

    @property
    def unplaced(self) -> tuple[Entry, ...]:
        """Videos that were never written into the workbook, and that match no row."""
        return self.plan.unanswered if self.plan else ()

    def to_json(self, decisions: Decisions) -> dict[str, JSON]:
        """The check for the page."""
        rows = self.rows
        counts = rows.counts(decisions) if rows else {}
        return {
            "state": self.state,
            "version": self.version,
            "error": error_json(self.error) if self.error else None,
            "checked_at": iso(self.at),
            "sheet": rows.sheet.worksheet.name if rows else None,
            "rows": len(rows.facts) if rows else 0,
            "counts": {**counts, "unplaced": len(self.unplaced)},
            "unknown": self._unknown(),
            "notes": [page_text(note) for note in rows.sheet.notes] if rows else [],
            "warnings": [_warning(each) for each in self.findings.warnings if not each.rows]
            if self.findings
            else [],
        }

    def _unknown(self) -> list[JSON]:
        """The placeholders that no column fills, each with the most similar column."""
        if not isinstance(self.error, UnknownColumnsError) or self.rows is None:
            return []
        headers = [" ".join(column.header.split()) for column in self.rows.sheet.header.columns]
        options: list[JSON] = list(headers)
        return [
            {
                "placeholder": name,
                "likely": suggest(name, headers),
                "options": options,
                "places": [place_label(path) for path in paths],
            }
            for name, paths in self.error.names.items()
        ]


def check(workbook: Path, template: Path | None, settings: Settings, *, version: int, at: datetime) -> Check:
    """Read and check the chosen rows.

    Args:
        workbook: the workbook or CSV file
        template: the template, or None if none is chosen yet
        settings: as for a run
        version: of the new check
        at: the time, UTC

    Returns:
        The check; its state is `failed` if workbook or template can't be used.
    """
    settings = for_all_rows(settings)
    made = Check("ready", version, settings, at=at)
    try:
        if template is None:
            return replace(made, rows=_without_template(open_sheet(workbook, settings), settings))
        plan = plan_without_lock(workbook, template, settings)
        findings = plan.found
    except (InputError, JournalError) as error:
        return replace(made, state="failed", error=error, rows=_rows_alone(workbook, template, settings))
    rows = Rows(plan.sheet, settings.locale, plan, findings, practice=settings.simulate)
    return replace(made, rows=rows, plan=plan, findings=findings)


def cells_first(workbook: Path, template: Path | None, settings: Settings) -> Iterator[Rows]:
    """The cells of a long sheet before its check: of its first rows at once, then of all.

    Yields:
        Nothing for a short sheet, or if the sheet can't be read; the check reports why
    """
    with suppress(InputError, OSError):
        if workbook.stat().st_size < _LONG_SHEET:
            return
        for most in (_FIRST_ROWS, None):
            if most is None or not is_csv(workbook):
                sheet = open_sheet(workbook, settings, template, most_rows=most)
                yield Rows(sheet, settings.locale, practice=settings.simulate, pending=True)


def for_all_rows(settings: Settings) -> Settings:
    """The settings of a run without its limits and requests to make rows again, to plan all rows."""
    selection = replace(settings.selection, limit=None, pilot=None, same_video=True)
    return replace(
        settings,
        selection=selection,
        rerun=RerunOptions(draft=settings.rerun.draft),
        max_videos=None,
        max_credits=None,
        approved=None,
    )


def _rows_alone(workbook: Path, template: Path | None, settings: Settings) -> Rows | None:
    """Only the cells, if the template can't be used."""
    try:
        return _without_template(open_sheet(workbook, settings, template), settings)
    except InputError:
        return None


def _without_template(sheet: DataSheet, settings: Settings) -> Rows:
    return Rows(sheet, settings.locale, practice=settings.simulate)


def _warning(warning: RowWarning) -> JSON:
    return {
        "kind": str(warning.kind),
        "place": with_place_labels(warning.place),
        "message": page_text(warning.message),
        "hint": page_text(warning.hint),
        "rows": list(warning.rows),
    }
