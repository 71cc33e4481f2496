"""What all tests share: one thread for the matrix products, real digits, all backends."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator

# Before NumPy is first imported: a pool of threads only slows products as small as these.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("BYHAND_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

from byhand import backend, load_dataset

settings.register_profile("byhand", deadline=None, derandomize=True, database=None, max_examples=25)
settings.load_profile("byhand")


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
