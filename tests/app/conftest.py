from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.app_client import AppClient, ServedApp
from tests.support.paths import ROOT


def example_folder(folder: Path) -> Path:
    """A folder with the example workbook and template."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "example_sheets" / "customers.xlsx", folder)
    shutil.copy(ROOT / "templates" / "welcome.json", folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A campaign folder with characters that addresses must quote."""
    return example_folder(tmp_path / "Früh & spät 50 %")


@pytest.fixture
def app(folder: Path, tmp_path: Path) -> Iterator[ServedApp]:
    """The app of that folder."""
    with ServedApp(folder, tmp_path / "user") as served:
        yield served


@pytest.fixture
def page(app: ServedApp) -> Iterator[AppClient]:
    """The page of that app, with its rows checked."""
    with AppClient(app.url) as client:
        client.checked()
        yield client
