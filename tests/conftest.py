"""Shared by all tests: one thread for the products, real digits, all backends, a browser."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Set before NumPy is first imported: a pool of threads only slows products this small.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("BYHAND_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

from byhand import backend, load_dataset

settings.register_profile("byhand", deadline=None, derandomize=True, database=None, max_examples=25)
settings.load_profile("byhand")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

NEEDED = {
    "figures": ["matplotlib"],
    "serve": ["starlette", "uvicorn", "prometheus_client"],
    "sklearn": ["sklearn"],
    "widget": ["anywidget"],
}
"""Optional packages without which all tests of a folder are skipped.

A folder's conftest.py cannot skip them itself: if the folder is named alone, pytest imports that
file before it collects anything, and stops.
"""


class _WithoutPackage(pytest.Module):
    """A file of tests that is skipped before it is imported."""

    missing: list[str]

    def collect(self) -> list[pytest.Item]:
        """Skip the file."""
        pytest.skip(f"not installed: {', '.join(self.missing)}", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: Any) -> pytest.Module | None:
    """Skip a file of tests whose folder needs a package that is not installed."""
    needed = NEEDED.get(module_path.parent.name, [])
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if not missing:
        return None
    module: _WithoutPackage = _WithoutPackage.from_parent(parent, path=module_path)
    module.missing = missing
    return module


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Repeat a test once if the browser misses a deadline, because a busy machine draws few frames.

    A wrong answer is an AssertionError, and is never repeated.
    """
    late = pytest.mark.flaky(reruns=1, only_rerun=["TimeoutError"])
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(late)


@pytest.fixture(params=backend.BACKENDS)
def kernel_set(request: pytest.FixtureRequest) -> Iterator[str]:
    """The test runs once with each backend."""
    if request.param == "numba" and importlib.util.find_spec("numba") is None:
        pytest.skip("Numba is not installed")
    before = backend.active()
    backend.use(request.param)
    yield request.param
    backend.use(before)


@pytest.fixture(scope="session")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Real handwritten digits: images uint8 (1437, 8, 8) and labels (1437,)."""
    train = load_dataset("digits").train
    return train.images, train.labels


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; one for the whole session, because Playwright runs once in a process."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()
