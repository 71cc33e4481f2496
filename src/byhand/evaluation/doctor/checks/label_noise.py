"""Checks for labels that are probably wrong."""

from __future__ import annotations

import math

import numpy as np

from byhand.arrays import Array
from byhand.evaluation.doctor.advice import Advice, Change
from byhand.evaluation.doctor.checks.common import (
    FIT,
    MISLED,
    POOR_END,
    RATES,
    SURE,
    curve,
    neighbours_mislead,
)
from byhand.evaluation.doctor.checks.registry import register_check
from byhand.evaluation.doctor.faults import EXTRAS, Case, Data, Fault, Rng, neighbours_are_alike
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.neighbours import NOISE_CLASSES
from byhand.evaluation.doctor.observations import LabelFacts, Observations
from byhand.readable import percent

SUSPECT_FRACTION, SUSPECTS_LISTED, AGREED_NEEDED = 0.075, 0.005, 50
FADING = 2.5
"""Contradictions get rarer towards the middle of classes beyond chance, in standard errors."""

QUIET, QUIET_ERRORS = 0.5, 3.0
"""Where all neighbours agree, contradictions are below this fraction of those everywhere, by so
many standard errors: 0.1 % by chance if labels are wrong at random."""

ONE_SIDED, ONE_SIDED_MARGIN = 1.5, 0.05
"""Neighbours agree too often above this multiple of the frequency by chance, plus this fraction."""

NAMED = 6
MEMORISED = 0.05
"""Wrong labels harm a network if its validation accuracy is at least this far below its training
accuracy, and below what the wrong labels allow."""
RANDOM = 0.2
"""Larger fractions of random labels are reported."""


def noisy(case: Case, rng: Rng) -> Case:
    """Make a fraction of all labels wrong: any other class, or always the next one."""
    fraction, classes, paired = rng.uniform(0.15, 0.4), case.data.classes, rng.random() < 0.5

    def spoil(y: Array) -> Array:
        wrong = rng.random(len(y)) < fraction
        steps = 1 if paired else rng.integers(1, classes, len(y))
        return np.where(wrong, (y + steps) % classes, y)

    return case.on(case.x, spoil(case.y), case.x_held, spoil(case.y_held))


def random_labels(case: Case, rng: Rng) -> Case:
    """Draw about half of all labels at random."""
    fraction, classes = rng.uniform(0.45, 0.65), case.data.classes

    def spoil(y: Array) -> Array:
        return np.where(rng.random(len(y)) < fraction, rng.integers(0, classes, len(y)), y)

    return case.on(case.x, spoil(case.y), case.x_held, spoil(case.y_held))


def _has_many_classes(data: Data) -> bool:
    return data.classes >= NOISE_CLASSES and neighbours_are_alike(data)


@register_check(
    explains=(*RATES, *POOR_END, *FIT),
    faults={
        "label noise": Fault(noisy, {"data": neighbours_are_alike, **EXTRAS}),
        "random labels": Fault(random_labels, {"data": _has_many_classes, **EXTRAS}),
    },
)
def label_noise(seen: Observations) -> Finding | None:
    """Labels that contradict those of nearly all their neighbours."""
    facts = seen.labels
    if facts is not None and facts.random > RANDOM and _are_random(seen, facts):
        return _random(seen, facts)
    if facts is None or facts.agreed < AGREED_NEEDED or not facts.suspects > SUSPECTS_LISTED:
        return None
    if neighbours_mislead(seen, facts):
        return None
    count = round(facts.suspects * facts.agreed)
    severe = (
        facts.suspects > SUSPECT_FRACTION
        and _at_least(facts.suspects, facts.agreed) > SUSPECT_FRACTION / 2
        and not _only_overlap(facts)
        and not _are_one_sided(facts)
    )
    return Finding(
        name="labels that may be wrong",
        severity="warning" if severe else "note",
        evidence=f"of {facts.agreed} training examples whose {facts.neighbours} nearest neighbours "
        f"agree on a class, {count} ({percent(facts.suspects)}) have another label (rows count "
        f"from 0): {_listed(facts, count)}.",
        meaning=_meaning(facts, severe),
        advice=Advice(
            _against_memorising(seen, facts.suspects),
            "Look at these rows and correct them: byhand doctor RUN --suspects 20 lists more.",
        ),
        numbers={"suspects": facts.suspects, "agreed": facts.agreed},
    )


def _at_least(fraction: float, rows: int) -> float:
    """Return a fraction less what chance explains."""
    return fraction - SURE * math.sqrt(fraction * (1 - fraction) / rows)


def _only_overlap(facts: LabelFacts) -> bool:
    """Return whether labels contradict their neighbours near the borders of classes only.

    Contradictions get rarer where more neighbours agree, and are few where all agree.
    """
    if _is_quiet_inside(facts):
        return True
    if facts.fading < FADING:
        return False
    deep = _at_least(facts.contradicted, facts.unanimous) if facts.unanimous else 0.0
    return deep < SUSPECT_FRACTION / 2


def _is_quiet_inside(facts: LabelFacts) -> bool:
    """Return whether labels contradict unanimous neighbours far less often than neighbours at all.

    Labels that are wrong at random contradict both equally often.
    """
    everywhere = 1 - facts.knn_accuracy
    if not facts.unanimous or not 0 < everywhere < 1:
        return False
    error = math.sqrt(everywhere * (1 - everywhere) / facts.unanimous)
    fewer = everywhere - facts.contradicted
    return fewer > max((1 - QUIET) * everywhere, QUIET_ERRORS * error)


def _are_one_sided(facts: LabelFacts) -> bool:
    """Return whether neighbours agree too often for labels that are wrong at random.

    Wrong labels would also be among the neighbours of other examples. They are not if a class is
    scattered among the examples of another one.
    """
    by_chance = ONE_SIDED * facts.unanimous_by_chance + ONE_SIDED_MARGIN
    return facts.examined > 0 and facts.unanimous / facts.examined > by_chance


def _meaning(facts: LabelFacts, severe: bool) -> str:
    if severe:
        return "Wrong labels limit the accuracy, and a network that fits them memorises them."
    if _only_overlap(facts) or _are_one_sided(facts):
        return "They lie where classes overlap, so most of these labels may well be right."
    return "Either a few labels are wrong or the classes overlap. So few do no harm."


def _listed(facts: LabelFacts, count: int) -> str:
    triples = list(zip(facts.rows, facts.labels, facts.instead, strict=True))[:NAMED]
    listed = "; ".join(f"row {row} is labelled {own}, not {other}" for row, own, other in triples)
    return listed + (f"; and {count - NAMED} more" if count > NAMED else "")


def _are_learnt(seen: Observations, random: float) -> bool:
    """Return whether a network predicts more labels of other examples than random labels allow."""
    most = 1 - random + random / max(seen.setup.classes, 1) + MISLED
    known = (*seen.curves.get("val_accuracy", ()), seen.yardstick)
    return any(accuracy > most for accuracy in known)


def _are_random(seen: Observations, facts: LabelFacts) -> bool:
    """Return whether labels are random also where neighbours agree, and no network learns them."""
    wrong = facts.random * (1 - 1 / len(facts.counts))
    if facts.agreed >= AGREED_NEEDED and facts.suspects < QUIET * wrong:
        return False  # all classes overlap near their borders
    return not _are_learnt(seen, facts.random)


def _random(seen: Observations, facts: LabelFacts) -> Finding:
    return Finding(
        name="labels that look random",
        severity="critical" if facts.random > 2 * RANDOM else "warning",
        evidence=f"about {percent(facts.random)} of the labels seem to be drawn at random: where "
        "the nearest neighbours agree on a class, labels of all other classes occur as well.",
        meaning="No network can predict such labels; one that fits them has memorised them.",
        advice=Advice(
            _against_memorising(seen, facts.random * (1 - 1 / len(facts.counts))),
            "Find out where the labels come from: byhand doctor RUN --suspects 20 lists examples.",
        ),
        numbers={"random": facts.random},
    )


def _against_memorising(seen: Observations, wrong: float) -> tuple[Change, ...]:
    """Return the options that keep a network from fitting wrong labels.

    There are none for a network that does not fit them, or predicts other labels as well as
    possible.

    Args:
        seen: the observations.
        wrong: fraction of wrong labels, which no network can predict.
    """
    validation = curve(seen, "val_accuracy")
    if seen.end and len(validation):
        most = min(seen.end.accuracy, 1 - wrong)
        if validation[-1] > most - MEMORISED:
            return ()
    return (
        Change("early_stopping", {"patience": 5}),
        Change("l2", 1e-2),
        Change("dropout", 0.5),
        Change("units", direction="smaller number of"),
        Change("label_smoothing", 0.1),
    )
