from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge import Settings, merge_workbook, read_rows
from merge.errors import EncodingError, InputError, WorkbookError
from merge.input.csv import read_csv
from merge.input.csv.encoding import decode
from tests.support.callables import Castmerge, MakeTemplate
from tests.support.people_in_encodings import encoded_files
from tests.support.terminal import on_terminal

PLACE = "people.csv"
POLISH = "Name,City\r\nŁukasz,Gdańsk\r\nŻaneta,Kraków\r\nMałgorzata,Łódź\r\n"
LEAST_FILES, LEAST_ENCODINGS = 60, 20


def candidates(data: bytes) -> list[str]:
    """The text in each encoding that castmerge shows, most likely first."""
    with pytest.raises(EncodingError) as caught:
        decode(data, PLACE)
    return [decode(data, PLACE, encoding=guess.encoding).text for guess in caught.value.guesses]


@pytest.mark.long
@pytest.mark.untraced
@pytest.mark.parametrize(
    ("rows", "most_likely"),
    [
        pytest.param(8, 0.97, id="eight people"),
        pytest.param(4, 0.97, id="four people"),
        pytest.param(2, 0.9, id="two people"),
        pytest.param(1, 0.8, id="one person"),
    ],
)
def test_the_right_encoding_is_always_offered_and_mostly_first(rows: int, most_likely: float) -> None:
    """Measured over 69 files in 26 languages: every file can be read by choosing a line."""
    files = list(encoded_files(rows))
    assert len(files) >= LEAST_FILES
    assert len({file.codec for file in files}) >= LEAST_ENCODINGS
    offered = {file: candidates(file.data) for file in files}
    assert [str(file) for file, texts in offered.items() if file.text not in texts] == []
    first = [file for file, texts in offered.items() if texts[0] == file.text]
    assert len(first) / len(files) >= most_likely


def test_samples_show_where_the_encodings_differ() -> None:
    """For each encoding, the same three values are shown as it would read them."""
    common = "José,Köln\r\n" * 50
    with pytest.raises(EncodingError) as caught:
        decode(f"Name,City\r\n{common}Łukasz,Gdańsk\r\nŻaneta,Kraków\r\n".encode("cp1250"), PLACE)
    shown = {guess.encoding: guess.samples for guess in caught.value.guesses}
    assert len(shown["cp1250"]) == 3
    assert {"Łukasz", "Gdańsk", "Żaneta"} >= {*shown["cp1250"]} - {"José", "Köln", "Kraków"}
    assert len({*shown.values()}) == len(shown)
    assert all(line in caught.value.hint for line in ("--encoding cp1250", ", ".join(shown["cp1250"])))


def test_equal_texts_are_one_candidate_with_the_usual_name() -> None:
    """José and Köln are the same in Western and Central European Windows encodings."""
    with pytest.raises(EncodingError) as caught:
        decode(b"Name,City\r\nJos\xe9,K\xf6ln\r\n", PLACE)
    guess = caught.value.guesses[0]
    assert (guess.encoding, guess.name, guess.samples) == ("cp1252", "Western Windows", ("José", "Köln"))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", [POLISH, "名前,市\r\n王小明,北京市\r\n", "Name\nAna\n"], ids=len)
def test_unicode_is_certain(codec: str, text: str) -> None:
    """It is recognized with and without a byte order mark, in any language."""
    decoded = decode(text.encode(codec), PLACE)
    assert (decoded.text, decoded.guesses) == (text, ())


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        pytest.param("cp1250", "cp1250", id="Python's name"),
        pytest.param("Windows-1250", "cp1250", id="web name"),
        pytest.param("windows_874", "cp874", id="a name that Python doesn't know"),
        pytest.param("Shift_JIS", "cp932", id="with the letters that Windows adds"),
        pytest.param("GB2312", "gb18030", id="with the letters that were added later"),
        pytest.param("macintosh", "mac-roman", id="a Mac"),
        pytest.param(" latin1 ", "iso8859-1", id="with spaces"),
    ],
)
def test_an_encoding_is_shown_with_its_usual_name(name: str, codec: str) -> None:
    """Other spellings refer to the same encoding."""
    data = "Name,City\nAna,".encode("ascii") + "é".encode("cp1252")
    if codec in ("cp874", "cp932", "gb18030"):
        data = b"Name\nAna\n"
    assert decode(data, PLACE, encoding=name).encoding == codec


@pytest.mark.parametrize("name", ["cp9999", "rot13", "base64", "unicode_escape", "idna", "", "Polish\n"])
def test_an_unknown_encoding_is_refused(name: str) -> None:
    """Codecs that aren't text encodings are unknown, too."""
    if not name:
        with pytest.raises(EncodingError):
            decode(POLISH.encode("cp1250"), PLACE, encoding=name)
        return
    with pytest.raises(InputError, match="there's no encoding") as caught:
        decode(POLISH.encode("cp1250"), PLACE, encoding=name)
    assert "cp1252" in caught.value.hint


@pytest.mark.parametrize(
    ("data", "encoding", "reason"),
    [
        pytest.param(b"Name\nJos\xe9\nAna\n", "utf-8", "isn't UTF-8.*line 2", id="UTF-8"),
        pytest.param(b"Name\n\x81\x20\n", "cp932", r"Japanese Windows \(cp932\).*line 2", id="not Japanese"),
        pytest.param(
            "Name,City\nJosé,".encode() + b"K\xf6ln\n",
            None,
            "most of it is UTF-8, but line 2",
            id="two of them",
        ),
        pytest.param(
            "名前\n山田\n".encode() + b"Ana\xff\n",
            None,
            "most of it is UTF-8, but line 3",
            id="one byte damaged",
        ),
        pytest.param(b"Name,City\nA\0na,x\n", None, "NUL bytes .the first in line 2", id="a NUL"),
        pytest.param(b"\xff\xfeA", None, "damaged in line 1", id="incomplete character"),
    ],
)
def test_text_in_another_encoding_is_refused_with_its_line(
    data: bytes, encoding: str | None, reason: str
) -> None:
    """Nothing is dropped or replaced silently."""
    with pytest.raises(WorkbookError, match=reason) as caught:
        decode(data, PLACE, encoding=encoding)
    assert (caught.value.place, bool(caught.value.hint)) == (PLACE, True)


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    """Bytes are either certain or refused with a hint, never guessed silently."""
    try:
        decoded = decode(data, PLACE)
    except WorkbookError as error:
        refused = error
    else:
        assert decoded.guesses == ()
        return
    assert refused.hint


def test_control_characters_reach_no_terminal() -> None:
    """Samples show unprintable characters as a replacement character."""
    with pytest.raises(EncodingError) as caught:
        decode(b"Name,City\nJos\xe9\x1b[31m,x\n", PLACE)
    assert "\x1b" not in caught.value.hint
    assert "José\ufffd[31m" in caught.value.guesses[0].samples


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A Polish CSV file as saved by Excel on Windows."""
    path = tmp_path / "people.csv"
    path.write_bytes(POLISH.encode("cp1250"))
    return path


@pytest.fixture
def template(make_template: MakeTemplate) -> Path:
    return make_template("<p>Hello {{ name }} from {{ city }}.</p>")


def names(workbook: Path) -> list[object]:
    """The first column of a workbook."""
    return [row[0] for row in openpyxl.load_workbook(workbook).worksheets[0].iter_rows(values_only=True)]


QUICK = ("--simulate", "--simulate-seconds", 0.1)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("check",), id="check"),
        pytest.param(("check", "--json"), id="check with JSON"),
        pytest.param(("proof",), id="proof"),
        pytest.param(("run", *QUICK), id="run"),
        pytest.param(("run", *QUICK, "--quiet"), id="run, quiet"),
        pytest.param(("run", *QUICK, "--yes"), id="run without questions"),
        pytest.param(("submit", *QUICK, "--no-input"), id="submit"),
    ],
)
def test_an_uncertain_encoding_stops_without_a_terminal(
    castmerge: Castmerge, people: Path, template: Path, command: tuple[object, ...]
) -> None:
    """Exit code 2, with every candidate and its samples; no file is created next to the CSV file."""
    name, *options = command
    ran = castmerge(name, people, "-t", template, *options)
    assert (ran.code, ran.out) == (2, "")
    assert "--encoding cp1250" in ran.err
    assert "Gdańsk, Żaneta, Łódź" in ran.err
    assert "Gdañsk, ¯aneta, £ódŸ" in ran.err
    assert sorted(each.name for each in people.parent.iterdir()) == [template.name, people.name]


def test_a_given_encoding_is_used_and_remembered(castmerge: Castmerge, people: Path, template: Path) -> None:
    """The next run of the same file doesn't need it again, and makes nothing twice."""
    assert castmerge("run", people, "-t", template, *QUICK, "--encoding", "cp1250").code == 0
    workbook = people.with_suffix(".xlsx")
    assert names(workbook) == ["Name", "Łukasz", "Żaneta", "Małgorzata"]
    ran = castmerge("run", people, "-t", template, *QUICK)
    assert (ran.code, "3 already complete" in ran.err) == (0, True)
    assert "people.csv has changed" not in ran.err
    people.write_bytes((POLISH + "Stanisław,Wrocław\r\n").encode("cp1250"))
    ran = castmerge("run", people, "-t", template, *QUICK)
    assert (ran.code, "1 new" in ran.err) == (0, True)
    assert names(workbook)[-1] == "Stanisław"


def test_a_remembered_encoding_that_no_longer_fits_is_asked_again(
    castmerge: Castmerge, people: Path, template: Path
) -> None:
    """This time, another program wrote the file."""
    castmerge("run", people, "-t", template, *QUICK, "--encoding", "cp1250")
    people.write_bytes(POLISH.encode("cp852"))
    ran = castmerge("run", people, "-t", template, *QUICK)
    assert (ran.code, "--encoding cp852" in ran.err) == (2, True)
    people.write_bytes(POLISH.encode("utf-8"))
    ran = castmerge("run", people, "-t", template, *QUICK)
    assert (ran.code, "no rows differ" in ran.err) == (0, True)


def test_a_wrong_encoding_is_corrected_by_giving_the_right_one(
    castmerge: Castmerge, people: Path, template: Path
) -> None:
    """The workbook gets the right letters, and videos made with wrong ones are out of date."""
    castmerge("run", people, "-t", template, *QUICK, "--encoding", "cp1252", "--key", "City")
    assert names(people.with_suffix(".xlsx"))[1] == "£ukasz"
    castmerge("run", people, "-t", template, *QUICK, "--encoding", "cp1250", "--key", "City")
    assert {"Łukasz", "Żaneta", "Małgorzata"} <= {*names(people.with_suffix(".xlsx"))}


def warnings(castmerge: Castmerge, *arguments: object) -> list[dict[str, object]]:
    """The warnings of `check --json` about the encoding."""
    ran = castmerge("check", *arguments, "--json")
    assert ran.out, ran.err
    found = json.loads(ran.out)["warnings"]
    return [each for each in found if each["kind"] == "encoding"]


def test_json_reports_a_guessed_encoding(castmerge: Castmerge, people: Path, template: Path) -> None:
    """A file that isn't UTF-8 has a warning with the letters that were read."""
    [warning] = warnings(castmerge, people, "-t", template, "--encoding", "cp1250")
    assert warning["place"] == "people.csv"
    assert "read as Central European Windows (cp1250): Łukasz, Gdańsk, Żaneta" in str(warning["message"])
    people.write_bytes(POLISH.encode())
    assert warnings(castmerge, people, "-t", template) == []


def test_the_json_of_a_run_has_its_warnings(castmerge: Castmerge, people: Path, template: Path) -> None:
    """What was guessed or looks wrong is in the summary of `run --json` too."""
    ran = castmerge("run", people, "-t", template, "--simulate", "--yes", "--encoding", "cp1250", "--json")
    assert ran.code == 0
    assert [warning["kind"] for warning in json.loads(ran.out)["warnings"]] == ["encoding"]


def test_unlikely_letters_have_a_warning(castmerge: Castmerge, people: Path, template: Path) -> None:
    """A wrong encoding is detected from the resulting text and from the file's bytes."""
    file, cells = warnings(castmerge, people, "-t", template, "--encoding", "cp1252")
    assert "It looks more like Central European Windows (cp1250): Łukasz" in str(file["message"])
    assert (cells["place"], cells["rows"]) == ("people!A2", [2, 3, 4])
    assert "“£ukasz”" in str(cells["message"])


@pytest.mark.parametrize(
    ("data", "encoding", "is_odd"),
    [
        pytest.param("Jos\x8e".encode("latin-1"), "latin-1", True, id="a C1 control"),
        pytest.param("José".encode(), "cp1252", True, id="UTF-8 as Western"),
        pytest.param("München".encode("cp1252"), "mac-roman", True, id="Windows as Mac"),
        pytest.param("München".encode("mac-roman"), "cp1252", True, id="Mac as Windows"),
        pytest.param("Иван".encode("cp1251"), "cp866", True, id="Cyrillic Windows as DOS"),
        pytest.param("O’Neil, Müller".encode("cp1252"), "cp1252", False, id="an apostrophe"),
        pytest.param("Éva, JOSÉ, L·L, 20 m²".encode("cp1252"), "cp1252", False, id="plausible symbols"),
        pytest.param("Иван".encode("cp1251"), "cp1251", False, id="Cyrillic"),
    ],
)  # fmt: skip
def test_unlikely_letters_occur_in_no_language(
    castmerge: Castmerge, people: Path, template: Path, data: bytes, encoding: str, *, is_odd: bool
) -> None:
    """These are symbols inside words, two scripts in a word, and control characters."""
    people.write_bytes(b'Name,City\n"' + data + b'",Rome\n')
    found = warnings(castmerge, people, "-t", template, "--encoding", encoding)
    assert len(found) == 1 + is_odd


def test_a_correctly_read_file_has_no_unlikely_letters(people: Path) -> None:
    """Cells in 26 languages have no false warning."""
    found: dict[str, list[str]] = {}
    for file in encoded_files(8):
        people.write_bytes(file.data)
        warned = read_csv(people, Settings(encoding=file.codec)).sheet.warnings
        found[str(file)] = [each.message for each in warned if each.place != people.name]
    assert {file: messages for file, messages in found.items() if messages} == {}


@pytest.mark.parametrize("option", ["-t", "--key", "--map"])
def test_a_header_error_names_the_encoding_first(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate, option: str
) -> None:
    """If a header isn't found, the encoding may be wrong."""
    people.write_bytes("Имя,Город\nАнна,Москва\n".encode("cp1251"))
    options = {"-t": (), "--key": ("--key", "Город"), "--map": ("--map", "x=Город")}
    script = "<p>{{ Имя }}</p>" if option == "-t" else "<p>Hello</p>"
    ran = castmerge("check", people, "-t", make_template(script), "--encoding", "cp1252", *options[option])
    assert ran.code == 2
    encoding, column = ran.err.find("read as Western Windows (cp1252)"), ran.err.find("here's no column")
    assert 0 < encoding < column


def test_a_header_error_of_a_utf8_file_does_not_mention_encodings(
    castmerge: Castmerge, people: Path, make_template: MakeTemplate
) -> None:
    """Its letters are certain."""
    people.write_text("Name\nAna\n", encoding="utf-8")
    ran = castmerge("check", people, "-t", make_template("<p>{{ First Name }}</p>"))
    assert (ran.code, "no column" in ran.err, "encoding" in ran.err) == (2, True, False)


@pytest.mark.skipif("sys.platform == 'win32'")
@pytest.mark.parametrize(
    ("command", "number", "code", "outcome"),
    [
        pytest.param(("check",), 1, 0, "read as Central European Windows (cp1250)", id="check"),
        pytest.param(("run", *QUICK), 1, 0, "3 of 3 complete", id="run"),
        pytest.param(("run", *QUICK), 6, 2, "--encoding cp1250", id="none of these"),
    ],
)
def test_the_user_chooses_the_line_that_is_spelled_right(
    people: Path,
    template: Path,
    service_environment: Mapping[str, str],
    command: tuple[object, ...],
    number: int,
    code: int,
    outcome: str,
) -> None:
    """On a terminal the candidates are offered in a question."""
    name, *options = map(str, command)
    arguments = [name, str(people), "-t", str(template), *options]
    with on_terminal(arguments, service_environment) as terminal:
        terminal.wait_for("Which line is spelled right")
        terminal.wait_for("Gdańsk, Żaneta, Łódź")
        terminal.type(f"{number}\n")
        terminal.wait_for(outcome)
        assert terminal.end() == code


def test_an_encoding_can_be_given_in_python(people: Path, template: Path) -> None:
    """The library stops as well, and accepts the encoding in its settings."""
    with pytest.raises(EncodingError) as caught:
        merge_workbook(people, template, settings=Settings(simulate=True))
    assert caught.value.guesses[0].samples == ("Gdańsk", "Żaneta", "Łódź")
    with pytest.raises(EncodingError):
        read_rows(people)
    assert [row["Name"] for row in read_rows(people, encoding="cp1250")][:1] == ["Łukasz"]
    result = merge_workbook(people, template, settings=Settings(simulate=True, encoding="cp1250"))
    assert result.exit_code == 0


def test_the_sample_files_are_valid() -> None:
    """Every file can be read with the codec it was written with."""
    files = chain.from_iterable(map(encoded_files, (1, 8)))
    assert all(file.data.decode(file.codec) == file.text for file in files)
