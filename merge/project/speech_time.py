"""What will be spoken of a project, and how long that takes."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from merge.model import JSON
from merge.project.scripts import spoken_text
from merge.project.tree import items_of, text_of

_RATES = {
    "en": 740,
    "de": 690,
    "fr": 750,
    "es": 770,
    "it": 710,
    "pt": 685,
    "ja": 300,
    "ko": 320,
    "zh": 240,
}
"""Letters a minute; see `speaking_seconds`."""
_OTHER = 700
_DIGIT = 4
"""A digit is said as a word of about so many letters."""
_SIGNS = frozenset("%€$£¥&@+=#§°")
_NAMES = {
    "english": "en",
    "german": "de",
    "french": "fr",
    "spanish": "es",
    "italian": "it",
    "portuguese": "pt",
    "japanese": "ja",
    "korean": "ko",
    "chinese": "zh",
}


@dataclass(frozen=True, slots=True)
class Spoken:
    """One script of a project, as it is said.

    Attributes:
        scene: the scene's index, from 0
        path: where the script stands
        text: its words, without markup
        language: as the avatar's clip names it (`en`), or ""
        avatar: the `ai_name` of who says it, or ""
    """

    scene: int
    path: str
    text: str
    language: str = ""
    avatar: str = ""

    @property
    def seconds(self) -> float:
        """About how long it takes to say."""
        return speaking_seconds(self.text, self.language)


def speaking_seconds(text: str, language: str = "") -> float:
    """About how long an avatar takes to say a text, give or take a fifth.

    Letters of a word are counted, not words, so that long German words count for what they are. European
    rates are three quarters of the letters a minute at which people read aloud (Trauzettel-Klosinski and
    Dietz 2012, the International Reading Speed Texts: English 987, German 920, French 998, Spanish 1025,
    Italian 950, Portuguese 913): a synthetic voice speaks to be understood at once. Japanese, Korean and
    Chinese go by what announcers keep to, 300, 320 and 240 characters a minute; such characters count at
    their own rate in a text of any language. A digit or a sign like `%` counts for a word.

    Args:
        text: what is said, without markup
        language: a code (`de`, `pt-BR`) or an English name; "" or an unknown one takes an average
    """
    code = _code(language)
    return 60 * sum(_minutes(letter, code) * times for letter, times in Counter(text).items())


def spoken_of(project: JSON) -> tuple[Spoken, ...]:
    """Every script of a project in the order in which it is said, from whichever place it stands in.

    A scene's own `scripts[]` count where they hold any text (a conversation has several); else the `script`
    of its aiModel clips.
    """
    scenes = items_of(project, "scenes")
    return tuple(spoken for number, scene in scenes for spoken in _of_scene(number, scene))


def _of_scene(number: int, scene: dict[str, JSON]) -> tuple[Spoken, ...]:
    return tuple(said_in_scripts(number, scene)) or tuple(said_in_clips(number, scene))


def said_in_scripts(number: int, scene: dict[str, JSON]) -> Iterator[Spoken]:
    """What the newer place says: the scene's `scripts[].org`."""
    languages = _languages(scene)
    for index, script in items_of(scene, "scripts"):
        words = spoken_text(text_of(script, "org"))
        avatar = text_of(script, "modelId") or next(iter(languages), "")
        language = languages.get(avatar, "")
        if words:
            yield Spoken(number, f"$.scenes[{number}].scripts[{index}].org", words, language, avatar)


def said_in_clips(number: int, scene: dict[str, JSON]) -> Iterator[Spoken]:
    """What the older place says: the aiModel clips' `script.org`."""
    for index, clip in items_of(scene, "clips"):
        model, script = clip.get("model"), clip.get("script")
        words = spoken_text(text_of(script, "org"))
        if words and clip.get("type") == "aiModel":
            path = f"$.scenes[{number}].clips[{index}].script.org"
            yield Spoken(number, path, words, text_of(model, "language"), text_of(model, "ai_name"))


def _languages(scene: dict[str, JSON]) -> dict[str, str]:
    """The language of each avatar of a scene, in their order."""
    models = (clip.get("model") for _, clip in items_of(scene, "clips") if clip.get("type") == "aiModel")
    return {text_of(model, "ai_name"): text_of(model, "language") for model in models}


def _code(language: str) -> str:
    folded = language.strip().casefold()
    return _NAMES.get(folded) or folded.replace("_", "-").partition("-")[0]


def _minutes(letter: str, code: str) -> float:
    return _letters(letter) / _RATES.get(_script(letter, code) or code, _OTHER)


def _script(letter: str, language: str) -> str:
    """The language whose rate a letter has by itself, or ""."""
    code = ord(letter)
    if code < 0x1100:  # noqa: PLR2004 - where Hangul begins; all before it is alphabetic
        return ""
    if 0x3040 <= code <= 0x30FF:  # noqa: PLR2004 - kana
        return "ja"
    if 0xAC00 <= code <= 0xD7A3 or code <= 0x11FF:  # noqa: PLR2004 - Hangul
        return "ko"
    if 0x3400 <= code <= 0x9FFF or 0x20000 <= code <= 0x3FFFF:  # noqa: PLR2004 - Han, read in Japanese too
        return "ja" if language == "ja" else "zh"
    return ""


def _letters(letter: str) -> int:
    kind = unicodedata.category(letter)[0]
    if kind == "N" or letter in _SIGNS:
        return _DIGIT
    return 1 if kind == "L" else 0
