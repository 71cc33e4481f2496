"""Finds and describes dead and saturated units, for the four checks that look for them.

The fraction of units from which each check fires is in its own file: `dead_start.py`,
`dead_units.py`, `saturated_start.py` and `saturated_units.py`.
"""

from __future__ import annotations

from byhand.evaluation.doctor.checks.common import several
from byhand.evaluation.doctor.observations import LayerFacts, State
from byhand.readable import percent

MOSTLY_DEAD = 0.85
DEAD_UNITS = 3
ROWS_NEEDED = 100
"""With fewer examples a unit may be silent by chance."""

SQUASHING = ("tanh", "sigmoid")
ACTIVE_AT_END = 0.25

LOST = "They pass nothing forward and no gradient back, so they never learn again."
FLAT = "A saturated unit is flat: hardly any gradient passes, and its output is one of two values."


def most_silent(state: State | None) -> LayerFacts | None:
    """Return the hidden layer (relu and its relatives) with the largest silent fraction."""
    return max(_switching(state), key=silent_fraction, default=None)


def least_active(state: State | None) -> LayerFacts | None:
    """Return the hidden layer (tanh, sigmoid) with the most saturated activations."""
    squashing = [layer for layer in _layers(state) if layer.activation in SQUASHING]
    return min(squashing, key=lambda layer: layer.active, default=None)


def silent_fraction(layer: LayerFacts) -> float:
    """Return the fraction of units that no example activates."""
    return len(layer.silent) / layer.units


def never_on(state: State | None, worst: LayerFacts, when: str) -> str:
    """Describe the silent units of all layers."""
    counted = "; ".join(
        f"layer {layer.number}: {len(layer.silent)} of {layer.units} ({percent(layer.active)} of "
        "its activations pass)"
        for layer in _switching(state)
    )
    return (
        f"units that no example activates {when}: {counted}. In layer {worst.number} these are "
        f"units {several(worst.silent)}."
    )


def saturated(layer: LayerFacts, when: str) -> str:
    """Describe the saturated activations of a layer."""
    stuck = (
        f"; units {several(layer.silent)} are saturated for every example" if layer.silent else ""
    )
    return (
        f"{percent(1 - layer.active)} of the activations of layer {layer.number} "
        f"({layer.activation}) are saturated {when}: fn' is below 1 % of its peak{stuck}."
    )


def _layers(state: State | None) -> list[LayerFacts]:
    if state is None or state.rows < ROWS_NEEDED:
        return []
    return [layer for layer in state.layers if layer.hidden]


def _switching(state: State | None) -> list[LayerFacts]:
    return [layer for layer in _layers(state) if layer.activation not in SQUASHING]
