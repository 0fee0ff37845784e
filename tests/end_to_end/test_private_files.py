from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from merge.journal import Journal
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.paths import ROOT

KEPT = {"people.xlsx", "hello.json"}


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    """New files are readable for everyone unless castmerge asks for less."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def people(make_workbook: MakeWorkbook) -> Path:
    return make_workbook([["Name"], ["Ana"], ["Ben"]])


def _modes(folder: Path) -> dict[str, int]:
    """Everything in a folder that castmerge made, with its permissions."""
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in folder.rglob("*")
        if path.name not in KEPT
    }


def _everything(castmerge: Castmerge, people: Path, template: Path, out: Path) -> None:
    """Commands that write every kind of file."""
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
    """Journal, state, copy, log, events, pages, table and videos, and the folders that are made for them."""
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


def test_files_outside_its_folder_are_for_their_owner_only(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Who may enter that folder isn't known."""
    people.chmod(0o644)
    out = tmp_path_factory.mktemp("out")
    _everything(castmerge, people, make_template(), out)
    modes = _modes(out)
    assert modes.keys() >= FILES
    assert {name: oct(found) for name, found in modes.items() if found & 0o077} == {}


def test_files_of_a_journal_in_use_are_private(people: Path) -> None:
    """The write-ahead log, the lock and the note of its holder while a run writes."""
    path = people.parent / "j" / "j.db"
    with Journal.open(path) as journal, journal.lock():
        journal.save_sheet("People", {})
        modes = _modes(path.parent)
    assert {"j.db", "j.db-wal", "j.db-shm", "j.db.lock", "j.db.holder"} <= modes.keys()
    assert {name: oct(found) for name, found in modes.items() if found & 0o077} == {}


def test_a_journal_that_was_more_readable_is_closed(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """One from before, next to a workbook that is private since."""
    run = ("run", people, "-t", make_template(), "--simulate", "--simulate-seconds", "0.2")
    assert castmerge(*run).code == 0
    journal = people.parent / ".castmerge" / "people.xlsx.simulated.db"
    journal.chmod(0o666)
    people.chmod(0o640)
    assert castmerge("status", people, "--simulate").code == 0
    assert stat.S_IMODE(journal.stat().st_mode) == 0o640


def test_a_workbook_of_another_group_is_in_doubt(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """Its group may read it, but a new file would belong to another group."""
    if os.geteuid() != 0:
        pytest.skip("only root may give a file to another group")
    os.chown(people, -1, 12345)
    people.chmod(0o640)
    assert (
        castmerge("run", people, "-t", make_template(), "--simulate", "--simulate-seconds", "0.2").code == 0
    )
    journal = people.parent / ".castmerge" / "people.xlsx.simulated.db"
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


def test_a_csv_file_is_followed_as_well(
    castmerge: Castmerge, tmp_path: Path, make_template: MakeTemplate
) -> None:
    """The workbook made from it, the copy of it and the journal."""
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
def test_the_details_of_a_fault_are_private(tmp_path: Path, people: Path, home: str) -> None:
    """In a folder of the user's own where there is one, under a name that nobody can guess."""
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
