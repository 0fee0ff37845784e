"""Calls about approval: the record, decisions about rows, codes, and the proof that is sent by mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from starlette.routing import BaseRoute

from merge.app.approvals import APPROVED, Approvals
from merge.app.calls.asked import Answer, Asked, get, post
from merge.app.campaign import Campaign, text_or_none
from merge.app.errors import AppError
from merge.app.making import MakeRequest, plan_making
from merge.app.rows import Rows, row_numbers
from merge.input.paths import private_mode
from merge.model import JSON
from merge.plan.approval import ApprovalCheck, Made, approval_code, check_code, read_code
from merge.plan.decide import Action
from merge.plan.selection import parse_rows
from merge.reports.check import CheckReport
from merge.reports.html import proof_page
from merge.reports.page_files import page_assets, save_text
from merge.reports.proof import make_proof
from merge.reports.visible_text import visible_data

PAGES = (".html",)
_REFUSALS = {
    ApprovalCheck.UNREADABLE: (
        "this isn't an approval code",
        "Copy the code from the proof. It looks like K7F3-9X2M",
    ),
    ApprovalCheck.OTHER_TEMPLATE: (
        "the template isn't the one that was approved",
        "Make a new proof, and have it approved",
    ),
    ApprovalCheck.OTHER_ROWS: (
        "these aren't the rows that were approved, or they've changed since then",
        "Make a new proof, and have it approved",
    ),
}


class ApproveCalls:
    """The calls, on one campaign."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign

    def routes(self) -> list[BaseRoute]:
        """Their routes."""
        return [
            get("/api/approvals", self.approvals),
            post("/api/approvals", self.decide, status=201),
            post("/api/approvals/code", self.accept_code, status=201),
            post("/api/approvals/only", self.only_approved),
            post("/api/proof", self.proof, status=201),
        ]

    def approvals(self, _asked: Asked) -> Answer:
        """`GET /api/approvals`: the record, newest first."""
        record = self._record()
        found: list[JSON] = [
            _entry(number, each) for number, each in enumerate(record.records(), 1) if "decision" in each
        ]
        answer: JSON = {
            "only_approved": record.only_approved,
            "code": self._code(),
            "records": found[::-1],
        }
        return visible_data(answer)

    def decide(self, asked: Asked) -> Answer:
        """`POST /api/approvals`: approve or reject rows."""
        rows, text = self._rows(), text_or_none(asked.body, "rows") or ""
        chosen = parse_rows(text, option="the chosen rows") if text else None
        numbers = [number for number in rows.facts if chosen and number in chosen]
        decision = text_or_none(asked.body, "decision") or ""
        self._record().decide(decision, rows, numbers, self._about(asked), datetime.now(UTC))
        return self._decided(asked)

    def accept_code(self, asked: Asked) -> Answer:
        """`POST /api/approvals/code`: approve the rows of a proof by its code."""
        rows, typed = self._rows(), text_or_none(asked.body, "code") or ""
        code = read_code(typed)
        if code is None:
            raise _refused(ApprovalCheck.UNREADABLE, typed)
        numbers = self._numbers_of(code, rows)
        about = {**self._about(asked), "code": code}
        self._record().decide(APPROVED, rows, numbers, about, datetime.now(UTC))
        return self._decided(asked)

    def _numbers_of(self, code: str, rows: Rows) -> list[int]:
        """The rows that a code was given for, unless they have changed since.

        Raises:
            AppError: there's none
        """
        proofs = [each for each in self._record().records() if each.get("proof") == code]
        if proofs:
            shown = proofs[-1].get("rows")
            decided = shown if isinstance(shown, dict) else {}
            found = [
                number
                for number, facts in rows.facts.items()
                if facts.planned
                and facts.fingerprint
                and decided.get(facts.planned.row.key) == facts.fingerprint
            ]
            if len(found) < len(decided):
                raise _refused(ApprovalCheck.OTHER_ROWS, code)
            return found
        made = self._made()
        result = check_code(code, made.values(), (), self._campaign.template.read_bytes())
        if result is not ApprovalCheck.APPROVED:
            raise _refused(result, code)
        return list(made)

    def only_approved(self, asked: Asked) -> Answer:
        """`POST /api/approvals/only`: whether only approved rows are made."""
        chosen = asked.body.get("only_approved") is True
        self._record().add({"only_approved": chosen, "by": self._by(asked)}, datetime.now(UTC))
        return self._decided(asked)

    def proof(self, asked: Asked) -> Answer:
        """`POST /api/proof`: a page for somebody else to approve."""
        campaign, rows = self._campaign, text_or_none(asked.body, "rows") or ""
        making = plan_making(
            campaign, MakeRequest(what="rows" if rows else "all", rows=rows), to_approve=True
        )
        if not making.made:
            raise making.blocked or AppError("input", "there's nothing to make", hint="Choose other rows")
        report = making.check.report
        numbers = {planned.row.number for planned in making.made}
        shown = CheckReport(
            report.plan.with_rows(making.made),
            [each for each in report.problems if each.row in numbers],
            report.warnings,
        )
        left = [f"{len(making.skipped):,} not shown"] if making.skipped else []
        proof = make_proof(shown, making.check.settings, "", left)
        name = f"{campaign.workbook.stem} proof {datetime.now().astimezone():%Y-%m-%d %H.%M.%S}.html"
        path = campaign.folder.free_name(name, PAGES)
        save_text(path, proof_page(proof, page_assets()), private_mode(path, campaign.workbook))
        approved: dict[str, JSON] = {
            each.row.key: each.fingerprint for each in making.made if each.fingerprint
        }
        self._record().add({"proof": proof.code, "file": path.name, "rows": approved}, datetime.now(UTC))
        return visible_data({"file": path.name, "url": page_url(path), "code": proof.code})

    def _record(self) -> Approvals:
        return Approvals(self._campaign.workbook)

    def _rows(self) -> Rows:
        """The current rows.

        Raises:
            AppError: they can't be filled in yet
        """
        checked = self._campaign.check
        if checked.rows is None or checked.plan is None:
            raise AppError(
                "input", "the rows can't be filled in yet", hint="Choose a workbook and a template"
            )
        return checked.rows

    def _made(self) -> dict[int, Made]:
        """Key and fingerprint of every row that would be made."""
        plan = self._campaign.check.plan
        return {
            planned.row.number: (planned.row.key, planned.fingerprint)
            for planned in (plan.of(Action.SUBMIT) if plan else ())
            if planned.fingerprint
        }

    def _code(self) -> str:
        made = self._made()
        if not made or self._campaign.choice.template is None:
            return ""
        return approval_code(made.values(), self._campaign.template.read_bytes())

    def _by(self, asked: Asked) -> str:
        name = text_or_none(asked.body, "by") or ""
        if name and name != self._campaign.user.preferences.get("name"):
            self._campaign.user.prefer(name=name[:80])
        return name

    def _about(self, asked: Asked) -> dict[str, JSON]:
        choice = self._campaign.choice
        return {
            "by": self._by(asked),
            "comment": text_or_none(asked.body, "comment") or "",
            "workbook": choice.workbook,
            "template": choice.template,
        }

    def _decided(self, asked: Asked) -> Answer:
        self._campaign.publish_check()
        return self.approvals(asked)


def _entry(number: int, record: Mapping[str, JSON]) -> JSON:
    match record.get("numbers"):
        case list() as found:
            numbers = [each for each in found if isinstance(each, int)]
        case _:
            numbers = []
    shown = ("at", "by", "decision", "comment", "workbook", "template")
    facts: dict[str, JSON] = {name: record.get(name) or "" for name in shown}
    return {
        "id": number,
        **facts,
        "code": record.get("code") or "",
        "rows": row_numbers(numbers),
        "count": len(numbers),
    }


def page_url(path: Path) -> str:
    """The address of a page in the folder."""
    return f"/files/{quote(path.name)}"


def _refused(result: ApprovalCheck, code: str) -> AppError:
    message, hint = _REFUSALS[result]
    return AppError("input", message, place=code[:20], hint=hint)
