from __future__ import annotations

import json
from pathlib import Path

import pytest

from merge.errors import TemplateError
from merge.input.template_file import read_template
from merge.template.document import ProjectOptions, parse_template
from tests.support.callables import MakeTemplate
from tests.support.json_trees import dump_json


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "a list, not one project"),
        ('{"name": "x"}', "no scenes"),
        ('{"scenes": []}', "no scenes"),
        ('{"name": 7, "scenes": [{}]}', "name isn't text"),
    ],
)
def test_json_that_is_not_a_project_is_refused(text: str, why: str) -> None:
    """Other JSON is an error."""
    with pytest.raises(TemplateError, match=why):
        parse_template(text, "x.json")


@pytest.mark.parametrize(
    "wrapped",
    ['{"success": true, "data": %s}', '{"data": {"project": %s}}', '{"result": {"data": %s}}'],
    ids=["data", "project", "result"],
)
def test_a_response_of_the_service_is_unwrapped(wrapped: str) -> None:
    """A saved API response can be used as is."""
    project = '{"name": "V", "scenes": [{"clips": []}]}'

    assert parse_template(wrapped % project, "t.json") == parse_template(project, "t.json")


def test_a_project_without_a_name_gets_the_default_name() -> None:
    """The tag is appended to whatever name there is."""
    assert parse_template('{"scenes": [{}]}', "x.json").tree["name"] == "Default Template"


def test_run_options_change_only_their_own_fields() -> None:
    """Draft, resolution and workspace are set at the top level of the project."""
    template = parse_template('{"name":"x","resolution":"480","scenes":[{"n":1.50}]}', "x.json")
    assert (
        dump_json(template.with_options(ProjectOptions()).tree)
        == '{"name":"x","resolution":"480","scenes":[{"n":1.50}]}'
    )
    asked = json.loads(dump_json(template.with_options(ProjectOptions(True, "4k", "w1")).tree))
    assert asked == {
        "name": "x", "resolution": "4k", "scenes": [{"n": 1.5}], "isExport": False, "workspaceId": "w1",
    }  # fmt: skip


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    """The error names the file."""
    with pytest.raises(TemplateError, match="no such file"):
        read_template(tmp_path / "none.json")


def test_a_template_in_another_encoding_is_refused(tmp_path: Path) -> None:
    """The hint for text that isn't UTF-8 says how to save it."""
    path = tmp_path / "latin.json"
    path.write_bytes('{"name": "é", "scenes": [{}]}'.encode("latin-1"))
    with pytest.raises(TemplateError, match="UTF-8"):
        read_template(path)


def test_a_folder_is_not_a_template(tmp_path: Path) -> None:
    """The error says that it is a folder."""
    with pytest.raises(TemplateError, match="this is a folder"):
        read_template(tmp_path)


def test_shipped_templates_are_projects(root: Path, make_template: MakeTemplate) -> None:
    """Every template in the templates folder, and the one in the tests, can be read."""
    for path in [*(root / "templates").glob("*.json"), make_template()]:
        assert read_template(path).tree["scenes"]
