"""The options that were chosen, made into settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from merge.errors import InputError
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
)
from merge.template.document import ProjectOptions

MINUTE = 60.0


class Chosen:
    """Option values by parameter name, each taken out as what it is."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def flag(self, name: str) -> bool:
        """Whether a flag was given."""
        return self._values.get(name) is True

    def text(self, name: str) -> str | None:
        """A text, or None where it was not given."""
        value = self._values.get(name)
        return None if value is None else str(value)

    def whole(self, name: str) -> int | None:
        """A whole number, or None."""
        value = self._values.get(name)
        return value if isinstance(value, int) else None

    def number(self, name: str) -> float | None:
        """A number, or None."""
        value = self._values.get(name)
        return float(value) if isinstance(value, int | float) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """All values of an option that may be repeated."""
        value = self._values.get(name)
        return tuple(str(each) for each in value) if isinstance(value, list | tuple) else ()

    def path(self, name: str) -> Path | None:
        """A path, or None."""
        text = self.text(name)
        return Path(text) if text else None

    @property
    def workbook(self) -> Path:
        """The workbook."""
        return Path(str(self._values["workbook"]))

    @property
    def template(self) -> Path:
        """The template."""
        return Path(str(self._values["template"]))


def settings_of(chosen: Chosen) -> Settings:
    """The settings that a command line amounts to.

    Raises:
        InputError: a value that the options' own types cannot see to be wrong
    """
    return Settings(
        selection=Selection(
            sheet=chosen.text("sheet"),
            header_row=chosen.whole("header_row"),
            key=chosen.texts("key"),
            rows=chosen.text("rows"),
            where=chosen.text("where"),
            visible_only=chosen.flag("visible_only"),
            limit=chosen.whole("limit"),
            pilot=chosen.whole("pilot"),
        ),
        project_options=ProjectOptions(
            draft=chosen.flag("draft"),
            resolution=chosen.text("resolution"),
            workspace=chosen.text("workspace"),
        ),
        rerun=RerunOptions(chosen.flag("changed"), chosen.flag("retry_failed"), chosen.flag("draft")),
        timing=_patience(chosen),
        constants=_constants(chosen.texts("constants")),
        journal=chosen.path("journal"),
        column_prefix=chosen.text("column_prefix") or "Video",
        locale=chosen.text("locale") or "en_US",
        webhook=_webhook(chosen),
        download=_keeping(chosen),
        max_videos=chosen.whole("max_videos"),
        max_credits=chosen.number("max_credits"),
        resubmit_in_doubt=chosen.flag("resubmit_in_doubt"),
        approved=chosen.text("approved"),
        at_once=chosen.whole("at_once") or 4,
        simulate=chosen.flag("simulate"),
        trust_simulated=bool(chosen.text("base_url")),
    )


def address_of(chosen: Chosen) -> ServiceOptions:
    """Where the service is."""
    return ServiceOptions(
        region="china" if chosen.text("region") == "china" else "global",
        base_url=chosen.text("base_url") or "",
        progress_path=chosen.text("progress_path") or "",
        simulate_seconds=chosen.number("simulate_seconds") or 2.0,
    )


def _webhook(chosen: Chosen) -> Webhook | None:
    url = chosen.text("webhook_url")
    return Webhook(url, chosen.text("webhook_listen") or "127.0.0.1:8081") if url else None


def _keeping(chosen: Chosen) -> DownloadOptions | None:
    folder = chosen.path("download")
    return DownloadOptions(folder, chosen.text("download_name") or "{{ video_id }}.mp4") if folder else None


def _patience(chosen: Chosen) -> Timing:
    usual = SIMULATED_TIMING if chosen.flag("simulate") else DEFAULT_TIMING
    poll = PollPolicy(
        first_poll=chosen.number("first_look") or usual.poll.first_poll,
        poll_min=chosen.number("poll_min") or usual.poll.poll_min,
        poll_max=chosen.number("poll_max") or usual.poll.poll_max,
        poll_stalled=usual.poll.poll_stalled,
    )
    if poll.poll_max < poll.poll_min:
        raise InputError(
            "the longest time between two looks is shorter than the shortest",
            place="--poll-max",
            hint="Give --poll-max at least as many seconds as --poll-min",
        )
    stalled = min(max(poll.poll_stalled, poll.poll_min), poll.poll_max)
    minutes = {name: chosen.number(name) for name in ("give_up_after", "longest_export")}
    return replace(
        usual,
        poll=replace(poll, poll_stalled=stalled),
        give_up_after=(minutes["give_up_after"] or usual.give_up_after / MINUTE) * MINUTE,
        longest_export=(minutes["longest_export"] or usual.longest_export / MINUTE) * MINUTE,
    )


def _constants(pairs: tuple[str, ...]) -> dict[str, str]:
    constants: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip().isidentifier():
            raise InputError(
                f"'{pair}' names no value",
                place="--set",
                hint="Write a plain name and its value: --set season=Spring",
            )
        constants[name.strip()] = value
    return constants
