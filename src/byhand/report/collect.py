"""Gathers everything that the page shows: a header of plain values, and arrays."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from byhand.arrays import Array, FloatArray, IntArray
from byhand.data import Preparation
from byhand.data.registry import DATASETS
from byhand.errors import ArgumentError
from byhand.evaluation.inference import settled
from byhand.evaluation.metrics import ClassScores, class_scores, confusion_matrix, wilson_interval
from byhand.evaluation.units import UnitFacts, extremes, unit_facts
from byhand.network import BatchNormLayer, DenseLayer, MultiLayerPerceptron
from byhand.report import selection
from byhand.report.describe import describe_network, network_arrays, shape_in_words
from byhand.report.facts import in_use, run_facts, thin
from byhand.report.payload import compressed_size

if TYPE_CHECKING:
    from byhand.data.dataset import Part
    from byhand.training.history import History
    from byhand.training.optimizers import Optimizer

TRAIN_SHARE = 0.3
"""Of the images in the page, the share that are training images."""

UNIT_IMAGES = 10_000
"""How many test images the numbers about units are taken from, at most."""

FIELDS = ("name", "severity", "evidence", "meaning", "fix")
"""Of a finding."""

_UNIT_BYTES = 130  # what the numbers about one unit take in the page, about
_HEADER_BYTES = 30_000  # history, labels of the test images, confusion matrix


@dataclasses.dataclass(frozen=True)
class Judged:
    """What the network says about the test images: labels, guesses and probabilities."""

    labels: IntArray
    guesses: IntArray
    outputs: FloatArray
    truths: FloatArray
    sureness: FloatArray


def collect(
    *,
    network: MultiLayerPerceptron,
    train: Part,
    test: Part,
    name: str,
    judged_on: str,
    chose_epoch: bool,
    columns: Sequence[str],
    history: History | None,
    facts: Mapping[str, object],
    recipe: str,
    optimizer: Optimizer | Mapping[str, Any] | None,
    findings: Sequence[object] | None,
    preparation: Preparation | None,
    title: str | None,
    room: int,
    seed: int,
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Header and arrays of the page; see `byhand.report.write_report` for the arguments."""
    network = settled(network, train.images)
    judged = judge(network, test)
    rng = np.random.default_rng(seed)
    peak = _peak(train.images)
    scale = _scale(train.images, peak)
    numbers, arrays = _images(network, train, test, judged, room, rng)
    rows = unit_facts(network, test.images[:UNIT_IMAGES], judged.labels[:UNIT_IMAGES])
    arrays |= _unit_arrays(rows, numbers)
    classes = class_names(network, judged)
    words = _words(judged_on, test.images, chose_epoch=chose_epoch)
    matrix = confusion_matrix(judged.labels, judged.guesses, len(classes))
    header = {
        "title": title or f"{shape_in_words(network)} on {printed(name)}",
        "summary": _summary(network, name, judged, words),
        "made": _made(),
        "data": {
            "name": name,
            "words": words,
            "columns": _column_names(columns, test.images),
            "shape": _shape(test.images),
            "classes": classes,
            "peak": peak,
            "scale": scale,
            "preparation": _preparation(preparation or network, name, train.images, peak),
        },
        **describe_network(network),
        "optimizer": _optimizer(optimizer, history),
        "extras": in_use(history),
        "facts": run_facts(facts, network, train, test, history, words),
        "recipe": recipe,
        "score": _score(network, test, judged),
        "history": _history(history),
        "confusion": matrix,
        "metrics": _class_rows(class_scores(matrix)),
        "findings": None if findings is None else [_finding(one) for one in findings],
        "unusual": {
            "distance": selection.usual_distance(test.images, arrays["train_images"], scale),
            "share": selection.USUAL_SHARE,
        },
        "units": {
            "images": min(len(test), UNIT_IMAGES),
            "silence": [_silence(row) for row in rows],
            "ablated": [row.ablated for row in rows],
        },
    }
    return header, arrays


# --- what the network says ----------------------------------------------------------------------


def judge(network: MultiLayerPerceptron, test: Part) -> Judged:
    """The network's outputs for the test part, and what follows from them."""
    if test.labels is None:
        raise ArgumentError("the report needs test images with labels; these have none.")
    outputs = network.predict_proba(test.images)
    if outputs.shape[1] == 1:
        outputs = np.hstack([1 - outputs, outputs])
    labels = test.labels.astype(np.intp)
    if labels.max() >= outputs.shape[1]:
        raise ArgumentError(
            f"the network has {outputs.shape[1]} classes; the test labels go up to {labels.max()}."
        )
    each = np.arange(len(labels))
    guesses = outputs.argmax(axis=1)
    return Judged(labels, guesses, outputs, outputs[each, labels], outputs[each, guesses])


def class_names(network: MultiLayerPerceptron, judged: Judged) -> list[str]:
    """The names of the classes, or their numbers."""
    return network.class_names or [str(k) for k in range(judged.outputs.shape[1])]


def _score(network: MultiLayerPerceptron, test: Part, judged: Judged) -> dict[str, Any]:
    count = len(judged.labels)
    wrong = int((judged.labels != judged.guesses).sum())
    low, high = wilson_interval(count - wrong, count)
    return {
        "accuracy": 1 - wrong / count,
        "low": low,
        "high": high,
        "count": count,
        "wrong": wrong,
        "loss": network.evaluate(test.images, judged.labels)["loss"],
    }


def _class_rows(scores: ClassScores) -> list[dict[str, float]]:
    """The scores as one row a class; what is 0/0 becomes nothing."""
    columns = {name: getattr(scores, name) for name in ("precision", "recall", "f1", "support")}
    return [
        {name: float(values[k]) for name, values in columns.items()}
        for k in range(len(scores.support))
    ]


# --- images -------------------------------------------------------------------------------------


def _images(
    network: MultiLayerPerceptron,
    train: Part,
    test: Part,
    judged: Judged,
    room: int,
    rng: np.random.Generator,
) -> tuple[IntArray, dict[str, Array]]:
    """Which test images travel in the page, and all arrays about images and weights."""
    weights = network_arrays(network)
    units = sum(len(values) for name, values in weights.items() if name.startswith("b"))
    used = sum(map(compressed_size, weights.values())) + _UNIT_BYTES * units + _HEADER_BYTES
    order = selection.showing_order(judged.labels, judged.guesses, judged.truths, rng)
    fitting = selection.how_many(_pixels(test.images[order]), room - used)
    few = min(len(train), max(100, int(TRAIN_SHARE * fitting)))
    numbers = order[: fitting - few]
    learnt_labels = _labels(train)
    learnt = selection.train_sample(learnt_labels, few, rng)
    return numbers, {
        **weights,
        "labels": judged.labels.astype(np.uint16),
        "guesses": judged.guesses.astype(np.uint16),
        "image_numbers": numbers.astype(np.uint32),
        "images": _pixels(test.images[numbers]),
        "truths": judged.truths[numbers].astype(np.float32),
        "sureness": judged.sureness[numbers].astype(np.float32),
        "train_images": _pixels(train.images[learnt]),
        "train_labels": learnt_labels[learnt].astype(np.uint16),
    }


def _labels(part: Part) -> IntArray:
    if part.labels is None:
        raise ArgumentError("the report needs training images with labels; these have none.")
    return part.labels


def _pixels(images: Array) -> Array:
    """Images as rows, uint8 where they are and float32 otherwise."""
    rows = images.reshape(len(images), -1)
    return rows if rows.dtype == np.uint8 else rows.astype(np.float32)


def _peak(images: Array) -> float:
    """The value of full ink: 255, or the largest there is where all are much smaller."""
    largest = float(np.abs(images).max())
    return 255.0 if 128 < largest <= 255 else largest or 1.0


def _scale(images: Array, peak: float) -> FloatArray:
    """What distances are measured in: full ink, or the range of each column of a table."""
    if images.ndim == 3:
        return np.array([peak])
    ranges: FloatArray = np.ptp(images, axis=0).astype(np.float64)
    return np.where(ranges > 0, ranges, 1.0)


def _shape(images: Array) -> tuple[int, int]:
    """Height and width; a table is one line."""
    height, width = images.shape[1:] if images.ndim == 3 else (1, images.shape[1])
    return height, width


def _preparation(
    known: Preparation | MultiLayerPerceptron, name: str, images: Array, peak: float
) -> dict[str, Any] | None:
    """The way from a drawing to these images, as the page reads it; None for tables.

    Args:
        known: the preparation, or a network that may hold one.
        name: of the data.
        images: of the training.
        peak: the value of full ink in them.
    """
    if images.ndim != 3:
        return None
    if isinstance(known, Preparation):
        return known.config()
    if known.facts.get("preparation"):
        return Preparation.of(known).config()
    pixels = images if images.dtype == np.uint8 else (images * (255 / peak)).clip(0, 255)
    return Preparation.for_images(pixels.astype(np.uint8), name).config()


# --- units --------------------------------------------------------------------------------------


def _unit_arrays(rows: list[UnitFacts], numbers: IntArray) -> dict[str, Array]:
    """Facts about units; top and bottom images are places among those that the page carries."""
    arrays: dict[str, Array] = {}
    known = np.flatnonzero(numbers < UNIT_IMAGES)
    for number, row in enumerate(rows, start=1):
        top, bottom = extremes(row.activations[numbers[known]])
        arrays[f"top{number}"] = known[top].astype(np.uint16)
        arrays[f"bottom{number}"] = known[bottom].astype(np.uint16)
        arrays[f"mean_by_class{number}"] = np.nan_to_num(row.class_means).astype(np.float32)
        arrays[f"silent{number}"] = row.silent.astype(np.float32)
        if row.accuracy_lost is not None:
            arrays[f"lost{number}"] = row.accuracy_lost.astype(np.float32)
    return arrays


def _silence(row: UnitFacts) -> str:
    """When a unit counts as silent, in words."""
    if row.row.activation.slope == 0:
        return "activation exactly 0"
    return "activation under 1 % of the layer's largest"


# --- words --------------------------------------------------------------------------------------


def _words(judged_on: str, images: Array, *, chose_epoch: bool) -> dict[str, Any]:
    """What the page calls the part that judges, and one of its members."""
    one = "image" if images.ndim == 3 else "row"
    caution = (
        f" These {one}s also chose the best epoch, so the figures are slightly optimistic."
        if chose_epoch
        else ""
    )
    return {"part": judged_on, "one": one, "many": f"{one}s", "caution": caution}


def _column_names(columns: Sequence[str], images: Array) -> list[str]:
    """One name a column of a table; nothing for images."""
    if images.ndim == 3:
        return []
    known = len(columns) == images.shape[1]
    return list(columns) if known else [f"column {n}" for n in range(images.shape[1])]


def _summary(
    network: MultiLayerPerceptron, name: str, judged: Judged, words: Mapping[str, str]
) -> str:
    functions = ", ".join(
        layer.activation.name
        for layer in network.hidden
        if isinstance(layer, DenseLayer | BatchNormLayer)
    )
    count, data = thin(len(judged.labels)), printed(name)
    return (
        f"A fully-connected network ({shape_in_words(network)}; {functions}) that learnt from "
        f"{data} and is judged on {count} {words['part']} {words['many']} that it did not learn "
        f"from.{words['caution']} Everything on this page is computed here, in your browser; "
        "nothing is loaded and nothing is sent."
    )


def printed(name: str) -> str:
    """What a data set is called in print: "MNIST" for "mnist"; the name itself where unknown."""
    known = DATASETS.get(name)
    return known.title.partition(",")[0] if known else name


def _made() -> str:
    try:
        number = version("byhand")
    except PackageNotFoundError:
        number = "(not installed)"
    return f"Made by byhand {number} on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC."


def _history(history: History | None) -> dict[str, Any]:
    if history is None:
        return {"best": None}
    best = history.best_epoch - 1 if history.best_epoch else None
    return {**history.columns, "best": best}


def _optimizer(
    optimizer: Optimizer | Mapping[str, Any] | None, history: History | None
) -> dict[str, Any] | None:
    """Its name and numbers, from itself or else from what the history recorded of it."""
    if optimizer is None and history is not None:
        return _read_optimizer(str(history.record.get("optimizer", "")))
    if optimizer is None or isinstance(optimizer, Mapping):
        return dict(optimizer) if optimizer else None
    return {"name": optimizer.name, **dataclasses.asdict(optimizer)}


def _read_optimizer(text: str) -> dict[str, Any] | None:
    """The fields of "Adam(learning_rate=0.001, ...)"; None where it is something else."""
    numbers = dict(re.findall(r"(\w+)=([-+.\de]+)", text))
    if "learning_rate" not in numbers:
        return None
    name = text.partition("(")[0].lower()
    return {"name": name, **{key: float(value) for key, value in numbers.items()}}


def _finding(one: object) -> dict[str, str]:
    """A finding's five fields, from a dictionary or an object."""
    named = one if isinstance(one, Mapping) else {key: getattr(one, key, "") for key in FIELDS}
    return {key: str(named.get(key) or "") for key in FIELDS}
