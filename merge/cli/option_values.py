"""Turn a command's options into the settings of a run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from merge.cli.computer_locale import computer_locale
from merge.cli.option_fields import Options
from merge.cli.options import (
    AccountOptions,
    ApprovalOption,
    EncodingOption,
    FollowOptions,
    JournalOptions,
    PaceOptions,
    PlanOptions,
    RowOptions,
    SheetOption,
    SimulateOption,
    SpendOptions,
    TextOptions,
    VideoLimitOption,
)
from merge.errors import CellError, InputError
from merge.settings import (
    DEFAULT_TIMING,
    SIMULATED_TIMING,
    DownloadOptions,
    PollPolicy,
    RerunOptions,
    Selection,
    ServiceOptions,
    Settings,
    Timing,
    Webhook,
    is_journal_address,
)
from merge.template.document import ProjectOptions
from merge.template.filters.locales import locale_of

_MINUTE = 60.0
_LOCALE_CODE = re.compile(r"[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]+)*")


def settings_of(options: Options) -> Settings:
    """The settings of a run; for groups of options that the command doesn't have, the defaults.

    Raises:
        InputError: a value is wrong in a way that the options' own types can't detect
    """
    settings = Settings(selection=_selection(options), project_options=_project_options(options))
    if isinstance(options, SimulateOption):
        settings = replace(settings, simulate=options.simulate)
    if isinstance(options, JournalOptions):
        settings = replace(settings, journal=_journal(options.journal), column_prefix=options.column_prefix)
    if isinstance(options, EncodingOption):
        settings = replace(settings, encoding=options.encoding)
    if isinstance(options, TextOptions):
        locale = _locale(options.locale or "") or computer_locale() or settings.locale
        settings = replace(
            settings,
            locale=locale,
            locale_assumed=options.locale is None,
            constants=_constants(options.constants),
            columns=_columns(options.columns),
        )
    if isinstance(options, PlanOptions):
        rerun = RerunOptions(
            changed=options.changed,
            retry_failed=options.retry_failed,
            remake=options.remake,
            new_rows=options.new_rows,
            draft=options.draft,
        )
        settings = replace(settings, rerun=rerun)
    if isinstance(options, AccountOptions):
        settings = replace(settings, trust_simulated=bool(options.base_url))
    if isinstance(options, PaceOptions):
        settings = replace(settings, timing=_timing(options), at_once=options.at_once)
    if isinstance(options, FollowOptions):
        settings = replace(
            settings,
            webhook=Webhook(options.webhook_url, options.webhook_listen) if options.webhook_url else None,
            download=_download(options),
        )
    return _with_limits(settings, options)


def _download(options: FollowOptions) -> DownloadOptions | None:
    if options.download is None:
        return None
    return DownloadOptions(options.download, options.download_name, options.download_limit)


def _with_limits(settings: Settings, options: Options) -> Settings:
    if isinstance(options, ApprovalOption):
        settings = replace(settings, approved=options.approved)
    if isinstance(options, VideoLimitOption):
        settings = replace(settings, max_videos=options.max_videos)
    if isinstance(options, SpendOptions):
        again = options.resubmit_in_doubt
        settings = replace(settings, max_credits=options.max_credits, resubmit_in_doubt=again)
    return settings


def service_of(options: AccountOptions) -> ServiceOptions:
    """The address of the service."""
    service = ServiceOptions(region=options.region, base_url=options.base_url)
    if isinstance(options, PaceOptions):
        service = replace(service, progress_path=options.progress_path)
    if isinstance(options, FollowOptions):
        service = replace(service, simulate_seconds=options.simulate_seconds)
    return service


def _selection(options: Options) -> Selection:
    selection = Selection(sheet=options.sheet if isinstance(options, SheetOption) else None)
    if isinstance(options, RowOptions):
        selection = replace(
            selection, rows=options.rows, where=options.where, visible_only=options.visible_only
        )
    if isinstance(options, PlanOptions):
        selection = replace(
            selection,
            table=options.table,
            header_row=options.header_row,
            key=options.key,
            limit=options.limit,
            pilot=options.pilot,
            same_video=options.same_video,
        )
    return selection


def _project_options(options: Options) -> ProjectOptions:
    if not isinstance(options, RowOptions):
        return ProjectOptions()
    draft = isinstance(options, PlanOptions) and options.draft
    return ProjectOptions(draft=draft, resolution=options.resolution, workspace=options.workspace)


def _timing(options: PaceOptions) -> Timing:
    simulated = isinstance(options, FollowOptions) and options.simulate
    default = SIMULATED_TIMING if simulated else DEFAULT_TIMING
    # A worker never gives up: nobody runs it again.
    minutes = options.give_up_after if isinstance(options, FollowOptions) else math.inf
    poll = PollPolicy(
        first_poll=options.first_look or default.poll.first_poll,
        poll_min=options.poll_min or default.poll.poll_min,
        poll_max=options.poll_max or default.poll.poll_max,
        poll_stalled=default.poll.poll_stalled,
    )
    if poll.poll_max < poll.poll_min:
        raise InputError(
            "the longest time between two progress checks is shorter than the shortest",
            place="--poll-max",
            hint="Set --poll-max to at least as many seconds as --poll-min",
        )
    stalled = min(max(poll.poll_stalled, poll.poll_min), poll.poll_max)
    return replace(
        default,
        poll=replace(poll, poll_stalled=stalled),
        give_up_after=_seconds(minutes, default.give_up_after),
        longest_export=_seconds(options.longest_export, default.longest_export),
    )


def _journal(given: str | None) -> Path | str | None:
    return given if not given or is_journal_address(given) else Path(given)


def _locale(name: str) -> str:
    """The code of a locale that may be given as `German`; an unknown name is unchanged."""
    if not name or _LOCALE_CODE.fullmatch(name):
        return name.replace("-", "_")
    try:
        return str(locale_of(name))
    except CellError:
        return name


def _seconds(minutes: float | None, default: float) -> float:
    return default if minutes is None else minutes * _MINUTE


def _constants(pairs: Iterable[str]) -> dict[str, str]:
    constants: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip().isidentifier():
            raise InputError(
                f"“{pair}” has no value",
                place="--set",
                hint="Write a name and its value, such as --set season=Spring",
            )
        constants[name.strip()] = value
    return constants


def _columns(pairs: Iterable[str]) -> dict[str, str]:
    """Headers by placeholder."""
    columns: dict[str, str] = {}
    for pair in pairs:
        placeholder, _, header = (part.strip() for part in pair.partition("="))
        if not placeholder or not header:
            raise InputError(
                f"“{pair}” doesn't say which column fills which placeholder",
                place="--map",
                hint='Write the placeholder, then the column, such as --map first_name="Given name"',
            )
        columns[placeholder] = header
    return columns
