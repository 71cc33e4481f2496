"""Checks for inputs on a scale that initialisers and learning rates do not expect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from byhand.arrays import Array
from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import ANY_END
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations

LARGE_RMS, VERY_LARGE_RMS = 4.0, 20.0
LARGE_COLUMN_RMS = 20.0
SMALL_RMS = 0.02
LIKE_PIXELS = 100
"""Numbers from 0 to 255 are taken for pixels if the largest is above this."""


def unscaled(case: Case, rng: Rng) -> Case:
    """Leave pixels from 0 to 255, or columns with a deviation of 30 to 1000, as they are."""
    if case.data.images:
        return replace(case, normalisation="none")
    factor = 10 ** rng.uniform(1.5, 3) / case.x.std()
    x, x_held = ((part * factor).astype(np.float32) for part in (case.x, case.x_held))
    return case.on(x, case.y, x_held, case.y_held, normalisation="none")


def scaled_twice(case: Case, rng: Rng) -> Case:  # noqa: ARG001
    """Divide by 255 once too often."""
    unit = 255.0 if case.data.images else float(case.x.std())

    def shrink(x: Array) -> Array:
        return (x.reshape(len(x), -1) / (255.0 * unit)).astype(np.float32)

    return case.on(shrink(case.x), case.y, shrink(case.x_held), case.y_held, normalisation="none")


@register_check(
    explains=(
        "symmetric_initialisation",
        "dead_start",
        "exploding_gradients",
        "vanishing_gradients",
        "saturated_start",
        "initial_loss",
        *ANY_END,
    ),
    faults={
        "unscaled inputs": Fault(unscaled, on_values=True),
        "inputs scaled twice": Fault(scaled_twice, on_values=True),
    },
)
def input_scale(seen: Observations) -> Finding | None:
    """Inputs whose size is far from 1, which initialisers and learning rates assume."""
    x = seen.inputs
    if x is None:
        return None
    large = x.rms > LARGE_RMS or x.column_rms > LARGE_COLUMN_RMS
    if not large and (x.rms > SMALL_RMS or x.rms == 0):
        return None
    pixels = x.smallest >= 0 and LIKE_PIXELS < x.largest <= 255
    return Finding(
        name="inputs on the wrong scale",
        severity="critical" if x.rms > VERY_LARGE_RMS or x.rms < SMALL_RMS else "warning",
        evidence=f"the numbers that enter the first layer have a root mean square of {x.rms:.3g} "
        f"(about 0.3 to 1 is usual) and run from {x.smallest:.3g} to {x.largest:.3g}; "
        f'normalisation is "{seen.setup.normalisation}".',
        meaning=f"Inputs this {'large' if large else 'small'} make the first layer's outputs and "
        f"gradients {'huge' if large else 'vanish'}, and no learning rate suits all layers.",
        advice=Advice(
            (Change("normalisation", "pixels" if pixels and large else "standardise"),),
            "Pass raw numbers and let the input layer scale them.",
        ),
        numbers={"rms": x.rms, "largest": x.largest, "column_rms": x.column_rms},
    )
