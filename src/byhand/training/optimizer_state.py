"""The state that an optimizer keeps between two calls of `fit`: its arrays and number of steps.

Training in portions equals training at once only if momentum's velocity, or Adam's running means,
are carried over from one portion to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import DTypeLike

from byhand.errors import ArgumentError
from byhand.training.optimizers import State
from byhand.training.run import TrainingRun


@dataclass(frozen=True)
class OptimizerMemory:
    """The state of an optimizer after a training run.

    Args:
        optimizer: name of the optimizer.
        step: number of steps it has taken; Adam's corrections depend on it.
        state: its arrays, as long as the parameter vector.
    """

    optimizer: str
    step: int
    state: State

    @classmethod
    def of(cls, run: TrainingRun) -> Self:
        """Return the state at the end of a run."""
        return cls(run.optimizer.name, run.first_step + run.step, run.optimizer_state)

    def recall(self, run: TrainingRun) -> None:
        """Let a new run continue from this state; raise if it has another optimizer."""
        if run.optimizer.name != self.optimizer:
            raise ArgumentError(
                f"keep_optimizer=True continues with {self.optimizer!r}, the optimizer of the last "
                f"fit; got {run.optimizer.name!r}. Give the same optimizer (its learning rate may "
                "change), or keep_optimizer=False to start again."
            )
        run.optimizer_state = self.state
        run.first_step = self.step

    def copy(self, dtype: DTypeLike) -> Self:
        """Return an independent copy in the given precision."""
        state = {name: np.array(array, dtype) for name, array in self.state.items()}
        return type(self)(self.optimizer, self.step, state)
