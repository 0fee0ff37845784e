"""Open a worksheet: for a new run by its settings, or again by the settings that an earlier run saved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Self

from merge.input.csv import import_csv, preview_csv, results_workbook
from merge.input.data_sheet import DataSheet, WantedData, read_sheet
from merge.input.paths import is_csv
from merge.input.row_identity import KeyColumns
from merge.input.template_file import template_fit
from merge.model import JSON
from merge.settings import Settings
from merge.sheet.columns import Column, find_column
from merge.sheet.data_areas import Fit
from merge.template.column_use import count_found
from merge.template.document import ProjectOptions


def open_sheet(
    path: Path,
    settings: Settings,
    template: Path | None = None,
    sheets_before: Callable[[], Collection[str]] = tuple,
    *,
    most_rows: int | None = None,
) -> DataSheet:
    """Read the data that the settings select, from a workbook or from CSV. Changes nothing.

    Args:
        path: the workbook or CSV file
        settings: of the run
        template: its columns decide which data is meant, if there are several candidates
        sheets_before: returns the worksheets that earlier runs used, which are preferred to copies of them
        most_rows: how many rows of a workbook are read; None is all of them

    Raises:
        InputError: the file can't be read, the worksheet has no usable header row, or it isn't clear which
            data is meant
    """
    if is_csv(path):
        return preview_csv(path, settings)
    selection = settings.selection
    wanted = WantedData(
        sheet=selection.sheet,
        table=selection.table,
        header_row=selection.header_row,
        fit=template_fit(template, settings) if template else None,
        sheets_before=sheets_before,
        most_rows=most_rows,
    )
    return read_sheet(path, wanted, prefix=settings.column_prefix)


def open_for_writing(
    path: Path, settings: Settings, sheet: DataSheet, template: Path | None = None
) -> DataSheet:
    """The worksheet that results go into, while the journal is locked.

    CSV is imported into its workbook. A workbook is read again if it was changed after `sheet` was read from
    it: another run may have written results before it released the lock.

    Raises:
        InputError: the file can't be read or imported
    """
    if is_csv(path):
        return import_csv(path, settings)
    if sheet.is_current:
        return sheet
    return open_sheet(path, settings, template, lambda: (sheet.worksheet.name,))


def existing_workbook(path: Path) -> Path:
    """The workbook with the results of earlier runs: for a CSV file, the one that was made from it.

    Raises:
        InputError: there is none yet, or the workbook of the CSV file's name wasn't made from it
    """
    return results_workbook(path) if is_csv(path) else path


@dataclass(frozen=True, slots=True)
class FillOptions:
    """The settings that decide how a template is filled in, so that a report can do it again.

    Attributes:
        locale: for number formats without a language
        constants: additional names for the template
        project_options: project settings that the service takes
        columns: headers by the placeholder that they fill
    """

    locale: str = "en_US"
    constants: Mapping[str, str] = field(default_factory=dict)
    project_options: ProjectOptions = field(default_factory=ProjectOptions)
    columns: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, JSON]:
        """The options as the journal stores them."""
        options = self.project_options
        return {
            "locale": self.locale,
            "constants": dict(self.constants),
            "columns": dict(self.columns),
            "draft": options.draft,
            "resolution": options.resolution,
            "workspace": options.workspace,
        }

    @classmethod
    def from_json(cls, saved: JSON) -> Self:
        """The options from the journal; defaults if an older castmerge saved none."""
        if not isinstance(saved, dict):
            return cls()
        resolution, workspace = saved.get("resolution"), saved.get("workspace")
        return cls(
            str(saved.get("locale") or "en_US"),
            _texts_by_name(saved.get("constants")),
            ProjectOptions(
                draft=saved.get("draft") is True,
                resolution=str(resolution) if resolution else None,
                workspace=str(workspace) if workspace else None,
            ),
            _texts_by_name(saved.get("columns")),
        )


@dataclass(frozen=True, slots=True)
class SavedSheetSettings:
    """The settings of a worksheet's last run, which later commands need to recognize its rows.

    Attributes:
        header_row: as given by the user, or None
        key: headers of the key columns
        used: headers of the columns that the template uses
        prefix: the first word of the result columns' headers
        template: the template's path, for reports
        fill_options: how the template was filled in, for reports
        table: the Excel Table that holds the data, "" for a plain list; None if an older castmerge didn't
            save it
        answered: tags of videos without a row, next to which new rows may be made
    """

    header_row: int | None
    key: tuple[str, ...]
    used: tuple[str, ...]
    prefix: str
    template: str
    fill_options: FillOptions = field(default_factory=FillOptions)
    table: str | None = None
    answered: tuple[str, ...] = ()

    def to_json(self) -> dict[str, JSON]:
        """The settings as the journal stores them."""
        return {
            "header_row": self.header_row,
            "key": list(self.key),
            "used": list(self.used),
            "prefix": self.prefix,
            "template": self.template,
            "wording": self.fill_options.to_json(),
            "table": self.table,
            "answered": list(self.answered),
        }

    @classmethod
    def from_json(cls, saved: Mapping[str, JSON]) -> Self:
        """The settings from the journal."""
        header_row, table = saved.get("header_row"), saved.get("table")
        return cls(
            header_row if isinstance(header_row, int) else None,
            _texts(saved.get("key")),
            _texts(saved.get("used")),
            str(saved.get("prefix")),
            str(saved.get("template") or ""),
            FillOptions.from_json(saved.get("wording")),
            table if isinstance(table, str) else None,
            _texts(saved.get("answered")),
        )

    @classmethod
    def assumed(cls, settings: Settings) -> Self:
        """The settings of a sheet that no run known here has seen."""
        selection = settings.selection
        return cls(selection.header_row, selection.key, (), settings.column_prefix, "")

    def read(self, workbook: Path, sheet: str | None) -> DataSheet:
        """Read a worksheet with these settings.

        Raises:
            WorkbookError: the workbook can't be read
            ColumnError: there's no header row, or two headers have the same name
        """
        wanted = WantedData(sheet, header_row=self.header_row, fit=self._fit(), used_before=self.table or "")
        return read_sheet(workbook, wanted, prefix=self.prefix)

    def _fit(self) -> Fit | None:
        names = (*self.key, *self.used)
        return partial(count_found, names) if names else None

    def key_columns(self, sheet: DataSheet) -> KeyColumns:
        """The columns that identify rows in the current sheet; columns that no longer exist are left out."""
        return KeyColumns(_existing(self.key, sheet), _existing(self.used, sheet))


def _existing(names: Sequence[str], sheet: DataSheet) -> tuple[Column, ...]:
    columns = (find_column(sheet.header, name) for name in names)
    return tuple(column for column in columns if column)


def _texts_by_name(items: JSON) -> dict[str, str]:
    return {name: str(value) for name, value in items.items()} if isinstance(items, dict) else {}


def _texts(items: JSON) -> tuple[str, ...]:
    return tuple(str(item) for item in items) if isinstance(items, list) else ()
