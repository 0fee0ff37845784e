"""The scripts of a project, and how long avatars take to speak them."""

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
"""Characters per minute by language; for the sources see `speaking_seconds`."""
_DEFAULT_RATE = 700
_DIGIT = 4
"""Letters that a digit or symbol counts for, because it is spoken as a word."""
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
    """One script of a project.

    Attributes:
        scene: the scene's index, from 0
        path: its JSON path
        text: the spoken text, without markup
        language: as the avatar's clip names it (`en`), or ""
        avatar: the `ai_name` of the avatar that speaks it, or ""
    """

    scene: int
    path: str
    text: str
    language: str = ""
    avatar: str = ""

    @property
    def seconds(self) -> float:
        """Return the approximate time to speak it."""
        return speaking_seconds(self.text, self.language)


def speaking_seconds(text: str, language: str = "") -> float:
    """Return the approximate number of seconds that an avatar takes to speak a text, within 20 %.

    Letters are counted rather than words, because words differ in length between languages. European rates
    are three quarters of the letters per minute at which people read aloud (Trauzettel-Klosinski and Dietz
    2012, International Reading Speed Texts: English 987, German 920, French 998, Spanish 1025, Italian 950,
    Portuguese 913), because synthetic voices are slower. Japanese, Korean and Chinese use the rates of
    announcers, 300, 320 and 240 characters per minute; these characters have their own rate in a text of any
    language. A digit or a symbol such as `%` counts as a word.

    Args:
        text: the spoken text, without markup
        language: a code (`de`, `pt-BR`) or an English name; an average is used for "" or an unknown one
    """
    code = _code(language)
    return 60 * sum(_minutes(letter, code) * times for letter, times in Counter(text).items())


def spoken_of(project: JSON) -> tuple[Spoken, ...]:
    """Return the scripts of a project in the order in which they are spoken.

    These are a scene's `scripts[]` if any has text (a conversation has several), else the `script` of its
    aiModel clips.
    """
    scenes = items_of(project, "scenes")
    return tuple(spoken for number, scene in scenes for spoken in _of_scene(number, scene))


def _of_scene(number: int, scene: dict[str, JSON]) -> tuple[Spoken, ...]:
    return tuple(speech_in_scripts(number, scene)) or tuple(speech_in_clips(number, scene))


def speech_in_scripts(number: int, scene: dict[str, JSON]) -> Iterator[Spoken]:
    """Yield the scripts in a scene's `scripts[].org`, the newer place."""
    languages = _languages(scene)
    for index, script in items_of(scene, "scripts"):
        words = spoken_text(text_of(script, "org"))
        avatar = text_of(script, "modelId") or next(iter(languages), "")
        language = languages.get(avatar, "")
        if words:
            yield Spoken(number, f"$.scenes[{number}].scripts[{index}].org", words, language, avatar)


def speech_in_clips(number: int, scene: dict[str, JSON]) -> Iterator[Spoken]:
    """Yield the scripts in the `script.org` of a scene's aiModel clips, the older place."""
    for index, clip in items_of(scene, "clips"):
        model, script = clip.get("model"), clip.get("script")
        words = spoken_text(text_of(script, "org"))
        if words and clip.get("type") == "aiModel":
            path = f"$.scenes[{number}].clips[{index}].script.org"
            yield Spoken(number, path, words, text_of(model, "language"), text_of(model, "ai_name"))


def _languages(scene: dict[str, JSON]) -> dict[str, str]:
    """Return the language of each avatar of a scene, in order."""
    models = (clip.get("model") for _, clip in items_of(scene, "clips") if clip.get("type") == "aiModel")
    return {text_of(model, "ai_name"): text_of(model, "language") for model in models}


def language_code(language: str) -> str:
    """Return the BCP 47 code of a language that a clip names (`pt_BR`, `German`); "" stays ""."""
    name = language.strip()
    return _NAMES.get(name.casefold()) or name.replace("_", "-")


def _code(language: str) -> str:
    return language_code(language).casefold().partition("-")[0]


def _minutes(letter: str, code: str) -> float:
    return _letters(letter) / _RATES.get(_script(letter, code) or code, _DEFAULT_RATE)


def _script(letter: str, language: str) -> str:
    """Return the language whose rate a letter has in any text, or ""."""
    code = ord(letter)
    if code < 0x1100:  # noqa: PLR2004 - where Hangul begins; everything before it is alphabetic
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
