"""Every error that castmerge raises, one tree with one root.

    MergeError                    exit code
    ├── InputError                2   the input is wrong, nothing was sent
    │   ├── WorkbookError             the workbook cannot be read or patched
    │   ├── ColumnError               a header is missing, doubled or unknown
    │   └── TemplateError             the template cannot be understood
    ├── CellError                 1   this row cannot be rendered (becomes the row's problem)
    ├── ServiceError                  the service's answer, translated
    │   ├── Rejected              1   this row failed; its neighbours go on
    │   ├── Unavailable           4   certainly not taken; safe to repeat
    │   ├── Uncertain             4   left without an answer; never repeated blindly
    │   └── Unauthorized          3   stops the run
    ├── JournalError              3   stops the run
    └── WriteBackError            5   results are safe in the journal, the workbook was not replaced

An error is a value: what happened, where (`place`), and what to do next (`hint`). Only `cli` prints it.
"""

from __future__ import annotations

__all__ = [
    "CellError",
    "ColumnError",
    "InputError",
    "JournalError",
    "MergeError",
    "Rejected",
    "ServiceError",
    "TemplateError",
    "Unauthorized",
    "Unavailable",
    "Uncertain",
    "WorkbookError",
    "WriteBackError",
]


class MergeError(Exception):
    """The root. `str(error)` is `place: message`, without the cure.

    Attributes:
        message: what happened, one sentence without a full stop at its end
        place: workbook, sheet, cell or template path, or "" where there is none
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
        # Schedulers hand errors from process to process; the inherited way would call __init__ by position.
        return _remade, (type(self), dict(self.__dict__))


def _remade(kind: type[MergeError], facts: dict[str, object]) -> MergeError:
    error = kind.__new__(kind)
    error.__dict__.update(facts)
    error.args = (error.message, error.place, error.hint)
    return error


class InputError(MergeError):
    """The input is wrong; nothing was sent."""

    exit_code = 2


class WorkbookError(InputError):
    """The workbook cannot be read, or refuses to be patched; it is untouched."""


class ColumnError(InputError):
    """A header is missing, doubled or unknown."""


class TemplateError(InputError):
    """The template cannot be understood."""


class CellError(MergeError):
    """A cell that the template uses cannot be said: blank, `#N/A`, never calculated."""

    exit_code = 1


class ServiceError(MergeError):
    """The service did not do what was asked."""


class Rejected(ServiceError):
    """The service refused this one request for good."""

    exit_code = 1


class Unavailable(ServiceError):
    """The request was certainly not taken: it is safe to send it again.

    Attributes:
        retry_after: seconds that the service asked to wait, or None
    """

    exit_code = 4

    def __init__(
        self, message: str, *, place: str = "", hint: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, place=place, hint=hint)
        self.retry_after = retry_after


class Uncertain(ServiceError):
    """A submission was left without an answer: it may or may not have been taken."""

    exit_code = 4


class Unauthorized(ServiceError):
    """The service refuses the credentials, and so would refuse every row."""

    exit_code = 3


class JournalError(MergeError):
    """The journal cannot be read or written: without it nothing may be sent."""

    exit_code = 3


class WriteBackError(MergeError):
    """The workbook could not be replaced; the results are safe in the journal."""

    exit_code = 5
