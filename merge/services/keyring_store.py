"""The system's keyring: Keychain on macOS, the Credential Manager on Windows, the Secret Service on Linux.

The library is imported where it is called, since it takes longer to load than most commands run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from merge.errors import InputError

__all__ = ["forget_secret", "keep_secret", "kept_secret", "keyring_name"]

SERVICE = "castmerge"


def keyring_name() -> str:
    """Name the keyring in use, or return "" where this computer has none."""
    import keyring  # noqa: PLC0415 - heavy
    from keyring.backends.fail import Keyring  # noqa: PLC0415 - likewise

    found = keyring.get_keyring()
    return "" if isinstance(found, Keyring) else str(getattr(found, "name", type(found).__name__))


def kept_secret(account: str) -> tuple[str, ...]:
    """Return what is kept for an account, or () where nothing is, or where there is no keyring at all.

    Args:
        account: the region whose key it is
    """
    import keyring  # noqa: PLC0415 - heavy
    from keyring.errors import KeyringError  # noqa: PLC0415 - likewise

    try:
        kept = keyring.get_password(SERVICE, account)
    except KeyringError:
        return ()
    try:
        parts = json.loads(kept or "[]")
    except ValueError:
        return ()
    return tuple(str(part) for part in parts) if isinstance(parts, list) else ()


def keep_secret(account: str, *parts: str) -> None:
    """Keep a secret of one or more parts for an account, in place of what was kept.

    Raises:
        InputError: this computer has no keyring, or it refuses
    """
    import keyring  # noqa: PLC0415 - heavy

    with _in_words():
        keyring.set_password(SERVICE, account, json.dumps(parts))


def forget_secret(account: str) -> bool:
    """Forget what is kept for an account; tell whether there was anything.

    Raises:
        InputError: this computer has no keyring, or it refuses
    """
    import keyring  # noqa: PLC0415 - heavy

    with _in_words():
        if keyring.get_password(SERVICE, account) is None:
            return False
        keyring.delete_password(SERVICE, account)
    return True


@contextmanager
def _in_words() -> Iterator[None]:
    from keyring.errors import KeyringError, NoKeyringError  # noqa: PLC0415 - heavy

    try:
        yield
    except NoKeyringError as error:
        raise InputError(
            "this computer has no keyring to keep a key in",
            hint="Set AISTUDIOS_API_KEY in the environment of the job instead",
        ) from error
    except KeyringError as error:
        raise InputError(
            f"the keyring of this computer refuses ({type(error).__name__})",
            hint="Unlock it and try again, or set AISTUDIOS_API_KEY in the environment instead",
        ) from error
