"""What an optimizer remembers between two calls of `fit`: its arrays and the number of its steps.

Training in portions is only the same as training at once if the velocity of momentum, or the
running means of Adam, live on from one portion to the next.
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
    """The memory of an optimizer after a training run.

    Args:
        optimizer: name of the optimizer.
        step: number of steps it has made; Adam's corrections depend on it.
        state: its arrays, as long as the parameter vector.
    """

    optimizer: str
    step: int
    state: State

    @classmethod
    def of(cls, run: TrainingRun) -> Self:
        """Return the memory at the end of a run."""
        return cls(run.optimizer.name, run.first_step + run.step, run.optimizer_state)

    def recall(self, run: TrainingRun) -> None:
        """Let a new run go on with this memory; raise if its optimizer is another one."""
        if run.optimizer.name != self.optimizer:
            raise ArgumentError(
                f"keep_optimizer=True goes on with {self.optimizer!r}, the optimizer of the last "
                f"fit; got {run.optimizer.name!r}. Give the same optimizer (its learning rate may "
                "change), or keep_optimizer=False to start anew."
            )
        run.optimizer_state = self.state
        run.first_step = self.step

    def copy(self, dtype: DTypeLike) -> Self:
        """Return an independent copy in the given precision."""
        state = {name: np.array(array, dtype) for name, array in self.state.items()}
        return type(self)(self.optimizer, self.step, state)
