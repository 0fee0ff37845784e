"""What is judged of a rendered project before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from merge.model import Problem
from merge.script import is_script, spoken_text

_ADDRESS_FIELDS = ("source_url", "video_url")


def judge(strings: Mapping[str, str]) -> tuple[Problem, ...]:
    """The problems of one rendered project.

    Args:
        strings: its rendered strings by JSON path
    """
    return tuple(_problems(strings))


def _problems(strings: Mapping[str, str]) -> Iterator[Problem]:
    for path, text in strings.items():
        if is_script(path) and not spoken_text(text):
            yield Problem(
                "the avatar would have nothing to say", path, "Fill in the cells that the script uses"
            )
        if path.rpartition(".")[2] in _ADDRESS_FIELDS and not _is_address(text):
            yield Problem(
                f"'{text[:80]}' is no web address", path, "Give the whole address, beginning with https://"
            )


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://", "/")) and not any(letter.isspace() for letter in text)
