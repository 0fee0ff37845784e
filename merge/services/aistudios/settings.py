"""Where AI Studios is, and the one origin (or two) that its key may go to."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, quote, urlsplit

from merge.errors import InputError, Rejected

__all__ = ["AiStudiosSettings", "Region"]

_API = "/api/odin/v3"
_ID = "{id}"
_LONGEST_ID = 200
_DEFAULT_PORTS = {"https": 443, "http": 80}


class Region(StrEnum):
    """The two services, each with keys of its own."""

    GLOBAL = "global"
    CHINA = "china"


HOSTS = {Region.GLOBAL: "https://app.aistudios.com", Region.CHINA: "https://app.aistudios.cn"}
# The address in the service's own introduction; it belongs to the global service alone.
_SECOND_ORIGINS = {HOSTS[Region.GLOBAL]: "https://aistudios.com"}


@dataclass(frozen=True, slots=True)
class AiStudiosSettings:
    """How to reach AI Studios.

    Attributes:
        region: chooses the host
        base_url: takes the host's place (a proxy, the stand-in): https, or http on loopback
        progress_path: where progress is asked for, with `{id}` once; a path on the host, or a whole
            https address on the host or, for the global host, on `aistudios.com`
        list_paths: where projects are listed; the next one is tried where one is not there
        connect_timeout: seconds to wait for a connection
        answer_timeout: seconds to wait between two pieces of an answer
        total_timeout: seconds that a request may take from its connection to its answer's end
        at_once: how many requests, and connections, there are at most

    Raises:
        InputError: an address is none, or the key would go where it must not
    """

    region: Region = Region.GLOBAL
    base_url: str = ""
    progress_path: str = f"{_API}/editor/progress/{_ID}"
    list_paths: tuple[str, ...] = (f"{_API}/editor/project", f"{_API}/editor/projects")
    connect_timeout: float = 10.0
    answer_timeout: float = 60.0
    total_timeout: float = 180.0
    at_once: int = 8

    def __post_init__(self) -> None:
        _check_base(self.base)
        _check_progress(self.progress_path, self.base)

    @property
    def base(self) -> str:
        """The address that all paths are put behind."""
        return (self.base_url.strip() or HOSTS[self.region]).rstrip("/")

    @property
    def on_loopback(self) -> bool:
        """Whether requests stay on this computer."""
        return _is_loopback(_split(self.base).hostname or "")

    @property
    def host(self) -> str:
        """The host as a message names it."""
        return _split(self.base).netloc

    @property
    def auth_url(self) -> str:
        """Where the key is tested."""
        return f"{self.base}{_API}/auth"

    @property
    def token_url(self) -> str:
        """Where a key is issued."""
        return f"{self.base}{_API}/auth/token"

    @property
    def submit_url(self) -> str:
        """Where projects are handed over."""
        return f"{self.base}{_API}/editor/project"

    @property
    def export_url(self) -> str:
        """Where saved projects are exported."""
        return f"{self.base}{_API}/editor/project/export"

    @property
    def models_url(self) -> str:
        """Where the account's avatars are listed."""
        return f"{self.base}{_API}/model"

    @property
    def workspaces_url(self) -> str:
        """Where the account's workspaces are listed."""
        return f"{self.base}{_API}/dropdown/workspaces"

    @property
    def list_urls(self) -> tuple[str, ...]:
        """Where projects are listed, the likeliest first."""
        return tuple(f"{self.base}{path}" for path in self.list_paths)

    def project_url(self, project_id: str) -> str:
        """Return where a saved project is read."""
        return f"{self.base}{_API}/editor/project/{_as_segment(project_id)}"

    def progress_url(self, job: str) -> str:
        """Return where the progress of a job is asked for."""
        address = self.progress_path.replace(_ID, _as_segment(job))
        return address if "://" in self.progress_path else f"{self.base}{address}"


def _as_segment(found_id: str) -> str:
    """Return an id as one piece of a path, so that it cannot lead to another address."""
    wanted = found_id.strip()
    try:
        segment = quote(wanted, safe="")
    except UnicodeEncodeError:
        segment = ""
    if not segment.strip(".") or len(segment) > _LONGEST_ID:
        raise Rejected(
            f"{found_id[:40]!r} cannot be the id of a project",
            hint="Put the id back as AI Studios gave it, or clear the cell",
        )
    return segment


def _check_base(base: str) -> None:
    parts = _split(base)
    host = parts.hostname or ""
    if parts.scheme not in _DEFAULT_PORTS or not _is_host_name(host) or _has_blank(base):
        raise InputError(
            f"{_shown(base)} is not a web address", hint="Write it like https://app.aistudios.com"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InputError(
            f"the address of {host} holds more than host and path",
            hint="Leave out user names, passwords, ? and #; a key comes from the environment or the keyring",
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise InputError(
            f"{host} would get the key unencrypted",
            hint="Write https; plain http is taken for this computer alone (127.0.0.1, localhost)",
        )


def _check_progress(path: str, base: str) -> None:
    """See that the address has its one place for the id, and that the key may go there."""
    if path.count(_ID) != 1 or _has_blank(path):
        raise InputError(
            f"the progress address {_shown(path)} needs {_ID} once and no blanks",
            hint=f"Write it like {_API}/editor/progress/{_ID}",
        )
    if path.startswith("/") and not path.startswith("//") and "\\" not in path:
        return
    parts = _split(path)
    allowed = {_origin(base), _origin(_SECOND_ORIGINS.get(base, base))}
    if _ID in parts.netloc or "@" in parts.netloc or _origin(path) not in allowed:
        raise InputError(
            f"the progress address {_shown(path)} would get a key that is meant for {_split(base).hostname}",
            hint="Begin it with a single /, or with the address of the same service",
        )


def _split(address: str) -> SplitResult:
    """Split an address, whose port has to be a number."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as error:
        raise InputError(f"{_shown(address)} is not a web address", hint="Check how it is written") from error
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


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(address: str) -> str:
    """Return the address for a message, without anything before an @."""
    return repr(address.rpartition("@")[2][:80])
