from __future__ import annotations

import http.client
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from merge.app.guard import UPLOAD_BYTES
from tests.app.conftest import example_folder
from tests.support.app_client import AppClient, ServedApp, at


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    """One app for all refusals."""
    folder = example_folder(tmp_path_factory.mktemp("guard"))
    (folder.parent / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    with ServedApp(folder, tmp_path_factory.mktemp("user")) as served:
        yield served


@pytest.fixture(scope="module")
def page(app: ServedApp) -> Iterator[AppClient]:
    """A page with a valid token."""
    with AppClient(app.url) as client:
        client.checked()
        yield client


def _raw(page: AppClient, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> int:
    """The status of a request with exactly these headers."""
    parts = urlsplit(page.origin)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        return connection.getresponse().status
    finally:
        connection.close()


def _headers(page: AppClient, **changed: str) -> dict[str, str]:
    cookies = "; ".join(f"{name}={value}" for name, value in page.http.cookies.items())
    usual = {"Host": urlsplit(page.origin).netloc, "Cookie": cookies, "Origin": page.origin}
    return {name: value for name, value in {**usual, **changed}.items() if value}


def test_the_page_itself_is_let_in(page: AppClient) -> None:
    """Calls are answered if host, origin and cookie are those that the browser sends."""
    assert _raw(page, "GET", "/api/state", _headers(page)) == 200


@pytest.mark.parametrize("path", ["/", "/api/state", "/api/events", "/shared/play.js", "/files/x.html"])
def test_without_the_token_nothing_is_shown(page: AppClient, path: str) -> None:
    """Neither pages nor calls are answered to a browser that wasn't given the address."""
    assert _raw(page, "GET", path, _headers(page, Cookie="", Origin="")) == 403


def test_the_page_for_a_browser_without_the_token_has_its_style(page: AppClient) -> None:
    """Styles aren't private, but other hosts and websites don't get them."""
    assert _raw(page, "GET", "/static/app.css", _headers(page, Cookie="", Origin="")) == 200
    assert _raw(page, "GET", "/static/app.css", _headers(page, Cookie="", Origin="https://a.example")) == 403
    assert _raw(page, "GET", "/static/app.css", _headers(page, Cookie="", Host="a.example")) == 403


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"Cookie": "castmerge=x"}, id="another cookie"),
        pytest.param({"Host": "localhost"}, id="another host"),
        pytest.param({"Host": "evil.example"}, id="a rebound name"),
        pytest.param({"Host": ""}, id="no host"),
        pytest.param({"Origin": "https://evil.example"}, id="another origin"),
        pytest.param({"Origin": "null"}, id="a sandboxed page"),
        pytest.param({"Origin": "http://127.0.0.1:1"}, id="another port"),
        pytest.param({"Origin": ""}, id="no origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="from another site"),
    ],
)
def test_requests_of_other_pages_are_refused(page: AppClient, changed: dict[str, str]) -> None:
    """A request with a wrong host, origin or cookie changes nothing."""
    headers = _headers(page, **{"Content-Type": "application/json", "Content-Length": "2"}, **changed)
    assert _raw(page, "POST", "/api/preferences", headers, b"{}") in (400, 403)


@pytest.mark.parametrize("token", ["", "x", "ä"])
def test_a_wrong_token_is_refused(page: AppClient, token: str) -> None:
    """A guessed address gets no cookie."""
    response = page.http.get("/", params={"token": token}, headers={"Cookie": ""})
    assert response.status_code == 403
    assert "set-cookie" not in response.headers


def test_the_cookie_is_for_this_page_alone(app: ServedApp) -> None:
    """Scripts can't read it, other sites can't use it, and the token leaves the address bar."""
    with AppClient(app.url) as client:
        first = client.http.get(app.url)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_pages_load_nothing_from_elsewhere(page: AppClient) -> None:
    """The policy of every answer allows scripts of this server only, and no frame around them."""
    policy = page.http.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert page.http.get("/").headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../campaign.py",
        "/static/%2e%2e/campaign.py",
        "/static/..%2fcampaign.py",
        "/shared/%2e%2e/page.py",
        "/files/..%2fsecret.csv",
        "/files/%2e%2e%2fsecret.csv",
        "/files/customers.xlsx",
        "/static//etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/locked",
        "/index.html",
    ],
)
def test_path_tricks_find_nothing(page: AppClient, path: str) -> None:
    """No address leads to a file that isn't part of a page."""
    assert _raw(page, "GET", path, _headers(page, Origin="")) == 404


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "..", ".", "", "customers.xlsx\0", "C:\\x"])
def test_only_files_of_the_folder_can_be_chosen(page: AppClient, name: str) -> None:
    """A path out of the folder isn't a workbook."""
    if name:
        assert page.refused("POST", "/api/choice", {"workbook": name}) == (404, "missing")
    assert page.refused("POST", "/api/choice", {"template": name or "x"}) == (404, "missing")


def test_a_link_out_of_the_folder_cannot_be_chosen(app: ServedApp, page: AppClient) -> None:
    """The target of a symbolic link must be in the folder."""
    (app.folder / "link.csv").symlink_to(app.folder.parent / "secret.csv")
    assert page.refused("POST", "/api/choice", {"workbook": "link.csv"}) == (404, "missing")


def test_a_large_upload_is_refused_before_it_is_read(page: AppClient) -> None:
    """A body whose header announces 100 MB is refused."""
    headers = _headers(page, **{"Content-Length": str(2 * UPLOAD_BYTES)})
    assert _raw(page, "POST", "/api/upload?name=a.csv", headers) == 413


def test_an_upload_larger_than_announced_is_refused(app: ServedApp, page: AppClient) -> None:
    """A body in chunks is counted while it arrives."""

    def chunks() -> Iterator[bytes]:
        for _ in range(3):
            yield bytes(1_000_000)

    response = page.http.post("/api/choice", content=chunks(), headers={"Origin": page.origin})
    assert (response.status_code, at(response.json(), "kind")) == (413, "too_large")
    assert not (app.folder / "a.csv").exists()


@pytest.mark.parametrize("content", [b"[1]", b"{", b"\xff", b'{"a":' * 10_000])
def test_a_body_that_is_not_an_object_is_refused(page: AppClient, content: bytes) -> None:
    """The error is explained, and isn't an internal one."""
    headers = {"Origin": page.origin, "Content-Type": "application/json"}
    response = page.http.post("/api/choice", content=content, headers=headers)
    assert (response.status_code, at(response.json(), "kind")) == (422, "input")


def test_a_file_of_the_folder_cannot_use_the_app(app: ServedApp, page: AppClient) -> None:
    """An HTML file in the folder is shown as another origin, without the cookie."""
    (app.folder / "mine.html").write_text("<script>fetch('/api/quit')</script>", encoding="utf-8")
    policy = page.http.get("/files/mine.html").headers["content-security-policy"]
    assert policy.startswith("sandbox")
    assert "allow-same-origin" not in policy


def test_an_unknown_call_is_not_found(page: AppClient) -> None:
    """A known call with another method isn't found either."""
    assert page.refused("GET", "/api/nothing") == (404, "missing")
    assert page.refused("POST", "/api/business-templates") == (404, "missing")


def test_only_the_opened_folder_is_listed(page: AppClient, tmp_path: Path) -> None:
    """Files of the parent folder aren't in the listing."""
    del tmp_path
    listing = page.get("/api/folder")
    assert "secret.csv" not in str(listing)
