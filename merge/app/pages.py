"""The pages and their files: Jinja templates in `pages/`, styles and scripts in `static/`."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateNotFound
from starlette.responses import HTMLResponse, Response

from merge import __version__
from merge.app.errors import AppError

_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}
"""Types that a computer's own table may get wrong."""
_LOCKED = "locked"
_OTHERS = ("base", _LOCKED, "help")
"""Templates that aren't shown under their own names."""
STATIC = Path(str(files("merge"))) / "app" / "static"
SHARED = Path(str(files("merge"))) / "reports" / "html" / "assets"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("merge.app", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def page_response(name: str, folder: str) -> Response:
    """One page.

    Raises:
        AppError: there's no such page
    """
    if name in _OTHERS or not name.replace("-", "").isalnum():
        raise _missing()
    modules = [path for path in _contents(STATIC) if path.endswith(".js")]
    try:
        return rendered(name, folder=folder, modules=modules)
    except TemplateNotFound as error:
        raise _missing() from error


def rendered(name: str, **values: object) -> Response:
    """A template of `pages/`, filled in.

    Raises:
        TemplateNotFound: there's no such template
    """
    text = _environment().get_template(f"{name}.html").render(version=__version__, **values)
    return HTMLResponse(text, headers={"Cache-Control": "no-cache"})


def locked_page() -> str:
    """The page for a browser that doesn't have the token of this start."""
    return _environment().get_template(f"{_LOCKED}.html").render(version=__version__)


def asset_response(folder: Path, path: str) -> Response:
    """A file of a page.

    Raises:
        AppError: there's no such file
    """
    content = _contents(folder).get(path)
    if content is None:
        raise _missing()
    kind = _TYPES.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})


@cache
def _contents(folder: Path) -> Mapping[str, bytes]:
    """The files of a folder by their names, in order."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def _missing() -> AppError:
    return AppError("missing", "there's no such page", hint="Go back to the first page")
