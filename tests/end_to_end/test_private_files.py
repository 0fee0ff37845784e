from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from merge.journal import SqliteJournal
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.paths import ROOT

KEPT = {"people.xlsx", "hello.json"}


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    """New files are readable and writable by everyone unless castmerge restricts them."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def people(make_workbook: MakeWorkbook) -> Path:
    return make_workbook([["Name"], ["Ana"], ["Ben"]])


def _modes(folder: Path) -> dict[str, int]:
    """The permissions of everything that castmerge has created in a folder."""
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in folder.rglob("*")
        if path.name not in KEPT
    }


def _everything(castmerge: Castmerge, people: Path, template: Path, out: Path) -> None:
    """Run commands that write every kind of file."""
    common = ("--simulate", "--simulate-seconds", "0.2", "--log", out / "run.log")
    made = castmerge(
        "run", people, "-t", template, *common, "--events", out / "e.jsonl", "--download", out / "videos"
    )
    assert made.code == 0, made.err
    assert castmerge("proof", people, "-t", template, "-o", out / "p.html", "--simulate").code == 0
    assert castmerge("report", people, "-o", out / "r.html", "--csv", out / "r.csv", "--simulate").code == 0


NEXT_TO_IT = {
    ".castmerge",
    ".castmerge/people.original.xlsx",
    ".castmerge/people.xlsx.simulated.db",
    ".castmerge/people.xlsx.simulated.service.jsonl",
}
FILES = {"run.log", "e.jsonl", "videos", "p.html", "r.html", "r.csv"}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o660, 0o666], ids=oct)
def test_no_file_is_more_readable_than_the_workbook(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, mode: int
) -> None:
    """Journal, state, copy, log, events, pages, table and videos are included, with their folders."""
    people.chmod(mode)
    template = make_template()
    _everything(castmerge, people, template, people.parent)
    modes = _modes(people.parent)
    assert modes.keys() >= NEXT_TO_IT | FILES
    assert sum(name.endswith(".mp4") for name in modes) == 2
    beyond = mode | (mode & 0o444) >> 2 | 0o700
    assert {name: oct(found) for name, found in modes.items() if found & ~beyond} == {}
    assert {
        name for name, found in modes.items() if found & 0o111 and not (people.parent / name).is_dir()
    } == set()


def test_files_outside_its_folder_are_only_for_their_owner(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It isn't known who has access to that folder."""
    people.chmod(0o644)
    out = tmp_path_factory.mktemp("out")
    _everything(castmerge, people, make_template(), out)
    modes = _modes(out)
    assert modes.keys() >= FILES
    assert {name: oct(found) for name, found in modes.items() if found & 0o077} == {}


def test_files_of_a_journal_in_use_are_private(people: Path) -> None:
    """The write-ahead log, the lock and the note of its holder are private while a run writes."""
    path = people.parent / "j" / "j.db"
    with SqliteJournal.open(path) as journal, journal.lock():
        journal.save_sheet("People", {})
        modes = _modes(path.parent)
    assert {"j.db", "j.db-wal", "j.db-shm", "j.db.lock", "j.db.holder"} <= modes.keys()
    assert {name: oct(found) for name, found in modes.items() if found & 0o077} == {}


def test_a_more_readable_journal_is_restricted(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """An old journal next to a workbook that has become private gets its permissions."""
    run = ("run", people, "-t", make_template(), "--simulate", "--simulate-seconds", "0.2")
    assert castmerge(*run).code == 0
    journal = people.parent / ".castmerge" / "people.xlsx.simulated.db"
    journal.chmod(0o666)
    people.chmod(0o640)
    assert castmerge("status", people, "--simulate").code == 0
    assert stat.S_IMODE(journal.stat().st_mode) == 0o640


def test_a_workbook_of_another_group_makes_no_file_readable(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """That group may read the workbook, but a new file would belong to a different group."""
    if os.geteuid() != 0:
        pytest.skip("only root may give a file to another group")
    os.chown(people, -1, 12345)
    people.chmod(0o640)
    assert (
        castmerge("run", people, "-t", make_template(), "--simulate", "--simulate-seconds", "0.2").code == 0
    )
    journal = people.parent / ".castmerge" / "people.xlsx.simulated.db"
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


def test_a_csv_files_permissions_are_used_as_well(
    castmerge: Castmerge, tmp_path: Path, make_template: MakeTemplate
) -> None:
    """They apply to the workbook made from it, its copy and the journal."""
    names = tmp_path / "names.csv"
    names.write_text("Name\nAna\n", encoding="utf-8")
    names.chmod(0o600)
    template = make_template()
    assert castmerge("run", names, "-t", template, "--simulate", "--simulate-seconds", "0.2").code == 0
    modes = {name: found for name, found in _modes(tmp_path).items() if name != "names.csv"}
    assert {"names.xlsx", ".castmerge"} <= modes.keys()
    assert {name: oct(found) for name, found in modes.items() if found & 0o077} == {}


FAULT = """
import sys
from merge.cli import main
from merge.cli.command import Command
def broken(self, ctx): raise ZeroDivisionError("recipient Ana")
Command.invoke = broken
main(["status", sys.argv[1]])
"""


@pytest.mark.parametrize("home", ["home", "read-only", "none"])
def test_the_details_of_a_crash_are_private(tmp_path: Path, people: Path, home: str) -> None:
    """They are in the user's own folder if there is one, under a random name."""
    folder, temporary = tmp_path / "home", tmp_path / "tmp"
    folder.mkdir()
    temporary.mkdir()
    if home == "read-only":
        (folder / ".local").write_text("a file where the folder would be", encoding="utf-8")
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "TMPDIR": str(temporary)}
    environment |= {"HOME": str(folder)} if home != "none" else {"HOME": "/proc/nothing"}
    ran = [
        subprocess.run(
            [sys.executable, "-c", FAULT, people],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        for _ in range(2)
    ]
    assert [each.returncode for each in ran] == [70, 70], ran[0].stderr
    where = folder / ".local/state/castmerge" if home == "home" else temporary
    files = list(where.iterdir())
    assert len(files) == 2
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "recipient Ana" in path.read_text(encoding="utf-8")
        assert any(str(path) in each.stderr for each in ran)
    assert "recipient Ana" not in ran[0].stderr + ran[0].stdout
