"""The encoding of a CSV file: UTF-8 and UTF-16 are certain, any other is given, remembered or confirmed.

A guess is never used without asking, because a wrong one still consists of letters: Łukasz becomes £ukasz. It
is shown with values from the file, so that the user can tell which of them are spelled right.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from merge.errors import EncodingError, InputError, WorkbookError
from merge.model import EncodingGuess

UTF_8 = "utf-8"
SAVE_AS_UTF8 = "In Excel, use File > Save As > CSV UTF-8."

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", UTF_8),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_OTHER_KINDS = (
    (b"PK", "an Excel workbook or another zip file", "Rename it so that it ends in .xlsx."),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel workbook (.xls)",
        "In Excel, use File > Save As > Excel Workbook (.xlsx).",
    ),
    (b"%PDF", "a PDF", "Use the table that it was made from."),
    (b"<", "a web page or an XML file", "Open it in Excel, and use File > Save As > Excel Workbook (.xlsx)."),
    (b"{", "a JSON file", "Use a workbook (.xlsx) or a CSV file."),
)
_NAMES = {
    "cp1252": "Western Windows",
    "cp1250": "Central European Windows",
    "cp1251": "Cyrillic Windows",
    "cp1253": "Greek Windows",
    "cp1254": "Turkish Windows",
    "cp1255": "Hebrew Windows",
    "cp1256": "Arabic Windows",
    "cp1257": "Baltic Windows",
    "cp1258": "Vietnamese Windows",
    "cp874": "Thai Windows",
    "cp932": "Japanese Windows",
    "cp949": "Korean Windows",
    "gb18030": "simplified Chinese",
    "big5hkscs": "traditional Chinese",
    "euc_jis_2004": "Japanese Unix",
    "iso2022_jp_2": "Japanese mail",
    "iso2022_jp_ext": "Japanese mail",
    "iso2022_kr": "Korean mail",
    "johab": "Korean DOS",
    "cp850": "Western DOS",
    "cp858": "Western DOS with the euro sign",
    "cp437": "American DOS",
    "cp852": "Central European DOS",
    "cp866": "Cyrillic DOS",
    "cp737": "Greek DOS",
    "cp869": "Greek DOS",
    "cp857": "Turkish DOS",
    "cp862": "Hebrew DOS",
    "cp720": "Arabic DOS",
    "cp775": "Baltic DOS",
    "cp860": "Portuguese DOS",
    "cp863": "Canadian DOS",
    "cp865": "Nordic DOS",
    "mac-roman": "Western Mac",
    "mac-latin2": "Central European Mac",
    "mac-cyrillic": "Cyrillic Mac",
    "mac-greek": "Greek Mac",
    "mac-turkish": "Turkish Mac",
    "iso8859-2": "Central European Unix",
    "iso8859-5": "Cyrillic Unix",
    "iso8859-6": "Arabic Unix",
    "iso8859-7": "Greek Unix",
    "iso8859-15": "Western Unix",
    "koi8-r": "Russian Unix",
    "koi8-u": "Ukrainian Unix",
}
"""Names of encodings for people, by codec; only these are guessed."""
_WIDER = {"gbk": "gb18030", "gb2312": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "tis-620": "cp874"}
"""Codecs whose files may also be in a larger encoding, which reads all their letters the same way."""
_ALIASES = {"windows-874": "cp874", "windows-932": "cp932", "windows-949": "cp949", "windows-936": "gb18030"}
_NOT_FOR_FILES = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
_MORE_LIKELY = {"cp1252": 0.005, "mac-roman": 0.0045, "cp850": 0.0045}
"""Added to the detector's confidence, which is about 0.1 for a clear case: a few accented letters look the
same in Western and Central European languages, and most such files are Western. Measured in the tests.
"""
_MOST_GUESSES = 5
_EXAMINED = 200_000
"""The number of bytes, in lines with letters beyond ASCII, that the detector reads."""
_COMPARED_LINES = 2_000
"""The number of such lines that samples are taken from."""
_SAMPLES = 3
_LONGEST_SAMPLE = 30
_UTF16_SAMPLE = 4096
"""Bytes at the start of a file that show whether it is UTF-16."""
_SHIFTED = re.compile(rb"\x1b[$(]")
"""Escape sequences of ISO 2022, whose files consist of ASCII only."""
_BETWEEN_FIELDS = re.compile(r"[,;\t|\"\r\n]+")
_NOT_UTF8 = re.compile(r"[\udc80-\udcff]")
_UTF8_LETTER = re.compile(r"[\x80-\ud7ff\ue000-\U0010ffff]")
_UTF8_BY_CHANCE = re.compile(
    rf"[\u0250-\u07ff]|{_NOT_UTF8.pattern}{_UTF8_LETTER.pattern}|{_UTF8_LETTER.pattern}{_NOT_UTF8.pattern}"
)
_CERTAINLY = 3
"""A file with more UTF-8 letters than this, per byte that isn't UTF-8, is UTF-8."""
_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\r\x0e\x0f\x1b"})
"""Control characters; the detector doesn't take a file with them for text."""
_C1 = re.compile(r"[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The text of a file.

    Attributes:
        text: without byte order marks
        encoding: the codec's name
        guesses: possible encodings, most likely first; empty for UTF-8 and UTF-16
        rival: the most likely encoding, if it would give a different text
        samples: up to three values beyond ASCII
    """

    text: str
    encoding: str = UTF_8
    guesses: tuple[EncodingGuess, ...] = ()
    rival: EncodingGuess | None = None
    samples: tuple[str, ...] = ()


def name_of(encoding: str) -> str:
    """The name of an encoding for people: `Central European Windows (cp1250)`."""
    if encoding == UTF_8:
        return "UTF-8"
    name = _NAMES.get(encoding)
    return f"{name} ({encoding})" if name else encoding


def decode(data: bytes, place: str, *, encoding: str | None = None, remembered: str = "") -> DecodedText:
    """The text of a CSV file.

    Args:
        data: the file's content
        place: its path, for messages
        encoding: the encoding given by the user, or None
        remembered: the encoding of an earlier version of the file, or ""; it is used if it is still the most
            likely one

    Raises:
        EncodingError: the encoding would be a guess
        WorkbookError: the content isn't text, or is damaged
        InputError: there's no encoding of that name
    """
    marked = next((codec for mark, codec in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if not marked:
        _refuse_other_kinds(data, place)
    certain = marked or _utf16_without_mark(data, place)
    if certain:
        return DecodedText(_strict(data, certain, place).lstrip("\ufeff"), certain)
    if encoding:
        codec = _require_codec(encoding)
        return _named(data, _strict(data, codec, place), codec)
    if not _SHIFTED.search(data):
        try:
            return DecodedText(data.decode())
        except UnicodeDecodeError:
            _refuse_damaged_utf8(data, place)
    guesses = _guesses(data)
    if guesses and guesses[0].encoding == remembered:
        return _named(data, data.decode(remembered), remembered)
    raise _undecided(guesses, place)


def _named(data: bytes, text: str, codec: str) -> DecodedText:
    if codec == UTF_8 or text.isascii():
        return DecodedText(text, codec)
    guesses: tuple[EncodingGuess, ...] = (EncodingGuess(UTF_8, "UTF-8", ()),)
    try:
        likeliest = data.decode()
    except UnicodeDecodeError:
        guesses = _guesses(data)
        likeliest = data.decode(guesses[0].encoding)
    own, other = _samples([text, likeliest])
    rival = replace(guesses[0], samples=other) if likeliest != text else None
    return DecodedText(text, codec, guesses, rival, own)


def _refuse_other_kinds(data: bytes, place: str) -> None:
    if not data.strip(b" \t\r\n\0"):
        raise WorkbookError("this file is empty", place=place, hint="Export or download it again.")
    start = data[:64].lstrip(b" \t\r\n")
    for beginning, kind, hint in _OTHER_KINDS:
        if start.startswith(beginning):
            raise WorkbookError(f"despite its name, this is {kind}", place=place, hint=hint)


def _strict(data: bytes, codec: str, place: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = f"Export or download the file again. {SAVE_AS_UTF8}"
        if codec not in (UTF_8, "utf-16", "utf-32"):
            hint = "Leave out --encoding, and castmerge shows what the encoding could be"
        message = f"this file isn't {name_of(codec)}, or is damaged in line {line} (byte {error.start:,})"
        raise WorkbookError(message, place=place, hint=hint) from error


def _require_codec(name: str) -> str:
    """The codec with the given name.

    Raises:
        InputError: Python has no such codec
    """
    codec = _codec(name)
    if codec is None:
        raise InputError(
            f"there's no encoding “{name}”",
            place="--encoding",
            hint="Use one such as cp1252 (Western Windows), cp1250 (Central European Windows) or cp932 "
            "(Japanese Windows). Without --encoding, castmerge shows what it could be",
        )
    return codec


def _codec(name: str) -> str | None:
    wanted = name.strip().casefold().replace("_", "-")
    try:
        codec = codecs.lookup(_ALIASES.get(wanted, wanted)).name
        b"x".decode(codec)
    except (LookupError, ValueError):
        return None
    return None if codec.replace("_", "-") in _NOT_FOR_FILES else _WIDER.get(codec, codec)


def _utf16_without_mark(data: bytes, place: str) -> str | None:
    """Detect UTF-16: every ASCII letter has a NUL next to it, and no other text has any."""
    if b"\0" not in data:
        return None
    sample = data[:_UTF16_SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    for codec, beside, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if beside and others <= beside // 8 and _has_lines(data, codec):
            return codec
    line = data.count(b"\n", 0, data.index(b"\0")) + 1
    raise WorkbookError(
        f"this file has NUL bytes (the first in line {line}), so it isn't text or is damaged",
        place=place,
        hint=f"Get the file again, or open it in Excel and save it again. {SAVE_AS_UTF8}",
    )


def _has_lines(data: bytes, codec: str) -> bool:
    """Whether bytes have UTF-16 line ends; other text mistaken for UTF-16 has none."""
    try:
        return bool(re.search(r"[\r\n]", data.decode(codec)))
    except UnicodeDecodeError:
        return False


def _refuse_damaged_utf8(data: bytes, place: str) -> None:
    """Stop if most letters beyond ASCII are UTF-8: the others are damaged, or were pasted from another file.

    Raises:
        WorkbookError: names the first line that isn't UTF-8
    """
    text = data.decode(UTF_8, "surrogateescape")
    wrong, right = len(_NOT_UTF8.findall(text)), len(_UTF8_LETTER.findall(text))
    # A few letters in another encoding may be valid UTF-8 by chance. They mostly become letters that aren't
    # Latin, or have other bytes right next to them.
    if right < wrong or (right < _CERTAINLY * wrong and _UTF8_BY_CHANCE.search(text)):
        return
    line = _NOT_UTF8.split(text, maxsplit=1)[0].count("\n") + 1
    raise WorkbookError(
        f"most of it is UTF-8, but line {line} has letters in another encoding, or is damaged",
        place=place,
        hint=f"Type the letters of that line again, and save the file as UTF-8. {SAVE_AS_UTF8} Or "
        "add --encoding to read all of it in one encoding",
    )


def _guesses(data: bytes) -> tuple[EncodingGuess, ...]:
    """Possible encodings, most likely first; those that give the same text are one guess."""
    foreign = b"\n".join(line for line in data.splitlines() if not line.isascii()) or data
    western = _text(foreign, "cp1252")
    texts: dict[str, str] = {}
    for codec in _ranked(foreign):
        text = _text(foreign, codec)
        if text is not None and text not in texts:
            texts[text] = "cp1252" if text == western else codec
            if len(texts) == _MOST_GUESSES:
                break
    samples = _samples(list(texts))
    return tuple(
        EncodingGuess(codec, _NAMES[codec], shown)
        for codec, shown in zip(texts.values(), samples, strict=True)
    )


def _text(data: bytes, codec: str) -> str | None:
    """The text in an encoding, or None if it contains invalid bytes."""
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return None
    return None if _C1.search(text) else text


def _ranked(data: bytes) -> list[str]:
    """Codecs, most likely first."""
    import chardet  # noqa: PLC0415 - only files that aren't UTF-8 need it

    found = chardet.detect_all(
        data.translate(None, _CONTROLS), ignore_threshold=True, compat_names=False, max_bytes=_EXAMINED
    )
    scores = {str(each["encoding"]): each["confidence"] for each in found if each["encoding"] in _NAMES}
    return sorted(
        scores or _NAMES, key=lambda codec: scores.get(codec, 0) + _MORE_LIKELY.get(codec, 0), reverse=True
    )


def _samples(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """Up to three values of each text: the same three, in which as many texts as possible differ."""
    lines = zip(*(text.replace("\r", "\n").split("\n") for text in texts), strict=False)
    foreign = (line for line in dict.fromkeys(lines) if not "".join(line).isascii())
    values = dict.fromkeys(value for line in islice(foreign, _COMPARED_LINES) for value in _values(line))
    chosen = sorted(values, key=lambda value: -len(set(value)))[:_SAMPLES]
    return [tuple(value[turn] for value in chosen) for turn in range(len(texts))]


def _values(line: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The values beyond ASCII in one line, as read in each encoding."""
    fields = [_BETWEEN_FIELDS.split(version) for version in line]
    if len({len(each) for each in fields}) > 1:
        fields = [[next((field for field in each if not field.isascii()), "")] for each in fields]
    for value in zip(*fields, strict=True):
        if not "".join(value).isascii():
            yield tuple(map(_shown, value))


def _shown(field: str) -> str:
    text = field.strip()[:_LONGEST_SAMPLE]
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _undecided(guesses: Sequence[EncodingGuess], place: str) -> EncodingError:
    width = max((len(guess.encoding) for guess in guesses), default=0)
    lines = "".join(
        f"\n    --encoding {guess.encoding:{width}}  {', '.join(guess.samples)}  ({guess.name})"
        for guess in guesses
    )
    choose = f"Add the option whose line is spelled right:{lines}\n  " if guesses else ""
    return EncodingError(
        "this file isn't UTF-8, so castmerge can't be sure about some letters. Nothing was sent",
        place=place,
        hint=f"{choose}Or save it again. {SAVE_AS_UTF8}",
        guesses=tuple(guesses),
    )
