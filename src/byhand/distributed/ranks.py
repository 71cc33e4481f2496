"""The ranks that share a training: processes that `mpirun` has started, or this process alone.

Every rank calls the same methods in the same order. The methods wait for the other ranks by
polling, so that a signal is noticed while waiting.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.distributed.shards import SHARDS, check_division, shards_of
from byhand.errors import RankError
from byhand.extras import require
from byhand.training.interrupt import was_interrupted

if TYPE_CHECKING:
    from byhand.distributed.trainer import ShardedTrainer
    from byhand.training.callbacks import Callback
    from byhand.training.run import TrainingRun

STARTERS = ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK")
"""Variables in which mpirun and srun tell a process its rank: Open MPI, PMIx, MPICH, MVAPICH."""

SECONDS_AFTER_SIGNAL = 0.4
"""How long a rank waits for the others once a signal has asked it to end. Open MPI kills the ranks
1 s after the signal."""

Stage: TypeAlias = Literal["preparing", "training", "done"]

BYTES_OF_TEXT = 4000
"""Longest message that ranks exchange."""

_yield = getattr(os, "sched_yield", lambda: time.sleep(0))


def is_mpi_job(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether mpirun has started this process."""
    return any(name in environment for name in STARTERS)


def find_ranks(shards: int = SHARDS) -> Ranks:
    """Return the ranks of the MPI job that this process belongs to, or this process alone.

    Args:
        shards: number of shards of each batch, a power of two.

    Raises:
        MissingPackageError: mpirun has started this process, and mpi4py is not installed.
    """
    if not is_mpi_job():
        return Ranks(shards)
    mpi4py = require("mpi4py", "mpi", "training on several processes needs")
    mpi4py.rc.thread_level = "funneled"  # one thread communicates with the other ranks
    return Ranks(shards, require("mpi4py.MPI", "mpi", "training needs").COMM_WORLD)


class Ranks:
    """The ranks that share each batch, seen from one of them.

        net.fit(x, y, ranks=byhand.distributed.find_ranks())

    Args:
        shards: number of shards of each batch, a power of two. The bits depend on it, and not on
            the number of ranks.
        communicator: the MPI communicator; None if this process trains alone.
    """

    def __init__(self, shards: int = SHARDS, communicator: Any = None) -> None:
        self.rank = 0 if communicator is None else int(communicator.Get_rank())
        self.size = 1 if communicator is None else int(communicator.Get_size())
        self.shards = shards
        self.own = shards_of(self.rank, self.size, shards)
        self.run: TrainingRun | None = None
        self.stage: Stage = "preparing"
        self._communicator = communicator

    def check(self) -> None:
        """Raise ArgumentError unless the ranks can share the shards equally, along the tree."""
        check_division(self.size, self.shards)

    @property
    def is_first(self) -> bool:
        """Whether this is rank 0, which prints and writes."""
        return self.rank == 0

    def trainer(self, run: TrainingRun, callbacks: Sequence[Callback]) -> ShardedTrainer:
        """Return the training loop of this rank."""
        from byhand.distributed.trainer import ShardedTrainer  # it imports this module

        return ShardedTrainer(run, callbacks, self)

    # --- what ranks exchange --------------------------------------------------------------------

    def gather(self, own: Array) -> Array:
        """Return the arrays of all ranks, one after the other (size * len(own),)."""
        if self.size == 1:
            return own
        together = np.empty(self.size * len(own), own.dtype)
        self._wait([self._communicator.Iallgather(own, together)])
        return together

    def gather_texts(self, own: str) -> list[str]:
        """Return the texts of all ranks."""
        line = own.encode()[: BYTES_OF_TEXT - 1]
        padded = np.frombuffer(line.ljust(BYTES_OF_TEXT, b"\0"), np.uint8)
        rows = self.gather(padded).reshape(self.size, BYTES_OF_TEXT)
        return [bytes(row).rstrip(b"\0").decode(errors="replace") for row in rows]

    def mark_any(self, flags: Array) -> None:
        """Set each flag that is set on any rank, in place."""
        if self.size > 1:
            operator = require("mpi4py.MPI", "mpi", "training needs").BOR
            own = flags.view(np.uint8)
            together = np.empty_like(own)
            self._wait([self._communicator.Iallreduce(own, together, operator)])
            own[:] = together

    def sum(self, vector: FloatArray) -> None:
        """Replace the vector by its sum over all ranks, added along the tree of the shards.

        Each rank ends up adding one part of the vector: it exchanges one half with its neighbour,
        a quarter with the rank two places away, and so on. Then the parts are collected on the way
        back. A rank sends and receives 2 (size - 1) / size of the vector, the least possible
        (Thakur, Rabenseifner and Gropp, Optimization of Collective Communication Operations in
        MPICH, 2005).
        """
        spans = [(0, len(vector))]
        distances = [2**k for k in range(self.size.bit_length() - 1)]
        for distance in distances:
            low, high = spans[-1]
            middle = (low + high) // 2
            halves = [(low, middle), (middle, high)]
            keep, give = halves if not self.rank & distance else halves[::-1]
            received = np.empty(keep[1] - keep[0], vector.dtype)
            self._exchange(self.rank ^ distance, vector[slice(*give)], received)
            vector[slice(*keep)] += received
            spans.append(keep)
        for distance in reversed(distances):
            (low, high), (start, stop) = spans.pop(), spans[-1]
            other = (high, stop) if low == start else (start, low)
            self._exchange(self.rank ^ distance, vector[low:high], vector[slice(*other)])

    def _exchange(self, partner: int, sent: FloatArray, received: FloatArray) -> None:
        """Send an array to a rank, and receive one from it."""
        communicator = self._communicator
        self._wait([communicator.Irecv(received, partner), communicator.Isend(sent, partner)])

    def _wait(self, requests: Sequence[Any]) -> None:
        """Wait until the requests are done.

        Raises:
            RankError: a signal came, and the other ranks do not answer any more.
        """
        deadline: float | None = None
        while not all(request.Test() for request in requests):
            if self.run is not None and was_interrupted(self.run.stop_reason):
                deadline = deadline or time.monotonic() + SECONDS_AFTER_SIGNAL
                if time.monotonic() > deadline:
                    raise RankError("another rank of this job has died, and the job ends.")
            _yield()

    # --- agreement ------------------------------------------------------------------------------

    def agree(self, problem: str = "") -> None:
        """Collect the problems of all ranks; raise RankError on every rank if there is one."""
        problems = self.gather_texts(problem)
        for rank, found in enumerate(problems):
            if found:
                raise RankError(f"rank {rank}: {found}" if rank else found)

    def check_equal(self, number: int, what: str) -> None:
        """Raise RankError unless a number of 32 bits is the same on all ranks."""
        numbers = self.gather(np.array([number], np.uint32))
        different = np.flatnonzero(numbers != numbers[0])
        if len(different):
            raise RankError(
                f"rank {different[0]} has other {what} than rank 0. All ranks need the same "
                "versions, data and kind of CPU."
            )

    def abort(self, code: int) -> None:
        """End all processes of the job."""
        if self._communicator is not None:
            self._communicator.Abort(code)
