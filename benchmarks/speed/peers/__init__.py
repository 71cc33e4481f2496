"""Who takes part: a name, the module that does the work, and what must be installed for it.

Such a module has `training(work, digits, option)` and `prediction(work, digits, option)`, which
give a `Job`; either may be missing where the peer does not take part in such work. Each peer
lives in a process of its own, so that no pool of threads and no allocator meets another.
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
    """One who takes part.

    Args:
        module: in this package.
        needs: the package that has to be installed.
        option: handed to the module's functions.
    """

    module: str
    needs: str
    option: str = ""

    @property
    def installed(self) -> bool:
        """Whether it can take part here."""
        return importlib.util.find_spec(self.needs) is not None

    def prepare(self, work: Work, digits: Digits) -> Job:
        """A job that is ready to run: compiled, tuned, its data in memory."""
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
