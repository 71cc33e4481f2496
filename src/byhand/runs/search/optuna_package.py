"""The package Optuna, which is optional, and its messages."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from byhand.errors import missing_package


def import_optuna() -> Any:
    """Return the Optuna package, with its messages limited to errors.

    Raises:
        MissingPackageError: Optuna is not installed.
    """
    try:
        import optuna
    except ImportError as error:
        raise missing_package("drawing values needs", "Optuna", "search") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Optuna's warnings that heartbeats are experimental and meant for `optimize`."""
    from optuna.exceptions import ExperimentalWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        warnings.filterwarnings("ignore", "Heartbeat of storage")
        yield
