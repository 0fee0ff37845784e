"""Placeholders as an editor leaves them, made whole again: `{<b>{ name }</b>}` is `{{ name }}`.

A rich-text editor puts tags, entities and unseen characters wherever the cursor was, and other keyboards have
braces of their own. Only what opens and closes like a placeholder is touched.
"""

from __future__ import annotations

import html
import re
import unicodedata

_NAMES = "a|b|br|code|div|em|font|i|mark|p|s|small|span|strong|sub|sup|u"
_TAG = rf"""</?(?:{_NAMES})(?:\s+[\w-]+\s*=\s*\\?(?:"[^"<>]*"|'[^'<>]*'))*\s*/?>"""
_UNSEEN = "[\u00ad\u200b-\u200f\u2060\ufeff]|&(?:shy|zwnj|zwj|#0*173|#0*820[3-7]|#[xX]0*200[b-fB-F]);"
_BLANK = r"[ \t\u00a0\u3000]|&(?:nbsp|#0*160|#[xX]0*[aA]0);"
_OPEN = r"(?:[{\uff5b]|&(?:lbrace|lcub|#0*123|#[xX]0*7[bB]|#0*65371|#[xX]0*[fF]{2}5[bB]);)"
_CLOSE = r"(?:[}\uff5d]|&(?:rbrace|rcub|#0*125|#[xX]0*7[dD]|#0*65373|#[xX]0*[fF]{2}5[dD]);)"
_NOISE = rf"(?:{_TAG}|{_UNSEEN})*+"
_GAP = rf"(?:{_TAG}|{_UNSEEN}|{_BLANK})*+"
_PERCENT = r"(?:%|&(?:percnt|#0*37);)"

_VARIABLE_END = f"{_CLOSE}{_GAP}{_CLOSE}"
_BLOCK_END = f"{_PERCENT}{_NOISE}{_CLOSE}"
_QUOTED_CODE = r"""(?:"[^"{}<>]*"|'[^'{}<>]*')"""
_MANGLED = re.compile(
    f"(?P<opening>{_OPEN}(?:(?P<variable>{_GAP}{_OPEN})|{_NOISE}{_PERCENT}))"
    f"(?P<code>(?:{_TAG}|{_QUOTED_CODE}|(?!{_VARIABLE_END}|{_BLOCK_END}|{_OPEN}{_OPEN}).)*+)"
    f"(?P<closing>(?(variable){_VARIABLE_END}|{_BLOCK_END}))",
    re.DOTALL,
)
_TAGS = re.compile(_TAG)
_TAG_NAME = re.compile(r"<(/?)(\w+)")
_PARTING = frozenset({"br", "p", "div"})
_LITERAL = re.compile(
    rf"""(?P<quote>["'])(?P<inner>(?:{_TAG}|(?!(?P=quote)).)*)(?P=quote)|{_TAG}""", re.DOTALL
)

_QUOTES = str.maketrans(
    dict.fromkeys("\u201c\u201d\u201e\u201f\uff02", '"')
    | dict.fromkeys("\u2018\u2019\u201a\u201b\uff07", "'")
)
_QUOTED = re.compile(
    r"""(?P<straight>"[^"]*"|'[^']*')
        |[\u201c\u201d\u201e\u201f\uff02](?P<curly>[^"\u201c\u201d\u201e\u201f\uff02]*)[\u201c\u201d\u201f\uff02]""",
    re.VERBOSE,
)


def repair_placeholders(text: str) -> str:
    """A string of a template with its placeholders whole.

    Tags in the middle of a placeholder are dropped where they pair up within it, and moved behind it where
    not, so that the markup stays balanced. All else is as it was.
    """
    return _MANGLED.sub(_mended, text)


def as_typed(code: str) -> str:
    """What was typed between the braces: entities, curly quotes, odd blanks and unseen letters undone.

    Quoted text keeps its own letters, an apostrophe in it for example.
    """
    pieces = []
    end = 0
    plain = html.unescape(code)
    for found in _QUOTED.finditer(plain):
        pieces += [_plain(plain[end : found.start()]), found["straight"] or f'"{found["curly"]}"']
        end = found.end()
    return "".join([*pieces, _plain(plain[end:])])


def _plain(code: str) -> str:
    seen = "".join(letter for letter in code if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", seen.translate(_QUOTES))


def _mended(found: re.Match[str]) -> str:
    tags = [tag for part in ("opening", "code", "closing") for tag in _tags_of(part, found[part])]
    start, end = ("{{", "}}") if found["variable"] is not None else ("{%", "%}")
    return f"{start}{_LITERAL.sub(_without_tags, found['code'])}{end}{''.join(_unpaired(tags))}"


def _tags_of(part: str, text: str) -> list[str]:
    if part != "code":
        return _TAGS.findall(text)
    return [tag for found in _LITERAL.finditer(text) if _is_broken(found) for tag in _TAGS.findall(found[0])]


def _is_broken(found: re.Match[str]) -> bool:
    """Whether a tag there is the editor's: not in quoted text, unless it holds the very same quotes."""
    return found["quote"] is None or found["quote"] in found["inner"]


def _without_tags(found: re.Match[str]) -> str:
    return _TAGS.sub(_parted, found[0]) if _is_broken(found) else found[0]


def _parted(tag: re.Match[str]) -> str:
    """A line break parts words, a change of font does not."""
    name = _TAG_NAME.match(tag[0])
    return " " if name and name[2] in _PARTING else ""


def _unpaired(tags: list[str]) -> list[str]:
    """The tags that do not pair up among themselves, in their order."""
    left: list[tuple[str, str, str]] = []
    for tag in tags:
        name = _TAG_NAME.match(tag)
        closes, kind = (name[1], name[2]) if name else ("", "")
        if kind == "br":
            continue
        if closes and left and left[-1][:2] == ("", kind):
            left.pop()
        else:
            left.append((closes, kind, tag))
    return [tag for _, _, tag in left]
