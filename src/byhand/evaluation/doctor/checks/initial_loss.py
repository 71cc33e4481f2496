"""Checks for a first loss that differs from that of an untrained network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import ANY_END, usual_loss
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng, gain
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import LabelFacts, Observations, ValueFacts

LOUD_NOTE, LOUD, LARGE_LOGITS = 2.0, 4.0, 3.5
KNOWING = 0.3  # with two classes, chance alone may halve the first loss
LARGE_OUTPUTS = 5.0
"""First outputs this many times as large as target values of deviation 1 begin at a squared error
26 times the usual one. Usual initialisers gave up to 3.2 in 152 regressions."""


_OTHER_WEIGHTS = Advice(
    (Change("weight_init", "he_initialization"), Change("weight_init", "glorot_uniform")),
    "The last layer can have its own initialiser.",
)


def loud_output(case: Case, rng: Rng) -> Case:
    """Start with an output layer whose first predictions are confident and wrong."""
    return replace(case, output_init=gain(rng.uniform(20, 60)))


@register_check(explains=ANY_END, faults={"loud output layer": Fault(loud_output)})
def initial_loss(seen: Observations) -> Finding | None:
    """A loss before the first step that is far from that of an untrained network, ln(classes)."""
    usual = usual_loss(seen)
    if usual is None or seen.start is None or seen.setup.resumed:
        return None
    loss, logits, classes = seen.start.loss, seen.start.logits, seen.setup.classes
    if seen.values is not None and not seen.values.are_labels:
        return _large_outputs(seen.values, logits, loss)
    if classes and loss < KNOWING * _of_frequencies(seen.labels, usual):
        return _too_good(loss, usual, classes)
    if loss < usual + LOUD_NOTE and logits < LARGE_LOGITS:
        return None
    expected = f"ln({classes}) = {usual:.3g}" if classes else f"about {usual:.3g}"
    return Finding(
        name="first predictions far too confident",
        severity="warning" if loss > usual + LOUD or logits > LARGE_LOGITS else "note",
        evidence=f"the loss before the first step is {loss:.3g}, where an untrained network has "
        f"{expected}; its logits are about {logits:.2g} in size (about 1 is usual).",
        meaning="The output layer starts with large numbers, and the first epochs are spent on "
        "undoing wrong predictions.",
        advice=_OTHER_WEIGHTS,
        numbers={"loss": loss, "usual": usual, "logits": logits},
    )


def _of_frequencies(labels: LabelFacts | None, usual: float) -> float:
    """Return the loss of the frequencies of the classes; no constant prediction has a lower one.

    Where one class is frequent, first outputs that favour it by chance have a small loss.
    """
    counts = np.array(labels.counts if labels else (), float)
    shares = counts[counts > 0] / max(counts.sum(), 1.0)
    return min(float(-(shares * np.log(shares)).sum()), usual) if len(shares) else usual


def _large_outputs(values: ValueFacts, outputs: float, loss: float) -> Finding | None:
    """Report first outputs of a regression that are far larger than its target values."""
    if outputs < LARGE_OUTPUTS * max(values.deviation, 1.0):
        return None
    return Finding(
        name="first predictions far too large",
        severity="warning",
        evidence=f"the outputs before the first step are about {outputs:.3g} in size, with a loss "
        f"of {loss:.3g}, where target values vary by {values.deviation:.3g}.",
        meaning="The output layer starts with large numbers, whose errors drive the first steps "
        "too far.",
        advice=_OTHER_WEIGHTS,
        numbers={"loss": loss, "outputs": outputs, "deviation": values.deviation},
    )


def _too_good(loss: float, usual: float, classes: int) -> Finding:
    return Finding(
        name="first loss too good",
        severity="warning",
        evidence=f"the loss before the first step is {loss:.3g}; an untrained network has "
        f"ln({classes}) = {usual:.3g}.",
        meaning="The network predicts well before its first step: are the weights new, and is the "
        "label not among the inputs?",
        advice=Advice(
            text="Leave the label out of the inputs, or call net.initialize() for a new start."
        ),
        numbers={"loss": loss, "usual": usual},
    )
