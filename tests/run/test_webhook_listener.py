from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook


@pytest.fixture
def port() -> int:
    """A free port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        number = taken.getsockname()[1]
    assert isinstance(number, int)
    return number


def test_webhooks_trigger_polls_and_report_credits(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, port: int
) -> None:
    """Without webhooks the first poll would be after a minute; the template's own webhook is replaced."""
    workbook = make_workbook([["Name"], ["Ana"], ["Ben"]])
    template = make_template()
    saved = json.loads(template.read_text(encoding="utf-8"))
    template.write_text(json.dumps({"webhookUrl": "https://x.y/z", **saved}), encoding="utf-8")
    webhook = ("--webhook-url", f"http://127.0.0.1:{port}/hook", "--webhook-listen", f"127.0.0.1:{port}")
    slow = (
        "--simulate",
        "--simulate-seconds",
        "0.5",
        "--first-look",
        "60",
        "--poll-min",
        "60",
        "--poll-max",
        "60",
    )
    ran = castmerge("run", workbook, "-t", template, *slow, *webhook, "--json")
    summary = json.loads(ran.out)
    assert (ran.code, summary["counts"]["complete"], summary["credits"]) == (0, 2, 2.0), ran.err
    log = next((workbook.parent / ".castmerge").glob("*.jsonl")).read_text(encoding="utf-8")
    bodies = [json.loads(json.loads(line)["body"]) for line in log.splitlines() if '"accepted"' in line]
    addresses = {body["webhookUrl"] for body in bodies}
    assert len(addresses) == 2
    assert all(address.startswith(f"http://127.0.0.1:{port}/hook/") for address in addresses)


def test_a_port_in_use_is_reported_before_anything_is_sent(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """The exit code is 2, and nothing reaches the service."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        webhook = ("--webhook-url", f"http://{listen}/hook", "--webhook-listen", listen)
        workbook = make_workbook([["Name"], ["Ana"]])
        ran = castmerge("run", workbook, "-t", make_template(), "--simulate", *webhook)
    logs = list((tmp_path / ".castmerge").glob("*.jsonl"))
    assert (ran.code, listen.rpartition(":")[2] in ran.err) == (2, True), ran.err
    assert not any(log.read_text(encoding="utf-8") for log in logs)
