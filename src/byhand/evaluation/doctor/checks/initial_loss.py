"""Checks for a first loss that differs from that of an untrained network."""

from __future__ import annotations

from dataclasses import replace

from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import ANY_END, usual_loss
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import Case, Fault, Rng, gain
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations

LOUD_NOTE, LOUD, LARGE_LOGITS = 2.0, 4.0, 3.5
KNOWING = 0.3  # with two classes, chance alone may halve the first loss


def loud_output(case: Case, rng: Rng) -> Case:
    """Start with an output layer whose first predictions are confident and wrong."""
    return replace(case, output_init=gain(rng.uniform(20, 60)))


@register_check(explains=ANY_END, faults={"loud output layer": Fault(loud_output)})
def initial_loss(seen: Observations) -> Finding | None:
    """A loss before the first step that is not ln(classes), as in an untrained network."""
    usual = usual_loss(seen)
    if usual is None or seen.start is None or seen.setup.resumed or not seen.setup.classes:
        return None
    loss, logits = seen.start.loss, seen.start.logits
    if loss < KNOWING * usual:
        return _too_good(loss, usual, seen.setup.classes)
    if loss < usual + LOUD_NOTE and logits < LARGE_LOGITS:
        return None
    return Finding(
        name="first predictions far too confident",
        severity="warning" if loss > usual + LOUD or logits > LARGE_LOGITS else "note",
        evidence=f"the loss before the first step is {loss:.3g}, where an untrained network has "
        f"ln({seen.setup.classes}) = {usual:.3g}; its logits are about {logits:.2g} in size "
        "(about 1 is usual).",
        meaning="The output layer starts with large numbers, and the first epochs are spent on "
        "undoing wrong predictions.",
        advice=Advice(
            (Change("weight_init", "he_initialization"), Change("weight_init", "glorot_uniform")),
            "The last layer can have its own initialiser.",
        ),
        numbers={"loss": loss, "usual": usual, "logits": logits},
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
