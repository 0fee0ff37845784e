from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import TemplateError
from merge.project.json_text import NumberText, child_path, parse_json, string_spans, strings
from tests.support.json_trees import dump_json

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "number",
    ["367.33333333333337", "1.0", "1.50", "-0", "1E400", "10000000000000000000001", "0.1e-7", "-0.0"],
)
def test_a_number_keeps_every_digit(number: str) -> None:
    """A number is written the way it was read."""
    assert dump_json(parse_json(f'{{"a":[{number}]}}', place="x.json")) == f'{{"a":[{number}]}}'


@given(TREES)
def test_json_is_written_the_way_it_was_read(tree: object) -> None:
    """Any JSON is equal after reading and writing, including the order of keys."""
    text = json.dumps(tree)
    again = dump_json(parse_json(text, place="x.json"))
    assert json.loads(again, object_pairs_hook=list) == json.loads(text, object_pairs_hook=list)


@given(TREES, st.sampled_from([None, 0, 2]), st.booleans())
def test_every_string_is_found_in_its_text(tree: object, indent: int | None, escaped: bool) -> None:
    """Each string value is at its place, however the text is laid out."""
    text = json.dumps(tree, indent=indent, ensure_ascii=escaped)
    spans = string_spans(text)
    found = {path: json.loads(text[start:end]) for path, (start, end) in spans.items()}
    assert found == dict(strings(parse_json(text, place="x.json")))


def test_a_byte_order_mark_is_ignored() -> None:
    """A file that starts with a byte order mark can be read."""
    assert parse_json('\ufeff{"a": "b"}', place="x.json") == {"a": "b"}


@pytest.mark.parametrize("text", ["{", '{"a": NaN}', '{"a" 1}', "", "[" * 100_000], ids=lambda text: text[:8])
def test_invalid_json_is_refused_with_its_file(text: str) -> None:
    """The error for text that isn't JSON names the file."""
    with pytest.raises(TemplateError) as refused:
        parse_json(text, place="welcome.json")
    assert refused.value.place == "welcome.json"


def test_a_syntax_error_names_line_and_column() -> None:
    """The message gives the position of the error."""
    with pytest.raises(TemplateError, match="line 2, column 3"):
        parse_json('{"a": 1,\n  b}', place="x.json")


def test_strings_are_found_with_their_paths() -> None:
    """Every string value has its path; numbers and keys aren't strings."""
    tree = parse_json('{"a": ["x", {"b c": "y", "n": 1}], "z": null}', place="x.json")
    assert list(strings(tree)) == [("$.a[0]", "x"), ('$.a[1]["b c"]', "y")]


def test_a_number_is_kept_as_text() -> None:
    """A number keeps its digits as text."""
    assert parse_json("1.50", place="x.json") == NumberText("1.50")


def test_plain_keys_are_not_quoted_in_paths() -> None:
    """A path is as short as possible."""
    assert child_path("$", "scenes") == "$.scenes"
