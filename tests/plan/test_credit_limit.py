from __future__ import annotations

import json
import socket
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.model import RowKey
from merge.plan.limits import CreditLimit
from merge.results import ExitCode
from merge.settings import Settings
from merge.sheet.result_columns import Status
from merge.template.document import ProjectOptions
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.fake_service import SHEET, Scene

costs = st.floats(0, 100)


@given(limit=st.floats(0, 500), prices=st.lists(costs, min_size=1), paid=st.lists(costs, max_size=30))
def test_the_limit_is_kept_at_the_highest_known_price(
    limit: float, prices: list[float], paid: list[float]
) -> None:
    """Spending never exceeds the limit while no video costs more than one seen before."""
    credit_limit = CreditLimit(limit, prices, reports=True)
    spent = 0.0
    for number, cost in enumerate(min(cost, max(prices)) for cost in paid):
        if not credit_limit.allows:
            break
        credit_limit.reserve(RowKey(str(number)))
        credit_limit.record_cost(RowKey(str(number)), cost)
        spent += cost
    assert spent <= limit + 1e-6


def test_credits_are_reserved_for_unknown_costs() -> None:
    """Two pending videos can block a third; a low cost or a video that wasn't accepted makes room."""
    credit_limit = CreditLimit(7, [3.0], reports=True)
    for key in "ab":
        credit_limit.reserve(RowKey(key))
    assert (credit_limit.allows, credit_limit.cost_may_arrive, credit_limit.committed) == (False, True, 6.0)
    credit_limit.record_cost(RowKey("a"), 1.0)
    assert credit_limit.allows
    credit_limit.release(RowKey("b"))
    assert (credit_limit.committed, credit_limit.cost_may_arrive) == (1.0, False)


def test_without_a_price_one_video_is_made_first() -> None:
    """Its webhook reports the price; a higher one replaces it."""
    credit_limit = CreditLimit(10, [], reports=True)
    seen = [credit_limit.allows]
    credit_limit.reserve(RowKey("a"))
    seen.append(credit_limit.allows)
    credit_limit.record_cost(RowKey("a"), 4.0)
    seen.append(credit_limit.allows)
    credit_limit.reserve(RowKey("b"))
    seen.append(credit_limit.allows)
    assert seen == [True, False, True, False]


@pytest.mark.parametrize(
    ("limit", "prices", "reports", "affordable"),
    [
        pytest.param(None, [], False, None, id="no limit"),
        pytest.param(10.0, [], False, 0, id="price unknown, no webhooks"),
        pytest.param(10.0, [1.0, 3.0, 2.0], False, 3, id="highest price"),
        pytest.param(10.0, [3.0], True, None, id="webhooks may make room"),
    ],
)
def test_the_number_of_videos_is_known_only_without_webhooks(
    limit: float | None, prices: list[float], reports: bool, affordable: int | None
) -> None:
    """If webhooks may report lower costs, more videos may become possible."""
    assert CreditLimit(limit, prices, reports=reports).affordable == affordable


def _record_costs(scene: Scene, cost: float) -> None:
    """Record in the journal what its videos cost."""
    entries = scene.journal.entries(SHEET).values()
    scene.journal.put(SHEET, [replace(entry, credits=cost) for entry in entries])


def test_an_unenforceable_limit_stops_the_run(scene: Scene) -> None:
    """Without a price and without webhooks that would report one, the run stops with exit code 3."""
    result = scene.carry_out(Settings(max_credits=50))
    assert (result.exit_code, scene.service.calls["submit"]) == (ExitCode.STOPPED, 0)
    assert "--webhook-url" in " ".join(result.notes)
    assert Counter(row.status for row in result.rows) == {Status.TO_DO: 5}


def test_a_known_price_limits_a_run(scene: Scene) -> None:
    """Costs of earlier rows count; the rest waits with exit code 3 and is made by a run without a limit."""
    settings = Settings()
    scene.carry_out(replace(settings, max_videos=1))
    _record_costs(scene, 2.0)
    result = scene.carry_out(replace(settings, max_credits=5))
    assert (result.exit_code, scene.service.calls["submit"]) == (ExitCode.STOPPED, 3)
    assert "--max-credits 5 is enough for 2 videos" in " ".join(result.notes)
    assert scene.carry_out(settings).exit_code is ExitCode.COMPLETE


def test_drafts_are_free_and_their_exports_are_not(scene: Scene) -> None:
    """The limit allows every draft and restricts what is exported."""
    drafts = Settings(max_credits=5, project_options=ProjectOptions(draft=True))
    assert scene.carry_out(drafts).exit_code is ExitCode.COMPLETE
    assert len(scene.service.accepted) == 5
    _record_costs(scene, 2.0)
    result = scene.carry_out(Settings(max_credits=5), drafts=True)
    assert (result.exit_code, len(scene.service.exported)) == (ExitCode.STOPPED, 2)


@pytest.mark.parametrize(
    ("limit", "videos", "code"),
    [
        pytest.param("3", 3, 3, id="reached"),
        pytest.param("5.5", 5, 0, id="not reached"),
        pytest.param("0.5", 1, 3, id="below the unknown price of one video"),
    ],
)
def test_webhooks_report_the_price_during_a_run(
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    limit: str,
    videos: int,
    code: int,
) -> None:
    """One video is made first; its cost decides how many more are made within the limit."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    workbook = make_workbook([["Name"], *([name] for name in ("Ana", "Ben", "Cem", "Dora", "Eve"))])
    webhook = ("--webhook-url", f"http://{listen}/hook", "--webhook-listen", listen)
    quick = ("--simulate", "--simulate-seconds", "0.2", *webhook)
    ran = castmerge("run", workbook, "-t", make_template(), *quick, "--max-credits", limit, "--json")
    summary = json.loads(ran.out)
    assert (ran.code, summary["counts"]["complete"]) == (code, videos), ran.err
    assert summary["credits"] == float(videos)
    assert ("for another run" in ran.err) is (code == 3)
