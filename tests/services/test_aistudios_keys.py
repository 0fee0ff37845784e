from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest

from merge.errors import ServiceError, Unauthorized, Unavailable
from merge.model import JobId
from merge.services.aistudios import AiStudios
from tests.support.scripted_service import API, APP, PROJECT, START, Answer, Script, SetClock, data, talk


@dataclass
class TokenService:
    """A service that issues tokens and accepts only the newest."""

    issued: int = 0
    seen: list[str] = field(default_factory=list)
    refuse_all: bool = False

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Issue a token, or check the one in the request."""
        await asyncio.sleep(0)
        if request.url.path.endswith("/auth/token"):
            assert json.loads(request.content) == {"appId": "app-1", "userKey": "user-key-1"}
            assert "authorization" not in request.headers
            self.issued += 1
            return data({"token": f"token-{self.issued}"})
        self.seen.append(request.headers["authorization"])
        if self.refuse_all or self.seen[-1] != f"token-{self.issued}":
            return httpx.Response(401, json={"success": False, "error": {"code": 401, "msg": "expired"}})
        return data({"progress": 10})


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        pytest.param(data({"isAuthenticated": True}), True, id="accepted"),
        pytest.param(data({"isAuthenticated": False}), False, id="not accepted"),
        pytest.param(data({}), False, id="no answer field"),
        pytest.param(httpx.Response(403), False, id="refused"),
    ],
)
def test_credentials_can_be_checked(answer: httpx.Response, *, taken: bool) -> None:
    """`check_auth` returns whether the service accepts the key."""
    script = Script([answer])
    assert talk(script, lambda studio: studio.check_auth()) is taken
    assert script.lines == [f"GET {API}/auth"]


def test_a_token_is_renewed_before_it_expires() -> None:
    """A token is used for 23 hours and then renewed, without being refused first."""
    service, clock = TokenService(), SetClock()

    async def a_day(studio: AiStudios) -> None:
        await studio.progress(JobId("p1"))
        clock.now = START + timedelta(hours=22)
        await studio.progress(JobId("p1"))
        clock.now = START + timedelta(hours=23)
        await studio.progress(JobId("p1"))

    talk(service, a_day, credentials=APP, clock=clock)
    assert service.seen == ["token-1", "token-1", "token-2"]


def test_concurrent_refusals_share_one_token() -> None:
    """A token that is revoked during a run is renewed once for all requests."""
    service = TokenService()

    async def withdrawn(studio: AiStudios) -> None:
        await studio.progress(JobId("p1"))
        service.issued += 1  # another process had a key issued, which revokes ours
        await asyncio.gather(*(studio.progress(JobId(str(job))) for job in range(6)))

    talk(service, withdrawn, credentials=APP)
    assert service.issued == 3


def test_a_refused_submission_is_sent_again_with_a_new_token() -> None:
    """A submission with a refused token wasn't accepted, so it is sent once more."""
    token = httpx.Response(200, json={"data": {"token": "one"}})
    script = Script([token, httpx.Response(401), token, data({"key": "p1"})])
    assert talk(script, lambda studio: studio.submit(PROJECT), credentials=APP) == "p1"
    assert [line.rpartition("/")[2] for line in script.lines] == ["token", "project", "token", "project"]


def test_a_refusal_with_http_200_also_renews_the_token() -> None:
    """A 401 in the envelope of an HTTP 200 also renews the token."""
    token = data({"token": "one"})
    inside = httpx.Response(200, json={"success": False, "error": {"code": 401, "msg": "no"}})
    script = Script([token, inside, token, data({"progress": 1})])
    assert talk(script, lambda studio: studio.progress(JobId("p1")), credentials=APP).percent == 1


def test_a_refusal_of_the_new_token_is_final() -> None:
    """If the new token is refused too, the error says what to check."""
    service = TokenService(refuse_all=True)
    with pytest.raises(Unauthorized, match="rejected your API key") as caught:
        talk(service, lambda studio: studio.progress(JobId("p1")), credentials=APP)
    assert service.issued == 2
    assert "token-2" not in str(caught.value)
    assert "region" in caught.value.hint


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(httpx.Response(400, json={"success": False}), Unauthorized, id="refused"),
        pytest.param(httpx.Response(401), Unauthorized, id="unauthorized"),
        pytest.param(httpx.Response(500), Unavailable, id="broken"),
        pytest.param(httpx.ReadTimeout("slow"), Unavailable, id="silent"),
        pytest.param(data({"token": "two words"}), Unavailable, id="not a key"),
        pytest.param(httpx.Response(429, headers={"retry-after": "7"}), Unavailable, id="too many"),
    ],
)
def test_a_submission_without_a_token_is_not_sent(answer: Answer, error: type[ServiceError]) -> None:
    """Failing to issue a token never makes a submission Uncertain."""
    script = Script([answer])
    with pytest.raises(error):
        talk(script, lambda studio: studio.submit(PROJECT), credentials=APP)
    assert script.lines == [f"POST {API}/auth/token"]
