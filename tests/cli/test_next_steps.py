"""Messages end with a next step that works: it's done here, and leads on."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.table import Table

from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook, Ran

QUICK = ("--simulate", "--simulate-seconds", "0.05")
PEOPLE = [["Name"], ["Ana"], ["Ben"]]

WRONG = [
    # what was typed: W is the workbook, T the template; and how many next steps the answer has
    ("run peple.xlsx -t T", 1),
    ("run W -t T --sheet Peple", 1),
    ("run W -t T --key Nmae", 1),
    ("run W -t T --where 'nmae == 1'", 1),
    ("run W -t T --rows x", 1),
    ("run W -t T --remake 9-2", 1),
    ("run W -t T --set season", 1),
    ("run W -t T --map first", 1),
    ("run W -t T --header-row 5", 1),
    ("run W -t T --webhook-url nowhere --simulate", 1),
    ("run W -t T --webhook-url https://a.example/hook --webhook-listen x --simulate", 1),
    ("run W -t T", 1),
    ("run W -t T --draft", 1),
    ("run W -t T --pilot 1", 1),
    ("run W -t PLAIN", 2),
    ("run OWN -t T --simulate", 1),
    ("run TWICE -t T --simulate", 2),
    ("run LATIN -t T --simulate", 1),
    ("run W -t T --approved nonsense --simulate", 0),
    ("run W", 1),
    ("run W -t T --nmae", 1),
    ("run W -t T --pilot 0", 1),
    ("run W -t T --resolution 5", 1),
    ("run W -t T --at-once 99", 1),
    ("run W -t T --region mars", 1),
    ("run W -t T --give-up-after never", 1),
    ("rnu W -t T", 1),
    ("check", 1),
    ("schema smmary", 1),
    ("init", 1),
    ("simulate --port 99999", 1),
    ("help recover", 1),
    ("help placeholder", 1),
    ("proof W -t T -o page.pdf", 1),
    ("report DONE --simulate --json --csv -", 1),
    ("report DONE --json --csv -", 1),
    ("status DONE", 1),
    ("write-back DONE", 1),
    ("status SHEETS --simulate", 2),
    ("pull 65f1c0de9a7b -o T", 1),
    ("check HIDDEN -t T", 1),
    ("run HIDDEN -t T --simulate --simulate-seconds 0.05", 1),
    ("submit W -t T --simulate --simulate-seconds 9", 1),
    ("proof W -t T", 1),
    ("run LOCKED -t T --simulate --simulate-seconds 0.05", 1),
    ("run W -t T --config OPTIONS", 1),
    ("run EDITED -t T --simulate", 1),
    ("run W -t T --draft --simulate", 1),
    ("export-drafts DRAFTS", 1),
    ("run UNPLACED -t T --simulate", 2),
    ("run W -t T --max-videos 1 --simulate", 1),
    ("run TABLE -t T --table Peple1 --simulate", 1),
    ("check FOLDER -t T", 1),
    ("check MARKER -t T", 1),
    ("run W -t T --simulate --download videos --download-name '{{ nmae }}.mp4'", 1),
    ("run W -t T --simulate --key Name --key Nmae", 1),
    ("run W -t T --simulate --locale xx_QQ", 1),
    ("status", 1),
]


class Places:
    """The files that the lines above name, made when they are needed."""

    def __init__(self, workbook: MakeWorkbook, template: MakeTemplate, castmerge: Castmerge) -> None:
        self._workbook, self._template, self._castmerge = workbook, template, castmerge

    def words(self, line: str) -> list[str]:
        """A command line with the paths of its files."""
        return [str(self._file(word)) if word.isupper() else word for word in shlex.split(line)]

    def _file(self, name: str) -> Path:
        made: dict[str, Callable[[], Path]] = {
            "W": self._people,
            "T": self._template,
            "PLAIN": lambda: self._template("<p>Hello.</p>", "plain.json"),
            "OWN": lambda: self._workbook([["Name", "Video URL"], ["Ana", "my own link"]]),
            "TWICE": self._of_two_sheets,
            "SHEETS": self._done_on_two_sheets,
            "LATIN": self._in_latin_letters,
            "DONE": self._done,
            "HIDDEN": self._hidden,
            "LOCKED": self._locked,
            "OPTIONS": self._options,
            "EDITED": self._edited,
            "DRAFTS": lambda: self._done("--draft"),
            "UNPLACED": self._unplaced,
            "TABLE": self._of_a_table,
            "FOLDER": lambda: self._people().parent,
            "MARKER": lambda: next(self._locked().parent.glob("~$*")),
        }
        return made[name]()

    def _people(self) -> Path:
        return self._workbook(PEOPLE)

    def _done(self, *options: str) -> Path:
        path = self._people()
        assert self._castmerge("run", path, "-t", self._template(), *options, *QUICK).code == 0
        return path

    def _edited(self) -> Path:
        return _with_names(self._done(), "Anna", "Ben")

    def _unplaced(self) -> Path:
        path = self._locked()
        self._castmerge("run", path, "-t", self._template(), *QUICK)
        next(path.parent.glob("~$*")).unlink()
        return _with_names(path, "Anna", "Benno")

    def _of_a_table(self) -> Path:
        path = self._people()
        book = openpyxl.load_workbook(path)
        book.worksheets[0].add_table(Table(displayName="People1", ref="A1:A3"))
        book.save(path)
        return path

    def _of_two_sheets(self) -> Path:
        path = self._people()
        book = openpyxl.load_workbook(path)
        other = book.create_sheet("Others")
        for row in PEOPLE:
            other.append(row)
        book.save(path)
        return path

    def _done_on_two_sheets(self) -> Path:
        path = self._of_two_sheets()
        for sheet in ("People", "Others"):
            self._castmerge("run", path, "-t", self._template(), "--sheet", sheet, *QUICK)
        return path

    def _in_latin_letters(self) -> Path:
        path = self._people().with_suffix(".csv")
        path.write_bytes("Name,City\nJosé,Málaga\nRené,Orléans\n".encode("cp1252"))
        return path

    def _hidden(self) -> Path:
        path = self._people()
        book = openpyxl.load_workbook(path)
        book.worksheets[0].row_dimensions[3].hidden = True
        book.save(path)
        return path

    def _locked(self) -> Path:
        path = self._people()
        path.with_name(f"~${path.name}").write_bytes(b"\x03Ana" + b" " * 161)
        return path

    def _options(self) -> Path:
        path = self._people().with_name("options.toml")
        path.write_text("zzzzz = 1\n", encoding="utf-8")
        return path


def _with_names(path: Path, *names: str) -> Path:
    book = openpyxl.load_workbook(path)
    for row, name in enumerate(names, 2):
        book.worksheets[0].cell(row, 1).value = name
    book.save(path)
    return path


def next_steps(words: Sequence[str], said: str) -> Iterator[list[str]]:
    """The command lines that a message suggests after this one."""
    yield from _in_its_place(words, said)
    for command in re.findall(r"(?:[Rr]un: |Did you mean |Try ')castmerge ([^\n'?]+)", said):
        yield shlex.split(command.removesuffix("."))
    for option, value in re.findall(
        r"(?:\badd|\bwith|^ +) ?(--[a-z][a-z-]*)((?: +(?:\"[^\"]*\"|(?!--)[\w./:-]+))?)(?=[.,?]?(?: |$))",
        said,
        re.MULTILINE,
    ):
        if option == "--journal" or value.strip() in {"with", "such", "and"}:
            continue  # its value follows, or is for a person to choose
        yield [*words, option, *(shlex.split(value) if value.strip() != "to" else [])]
    for option, value in re.findall(r"such as (--[a-z-]+) (\S+|\S*\"[^\"]*\")\.?$", said, re.MULTILINE):
        yield [*_without(words, option), option, *shlex.split(value.removesuffix("."))]
    for option, value in re.findall(
        r"(?:Use|like) (--?[a-z-]+) ([^\s,]+?)[.,]?(?: with.*)?$", said, re.MULTILINE
    ):
        yield [*_without(words, option), option, value]
    for meant in re.findall(r"Did you mean “?([^”?]+)”?(?: \(cell \w+\))?\?", said):
        if not re.match(r"castmerge |--\S+ \S", meant):
            yield _meant(words, meant)


def _in_its_place(words: Sequence[str], said: str) -> Iterator[list[str]]:
    """The same command line, with another workbook or value if one is suggested."""
    if "run the same command again." in said:
        yield list(words)
    for workbook in re.findall(r"Use the workbook (?:inside it|itself): (\S+)\.$", said, re.MULTILINE):
        yield [words[0], workbook, *words[2:]]
    values = r"Did you mean (--[a-z-]+) (\S+)\?", r"Error: (--[a-z-]+): .*\n +Write it as (\w+)"
    for option, value in (each for pattern in values for each in re.findall(pattern, said)):
        yield [*_without(words, option), option, value]


def _without(words: Sequence[str], option: str) -> list[str]:
    if option not in words:
        return list(words)
    place = list(words).index(option)
    return [*words[:place], *words[place + 2 :]]


def _meant(words: Sequence[str], meant: str) -> list[str]:
    """The words with the one most like this replaced."""
    name = Path(meant).name
    parts = [
        (word, part)
        for word in words
        for part in {word, *re.findall(r"\w+", word), Path(word).name}
        if part != meant and not (word.startswith("-") and meant.isidentifier())
    ]
    word, part = max(
        parts, key=lambda each: SequenceMatcher(None, each[1].casefold(), name.casefold()).ratio()
    )
    return [
        each.replace(part, meant.lower() if " == " in each else meant) if each == word else each
        for each in words
    ]


def _what_went_wrong(ran: Ran) -> str:
    return next((line for line in ran.err.splitlines() if line.startswith("Error: ")), "")


@pytest.mark.parametrize(("line", "steps"), WRONG, ids=[line for line, _ in WRONG])
def test_the_next_step_leads_on(
    line: str,
    steps: int,
    castmerge: Castmerge,
    make_workbook: MakeWorkbook,
    make_template: MakeTemplate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a message suggests is a command that exists, and doesn't end with the same message."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASTMERGE_SIMULATE_SECONDS", "0.05")
    make_workbook([["Name"], ["Ana"], ["Ben"]])
    words = Places(make_workbook, make_template, castmerge).words(line)
    first = castmerge(*words)
    about = [line for line in first.err.splitlines() if not line.startswith("Dates and amounts")]
    found = list(next_steps(words, "\n".join(about)))
    assert len(found) >= steps, first.err
    for step in found:
        ran = castmerge(*step)
        assert "No such" not in ran.err, f"{' '.join(step[3:])}\n{ran.err}"
        assert _what_went_wrong(ran) != _what_went_wrong(first) or ran.code == 0, (
            f"{' '.join(step[3:])}\n{ran.err}"
        )


def test_enough_situations_are_tried() -> None:
    """There are at least fifty with a next step; others have one that only a person can take."""
    assert len([line for line, steps in WRONG if steps]) >= 50
