from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.errors import InputError
from merge.services.aistudios import ApiKey, AppCredentials
from merge.services.aistudios.credentials import Secrets, checked_secret

keys = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


def test_repr_hides_secrets() -> None:
    """The repr of both kinds of credentials hides their secrets."""
    assert "sk-1" not in repr(ApiKey("sk-1"))
    assert "user" not in repr(AppCredentials("app-1", "user-1")).replace("user_key", "")
    assert "app-1" not in repr(AppCredentials("app-1", "user-1"))


def test_pasted_secrets_are_stripped() -> None:
    """Spaces and line breaks around a pasted key are removed."""
    assert ApiKey(" sk-1\r\n") == ApiKey("sk-1")
    assert AppCredentials(" a ", "b\n") == AppCredentials("a", "b")


@pytest.mark.parametrize("text", ["", " \n", "Bearer sk-1", "“sk-1”", "sk\x7f", "sk-1\nX-Evil: 1", "ключ"])
def test_an_invalid_key_is_refused_without_repeating_it(text: str) -> None:
    """A key that a header can't contain is refused, and the message doesn't repeat it."""
    with pytest.raises(InputError) as caught:
        ApiKey(text)
    assert "sk" not in str(caught.value)
    with pytest.raises(InputError, match="app id"):
        AppCredentials(text, "b")
    with pytest.raises(InputError, match="user key"):
        AppCredentials("a", text)


@given(key=keys, before=st.text(max_size=10), after=st.text(max_size=10))
def test_secrets_are_hidden_in_every_encoding(key: str, before: str, after: str) -> None:
    """A key is hidden in any text, including its JSON and URL encodings."""
    secrets = Secrets(ApiKey(key))
    for written in (key, json.dumps(key), quote(key), quote(key, safe="")):
        shown = secrets.hide(f"{before}{written}{after}")
        assert checked_secret(key, "key") not in shown.replace(before, "").replace(after, "")


def test_issued_tokens_are_hidden() -> None:
    """A token that starts like another secret is hidden completely."""
    secrets = Secrets(AppCredentials("app-12345", "user-12345"))
    secrets.add("app-12345-token")
    assert secrets.hide("app-12345-token, app-12345 and user-12345") == "[hidden], [hidden] and [hidden]"
