"""Checks of the data: scale, emptiness, balance, labels, and the parts held out."""

from __future__ import annotations

import math

from byhand.evaluation.doctor.checks.common import percent, several
from byhand.evaluation.doctor.data_facts import NEIGHBOURS
from byhand.evaluation.doctor.finding import Finding
from byhand.evaluation.doctor.observations import HeldOutFacts, Observations

LARGE_RMS, VERY_LARGE_RMS = 4.0, 20.0
LARGE_COLUMN_RMS = 20.0
SMALL_RMS = 0.02
BLANK = 0.05
IMBALANCE = 6.0
LEAK_NOTE, LEAK, LARGE_LEAK = 0.0, 0.01, 0.1
MEAN_SHIFT, SPREAD, CLASS_DISTANCE = 0.3, 1.5, 0.2
SUSPECT_SHARE, SUSPECTS_LISTED, AGREED_NEEDED = 0.075, 0.005, 50
NAMED = 6
MISLED = 0.1
CHANCE_ERRORS = 4.0
"""Standard errors above chance that still count as chance."""

CHANCE_NEEDS = 100
UNRELATED = 0.03


def input_scale(seen: Observations) -> Finding | None:
    """Inputs whose size is far from 1, in which every initialiser and rate believes."""
    x = seen.inputs
    if x is None:
        return None
    large = x.rms > LARGE_RMS or x.column_rms > LARGE_COLUMN_RMS
    if not large and (x.rms > SMALL_RMS or x.rms == 0):
        return None
    pixels = seen.setup.images or (x.smallest >= 0 and 1 < x.largest <= 255)
    target = '"pixels"' if pixels and large else '"standardise"'
    return Finding(
        "input_scale",
        "inputs on the wrong scale",
        "critical" if x.rms > VERY_LARGE_RMS or x.rms < SMALL_RMS else "warning",
        f"the numbers that enter the first layer have a root mean square of {x.rms:.3g} (about "
        f"0.3 to 1 is usual) and run from {x.smallest:.3g} to {x.largest:.3g}; normalisation is "
        f'"{seen.setup.normalisation}".',
        f"Inputs so {'large' if large else 'small'} make the first layer's outputs and gradients "
        f"{'huge' if large else 'vanish'}, and no learning rate suits all layers.",
        f"InputLayer(units, normalisation={target}). Pass raw numbers and let the input layer "
        "scale them.",
        {"rms": x.rms, "largest": x.largest, "column_rms": x.column_rms},
    )


def blank_inputs(seen: Observations) -> Finding | None:
    """Examples that are one number throughout."""
    x = seen.inputs
    if x is None or x.blank < BLANK:
        return None
    return Finding(
        "blank_inputs",
        "empty examples",
        "critical" if x.blank > 0.5 else "warning",
        f"{percent(x.blank)} of {x.rows} training examples hold the same number throughout.",
        "From an empty example nothing can be learnt but the share of its label.",
        "Look at how the files are read; keep = x.reshape(len(x), -1).std(axis=1) > 0 leaves such "
        "rows out: net.fit(x[keep], y[keep]).",
        {"blank": x.blank},
    )


def class_imbalance(seen: Observations) -> Finding | None:
    """Classes that are much rarer than others, or missing."""
    facts = seen.labels
    if facts is None or len(facts.counts) < 2:
        return None
    few, many = min(facts.counts), max(facts.counts)
    ratio = many / few if few else math.inf
    if ratio < IMBALANCE:
        return None
    rare = tuple(k for k, count in enumerate(facts.counts) if count * IMBALANCE <= many)
    missing = tuple(k for k in rare if facts.counts[k] == 0)
    counts = ", ".join(f"class {k}: {facts.counts[k]}" for k in rare[:6])
    return Finding(
        "class_imbalance",
        "classes out of balance",
        "note" if seen.setup.weighted and not missing else "warning",
        f"{counts}; the most frequent class has {many} examples"
        + ("." if missing else f", {ratio:.3g} times as many as the rarest."),
        "The mean loss hardly sees rare classes, so their accuracy may be poor while the overall "
        "accuracy looks good."
        if not missing
        else f"Class {several(missing)} does not occur in the training data and cannot be learnt.",
        "Collect examples of the missing class, or leave it out: fewer units in the last layer, "
        "DenseLayer(units)."
        if missing
        else 'class_weight="balanced", and judge by the recall of each class.',
        {"ratio": ratio, "fewest": few, "most": many},
    )


# --- labels ---------------------------------------------------------------------------------------


def label_noise(seen: Observations) -> Finding | None:
    """Labels that contradict all of their neighbours."""
    facts = seen.labels
    if facts is None or facts.agreed < AGREED_NEEDED or not facts.suspects > SUSPECTS_LISTED:
        return None
    known = (*seen.curves.get("val_accuracy", ()), seen.yardstick)
    if any(accuracy > facts.knn_accuracy + MISLED for accuracy in known):
        return None  # a network knows better than the neighbours: they are not to be trusted
    count = round(facts.suspects * facts.agreed)
    error = math.sqrt(facts.suspects * (1 - facts.suspects) / facts.agreed)
    grave = facts.suspects > SUSPECT_SHARE and facts.suspects - 2 * error > SUSPECT_SHARE / 2
    triples = list(zip(facts.rows, facts.labels, facts.instead, strict=True))
    listed = "; ".join(f"row {row} says {own}, not {other}" for row, own, other in triples[:NAMED])
    listed += f"; and {count - NAMED} more" if count > NAMED else ""
    return Finding(
        "label_noise",
        "labels that may be wrong",
        "warning" if grave else "note",
        f"of {facts.agreed} training examples whose {facts.neighbours} nearest neighbours agree "
        f"on a class, {count} ({percent(facts.suspects)}) carry another label (rows count "
        f"from 0): {listed}.",
        "Wrong labels limit the accuracy, and a network that fits them learns them by heart."
        if grave
        else "A few labels deserve a second look, or the classes overlap; so few do no harm.",
        "Look at the rows named and correct them; CategoricalCrossEntropy(label_smoothing=0.1) "
        "and early stopping make wrong labels cost less.",
        {"suspects": facts.suspects, "agreed": facts.agreed},
    )


def shuffled_labels(seen: Observations) -> Finding | None:
    """Labels that have nothing to do with the inputs."""
    facts = seen.labels
    if facts is None or facts.judged < CHANCE_NEEDS:
        return None
    by_chance = CHANCE_ERRORS * 0.5 / math.sqrt(facts.judged * NEIGHBOURS)
    if abs(facts.agreement) > UNRELATED + by_chance:
        return None
    chance = max(facts.counts) / sum(facts.counts)
    held_out = seen.held_out.get("validation")
    best = max(seen.curves.get("val_accuracy", ()), default=math.nan)
    if held_out is not None and best > _above_chance(chance, held_out.rows):
        return None
    judged = "" if math.isnan(best) else f"; the network reaches {percent(best)} on held-out data"
    return Finding(
        "shuffled_labels",
        "labels unrelated to inputs",
        "critical",
        f"neighbours in the training data predict a label with {percent(facts.knn_accuracy)}, "
        f"and always saying the commonest class with {percent(chance)}{judged}.",
        "Labels and inputs do not belong together: perhaps one of them was shuffled or sorted "
        "alone, and all that can be learnt is by heart.",
        "Check that x[i] belongs to y[i] wherever rows are shuffled, sorted or filtered.",
        {"knn_accuracy": facts.knn_accuracy, "agreement": facts.agreement, "chance": chance},
    )


def _above_chance(chance: float, rows: int) -> float:
    """The accuracy that guessing does not exceed on so many rows."""
    return chance + CHANCE_ERRORS * math.sqrt(chance * (1 - chance) / rows)


# --- held-out parts -------------------------------------------------------------------------------


def leaking_split(seen: Observations) -> Finding | None:
    """Held-out examples that are in the training data, too."""
    if not seen.held_out:
        return None
    name, facts = max(seen.held_out.items(), key=lambda item: item[1].repeated / item[1].rows)
    share = facts.repeated / facts.rows
    if share <= LEAK_NOTE:
        return None
    grave = "critical" if share > LARGE_LEAK else "warning"
    return Finding(
        "leaking_split",
        "training examples among those held out",
        grave if share > LEAK else "note",
        f"{facts.repeated} of {facts.rows} {name} examples ({percent(share)}) are in the training "
        "data, number for number.",
        "They measure memory, not understanding: the accuracy on them is too good.",
        f"Take these rows out of the {name} data, or remove repeated rows before the split: "
        "validation_split=0.1 then divides rows that are all different.",
        {"repeated": facts.repeated, "rows": facts.rows, "share": share},
    )


def validation_shift(seen: Observations) -> Finding | None:
    """Held-out data prepared in another way than the training data, or of other classes."""
    for name, facts in seen.held_out.items():
        reasons = _differences(facts)
        if reasons:
            return Finding(
                "validation_shift",
                "held-out data unlike the training data",
                "warning",
                f"{name} ({facts.rows} examples): {'; '.join(reasons)}.",
                "What is measured there says little about the task that was learnt.",
                "Prepare both parts in the same way, by InputLayer(units, normalisation=...), and "
                "split with shuffling and stratify=True (the defaults of validation_split).",
                {
                    "mean_shift": facts.mean_shift,
                    "spread_ratio": facts.spread_ratio,
                    "class_distance": facts.class_distance,
                },
            )
    return None


def _differences(facts: HeldOutFacts) -> list[str]:
    reasons = []
    if facts.mean_shift > MEAN_SHIFT + 2 / math.sqrt(facts.rows):
        reasons.append(f"its mean lies {facts.mean_shift:.2g} standard deviations off")
    if not 1 / SPREAD < facts.spread_ratio < SPREAD:
        reasons.append(f"its spread is {facts.spread_ratio:.2g} times that of the training data")
    if facts.class_distance - 2 * facts.class_noise > CLASS_DISTANCE:
        reasons.append(f"its class shares differ by {percent(facts.class_distance)}")
    return reasons
