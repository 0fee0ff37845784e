"""Values that stand for a missing one: `N/A`, `xxx`, `[Name]`, `text to follow`, `Customer 1`.

Whole values are in `content_words`; this module has patterns for those that no list can complete.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from unicodedata import normalize

from merge.checks.column_role import NAMES, ColumnRole, is_of_first_names, role_of
from merge.checks.content_words import (
    ANY,
    ANYBODY,
    FREE_AMOUNTS,
    LEFT_TO_PROJECT_CHECKS,
    OF_NO_COMPANY,
    ONLY_FOR_NAMES,
    SAME_HEADERS,
    STAND_INS,
    SURNAMES_TOO,
    TEST_WORDS,
    TITLES,
    UNKNOWN,
)
from merge.checks.fault import Fault, quoted
from merge.checks.warning import WarningKind

_OUTER: Final = " \t\n\u00a0.…!:;,*'\"“”"
_LONGEST_MASH: Final = 16
_KEYBOARD: Final = re.compile(
    r"asdf|sdfg|dfgh|fghj|ghjk|hjkl|jklö|lkjh|fdsa|qwer[tz]?|wertz|zxcv|xcvb|yxcv|poiuy|йцук|фыва",
    re.IGNORECASE,
)
_SAME_LETTERS: Final = re.compile(r"([^\W\d_])\1{2,}")
_LONE_JAMO: Final = re.compile("[ㄱ-ㅣ]{2,}")
_NO_VOWEL: Final = re.compile(r"[bcdfghjklmnpqrstvwxz]{6,}", re.IGNORECASE)
_FEWEST_DIGITS: Final = 6
_FEWEST_OF_A_PHONE: Final = 3
_FEW_WORDS: Final = 3
_SHORT: Final = 8
_LONG: Final = 80
_PLAIN: Final = re.compile(r"(?>(?:[A-Za-z0-9]++[ .'-]{0,2}+)+)|[^\W\d_]+(?:[ '’.-]{1,2}[^\W\d_]+)*\.?")
"""Words without symbols in which something could be enclosed."""
_WHOLE_BRACKETS: Final = re.compile(r"[\[<{(«（【]+\s*([^\[\]<>{}()«»（）【】]{1,60})\s*[\]>})»）】]+")
_BLANK_WITHIN: Final = re.compile(
    r"\[(?:[^\]]*(?:name|nombre|nom|naam)[^\]]*|[a-z][a-z _-]{2,25}|…|\.\.\.|x+|_+)\]|\{[^{}\n]{1,40}\}"
    r"|<<[^<>\n]{1,40}>>|<[^<>]*name[^<>]*>"
    r"|%+[a-z_]*name%+|\$\{?[a-z_]*name\}?|\*\|\w+\|\*|_{3,}",
    re.IGNORECASE,
)
_STAND_IN_WITHIN: Final = re.compile(
    r"(?:^|\s)(?:N/A|TBD|TBC|TBA|XX+|\?{2,})(?=[\s,.!]|$)|\blorem ipsum\b|^(?:dear|hello|hi|hallo|hola"
    r"|bonjour|ciao|liebe[rs]?|beste) (?:\w+\.? )?\?|[$€£]\?"
    r"|(?:^|[\s$€£])xx+(?:[.,:]xx+)?(?=\s?%|[\s.,]|$)|[○●〇◯]{2,}|[-_]x{3,}$|[-_]\?{2,}$",
    re.IGNORECASE,
)
_STAND_IN_AT_THE_END: Final = re.compile(
    r"\s(?:N/A|TBD|TBC|TBA|XX{2,}|\?{2,})$|[○●〇◯]{2,}|(?-i:\bx{3,}\b)|\bx{4,}\b", re.IGNORECASE
)
"""A company's name, which may begin with such a word: `TBC Bank`."""

_UNWRITTEN: Final = re.compile(
    r"(?:neu|stamm|lauf|alt|bar|privat|bestands)(?:kund\w+|verkauf)|insert(?: [^\W\d_]+){1,3}|(?:draft"
    r"|entwurf) ?\d+|test\w* (?:mc)?test\w*"
)
_FULL_WIDTH: Final = re.compile("[\uff01-\uff5e]")
_STAND_IN_FIRST: Final = re.compile(r"(?:n/a|tbd|tbc|tba)\s*[-–—(:;,]", re.IGNORECASE)
"""Such a word with a remark: `N/A (private)`."""
_LACKING: Final = re.compile(
    r"[^\W\d_]+ (?:fehlt(?: noch)?|unbekannt|missing|unknown|needed|required|manquante?|inconnue?|falta"
    r"|faltante"
    r"|manca|mancante|em falta|ontbreekt|brakuje|chybí|saknas|mangler|puuttuu|eksik)"
)
_THING: Final = (
    r"(?:text|message|offer|name|copy|note|quote|title|headline|image|logo|product|item|company|customer"
    r"|client|user"
    r"|person|persoon|event|value|data|date|amount|price|address)"
)
_TEXT_TO_COME: Final = re.compile(
    rf"(?:[^\W\d_]+ ){{0,2}}{_THING} (?:goes |comes )?(?:here|later|tbd|tbc|to (?:come|follow))"
    rf"|(?:insert|enter|add|type|write|put|fill in)(?: [^\W\d_]+){{0,3}} (?:{_THING}|here)(?: here)?"
    rf"|(?:sample|dummy|placeholder|example|test) {_THING}(?: \d+)?"
    r"|(?:hier|ici|aquí|qui|aqui) (?:[^\W\d_]+ ){0,2}(?:einfügen|eintragen|insérer|insertar|inserire"
    r"|inserir)"
    r"|(?:texte?|texto|testo|tekst|nombre|nom|nome|cliente?|kund[ae]) (?:de |d'|di |à |a |por "
    r"|da )?(?:\w+ )?"
    r"(?:folgt|kommt(?: noch)?|venir|definir|definire|ejemplo|exemple|exemplo|esempio|relleno|prueba"
    r"|prova|teste|volgt)"
    r"|(?:name|nom|nombre|nome|naam) (?:of|de|del|della|dell'|der|des|do|da|van) ?(?:the |la |l'|il |el "
    r"|het |de )?\w+"
    r"|ここに.{1,10}(?:入ります|入力)|(?:请|請)?在?此[处處].{1,6}|(?:blindtext|fülltext)(?: (?:blindtext"
    r"|fülltext))*"
    r"|(?:muster|beispiel|example|sample|ejemplo|exemple|esempio|voorbeeld)"
    r" (?:gmbh|ag|kg|ltd|llc|inc|corp|co|sa|sl|sarl|srl|spa|bv|company|corporation)\.?"
    r"|(?:muster|beispiel|test)(?:firma|kunde|mann|frau|stadt|ort|stra(?:ß|ss)e|gmbh|ag|weg|text|name"
    r"|adresse|daten|eintrag)(?: [\w&.]{1,8})?"
    r"|(?:dd|tt|jj|mm|gg)[/. -](?:mm|dd)[/. -](?:yy|yyyy|jjjj|aaaa|aa)",
    re.IGNORECASE,
)
"""Phrases that say that the text is still to be written."""
_UNSETTLED: Final = re.compile(
    r"\w{1,6} ?(?:未定|不明|未入力|待定|未知|未确定)|\w{1,6} (?:미정|없음|불명|모름|미상)|(?:暂未|暂无"
    r"|尚未)\w{1,4}|某\w{1,3}"
)
_NUMBERED: Final = re.compile(r"([^\W\d_]+) (?:\d{1,4}|[A-Z]|X{1,3}|ABC|XYZ)")
"""A number in place of a person's name: `Customer 12`, `Mme X`."""
_BETWEEN_TITLES: Final = TITLES | {"and", "&", "und", "et", "y", "e", "en", "or", "oder", "/"}
_NOTHING: Final = re.compile(
    r"(?:no|aucune?|nessun[oa]?|ning[uú]n[oa]?|nenhuma?|pas de|keine?r?|sin|sans|senza|sem|geen|bez"
    r"|utan|uten|uden|ilman|brak|žádn[ýáé]"
    r"|без) (?:e-)?[^\W\d_]{3,}(?: [^\W\d_-]+){0,2}\W*"
    r"|(?:[^\W\d_]+ ){0,3}(?:no longer|nicht mehr|ya no|niet meer|non [^\W\d_]+ più|n'[^\W\d_]+ plus"
    r"|não [^\W\d_]+ mais)"
    r"(?: [^\W\d_]+){0,2}|(?:same|igual|lo mismo|wie|comme|come|igual a|zelfde) (?:as|que"
    r"|als)? ?(?:above|before|arriba|oben"
    r"|vorher|avant|sopra|acima|boven)"
    r"|none (?:at|yet|so|for|right) [^\W\d_].*"
    r"|(?:not|nicht|non|niet|ikke|ej|ei|não|nie|nem|не|δεν) (?:\w+ )?[^\W\d_]{3,}"
    r"|(?:yet )?to be [^\W\d_]+|(?:noch|nog|wird|ancora|encore|todavía|aún|ainda|zatím|ещё"
    r"|еще) (?:[^\W\d_]+ ?){1,4}"
    r"|(?:à|a|da|por|para|do|te|zu|ska|må|skal) [^\W\d_]{4,}(?:er|ir|re|ar|en|nia|as|es)(?: [^\W\d_]+){0,2}"
    r"|(?:see|siehe|s\.|voir|ver|véase|vedi|zie|se|patrz|viz|katso|bkz\.?|см\.?) (?:[^\W_.]+ ?){1,3}"
    r"|(?:somewhere|someone|whoever|wherever|irgendwo|irgendjemand|quelque part|quelqu.un|ergens"
    r"|iemand)\b.*"
    r"|\w+ comes later|(?:nobody|nothing|niemand|nadie|personne) [^\W\d_]+"
)
"""Lower-case beginnings that say that there's nothing, not yet, or elsewhere."""
_BOTH_FORMS: Final = re.compile(
    r"\b(?:Herr/Frau|Frau/Herr|Mr\.?/Mr?s\.?|Ms\.?/Mr\.?|Mrs\.?/Mr\.?|Sir/Madam|M\./Mme|Monsieur/Madame"
    r"|Madame/Monsieur|Sr\.?/Sra\.?|Señor/Señora|Sig\.?/Sig\.?ra|geehrte(?:r/|/r|\(r\))|Liebe(?:r/|/r"
    r"|\(r\))"
    r"|Cher/Chère|Cher\(e\)|Chère/Cher|Estimad[oa](?:/[oa]|\(a\))|Querid[oa](?:/[oa]|\(a\))|Car[oa]/[oa]"
    r"|Prezad[oa](?:/[oa]|\(a\)))",
    re.IGNORECASE,
)
"""A greeting in which nobody chose one of two forms."""
_WORD_TO_REPLACE: Final = re.compile(
    r"\b(?:FIRST ?NAME|LAST ?NAME|NAME|CITY|COMPANY|DATE|AMOUNT|PRODUCT|VORNAME|NACHNAME|FIRMA|STADT"
    r"|NOMBRE|EMPRESA"
    r"|PRÉNOM|NOM|SOCIÉTÉ|NOME|COGNOME|AZIENDA|NAAM|BEDRIJF)\b"
)
"""A name for a value, in capitals: `Hi NAME`."""
_GREETING: Final = re.compile(
    r"(?:dear|hello|hi|hallo|guten tag|sehr geehrte[rn]?|liebe[r]?|hola|estimad[oa]|bonjour|ch(?:er|ère)"
    r"|car[oa]|gentile"
    r"|prezad[oa]|beste|geachte)(?: ([^\W\d_]+\.?))?[ ,.…]*",
    re.IGNORECASE,
)
_PARTS: Final = (
    *(
        "tbd",
        "tbc",
        "tba",
        "xx",
        "lorem",
        "text",
        "tekst",
        "testo",
        "here",
        "insert",
        "enter",
        "write",
        "fill in",
    ),
    *("copy", "message", "blindtext", "fülltext", "muster", "beispiel", "sample", "dummy", "placeholder"),
    *(
        "example",
        "add ",
        "type",
        "test ",
        "name d",
        "nam d",
        "nom d",
        "naam d",
        "name ",
        "naam ",
        "clien",
        "kund",
    ),
    *("geehrte", "estimad", "prezad", "put ", "ここに", "此"),
)
_BEGINNINGS: Final = (
    *(
        "dear",
        "hello",
        "hi ",
        "hi,",
        "hallo",
        "guten",
        "liebe",
        "hola",
        "bonjour",
        "cher",
        "chèr",
        "caro",
        "cara",
    ),
    *("gentile", "beste", "geachte", "hier", "ici", "aqu", "qui", "nombre d"),
)
_ENDINGS: Final = ("later", "follow", "text")
"""A plain text without any of these can't be one that is still to be written."""


def stand_in_fault(text: str) -> Fault:
    """The fault of a value that stands for a missing one."""
    return Fault(
        WarningKind.STAND_IN,
        f"{quoted(text)} looks like a placeholder for a missing value",
        "Write the real value, or clear the cell and give the template a default",
    )


def is_stand_in(text: str, role: ColumnRole, header: str) -> bool:
    """Whether a text stands for a missing value in a column."""
    bare = text.strip(_OUTER)
    if _FULL_WIDTH.search(bare):
        bare = normalize("NFKC", bare)
    folded = " ".join(bare.casefold().replace("\\", "/").split())
    free = folded in FREE_AMOUNTS and role in {ColumnRole.AMOUNT, ColumnRole.COUNT, ColumnRole.SHARE}
    if folded in LEFT_TO_PROJECT_CHECKS or free:
        return False
    if (
        role is ColumnRole.PERSON
        and is_of_first_names(header)
        and len(bare) == 1
        and text.strip().endswith(".")
    ):
        return True
    no_company = role is ColumnRole.COMPANY and folded.rstrip("? ") in OF_NO_COMPANY
    if no_company or _is_listed(text, bare, folded, role, header) or folded in of_header(header):
        return True
    if role is not ColumnRole.CODE and any(
        is_mash(word, name=role in NAMES and word == bare) for word in _words_to_try(bare, folded)
    ):
        return True
    if (
        _UNSETTLED.fullmatch(folded)
        or _is_row_of_digits(bare, role)
        or _is_of_nobody(bare, folded, role, header)
    ):
        return True
    lacking = _LACKING.fullmatch(folded) or (bare[:1].islower() and _NOTHING.fullmatch(bare))
    of_text = lacking and folded.startswith(
        ("text", "name", "nom", "date", "dato", "photo", "foto", "image", "bild")
    )
    if (lacking and (of_text or role is not ColumnRole.OTHER)) or _UNWRITTEN.fullmatch(folded):
        return True
    if _PLAIN.fullmatch(text) and not needs_a_look(folded):
        return False
    return _has_stand_in(text, folded, role)


def is_to_replace(word: str) -> bool:
    """Whether a word is the name of a value: `NAME`."""
    return bool(_WORD_TO_REPLACE.fullmatch(word))


def needs_a_look(folded: str) -> bool:
    """Whether casefolded words without symbols may be a text that is still to be written."""
    return (
        folded.startswith(_BEGINNINGS) or folded.endswith(_ENDINGS) or any(part in folded for part in _PARTS)
    )


def _is_listed(text: str, bare: str, folded: str, role: ColumnRole, header: str) -> bool:
    """Whether it is in the list, with or without dots and spaces: `k. A.`."""
    whole = " ".join(text.casefold().split())
    short = len(folded) <= _SHORT and ("".join(folded.split()) in STAND_INS)
    return (short or folded in STAND_INS or whole in STAND_INS) and _counts(folded, bare, role, header)


def _is_surname(folded: str, bare: str, header: str) -> bool:
    """Whether a word that may be a stand-in is a name: Mr. Friend, but nobody's first name is Friend."""
    may_be = bare.isalpha() and bare.istitle() and folded in SURNAMES_TOO
    return may_be and not (folded in ANYBODY | TITLES and is_of_first_names(header))


def _counts(folded: str, bare: str, role: ColumnRole, header: str) -> bool:
    """Whether a word that may be a stand-in is one here; `Test` is also a surname."""
    is_name = bare.isalpha() and bare.istitle()
    if _is_surname(folded, bare, header):
        return False
    if folded in ONLY_FOR_NAMES:
        as_word = role is ColumnRole.COMPANY and bare == bare.lower()
        return as_word or role not in {ColumnRole.OTHER, ColumnRole.COMPANY} or folded.endswith("name")
    # Companies have names like Placeholder or Foo.
    return role is not ColumnRole.COMPANY or not is_name or folded in UNKNOWN


@lru_cache(maxsize=512)
def of_header(header: str) -> frozenset[str]:
    """Whether a text says no more than a header does: `Product`, `product name`, `your product`."""
    folded = " ".join(header.casefold().split())
    same = next((names for names in SAME_HEADERS if folded in names), frozenset[str]())
    if not same and role_of(header) is ColumnRole.PERSON:
        same = same.union(*SAME_HEADERS[:3])
    beginning = folded.rpartition(" ")[0]
    initials = "".join(word[0] for word in folded.split())
    return (
        same
        | {
            folded,
            f"{folded} name",
            f"{folded} title",
            f"{folded} here",
            f"your {folded}",
            f"{folded}name",
            f"{folded}名",
        }
        | {beginning or folded, initials if len(initials) > 2 else folded}  # noqa: PLR2004 - such as CTA
    )


def _words_to_try(bare: str, folded: str) -> list[str]:
    """The words that may be random keys: the only one, or each of a few if there are adjacent keys."""
    if " " not in folded:
        return [bare]
    few = len(folded) <= _LONGEST_MASH and _KEYBOARD.search(folded)
    return bare.split() if few else []


def is_mash(word: str, *, name: bool) -> bool:
    """Whether somebody typed random keys: `xxx`, `asdf`, `sdkfjhg`."""
    folded = word.casefold()
    if folded in {"x", "xx"}:
        return word.islower() or folded == "xx"
    if _SAME_LETTERS.fullmatch(folded) or _LONE_JAMO.fullmatch(folded):
        return True
    if len(folded) <= _LONGEST_MASH and _KEYBOARD.search(folded):
        return len(_KEYBOARD.sub("", folded)) <= len(folded) / 2
    return name and bool(_NO_VOWEL.fullmatch(folded)) and not word.isupper()


def _is_row_of_digits(bare: str, role: ColumnRole) -> bool:
    """Whether it is too short for a phone number, repeats one digit, or counts up."""
    digits = re.sub(r"[\s()/+.-]", "", bare)
    if not digits.isdigit() or (role is not ColumnRole.PHONE and role not in NAMES):
        return False
    if role is ColumnRole.PHONE and len(digits) < _FEWEST_OF_A_PHONE:
        return True
    return len(digits) >= _FEWEST_DIGITS and (len(set(digits)) == 1 or digits in "01234567890123456789")


def _is_of_nobody(bare: str, folded: str, role: ColumnRole, header: str) -> bool:
    """Whether it names an unknown, an arbitrary or a test item: `unknown model`, `Guest User`, `test item`.

    Unknown Worlds and Test Kitchen are companies.
    """
    words, small = bare.split(), folded.split()
    if len(words) > 1 and (TEST_WORDS.issuperset(small) or (len(set(small)) == 1 and small[0] in STAND_INS)):
        return True
    if role is ColumnRole.OTHER and len(words) == 1:
        return False
    if (
        role is ColumnRole.PERSON
        and not _is_surname(folded, bare, header)
        and (_is_title(small) or _is_anybody(small))
    ):
        return True
    if role is ColumnRole.COMPANY and bare.islower() and len(words) > 1 and _is_anybody(small):
        return True
    if role in NAMES | {ColumnRole.COMPANY}:
        numbered = _NUMBERED.fullmatch(bare)
        if numbered and numbered[1].casefold() in ANYBODY | TITLES:
            return True
    if (
        role not in {ColumnRole.OTHER, ColumnRole.COMPANY}
        and small
        and _begins_with_test(small[0])
        and len(small[0]) > 1
    ):
        return True
    if not 1 < len(words) <= _FEW_WORDS:
        return False
    tests = role is not ColumnRole.OTHER and words[0] in TEST_WORDS
    of_anybody = not TEST_WORDS.isdisjoint(small) and not ANYBODY.isdisjoint(set(small) - TEST_WORDS)
    unknown = any(word in UNKNOWN for word in words) or all(word in UNKNOWN for word in small)
    return unknown or tests or (of_anybody and role is not ColumnRole.OTHER)


def _is_title(words: list[str]) -> bool:
    return _BETWEEN_TITLES.issuperset(words) and not TITLES.isdisjoint(words)


def _is_anybody(words: list[str]) -> bool:
    return ANYBODY.issuperset(words) or (words[0] in ANY and ANYBODY.issuperset(words[1:]) and len(words) > 1)


def says_nothing(text: str) -> bool:
    """Whether a text in small letters is a known stand-in, or says that there's nothing: `to be hired`."""
    return text in STAND_INS or (text[:1].islower() and bool(_NOTHING.fullmatch(text)))


def _begins_with_test(word: str) -> bool:
    """Whether a word in Chinese, Japanese or Korean letters begins like `テスト太郎`."""
    return word.startswith(("テスト", "테스트", "测试", "測試", "サンプル", "ダミー", "샘플"))


def _has_stand_in(text: str, folded: str, role: ColumnRole) -> bool:
    """Whether a text consists of symbols, is in brackets, or has a blank to fill in: `Dear [Name]`."""
    if folded.startswith("lorem ipsum") or not any(map(str.isalnum, text)) or _TEXT_TO_COME.fullmatch(folded):
        return True
    if role is not ColumnRole.OTHER and _STAND_IN_FIRST.match(text):
        return True
    if role is ColumnRole.COMPANY:
        return bool(_WHOLE_BRACKETS.fullmatch(text.strip()) or _STAND_IN_AT_THE_END.search(text))
    greeting = _GREETING.fullmatch(text.strip()) if len(text) <= _LONG else None
    if greeting and (greeting[1] is None or greeting[1].casefold() in TITLES | ANYBODY):
        return " " in text.strip() or text.rstrip().endswith((",", "...", "…"))
    if _BOTH_FORMS.search(text) or (_WORD_TO_REPLACE.search(text) and not text.isupper()):
        return True
    brackets = _WHOLE_BRACKETS.fullmatch(text.strip())
    if brackets and any(map(str.isalpha, brackets[1])):
        return True
    return len(text) <= _LONG and bool(_BLANK_WITHIN.search(text) or _STAND_IN_WITHIN.search(text))
