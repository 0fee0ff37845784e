"""The texts sound like a native writer's: turns of a translation stay rare."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.untraced

MOST_IN_A_THOUSAND = 3
TURNS = re.compile(
    r"""(?x)
    \b(?:castmerge|check|run|doctor|page|column|note|service|it|that)\ tells?\b(?!\ apart)
    | \bis\ told\b | \btold\ by\b | \b[Ss]tart\ me\b | \bthe\ dearest\b | \b(?:is|are)\ said\b
    | \bstand(?:s|ing)?\ (?:at|there|here|beside|out|on|in\ the)\b
    | \bwhere\ \w+\ stands\b | \bas\ (?:it|they)\ stands?\b
    | \b[Mm]end(?:s|ed|ing)?\b(?!["',:;]|\ ?=) | \b[Ss]ay\ (?:--|castmerge)
    | (?<!there\ )(?<!There\ )\b(?:is|are)\ no\ (?!longer|more|need|one\b|row\b|run\b|header)
    | \banew\b | \bby\ now\b | \bmeanwhile\b | \b[Bb]esides\b | \bbeside\ (?:the|a|its|it|rows?)\b
    | \b[Ww]hoever\b | ,\ of\ which\b | \bsuch\ as\ it\ is\b | \bat\ work\ on\b | \bleft\ alone\b
    | \bnobody\ is\ here\b | \bat\ hand\b | \ball[ _]else\b | \bstand-in\ service\b | \bwithout\ a\ word\b
    | (?:\b|_)that[ _](?:is|are)[ _](?:none|no[ _](?!longer))
    | _(?:is|are)_(?:said|told(?!_apart))_ | _is_no_(?!longer|video)
    | \b(?:has|have)\ a\ fault\b | \bwhatever\ its\ name\ says\b | \bmust\ hold\b | \bto\ be\ had\b
    """
)
SEEN = ("README.md", "CHANGELOG.md", "tests/data/words.txt")
SUFFIXES = {".py", ".js", ".md", ".html", ".toml", ".sh", ".bat", ".json"}


def stilted(paths: Iterator[Path]) -> tuple[int, list[str]]:
    """The number of lines, and those with a stilted turn."""
    count, found = 0, []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            count += 1
            if TURNS.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    return count, found


def _seen() -> Iterator[Path]:
    yield from (ROOT / name for name in SEEN)
    yield from (ROOT / "merge" / "docs").glob("*.md")


def _code() -> Iterator[Path]:
    return (path for path in (ROOT / "merge").rglob("*") if path.suffix in SUFFIXES)


def _tests() -> Iterator[Path]:
    return (ROOT / "tests").rglob("*.py")


@pytest.mark.parametrize(
    "paths",
    [pytest.param(_seen, id="texts"), pytest.param(_code, id="code"), pytest.param(_tests, id="tests")],
)
def test_stilted_turns_are_rare(paths: type[Iterator[Path]]) -> None:
    """Fewer than three lines in a thousand."""
    count, found = stilted(paths())
    assert len(found) < count * MOST_IN_A_THOUSAND / 1000, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "castmerge check tells it",
        "The value stands there.",
        "Mend the cell",
        "Say --yes to go on",
        "“x” is no number",
        "set it anew",
        "the link is by now old",
        "beside the workbook",
        "as it stands",
        "castmerge has a fault",
        "def test_a_topic_that_is_none_is_missing():",
        "no template is at hand",
    ],
)
def test_a_stilted_turn_is_found(line: str) -> None:
    """The pattern bites."""
    assert TURNS.search(line)


@pytest.mark.parametrize("line", ["there is no such file", "castmerge can't tell", "is no longer there"])
def test_plain_english_is_not_reported(line: str) -> None:
    """Ordinary sentences don't match."""
    assert not TURNS.search(line)
