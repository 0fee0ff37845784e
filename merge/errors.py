"""Every error that castmerge raises: one tree.

    MergeError                    exit code
    ├── InputError                2   the input is wrong, nothing was sent
    │   ├── WorkbookError             the workbook can't be read or patched
    │   │   └── EncodingError             the encoding of a CSV file isn't known
    │   ├── ColumnError               a header is missing, duplicated or unknown
    │   ├── TemplateError             the template can't be parsed
    │   │   └── UnknownColumnsError       its placeholders name columns that the sheet lacks
    │   └── UnplacedVideosError       there are new rows, and videos without a row
    ├── CellError                 1   this row can't be rendered (becomes the row's problem)
    ├── ServiceError                  the service's answer, translated
    │   ├── Rejected              1   this row failed; the others continue
    │   │   └── TooLargeError         the file is larger than the download limit
    │   ├── Unavailable           4   certainly not accepted; safe to repeat
    │   │   └── Unreachable           there's no connection to the service
    │   ├── Uncertain             4   the answer was lost; never repeated automatically
    │   └── Unauthorized          3   stops the run
    ├── JournalError              3   stops the run
    └── WriteBackError            5   results are in the journal; the workbook wasn't replaced

An error has a message, a place and a hint (what to do next). Only `cli` prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from merge.model import EncodingGuess

__all__ = [
    "CellError",
    "ColumnError",
    "EncodingError",
    "InputError",
    "JournalError",
    "MergeError",
    "Rejected",
    "ServiceError",
    "TemplateError",
    "TooLargeError",
    "Unauthorized",
    "Unavailable",
    "Uncertain",
    "UnknownColumnsError",
    "UnplacedVideosError",
    "Unreachable",
    "WorkbookError",
    "WriteBackError",
]


class MergeError(Exception):
    """The root. `str(error)` is `place: message`, without the hint.

    Attributes:
        message: what happened, one sentence without its full stop
        place: workbook, sheet, cell or template path, or ""
        hint: what to do next, one sentence, or ""
    """

    exit_code = 70

    def __init__(self, message: str, *, place: str = "", hint: str = "") -> None:
        super().__init__(message, place, hint)
        self.message = message
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Schedulers pickle errors; the inherited method would call __init__ with positional arguments.
        return _restored, (type(self), dict(self.__dict__))


def _restored(kind: type[MergeError], facts: dict[str, object]) -> MergeError:
    error = kind.__new__(kind)
    error.__dict__.update(facts)
    error.args = (error.message, error.place, error.hint)
    return error


class InputError(MergeError):
    """The input is wrong; nothing was sent."""

    exit_code = 2


class WorkbookError(InputError):
    """The workbook can't be read, or can't be patched safely; it is untouched."""


class EncodingError(WorkbookError):
    """A CSV file isn't UTF-8 or UTF-16, and its encoding wasn't given.

    Attributes:
        guesses: possible encodings, most likely first
    """

    def __init__(
        self, message: str, *, place: str = "", hint: str = "", guesses: tuple[EncodingGuess, ...] = ()
    ) -> None:
        super().__init__(message, place=place, hint=hint)
        self.guesses = guesses


class ColumnError(InputError):
    """A header is missing, duplicated or unknown."""


class TemplateError(InputError):
    """The template can't be parsed."""


class UnknownColumnsError(TemplateError):
    """Placeholders name columns that the sheet lacks, and nothing else is wrong with the template.

    Attributes:
        names: the places that use each name
    """

    def __init__(
        self,
        message: str,
        *,
        place: str = "",
        hint: str = "",
        names: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        super().__init__(message, place=place, hint=hint)
        self.names = names or {}


class UnplacedVideosError(InputError):
    """New rows would be submitted while videos that were never written into the workbook have no row."""


class CellError(MergeError):
    """A cell that the template uses has no value: blank, `#N/A`, never calculated."""

    exit_code = 1


class ServiceError(MergeError):
    """The service didn't do what was asked."""


class Rejected(ServiceError):
    """The service rejected this request, and would reject it again."""

    exit_code = 1


class TooLargeError(Rejected):
    """A video is larger than the download limit."""


class Unavailable(ServiceError):
    """The request was certainly not accepted: it is safe to retry.

    Attributes:
        retry_after: seconds to wait, if the service asked for it
    """

    exit_code = 4

    def __init__(
        self, message: str, *, place: str = "", hint: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, place=place, hint=hint)
        self.retry_after = retry_after


class Unreachable(Unavailable):
    """There is no connection to the service, so nothing was sent."""


class Uncertain(ServiceError):
    """The response to a submission was lost: it may or may not have been accepted."""

    exit_code = 4


class Unauthorized(ServiceError):
    """The service refuses the credentials, so every row would be refused."""

    exit_code = 3


class JournalError(MergeError):
    """The journal can't be read or written; without it nothing may be sent."""

    exit_code = 3


class WriteBackError(MergeError):
    """The workbook couldn't be replaced; the results are safe in the journal."""

    exit_code = 5
