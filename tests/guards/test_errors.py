from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType

import pytest

import merge
from merge import errors
from merge.errors import (
    CellError,
    ColumnError,
    EncodingError,
    InputError,
    JournalError,
    MergeError,
    Rejected,
    ServiceError,
    TemplateError,
    TooLargeError,
    Unauthorized,
    Unavailable,
    Uncertain,
    UnknownColumnsError,
    UnplacedVideosError,
    Unreachable,
    WorkbookError,
    WriteBackError,
)
from merge.results import ExitCode

TREE: dict[type[MergeError], tuple[type[Exception], int]] = {
    MergeError: (Exception, ExitCode.FAULT),
    InputError: (MergeError, ExitCode.WRONG_INPUT),
    WorkbookError: (InputError, ExitCode.WRONG_INPUT),
    ColumnError: (InputError, ExitCode.WRONG_INPUT),
    EncodingError: (WorkbookError, ExitCode.WRONG_INPUT),
    UnplacedVideosError: (InputError, ExitCode.WRONG_INPUT),
    TemplateError: (InputError, ExitCode.WRONG_INPUT),
    UnknownColumnsError: (TemplateError, ExitCode.WRONG_INPUT),
    CellError: (MergeError, ExitCode.SOME_FAILED),
    ServiceError: (MergeError, ExitCode.FAULT),
    Rejected: (ServiceError, ExitCode.SOME_FAILED),
    TooLargeError: (Rejected, ExitCode.SOME_FAILED),
    Unavailable: (ServiceError, ExitCode.OPEN),
    Unreachable: (Unavailable, ExitCode.OPEN),
    Uncertain: (ServiceError, ExitCode.OPEN),
    Unauthorized: (ServiceError, ExitCode.STOPPED),
    JournalError: (MergeError, ExitCode.STOPPED),
    WriteBackError: (MergeError, ExitCode.NOT_WRITTEN),
}
"""Each error, its parent class, and its exit code."""


Again = Callable[[MergeError], object]


def _modules() -> Iterator[ModuleType]:
    """Every module of the package except `__main__`, which is a script."""
    yield merge
    for found in walk_packages(merge.__path__, "merge."):
        if found.name != "merge.__main__":
            yield import_module(found.name)


def _exceptions(module: ModuleType) -> Iterator[type[BaseException]]:
    for value in vars(module).values():
        if (
            inspect.isclass(value)
            and issubclass(value, BaseException)
            and value.__module__ == module.__name__
        ):
            yield value


def test_every_exception_of_the_package_is_a_merge_error() -> None:
    """Catching MergeError catches every exception that this package defines."""
    own = {error for module in _modules() for error in _exceptions(module)}
    assert {error.__name__ for error in own if not issubclass(error, MergeError)} == set()


def test_the_tree_is_complete() -> None:
    """The table above and `errors.__all__` contain every error."""
    assert set(TREE) == set(_exceptions(errors))
    assert sorted(error.__name__ for error in TREE) == errors.__all__


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_a_class_decides_parent_and_exit_code(error: type[MergeError]) -> None:
    """Each error has one parent class and one exit code."""
    parent, exit_code = TREE[error]
    assert error.__bases__ == (parent,)
    assert error.exit_code == exit_code


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_the_class_tree_in_the_docstring_is_complete(error: type[MergeError]) -> None:
    """The tree at the top of the module has every error."""
    assert error.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize(
    ("place", "text"),
    [
        pytest.param("people.xlsx, People!C5", "people.xlsx, People!C5: the cell is blank", id="place"),
        pytest.param("", "the cell is blank", id="no place"),
    ],
)
@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_an_error_has_message_and_place(error: type[MergeError], place: str, text: str) -> None:
    """As text, an error is its place and its message; the hint is an attribute."""
    raised = error("the cell is blank", place=place, hint="Enter a value")
    assert (str(raised), raised.message, raised.place, raised.hint) == (
        text,
        "the cell is blank",
        place,
        "Enter a value",
    )


def test_place_and_hint_are_optional() -> None:
    """Without them they are empty strings."""
    assert (MergeError("it failed").place, MergeError("it failed").hint) == ("", "")


def _pickled(error: MergeError) -> object:
    found: object = pickle.loads(pickle.dumps(error))  # noqa: S301 - what this test pickled itself
    return found


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, _pickled], ids=["copy", "deep copy", "pickle"])
@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_an_error_survives_copying(error: type[MergeError], again: Again) -> None:
    """A copied error, for example one from another process, is the same."""
    raised = error("it failed", place="people.xlsx", hint="Try again")
    copied = again(raised)
    assert type(copied) is error
    assert vars(copied) == vars(raised)
    assert str(copied) == str(raised)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, _pickled], ids=["copy", "deep copy", "pickle"])
def test_retry_after_survives_copying(again: Again) -> None:
    """A copied `Unavailable` keeps its number of seconds."""
    copied = again(Unavailable("busy", hint="Wait", retry_after=2.5))
    assert isinstance(copied, Unavailable)
    assert (copied.message, copied.hint, copied.retry_after) == ("busy", "Wait", 2.5)
