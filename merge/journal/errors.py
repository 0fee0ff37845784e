"""What SQLite and the disk say, in the words of `JournalError`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from merge.errors import JournalError

__all__ = ["translate_errors"]

_ELSEWHERE = "Put the journal where you may write with --journal, then run again; nothing was sent"
_DAMAGED = (
    "Put back a copy of it, or move it away: castmerge then goes by the result columns of the workbook "
    "and by what AI Studios lists"
)
# The beginning of SQLite's own name of an error (https://sqlite.org/rescode.html), what it means, the cure.
_SAID = (
    ("SQLITE_NOTADB", "is damaged, or is no journal", _DAMAGED),
    ("SQLITE_CORRUPT", "is damaged", _DAMAGED),
    ("SQLITE_FULL", "cannot grow, the disk is full", "Make room on the disk, then run again"),
    ("SQLITE_READONLY", "cannot be written", _ELSEWHERE),
    ("SQLITE_PERM", "cannot be written", _ELSEWHERE),
    ("SQLITE_CANTOPEN", "cannot be opened", _ELSEWHERE),
    ("SQLITE_BUSY", "is in use by another program", "Close the program that holds it, then run again"),
    ("SQLITE_IOERR", "cannot be read or written, the disk has a fault", _ELSEWHERE),
)


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Translate every error of SQLite, of the disk, and of contents that castmerge never wrote."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a fault of castmerge, which a cure would only hide
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        for beginning, what, hint in _SAID:
            if name.startswith(beginning):
                raise JournalError(f"the journal {what}", place=str(path), hint=hint) from error
        raise JournalError(f"the journal is damaged ({error})", place=str(path), hint=_DAMAGED) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise JournalError(
            f"the journal cannot be opened ({reason})", place=str(path), hint=_ELSEWHERE
        ) from error
    except UnicodeEncodeError as error:
        raise JournalError(
            "a row holds half a character, such as a cut emoji, which cannot be kept",
            place=str(path),
            hint="Type the text of that row's cells again",
        ) from error
    except (ValueError, OverflowError) as error:
        raise JournalError(f"the journal is damaged ({error})", place=str(path), hint=_DAMAGED) from error
