from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import keyring
import keyring.core
import pytest

from merge.connect import credentials_of
from merge.errors import InputError, Unauthorized
from merge.reports.doctor import missing_from_account
from merge.services.keyring_store import delete_secret, keyring_name, load_secret, store_secret
from merge.services.protocol import Account
from merge.services.simulator import Simulator, SimulatorSettings
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.keyrings import FILE
from tests.support.simulator_process import stand_in
from tests.support.terminal import on_terminal

MARKER = "marker-key-1234567890"
LOCKED = SimulatorSettings(seconds=0.3, key=MARKER, app_id="the-app", user_key="marker-user-key")


@pytest.fixture
def keyring_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A keyring for this test only, and no key in the environment."""
    path = tmp_path / "keys.json"
    monkeypatch.setenv(FILE, str(path))
    for name in ("AISTUDIOS_API_KEY", "AISTUDIOS_APP_ID", "AISTUDIOS_USER_KEY"):
        monkeypatch.delenv(name, raising=False)
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.core.load_keyring("tests.support.keyrings.FileKeyring"))
    yield path
    keyring.set_keyring(before)


@pytest.fixture
def no_keyring(keyring_file: Path) -> None:
    """A computer without a keyring, and no key in the environment."""
    keyring.set_keyring(keyring.core.load_keyring("keyring.backends.fail.Keyring"))


@pytest.fixture
def locked() -> Iterator[str]:
    """The URL of a simulator that accepts exactly one key."""
    with Simulator(LOCKED) as running:
        yield running.base_url


@pytest.fixture
def keyring_environment(tmp_path: Path, service_environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process with a keyring for this test only and without a key."""
    rest = {name: value for name, value in service_environment.items() if name != "AISTUDIOS_API_KEY"}
    return rest | {
        "PYTHON_KEYRING_BACKEND": "tests.support.keyrings.FileKeyring",
        FILE: str(tmp_path / "keys.json"),
    }


def test_a_secret_is_stored_loaded_and_deleted(keyring_file: Path) -> None:
    """A stored secret can be loaded until it is deleted, and only for its region."""
    store_secret("global", "one")
    assert (load_secret("global"), load_secret("china")) == (("one",), ())
    assert (delete_secret("global"), delete_secret("global")) == (True, False)
    assert load_secret("global") == ()


@pytest.mark.parametrize("foreign", ["no JSON", "{}"])
def test_entries_of_other_programs_are_not_secrets(keyring_file: Path, foreign: str) -> None:
    """A keyring entry that castmerge didn't write is ignored."""
    keyring.set_password("castmerge", "global", foreign)
    assert load_secret("global") == ()


@pytest.mark.usefixtures("no_keyring")
def test_without_a_keyring_the_environment_is_suggested() -> None:
    """Nothing is stored, and the error names the variable to use instead."""
    assert (keyring_name(), load_secret("global")) == ("", ())
    for act in (lambda: store_secret("global", "one"), lambda: delete_secret("global")):
        with pytest.raises(InputError, match="no keyring") as raised:
            act()
        assert "AISTUDIOS_API_KEY" in raised.value.hint


@pytest.mark.parametrize(
    ("backend", "hint"),
    [
        pytest.param("tests.support.keyrings.FileKeyring", "or run: castmerge login", id="a keyring"),
        pytest.param("keyring.backends.fail.Keyring", "as an environment variable", id="none"),
    ],
)
def test_without_a_key_the_possible_ways_are_named(keyring_file: Path, backend: str, hint: str) -> None:
    """On a computer without a keyring, the hint doesn't mention `castmerge login`."""
    keyring.set_keyring(keyring.core.load_keyring(backend))
    with pytest.raises(Unauthorized) as raised:
        credentials_of("global")
    assert raised.value.hint.endswith(hint)


def test_the_environment_takes_precedence_over_the_keyring(
    keyring_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job's own key is used rather than the one stored on this computer."""
    store_secret("global", MARKER)
    assert credentials_of("global").where == "the keyring"
    monkeypatch.setenv("AISTUDIOS_API_KEY", "of-the-job")
    assert "AISTUDIOS_API_KEY" in credentials_of("global").where
    assert MARKER not in repr(credentials_of("global"))


def test_app_credentials_are_stored_too(keyring_file: Path) -> None:
    """An app id and its user key are loaded as a pair."""
    store_secret("china", "the-app", "marker-user-key")
    assert "AppCredentials" in repr(credentials_of("china").secret)
    with pytest.raises(Unauthorized, match="no AI Studios API key"):
        credentials_of("global")


def test_a_run_uses_the_key_in_the_keyring(
    keyring_file: Path,
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    locked: str,
) -> None:
    """Without a variable, the key that login has stored is used."""
    store_secret("global", MARKER)
    run = ("run", make_workbook([["Name"], ["Ana"]]), "-t", make_template(), "--base-url", locked, "--yes")
    ran = castmerge(*run, "--first-look", "0.2", "--poll-min", "0.2", "--poll-max", "0.5")
    assert (ran.code, MARKER in ran.out + ran.err) == (0, False), ran.err


@pytest.mark.parametrize(
    ("arguments", "typed"),
    [
        pytest.param([], [MARKER], id="an API key"),
        pytest.param(["--app"], ["the-app", "marker-user-key"], id="app credentials"),
    ],
)
def test_login_asks_checks_and_stores(
    keyring_environment: Mapping[str, str],
    locked: str,
    tmp_path: Path,
    arguments: list[str],
    typed: list[str],
) -> None:
    """The typed key isn't shown; it is checked at once, and stored if it works."""
    with on_terminal(["login", "--base-url", locked, *arguments], keyring_environment) as terminal:
        for prompt, secret in zip(
            ("API key", "User key") if not arguments else ("App ID", "User key"), typed, strict=False
        ):
            terminal.wait_for(f"{prompt} (not shown as you type)")
            terminal.type(f"{secret}\n")
        assert terminal.end() == 0, terminal.seen
    assert "The key works, and is saved" in terminal.seen
    assert not [secret for secret in typed if secret in terminal.seen]
    kept = json.loads((tmp_path / "keys.json").read_text(encoding="utf-8"))
    assert json.loads(kept["castmerge global"]) == typed


def test_login_stores_no_refused_key(
    keyring_environment: Mapping[str, str], locked: str, tmp_path: Path
) -> None:
    """A wrong key is reported at once, with the other region as a likely reason."""
    with on_terminal(["login", "--base-url", locked], keyring_environment) as terminal:
        terminal.wait_for("API key (not shown as you type)")
        terminal.type("marker-wrong-key\n")
        assert terminal.end() == 3, terminal.seen
    assert "--region china" in terminal.seen
    assert "marker-wrong-key" not in terminal.seen
    assert not (tmp_path / "keys.json").exists()


def test_login_without_a_terminal_names_the_variable(keyring_file: Path, castmerge: Castmerge) -> None:
    """Without a terminal, the error names the variable to set."""
    ran = castmerge("login")
    assert ran.code == 2
    assert "AISTUDIOS_API_KEY" in ran.err


@pytest.mark.usefixtures("no_keyring")
def test_login_without_a_keyring_names_the_variable(castmerge: Castmerge) -> None:
    """Without a keyring, the error names the variable to set."""
    ran = castmerge("login")
    assert (ran.code, "no keyring" in ran.err) == (2, True)


def test_logout_deletes_the_key(keyring_file: Path, castmerge: Castmerge) -> None:
    """The key is deleted, and a second logout says that there is none."""
    store_secret("global", MARKER)
    assert "was removed" in castmerge("logout").err
    assert "No API key" in castmerge("logout").err


def test_doctor_finds_nothing_wrong(
    keyring_file: Path,
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    locked: str,
) -> None:
    """With a valid key, a workbook and a template of the account, nothing is wrong."""
    store_secret("global", MARKER)
    people = make_workbook([["Name"], ["Ana"]])
    ran = castmerge("doctor", people, "-t", make_template(), "--base-url", locked, "--json")
    output = json.loads(ran.out)
    assert ran.code == 0, ran.out
    assert {finding["about"]: finding["health"] for finding in output["findings"]} == {
        "castmerge": "ok",
        "keyring": "ok",
        "credentials": "ok",
        "key": "ok",
        "account": "ok",
        "clock": "ok",
        "workbook": "ok",
        "journal": "ok",
        "template": "ok",
    }
    assert MARKER not in ran.out + ran.err
    assert not (people.parent / ".castmerge").exists()


def test_doctor_reports_problems_with_hints(
    keyring_file: Path, castmerge: Castmerge, make_template: MakeTemplate, tmp_path: Path, locked: str
) -> None:
    """A refused key, a missing workbook and a missing avatar each have a line with a hint."""
    store_secret("global", "marker-wrong-key")
    ran = castmerge("doctor", tmp_path / "none.xlsx", "-t", tmp_path / "none.json", "--base-url", locked)
    assert ran.code == 3
    assert ran.out.count("WRONG") == 3
    assert ran.out.count("→") >= 3
    assert "marker-wrong-key" not in ran.out


def test_doctor_without_credentials_says_what_to_do(keyring_file: Path, castmerge: Castmerge) -> None:
    """A missing key is a finding like any other."""
    ran = castmerge("doctor")
    assert (ran.code, "castmerge login" in ran.out) == (3, True)


@pytest.mark.usefixtures("no_keyring")
def test_doctor_on_a_headless_machine(castmerge: Castmerge) -> None:
    """A missing keyring is a warning, not an error."""
    assert "if AISTUDIOS_API_KEY is set" in castmerge("doctor").out


def test_doctor_reaches_no_service(keyring_file: Path, castmerge: Castmerge) -> None:
    """A service that can't be reached is reported."""
    store_secret("global", MARKER)
    ran = castmerge("doctor", "--base-url", "http://127.0.0.1:9", "--json")
    service = [finding for finding in json.loads(ran.out)["findings"] if finding["about"] == "service"]
    assert (ran.code, [finding["health"] for finding in service]) == (3, ["wrong"])


def _project(avatar: str, clothes: str = "", workspace: str = "") -> dict[str, object]:
    return {
        "workspaceId": workspace,
        "scenes": [{"clips": [{"model": {"ai_name": avatar, "emotion": clothes}}]}],
    }


ACCOUNT = Account({"M1": frozenset({"B1"}), "M2": frozenset()}, {"w1": "Mine"})


@pytest.mark.parametrize(
    ("avatar", "clothes", "workspace", "missing"),
    [
        pytest.param("M1", "B1", "w1", [], id="all there"),
        pytest.param("M2", "B9", "", [], id="clothes that the service does not list"),
        pytest.param("M9", "B1", "", ["your account has no avatar M9"], id="avatar"),
        pytest.param("M1", "B9", "", ["the avatar M1 has no clothes B9"], id="clothes"),
        pytest.param("M1", "", "w9", ["your account has no workspace w9"], id="workspace"),
    ],
)
def test_missing_avatars_and_workspaces_are_reported(
    avatar: str, clothes: str, workspace: str, missing: list[str]
) -> None:
    """Avatars, clothes and workspaces are looked up in the account."""
    project = json.loads(json.dumps(_project(avatar, clothes, workspace)))
    assert list(missing_from_account(project, ACCOUNT)) == missing


@pytest.mark.parametrize("project", [None, {}, {"scenes": [1]}, {"scenes": [{"clips": [{}]}]}])
def test_project_without_avatars_has_no_problem(project: None) -> None:
    """A project without avatars has no problem."""
    assert list(missing_from_account(project, ACCOUNT)) == []


def test_pull_saves_a_template_that_runs(
    keyring_file: Path,
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    tmp_path: Path,
) -> None:
    """A project of the service becomes a template, without the fields that the service added."""
    with Simulator(replace(LOCKED, seconds=0.2)) as running:
        store_secret("global", MARKER)
        where = ("--base-url", running.base_url)
        people = make_workbook([["Name"], ["Ana"]])
        quick = ("--first-look", "0.2", "--poll-min", "0.2", "--poll-max", "0.5", "--yes", "--json")
        ran = castmerge("run", people, "-t", make_template(), *where, *quick)
        name = json.loads(ran.out)["rows"][0]["video_id"]
        out = tmp_path / "pulled.json"
        assert castmerge("pull", name, "-o", out, *where).code == 0
        assert castmerge("pull", name, "-o", out, *where).code == 2
        assert castmerge("pull", name, "-o", out, *where, "--force").code == 0
        assert castmerge("pull", "nobody", "-o", tmp_path / "other.json", *where).code == 1
    assert {"name", "orientation", "scenes"} <= json.loads(out.read_text(encoding="utf-8")).keys()
    assert "state" not in json.loads(out.read_text(encoding="utf-8"))
    assert castmerge("check", people, "-t", out).code == 0


def test_projects_are_listed_with_what_pull_needs(keyring_file: Path, castmerge: Castmerge) -> None:
    """One a line, its id and its name; the next step is printed apart from them."""
    with stand_in(replace(LOCKED, seconds=100), key=MARKER) as service:
        store_secret("global", MARKER)
        where = ("--base-url", service.base_url)
        none = castmerge("projects", *where)
        assert (none.code, none.out) == (0, "")
        assert "Make one in AI Studios first" in none.err
        project = service.submit('{"name": "News", "scenes": [{"clips": []}]}')
        service.finish()
        listed = castmerge("projects", *where)
    assert (listed.code, listed.out) == (0, f"{project}\tNews\n")
    assert f"castmerge pull {project} -o template.json" in listed.err


def test_pull_into_a_missing_folder(
    keyring_file: Path,
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    tmp_path: Path,
    simulator_url: str,
) -> None:
    """The error names the place where the template can't be saved."""
    store_secret("global", MARKER)
    people, where = make_workbook([["Name"], ["Ana"]]), ("--base-url", simulator_url)
    ran = castmerge("submit", people, "-t", make_template(), *where, "--yes", "--json")
    name = json.loads(ran.out)["rows"][0]["video_id"]
    ran = castmerge("pull", name, "-o", tmp_path / "none" / "pulled.json", *where)
    assert (ran.code, "can't save the template there" in ran.err) == (2, True)
