"""The frame that all pages share: one document with its style, its script and its data inside.

Its Content-Security-Policy stands in the page itself: nothing runs and nothing is styled but what the hashes
name (CSP Level 3, section 4.2), and nothing is loaded but pictures, once the reader asks for them.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from merge.model import JSON
from merge.project.drawing import Svg

_NOT_IN_SCRIPT = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
"""So that no text in the data can end its element, nor begin a comment in it (HTML, section 4.12.1.3)."""


_SHARED = ("frame", "scenes")
_PLAIN = 500
"""Rows that are told once more for who runs no scripts; all of them would make the page twice as large."""


@dataclass(frozen=True, slots=True)
class Assets:
    """What pages are made of.

    Attributes:
        files: every file of `assets/` by its name
    """

    files: Mapping[str, str]

    def joined(self, names: Sequence[str]) -> str:
        """Several files as one."""
        return "\n".join(self.files[name].strip() for name in names) + "\n"


def page(
    assets: Assets,
    name: str,
    facts: Mapping[str, object],
    data: JSON,
    drawings: Sequence[Svg] = (),
) -> str:
    """One page.

    Args:
        assets: what pages are made of
        name: `proof` takes `proof.html`, `proof.css` and `proof.js`, each behind what all pages share
        facts: what the template names; texts are escaped
        data: for the page's script, which finds it in the element `data`
        drawings: layouts for the script to copy, in their order
    """
    style = assets.joined([f"{part}.css" for part in (*_SHARED, name)])
    script = assets.joined([f"{part}.js" for part in (*_SHARED, name)])
    environment = Environment(
        loader=DictLoader(assets.files), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(f"{name}.html").render(
        facts,
        policy=_policy(style, script),
        plain=_PLAIN,
        # All three are our own files, and the hashes are those of their very bytes.
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        data=Markup(json_in_html(data)),  # noqa: S704 - holds no character of markup
        drawings=[Markup(drawing) for drawing in drawings],  # noqa: S704 - escaped where it was drawn
    )


def json_in_html(data: JSON) -> str:
    """JSON text that can stand in a script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
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
