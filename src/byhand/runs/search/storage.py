"""The database of a study: a file in the folder of the search, or a shared server."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from byhand.errors import ArgumentError, ByhandError, FileError, FormatError, missing_package
from byhand.runs.folder import RunFolder
from byhand.runs.search.database import DATABASE, connect, database_file
from byhand.runs.search.heartbeat import GRACE, HEARTBEAT
from byhand.runs.search.optuna_package import import_optuna, quiet
from byhand.runs.search.plan import Plan
from byhand.runs.search.pruning import pruner
from byhand.terminal import visible

if TYPE_CHECKING:
    import optuna

STORAGE = "BYHAND_STORAGE"
"""Environment variable with the address of a shared database; it may contain a password."""

MOST_ATTEMPTS = 5
"""Number of attempts to open a shared database while another machine creates its tables."""

_STRANGE = (ValueError, TypeError, LookupError, AttributeError, AssertionError, RuntimeError)
"""What Optuna raises for values and tables that it has not written."""


def open_study(plan: Plan, folder: RunFolder) -> optuna.Study:
    """Open or create the study of a search.

    Raises:
        MissingPackageError: Optuna is not installed.
        FileError: the database cannot be opened.
        FormatError: the file in the folder is not one that a search writes.
    """
    optuna = import_optuna()
    with reached(place_of(plan, folder)):
        if not plan.study:
            return _open(optuna, _in_folder(folder), plan)
        url = os.environ.get(STORAGE, "")
        if not url:
            raise ArgumentError(
                f"{folder.path} is a search in a shared database. Name it with --storage, or in "
                f"the variable {STORAGE}."
            )
        return _open_patiently(optuna, url, plan)


def place_of(plan: Plan, folder: RunFolder) -> str:
    """Return the database of a search for messages."""
    if plan.study:
        return without_password(os.environ.get(STORAGE, ""))
    return f"sqlite:///{folder.path / DATABASE}"


def _open_patiently(package: Any, url: str, plan: Plan) -> optuna.Study:
    """Open a study; retry if another machine is creating the tables at this moment."""
    from sqlalchemy.exc import IntegrityError, ProgrammingError

    for attempt in range(MOST_ATTEMPTS):
        try:
            return _open(package, _shared(url), plan)
        except (IntegrityError, ProgrammingError):
            if attempt == MOST_ATTEMPTS - 1:
                raise
            time.sleep(0.5 + attempt)
    raise AssertionError  # not reached: the last attempt returns or raises


def _in_folder(folder: RunFolder) -> optuna.storages.RDBStorage:
    """Return the database in the folder of a search."""
    from optuna.storages import RDBStorage

    path = database_file(folder)
    # The path is no part of an address: a name with "?" or "{" in it would mean another file.
    with quiet():
        return RDBStorage(
            "sqlite://", engine_kwargs={**_unpooled(), "creator": lambda: connect(path)}
        )


def _shared(url: str) -> optuna.storages.RDBStorage:
    """Return a database that several machines use."""
    from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback

    with quiet():
        return RDBStorage(
            address(url),
            engine_kwargs=_unpooled(),
            heartbeat_interval=HEARTBEAT,
            grace_period=GRACE,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
        )


def _unpooled() -> dict[str, Any]:
    """Return the options with which no connection stays open between queries."""
    from sqlalchemy.pool import NullPool

    return {"poolclass": NullPool}


def _open(package: Any, storage: optuna.storages.RDBStorage, plan: Plan) -> optuna.Study:
    rule = pruner(package, plan.recipe.spec.training.epochs)
    study: optuna.Study = package.create_study(
        storage=storage,
        study_name=plan.study or plan.recipe.name,
        direction="maximize",
        pruner=rule if plan.prune else package.pruners.NopPruner(),
        load_if_exists=True,
    )
    if study.directions != [package.study.StudyDirection.MAXIMIZE]:  # no score could be told
        raise FormatError(f"the study {study.study_name!r} does not maximise one score.")
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


@contextmanager
def reached(shown: str) -> Iterator[None]:
    """Turn the errors of a database, and of what it contains, into those of byhand.

    Args:
        shown: the database in messages.
    """
    from sqlalchemy.exc import ArgumentError as AddressError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except ByhandError:
        raise
    except AddressError as error:
        raise ArgumentError(
            f"{shown!r} is not the address of a database; expected one such as "
            "postgresql://user:password@host/database."
        ) from error
    except ModuleNotFoundError as error:
        needs = f"the database {shown} needs"
        raise missing_package(needs, f"the package {error.name}", "postgres") from error
    except (SQLAlchemyError, sqlite3.Error, ImportError) as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise FileError(f"the database {shown} cannot be used: {visible(cause)}.") from error
    except _STRANGE as error:
        raise FormatError(
            f"the database {shown} does not hold a study that Optuna can read: {error!r}."
        ) from error
