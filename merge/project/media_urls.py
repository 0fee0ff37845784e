"""Which addresses the service can fetch: it reads them from the internet, without anybody's passwords."""

from __future__ import annotations

import ipaddress
import re

_WEB = re.compile(
    r"https?://(?:[^/?#@\s]*@)?(?P<host>\[[0-9a-f:.]+\]|[^/?#:@\s]+)(?::\d{0,5})?(?P<path>(?:/[^?#\s]*)?)"
    r"(?:\?(?P<query>[^#\s]*))?(?:#\S*)?",
    re.IGNORECASE,
)
_HERE = frozenset({"localhost", "localhost.localdomain", "host.docker.internal"})
_INSIDE = (".local", ".internal", ".intranet", ".lan", ".corp", ".home", ".localhost", ".test", ".invalid")
_FOUR_NUMBERS = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})")
_ON_A_DISK = re.compile(r"(?:file:|[a-zA-Z]:[\\/]|\\\\|~/)")
_SHARED = (
    ("drive.google.com", "Google Drive"),
    ("docs.google.com", "Google Docs"),
    ("dropbox.com", "Dropbox"),
    ("1drv.ms", "OneDrive"),
    ("onedrive.live.com", "OneDrive"),
    ("sharepoint.com", "SharePoint"),
    ("canva.com", "Canva"),
    ("photos.app.goo.gl", "Google Photos"),
    ("youtube.com", "YouTube"),
    ("youtu.be", "YouTube"),
    ("vimeo.com", "Vimeo"),
)
_OF_A_FILE = ("export=download", "dl=1", "raw=1", "download=1")
_PICTURES = frozenset(["jpg", "jpeg", "png", "gif", "webp", "svg", "bmp"])
_FILMS = frozenset(["mp4", "mov", "webm", "m4v", "avi", "mkv"])
_SOUNDS = frozenset(["mp3", "wav", "m4a", "aac", "ogg", "flac"])
_OTHERS = frozenset(
    [
        "pdf",
        "doc",
        "docx",
        "ppt",
        "pptx",
        "xls",
        "xlsx",
        "htm",
        "html",
        "php",
        "zip",
        "heic",
        "tif",
        "tiff",
        "psd",
        "ai",
        "eps",
    ]
)
_KINDS = {"image": ("a picture", _PICTURES), "video": ("a video", _FILMS), "audio": ("a sound", _SOUNDS)}
ADDRESS_FIELDS = ("source_url", "video_url")
"""Members of clips and backgrounds that hold the address of a file."""
WHOLE_ADDRESS = "Give the whole address, beginning with https://"
PUBLIC = "Put the file where everybody can open it without signing in, and give that address"


def unusable_link(text: str) -> tuple[str, str] | None:
    """Why the service certainly cannot fetch an address, and what to do; None where it may.

    Args:
        text: the address; one that begins with a single `/` is the service's own
    """
    far = out_of_reach(text)
    if far or (text.startswith("/") and not text.startswith("//") and not _has_blanks(text)):
        return far
    return None if _WEB.fullmatch(text) else (f"'{text[:80]}' is no web address", WHOLE_ADDRESS)


def out_of_reach(text: str) -> tuple[str, str] | None:
    """Why an address leads to where the service cannot be, and what to do; None where it may be reached."""
    shown = text[:80]
    if _ON_A_DISK.match(text):
        return f"'{shown}' is a file on a computer or a file share, which the service cannot reach", PUBLIC
    web = _WEB.fullmatch(text)
    if web and is_private(web["host"]):
        return f"'{shown}' can only be opened inside a company or on one computer", PUBLIC
    return None


def doubtful_link(text: str, kind: str) -> tuple[str, str] | None:
    """What makes it doubtful that an address leads to a file of the right kind, and what to do.

    Args:
        text: an address that is not unusable
        kind: what it should lead to: `image`, `video`, `audio`; anything else is not judged
    """
    web = _WEB.fullmatch(text)
    host, path, query = (web["host"].casefold(), web["path"], web["query"] or "") if web else ("", text, "")
    shared = next((name for end, name in _SHARED if f".{host}".endswith(f".{end}")), "")
    if shared and not any(sign in query for sign in _OF_A_FILE):
        return f"'{text[:80]}' shows a page of {shared}, not the file itself", PUBLIC
    ending = path.rpartition("/")[2].rpartition(".")[2].casefold() if "." in path else ""
    known = _PICTURES | _FILMS | _SOUNDS | _OTHERS
    if kind in _KINDS and ending in known and ending not in _KINDS[kind][1]:
        return f"'{text[:80]}' ends in .{ending}, and {_KINDS[kind][0]} belongs here", "Check the address"
    return None


def is_loopback(host: str) -> bool:
    """Return whether a host is this computer, without a name lookup: what a name means may change."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(host: str) -> bool:
    """Whether a host is known on one computer or inside a company only (RFC 1918, 6761, 6762, 4193)."""
    name = host.casefold().strip("[]").rstrip(".")
    if ":" in name:
        return name == "::1" or name.startswith(("fc", "fd", "fe8", "fe9", "fea", "feb"))
    numbers = _FOUR_NUMBERS.fullmatch(name)
    if numbers:
        return _is_private_number(tuple(int(number) for number in numbers.groups()))
    return name in _HERE or "." not in name or name.endswith(_INSIDE)


def _is_private_number(numbers: tuple[int, ...]) -> bool:
    match numbers:
        case (0 | 10 | 127, *_) | (192, 168, *_) | (169, 254, *_):
            return True
        case (172, second, *_):
            return 16 <= second <= 31  # noqa: PLR2004 - 172.16.0.0/12
        case (100, second, *_):
            return 64 <= second <= 127  # noqa: PLR2004 - 100.64.0.0/10, shared by providers
        case _:
            return False


def _has_blanks(text: str) -> bool:
    return any(letter.isspace() for letter in text)
