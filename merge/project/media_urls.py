"""Which media URLs the service can download: only those that are public on the internet."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import TypeAlias

_WEB = re.compile(
    r"https?://(?:[^/?#@\s]*@)?(?P<host>\[[0-9a-f:.]+\]|[^/?#:@\s]+)(?::\d{0,5})?(?P<path>(?:/[^?#\s]*)?)"
    r"(?:\?(?P<query>[^#\s]*))?(?:#\S*)?",
    re.IGNORECASE,
)
_HERE = frozenset({"localhost", "localhost.localdomain", "host.docker.internal"})
_INSIDE = (".local", ".internal", ".intranet", ".lan", ".corp", ".home", ".localhost", ".test", ".invalid")
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_NUMBER = re.compile(r"(?:0x(?P<hex>[0-9a-f]*)|0(?P<octal>[0-7]+)|(?P<decimal>0|[1-9][0-9]*))", re.IGNORECASE)
_BASES = {"hex": 16, "octal": 8, "decimal": 10}
_MAX_DIGITS = 16
_PARTS = 4
_EMBEDDING = tuple(map(ipaddress.ip_network, ("::/96", "64:ff9b::/96", "::ffff:0:0:0/96")))
"""IPv6 networks whose last four bytes are an IPv4 address: RFC 4291, 2.5.5.1, RFC 6052 and RFC 2765, 2.1."""
_LOCAL = tuple(map(ipaddress.ip_network, ("64:ff9b:1::/48", "fec0::/10", "3fff::/20", "5f00::/16")))
"""IPv6 networks that `ipaddress` calls global in some versions: RFC 8215, 3879, 9637 and 9602."""
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
_PICTURES = frozenset({"jpg", "jpeg", "png", "gif", "webp", "svg", "bmp"})
_FILMS = frozenset({"mp4", "mov", "webm", "m4v", "avi", "mkv"})
_SOUNDS = frozenset({"mp3", "wav", "m4a", "aac", "ogg", "flac"})
_OTHERS = frozenset({
    "pdf", "doc", "docx", "ppt", "pptx", "xls", "xlsx", "htm", "html", "php", "zip",
    "heic", "tif", "tiff", "psd", "ai", "eps",
})  # fmt: skip
_KINDS = {"image": ("a picture", _PICTURES), "video": ("a video", _FILMS), "audio": ("a sound", _SOUNDS)}
ADDRESS_FIELDS = ("source_url", "video_url")
"""Fields of clips and backgrounds that are the URL of a file."""
WHOLE_ADDRESS = "Enter the whole address, beginning with https://"
PUBLIC = "Upload the file to a place that anyone can open without signing in, and use that address"


def unusable_link(text: str) -> tuple[str, str] | None:
    """Return why the service certainly can't download a URL, with a hint; None if it may be able to.

    Args:
        text: the URL; one that begins with a single `/` is on the service itself
    """
    reason = out_of_reach(text)
    if reason or (
        text.startswith("/") and not text.startswith("//") and not any(letter.isspace() for letter in text)
    ):
        return reason
    return None if _WEB.fullmatch(text) else (f"“{text[:80]}” isn't a web address", WHOLE_ADDRESS)


def out_of_reach(text: str) -> tuple[str, str] | None:
    """Return why the service can't reach a URL, with a hint; None if it may be able to."""
    shown = text[:80]
    if _ON_A_DISK.match(text):
        return f"AI Studios can't open “{shown}”, because it's stored on a computer or a shared drive", PUBLIC
    web = _WEB.fullmatch(text)
    if web and is_private(web["host"]):
        return f"AI Studios can't open “{shown}”, because it's inside a company or on one computer", PUBLIC
    return None


def suspicious_link(text: str, kind: str) -> tuple[str, str] | None:
    """Return why a URL may not lead to a file of the right kind, with a hint; None if nothing looks wrong.

    Args:
        text: a URL that isn't unusable
        kind: what it should lead to: `image`, `video` or `audio`; anything else isn't checked
    """
    web = _WEB.fullmatch(text)
    host, path, query = (web["host"].casefold(), web["path"], web["query"] or "") if web else ("", text, "")
    shared = next((name for end, name in _SHARED if f".{host}".endswith(f".{end}")), "")
    if shared and not any(sign in query for sign in _OF_A_FILE):
        return f"“{text[:80]}” opens a page of {shared}, not the file itself", PUBLIC
    ending = path.rpartition("/")[2].rpartition(".")[2].casefold() if "." in path else ""
    known = _PICTURES | _FILMS | _SOUNDS | _OTHERS
    if kind in _KINDS and ending in known and ending not in _KINDS[kind][1]:
        return f"“{text[:80]}” ends in .{ending}, but this should be {_KINDS[kind][0]}", "Check the address"
    return None


def is_loopback(host: str) -> bool:
    """Return whether a host is this computer, without a name lookup, whose result may change."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(host: str) -> bool:
    """Return whether a host is known only on one computer or inside a company.

    Names such as `localhost` and `.local` are from RFC 6761 and 6762.
    """
    address = address_of(host)
    if address is not None:
        return not is_public(address)
    name = _ascii_dots(host).casefold().rstrip(".")
    return name in _HERE or "." not in name or name.endswith(_INSIDE)


def address_of(host: str) -> Address | None:
    """Return the IP address that a host is, in any notation that resolvers accept; None if it is a name.

    `127.1`, `0x7f.1`, `010.1.1.1` and `2130706433` are addresses too (POSIX, inet_addr), also in full-width
    digits, which become ASCII in a web address (UTS 46).
    """
    name = _ascii_dots(host).strip("[]").rstrip(".")
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        pass
    parts = name.split(".")
    numbers = [number for part in parts if (number := _number(part)) is not None]
    if len(numbers) != len(parts) or len(parts) > _PARTS:
        return None
    *first, last = numbers
    if any(number > 255 for number in first) or last >= 256 ** (_PARTS + 1 - len(parts)):  # noqa: PLR2004 - bytes
        return None
    return ipaddress.IPv4Address(sum(number << 24 - 8 * place for place, number in enumerate(first)) + last)


def _ascii_dots(host: str) -> str:
    return unicodedata.normalize("NFKC", host).replace("\u3002", ".")


def is_public(address: Address) -> bool:
    """Return whether an address is on the public internet; an IPv4 address inside IPv6 counts."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.teredo:
            inner = address.teredo[1]
        if any(address in network for network in _EMBEDDING):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if any(address in network for network in _LOCAL):
            return False
    return address.is_global and not address.is_multicast


def _number(text: str) -> int | None:
    found = _NUMBER.fullmatch(text) if len(text) <= _MAX_DIGITS else None
    if found is None or found.lastgroup is None:
        return None
    return int(found[found.lastgroup] or "0", _BASES[found.lastgroup])
