from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.services.download.filenames import (
    MAX_BYTES,
    UNFINISHED,
    distinct_names,
    folded,
    numbered,
    safe_name,
)

DEVICES = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "COM0", "COM1", "LPT9", "COM¹", "LPT³"]
AWKWARD = st.text(
    st.one_of(st.characters(), st.sampled_from('.. <>:"/\\|?*\x00\x7f\u202e\ud800_pPaArRtT'))
) | st.builds(
    "".join,
    st.lists(
        st.sampled_from([*DEVICES, "con", ".", " ", ".mp4", ".part", "é", "e\u0301", "x" * 90, "각" * 30])
    ),
)
"""Any text, with problematic characters more often than by chance."""


def assert_safe(name: str) -> None:
    """Assert the rules of Windows, macOS and Linux for file names."""
    assert name
    assert len(name.encode()) <= MAX_BYTES
    assert not set(name) & set('<>:"/\\|?*')
    assert not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in name)
    assert name[0] not in " ."
    assert name[-1] not in " ."
    assert name.partition(".")[0].rstrip().upper() not in DEVICES
    assert not name.casefold().endswith(UNFINISHED)
    assert unicodedata.is_normalized("NFC", name)
    assert Path("folder", name).parent == Path("folder")


@given(AWKWARD)
def test_any_text_becomes_a_safe_name(text: str) -> None:
    """Whatever a cell contains, its file name is valid on all systems and stays within the folder."""
    assert_safe(safe_name(text))


@given(AWKWARD)
def test_a_safe_name_is_not_changed(text: str) -> None:
    """Making a name safe a second time changes nothing."""
    assert safe_name(safe_name(text)) == safe_name(text)


@given(AWKWARD, st.integers(1, 99_999))
def test_numbered_names_are_safe(text: str, number: int) -> None:
    """A name with a number is as safe as one without."""
    assert_safe(numbered(safe_name(text), number))


@given(st.lists(AWKWARD | st.sampled_from(["a", "A", "a (2)", "é.mp4", "E\u0301.mp4"]), max_size=12))
def test_names_are_distinct_on_every_drive(texts: list[str]) -> None:
    """Every text gets its own name, even if case and forms of accents don't count."""
    names = distinct_names(texts)
    assert len({folded(name) for name in names}) == len(texts)
    for name in names:
        assert_safe(name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("2-Ana.mp4", "2-Ana.mp4", id="plain name"),
        pytest.param("김민준 🎬.mp4", "김민준 🎬.mp4", id="all scripts"),
        pytest.param("👩\u200d💻.mp4", "👩\u200d💻.mp4", id="emoji"),
        pytest.param("../../etc/passwd", "_.._etc_passwd", id="path out of the folder"),
        pytest.param("C:\\Windows\\x.mp4", "C__Windows_x.mp4", id="drive letter"),
        pytest.param('A<B>|"C"?*.mp4', "A_B___C___.mp4", id="forbidden on Windows"),
        pytest.param("a \t\r\n b.mp4", "a b.mp4", id="line break"),
        pytest.param("Ana\x00\x07\u202e.mp4", "Ana.mp4", id="control characters"),
        pytest.param("half \ud83d.mp4", "half.mp4", id="lone surrogate"),
        pytest.param("Ana. . ", "Ana", id="dots and spaces at the end"),
        pytest.param(".hidden", "hidden", id="a dot in front"),
        pytest.param("con", "_con", id="a device"),
        pytest.param("NUL .tar.gz", "_NUL .tar.gz", id="a device with suffixes"),
        pytest.param("console.mp4", "console.mp4", id="not a device"),
        pytest.param("Ana.PART", "Ana_PART", id="partial file"),
        pytest.param("x" * 175 + ".part of it", "x" * 175 + "_part", id="partial file after truncation"),
        pytest.param("e\u202e\u0301.mp4", "é.mp4", id="accents composed"),
        pytest.param("e\u0301.mp4", "é.mp4", id="accents in one form"),
        pytest.param("", "video", id="empty"),
        pytest.param("...", "video", id="only dots"),
        pytest.param("x" * 300 + ".mp4", "x" * 176 + ".mp4", id="too long keeps its suffix"),
        pytest.param("x" * 300, "x" * 180, id="too long without a suffix"),
        pytest.param("각" * 100 + ".mp4", "각" * 58 + ".mp4", id="truncated between characters"),
    ],
)
def test_a_name_is_made_from_a_text(text: str, name: str) -> None:
    """The name is as close to the text as the systems allow."""
    assert safe_name(text) == name


def test_files_with_one_name_are_numbered() -> None:
    """The first file keeps its name; the others get an unused number before the suffix."""
    wanted = ["Ana.mp4", "ANA (2).mp4", "ana.mp4", "ana.mp4"]
    assert distinct_names(wanted) == ["Ana.mp4", "ANA (2).mp4", "ana (3).mp4", "ana (4).mp4"]


def test_a_number_fits_into_the_longest_name() -> None:
    """A name of maximum length is shortened to make room for its number."""
    assert numbered("x" * 176 + ".mp4", 12) == "x" * 171 + " (12).mp4"
