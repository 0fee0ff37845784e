from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.model import JSON
from merge.project.json_text import parse_json
from merge.project.speech_time import speaking_seconds, spoken_of

SENTENCES = {
    "en": ("Hello Ana, thank you for being with us. Your plan renews in December.", 4, 7),
    "de": ("Hallo Ana, schön, dass Sie bei uns sind. Ihr Vertrag verlängert sich im Dezember.", 4.5, 8),
    "fr": ("Bonjour Ana, merci d’être avec nous. Votre contrat est renouvelé en décembre.", 4, 7),
    "es": ("Hola Ana, gracias por estar con nosotros. Su contrato se renueva en diciembre.", 4, 7),
    "it": ("Ciao Ana, grazie di essere con noi. Il tuo contratto si rinnova a dicembre.", 4, 7),
    "pt": ("Olá Ana, obrigado por estar conosco. Seu contrato será renovado em dezembro.", 4, 7),
    "ja": ("こんにちは、アナさん。ご利用ありがとうございます。契約は十二月に更新されます。", 5, 9),
    "ko": ("안녕하세요, 아나 님. 이용해 주셔서 감사합니다. 계약은 십이월에 갱신됩니다.", 4, 8),
    "zh": ("安娜，您好。感谢您一直以来的支持。您的合同将于十二月续签。", 4.5, 8),
}


@pytest.mark.parametrize("language", SENTENCES)
def test_two_sentences_take_a_few_seconds(language: str) -> None:
    """In every language, the estimate is close to the time of reading them aloud."""
    text, least, most = SENTENCES[language]
    assert least < speaking_seconds(text, language) < most


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        ("Guten Tag", "de", "de-AT"),
        ("Guten Tag", "de", "German"),
        ("Guten Tag", "de", "DE_de"),
        ("こんにちは", "ja", "en"),
        ("안녕하세요", "ko", ""),
        ("您好", "zh", "fr"),
    ],
)
def test_the_language_is_found_by_code_name_or_script(text: str, one: str, other: str) -> None:
    """Japanese text in a project marked English counts as Japanese."""
    assert speaking_seconds(text, one) == speaking_seconds(text, other)


def test_han_is_read_slower_in_chinese_than_in_japanese() -> None:
    """The same characters have the rate of the given language."""
    assert speaking_seconds("更新", "zh") > speaking_seconds("更新", "ja")


def test_digits_take_longer_than_letters() -> None:
    """Each digit is a word."""
    assert speaking_seconds("$1200") > speaking_seconds("abcde") * 3


@given(st.text(), st.text(), st.sampled_from(["", "en", "de", "ja", "xx"]))
def test_times_add_up(first: str, second: str, language: str) -> None:
    """The time is never negative, and that of two texts is the sum."""
    together = speaking_seconds(first + second, language)
    assert together == pytest.approx(speaking_seconds(first, language) + speaking_seconds(second, language))
    assert together >= 0


AVATAR: JSON = {
    "type": "aiModel",
    "script": {"org": "<p>Hello &amp; welcome</p>"},
    "model": {"ai_name": "M1", "emotion": "C1", "language": "de"},
}
SILENT: JSON = {"type": "aiModel", "model": {"ai_name": "M2", "emotion": "C2", "language": "fr"}}


def test_both_kinds_of_script_are_estimated() -> None:
    """The avatar's script and the scene's scripts count, in the language of their speaker."""
    project: JSON = {
        "scenes": [
            dict[str, JSON](clips=[AVATAR, {"type": "image"}]),
            dict[str, JSON](
                clips=[SILENT, AVATAR],
                scripts=[
                    {"org": "<p>Un</p>", "modelId": "M2"},
                    {"org": " "},
                    {"org": "Eins", "modelId": "M1"},
                ],
            ),
            dict[str, JSON](clips=[SILENT], scripts=[{"org": "Deux"}]),
            "no scene",
        ]
    }
    found = [(spoken.scene, spoken.path, spoken.text, spoken.language) for spoken in spoken_of(project)]
    assert found == [
        (0, "$.scenes[0].clips[0].script.org", "Hello & welcome", "de"),
        (1, "$.scenes[1].scripts[0].org", "Un", "fr"),
        (1, "$.scenes[1].scripts[2].org", "Eins", "de"),
        (2, "$.scenes[2].scripts[0].org", "Deux", "fr"),
    ]
    assert spoken_of(project)[0].seconds == speaking_seconds("Hello & welcome", "de")


@pytest.mark.parametrize(
    "text", ["{}", "[]", '{"scenes": {}}', '{"scenes": [{"clips": 7, "scripts": null}]}']
)
def test_a_project_without_scripts_takes_no_time(text: str) -> None:
    """This holds for anything in place of the scenes."""
    assert spoken_of(parse_json(text, place="x")) == ()
