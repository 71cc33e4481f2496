"""Shared by the tests of the estimators: they need scikit-learn, and use small real tables."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _few_epochs_are_no_fault() -> Iterator[None]:
    """Ignore the warning that scikit-learn requires after a few epochs; tests train no longer."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


@pytest.fixture(scope="session")
def iris() -> tuple[np.ndarray, np.ndarray]:
    """150 flowers of three kinds with four measurements each."""
    from sklearn.datasets import load_iris

    return load_iris(return_X_y=True)


@pytest.fixture(scope="session")
def diabetes() -> tuple[np.ndarray, np.ndarray]:
    """442 patients with ten measurements and a target value, standardised."""
    from sklearn.datasets import load_diabetes

    X, y = load_diabetes(return_X_y=True)
    return X * 20, (y - y.mean()) / y.std()
