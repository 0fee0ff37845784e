"""The state shared by all pages: the chosen workbook and template, their check, and the run.

Its thread checks the files twice a second, so that a workbook that was saved in Excel is checked again
automatically. Methods may be called from any thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, RLock, Thread
from typing import TypeAlias

from merge import __version__
from merge.app.approvals import Approvals
from merge.app.check import Check, cells_first, check
from merge.app.connection import Connection
from merge.app.errors import AppError
from merge.app.events import Events
from merge.app.folder import Folder, lock_json
from merge.app.rows import Decisions, Rows
from merge.app.user_files import UserFiles
from merge.errors import EncodingError, InputError, MergeError, WorkbookError
from merge.input.paths import workbook_path
from merge.model import JSON
from merge.run.state import RowEvent
from merge.settings import ServiceOptions, Settings
from merge.workbook import FileVersion, file_version

_LOG = logging.getLogger("merge.app")
_LOOK_EVERY = 0.5
"""Seconds between two checks of the files."""
_SETTLING = 3.0
"""Seconds after a change within which an unreadable file may only be half saved."""
CONFIG_FILE = "castmerge.toml"
_TEXTS = ("sheet", "table", "template", "encoding")


@dataclass(frozen=True, slots=True)
class CampaignOptions:
    """The options of a workbook from the command line, the environment and `castmerge.toml`.

    Attributes:
        settings: of its runs
        service: the address of AI Studios
        template: the template, or None if none is given
        limits: where each limit was set, by its name
    """

    settings: Settings
    service: ServiceOptions = field(default_factory=ServiceOptions)
    template: Path | None = None
    limits: Mapping[str, str] = field(default_factory=dict)


ReadOptions: TypeAlias = Callable[[Path], CampaignOptions]
"""Reads the options of a workbook; raises an `InputError` if `castmerge.toml` is wrong."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The choices made on the page; None and "" for anything not chosen, or chosen automatically."""

    workbook: str | None = None
    sheet: str | None = None
    table: str | None = None
    template: str | None = None
    practice: bool = False
    encoding: str | None = None

    def to_json(self) -> JSON:
        """The choice for the page."""
        return {
            "workbook": self.workbook,
            "sheet": self.sheet,
            "table": self.table,
            "template": self.template,
            "practice": self.practice,
        }


Inputs: TypeAlias = tuple[Choice, FileVersion | None, FileVersion | None, FileVersion | None, int]
"""What a check depends on."""


class Activity:
    """An activity other than the check: a run. It is separate so that a campaign can do without one."""

    def state(self) -> JSON:
        """The run for the page, or None."""
        return None

    @property
    def is_active(self) -> bool:
        """Whether a run is in progress."""
        return False

    def forget(self) -> None:
        """Forget a run that has ended: another workbook was chosen."""

    def stop(self) -> None:
        """End the run; known results are written back."""


class Campaign:
    """The shared state of all pages.

    Args:
        folder: the opened folder
        read_options: reads the options of a workbook
        events: the open pages
        user: the user's saved preferences

    Attributes:
        new_rows: whether new rows are made although there are videos without a row
    """

    def __init__(self, folder: Folder, read_options: ReadOptions, events: Events, user: UserFiles) -> None:
        self.folder = folder
        self.events = events
        self.user = user
        self.connection = Connection(user)
        self.activity = Activity()
        self.choice = Choice()
        self.check = Check()
        self.new_rows = False
        self._read_options = read_options
        self._lock = RLock()
        self._wake = Event()
        self._ended = False
        self._checked: Inputs | None = None
        self._shown = Choice()
        self._again = 0
        self._listed = folder.signature()
        self._holder: JSON = None
        self._decided: tuple[Rows | None, FileVersion | None, Decisions] = (None, None, {})
        self._thread = Thread(target=self._watch, name="castmerge-check", daemon=True)

    def start(self, workbook: str | None) -> None:
        """Choose everything that has only one candidate, and start to watch the files."""
        workbooks, templates = self.folder.workbooks(), self.folder.templates()
        if workbook is None and len(workbooks) == 1:
            workbook = workbooks[0].name
        template = templates[0].name if len(templates) == 1 else None
        if workbook is not None:
            template = self._named_template(self.folder.file(workbook)) or template
            self.user.used(self.folder.path, workbook, datetime.now(UTC))
        practice = workbook is not None and self._practices(workbook)
        self.choice = Choice(workbook=workbook, template=template, practice=practice)
        self._thread.start()

    def end(self) -> None:
        """Stop watching the files."""
        self._ended = True
        self._wake.set()
        self._thread.join()

    def _named_template(self, workbook: Path) -> str | None:
        try:
            named = self._read_options(workbook).template
        except InputError:
            return None  # the check reports it
        known = {path.name for path in self.folder.templates()}
        return named.name if named and named.name in known else None

    def _practices(self, workbook: str) -> bool:
        try:
            return self._read_options(self.folder.file(workbook)).settings.simulate
        except InputError:
            return False

    # Choices

    def choose(self, asked: Mapping[str, JSON]) -> None:
        """Choose a workbook, a sheet, a template or practice mode; the check follows automatically.

        Raises:
            AppError: a run is in progress, or there's no such file
        """
        with self._lock:
            self.require_idle()
            choice = self.choice
            if "workbook" in asked:
                choice = self._with_workbook(choice, text_or_none(asked, "workbook"))
            given = {name: text_or_none(asked, name) for name in _TEXTS if name in asked}
            choice = replace(
                choice,
                sheet=given.get("sheet", choice.sheet),
                table=given.get("table", choice.table),
                template=given.get("template", choice.template),
                encoding=given.get("encoding", choice.encoding),
            )
            if choice.template is not None:
                self.folder.file(choice.template)
            if isinstance(practice := asked.get("practice"), bool):
                choice = replace(choice, practice=practice)
            self.choice = choice
        self.look_again()

    def _with_workbook(self, choice: Choice, name: str | None) -> Choice:
        if name is None:
            return replace(choice, workbook=None, sheet=None, table=None, encoding=None)
        path = self.folder.file(name)
        self.user.used(self.folder.path, name, datetime.now(UTC))
        template = choice.template or self._named_template(path)
        if name == choice.workbook:
            return replace(choice, template=template)
        self.activity.forget()
        self.new_rows = False
        return Choice(workbook=name, template=template, practice=choice.practice)

    def require_idle(self) -> None:
        """Refuse an action that would disturb a run.

        Raises:
            AppError: a run is in progress
        """
        if self.activity.is_active:
            raise AppError(
                "busy", "videos are being made", hint="Wait until they're ready, or press Stop first"
            )

    @property
    def workbook(self) -> Path:
        """The chosen workbook.

        Raises:
            AppError: none is chosen
        """
        if self.choice.workbook is None:
            raise AppError("input", "no workbook is chosen yet", hint="Choose one")
        return self.folder.file(self.choice.workbook)

    @property
    def template(self) -> Path:
        """The chosen template.

        Raises:
            AppError: none is chosen
        """
        if self.choice.template is None:
            raise AppError("input", "no template is chosen yet", hint="Choose one")
        return self.folder.file(self.choice.template)

    def options(self) -> CampaignOptions:
        """The options of the chosen workbook, with the choices made on the page.

        Raises:
            AppError: no workbook is chosen
            InputError: `castmerge.toml` is wrong
        """
        found, choice = self._read_options(self.workbook), self.choice
        settings = found.settings
        selection = replace(
            settings.selection,
            sheet=choice.sheet or settings.selection.sheet,
            table=choice.table or settings.selection.table,
        )
        settings = replace(
            settings,
            selection=selection,
            simulate=choice.practice,
            timing=None if choice.practice != settings.simulate else settings.timing,
            encoding=choice.encoding or settings.encoding,
        )
        region = self.connection.region or found.service.region
        return replace(found, settings=settings, service=replace(found.service, region=region))

    def listing_options(self) -> Settings:
        """The settings for the list of files, which needs no workbook."""
        try:
            return self._read_options(self.folder.path / "workbook.xlsx").settings
        except InputError:
            return Settings()

    # State for the page

    def state(self) -> dict[str, JSON]:
        """The small part of the state that a page starts with."""
        preferences = self.user.preferences
        with self._lock:
            choice, checked = self.choice, self.check
        return {
            "version": __version__,
            "folder": {"name": self.folder.path.name, "path": str(self.folder.path)},
            "choice": choice.to_json(),
            "connection": self.connection.to_json(self.service()),
            "check": checked.to_json(self.decisions()),
            "run": self.activity.state(),
            "lock": self.lock(),
            "preferences": {
                "pictures": preferences.get("pictures"),
                "name": preferences.get("name") or "",
            },
        }

    def service(self) -> ServiceOptions:
        """The address of AI Studios."""
        try:
            return self.options().service
        except MergeError:
            return ServiceOptions(region=self.connection.region or "global")

    def lock(self) -> JSON:
        """Who has the chosen workbook open, or None."""
        if self.choice.workbook is None:
            return None
        return lock_json(workbook_path(self.folder.path / self.choice.workbook))

    def publish_state(self) -> None:
        """Send the state to every page."""
        self.events.publish("state", self.state())

    def publish_check(self) -> None:
        """Send the check to every page."""
        self.events.publish("check", self.check.to_json(self.decisions()))

    def approvals(self) -> Approvals | None:
        """The record of approvals of the chosen workbook, or None if none is chosen."""
        if self.choice.workbook is None:
            return None
        return Approvals(self.folder.path / self.choice.workbook)

    @property
    def only_approved(self) -> bool:
        """Whether only approved rows are made."""
        approvals = self.approvals()
        return approvals.only_approved if approvals else False

    def is_connected(self) -> bool:
        """Whether there is a key for the chosen region; sends no request."""
        return self.connection.has_key(self.service().region)

    def decisions(self) -> Decisions:
        """The decisions about the current rows."""
        rows, approvals = self.check.rows, self.approvals()
        if rows is None or approvals is None:
            return {}
        version = file_version(approvals.path)
        if self._decided[:2] != (rows, version):
            self._decided = (rows, version, approvals.decisions(rows))
        return self._decided[2]

    def row_changed(self, event: RowEvent) -> int | None:
        """Apply a change of a run; return the row's number, or None."""
        rows = self.check.rows
        return rows.changed(event) if rows else None

    # Watching the files

    def look_again(self, *, even_unchanged: bool = False) -> None:
        """Check the files at once; `even_unchanged` checks even if nothing has changed."""
        with self._lock:
            self._again += even_unchanged
            if self.check.rows and _is_other_sheet(self.choice, self._shown):
                self._checked, self.check = None, Check("reading", self.check.version + 1)
            elif self._inputs() != self._checked and self.choice.workbook is not None:
                self.check = replace(self.check, state="reading")
            if self.choice.workbook is None:
                self.check = Check(version=self.check.version + 1)
        self.publish_state()
        self._wake.set()

    def _inputs(self) -> Inputs:
        choice, folder = self.choice, self.folder.path
        return (
            choice,
            file_version(folder / choice.workbook) if choice.workbook else None,
            file_version(folder / choice.template) if choice.template else None,
            file_version(folder / CONFIG_FILE),
            self._again,
        )

    def _watch(self) -> None:
        while not self._ended:
            try:
                self._look()
            except Exception:  # noqa: BLE001 - a fault mustn't end the thread that all pages rely on
                _LOG.exception("looking at the files failed")
            self._wake.wait(_LOOK_EVERY)
            self._wake.clear()

    def _look(self) -> None:
        listed, holder = self.folder.signature(), self.lock()
        if listed != self._listed:
            self._listed = listed
            self.events.publish("folder", {})
        if holder != self._holder:
            self._holder = holder
            self.publish_state()
        inputs = self._inputs()
        # A choice that was taken back is as it was checked, but the page waits for a check since.
        waiting = inputs != self._checked or self.check.state == "reading"
        if waiting and inputs[0].workbook is not None:
            self._check(inputs)

    def _check(self, inputs: Inputs) -> None:
        with self._lock:
            self.check = replace(self.check, state="reading")
        self.publish_check()
        at = datetime.now(UTC)
        try:
            options = self.options()
            template = self.template if self.choice.template else None
            if self.check.rows is None:
                for rows in cells_first(self.workbook, template, options.settings):
                    self._show_cells(inputs, rows)
            made = check(self.workbook, template, options.settings, version=self.check.version + 1, at=at)
        except MergeError as error:
            made = Check("failed", self.check.version + 1, error=error, at=at)
        except Exception:  # noqa: BLE001 - the page reports it, and the thread continues
            _LOG.exception("the check failed")
            fault = AppError(
                "fault",
                "castmerge ran into an error and couldn't check these rows",
                hint="Ask someone for help, and send them the workbook and the template",
            )
            made = Check("failed", self.check.version + 1, error=fault, at=at)
        with self._lock:
            if inputs[0] != self.choice:
                return  # something else was chosen in the meantime
            if _may_be_half_saved(made.error) and self._is_settling():
                return
            self._checked, self._shown, self.check = inputs, inputs[0], made
        self.publish_check()

    def _show_cells(self, inputs: Inputs, rows: Rows) -> None:
        """Show the cells of a sheet before its check is finished."""
        with self._lock:
            if inputs[0] != self.choice:
                return
            self._shown, self.check = self.choice, Check("reading", self.check.version + 1, rows=rows)
        self.publish_check()

    def _is_settling(self) -> bool:
        """Whether the workbook was written so recently that it may be half saved."""
        found = file_version(self.folder.path / (self.choice.workbook or ""))
        return found is not None and time.time() - found.modified_ns / 1e9 < _SETTLING


def _is_other_sheet(choice: Choice, before: Choice) -> bool:
    """Whether other rows are chosen, so that the last ones say nothing about them."""
    return (choice.workbook, choice.sheet, choice.table) != (before.workbook, before.sheet, before.table)


def _may_be_half_saved(error: MergeError | None) -> bool:
    return isinstance(error, WorkbookError) and not isinstance(error, EncodingError)


def text_or_none(asked: Mapping[str, JSON], name: str) -> str | None:
    """A text that the page sent, or None for an empty one."""
    value = asked.get(name)
    return value if isinstance(value, str) and value else None
