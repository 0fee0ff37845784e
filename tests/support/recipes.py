"""The recipes of README and documentation as files: each code block is found by a word that it contains."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from tests.support.paths import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "merge" / "docs").glob("*.md"))]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
THERE = "/srv/campaign"
"""The folder that the recipes use for the campaign."""


def blocks(language: str) -> list[str]:
    """Every code block in a language, in the order of the pages."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def block(language: str, word: str) -> str:
    """The only code block in a language that contains a word."""
    [found] = [text for text in blocks(language) if word in text]
    return found


def campaign(folder: Path) -> Path:
    """The folder of the recipes, with a castmerge command that runs this one."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    shutil.copy(ROOT / "example_sheets" / "customers.xlsx", folder)
    shutil.copy(ROOT / "templates" / "welcome.json", folder)
    program = programs / "castmerge"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m merge "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    return folder


def main() -> None:
    """Write a recipe to a file: `recipes.py LANGUAGE WORD FILE CAMPAIGN`, for use by other programs."""
    language, word, file, there = sys.argv[1:]
    text = block(language, word).replace(THERE, there).replace("poke_interval=120", "poke_interval=1")
    Path(file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
