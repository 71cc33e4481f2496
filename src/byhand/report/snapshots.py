"""The weights of a few epochs in the page, for the slider over the epochs.

The page contains the network's own weights exactly. Those of an earlier epoch are stored as the
change from them, in steps of a fraction of its standard deviation, one byte each:

    code = round((snapshot - final) / step) + 128,   snapshot' = final + (code - 128) step

The predictions of each moment are computed with the weights as the page stores them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.evaluation.predictions import predictions
from byhand.evaluation.subject import Subject
from byhand.network import Network
from byhand.report.all_sections import Values
from byhand.report.network_entries import network_arrays
from byhand.report.payload import compressed_size
from byhand.training.snapshots import Snapshot

MIDDLE, LEVELS = 128, 127
STEPS_PER_DEVIATION = 4
EXACT = 4096
"""Arrays of fewer numbers are stored exactly."""


@dataclass(frozen=True, eq=False)
class Moment:
    """A snapshot in the page's form.

    Args:
        epoch: the epoch after which it was taken; 0 is before training.
        codes: the arrays in the page: codes, or exact numbers.
        steps: the step of each array's codes; None if the numbers are exact.
    """

    epoch: int
    codes: Mapping[str, Array]
    steps: Mapping[str, float | None]

    def size(self) -> int:
        """Return the number of bytes in the page."""
        return sum(compressed_size(array) for array in self.codes.values())


def moments(network: Network, snapshots: Sequence[Snapshot], size_limit: int) -> list[Moment]:
    """Return the snapshots that fit into a size, evenly spaced, without the network itself."""
    final = network_arrays(network)
    fitting = [_moment(final, one) for one in snapshots if _fits(final, one)]
    others = [one for one in fitting if _differs(one, final)]
    if not others:
        return []
    largest = max(one.size() for one in others)
    count = min(len(others), max(size_limit, 0) // largest)  # a large network leaves no space
    chosen = np.unique(np.linspace(0, len(others) - 1, count).round().astype(np.intp))
    return [others[k] for k in chosen]


def carried(
    subject: Subject, chosen: Sequence[Moment], shown: IntArray, final_epoch: int
) -> tuple[Values | None, dict[str, Array]]:
    """Return the moments for the page's header, and their arrays."""
    if not chosen:
        return None, {}
    arrays: dict[str, Array] = {}
    for number, moment in enumerate(chosen):
        predicted = predictions(
            _network_at(subject.network, moment),
            subject.images,
            subject.predictions.labels,
            subject.class_names,
        )
        given = predicted.label_probability[shown]
        prefix = f"snapshot{number}_"
        arrays |= {prefix + name: array for name, array in moment.codes.items()}
        arrays[f"{prefix}predictions"] = predicted.predicted.astype(np.uint16)
        arrays[f"{prefix}label_probabilities"] = (255 * given.clip(0, 1)).round().astype(np.uint8)
    entries = [{"epoch": one.epoch, "steps": dict(one.steps)} for one in chosen]
    return {"moments": entries, "final_epoch": final_epoch}, arrays


def _fits(final: Mapping[str, Array], snapshot: Snapshot) -> bool:
    """Return whether a snapshot is of this network and contains only finite numbers."""
    shapes = {name: array.shape for name, array in final.items()}
    return {name: array.shape for name, array in snapshot.arrays.items()} == shapes and all(
        bool(np.isfinite(array).all()) for array in snapshot.arrays.values()
    )


def _moment(final: Mapping[str, Array], snapshot: Snapshot) -> Moment:
    codes, steps = {}, {}
    for name, array in final.items():
        codes[name], steps[name] = _encoded(array, snapshot.arrays[name].astype(np.float32))
    return Moment(snapshot.epoch, codes, steps)


def _encoded(final: Array, values: Array) -> tuple[Array, float | None]:
    """Return the codes of an array and their step, or the numbers themselves and None."""
    if values.size < EXACT:
        return values, None
    change: FloatArray = values - final
    step = max(float(change.std()) / STEPS_PER_DEVIATION, float(np.abs(change).max()) / LEVELS)
    step = step or 1.0
    return (np.round(change / step) + MIDDLE).astype(np.uint8), step


def _differs(moment: Moment, final: Mapping[str, Array]) -> bool:
    """Return whether a moment differs from the network itself."""
    return any(
        not np.array_equal(moment.codes[name], final[name])
        if step is None
        else bool((moment.codes[name] != MIDDLE).any())
        for name, step in moment.steps.items()
    )


def _network_at(network: Network, moment: Moment) -> Network:
    """Return the network with the weights of a moment."""
    earlier = network.copy()
    for store in (earlier.parameters, earlier.statistics):
        for name in store:
            codes, step = moment.codes[name], moment.steps[name]
            change = None if step is None else (codes.astype(np.float32) - MIDDLE) * step
            store[name] = codes if change is None else store[name] + change
    return earlier
