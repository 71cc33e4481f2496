"""Checks of the network before its first step."""

from __future__ import annotations

import math

from byhand.evaluation.doctor.checks.common import SLIGHTLY_POOR, shortfall, usual_loss
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations, State

TWIN_SHARE = 0.5
LOUD_NOTE, LOUD, LARGE_LOGITS = 2.0, 4.0, 3.5
KNOWING = 0.3  # with two classes, chance alone may halve the first loss
VANISHED, EXPLODED = 1e-3, 10.0

MOVING = 1e-4
"""Steps of this share of the weights move a layer."""


def symmetric_initialisation(seen: Observations) -> Finding | None:
    """Hidden layers whose units all start as the same unit."""
    for layer in (seen.start or _NOTHING).layers:
        if layer.hidden and layer.units > 1 and layer.twins > TWIN_SHARE * layer.units:
            return Finding(
                "symmetric_initialisation",
                "all units start the same",
                "critical",
                f"{layer.twins} of {layer.units} units of layer {layer.number} start with the same "
                "weights as another unit.",
                "Equal units get equal gradients and stay equal: the layer can do no more than "
                "one unit could.",
                'weight_init="he_initialization" (for tanh and sigmoid "glorot_uniform").',
                {"layer": layer.number, "twins": layer.twins, "units": layer.units},
            )
    return None


def initial_loss(seen: Observations) -> Finding | None:
    """A first loss that is not that of a network which knows nothing."""
    usual = usual_loss(seen)
    if usual is None or seen.start is None or seen.setup.resumed:
        return None
    loss, logits = seen.start.loss, seen.start.logits
    if loss < KNOWING * usual:
        return _too_good(loss, usual, seen.setup.classes)
    if loss < usual + LOUD_NOTE and logits < LARGE_LOGITS:
        return None
    return Finding(
        "initial_loss",
        "first guesses far too sure",
        "warning" if loss > usual + LOUD or logits > LARGE_LOGITS else "note",
        f"the loss before the first step is {loss:.3g}, where a network that knows nothing has "
        f"ln({seen.setup.classes}) = {usual:.3g}; its logits are about {logits:.2g} in size "
        "(about 1 is usual).",
        "The output layer starts with large numbers, and the first epochs are spent on taking "
        "back wrong guesses.",
        'weight_init="he_initialization" (variance 2 / n_in), or for the last layer alone '
        'DenseLayer(units, "softmax", weight_init="glorot_uniform").',
        {"loss": loss, "usual": usual, "logits": logits},
    )


def _too_good(loss: float, usual: float, classes: int) -> Finding:
    return Finding(
        "initial_loss",
        "first loss too good",
        "warning",
        f"the loss before the first step is {loss:.3g}; a network that knows nothing has "
        f"ln({classes}) = {usual:.3g}.",
        "The network knows the answers before it has seen any: are the weights new, and is the "
        "label not among the inputs?",
        "Leave the label out of the inputs, or call net.initialize() for a new start.",
        {"loss": loss, "usual": usual},
    )


def vanishing_gradients(seen: Observations) -> Finding | None:
    """A gradient that fades on its way back to the first layer."""
    ratios = _signals(seen.start)
    if not ratios or min(ratios) > VANISHED:
        return None
    return Finding(
        "vanishing_gradients",
        "gradients vanish on the way back",
        "note" if _learnt_all_the_same(seen) else "critical",
        f"at the start the gradient that reaches layers 1, 2, ... is {_listed(ratios)} of that "
        "at the output.",
        "The first layers get almost no gradient and hardly learn.",
        'fn="relu" with weight_init="he_initialization", fewer layers, or BatchNormLayer between '
        "them.",
        {"smallest": min(ratios)},
    )


def _learnt_all_the_same(seen: Observations) -> bool:
    """Whether training ended well, with steps in proportion to the weights of the first layer."""
    moving = seen.updates[0] if seen.updates else math.nan
    return seen.end is not None and shortfall(seen) <= SLIGHTLY_POOR and moving > MOVING


def exploding_gradients(seen: Observations) -> Finding | None:
    """A gradient that grows from layer to layer on its way back."""
    ratios = _signals(seen.start)
    if len(ratios) < 2 or (seen.start and seen.start.normalises):
        return None
    growth = max(ratios) / ratios[-1] if ratios[-1] else 1.0
    if growth < EXPLODED:  # a large output layer alone does not count: initial_loss names it
        return None
    return Finding(
        "exploding_gradients",
        "gradients explode on the way back",
        "critical",
        f"at the start the gradient that reaches layers 1, 2, ... is {_listed(ratios)} of that "
        "at the output.",
        "Weights are so large that every layer multiplies what passes, and steps of any size "
        "throw the first layers about.",
        'weight_init="he_initialization" (variance 2 / n_in); clip_norm=1.0 limits the damage.',
        {"largest": max(ratios), "growth": growth},
    )


def _signals(state: State | None) -> list[float]:
    """Length of dZ of each hidden layer, as a multiple of that of the output layer."""
    if state is None or len(state.layers) < 2:
        return []
    output = state.layers[-1].signal
    return [layer.signal / output if output else 1.0 for layer in state.layers[:-1]]


def _listed(ratios: list[float]) -> str:
    return ", ".join(f"{ratio:.1e}" for ratio in ratios)


_NOTHING = State(0, 0.0, 0.0, 0.0, ())
