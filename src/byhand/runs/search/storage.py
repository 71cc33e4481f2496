"""The database of a study: a file in the folder of the search, or a shared server."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from byhand.errors import ArgumentError, FileError, missing_package
from byhand.runs.folder import RunFolder
from byhand.runs.search.heartbeat import GRACE, HEARTBEAT
from byhand.runs.search.optuna_package import import_optuna, quiet
from byhand.runs.search.plan import Plan
from byhand.runs.search.pruning import pruner
from byhand.terminal import visible

if TYPE_CHECKING:
    import optuna

STORAGE = "BYHAND_STORAGE"
"""Environment variable with the address of a shared database; it may contain a password."""

DATABASE = "search.db"

MOST_ATTEMPTS = 5
"""Number of attempts to open a shared database while another machine creates its tables."""

Result = TypeVar("Result")


def open_study(plan: Plan, folder: RunFolder) -> optuna.Study:
    """Open or create the study of a search.

    Raises:
        MissingPackageError: Optuna is not installed.
        FileError: the database cannot be opened.
    """
    optuna = import_optuna()
    url = os.environ.get(STORAGE, "") if plan.study else f"sqlite:///{folder.path / DATABASE}"
    if not url:
        raise ArgumentError(
            f"{folder.path} is a search in a shared database. Name it with --storage, or in the "
            f"variable {STORAGE}."
        )
    return _reached(lambda: _open_patiently(optuna, url, plan), url)


def _open_patiently(package: Any, url: str, plan: Plan) -> optuna.Study:
    """Open a study; retry if another machine is creating the tables at this moment."""
    from sqlalchemy.exc import IntegrityError, ProgrammingError

    for attempt in range(MOST_ATTEMPTS):
        try:
            return _open(package, url, plan)
        except (IntegrityError, ProgrammingError):
            if not plan.study or attempt == MOST_ATTEMPTS - 1:
                raise
            time.sleep(0.5 + attempt)
    raise AssertionError  # not reached: the last attempt returns or raises


def _open(package: Any, url: str, plan: Plan) -> optuna.Study:
    from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
    from sqlalchemy.pool import NullPool

    unpooled = {"poolclass": NullPool}  # no connection stays open between queries
    with quiet():
        storage = (
            RDBStorage(
                address(url),
                engine_kwargs=unpooled,
                heartbeat_interval=HEARTBEAT,
                grace_period=GRACE,
                heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
            )
            if plan.study
            else RDBStorage(url, engine_kwargs={**unpooled, "connect_args": {"timeout": 60}})
        )
    rule = pruner(package, plan.recipe.spec.training.epochs)
    study: optuna.Study = package.create_study(
        storage=storage,
        study_name=plan.study or plan.recipe.name,
        direction="maximize",
        pruner=rule if plan.prune else package.pruners.NopPruner(),
        load_if_exists=True,
    )
    return study


def address(url: str) -> str:
    """Return the address of a database with the driver that byhand is tested with."""
    for short in ("postgresql://", "postgres://"):
        if url.startswith(short):
            return f"postgresql+psycopg://{url.removeprefix(short)}"
    return url


def without_password(url: str) -> str:
    """Return the address of a database without its password."""
    before, sign, rest = url.rpartition("@")
    scheme, slashes, user = before.partition("://")
    return f"{scheme}{slashes}{user.partition(':')[0]}{sign}{rest}" if sign else url


def _reached(attempt: Callable[[], Result], url: str) -> Result:
    """Return the result of an attempt; turn a database error into one of ours."""
    from sqlalchemy.exc import ArgumentError as AddressError
    from sqlalchemy.exc import SQLAlchemyError

    shown = without_password(url)
    try:
        return attempt()
    except AddressError as error:
        raise ArgumentError(
            f"{shown!r} is not the address of a database; expected one such as "
            "postgresql://user:password@host/database."
        ) from error
    except ModuleNotFoundError as error:
        needs = f"the database {shown} needs"
        raise missing_package(needs, f"the package {error.name}", "postgres") from error
    except (SQLAlchemyError, ImportError) as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise FileError(f"the database {shown} cannot be used: {visible(cause)}.") from error
