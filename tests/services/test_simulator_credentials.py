"""Keys and tokens of the simulator."""

from __future__ import annotations

import pytest

from merge.model import JSON
from merge.services.simulator import SimulatorSettings
from tests.support.simulator_process import API, refusal, stand_in

OPEN = SimulatorSettings()
KEYED = SimulatorSettings(key="the-key", app_id="app", user_key="user")
APP: JSON = {"appId": "app", "userKey": "user"}


@pytest.mark.parametrize(
    ("settings", "header", "status"),
    [
        pytest.param(OPEN, "anything", 200, id="any key"),
        pytest.param(OPEN, "", 401, id="no key"),
        pytest.param(OPEN, "Bearer anything", 401, id="bearer"),
        pytest.param(KEYED, "the-key", 200, id="the key"),
        pytest.param(KEYED, "another", 401, id="another key"),
        pytest.param(KEYED, "Bearer the-key", 401, id="the key as bearer"),
        pytest.param(KEYED, "", 401, id="another authorization scheme"),
    ],
)
def test_the_key_is_sent_bare(settings: SimulatorSettings, header: str, status: int) -> None:
    """Every call needs the bare key, and answers a missing or wrong one with 401."""
    with stand_in(settings, key=header) as service:
        answer = service.call("GET", "/auth")
        others = [service.call(*call) for call in (("GET", "/model"), ("POST", "/editor/project"))]
    if status == 200:
        assert answer.json() == {"success": True, "data": {"isAuthenticated": True}}
        assert all(other.status_code != 401 for other in others)
    else:
        assert [refusal(one)[0] for one in (answer, *others)] == [401, 401, 401]


def test_a_call_without_authorization_is_refused() -> None:
    """A call without an `Authorization` header is answered with 401."""
    with stand_in(OPEN) as service:
        del service.client.headers["Authorization"]
        assert service.error("GET", "/auth") == (401, "The API key is missing or not valid.")


@pytest.mark.parametrize("settings", [pytest.param(OPEN, id="any key"), pytest.param(KEYED, id="one key")])
def test_a_token_is_valid_for_a_day(settings: SimulatorSettings) -> None:
    """An issued token is valid for 24 hours, and then a new one can be issued."""
    with stand_in(settings, key="") as service:
        first = service.fields("POST", "/auth/token", APP)["token"]
        service.client.headers["Authorization"] = str(first)
        service.clock.now += 24 * 3600 - 1
        assert service.data("GET", "/auth") == {"isAuthenticated": True}
        service.clock.now += 1
        assert service.error("GET", "/auth")[0] == 401
        service.client.headers["Authorization"] = str(service.fields("POST", "/auth/token", APP)["token"])
        assert service.data("GET", "/auth") == {"isAuthenticated": True}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"appId": "other", "userKey": "user"}, id="other application"),
        pytest.param({"appId": "app", "userKey": "other"}, id="other user key"),
    ],
)
def test_a_token_needs_the_right_pair(body: JSON) -> None:
    """A wrong application id or user key is answered with 401."""
    with stand_in(KEYED, key="") as service:
        assert service.error("POST", "/auth/token", body)[0] == 401


def test_any_pair_gets_a_token() -> None:
    """Without a configured application, any pair gets a token, and no two are the same."""
    with stand_in(OPEN, key="") as service:
        tokens = {
            str(service.fields("POST", "/auth/token", {"appId": "x", "userKey": "y"})) for _ in range(2)
        }
    assert len(tokens) == 2


def test_the_token_call_needs_no_key() -> None:
    """A token can be requested without an API key."""
    with stand_in(KEYED, key="wrong") as service:
        assert service.client.post(f"{API}/auth/token", json=APP).status_code == 200
