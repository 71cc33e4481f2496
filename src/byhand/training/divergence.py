"""What to say when the loss is no longer a number: layer, step and likely cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.errors import DivergedError

if TYPE_CHECKING:
    from byhand.training.run import Run


def explain_divergence(run: Run) -> DivergedError:
    """The error for the step whose loss is NaN or infinite, from the arrays of its batch."""
    where, cause = _first_bad(run)
    return DivergedError(
        f"training left the finite numbers in epoch {run.epoch}, step {run.step + 1}: {where}. "
        f"Likely cause: {cause}"
    )


def _first_bad(run: Run) -> tuple[str, str]:
    net, cache = run.net, run.cache
    assert cache is not None  # noqa: S101 - a batch has just been through
    rate = f"the learning rate ({run.rate:.3g}) is too high"
    remedy = "Lower it, or clip the gradient with clip_norm=1.0."
    if not np.isfinite(cache["A0"]).all():
        return "the input A0 holds NaN or infinity", "the data, or the augmentation, is broken."
    for name, view in net.parameters.items():
        if not np.isfinite(view).all():
            share = 1 - np.isfinite(view).mean()
            return (
                f"{name} of layer {name.lstrip('Wbgametr')} became NaN or infinite in the step "
                f"before ({share:.0%} of it)",
                f"{rate} for these gradients. {remedy}",
            )
    for name, array in cache.items():
        if not name.startswith("d") and not np.isfinite(array).all():
            largest = max(float(np.abs(view).max()) for view in net.parameters.values())
            return (
                f"{name} overflowed while all parameters were finite (largest: {largest:.3g})",
                f"weights grew too large because {rate}, or the input is not scaled "
                f"(A0 reaches {float(np.abs(cache['A0']).max()):.3g}). {remedy}",
            )
    return "the loss overflowed", f"{rate}, or the targets are very large. {remedy}"
