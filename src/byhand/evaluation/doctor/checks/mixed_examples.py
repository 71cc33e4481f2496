"""Checks for examples that were prepared in a different way from the rest."""

from __future__ import annotations

from byhand.arrays import Array
from byhand.evaluation.doctor.advice import Advice
from byhand.evaluation.doctor.checks.common import FIT, POOR_END
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.data_observations import RESCALED
from byhand.evaluation.doctor.faults import EXTRAS, Case, Data, Fault, Rng
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import Observations
from byhand.readable import percent

SOME, MANY = 0.02, 0.1


def inverted(case: Case, rng: Rng) -> Case:
    """Turn some of the images into negatives, or scale them once more than the others."""
    fraction, negative = rng.uniform(0.08, 0.4), rng.random() < 0.7

    def spoil(x: Array) -> Array:
        x, chosen = x.copy(), rng.random(len(x)) < fraction
        x[chosen] = x.max() - x[chosen] if negative else x[chosen] // 40
        return x

    return case.on(spoil(case.x), case.y, spoil(case.x_held), case.y_held)


def _are_images(data: Data) -> bool:
    return data.images


@register_check(
    explains=("label_noise", *POOR_END, *FIT),
    faults={"mixed preparation": Fault(inverted, {"data": _are_images, **EXTRAS})},
)
def mixed_examples(seen: Observations) -> Finding | None:
    """Images that are negatives of the others, or examples on a different scale."""
    facts = seen.inputs
    if facts is None or max(facts.inverted, facts.rescaled) < SOME:
        return None
    negative = facts.inverted >= facts.rescaled
    fraction = facts.inverted if negative else facts.rescaled
    what = (
        "are negatives of the others: bright where most images are dark"
        if negative
        else f"hold numbers {RESCALED:.0f} times smaller or larger than those of others, or more"
    )
    return Finding(
        name="examples prepared in different ways",
        severity="warning",
        evidence=f"{percent(fraction)} of {facts.rows} training examples {what}.",
        meaning="The network has to learn every class twice, and predicts neither kind as well as "
        "it could.",
        advice=Advice(
            text="Prepare all examples in the same way: "
            + ("x[negative] = x.max() - x[negative]." if negative else "one unit for all rows.")
        ),
        numbers={"fraction": fraction},
    )
