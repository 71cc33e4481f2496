"""The page with digits."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.report.conftest import open_page as open_page

from byhand.data import load_dataset
from byhand.playground import write_playground


@pytest.fixture(scope="session")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_playground(tmp_path_factory.mktemp("playground"), [load_dataset("digits")])
