"""Checks of the units: those that are always off, and those that are always at their ends."""

from __future__ import annotations

from byhand.evaluation.doctor.checks.common import SLIGHTLY_POOR, percent, several, shortfall
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import LayerFacts, Observations, State

DEAD_AT_START, DEAD_AT_END, MOSTLY_DEAD = 0.6, 0.75, 0.85
DEAD_UNITS = 3
ROWS_NEEDED = 100
"""With fewer examples a unit may be silent by chance."""

SQUASHING = ("tanh", "sigmoid")
ACTIVE_AT_START, ACTIVE_AT_END, HARDLY_ACTIVE = 0.85, 0.25, 0.1


def dead_start(seen: Observations) -> Finding | None:
    """Units (relu and its relatives) that no example switches on from the start."""
    hidden = _switching(seen.start)
    worst = max(hidden, key=_silent_share, default=None)
    if worst is None or _silent_share(worst) <= DEAD_AT_START or len(worst.silent) < DEAD_UNITS:
        return None
    return Finding(
        "dead_start",
        "units dead from the start",
        "critical" if _silent_share(worst) > MOSTLY_DEAD else "warning",
        _never_on(hidden, worst, "before the first step"),
        _LOST,
        'bias_init="zeros" or "small_constant" and weight_init="he_initialization".',
        {"layer": worst.number, "dead": len(worst.silent), "share": _silent_share(worst)},
    )


def dead_units(seen: Observations) -> Finding | None:
    """Units (relu and its relatives) that no example switches on any more."""
    hidden = _switching(seen.end)
    worst = max(hidden, key=_silent_share, default=None)
    if worst is None or not worst.silent:
        return None
    share = _silent_share(worst)
    grave = share > DEAD_AT_END and len(worst.silent) >= DEAD_UNITS
    return Finding(
        "dead_units",
        "dead units",
        ("critical" if share > MOSTLY_DEAD else "warning") if grave else "note",
        _never_on(hidden, worst, "after training"),
        _LOST if grave else "A few silent units are usual; they only take up room.",
        'A lower learning_rate, or fn="leaky_relu", which keeps a gradient.',
        {"layer": worst.number, "dead": len(worst.silent), "share": share},
    )


_LOST = "They pass nothing forward and no gradient back, so they never learn again."


def _never_on(hidden: list[LayerFacts], worst: LayerFacts, when: str) -> str:
    counted = "; ".join(
        f"layer {layer.number}: {len(layer.silent)} of {layer.units} ({percent(layer.active)} of "
        "its activations pass)"
        for layer in hidden
    )
    return (
        f"units that no example switches on {when}: {counted}. In layer {worst.number} these are "
        f"units {several(worst.silent)}."
    )


def saturated_start(seen: Observations) -> Finding | None:
    """Units (tanh, sigmoid) that start at their ends."""
    worst = _least_active(seen.start)
    if worst is None or worst.active >= ACTIVE_AT_START:
        return None
    return Finding(
        "saturated_start",
        "units saturated from the start",
        "critical" if worst.active < ACTIVE_AT_END else "warning",
        _at_their_ends(worst, "before the first step"),
        _FLAT,
        'weight_init="glorot_uniform" and inputs of size 1 (InputLayer(units, "standardise")).',
        {"layer": worst.number, "active": worst.active, "stuck": len(worst.silent)},
    )


def saturated_units(seen: Observations) -> Finding | None:
    """Units (tanh, sigmoid) that training has driven to their ends."""
    worst = _least_active(seen.end)
    if worst is None or worst.active >= ACTIVE_AT_END:
        return None
    hurts = shortfall(seen) > SLIGHTLY_POOR or worst.active < HARDLY_ACTIVE
    return Finding(
        "saturated_units",
        "saturated units",
        "warning" if hurts else "note",
        _at_their_ends(worst, "after training"),
        _FLAT,
        "A lower learning_rate or l2=1e-4, or BatchNormLayer before the activation.",
        {"layer": worst.number, "active": worst.active, "stuck": len(worst.silent)},
    )


_FLAT = "At its ends a unit is flat: hardly any gradient passes, and what it says is yes or no."


def _at_their_ends(layer: LayerFacts, when: str) -> str:
    stuck = f"; units {several(layer.silent)} are so for every example" if layer.silent else ""
    return (
        f"{percent(1 - layer.active)} of the activations of layer {layer.number} "
        f"({layer.activation}) are at their ends {when}, where fn' is below 1 % of its peak{stuck}."
    )


def _layers(state: State | None) -> list[LayerFacts]:
    if state is None or state.rows < ROWS_NEEDED:
        return []
    return [layer for layer in state.layers if layer.hidden]


def _switching(state: State | None) -> list[LayerFacts]:
    return [layer for layer in _layers(state) if not _squashes(layer)]


def _squashes(layer: LayerFacts) -> bool:
    return layer.activation in SQUASHING


def _silent_share(layer: LayerFacts) -> float:
    return len(layer.silent) / layer.units


def _least_active(state: State | None) -> LayerFacts | None:
    squashing = [layer for layer in _layers(state) if _squashes(layer)]
    return min(squashing, key=lambda layer: layer.active, default=None)
