"""Connect to PostgreSQL, and its errors as `JournalError`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict

from merge.errors import JournalError
from merge.journal.postgres_schema import Connection

__all__ = ["connect", "shown_address", "translate_errors"]

_SECONDS_TO_CONNECT = 3
_UNREACHABLE = "Check the network and the server, and then run again. What was recorded is safe there"
_ACCOUNT = "Check the account's name, and its password in PGPASSWORD or ~/.pgpass"
_WRITABLE = "Ask the database's administrator, or choose another journal with --journal"
_FULL = "Wait a moment, and then run again"
# The start of an SQLSTATE (Appendix A of PostgreSQL's manual), words of the message where a failed connection
# has no SQLSTATE, what both mean, and the hint; more exact ones first.
_MESSAGES = (
    ("57P", "starting up|shutting down", "can't be reached, because the server is restarting", _FULL),
    ("53300", "too many|connection slots", "can't be opened: the server has no connections left", _FULL),
    ("53100", "", "can't grow, because the server's disk is full", "Free up space there, and then run again"),
    ("53", "", "can't be used, because the server lacks memory or space", _FULL),
    (
        "3D000",
        r'database ".*" does not',
        "can't be opened: the server has no such database",
        "Create it first",
    ),
    ("28", "password|authentication|role", "can't be opened: the server refuses this account", _ACCOUNT),
    ("42501", "", "can't be used by this account, which lacks permission", _WRITABLE),
    ("25006", "", "can't be written, because this server is read-only", _WRITABLE),
    ("42", "", "has other tables than this castmerge expects", "Update castmerge, or use another database"),
    ("08", "", "can't be reached", _UNREACHABLE),
)


def connect(address: str) -> Connection:
    """Open a connection in which each statement is its own transaction unless one is begun.

    Passwords come from the address, PGPASSWORD, ~/.pgpass or a service file.

    Raises:
        psycopg.Error: the server can't be reached, or refuses the account
    """
    return psycopg.connect(
        address,
        autocommit=True,
        # Poolers such as PgBouncer give each transaction another server connection.
        prepare_threshold=None,
        connect_timeout=_SECONDS_TO_CONNECT,
        application_name="castmerge",
        client_encoding="utf8",
        # A connection that was cut silently is noticed within half a minute.
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=20_000,
    )


def shown_address(address: str) -> str:
    """The address for messages: without the password and other parameters.

    Raises:
        JournalError: it isn't an address
    """
    try:
        parts = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        raise JournalError(
            "the address of the journal can't be read",
            place="--journal",
            hint="Write it like postgresql://anna@db.example.com/castmerge",
        ) from None
    if parts.get("service"):
        return f"postgresql:///?service={parts['service']}"
    user = f"{parts['user']}@" if parts.get("user") else ""
    port = f":{parts['port']}" if parts.get("port") else ""
    return f"postgresql://{user}{parts.get('host') or ''}{port}/{parts.get('dbname') or ''}"


@contextmanager
def translate_errors(place: str) -> Iterator[None]:
    """Raise errors of PostgreSQL, and of texts that it can't store, as `JournalError`."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise JournalError(
            "a row has half a character, such as a cut emoji, which can't be saved",
            place=place,
            hint="Type the text of that row's cells again",
        ) from error
    except psycopg.DataError as error:
        raise JournalError(
            "a row has a character that can't be saved",
            place=place,
            hint="Type the text of that row's cells again",
        ) from error
    except psycopg.ProgrammingError as error:
        if error.sqlstate is None:
            raise  # a bug in castmerge; a hint would only hide it
        raise _as_journal_error(error, place) from error
    except psycopg.Error as error:
        raise _as_journal_error(error, place) from error


def _as_journal_error(error: psycopg.Error, place: str) -> JournalError:
    state, text = error.sqlstate or "", str(error)
    for start, words, meaning, hint in _MESSAGES:
        if state.startswith(start) if state else words and re.search(words, text):
            return JournalError(f"the journal {meaning}", place=place, hint=hint)
    if isinstance(error, psycopg.OperationalError):
        return JournalError("the journal can't be reached", place=place, hint=_UNREACHABLE)
    reason = text.partition("\n")[0]
    return JournalError(f"the journal can't be used ({reason})", place=place, hint=_WRITABLE)
