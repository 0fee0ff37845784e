from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from merge.cli.option_fields import Config
from merge.cli.options import CONFIGURABLE
from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook

VALUES: Mapping[str, str] = {
    "approved": '"K7F3-9X2M"',
    "base_url": '"https://attacker.example"',
    "config": '"other.toml"',
    "progress_path": '"/elsewhere/{id}"',
    "webhook_listen": '"0.0.0.0:80"',
    "webhook_url": '"https://attacker.example/hook"',
    "workspace": '"w1"',
}


@pytest.fixture
def people(make_workbook: MakeWorkbook) -> Path:
    return make_workbook([["Given name", "City"], ["Ana", "Porto"]])


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize(
    "key", [key for key, (_, declared) in CONFIGURABLE.items() if declared.config is Config.NAMED]
)
@pytest.mark.parametrize("command", ["run", "check", "status", "doctor"])
def test_a_found_file_cannot_set_options_of_its_owner(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, command: str, key: str
) -> None:
    """The command stops before it does anything, and names the file, the line and how to allow the option."""
    config = people.with_name("castmerge.toml")
    config.write_text(f"# options\nlocale = 'en_US'\n{key} = {VALUES.get(key, 'true')}\n", encoding="utf-8")
    template = () if command == "status" else ("-t", make_template("Hello {{ City }}."))
    before = _files(people.parent)
    ran = castmerge(command, people, *template)
    assert ran.code == 2
    assert ran.out == ""
    assert f"{config}, line 3" in ran.err
    assert key in ran.err
    assert f"--config {config}" in ran.err
    assert _files(people.parent) == before


def test_all_refused_options_are_listed_at_once(castmerge: Castmerge, people: Path) -> None:
    """Each option is listed with its line, in whichever notation."""
    people.with_name("castmerge.toml").write_text(
        "\"base-url\" = 'https://x.example'\n\nyes = true\nevents = '../events.jsonl'\n", encoding="utf-8"
    )
    ran = castmerge("status", people)
    assert ran.code == 2
    for message in ("castmerge.toml, line 1", "line 3", "line 4", "base-url", "yes", "events"):
        assert message in ran.err


def test_a_file_given_explicitly_may_set_every_option(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, tmp_path: Path
) -> None:
    """`--config` confirms that the file is the user's own; the suggested command works."""
    elsewhere = tmp_path / "logs"
    elsewhere.mkdir()
    template = make_template("Hello {{ City }}, {{ given_name }}.")
    template.write_text(template.read_text(encoding="utf-8").replace("{{ name }}", "x"), encoding="utf-8")
    config = people.with_name("castmerge.toml")
    config.write_text(
        f"quiet = true\nsimulate = true\nsimulate_seconds = 0.2\nlog = '{elsewhere / 'run.txt'}'\n",
        encoding="utf-8",
    )
    ran = castmerge("run", people, "-t", template, "--config", config)
    assert (ran.code, ran.err) == (0, "")
    assert (elsewhere / "run.txt").exists()


PATHS = [
    pytest.param("download = '/tmp/videos'", id="another folder"),
    pytest.param("download = '../videos'", id="the folder above"),
    pytest.param("download = 'in/../../videos'", id="the folder above, indirectly"),
    pytest.param("download = 'link'", id="a link out of the folder"),
    pytest.param("events = 'link/events.jsonl'", id="a file behind a link"),
    pytest.param("events = 'out.jsonl'", id="a link to a file elsewhere"),
    pytest.param("log = '~/run.log'\nevents = '../a.jsonl'", id="one of two"),
    pytest.param("journal = '/tmp/j.db'", id="the journal"),
    pytest.param("template = '/etc/hostname'", id="a template elsewhere"),
    pytest.param("log = '.bashrc'", id="a hidden file"),
    pytest.param("log = '.git/hooks/pre-commit.log'", id="a hidden folder"),
    pytest.param("log = 'people.xlsx'", id="the workbook as a log"),
    pytest.param("events = 'start.sh'", id="a script as events"),
    pytest.param("download_name = 'people.xlsx'", id="the workbook as a video"),
    pytest.param("log = 'a\\u0000b.log'".replace("'", '"'), id="a null character"),
]


@pytest.mark.parametrize("text", PATHS)
def test_a_found_file_only_names_files_in_its_folder(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, tmp_path: Path, text: str
) -> None:
    """Links are resolved before a path is checked; hidden files and other types of files are refused."""
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (people.parent / "link").symlink_to(outside)
    (people.parent / "out.jsonl").symlink_to(outside / "events.jsonl")
    people.with_name("castmerge.toml").write_text(f"{text}\n", encoding="utf-8")
    before = people.read_bytes()
    ran = castmerge("run", people, "-t", make_template("Hi."), "--simulate")
    assert ran.code == 2
    assert "castmerge.toml, line " in ran.err
    assert "--config" in ran.err
    assert list(outside.iterdir()) == []
    assert people.read_bytes() == before


def test_a_found_file_may_keep_everything_in_its_folder(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths are relative to the file, wherever the command is started."""
    make_template("Hello {{ first_name }}.", name="t.json")
    template = people.with_name("t.json")
    template.write_text(template.read_text("utf-8").replace("{{ name }}", "x"), encoding="utf-8")
    people.with_name("castmerge.toml").write_text(
        "template = 't.json'\nsimulate = true\nsimulate_seconds = 0.2\nlog = 'run.log'\n"
        "events = 'sub.jsonl'\ndownload = 'videos'\njournal = '.castmerge/j.db'\n"
        "[columns]\nfirst_name = 'Given name'\n",
        encoding="utf-8",
    )
    monkeypatch.chdir("/")
    ran = castmerge("run", people)
    assert ran.code == 0, ran.err
    assert {"run.log", "sub.jsonl", "videos", ".castmerge/j.db"} <= _files(people.parent)


def test_a_file_named_by_a_link_counts_as_found(castmerge: Castmerge, people: Path, tmp_path: Path) -> None:
    """The folder that counts is the workbook's, not that of the link's target."""
    real = tmp_path / "deep"
    real.mkdir()
    (real / "c.toml").write_text("log = 'deep/run.log'\nquiet = true", encoding="utf-8")
    people.with_name("castmerge.toml").symlink_to(real / "c.toml")
    assert castmerge("status", people).code == 2


@pytest.mark.parametrize("kind", ["folder", "fifo", "huge", "deep"])
def test_an_unreadable_file_is_ignored_or_refused(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, kind: str
) -> None:
    """Something that isn't a file is ignored; a file that is too large or too deep is refused."""
    path = people.with_name("castmerge.toml")
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "huge":
            path.write_text("# x\n" * 100_000, encoding="utf-8")
        case _:
            path.write_text(f"rows = {'[' * 50_000}", encoding="utf-8")
    ran = castmerge("check", people, "-t", make_template("Hi."))
    assert (ran.code, "fault" in ran.err) == (2, False)
    assert ("castmerge.toml" in ran.err) == (kind in ("huge", "deep"))


UNUSUAL = [
    pytest.param(".".join("a" * 50_000) + " = 1", "100 dots", id="a key of 50,000 parts"),
    pytest.param("columns" + ".a" * 5_000 + " = 'x'", "100 dots", id="a column 5,000 tables deep"),
    pytest.param(
        "#\n" * 60_000 + "yes = true\nquiet = true\nchanged = true", "line 60002", id="60,000 lines"
    ),
    pytest.param("header_row = " + "9" * 5_000, "too long", id="a number of 5,000 digits"),
    pytest.param("rows = " + "{a=" * 5_000 + "1" + "}" * 5_000, "TOML", id="5,000 tables in one line"),
    pytest.param(
        '[columns]\n"a\\n\\u001b[2JDone" = "City"', "a name with a line break", id="a column of two lines"
    ),
    pytest.param('set."a\\nDone." = "1"', "a name with a line break", id="a placeholder of two lines"),
    pytest.param('"yes\\nDone." = 1', "no option “yes Done.”", id="a key of two lines"),
    pytest.param("columns.a.b = 'City'", "single text", id="a table in a column"),
    pytest.param("log = ['/../../../tmp/evil.log']", "single text", id="a path in a list"),
    pytest.param("[download]\na = '/tmp/evil'", "single text", id="a path in a table"),
    pytest.param("events = true", "single text", id="a path that isn't text"),
    pytest.param("header-row = 1\nheader_row = 2", "the same option", id="an option in two spellings"),
    pytest.param("yes = false\nyes = true", "TOML", id="an option twice"),
    pytest.param('"\uff42ase_url" = "https://x.example"', "no option", id="a key of full-width letters"),
    pytest.param("BASE_URL = 'https://x.example'", "no option", id="a key in capitals"),
    pytest.param("base_url.x = 'https://x.example'", "line 1", id="a dotted key"),
    pytest.param("[[base_url]]\nx = 1", "line 1", id="a list of tables"),
    pytest.param("[columns]\nname = '../../etc/passwd'", "no column", id="a path as a column"),
    pytest.param("\ufeffyes = true", "line 1", id="a byte order mark"),
    pytest.param("locale = 'en_US'\r\nyes = true\r\n", "line 2", id="lines of Windows"),
    pytest.param("yes\0 = true", "TOML", id="a null character"),
    pytest.param("journal = 'postgresql://x.example/y'\nyes = true", "line 2", id="a database and a yes"),
]


@pytest.mark.parametrize(("text", "message"), UNUSUAL)
def test_an_unusual_file_is_refused_in_words(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, text: str, message: str
) -> None:
    """It neither takes long nor crashes, and sets nothing by another notation or another type."""
    people.with_name("castmerge.toml").write_bytes(text.encode())
    before = _files(people.parent) | {"hello.json"}
    ran = castmerge("check", people, "-t", make_template("Hi."))
    assert (ran.code, message in ran.err, ran.out) == (2, True, ""), ran.err[:500]
    assert _files(people.parent) == before


def test_a_file_in_the_folder_above_is_not_read(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a file next to the workbook counts as found; a variable names another one."""
    (people.parent / "castmerge.toml").write_text("quiet = true", encoding="utf-8")
    inner = people.parent / "inner"
    inner.mkdir()
    workbook = people.rename(inner / people.name)
    (inner / "castmerge.toml").write_text("yes = true", encoding="utf-8")
    assert castmerge("status", workbook).code == 2
    (inner / "castmerge.toml").unlink()
    assert castmerge("status", workbook).err != ""
    monkeypatch.setenv("CASTMERGE_CONFIG", str(people.parent / "castmerge.toml"))
    template = make_template("Hi {{ City }}.")
    template.write_text(template.read_text("utf-8").replace("{{ name }}", "x"), encoding="utf-8")
    assert castmerge("run", workbook, "-t", template, "--simulate", "--simulate-seconds", "0.1").err == ""


@pytest.mark.parametrize("value", ["nan", "inf", "1e400", "0", "-1"])
def test_an_amount_is_a_finite_number(castmerge: Castmerge, people: Path, value: str) -> None:
    """Python reads `nan` and `inf` as numbers, and would wait for them forever."""
    ran = castmerge("run", people, "--simulate", "--first-look", value)
    assert (ran.code, "--first-look" in ran.err) == (2, True)


@pytest.mark.parametrize("by", ["option", "variable", "file"])
def test_another_host_for_the_key_is_shown_first(
    castmerge: Castmerge,
    people: Path,
    make_template: MakeTemplate,
    monkeypatch: pytest.MonkeyPatch,
    by: str,
) -> None:
    """The host is shown whichever of the owner's three ways has set it."""
    monkeypatch.setenv("AISTUDIOS_API_KEY", "k")
    url = "http://127.0.0.1:9"
    options: tuple[object, ...] = ()
    if by == "option":
        options = ("--base-url", url)
    elif by == "variable":
        monkeypatch.setenv("CASTMERGE_BASE_URL", url)
    else:
        config = people.with_name("mine.toml")
        config.write_text(f"base_url = '{url}'", encoding="utf-8")
        options = ("--config", config)
    ran = castmerge("doctor", people, "-t", make_template("Hi."), *options)
    assert ran.err.startswith("Your API key goes to 127.0.0.1:9"), ran.err


@pytest.mark.parametrize(
    ("written", "mapping"),
    [
        pytest.param("{{ first_name }}", 'first_name="Given name"', id="as an identifier"),
        pytest.param("{{ First Name }}", "first_name=given name", id="as a header, mapped as an identifier"),
        pytest.param("{{ First Name }}", "First Name=Given name", id="as a header"),
        pytest.param("{{ first_name }}", "First Name = Given name", id="mapped as a header"),
        pytest.param('{{ row["First Name"] }}', "first_name=Given name", id="of the row"),
        pytest.param("{{ row.first_name }}", "first_name=Given name", id="of the row, as an identifier"),
        pytest.param("{{ City }}", "City=Given name", id="another column's name"),
        pytest.param("{{ given_name }}", "first_name=Given name", id="by its own name"),
    ],
)
def test_a_placeholder_is_filled_from_another_column(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, written: str, mapping: str
) -> None:
    """`--map` and `[columns]` assign the column, without a change to the template."""
    template = _template(make_template, written)
    mapping = mapping.replace('"', "")
    ran = castmerge("proof", people, "-t", template, "--map", mapping, "-o", people.with_suffix(".html"))
    assert ran.code == 0, ran.err
    page = people.with_suffix(".html").read_text(encoding="utf-8")
    assert "Hello Ana" in re.sub(r"<[^>]+>", "", page)
    name, _, header = (part.strip() for part in mapping.partition("="))
    people.with_name("castmerge.toml").write_text(
        f"[columns]\n{json.dumps(name)} = {json.dumps(header)}\n", encoding="utf-8"
    )
    assert castmerge("check", people, "-t", template).code == 0


def _template(make_template: MakeTemplate, written: str) -> Path:
    template = make_template(f"<p>Hello {json.dumps(written)[1:-1]}</p>")
    text = template.read_text(encoding="utf-8").replace("Hello {{ name }}", "Hello")
    template.write_text(text, encoding="utf-8")
    return template


def test_a_report_uses_the_mapping_of_the_run(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """The mapping is saved with the sheet's other settings."""
    template = _template(make_template, "{{ first_name }}")
    mapping = ("--map", "first_name=Given name")
    first = castmerge("run", people, "-t", template, *mapping, "--simulate", "--simulate-seconds", "0.2")
    assert first.code == 0, first.err
    page = people.with_suffix(".html")
    assert castmerge("report", people, "-o", page, "--simulate").code == 0
    assert "There are no pictures" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        pytest.param("first_name=Given nam", "Did you mean “Given name”?", id="a typing error"),
        pytest.param("first_name", "--map first_name=", id="no column"),
        pytest.param("=City", "--map first_name=", id="no placeholder"),
    ],
)
def test_a_wrong_mapping_is_explained(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, mapping: str, message: str
) -> None:
    """A typing error gets a suggestion, and an invalid mapping gets an example."""
    template = _template(make_template, "{{ first_name }}")
    ran = castmerge("check", people, "-t", template, "--map", mapping)
    assert (ran.code, message in ran.err) == (2, True), ran.err
