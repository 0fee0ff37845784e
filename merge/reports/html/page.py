"""The frame of all pages: one document that contains its style, its script and its data.

The Content-Security-Policy in the page allows only the script and the style with the given hashes (CSP
Level 3, section 4.2). Nothing is loaded except pictures when the reader asks for them.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from merge.model import JSON
from merge.project.drawing import Svg
from merge.reports.visible_text import visible, visible_data

_NOT_IN_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
"""Escapes that keep data from ending its script element or starting a comment in it (HTML, 4.12.1.3)."""


_STYLES = ("frame", "storyboard", "play")
_SCRIPTS = ("elements", "storyboard", "play", "frame", "pages")
"""Files of every page, each after those that it imports from."""
_IMPORT = re.compile(r"^import [^\n]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async |const |class |function ))", re.MULTILINE)
_PLAIN = 500
"""Rows that are repeated as plain HTML for readers without scripts; all of them would double the page."""


@dataclass(frozen=True, slots=True)
class Assets:
    """The files that pages are made of.

    Attributes:
        files: the files in `assets/` by name
    """

    files: Mapping[str, str]

    def style(self, names: Sequence[str]) -> str:
        """Several style sheets as one."""
        return "\n".join(self.files[f"{name}.css"].strip() for name in names) + "\n"

    def script(self, names: Sequence[str]) -> str:
        """Several JavaScript modules as one, with their exports and imports in one scope."""
        modules = (_EXPORT.sub("", _IMPORT.sub("", self.files[f"{name}.js"])) for name in names)
        return "\n".join(module.strip() for module in modules) + "\n"


def page(
    assets: Assets,
    name: str,
    facts: Mapping[str, object],
    data: JSON,
    drawings: Sequence[Svg] = (),
) -> str:
    """Make one page.

    Args:
        assets: the files that pages are made of
        name: `proof` uses `proof.html`, `proof.css` and `proof.js` after the shared files
        facts: the template's variables; texts are escaped
        data: for the page's script, in the element `data`
        drawings: layouts that the script copies, in order
    """
    style = assets.style([*_STYLES, name])
    script = assets.script([*_SCRIPTS, name])
    environment = Environment(
        loader=DictLoader(assets.files), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    document = environment.get_template(f"{name}.html").render(
        facts,
        policy=_policy(style, script),
        plain=_PLAIN,
        # Style and script are our own files and must not be escaped: the policy has their hashes.
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        data=Markup(json_in_html(data)),  # noqa: S704 - has no markup characters
        drawings=[Markup(drawing) for drawing in drawings],  # noqa: S704 - escaped where it was drawn
    )
    return visible(document)


def json_in_html(data: JSON) -> str:
    """JSON text that is safe inside a script element."""
    text = json.dumps(visible_data(data), ensure_ascii=False, separators=(",", ":"))
    return text.translate(_NOT_IN_SCRIPT)


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "img-src https:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
