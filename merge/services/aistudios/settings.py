"""The address of AI Studios, and the origins that its key may be sent to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, quote, urlsplit

from merge.errors import InputError, Rejected
from merge.project.media_urls import is_loopback

__all__ = ["AiStudiosSettings", "Region"]

_API = "/api/odin/v3"
_ID = "{id}"
_MAX_ID = 200
_DEFAULT_PORTS = {"https": 443, "http": 80}


class Region(StrEnum):
    """The two services; each has its own keys."""

    GLOBAL = "global"
    CHINA = "china"


HOSTS = {Region.GLOBAL: "https://app.aistudios.com", Region.CHINA: "https://app.aistudios.cn"}
# The host in the service's introduction; it belongs to the global service only.
_SECOND_ORIGINS = {HOSTS[Region.GLOBAL]: "https://aistudios.com"}


@dataclass(frozen=True, slots=True)
class AiStudiosSettings:
    """How to reach AI Studios.

    Attributes:
        region: chooses the host
        base_url: replaces the host (a proxy, the simulator): https, or http on loopback
        progress_path: path of the progress call, with `{id}` once; or a whole https URL on the host or,
            for the global host, on `aistudios.com`
        list_paths: paths of the project list; the next one is tried if one isn't found
        connect_timeout: seconds to wait for a connection
        answer_timeout: seconds to wait between two parts of a response
        total_timeout: seconds that a request may take from its start to the end of its response
        at_once: the number of connections, and so of concurrent requests

    Raises:
        InputError: a URL is invalid, or the key would be sent to another origin
    """

    region: Region = Region.GLOBAL
    base_url: str = ""
    progress_path: str = f"{_API}/editor/progress/{_ID}"
    list_paths: tuple[str, ...] = (f"{_API}/editor/project", f"{_API}/editor/projects")
    connect_timeout: float = 8.0
    answer_timeout: float = 60.0
    total_timeout: float = 180.0
    at_once: int = 8

    def __post_init__(self) -> None:
        _check_base(self.base)
        _check_progress(self.progress_path, self.base)

    @property
    def base(self) -> str:
        """The URL that all paths are appended to."""
        return (self.base_url.strip() or HOSTS[self.region]).rstrip("/")

    @property
    def on_loopback(self) -> bool:
        """Whether requests stay on this computer."""
        return is_loopback(_split(self.base).hostname or "")

    @property
    def host(self) -> str:
        """The host and port, for messages."""
        return _split(self.base).netloc

    def url(self, path: str) -> str:
        """Return the URL of a path of the API, such as `/auth`."""
        return f"{self.base}{_API}{path}"

    @property
    def list_urls(self) -> tuple[str, ...]:
        """The URLs of the project list, most likely first."""
        return tuple(f"{self.base}{path}" for path in self.list_paths)

    def project_url(self, project_id: str) -> str:
        """Return the URL of a saved project."""
        return self.url(f"/editor/project/{_as_segment(project_id)}")

    def progress_url(self, job: str) -> str:
        """Return the URL of a job's progress."""
        path = self.progress_path.replace(_ID, _as_segment(job))
        return path if "://" in self.progress_path else f"{self.base}{path}"


def _as_segment(text: str) -> str:
    """Return an id as one segment of a path, so that it can't change the rest of the URL."""
    try:
        segment = quote(text.strip(), safe="")
    except UnicodeEncodeError:
        segment = ""
    if not segment.strip(".") or len(segment) > _MAX_ID:
        raise Rejected(
            f"“{text[:40]}” isn't a project ID",
            hint="Enter the ID as AI Studios shows it, or clear the cell",
        )
    return segment


def _check_base(base: str) -> None:
    parts = _split(base)
    host = parts.hostname or ""
    if parts.scheme not in _DEFAULT_PORTS or not _is_host_name(host) or _has_blank(base):
        raise InputError(
            f"{_shown(base)} isn't a web address", hint="Write it like https://app.aistudios.com"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InputError(
            f"the address of {host} has more than a host and a path",
            hint="Leave out user names, passwords, ? and #. Your key comes from a variable or the keyring",
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise InputError(
            f"{host} would get the key unencrypted",
            hint="Use https. Plain http works only for this computer (127.0.0.1, localhost)",
        )


def _check_progress(path: str, base: str) -> None:
    """Check that the path contains the id once, and that the key may be sent there."""
    if path.count(_ID) != 1 or _has_blank(path):
        raise InputError(
            f"the progress address {_shown(path)} must contain {_ID} once, and no spaces",
            hint=f"Write it like {_API}/editor/progress/{_ID}",
        )
    if path.startswith("/") and not path.startswith("//") and "\\" not in path:
        return
    parts = _split(path)
    allowed = {_origin(base), _origin(_SECOND_ORIGINS.get(base, base))}
    if _ID in parts.netloc or "@" in parts.netloc or _origin(path) not in allowed:
        raise InputError(
            f"the progress address {_shown(path)} would get a key that's meant for {_split(base).hostname}",
            hint="Start it with a single /, or with the address of the same service",
        )


def _split(address: str) -> SplitResult:
    """Split a URL and check that its port is a number."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise InputError(f"{_shown(address)} isn't a web address", hint="Check how it is written") from error
    return parts


def _origin(address: str) -> tuple[str, str, int | None]:
    parts = _split(address)
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _is_host_name(host: str) -> bool:
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return bool(host) and not set(host) & set("\\%")


def _has_blank(address: str) -> bool:
    return any(letter <= " " or letter == "\x7f" for letter in address)


def _shown(address: str) -> str:
    """Return the URL for a message, without user name and password."""
    return repr(address.rpartition("@")[2][:80])
