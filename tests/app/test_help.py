from __future__ import annotations

import re
from urllib.parse import urldefrag, urljoin

from merge.docs import list_pages
from tests.support.app_client import AppClient


def test_every_link_and_picture_of_help_is_there(page: AppClient) -> None:
    """Every topic can be reached from the first page, and every link, heading and picture exists."""
    open_pages, seen = [urljoin(page.origin, "/help")], dict[str, str]()
    while open_pages:
        url = open_pages.pop()
        found = page.http.get(url, follow_redirects=True)
        assert (url, found.status_code) == (url, 200)
        seen[url] = found.text if found.headers["content-type"].startswith("text/html") else ""
        targets = (urljoin(url, target) for target in re.findall(r'(?:href|src)="([^"]+)"', seen[url]))
        inside = {urldefrag(target).url for target in targets if target.startswith(page.origin)}
        open_pages += inside - seen.keys() - set(open_pages)
    assert {urljoin(page.origin, f"/help/{each.topic}") for each in list_pages()} <= seen.keys()
    for url, text in seen.items():
        for address, fragment in map(urldefrag, re.findall(r'href="([^"]*#[^"]+)"', text)):
            other = seen.get(urljoin(url, address) if address else url, "")
            assert address.startswith("https://") or f'id="{fragment}"' in other, (url, address, fragment)


def test_an_unknown_topic_is_not_found(page: AppClient) -> None:
    """Any address can be typed into the browser."""
    assert page.http.get("/help/nothing").status_code == 422
    assert page.http.get("/help/images/nothing.webp").status_code == 404
