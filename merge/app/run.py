"""The run of the app: started, watched, paused, stopped, and written back once Excel has closed the workbook.

It has its own thread, and continues while no page is open. Pausing stops it with everything recorded;
resuming starts it again, and the journal continues where it ended.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Event, RLock, Thread

from merge.app.campaign import Activity, Campaign
from merge.app.errors import AppError, error_json
from merge.app.folder import iso, lock_json
from merge.app.making import MakeRequest, Making, held_back, plan_making
from merge.app.rows import row_numbers
from merge.app.watched_service import WatchedService
from merge.connect import connected, time_at
from merge.errors import InputError, JournalError, MergeError, Unreachable, WriteBackError
from merge.input.paths import workbook_path
from merge.model import JSON, RowKey
from merge.reports.page_text import page_text
from merge.results import ExitCode, MergeResult, format_duration
from merge.run.clock import SystemClock
from merge.run.collect import open_collection, open_export, write_back_from_journal
from merge.run.session import Session, open_session
from merge.run.state import RowEvent
from merge.run.stop import StopSignal, run_async
from merge.services.aistudios import ApiKey, AppCredentials
from merge.settings import ServiceOptions, Settings
from merge.sheet.result_columns import Status
from merge.workbook.package.lock_files import holder_of

_LOG = logging.getLogger("merge.app")
_REPORT_EVERY = 0.25
"""Seconds between two reports to the pages."""
_RECONNECT_AFTER = 5.0
"""The most seconds until a run that lost its connection is tried again."""
_LAST_SECONDS = 8.0
"""Seconds that a run may take to end when the app ends; a run itself allows 5."""
_TICK = 0.1
_WRITE_AGAIN_AFTER = 1.0
_FOLLOW = "follow"
_DRAFTS = "drafts"
_ENDED = frozenset({Status.COMPLETE, Status.DRAFT, Status.FAILED})
_OUTCOMES = {
    ExitCode.COMPLETE: "complete",
    ExitCode.SOME_FAILED: "some_failed",
    ExitCode.WRONG_INPUT: "failed",
    ExitCode.STOPPED: "stopped",
    ExitCode.OPEN: "open",
    ExitCode.NOT_WRITTEN: "not_written",
    ExitCode.INTERRUPTED: "interrupted",
}


@dataclass(slots=True)
class _Work:
    """The input of a run.

    Attributes:
        workbook: the workbook
        template: the template; None only follows what was submitted
        settings: of the run
        service: the address of AI Studios
        credentials: None in practice mode
        what: `sample`, `all`, `rows` or `follow`
    """

    workbook: Path
    template: Path | None
    settings: Settings
    service: ServiceOptions
    credentials: ApiKey | AppCredentials | None
    what: str


@dataclass(slots=True)
class Run:
    """A run as the pages see it; only its own thread changes its state.

    Attributes:
        number: counted from 1, and never again as long as the app runs
        work: its input
        total: the number of its videos
        state: `starting`, `running`, `pausing`, `paused`, `stopping`, `waiting_for_workbook` or `finished`
    """

    number: int
    work: _Work
    total: int
    state: str = "starting"
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended_at: datetime | None = None
    statuses: dict[RowKey, Status] = field(default_factory=dict)
    percents: dict[RowKey, float] = field(default_factory=dict)
    network: Unreachable | None = None
    network_since: datetime | None = None
    result: MergeResult | None = None
    outcome: str | None = None
    error: MergeError | None = None
    notes: list[str] = field(default_factory=list)
    stop: StopSignal = field(default_factory=StopSignal)

    @property
    def done(self) -> int:
        """How many videos are made."""
        return sum(status in (Status.COMPLETE, Status.DRAFT) for status in self.statuses.values())

    @property
    def failed(self) -> int:
        """How many failed."""
        return sum(status is Status.FAILED for status in self.statuses.values())

    @property
    def share(self) -> float:
        """The completed share, from 0 to 1."""
        if not self.total:
            return 1.0
        ended = self.done + self.failed
        moving = sum(
            percent / 100 for key, percent in self.percents.items() if self.statuses.get(key) not in _ENDED
        )
        return min(1.0, (ended + moving) / self.total)

    @property
    def seconds_left(self) -> float | None:
        """The estimated remaining seconds, or None if there's no estimate yet."""
        passed = (datetime.now(UTC) - self.started_at).total_seconds()
        share = self.share
        if self.state != "running" or share < 0.05 or share >= 1:  # noqa: PLR2004 - too early to tell
            return None
        return passed * (1 - share) / share

    def to_json(self) -> dict[str, JSON]:
        """The run for the page."""
        done, failed, left = self.done, self.failed, self.seconds_left
        working = sum(status not in _ENDED for status in self.statuses.values())
        network: JSON = None
        if self.network:
            network = {
                "message": page_text(self.network.message),
                "hint": page_text(self.network.hint),
                "since": iso(self.network_since),
            }
        return {
            "id": self.number,
            "state": self.state,
            "practice": self.work.settings.simulate,
            "what": self.work.what,
            "total": self.total,
            "done": done,
            "failed": failed,
            "working": working,
            "waiting": max(0, self.total - done - failed - working),
            "percent": round(self.share * 100),
            "seconds_left": round(left) if left is not None else None,
            "left_text": f"about {format_duration(left, rounded=True)}" if left is not None else "",
            "started_at": iso(self.started_at),
            "ended_at": iso(self.ended_at),
            "network": network,
            "message": self._message(done, failed),
            "outcome": self.outcome,
            "notes": [page_text(note) for note in self.notes if page_text(note)],
            "error": error_json(self.error) if self.error else None,
            "lock": lock_json(workbook_path(self.work.workbook)),
        }

    def _message(self, done: int, failed: int) -> str:
        noun = "practice videos" if self.work.settings.simulate else "videos"
        if self.error:
            return page_text(self.error.message)
        if self.state == "waiting_for_workbook":
            return (
                f"{done:,} of {self.total:,} {noun} are made. The results wait until the workbook is closed."
            )
        words = f"{done:,} of {self.total:,} {noun} are made."
        if done == self.total == 1:
            words = f"The {noun.removesuffix('s')} is made."
        return f"{words} {failed:,} failed." if failed else words


class Runs(Activity):
    """Starts and ends the runs of a campaign, one at a time.

    Args:
        campaign: the campaign
    """

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign
        self._run: Run | None = None
        self._numbers = count(1)
        self._thread: Thread | None = None
        self._lock = RLock()
        self._changed: set[int] = set()
        self._ending = Event()
        self._reported = 0.0

    def state(self) -> JSON:
        """The run for the page, or None."""
        return self._run.to_json() if self._run else None

    @property
    def is_active(self) -> bool:
        """Whether a run is in progress; a paused one doesn't count."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, request: MakeRequest, version: int | None = None, code: str | None = None) -> JSON:
        """Start a run.

        Args:
            request: what to make
            version: of the check that the page showed; None takes any
            code: of the plan that the page showed, which says more: the same videos may have a newer check

        Raises:
            AppError: a run is in progress, the rows have changed since, or the workbook is open in Excel
            MergeError: why nothing can be made
        """
        campaign = self._campaign
        with self._lock:
            campaign.require_idle()
            making = plan_making(campaign, request)
            is_other = version not in (None, making.check.version)
            if is_other if code is None else code != (making.settings.approved or ""):
                raise AppError(
                    "conflict", "the rows have changed since", hint="Check the plan again, and then start"
                )
            if making.blocked:
                raise making.blocked
            self._refuse_open(request)
            if not making.numbers:
                raise AppError("input", "there's nothing to make", hint="Choose other rows")
            self._begin(self._work(making), len(making.numbers))
            return self.state()

    def _refuse_open(self, request: MakeRequest) -> None:
        holder = holder_of(workbook_path(self._campaign.workbook))
        if holder and not request.anyway:
            name = self._campaign.workbook.name
            raise AppError(
                "locked",
                f"{name} is open in {holder.program}",
                hint=f"Close {name} in {holder.program}, so that castmerge can add the results",
            )

    def _work(self, making: Making) -> _Work:
        campaign, settings = self._campaign, making.settings
        secret = None if settings.simulate else campaign.connection.secret(making.options.service.region)
        return _Work(
            campaign.workbook,
            campaign.template,
            settings,
            making.options.service,
            secret,
            making.request.what,
        )

    def follow(self) -> JSON:
        """Follow what was submitted earlier, without making anything new.

        Raises:
            AppError: a run is in progress
            MergeError: there's no key, or `castmerge.toml` is wrong
        """
        campaign = self._campaign
        with self._lock:
            campaign.require_idle()
            options = campaign.options()
            secret = None if options.settings.simulate else campaign.connection.secret(options.service.region)
            rows = campaign.check.rows
            groups = [facts.group for facts in rows.facts.values()] if rows else []
            total = sum(group in ("working", "unconfirmed") for group in groups)
            work = _Work(campaign.workbook, None, options.settings, options.service, secret, _FOLLOW)
            self._begin(work, total)
            return self.state()

    def export_drafts(self) -> JSON:
        """Make the videos of drafts, except for rejected ones; only those of approved ones if it's set so.

        Raises:
            AppError: a run is in progress, or there are no such drafts
            MergeError: there's no key, or `castmerge.toml` is wrong
        """
        campaign = self._campaign
        with self._lock:
            campaign.require_idle()
            options, rows, decisions = campaign.options(), campaign.check.rows, campaign.decisions()
            drafts = [
                number
                for number, facts in (rows.facts.items() if rows else ())
                if facts.group == "draft" and not held_back(facts.planned, decisions, campaign.only_approved)
            ]
            if not drafts:
                raise AppError("input", "there are no drafts to make", hint="Approve them first")
            selection = replace(options.settings.selection, rows=row_numbers(drafts))
            project_options = replace(options.settings.project_options, draft=False)
            settings = replace(options.settings, selection=selection, project_options=project_options)
            secret = None if settings.simulate else campaign.connection.secret(options.service.region)
            work = _Work(campaign.workbook, None, settings, options.service, secret, _DRAFTS)
            self._begin(work, len(drafts))
            return self.state()

    def _begin(self, work: _Work, total: int, before: Run | None = None) -> None:
        run = Run(before.number if before else next(self._numbers), work, total)
        if before:
            run.statuses, run.percents, run.started_at = before.statuses, before.percents, before.started_at
        self._run = run
        self._thread = Thread(target=self._go, args=(run,), name="castmerge-run")
        self._thread.start()
        self._publish(run)

    def pause(self) -> JSON:
        """Stop for now; submitted videos are still made.

        Raises:
            AppError: no run is in progress
        """
        return self._end("pausing")

    def end(self) -> JSON:
        """Stop permanently; known results are written back.

        Raises:
            AppError: no run is in progress
        """
        with self._lock:
            if self._run and self._run.state == "paused":
                self._run.state, self._run.outcome = "finished", "interrupted"
                self._publish(self._run)
                return self.state()
        return self._end("stopping")

    def _end(self, state: str) -> JSON:
        with self._lock:
            run = self._run
            if run is None or not self.is_active:
                raise AppError("conflict", "nothing is being made", hint="Reload the page")
            if state == "stopping" or run.state in ("starting", "running"):
                run.state = state
                run.stop.requested = True
            self._publish(run)
            return self.state()

    def resume(self) -> JSON:
        """Continue a paused run.

        Raises:
            AppError: no run is paused
        """
        with self._lock:
            run = self._run
            if run is None or run.state != "paused" or self.is_active:
                raise AppError("conflict", "nothing is paused", hint="Reload the page")
            self._begin(run.work, run.total, before=run)
            return self.state()

    def forget(self) -> None:
        """Forget the last run: another workbook was chosen."""
        if not self.is_active:
            self._run = None

    def stop(self) -> None:
        """End the run with the app; known results are written back."""
        self._ending.set()
        thread, run = self._thread, self._run
        if run:
            run.stop.requested = True
        if thread:
            thread.join(_LAST_SECONDS)

    # The run's own thread

    def _go(self, run: Run) -> None:
        try:
            self._carry_out(run)
        except MergeError as error:
            run.error, run.outcome = self._explained(error), "failed"
        except Exception:  # noqa: BLE001 - a fault ends the run, not the app
            _LOG.exception("a run failed")
            run.outcome = "failed"
            run.error = AppError(
                "fault",
                "castmerge ran into an error, so the run has ended",
                hint="Nothing is lost. Start again, and castmerge continues",
            )
        self._finish(run)

    def _explained(self, error: MergeError) -> MergeError:
        """The error of a session, worded for the page."""
        if isinstance(error, InputError) and error.place == "--approved":
            return AppError(
                "conflict",
                "the workbook or the template has changed since you looked at it, so nothing was made",
                hint="Check the rows again, and then start",
            )
        if isinstance(error, JournalError):
            return AppError(
                "busy",
                error.message,
                hint="If another window or computer is making videos from this workbook, wait until it's "
                "done",
            )
        return error

    def _carry_out(self, run: Run) -> None:
        while True:
            run.result = run_async(self._session(run))
            if not (run.network and run.result.exit_code in (ExitCode.OPEN, ExitCode.STOPPED)):
                break
            often = run.work.settings.effective_timing.poll.poll_stalled
            if self._waits(run, min(often, _RECONNECT_AFTER)):
                break
        result = run.result
        run.outcome = _OUTCOMES.get(result.exit_code, "failed")
        run.notes = list(result.notes)
        if result.exit_code is ExitCode.NOT_WRITTEN:
            self._write_back(run)

    def _waits(self, run: Run, seconds: float) -> bool:
        """Wait, unless the run is stopped; return whether it was."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not run.stop.requested:
            time.sleep(_TICK)
        return run.stop.requested

    async def _session(self, run: Run) -> MergeResult:
        work = run.work
        opened = (
            open_session(work.workbook, work.template, work.settings)
            if work.template
            else (open_export if work.what == _DRAFTS else open_collection)(work.workbook, work.settings)
        )
        with opened as session:
            if run.state == "starting":
                run.state = "running"
            self._publish(run)
            if not session.needs_service:
                return session.conclude_without_service(SystemClock())
            reporting = asyncio.create_task(self._report(run))
            try:
                return await self._with_service(run, session)
            finally:
                reporting.cancel()
                with suppress(asyncio.CancelledError):
                    await reporting
                self._report_now(run)

    async def _with_service(self, run: Run, session: Session) -> MergeResult:
        work = run.work
        async with connected(work.service, work.workbook, work.settings, work.credentials) as service:
            watched = WatchedService(service, lambda error: self._reached(run, error))
            return await session.carry_out(
                watched, time_at(service), run.stop, lambda event: self._row_changed(run, event)
            )

    def _reached(self, run: Run, error: Unreachable | None) -> None:
        if (error is None) != (run.network is None):
            run.network, run.network_since = error, datetime.now(UTC) if error else None

    def _row_changed(self, run: Run, event: RowEvent) -> None:
        run.statuses[event.key] = event.status
        if event.percent is not None:
            run.percents[event.key] = event.percent
        number = self._campaign.row_changed(event)
        if number is not None:
            self._changed.add(number)

    async def _report(self, run: Run) -> None:
        while True:
            await asyncio.sleep(_REPORT_EVERY)
            self._report_now(run)

    def _report_now(self, run: Run) -> None:
        rows, changed = self._campaign.check.rows, self._changed
        self._changed = set()
        if changed and rows:
            states: list[JSON] = [rows.state(number) for number in sorted(changed) if number in rows.facts]
            self._campaign.events.publish("rows", {"version": self._campaign.check.version, "rows": states})
        self._publish(run)

    def _write_back(self, run: Run) -> None:
        """Wait until the workbook is closed, and write the results into it."""
        run.state = "waiting_for_workbook"
        run.stop.requested = False
        self._publish(run)
        workbook = workbook_path(run.work.workbook)
        while not run.stop.requested and not self._ending.is_set():
            if holder_of(workbook) is None:
                with suppress(WriteBackError):
                    result, written = write_back_from_journal(
                        run.work.workbook, _for_sheet(run), datetime.now(UTC)
                    )
                    run.outcome = "complete" if result.exit_code is ExitCode.COMPLETE else "some_failed"
                    run.notes = [*result.notes, *written.notes]
                    return
            self._waits(run, _WRITE_AGAIN_AFTER)

    def _finish(self, run: Run) -> None:
        with self._lock:
            paused = run.state == "pausing" and run.outcome == "interrupted"
            run.state = "paused" if paused else "finished"
            run.ended_at = None if paused else datetime.now(UTC)
            self._thread = None
        self._publish(run)
        self._campaign.look_again(even_unchanged=True)

    def _publish(self, run: Run) -> None:
        self._campaign.events.publish("run", run.to_json())


def _for_sheet(run: Run) -> Settings:
    """The settings with the sheet of the run, in case the journal knows several."""
    settings, sheet = run.work.settings, run.result.sheet if run.result else None
    return replace(settings, selection=replace(settings.selection, sheet=sheet))
