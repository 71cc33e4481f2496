"""A Dask cluster: the connection to its scheduler, and what can be wrong with its workers."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from typing import Any

import byhand
from byhand.errors import ByhandError, FileError
from byhand.extras import require
from byhand.terminal import visible

SECONDS_TO_CONNECT = 10.0

PACKAGE = "byhand"
"""Name of the package that every worker needs."""

EXAMPLE = "tcp://host:8786"


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """Yield the cluster of a scheduler, and close the connection after the block.

    Args:
        address: address of the scheduler, such as tcp://host:8786.

    Raises:
        MissingPackageError: Dask is not installed.
        FileError: no scheduler answers, or byhand on a worker is missing or another version.
    """
    distributed = dask()
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # errors are raised instead
    try:
        # A client with an impossible address never ends.
        distributed.comm.get_address_host_port(address, strict=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `check` compares the versions that matter
            client = distributed.Client(
                address, timeout=SECONDS_TO_CONNECT, set_as_default=False, name="byhand"
            )
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise FileError(
            f"no Dask scheduler answers at {address!r}: {_cause(error)}. Give the address that "
            f"`dask scheduler` prints, such as {EXAMPLE}."
        ) from error
    try:
        cluster = Cluster(client, address)
        cluster.threads()
        yield cluster
    finally:
        client.close(timeout=2)


def dask() -> Any:
    """Return the package `distributed`, which is Dask's part for clusters.

    Raises:
        MissingPackageError: it is not installed.
    """
    return require("distributed", "dask", "a search on a cluster needs")


class Cluster:
    """The workers of a Dask scheduler.

    Args:
        client: the connection to the scheduler.
        address: address of the scheduler, as it was given.
    """

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address = client, address
        self._checked: set[str] = set()

    @property
    def is_reached(self) -> bool:
        """Whether the scheduler answers."""
        return bool(self.client.status == "running")

    def threads(self) -> int:
        """Return the number of threads of all workers, after checking those that are new.

        Raises:
            FileError: byhand on a worker is missing or another version.
        """
        threads: Mapping[str, int] = self.ask(self.client.nthreads)
        new = sorted(set(threads) - self._checked)
        if new:
            self._check(new)
            self._checked |= set(new)
        return sum(threads.values())

    def ask(self, question: Callable[..., Any], *arguments: Any) -> Any:
        """Return the scheduler's answer to a question.

        Raises:
            FileError: the scheduler does not answer.
        """
        try:
            return question(*arguments)
        except (OSError, RuntimeError, ValueError) as error:
            raise self.lost() from error

    def lost(self) -> FileError:
        """Return the error for a scheduler that has gone."""
        return FileError(f"the Dask scheduler at {self.address} does not answer any more.")

    def failed(self, what: str, error: BaseException | None) -> ByhandError:
        """Return the error for a task that Dask could not run.

        Args:
            what: what the task trains.
            error: the error of Dask.
        """
        if type(error).__name__ == "KilledWorker":
            return FileError(
                f"{what} was given up: the Dask workers that trained it died one after the other. "
                "The worker's own log may show why."
            )
        if isinstance(error, ImportError):
            return FileError(f"{what} cannot be trained on a Dask worker: {_cause(error)}.")
        return FileError(
            f"{what} cannot be trained on the Dask cluster: {type(error).__name__}: "
            f"{_cause(error)}."
        )

    def _check(self, workers: Sequence[str]) -> None:
        """Raise unless all these workers have this version of byhand."""
        found: Mapping[str, Any] = self.ask(
            lambda: self.client.run(
                metadata.version, PACKAGE, workers=list(workers), on_error="return"
            )
        )
        for worker, version in found.items():
            if version != byhand.__version__:
                has = (
                    f"has byhand {version}"
                    if isinstance(version, str)
                    else f"has no byhand ({_cause(version)})"
                )
                raise FileError(
                    f"the Dask worker {worker} {has}, and this is byhand {byhand.__version__}. "
                    f"Install it there: pip install byhand=={byhand.__version__}"
                )


def _cause(error: object) -> str:
    """Return an error's message in one line, without the full stop."""
    lines = str(error).strip().splitlines()
    return visible(lines[0]).rstrip(".") if lines else type(error).__name__
