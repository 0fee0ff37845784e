"""Start and end the app: find one that is already running, serve on loopback, end when nobody needs it."""

from __future__ import annotations

import secrets
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from merge.app.campaign import Campaign, ReadOptions
from merge.app.events import Events
from merge.app.folder import Folder
from merge.app.guard import Guard, cookie_name
from merge.app.pages import locked_page
from merge.app.routes import routes_of
from merge.app.run import Runs
from merge.app.user_files import UserFiles, user_folder
from merge.errors import InputError
from merge.services.http_server import LAST_PORT, listening_socket, serving

HOST = "127.0.0.1"
_ALONE_SECONDS = 30 * 60.0
_LOOK_EVERY = 0.2
_ANSWER_SECONDS = 3.0
_TURN_SECONDS = 0.0005
"""How long a check may keep Python from answering the page; Python's own 5 ms add up in every answer."""
_LAST_WORDS = 0.2
"""Seconds that pages have to notice that the server ends."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What to open.

    Attributes:
        folder: the folder
        workbook: the given workbook in it, or None
        port: 0 takes a free one
        browser: whether to open the page in the browser
    """

    folder: Path
    workbook: str | None = None
    port: int = 0
    browser: bool = True


def open_app(
    opened: Opened,
    read_options: ReadOptions,
    say_url: Callable[[str], None],
    *,
    stop: threading.Event | None = None,
    user: UserFiles | None = None,
    alone_seconds: float = _ALONE_SECONDS,
) -> None:
    """Serve the app until the user quits it; if it already runs for this folder, open that page instead.

    Args:
        opened: what to open
        read_options: reads the options of a workbook
        say_url: called once with the URL, when the app responds
        stop: ends the app from another thread
        user: the user's saved preferences
        alone_seconds: how long the app continues without a page and without a run

    Raises:
        InputError: the folder can't be read, or the port can't be used
    """
    folder = Folder(opened.folder.resolve())
    folder.files()
    user = user or UserFiles(user_folder())
    if running := _answering(user.running(folder.path)):
        _show(running, say_url, browser=opened.browser)
        return
    if not 0 <= opened.port <= LAST_PORT:
        raise _bad_port(opened.port)
    campaign = Campaign(folder, read_options, Events(), user)
    lifetime = _Lifetime(campaign, stop or threading.Event(), alone_seconds)
    _serve(opened, lifetime, user, say_url)


@dataclass(frozen=True, slots=True)
class _Lifetime:
    """How long the app continues.

    Attributes:
        campaign: its run is waited for
        stop: set to end the app
        alone_seconds: how long it continues without a page and without a run
    """

    campaign: Campaign
    stop: threading.Event
    alone_seconds: float

    def wait(self) -> None:
        """Wait until the user quits, or until there has been neither a page nor a run for a while."""
        # On Windows, waiting without a timeout can't be interrupted.
        while not self.stop.wait(_LOOK_EVERY):
            alone = self.campaign.events.seconds_alone
            if alone > self.alone_seconds and not self.campaign.activity.is_active:
                return


def _serve(opened: Opened, lifetime: _Lifetime, user: UserFiles, say_url: Callable[[str], None]) -> None:
    campaign, folder = lifetime.campaign, lifetime.campaign.folder.path
    token = secrets.token_urlsafe(32)
    with listening_socket(
        HOST,
        opened.port,
        place=HOST,
        message=f"port {opened.port} can't be used",
        hint="Choose another one with --port, or leave it out",
    ) as listener:
        host = f"{HOST}:{listener.getsockname()[1]}"
        url = f"http://{host}/?token={token}"
        runs = Runs(campaign)
        campaign.activity = runs
        app = Guard(routes_of(campaign, runs, lifetime.stop), token=token, host=host, locked=locked_page())
        with serving(app, listener, name="castmerge-app"), _short_turns():
            campaign.start(opened.workbook)
            user.runs(folder, url)
            try:
                _show(url, say_url, browser=opened.browser)
                lifetime.wait()
            finally:
                # Ctrl-C during the last steps must not skip those that write results back.
                campaign.activity.stop()
                campaign.end()
                user.ended(folder, url)
                campaign.events.end("castmerge has stopped.")
                time.sleep(_LAST_WORDS)


@contextmanager
def _short_turns() -> Iterator[None]:
    """Let threads take turns more often: the check of a long sheet runs while the page is answered."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _show(url: str, say_url: Callable[[str], None], *, browser: bool) -> None:
    say_url(url)
    if browser:
        # A computer without a browser isn't an error: the address was printed.
        with suppress(webbrowser.Error):
            webbrowser.open(url)


def _answering(url: str) -> str:
    """The URL of an app that is already running, if it responds; else ""."""
    if not url:
        return ""
    parts = urlsplit(url)
    token = next(iter(parse_qs(parts.query).get("token", [])), "")
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", "/api/state", headers={"Cookie": f"{cookie_name(parts.netloc)}={token}"})
        return url if connection.getresponse().status == 200 else ""  # noqa: PLR2004 - HTTP's OK
    except (OSError, HTTPException, ValueError):
        return ""
    finally:
        connection.close()


def _bad_port(port: int) -> InputError:
    return InputError(
        f"port {port} can't be used: ports are numbers from 0 to {LAST_PORT}",
        place="--port",
        hint="Choose another one, or leave it out",
    )
