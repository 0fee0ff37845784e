from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import openpyxl
import pytest

from merge.cli.starter_files import make_folder
from merge.services.simulator import Simulator, SimulatorSettings
from tests.support.callables import Castmerge, MakeTemplate
from tests.support.keyrings import FILE
from tests.support.terminal import Terminal, on_terminal

KEY = "marker-key-1234567890"
QUESTION = "Make 12 videos now?"


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """A campaign folder with special characters and several scripts in its name."""
    folder = tmp_path / "Früh & spät 50 % 春"
    make_folder(folder, python=sys.executable, version="1.2.3")
    return folder


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    """The file that records the addresses of pages opened in the browser."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/opened\n', encoding="utf-8")
    browser.chmod(0o755)
    return tmp_path / "opened"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Simulator]:
    """A stand-in that accepts exactly one key."""
    settings = SimulatorSettings(seconds=0.2, key=KEY, state_file=tmp_path / "service.jsonl")
    with Simulator(settings) as running:
        yield running


@pytest.fixture
def environment(
    service: Simulator, service_environment: Mapping[str, str], opened: Path, tmp_path: Path
) -> dict[str, str]:
    """A computer with a screen and a key but without a keyring."""
    return {
        **service_environment,
        "AISTUDIOS_API_KEY": KEY,
        "BROWSER": f"{opened.with_name('browser')} %s",
        "CASTMERGE_BASE_URL": service.base_url,
        "CASTMERGE_FIRST_LOOK": "0.2",
        "CASTMERGE_POLL_MIN": "0.2",
        "CASTMERGE_POLL_MAX": "0.5",
        "CASTMERGE_SIMULATE_SECONDS": "0.2",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        FILE: str(tmp_path / "keys.json"),
    }


def _accepted(tmp_path: Path) -> int:
    log = tmp_path / "service.jsonl"
    return log.read_text(encoding="utf-8").count('"accepted"') if log.exists() else 0


def _answered(terminal: Terminal, *answers: tuple[str, str]) -> int:
    """Type each answer once its question is shown, and return the exit code."""
    for question, answer in answers:
        terminal.wait_for(question)
        terminal.type(f"{answer}\n")
    return terminal.end()


def test_the_guide_leads_from_the_proof_to_the_report(
    campaign: Path, environment: Mapping[str, str], opened: Path, tmp_path: Path
) -> None:
    """It opens the proof, asks one question, makes the videos, opens the report, and prints a summary."""
    with on_terminal(["guide"], environment, campaign) as terminal:
        terminal.wait_for(QUESTION)
        assert "customers%20proof.html" in opened.read_text(encoding="utf-8")
        terminal.type("y\n")
        assert terminal.end() == 0, terminal.seen
    assert _accepted(tmp_path) == 12
    assert terminal.seen.count("[y/N]") == 1
    pages = [address.rpartition("/")[2] for address in opened.read_text(encoding="utf-8").split()]
    assert pages == ["customers%20proof.html", "customers%20report.html"]
    assert "All done: every row has its video" in terminal.text
    assert "run the same command" not in terminal.text
    page = openpyxl.load_workbook(campaign / "customers.xlsx")["Customers"]
    header, *rows = page.iter_rows(min_row=3, max_row=15, values_only=True)
    assert {row[header.index("Video Status")] for row in rows} == {"Complete"}


def test_answering_no_sends_nothing(campaign: Path, environment: Mapping[str, str], tmp_path: Path) -> None:
    """It isn't an error, and the next start begins from scratch."""
    with on_terminal(["guide"], environment, campaign) as terminal:
        assert _answered(terminal, (QUESTION, "n")) == 0, terminal.seen
    assert _accepted(tmp_path) == 0
    assert "Start me again when you are ready." in terminal.text
    assert "All done" not in terminal.text


def test_a_second_start_has_nothing_to_ask(
    campaign: Path, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """If everything is made, no proof is shown and nothing is sent."""
    with on_terminal(["guide"], environment, campaign) as terminal:
        assert _answered(terminal, (QUESTION, "y")) == 0, terminal.seen
    with on_terminal(["guide"], environment, campaign) as terminal:
        assert terminal.end() == 0, terminal.seen
    assert "12 complete, left alone" in terminal.text
    assert (_accepted(tmp_path), "proof" in terminal.text) == (12, False)


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        pytest.param("t", 0, "That was a try: no video was made", id="try"),
        pytest.param("q", 0, "Nothing was sent. Start me again", id="stop"),
    ],
)
def test_without_a_key_a_simulation_is_offered(
    campaign: Path, environment: dict[str, str], tmp_path: Path, answer: str, code: int, message: str
) -> None:
    """A computer without a keyring is told the variable; a simulation costs nothing and asks only once."""
    del environment["AISTUDIOS_API_KEY"]
    with on_terminal(["guide"], environment, campaign) as terminal:
        assert _answered(terminal, ("t = try it without credits", answer)) == code, terminal.seen
    assert message in terminal.text
    assert "AISTUDIOS_API_KEY" in terminal.text
    assert ("[y/N]" in terminal.text, _accepted(tmp_path)) == (False, 0)


def test_a_key_can_be_typed(campaign: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """With a keyring, a wrong key is refused at once; the right one is stored, and the run continues."""
    del environment["AISTUDIOS_API_KEY"]
    environment["PYTHON_KEYRING_BACKEND"] = "tests.support.keyrings.FileKeyring"
    with on_terminal(["guide"], environment, campaign) as terminal:
        terminal.wait_for("k = type the API key")
        terminal.type("k\n")
        terminal.wait_for("it is not shown")
        terminal.type("marker-wrong-key\n")
        terminal.wait_for("k = type the API key", times=2)
        terminal.type("k\n")
        terminal.wait_for("it is not shown", times=2)
        terminal.type(f"{KEY}\n")
        assert _answered(terminal, (QUESTION, "y")) == 0, terminal.seen
    assert KEY not in terminal.text
    assert _accepted(tmp_path) == 12


def test_a_refused_key_is_reported_first(campaign: Path, environment: dict[str, str]) -> None:
    """The message has its source and region; a key from the environment can't be replaced by typing."""
    environment["AISTUDIOS_API_KEY"] = "marker-wrong-key"
    with on_terminal(["guide"], environment, campaign) as terminal:
        assert _answered(terminal, ("q = stop", "q")) == 0, terminal.seen
    assert "refuses the API key from the environment (AISTUDIOS_API_KEY)" in terminal.text
    assert "k = type" not in terminal.text


def test_another_workbook_is_accepted(
    campaign: Path, environment: dict[str, str], root: Path, tmp_path: Path
) -> None:
    """It may be given as an argument, for example by dropping it on a script, or by a variable."""
    other = tmp_path / "100 % & more.xlsx"
    other.write_bytes((root / "example_sheets" / "customers.xlsx").read_bytes())
    with on_terminal(["guide", str(other)], environment, campaign) as terminal:
        assert _answered(terminal, (QUESTION, "n")) == 0, terminal.seen
    environment["CASTMERGE_WORKBOOK"] = str(other)
    with on_terminal(["guide", "--no-open"], environment, campaign) as terminal:
        assert _answered(terminal, (QUESTION, "y")) == 0, terminal.seen
    header = [cell.value for cell in openpyxl.load_workbook(other)["Customers"][3]]
    assert "Video ID" in header
    assert (campaign / "100 % & more proof.html").exists()


def test_one_of_several_workbooks_is_chosen(campaign: Path, environment: Mapping[str, str]) -> None:
    """It is chosen by its number; owner files of open workbooks aren't listed."""
    (campaign / "more.xlsx").write_bytes((campaign / "customers.xlsx").read_bytes())
    (campaign / "~$more.xlsx").write_bytes(b"")
    with on_terminal(["guide"], environment, campaign) as terminal:
        assert _answered(terminal, ("Which workbook?", "2"), (QUESTION, "n")) == 0, terminal.seen
    assert "Workbook: more.xlsx" in terminal.text


def test_a_csv_file_continues_in_its_workbook(
    campaign: Path, environment: Mapping[str, str], make_template: MakeTemplate, tmp_path: Path
) -> None:
    """The CSV file is accepted like a workbook, and nobody is asked later which of the two is meant."""
    (campaign / "customers.xlsx").unlink()
    (campaign / "people.csv").write_text("Name,Plan\nAna,Gold\n", encoding="utf-8")
    (campaign / "welcome.json").write_bytes(make_template().read_bytes())
    with on_terminal(["guide", "--no-open"], environment, campaign) as terminal:
        assert _answered(terminal, ("Make 1 video now?", "y")) == 0, terminal.seen
    assert (campaign / "people.xlsx").exists()
    with on_terminal(["guide", "--no-open"], environment, campaign) as terminal:
        assert terminal.end() == 0, terminal.seen
    assert ("Which workbook" in terminal.text, _accepted(tmp_path)) == (False, 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"customers.xlsx": None}, "there is no workbook in this folder", id="no workbook"),
        pytest.param({"castmerge.toml": "", "welcome.json": None}, "there is no template", id="no template"),
        pytest.param({"castmerge.toml": "tempalte = 1"}, "Did you mean template?", id="a misspelt option"),
        pytest.param({"castmerge.toml": 'region = "mars"'}, "'mars' is not one of", id="a wrong value"),
        pytest.param({"welcome.json": "{"}, "welcome.json", id="a broken template"),
    ],
)
def test_an_error_is_shown_with_the_next_step(
    campaign: Path, environment: Mapping[str, str], changes: Mapping[str, str | None], message: str
) -> None:
    """The message is a sentence, and nothing was sent."""
    for name, text in changes.items():
        (campaign / name).unlink()
        if text is not None:
            (campaign / name).write_text(text, encoding="utf-8")
    with on_terminal(["guide"], environment, campaign) as terminal:
        assert terminal.end() == 2, terminal.seen
    assert message in terminal.text
    assert "Nothing was sent. Mend what is said above" in terminal.text


def test_invalid_rows_are_listed_before_the_question(campaign: Path, environment: Mapping[str, str]) -> None:
    """They are listed by cell with the hint; the other rows can be made, and the summary lists the rest."""
    book = openpyxl.load_workbook(campaign / "customers.xlsx")
    page = book["Customers"]
    header = {str(cell.value): cell.column for cell in page[3]}
    page.cell(5, header["First Name"] or 0).value = None
    book.save(campaign / "customers.xlsx")
    with on_terminal(["guide", "--no-open"], environment, campaign) as terminal:
        assert _answered(terminal, ("Make 11 videos now?", "y")) == 1, terminal.seen
    assert "is blank" in terminal.text.partition("Make 11")[0]
    assert "Done, but not every row has its video" in terminal.text


def test_without_a_terminal_the_command_for_jobs_is_shown(castmerge: Castmerge) -> None:
    """A question that nobody can answer isn't asked."""
    ran = castmerge("guide")
    assert (ran.code, "castmerge run" in ran.err) == (2, True)
