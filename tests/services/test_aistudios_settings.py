from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import InputError, Rejected
from merge.services.aistudios import AiStudiosSettings, Region


@pytest.mark.parametrize(
    ("region", "host"), [(Region.GLOBAL, "app.aistudios.com"), (Region.CHINA, "app.aistudios.cn")]
)
def test_the_region_selects_the_host(region: Region, host: str) -> None:
    """Each region has its own host."""
    settings = AiStudiosSettings(region=region)
    assert settings.host == host
    assert settings.url("/editor/project") == f"https://{host}/api/odin/v3/editor/project"
    assert not settings.on_loopback


@pytest.mark.parametrize(
    "base",
    [
        "https://proxy.example",
        "https://proxy.example:8443/studio/",
        " HTTPS://proxy.example ",
        "http://127.0.0.1:8000",
        "http://127.8.9.10",
        "http://localhost:1",
        "http://[::1]:8000",
        "https://10.0.0.1",
    ],
)
def test_https_and_loopback_are_accepted(base: str) -> None:
    """An https URL may have any host, an http URL only a loopback host; a path is kept."""
    settings = AiStudiosSettings(base_url=base)
    assert settings.url("/auth/token") == f"{base.strip().rstrip('/')}/api/odin/v3/auth/token"
    assert settings.on_loopback is base.startswith("http://")


@pytest.mark.parametrize(
    "base",
    [
        "http://app.aistudios.com",
        "http://10.0.0.1",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.1",
        "http://0.0.0.0",
        "http://[::]",
        "ftp://app.aistudios.com",
        "app.aistudios.com",
        "//app.aistudios.com",
        "https://",
        "https://:443",
        "https://host:port",
        "https://host:99999",
        "https://[::1",
        "https://user:pw@app.aistudios.com",
        "https://app.aistudios.com\\@evil.example",
        "https://app.aistudios.com\\.evil.example",
        "https://app.aistudios.com?x=1",
        "https://app.aistudios.com#x",
        "https://app.ai\nstudios.com",
        "https://app aistudios.com",
        "https://a..b",
        "https://" + "a" * 64 + ".com",
        "https://ev%69l.example",
    ],
)
def test_other_base_urls_are_refused(base: str) -> None:
    """Any other URL is refused, and a password in it isn't repeated."""
    with pytest.raises(InputError) as caught:
        AiStudiosSettings(base_url=base)
    assert caught.value.hint
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("/api/odin/editor/progress/{id}", ""),
        ("/progress?key={id}", "http://127.0.0.1:8000"),
        ("https://aistudios.com/api/odin/editor/progress/{id}", ""),
        ("https://aistudios.com:443/progress/{id}", "https://app.aistudios.com/"),
        ("https://app.aistudios.com/progress/{id}", ""),
        ("https://proxy.example/elsewhere/{id}", "https://proxy.example:443/studio"),
    ],
)
def test_the_progress_path_may_be_another_path_of_the_service(path: str, base: str) -> None:
    """A path, a URL of the same origin, and the global service's second host are accepted."""
    url = AiStudiosSettings(base_url=base, progress_path=path).progress_url("p1")
    assert "p1" in url
    assert url.startswith(("https://", "http://127.0.0.1:8000/"))


@pytest.mark.parametrize(
    ("path", "region", "base"),
    [
        ("/progress", Region.GLOBAL, ""),
        ("/progress/{id}/{id}", Region.GLOBAL, ""),
        ("/progress/ {id}", Region.GLOBAL, ""),
        ("progress/{id}", Region.GLOBAL, ""),
        ("//evil.example/{id}", Region.GLOBAL, ""),
        ("/\\evil.example/{id}", Region.GLOBAL, ""),
        ("https://evil.example/{id}", Region.GLOBAL, ""),
        ("https://{id}.aistudios.com/", Region.GLOBAL, ""),
        ("https://app.aistudios.com@evil.example/{id}", Region.GLOBAL, ""),
        ("https://x@app.aistudios.com/{id}", Region.GLOBAL, ""),
        ("https://aistudios.com:444/{id}", Region.GLOBAL, ""),
        ("http://aistudios.com/{id}", Region.GLOBAL, ""),
        ("https://aistudios.com/{id}", Region.CHINA, ""),
        ("https://aistudios.com/{id}", Region.GLOBAL, "https://proxy.example"),
        ("https://app.aistudios.com/{id}", Region.GLOBAL, "https://proxy.example"),
        ("http://proxy.example/{id}", Region.GLOBAL, "https://proxy.example"),
    ],
)
def test_the_progress_path_never_leads_to_another_origin(path: str, region: Region, base: str) -> None:
    """The second host belongs to the global service only, and every other origin is refused."""
    with pytest.raises(InputError):
        AiStudiosSettings(region=region, base_url=base, progress_path=path)


@given(job=st.text(max_size=60))
def test_an_id_never_changes_the_rest_of_the_url(job: str) -> None:
    """With any id the URL keeps its host and directory, or the id is refused."""
    settings = AiStudiosSettings()
    try:
        urls = settings.progress_url(job), settings.project_url(job)
    except Rejected:
        return
    for url, folder in zip(urls, ("progress", "project"), strict=True):
        parts = urlsplit(url)
        assert parts.netloc == "app.aistudios.com"
        assert parts.path.startswith(f"/api/odin/v3/editor/{folder}/")
        assert parts.path.count("/") == 6
        assert not parts.query + parts.fragment


@pytest.mark.parametrize("job", ["", " ", ".", "..", "x" * 300, "\ud800"])
def test_an_invalid_id_is_rejected(job: str) -> None:
    """An id that was edited in the workbook is Rejected before anything is sent."""
    with pytest.raises(Rejected, match="isn't a project ID"):
        AiStudiosSettings().progress_url(job)
