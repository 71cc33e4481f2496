"""Detection of NaN and infinity in training, and the error that names layer, step and cause.

`Trainer._gradient` in `trainer.py` looks at the loss of each batch, and raises this error if it is
not finite; `check_parameters` looks at the rest after each epoch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.errors import DivergedError
from byhand.readable import percent

if TYPE_CHECKING:
    from byhand.network.network import Network
    from byhand.training.run import TrainingRun


def check_parameters(run: TrainingRun) -> None:
    """Raise DivergedError if a parameter, a running statistic or the optimizer's state overflowed.

    The loss would not reveal it: after the last step of an epoch no loss is computed, training does
    not use running statistics, and Adam divides by its mean of squares, so steps become 0.
    """
    vectors = [run.net.parameters.vector, run.net.statistics.vector, *run.optimizer_state.values()]
    if not all(np.isfinite(vector).all() for vector in vectors):
        raise explain_divergence(run)


def explain_divergence(run: TrainingRun) -> DivergedError:
    """Return the error for the current step, with the first array that is NaN or infinite."""
    where, cause = _first_bad(run)
    return DivergedError(
        f"training diverged (NaN or infinity) in epoch {run.epoch}, step {run.step + 1}: {where}. "
        f"Likely cause: {cause}"
    )


def _first_bad(run: TrainingRun) -> tuple[str, str]:
    """Return the first array that is not finite, in the order of a step, and its likely cause."""
    net, cache = run.net, run.cache
    assert cache is not None  # noqa: S101 - a batch has just been through
    rate = f"the learning rate ({run.learning_rate:.3g}) is too high"
    remedy = "Lower it, or clip the gradient with clip_norm=1.0."
    if not np.isfinite(cache["A0"]).all():
        return "the input A0 contains NaN or infinity", "the data, or the augmentation, is broken."
    parameter = _bad_parameter(net)
    if parameter is not None:
        return parameter, f"{rate} for these gradients. {remedy}"
    unscaled = f"the input is not scaled (A0 reaches {float(np.abs(cache['A0']).max()):.3g})"
    for name, view in net.statistics.items():
        if not np.isfinite(view).all():
            return f"the running {name} overflowed", f"{unscaled}, or {rate}. {remedy}"
    for name, array in cache.items():
        if not name.startswith("d") and not np.isfinite(array).all():
            largest = max(float(np.abs(view).max()) for view in net.parameters.values())
            return (
                f"{name} overflowed while all parameters were finite (largest: {largest:.3g})",
                f"weights grew too large because {rate}, or {unscaled}. {remedy}",
            )
    for name, vector in run.optimizer_state.items():
        if not np.isfinite(vector).all():
            return f"the optimizer's {name} overflowed", f"{unscaled}, or {rate}. {remedy}"
    return "the loss overflowed", f"{rate}, or the targets are very large. {remedy}"


def _bad_parameter(net: Network) -> str | None:
    """Describe the first parameter that is not finite; None if all are."""
    for placed in net.stack:
        for letter, view in zip(placed.layer.parameter_names, placed.parameters, strict=True):
            if not np.isfinite(view).all():
                fraction = 1 - np.isfinite(view).mean()
                return (
                    f"{letter}{placed.number} of layer {placed.number} became NaN or infinite in "
                    f"the step before ({percent(fraction)} of it)"
                )
    return None
