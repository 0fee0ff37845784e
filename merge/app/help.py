"""Help in the app: the pages of the documentation as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from itertools import groupby
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from markupsafe import Markup
from starlette.responses import Response

from merge.app.pages import asset_response, rendered
from merge.docs import Page, anchor, list_pages, load_page

IMAGES = Path(str(files("merge"))) / "docs" / "images"
START = "app"
_PAGE = re.compile(r"([a-z-]+)\.md(#[\w-]+)?")
_WITH_HYPHEN = re.compile(r"\S*-\S*")


def help_response(topic: str) -> Response:
    """A page of the documentation, with the list of all.

    Raises:
        InputError: there's no such page
    """
    text = load_page(topic)
    page = next(each for each in list_pages() if each.topic == topic)
    kinds = [(kind, list(pages)) for kind, pages in groupby(list_pages(), key=_kind)]
    return rendered("help", page=page, kinds=kinds, text=Markup(as_html(text)))  # noqa: S704 - it comes with castmerge


def image_response(name: str) -> Response:
    """A picture of the documentation.

    Raises:
        AppError: there's no such picture
    """
    return asset_response(IMAGES, name)


def as_html(text: str) -> str:
    """A page of the documentation as HTML; links lead to the other pages in the app.

    >>> as_html("See [CSV](csv.md#encodings).").strip()
    '<p>See <a href="/help/csv#encodings">CSV</a>.</p>'
    >>> as_html("Add `--yes`.").strip()
    '<p>Add <code><span class="word">--yes</span></code>.</p>'
    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("code_inline", _code)
    tokens = markdown.parse(text)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following:
            token.attrSet("id", anchor(following.content))
    for token in _inner(tokens):
        match token.type:
            case "link_open":
                _lead(token)
            case "image":
                token.attrSet("src", f"/help/{token.attrGet('src')}")
            case _:
                continue
    return str(markdown.renderer.render(tokens, markdown.options, {}))


def _inner(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def _code(_: object, tokens: list[Token], index: int, *rest: object) -> str:
    """Code within a sentence; a browser would break `--yes` after its hyphens."""
    del rest
    words = _WITH_HYPHEN.sub(r'<span class="word">\g<0></span>', escapeHtml(tokens[index].content))
    return f"<code>{words}</code>"


def _lead(link: Token) -> None:
    target = str(link.attrGet("href"))
    if found := _PAGE.fullmatch(target):
        link.attrSet("href", f"/help/{found[1]}{found[2] or ''}")
    elif not target.startswith("#"):
        link.attrSet("target", "_blank")
        link.attrSet("rel", "noopener noreferrer")


def _kind(page: Page) -> str:
    return page.kind
