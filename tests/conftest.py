from __future__ import annotations

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis
import keyring
import keyring.core
import pytest
import xlsxwriter

from merge.cli import main
from merge.cli.error_boundary import TERMINATION_SIGNALS
from merge.journal import SqliteJournal
from merge.services.simulator import Simulator, SimulatorSettings
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook, Ran
from tests.support.contract import hold_to_contract
from tests.support.fake_service import FakeService, FastClock, Scene
from tests.support.paths import ROOT
from tests.support.postgres import PostgresServer, programs, running_server

NOBODY = 65534

# A busy machine is slow, which says nothing about the code, so there are no deadlines. In CI the examples are
# the same each time; elsewhere new ones are tried.
hypothesis.settings.register_profile("castmerge", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("castmerge")


# Processes that the tests start load compiled modules, even where the environment says not to write them:
# compiling them each time takes as long as everything else that a command does.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Coverage is measured in the tests' own processes. In those that they start it would cost twice the time.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)

TRACED_CASES = 5
"""How many of a test's cases are run with coverage, which takes twice as long; the rest run the same code."""
UNTRACED = pytest.StashKey[bool]()


def pytest_xdist_auto_num_workers() -> int:
    """Two workers per CPU: tests wait for processes, browsers and servers about half of their time."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Choose the tests whose coverage isn't measured."""
    cases: Counter[str] = Counter()
    for item in items:
        function = item.nodeid.partition("[")[0]
        cases[function] += 1
        item.stash[UNTRACED] = (
            cases[function] > TRACED_CASES or "untraced" in item.keywords or "hypothesis" in item.keywords
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run a test, with coverage or without."""
    if not item.stash[UNTRACED]:
        return (yield)
    tracing, tracing_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracing)
        threading.settrace(tracing_threads)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the session for skipped tests in CI, where everything that the tests need is installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = 1


@pytest.fixture(scope="session", autouse=True)
def _no_keyring_of_this_computer() -> Iterator[None]:
    """Tests, and processes that they start, never use the keyring of this computer."""
    nothing = "keyring.backends.fail.Keyring"
    keyring.set_keyring(keyring.core.load_keyring(nothing))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHON_KEYRING_BACKEND", nothing)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_region_of_this_computer() -> Iterator[None]:
    """Dates and amounts are the same wherever the tests run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LC_ALL", "C.UTF-8")
        yield


@pytest.fixture(scope="session", autouse=True)
def _processes_with_default_signals() -> None:
    """Make child processes respond to signals that nohup or a background job has set to be ignored.

    Ignored signals are inherited; signals with a handler, even an empty one, aren't.
    """
    for number in (signal.SIGINT, *TERMINATION_SIGNALS):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@pytest.fixture
def ordinary_folder() -> Iterator[Path]:
    """A folder in which this process has the rights of an ordinary user, even if root runs the tests."""
    with TemporaryDirectory(prefix="castmerge-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        superuser = os.geteuid() == 0
        if superuser:
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            if superuser:
                os.seteuid(0)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root folder."""
    return ROOT


@pytest.fixture
def make_workbook(tmp_path: Path) -> MakeWorkbook:
    """Make a workbook of plain cells: `make_workbook([["Name"], ["Ana"]])`."""

    def make(
        rows: Sequence[Sequence[str | float | bool | None]],
        name: str = "people.xlsx",
        sheet: str = "People",
    ) -> Path:
        path = tmp_path / name
        book = xlsxwriter.Workbook(str(path), {"strings_to_urls": False, "strings_to_formulas": False})
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if value is not None:
                    page.write(number, place, value)
        book.close()
        return path

    return make


PROJECT = """{
  "name": "Hello {{ name }}",
  "orientation": "landscape",
  "scenes": [{
    "sceneIdx": 0,
    "clips": [{
      "id": "a", "type": "aiModel", "layer": 1, "top": 144.5979042385424, "left": 1.50,
      "script": {"org": "%s"},
      "model": {"ai_name": "M000045058", "emotion": "BG00002320", "language": "en"}
    }]
  }]
}"""


@pytest.fixture
def make_template(tmp_path: Path) -> MakeTemplate:
    """Make a small template with this script."""

    def make(script: str = "<p>Hello {{ name }}.</p>", name: str = "hello.json") -> Path:
        path = tmp_path / name
        path.write_text(PROJECT % script, encoding="utf-8")
        return path

    return make


@pytest.fixture
def castmerge(capsys: pytest.CaptureFixture[str]) -> Castmerge:
    """Run a command line inside this process."""

    def call(*arguments: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        hold_to_contract(captured.out)
        return Ran(int(ended.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """A simulator whose videos take a fraction of a second."""
    with Simulator(SimulatorSettings(seconds=0.3, state_file=tmp_path / "service.jsonl")) as running:
        yield running


@pytest.fixture
def simulator_url(simulator: Simulator) -> str:
    """The address of the simulator."""
    return simulator.base_url


@pytest.fixture
def service_environment() -> Mapping[str, str]:
    """The environment of a castmerge process."""
    return {
        **os.environ,
        "AISTUDIOS_API_KEY": "key-of-the-tests",
        "PYTHONPATH": str(ROOT),
        "PYTHON": sys.executable,
    }


@pytest.fixture
def scene(make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path) -> Iterator[Scene]:
    """Five people, an empty journal, and a service in memory."""
    workbook = make_workbook([["Name"], ["Ana"], ["Ben"], ["Cem"], ["Dora"], ["Eve"]])
    clock = FastClock()
    with SqliteJournal.open(tmp_path / "j.db") as journal:
        yield Scene(workbook, make_template(), journal, FakeService(clock), clock)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, started for the tests of this process."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL's server isn't installed (Debian: postgresql)")
    with running_server(found) as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    """The address of a new, empty database."""
    return postgres.new_database()
