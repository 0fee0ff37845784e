"""What would be made, and its costs: the plan that the page shows before anything is spent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from merge.app.campaign import Campaign, CampaignOptions, text_or_none
from merge.app.check import Check
from merge.app.errors import AppError, error_json
from merge.app.rows import Decisions, Rows, by_reason, row_numbers
from merge.errors import InputError, JournalError, MergeError
from merge.input.journals import journal_place
from merge.model import JSON, Entry
from merge.plan.approval import approval_code
from merge.plan.decide import Action
from merge.plan.estimate import Estimate, estimate
from merge.plan.plan import Plan, within_limits
from merge.plan.planned_rows import PlannedRow
from merge.plan.selection import choose_pilot, parse_rows
from merge.results import format_duration
from merge.run.session import video_line
from merge.settings import RerunOptions, Settings
from merge.sheet.result_columns import Status

_OVER_LIMIT = "Over the limit"
_NOT_IN_SAMPLE = "Not part of the sample"
SAMPLE, ALL, ROWS = "sample", "all", "rows"
_AGAIN = (Status.COMPLETE, Status.DRAFT, Status.FAILED, Status.OUT_OF_DATE)
_REASONS = {
    Status.COMPLETE: "Already made",
    Status.OUT_OF_DATE: "Changed since the video was made. To remake it, choose Make it again in Videos",
    Status.FAILED: "Failed earlier. To make it, choose Try again in Videos",
    Status.INVALID: "Has a problem",
    Status.DRAFT: "Saved as a draft",
    Status.TO_DO: "Not part of this campaign's selection",
}
_FOLLOWED = {
    Action.FOLLOW: "Being made already",
    Action.LOOK: "Sent earlier, but not confirmed. castmerge looks for it first",
}
_LIMIT_WORDS = {
    "max_videos": "At most {value:g} videos in one run",
    "limit": "At most {value:g} videos in one run",
    "pilot": "At most {value:g} videos in one run",
    "max_credits": "At most {value:g} credits in one run",
}


@dataclass(frozen=True, slots=True)
class MakeRequest:
    """What the page requests to make.

    Attributes:
        what: `sample`, `all` or `rows`
        rows: row numbers, for `rows`
        retry_failed: make failed rows again
        changed: make rows again that changed since their video
        remake: the numbers of rows to make again in any case
        new_rows: make new rows although there are videos without a row
        same_video: accept the same video for every row
        resubmit: send unconfirmed rows again that AI Studios doesn't list
        anyway: start although the workbook is open in Excel
    """

    what: str = ALL
    rows: str = ""
    retry_failed: bool = False
    changed: bool = False
    remake: str = ""
    new_rows: bool = False
    same_video: bool = False
    resubmit: bool = False
    anyway: bool = False

    @classmethod
    def of(cls, asked: Mapping[str, JSON]) -> Self:
        """Read the page's request.

        Raises:
            InputError: the row numbers are invalid
        """
        what = text_or_none(asked, "what") or ALL
        request = cls(
            what=what if what in (SAMPLE, ROWS) else ALL,
            rows=text_or_none(asked, "rows") or "",
            retry_failed=_is_true(asked.get("retry_failed")),
            changed=_is_true(asked.get("changed")),
            remake=text_or_none(asked, "remake") or "",
            new_rows=_is_true(asked.get("new_rows")),
            same_video=_is_true(asked.get("same_video")),
            resubmit=_is_true(asked.get("resubmit")),
            anyway=_is_true(asked.get("anyway")),
        )
        for numbers in (request.rows, request.remake):
            if numbers:
                parse_rows(numbers, option="the chosen rows")
        return request

    def concerns(self, number: int) -> bool:
        """Whether a row was chosen."""
        return self.what != ROWS or (bool(self.rows) and number in parse_rows(self.rows))

    def makes(self, planned: PlannedRow) -> bool:
        """Whether a row gets a new video, unless something holds it back."""
        if planned.action is Action.SUBMIT:
            return True
        if planned.action is Action.LOOK:
            return self.resubmit and planned.fingerprint is not None
        status = planned.decision.status
        if planned.fingerprint is None or status not in _AGAIN:
            return False
        again = bool(self.remake) and planned.row.number in parse_rows(self.remake)
        return again or (
            (status is Status.FAILED and self.retry_failed) or (status is Status.OUT_OF_DATE and self.changed)
        )


def _is_true(value: JSON) -> bool:
    return value is True or value == "true"


@dataclass(frozen=True, slots=True)
class Making:
    """The result of planning a request.

    Attributes:
        request: the request
        check: the check that it is based on
        settings: of the run
        made: the rows that get a new video
        followed: rows whose videos are already being made
        skipped: the others, each with the reason
        blocked: why it can't start, or None
        estimate: speech, credits and time
        only_approved: whether only approved rows are made
    """

    request: MakeRequest
    check: Check
    options: CampaignOptions
    settings: Settings
    made: tuple[PlannedRow, ...] = ()
    followed: tuple[PlannedRow, ...] = ()
    skipped: tuple[tuple[str, int], ...] = ()
    blocked: MergeError | None = None
    estimate: Estimate | None = None

    @property
    def numbers(self) -> list[int]:
        """The rows of the run."""
        return [planned.row.number for planned in (*self.made, *self.followed)]

    def to_json(self, lock: JSON) -> dict[str, JSON]:
        """The plan for the page."""
        unplaced: list[JSON] = [unplaced_json(entry) for entry in self.check.unplaced]
        return {
            "version": self.check.version,
            "code": self.settings.approved or "",
            "practice": self.settings.simulate,
            "make": len(self.made),
            "rows": row_numbers(planned.row.number for planned in self.made),
            "follow": len(self.followed),
            "sample": self._sample(),
            "skipped": by_reason(self.skipped),
            **self._amounts(),
            "limits": list(self._limits()),
            "notes": list(self._notes()),
            "lock": lock,
            "blocked": error_json(self.blocked) if self.blocked else None,
            "unplaced": unplaced,
        }

    def _sample(self) -> JSON:
        chosen = sample_of(self.made)
        if chosen is None:
            return None
        why = (
            "It has the longest script, so it shows best whether everything fits."
            if len(self.made) > 1 or any(reason == _NOT_IN_SAMPLE for reason, _ in self.skipped)
            else "It's the only row to make."
        )
        title = self.check.rows.title(chosen.row.number) if self.check.rows else ""
        return {"row": chosen.row.number, "title": title, "why": why}

    def _amounts(self) -> dict[str, JSON]:
        found = self.estimate or Estimate(0, 0.0)
        known = self.settings.simulate or self.settings.project_options.draft or found.credits is not None
        amount = 0.0 if self.settings.simulate or self.settings.project_options.draft else found.credits
        return {
            "credits": {"known": known, "amount": amount, "text": self._credit_text(found)},
            "time": {"text": _time_text(found, practice=self.settings.simulate)},
            "speech": {
                "seconds": round(found.speech, 1),
                "text": format_duration(found.speech, rounded=True) if found.speech else "none",
            },
        }

    def _credit_text(self, found: Estimate) -> str:
        if self.settings.simulate:
            return "Practice costs nothing."
        if self.settings.project_options.draft:
            return "Saving drafts costs no credits."
        if found.credits is None:
            return (
                "The price isn't known yet, because AI Studios doesn't show it before a video is made. "
                "Make one sample first, and then check your credits there."
            )
        earlier = "1 earlier video" if found.known_credits == 1 else f"{found.known_credits:,} earlier videos"
        return f"About {found.credits:,.0f} credits, going by {earlier}."

    def _limits(self) -> Iterator[JSON]:
        values = {
            "max_videos": self.settings.max_videos,
            "max_credits": self.settings.max_credits,
            "limit": self.options.settings.selection.limit,
            "pilot": self.options.settings.selection.pilot,
        }
        held = any(reason == _OVER_LIMIT for reason, _ in self.skipped)
        for name, value in values.items():
            if value is None:
                continue
            where = self.options.limits.get(name, "")
            words = _LIMIT_WORDS[name].format(value=value)
            source = f" ({name} = {value:g} in {where})" if where else ""
            yield {"name": name, "value": value, "where": where, "reached": held, "text": f"{words}{source}."}

    def _notes(self) -> Iterator[str]:
        if self.followed:
            count = len(self.followed)
            videos = (
                "1 video of an earlier run is" if count == 1 else f"{count:,} videos of an earlier run are"
            )
            yield f"{videos} still being made. castmerge waits for the results, at no extra cost."


def sample_of(made: Sequence[PlannedRow]) -> PlannedRow | None:
    """The row to make first, or None if there's none."""
    chosen = choose_pilot([planned.script for planned in made], 1) if made else frozenset()
    return next((made[place] for place in chosen), None)


def plan_making(campaign: Campaign, request: MakeRequest, *, to_approve: bool = False) -> Making:
    """Plan a request. Sends nothing.

    Args:
        campaign: the campaign
        request: the page's request
        to_approve: include rows that aren't approved yet

    Raises:
        AppError: no workbook is chosen
        InputError: `castmerge.toml` is wrong
    """
    checked, options = campaign.check, campaign.options()
    request = replace(request, new_rows=request.new_rows or campaign.new_rows)
    settings = replace(options.settings, selection=replace(options.settings.selection, same_video=True))
    making = Making(request, checked, options, settings)
    if checked.plan is None or checked.rows is None:
        return replace(making, blocked=_why_unplanned(campaign, checked))
    decisions, only_approved = campaign.decisions(), campaign.only_approved and not to_approve
    held = {
        planned.row.number: reason
        for planned in checked.plan.rows
        if (reason := held_back(planned, decisions, only_approved))
    }
    concerned = [planned for planned in checked.plan.rows if request.concerns(planned.row.number)]
    wanted = [each for each in concerned if request.makes(each) and each.row.number not in held]
    entries = _entries(campaign, settings, checked.plan)
    made = allowed = _within(checked.plan, wanted, options.settings, entries)
    if request.what == SAMPLE:
        made = [chosen] if (chosen := sample_of(allowed)) else []
    followed = [each for each in concerned if each.action in _FOLLOWED] if request.what == ALL else []
    plan = checked.plan.with_rows(map(_submitted, made))
    making = replace(
        making,
        made=tuple(made),
        followed=tuple(followed),
        skipped=tuple(_skipped(concerned, checked.rows, made, allowed, wanted, held)),
        estimate=estimate(plan, entries),
    )
    return replace(
        making,
        blocked=_why_blocked(campaign, making),
        settings=_run_settings(making, campaign),
    )


def held_back(planned: PlannedRow | None, decisions: Decisions, only_approved: bool) -> str:  # noqa: FBT001 - a setting
    """Why a row isn't made although it could be, or ""."""
    decision = decisions.get(planned.row.key) if planned else None
    if decision and decision.current and decision.decision == "rejected":
        return "Rejected"
    if only_approved and not (decision and decision.current):
        return "Not approved yet"
    return ""


def _within(
    plan: Plan, wanted: Sequence[PlannedRow], settings: Settings, entries: Sequence[Entry]
) -> list[PlannedRow]:
    """The first rows that all limits allow."""
    selection = settings.selection
    bounds = [bound for bound in (settings.max_videos, selection.limit, selection.pilot) if bound is not None]
    limited = replace(settings, max_videos=min(bounds, default=None))
    allowed = within_limits(plan.with_rows(map(_submitted, wanted)), limited, entries)
    return [each for each, left in zip(wanted, allowed.rows, strict=True) if left.action is Action.SUBMIT]


def _submitted(planned: PlannedRow) -> PlannedRow:
    return planned._replace(decision=planned.decision._replace(action=Action.SUBMIT, status=Status.TO_DO))


def _skipped(
    concerned: Sequence[PlannedRow],
    rows: Rows,
    made: Sequence[PlannedRow],
    allowed: Sequence[PlannedRow],
    wanted: Sequence[PlannedRow],
    held: Mapping[int, str],
) -> Iterator[tuple[str, int]]:
    """The rows that don't get a video, each with the reason."""
    taken = {planned.row.number for planned in made}
    beyond = {planned.row.number for planned in allowed} - taken
    over = {planned.row.number for planned in wanted} - beyond - taken
    for planned in concerned:
        number = planned.row.number
        if number in taken:
            continue
        if number in over:
            yield _OVER_LIMIT, number
        elif number in beyond:
            yield _NOT_IN_SAMPLE, number
        elif planned.action in _FOLLOWED:
            yield _FOLLOWED[planned.action], number
        else:
            yield held.get(number) or _REASONS.get(planned.decision.status, "Skipped"), number
    for number, facts in rows.facts.items():
        if facts.is_left_alone:
            yield "Has a status of your own", number


def _run_settings(making: Making, campaign: Campaign) -> Settings:
    """The settings of a run that makes exactly these rows, and stops if they have changed since."""
    request, settings = making.request, making.settings
    # What an unconfirmed row said when it was sent isn't what it may say now.
    code = (
        approval_code(
            ((each.row.key, each.fingerprint) for each in making.made if each.fingerprint),
            campaign.template.read_bytes(),
        )
        if making.made and not request.resubmit
        else None
    )
    again = [
        each.row.number for each in making.made if each.decision.status in (Status.COMPLETE, Status.DRAFT)
    ]
    selection = replace(
        settings.selection,
        rows=row_numbers(making.numbers) or None,
        limit=None,
        pilot=None,
    )
    rerun = RerunOptions(
        changed=request.changed,
        retry_failed=request.retry_failed,
        remake=row_numbers(again) or (request.remake or None),
        new_rows=request.new_rows,
        draft=settings.rerun.draft,
    )
    return replace(
        settings,
        selection=selection,
        rerun=rerun,
        approved=code,
        resubmit_in_doubt=request.resubmit or settings.resubmit_in_doubt,
    )


def _why_unplanned(campaign: Campaign, checked: Check) -> MergeError:
    if checked.error:
        return checked.error
    if checked.state == "reading":
        return AppError("conflict", "the rows are still being read", hint="Wait a moment")
    what = "workbook" if campaign.choice.workbook is None else "template"
    return AppError("input", f"no {what} is chosen yet", hint="Choose one")


def _why_blocked(campaign: Campaign, making: Making) -> MergeError | None:
    checked, request = making.check, making.request
    if not making.made and not making.followed:
        return None
    if making.made and checked.unplaced and not request.new_rows:
        return unplaced_error(checked)
    plan = checked.plan
    if plan and plan.names and not plan.names.used and len(making.made) > 1 and not request.same_video:
        return InputError(
            f"the template has no placeholders, so all {len(making.made):,} videos would be the same",
            place=plan.template.name,
            hint="Put a column into one of its texts, or make one sample only",
        )
    if not making.settings.simulate and not campaign.is_connected():
        return AppError(
            "key",
            "castmerge needs the API key of your AI Studios account",
            hint="Connect AI Studios, or practice without a key",
        )
    return None


def unplaced_error(checked: Check) -> AppError:
    """Why nothing is made while videos have no row."""
    count = len(checked.unplaced)
    videos, them = ("1 video was", "it") if count == 1 else (f"{count:,} videos were", "them")
    return AppError(
        "unplaced",
        f"{videos} made for this sheet, but no row matches {them} any more",
        place=checked.rows.sheet.worksheet.name if checked.rows else "",
        hint=f"Choose what to do about {them} first, so that nobody gets two videos",
    )


def unplaced_json(entry: Entry) -> JSON:
    """A video without a row, for the page."""
    return {
        "id": entry.job or "",
        "url": entry.video_url,
        "made_from": f"row {entry.row_number} of an earlier run" if entry.row_number else "an earlier run",
        "at": entry.submitted_at.isoformat() if entry.submitted_at else None,
        "text": video_line(entry),
    }


def _entries(campaign: Campaign, settings: Settings, plan: Plan) -> list[Entry]:
    """What the journal knows about this sheet."""
    try:
        place = journal_place(campaign.workbook, settings)
        if not place.exists():
            return []
        with place.open(create=False) as journal:
            return list(journal.entries(plan.sheet.worksheet.name).values())
    except JournalError:
        return []


def _time_text(found: Estimate, *, practice: bool) -> str:
    if practice:
        return "A practice video takes a few seconds."
    if found.shortest is None or found.longest is None:
        return "How long it takes isn't known yet; a video usually takes 1 to 10 minutes."
    shortest = format_duration(found.shortest, rounded=True)
    longest = format_duration(found.longest, rounded=True)
    span = shortest if shortest == longest else f"{shortest} to {longest}"
    earlier = "1 earlier video" if found.known_times == 1 else f"{found.known_times:,} earlier videos"
    return f"About {span}, going by {earlier}."
