"""Lists and templates as people send them, faults included, and what castmerge says about each.

`tests/data/field` has the files and `tests/data/field_answers.json` the reviewed answers;
`CASTMERGE_NEW_ANSWERS=1` writes them again, for review.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.callables import Castmerge, MakeTemplate, MakeWorkbook
from tests.support.paths import DATA

FIELD = DATA / "field"
ANSWERS = DATA / "field_answers.json"
LIST = (
    "<p>Hello {{ nickname | default(first_name) }}. Your {{ Plan | default('') }} plan renews on "
    "{{ Renewal Date }}: {{ Amount Due }}.</p>"
)
CSV = "<p>Hello {{ Name }} of {{ City }}.</p>"
PEOPLE: list[list[str | float | bool | None]] = [
    ["Customer ID", "First Name", "Last Name", "Nickname", "Plan", "Amount Due", "Renewal Date", "City"],
    ["C-1", "Olivia", "Bennett", None, "Premium", "$1,200.00", "December 1, 2026", "Rome"],
    ["C-2", "Mateo", "Alvarez", "Teo", "Basic", "$96.00", "December 4, 2026", "Paris"],
]
WELCOME = "<p>Hi {{ First Name }} of {{ City }}.</p>"


def _answer(castmerge: Castmerge, folder: Path, source: Path, template: Path) -> str:
    """What `check` says, without the folder's name."""
    ran = castmerge("check", source, "-t", template, "--simulate")
    said = (ran.out + ran.err).replace(f"{folder}{os.sep}", "").replace(str(folder), "FOLDER")
    return f"exit {ran.code}\n{said.strip()}"


@pytest.fixture
def answers(
    castmerge: Castmerge, make_workbook: MakeWorkbook, make_template: MakeTemplate, tmp_path: Path
) -> Mapping[str, str]:
    """What castmerge says about every file."""
    found = {}
    people = make_workbook(PEOPLE)
    templates = {"marketing": make_template(LIST, "list.json"), "csv": make_template(CSV, "csv.json")}
    welcome = make_template(WELCOME, "welcome.json")
    for template in (*templates.values(), welcome):
        text = template.read_text(encoding="utf-8")
        template.write_text(text.replace("{{ name }}", "Welcome"), encoding="utf-8")
    for room in ("marketing", "csv", "templates", "values"):
        folder = tmp_path / room
        shutil.copytree(FIELD / room, folder)
        for path in sorted(folder.iterdir()):
            if path.suffix == ".json" and room != "values":
                source, template = people, path
            elif path.suffix == ".json":
                continue
            else:
                own = path.with_suffix(".json")
                source, template = path, own if own.exists() else templates.get(room, welcome)
            found[f"{room}/{path.name}"] = _answer(castmerge, tmp_path, source, template)
    return found


def test_each_field_file_has_its_reviewed_answer(answers: Mapping[str, str]) -> None:
    """All files have the answer that was last reviewed, and none is an internal error."""
    if os.environ.get("CASTMERGE_NEW_ANSWERS"):
        ANSWERS.write_text(json.dumps(answers, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert not [name for name, answer in answers.items() if answer.startswith("exit 70")]
    assert answers == json.loads(ANSWERS.read_text(encoding="utf-8"))
