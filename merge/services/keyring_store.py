"""Secrets in the system's keyring: Keychain (macOS), Credential Manager (Windows), Secret Service (Linux).

`keyring` is imported inside the functions, because loading it takes longer than most commands run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from merge.errors import InputError

__all__ = ["delete_secret", "keyring_name", "load_secret", "store_secret"]

SERVICE = "castmerge"


def keyring_name() -> str:
    """Return the name of the keyring in use, or "" if this computer has none."""
    import keyring  # noqa: PLC0415 - heavy
    from keyring.backends.fail import Keyring  # noqa: PLC0415 - heavy

    found = keyring.get_keyring()
    return "" if isinstance(found, Keyring) else str(getattr(found, "name", type(found).__name__))


def load_secret(account: str) -> tuple[str, ...]:
    """Return the parts of the secret of an account, or () if there's none, or no keyring.

    Args:
        account: the region of the key
    """
    import keyring  # noqa: PLC0415 - heavy
    from keyring.errors import KeyringError  # noqa: PLC0415 - heavy

    try:
        parts = json.loads(keyring.get_password(SERVICE, account) or "[]")
    except (KeyringError, ValueError):
        return ()
    return tuple(str(part) for part in parts) if isinstance(parts, list) else ()


def store_secret(account: str, *parts: str) -> None:
    """Store a secret of one or more parts for an account, replacing the one before.

    Raises:
        InputError: this computer has no keyring, or it refuses
    """
    import keyring  # noqa: PLC0415 - heavy

    with _translated_errors():
        keyring.set_password(SERVICE, account, json.dumps(parts))


def delete_secret(account: str) -> bool:
    """Delete the secret of an account and return whether there was one.

    Raises:
        InputError: this computer has no keyring, or it refuses
    """
    import keyring  # noqa: PLC0415 - heavy

    with _translated_errors():
        if keyring.get_password(SERVICE, account) is None:
            return False
        keyring.delete_password(SERVICE, account)
    return True


@contextmanager
def _translated_errors() -> Iterator[None]:
    from keyring.errors import KeyringError, NoKeyringError  # noqa: PLC0415 - heavy

    try:
        yield
    except NoKeyringError as error:
        raise InputError(
            "this computer has no keyring to save a key in",
            hint="Set AISTUDIOS_API_KEY as an environment variable instead",
        ) from error
    except KeyringError as error:
        raise InputError(
            f"this computer's keyring can't be used ({type(error).__name__})",
            hint="Unlock it and try again, or set AISTUDIOS_API_KEY as an environment variable",
        ) from error
