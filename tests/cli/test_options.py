from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from typing import get_type_hints

import click
import pytest

from merge.cli.command import Command
from merge.cli.commands import COMMANDS
from merge.cli.option_fields import Config, command_line, declarations, from_values, option, required
from merge.cli.option_values import service_of, settings_of
from merge.cli.options import CONFIGURABLE, FollowOptions, PlanOptions, RunOptions, StatusOptions
from merge.settings import DownloadOptions, ServiceOptions, Settings, Webhook

MINIMAL = RunOptions(workbook=Path("people.xlsx"), template=Path("hello.json"))

FOUND = (
    "at_once column_prefix columns download_limit download_name draft encoding first_look give_up_after "
    "header_row json key limit locale longest_export max_credits max_videos no_wait pilot poll_max "
    "poll_min region resolution rows set sheet simulate simulate_seconds table visible_only where"
)
FOUND_INSIDE = "download events journal log template"
NAMED = (
    "approved base_url changed config log_values new_rows no_input progress_path quiet remake "
    "resubmit_in_doubt retry_failed same_video webhook_listen webhook_url workspace yes"
)


def test_mypy_knows_the_options_of_a_command() -> None:
    """Mypy refuses other names: if it accepted them, it would report the ignores as unused."""
    with pytest.raises(AttributeError):
        _ = MINIMAL.quite  # type: ignore[attr-defined]  # misspelt
    with pytest.raises(AttributeError):
        _ = MINIMAL.online  # type: ignore[attr-defined]  # another command has it


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_each_command_calls_its_function(command: Command) -> None:
    """The function has the command's name and takes its class of options."""
    function: object = getattr(import_module(command.module), str(command.name).replace("-", "_"))
    assert get_type_hints(function) == {"options": command.options, "return": int}


def test_defaults_are_those_of_the_settings() -> None:
    """An option that isn't given has the library's default."""
    made = settings_of(MINIMAL)
    assert made.effective_timing == Settings().effective_timing
    assert settings_of(StatusOptions(workbook=Path("people.xlsx"))) == Settings()
    assert made == Settings(timing=made.timing, locale_assumed=True)
    assert service_of(MINIMAL) == ServiceOptions()
    made = settings_of(replace(MINIMAL, webhook_url="https://x", download=Path("videos")))
    assert made.webhook == Webhook("https://x")
    assert made.download == DownloadOptions(Path("videos"))


def test_values_are_converted_to_their_annotated_types() -> None:
    """Paths, repeated options and defaults are converted; an empty path counts as not given."""
    values = dict.fromkeys(declarations(FollowOptions)) | {"download": "videos", "download_name": ""}
    options = from_values(FollowOptions, values)
    assert (options.download, options.download_name) == (Path("videos"), "{{ video_id }}.mp4")
    assert from_values(FollowOptions, values | {"download": ""}).download is None


def test_options_can_be_written_as_a_command_line() -> None:
    """Options with their default value are left out."""
    options = RunOptions(
        workbook=Path("a.xlsx"),
        template=Path("t.json"),
        key=("A", "B"),
        changed=True,
        limit=3,
        locale="de_DE",
    )
    assert list(command_line(options, PlanOptions)) == [
        *(
            "--template",
            "t.json",
            "--locale",
            "de_DE",
            "--key",
            "A",
            "--key",
            "B",
            "--limit",
            "3",
            "--changed",
        )
    ]


def test_every_option_declares_which_configuration_may_set_it() -> None:
    """A castmerge.toml that was merely found may only set harmless options, and paths in its folder."""
    by_config = {
        config: {key for key, (_, declared) in CONFIGURABLE.items() if declared.config is config}
        for config in Config
    }
    assert by_config == {
        Config.FOUND: set(FOUND.split()),
        Config.FOUND_INSIDE: set(FOUND_INSIDE.split()),
        Config.NAMED: set(NAMED.split()),
        Config.NEVER: set(),
    }


def test_an_option_must_declare_who_may_set_it() -> None:
    """Anyone who adds an option has to decide which configuration may set it."""
    assert signature(option).parameters["config"].default is Parameter.empty
    assert signature(required).parameters["config"].default is Parameter.empty


def test_options_with_one_name_are_declared_alike() -> None:
    """Only `--output` differs between commands, and `--journal`, which isn't a file in `open`."""
    texts: dict[str, set[str | None]] = {}
    for command in COMMANDS:
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                texts.setdefault(str(parameter.name), set()).add(parameter.help)
    assert {name for name, found in texts.items() if len(found) > 1} == {"journal", "output"}
