from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.project.media_urls import is_private, suspicious_link, unusable_link


@pytest.mark.parametrize(
    "address",
    [
        "https://cdn.example.com/a.png",
        "http://cdn.example.com:8080/a.png?x=1#y",
        "https://user:secret@cdn.example.com/a.png",
        "HTTPS://CDN.EXAMPLE.COM/A.PNG",
        "https://cdn.example.com",
        "https://[2606:4700::1111]/a.png",
        "https://8.8.8.8/a.png",
        "https://172.32.0.1/a.png",
        "https://100.128.0.1/a.png",
        "https://例え.jp/a.png",
        "/images/background/bg_blue_gradient.png",
    ],
)
def test_a_public_url_can_be_downloaded(address: str) -> None:
    """Public web addresses and the service's own addresses are accepted."""
    assert unusable_link(address) is None


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("C:\\Users\\Ana\\a.png", "stored on a computer"),
        ("d:/pictures/a.png", "stored on a computer"),
        ("file:///home/ana/a.png", "stored on a computer"),
        ("\\\\server\\share\\a.png", "stored on a computer"),
        ("~/a.png", "stored on a computer"),
        ("//server/share/a.png", "isn't a web address"),
        ("a.png", "isn't a web address"),
        ("www.example.com/a.png", "isn't a web address"),
        ("", "isn't a web address"),
        ("ftp://example.com/a.png", "isn't a web address"),
        ("https:///a.png", "isn't a web address"),
        ("https://cdn.example.com/my logo.png", "isn't a web address"),
        ("/images/my logo.png", "isn't a web address"),
        ("data:image/png;base64,AAAA", "isn't a web address"),
        ("https://localhost/a.png", "inside a company"),
        ("http://127.0.0.1:8000/a.png", "inside a company"),
        ("http://10.1.2.3/a.png", "inside a company"),
        ("http://172.16.0.1/a.png", "inside a company"),
        ("http://192.168.0.1/a.png", "inside a company"),
        ("http://169.254.1.1/a.png", "inside a company"),
        ("http://100.64.0.1/a.png", "inside a company"),
        ("http://0.0.0.0/a.png", "inside a company"),
        ("http://[::1]/a.png", "inside a company"),
        ("http://[fd00::1]/a.png", "inside a company"),
        ("http://intranet/a.png", "inside a company"),
        ("https://files.corp/a.png", "inside a company"),
        ("https://mac.local./a.png", "inside a company"),
    ],
)
def test_urls_that_the_service_cannot_open_are_problems(address: str, why: str) -> None:
    """Local files, internal hosts, and text that isn't a URL are reported."""
    found = unusable_link(address)
    assert found is not None
    assert why in found[0]


@pytest.mark.parametrize(
    ("address", "kind", "why"),
    [
        ("https://drive.google.com/file/d/1/view", "image", "a page of Google Drive"),
        ("https://www.dropbox.com/s/1/a.png?dl=0", "image", "a page of Dropbox"),
        ("https://acme.sharepoint.com/:i:/a.png", "image", "a page of SharePoint"),
        ("https://www.youtube.com/watch?v=1", "videoImage", "a page of YouTube"),
        ("https://cdn.example.com/a.mp4", "image", "should be a picture"),
        ("https://cdn.example.com/a.HEIC?x", "image", "should be a picture"),
        ("https://cdn.example.com/a.png", "video", "should be a video"),
        ("https://cdn.example.com/a.pdf", "audio", "should be a sound"),
        ("/music/a.png", "audio", "should be a sound"),
    ],
)
def test_urls_of_the_wrong_kind_of_file_are_warnings(address: str, kind: str, why: str) -> None:
    """Web pages that display a file, and files of another type, are reported."""
    found = suspicious_link(address, kind)
    assert found is not None
    assert why in found[0]


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://cdn.example.com/a.png", "image"),
        ("https://cdn.example.com/a", "image"),
        ("https://cdn.example.com/picture?id=7", "image"),
        ("https://cdn.example.com/v1.2/picture", "image"),
        ("https://cdn.example.com/a.mp4", "video"),
        ("https://www.dropbox.com/s/1/a.png?dl=1", "image"),
        ("https://notdropbox.com/a.png", "image"),
        ("https://cdn.example.com/a.pdf", ""),
    ],
)
def test_a_plausible_url_has_no_warning(address: str, kind: str) -> None:
    """A URL without a file extension may be anything."""
    assert suspicious_link(address, kind) is None


@given(st.text())
def test_any_text_can_be_checked(text: str) -> None:
    """Any cell text is either a URL or has a reason why not."""
    found = unusable_link(text)
    assert found is None or all(found)
    suspicious_link(text, "image")
    is_private(text)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.0.0.1."),
        *("012.1.1.1", "10.65793", "192.168.257", "0xA9FEA9FE", "0.0.0.1", "0"),
        *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]"),
        *("[2002:7f00:1::]", "[fe80::1]", "[fd00::1]", "[ff02::1]", "224.0.0.1", "255.255.255.255"),
        *("100.64.0.1", "169.254.169.254", "198.18.0.1"),
    ],
)
def test_internal_addresses_are_recognized_in_any_notation(host: str) -> None:
    """Short, decimal, octal and hexadecimal IPv4 addresses are recognized, and those inside IPv6."""
    assert is_private(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "010.1.1.1", "8.526344", "[::ffff:8.8.8.8]", "1.2.3.4.example"])
def test_public_addresses_are_recognized_in_any_notation(host: str) -> None:
    """`010.1.1.1` is 8.1.1.1 to resolvers."""
    assert not is_private(host)
