from __future__ import annotations

import ctypes
import os
import resource
import sqlite3
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import openpyxl
import pytest

from merge.journal import SqliteJournal
from merge.services.simulator import Simulator
from tests.support import warm_processes
from tests.support.callables import MakeTemplate, MakeWorkbook
from tests.support.contract import hold_to_contract

OVERRIDE, OWNER = 1, 3  # CAP_DAC_OVERRIDE, CAP_FOWNER
CAPABILITIES = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
QUICK = ("--yes", "--key", "Name", "--first-look", "0.2", "--poll-min", "0.2", "--poll-max", "0.4")
SECRET = "marker-key-5f3a9c"  # noqa: S105 - not a real key


class Campaign:
    """A workbook, a template and a service; each run is a separate process."""

    def __init__(
        self, workbook: Path, template: Path, service: Simulator, environment: Mapping[str, str]
    ) -> None:
        self.workbook = workbook
        self.template = template
        self.service = service
        self.environment = dict(environment)

    @property
    def journal(self) -> Path:
        return self.workbook.resolve().parent / ".castmerge" / f"{self.workbook.name}.db"

    def run(
        self, *options: str, workbook: Path | None = None, before: Callable[[], None] | None = None
    ) -> subprocess.CompletedProcess[str]:
        ran = warm_processes.run(
            [*("run", str(workbook or self.workbook), "-t", str(self.template)), *QUICK, *options],
            self.environment | {"CASTMERGE_BASE_URL": self.service.base_url},
            self.template.parent,
            before=before,
        )
        hold_to_contract(ran.stdout)
        return ran

    def castmerge(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return warm_processes.run(arguments, self.environment, self.template.parent)

    def accepted(self, log: Path) -> int:
        return log.read_text(encoding="utf-8").count('"event": "accepted"') if log.exists() else 0

    def video_ids(self) -> list[object]:
        header, *rows = openpyxl.load_workbook(self.workbook)["People"].iter_rows(values_only=True)
        return [row[header.index("Video ID")] for row in rows] if "Video ID" in header else []


@pytest.fixture
def campaign(
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    simulator: Simulator,
    service_environment: Mapping[str, str],
) -> Campaign:
    people = make_workbook([["Name"], ["Ana"], ["Ben"], ["Cem"]])
    return Campaign(people, make_template(), simulator, {**service_environment, "AISTUDIOS_API_KEY": SECRET})


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "service.jsonl"


def _ordinary() -> None:
    """Drop the superuser's permission to write to protected files."""
    if os.geteuid() == 0:
        _without(OVERRIDE)


def _without(*rights: int) -> None:
    system = ctypes.CDLL(None)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES, 0)
    # Effective, permitted and inheritable rights; the second half isn't needed here.
    sets = (ctypes.c_uint32 * 6)()
    assert system.capget(header, sets) == 0
    for kind in range(3):
        sets[kind] &= ~sum(1 << right for right in rights)
    assert system.capset(header, sets) == 0


def _nothing_sent(
    ran: subprocess.CompletedProcess[str], campaign: Campaign, log: Path, code: int, *words: str
) -> None:
    assert ran.returncode == code, ran.stderr
    assert all(word in ran.stderr for word in words), ran.stderr
    assert "Traceback" not in ran.stderr
    assert campaign.accepted(log) == 0


def _small_files(size: int) -> Callable[[], None]:
    return partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))


def test_a_disk_that_is_full_before_the_first_row_sends_nothing(campaign: Campaign, log: Path) -> None:
    """A journal that can't grow stops the run with exit code 3 and a hint."""
    ran = campaign.run(before=_small_files(4096))
    _nothing_sent(ran, campaign, log, 3, "journal")
    assert campaign.run().returncode == 0
    assert (campaign.accepted(log), len(set(campaign.video_ids()))) == (3, 3)


def test_a_disk_that_is_full_at_the_write_back_loses_nothing(
    campaign: Campaign, log: Path, make_workbook: MakeWorkbook
) -> None:
    """Exit code 5; the videos are in the journal, and write-back puts them into their rows."""
    book = openpyxl.load_workbook(campaign.workbook)
    book["People"]["B1"] = "Story"
    for number in range(2, 5):
        book["People"].cell(number, 2, os.urandom(16_000).hex())
    book.save(campaign.workbook)
    ran = campaign.run(before=_small_files(45_000))
    assert (ran.returncode, "write-back" in ran.stderr, campaign.video_ids()) == (5, True, []), ran.stderr
    assert campaign.run().returncode == 0
    assert (campaign.accepted(log), len(set(campaign.video_ids()))) == (3, 3)


def test_a_read_only_folder_needs_a_journal_elsewhere(campaign: Campaign, log: Path, tmp_path: Path) -> None:
    """Without --journal nothing is sent; with it, the videos are made and recorded there."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o777)
    elsewhere.chmod(0o777)
    tmp_path.chmod(0o555)
    _nothing_sent(campaign.run(before=_ordinary), campaign, log, 3, "--journal")
    kept = ("--journal", str(elsewhere / "j.db"))
    ran = campaign.run(*kept, before=_ordinary)
    assert (ran.returncode, "Traceback" in ran.stderr) == (5, False), ran.stderr
    tmp_path.chmod(0o777)
    assert campaign.run(*kept).returncode == 0
    assert (campaign.accepted(log), len(set(campaign.video_ids()))) == (3, 3)


def test_a_read_only_workbook_keeps_its_videos_in_the_journal(campaign: Campaign, log: Path) -> None:
    """Exit code 5 and a hint; nothing is made again."""
    campaign.workbook.chmod(0o444)
    ran = campaign.run(before=_ordinary)
    assert (ran.returncode, "write-protected" in ran.stderr) == (5, True), ran.stderr
    campaign.workbook.chmod(0o666)
    assert campaign.run().returncode == 0
    assert (campaign.accepted(log), len(set(campaign.video_ids()))) == (3, 3)


def _others_file(campaign: Campaign) -> Callable[[], None]:
    """A folder like some network shares: files may be created, but not those of others replaced."""
    folder = campaign.workbook.parent
    os.chown(campaign.workbook, 12345, 12345)
    campaign.workbook.chmod(0o666)
    os.chown(folder, 12345, 12345)
    folder.chmod(0o1777)
    return partial(_without, OVERRIDE, OWNER)


@pytest.mark.parametrize("share", [True, False], ids=["a share", "LibreOffice"])
def test_a_workbook_that_cannot_be_replaced_is_left_after_a_wait(
    campaign: Campaign, log: Path, share: bool
) -> None:
    """Exit code 5 with a clear message; the videos are in the journal until write-back."""
    campaign.workbook.parent.joinpath(".castmerge").mkdir(mode=0o777)
    before = None
    marker = campaign.workbook.with_name(f".~lock.{campaign.workbook.name}#")
    if share and os.geteuid() == 0:
        before = _others_file(campaign)
    else:
        marker.write_text("Ana Soto,ana,campaign,25.11.2026 10:00,file:///x;")
    ran = campaign.run(before=before)
    reason = "another program has it open" if before else "open in LibreOffice (Ana Soto)"
    assert (ran.returncode, reason in ran.stderr, campaign.video_ids()) == (5, True, []), ran.stderr
    assert "castmerge write-back" in ran.stderr
    marker.unlink(missing_ok=True)
    if before:
        os.chown(campaign.workbook, os.geteuid(), os.getegid())
        os.chown(campaign.workbook.parent, os.geteuid(), os.getegid())
    written = campaign.castmerge("write-back", str(campaign.workbook))
    assert (written.returncode, len(set(campaign.video_ids())), campaign.accepted(log)) == (0, 3, 3), (
        written.stderr
    )
    assert [path.name for path in campaign.workbook.parent.glob(".castmerge-*")] == []


def test_a_link_to_the_workbook_is_the_workbook(campaign: Campaign, log: Path, tmp_path: Path) -> None:
    """There is one journal, next to the file itself, and the link stays a link."""
    folder = tmp_path / "desktop"
    folder.mkdir()
    link = folder / campaign.workbook.name
    link.symlink_to(campaign.workbook)
    assert campaign.run(workbook=link).returncode == 0
    assert campaign.run().returncode == 0
    assert (link.is_symlink(), campaign.accepted(log), len(set(campaign.video_ids()))) == (True, 3, 3)


def _newer(path: Path) -> None:
    with SqliteJournal.open(path):
        pass
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
        database.commit()


def _overwritten(content: bytes) -> Callable[[Path], None]:
    def overwrite(path: Path) -> None:
        path.parent.mkdir()
        path.write_bytes(content)

    return overwrite


def _cut(path: Path) -> None:
    with SqliteJournal.open(path):
        pass
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        pytest.param(_newer, "newer castmerge", id="from a newer castmerge"),
        pytest.param(_overwritten(b"SQLite format 3\0" + b"\xff" * 4000), "damaged", id="a broken header"),
        pytest.param(_overwritten(os.urandom(5000)), "damaged", id="garbage"),
        pytest.param(_cut, "damaged", id="cut off"),
    ],
)
def test_a_damaged_journal_sends_nothing(
    campaign: Campaign, log: Path, damage: Callable[[Path], None], word: str
) -> None:
    """Exit code 3, and the file isn't changed, so that it can be repaired."""
    damage(campaign.journal)
    before = campaign.journal.read_bytes()
    _nothing_sent(campaign.run(), campaign, log, 3, word)
    assert campaign.journal.read_bytes() == before


def test_a_journal_locked_by_another_program_sends_nothing(campaign: Campaign, log: Path) -> None:
    """It is reported after a wait; once the journal is free, the run works."""
    with SqliteJournal.open(campaign.journal):
        pass
    with closing(sqlite3.connect(campaign.journal, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        _nothing_sent(campaign.run(), campaign, log, 3, "another program")
    assert campaign.run().returncode == 0


def test_a_missing_connection_is_reported_within_seconds(campaign: Campaign, log: Path) -> None:
    """One sentence about the connection without technical terms, and nothing is sent."""
    began = time.monotonic()
    ran = campaign.run("--base-url", "http://127.0.0.1:9")
    assert time.monotonic() - began < 20  # on a busy computer; otherwise about 5
    _nothing_sent(ran, campaign, log, 4, "can't reach AI Studios", "Check your internet connection")
    assert "Errno" not in ran.stderr
    assert "ConnectError" not in ran.stderr


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--log", "run.log"), id="the service refuses it"),
        pytest.param(("--log", "run.jsonl", "--json"), id="as JSON lines"),
    ],
)
def test_a_key_is_never_shown(campaign: Campaign, tmp_path: Path, options: Sequence[str]) -> None:
    """It isn't printed, logged or written anywhere, whether it is refused or not."""
    placed = [str(tmp_path / each) if each.startswith("run.") else each for each in options]
    runs = [campaign.run(*placed), campaign.run("--base-url", "http://127.0.0.1:9", *placed)]
    output = "".join(ran.stdout + ran.stderr for ran in runs).encode()
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert all(SECRET.encode() not in content for content in (output, *files))
