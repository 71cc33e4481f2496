"""The peers: each has a name, a module that does the work, and a package that it needs.

The module defines `training(work, digits, option)` and `prediction(work, digits, option)`, which
return a `Job`; a peer that does no such work omits the function. Each peer runs in its own process,
so that thread pools and allocators of different libraries do not interfere.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import Any

from benchmarks.speed import cases
from benchmarks.speed.cases import Training, Work
from benchmarks.speed.digits import Digits
from benchmarks.speed.job import Job


@dataclass(frozen=True)
class Peer:
    """A library, or a mode of one, that takes part.

    Args:
        module: name of its module in this package.
        needs: name of the package that must be installed.
        option: last argument of the module's functions.
    """

    module: str
    needs: str
    option: str = ""

    @property
    def installed(self) -> bool:
        """Whether the peer can take part on this machine."""
        return importlib.util.find_spec(self.needs) is not None

    def prepare(self, work: Work, digits: Digits) -> Job:
        """Return a job that is ready to run: compiled, tuned, with its data in memory."""
        module: Any = importlib.import_module(f"{__name__}.{self.module}")
        start = module.training if isinstance(work, Training) else module.prediction
        job: Job = start(work, digits, self.option)
        return job


PEERS = {
    cases.FLOOR: Peer("products", "numpy"),
    cases.OURS: Peer("ours", "numba", "numba"),
    cases.OURS_PLAIN: Peer("ours", "byhand", "numpy"),
    cases.TORCH: Peer("pytorch", "torch", "eager"),
    cases.TORCH_COMPILED: Peer("pytorch", "torch", "compiled"),
    cases.JAX: Peer("jax_scan", "jax"),
    cases.SKLEARN: Peer("scikit_learn", "sklearn"),
    cases.TEXTBOOK: Peer("textbook", "numpy"),
}
