"""The app as its page sees it: a server in this process or elsewhere, and a client without a screen."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from merge.app import CampaignOptions, Opened, open_app
from merge.app.user_files import UserFiles
from merge.model import JSON
from merge.settings import ServiceOptions, Settings

PATIENCE = 20.0
"""The maximum time in seconds that a test waits for anything."""
FAST = ServiceOptions(simulate_seconds=0.2)


def at(data: JSON, *keys: str | int) -> JSON:
    """A value inside JSON data: `at(state, "check", "counts", "all")`."""
    for key in keys:
        if isinstance(data, dict) and isinstance(key, str):
            data = data[key]
        else:
            assert isinstance(data, list)
            assert isinstance(key, int)
            data = data[key]
    return data


class AppClient:
    """A browser that has opened the app's address.

    Args:
        url: the address that the app prints
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.url = url
        self.http = httpx.Client(base_url=self.origin, timeout=PATIENCE, trust_env=False)

    def __enter__(self) -> Self:
        assert self.http.get(self.url, follow_redirects=True).status_code == 200
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.http.close()

    def ask(self, method: str, path: str, body: JSON = None) -> httpx.Response:
        """Send a request like the page does."""
        content = None if body is None else json.dumps(body)
        headers = {"Origin": self.origin, "Content-Type": "application/json"}
        return self.http.request(method, path, content=content, headers=headers)

    def get(self, path: str, *keys: str | int) -> JSON:
        """The response to a GET, or a value in it."""
        return self._answer(self.ask("GET", path), *keys)

    def post(self, path: str, body: JSON = None, *keys: str | int) -> JSON:
        """The response to a POST, or a value in it."""
        return self._answer(self.ask("POST", path, {} if body is None else body), *keys)

    def patch(self, path: str, body: JSON, *keys: str | int) -> JSON:
        """The response to a PATCH, or a value in it."""
        return self._answer(self.ask("PATCH", path, body), *keys)

    def refused(self, method: str, path: str, body: JSON = None) -> tuple[int, JSON]:
        """The status of a request that is refused, and its kind of error."""
        response = self.ask(method, path, body)
        return response.status_code, at(response.json(), "kind")

    def until(self, path: str, *keys: str | int, holds: Callable[[JSON], bool]) -> JSON:
        """Repeat a request until a value is as expected, and return it."""
        end = time.monotonic() + PATIENCE
        while not holds(found := self.get(path, *keys)):
            assert time.monotonic() < end, f"{path} {keys} stays {found}"
            time.sleep(0.05)
        return found

    def checked(self, after: int = 0) -> JSON:
        """The check, once it is newer than the given version."""

        def is_ready(check: JSON) -> bool:
            version = at(check, "version")
            return at(check, "state") in ("ready", "failed") and isinstance(version, int) and version > after

        return self.until("/api/state", "check", holds=is_ready)

    def finished(self) -> JSON:
        """The run, once it has ended, after which the rows have been checked again."""
        version = self.version
        run = self.until("/api/run", holds=lambda run: at(run, "state") == "finished")
        self.checked(version)
        return run

    @property
    def version(self) -> int:
        """The version of the check."""
        version = self.get("/api/state", "check", "version")
        assert isinstance(version, int)
        return version

    def events(self, until: Callable[[str, JSON], bool]) -> list[tuple[str, JSON]]:
        """The server-sent events up to the expected one."""
        found: list[tuple[str, JSON]] = []
        with self.http.stream("GET", "/api/events") as response:
            name = ""
            for line in response.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    data: JSON = json.loads(line.removeprefix("data: "))
                    found.append((name, data))
                    if until(name, data):
                        return found
        return found

    @staticmethod
    def _answer(response: httpx.Response, *keys: str | int) -> JSON:
        assert response.status_code < 300, response.text
        data: JSON = response.json() if response.content else None
        return at(data, *keys)


class ServedApp:
    """The app in a thread of this process, for one folder.

    Args:
        folder: the folder
        user: the folder for its saved preferences
        settings: those of the command line and castmerge.toml
        service: the same for the service
        limits: where limits were set
        alone_seconds: how long it continues without a page
    """

    def __init__(
        self,
        folder: Path,
        user: Path,
        settings: Settings | None = None,
        service: ServiceOptions = FAST,
        limits: Mapping[str, str] | None = None,
        alone_seconds: float = 600.0,
    ) -> None:
        self.folder = folder
        self.user = user
        self.settings = settings or Settings(locale="en_US")
        self.service = service
        self.limits = limits or {}
        self.stop = threading.Event()
        self.url = ""
        self._alone_seconds = alone_seconds
        self._started = threading.Event()
        self.thread = threading.Thread(target=self._serve, name="app of a test")

    def read(self, workbook: Path) -> CampaignOptions:
        """The options of a workbook, with the columns of its castmerge.toml."""
        del workbook
        return CampaignOptions(self.settings, self.service, None, self.limits)

    def _serve(self) -> None:
        open_app(
            Opened(self.folder, browser=False),
            self.read,
            self._say_url,
            stop=self.stop,
            user=UserFiles(self.user),
            alone_seconds=self._alone_seconds,
        )

    def _say_url(self, url: str) -> None:
        self.url = url
        self._started.set()

    def __enter__(self) -> Self:
        self.thread.start()
        assert self._started.wait(PATIENCE)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@contextmanager
def opened_app(folder: Path, user: Path, settings: Settings | None = None) -> Iterator[AppClient]:
    """The app of a folder, opened in a browser, after its first check."""
    with ServedApp(folder, user, settings) as app, AppClient(app.url) as page:
        with suppress(AssertionError):
            if page.get("/api/state", "choice", "workbook"):
                page.checked()
        yield page
