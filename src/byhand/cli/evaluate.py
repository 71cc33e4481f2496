"""`byhand evaluate`: accuracy with its interval, scores of each class, confusions."""

from __future__ import annotations

import shutil
from typing import Annotated, Any

import numpy as np

from byhand.arrays import Array
from byhand.cli import printing
from byhand.cli.combining import (
    COPIED,
    Augment,
    Calibrate,
    Combination,
    Copies,
    Save,
    With,
    combined,
)
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunName
from byhand.cli.train_results import print_scores
from byhand.data import Part
from byhand.errors import unknown_name
from byhand.evaluation.calibration import reliability_of
from byhand.evaluation.confidence_interval import wilson_interval
from byhand.evaluation.metrics import class_scores, confusion_matrix, roc_auc
from byhand.evaluation.mistakes import common_confusions
from byhand.evaluation.predictions import Predictions, predictions
from byhand.readable import percent
from byhand.runs.models import Model, find_model
from byhand.runs.split_dataset import PARTS, DataSources

EXAMPLES = (
    "byhand evaluate                                 the latest run, on its test images",
    "byhand evaluate basic-3 --part validation       a run by name, on its validation part",
    "byhand evaluate model.safetensors --dataset mnist",
    "byhand evaluate basic-1 --with basic-2 --save both.safetensors",
    "byhand evaluate --copies 8                      each image with eight changed copies",
    "byhand eval -dataset mnist -predictions 10      the latest run on MNIST",
)

SHORT = 4
"""Longest class name that can head a column of a confusion matrix."""

PartName = Annotated[
    str | None,
    Option("--part", help="train, validation or test.", show_default="test, or else validation"),
]
Shown = Annotated[
    int,
    Option("--predictions", "-predictions", help="Print this many predictions as well.", min=0),
]
Activations = Annotated[
    str,
    Option("--activations", help="Activations, for an npz file that holds only arrays."),
]


def evaluate(
    *,
    run: RunName = None,
    dataset: DatasetName = None,
    part: PartName = None,
    shown: Shown = 0,
    data_dir: DataDir = None,
    offline: Offline = False,
    activations: Activations = "relu,softmax",
    others: With = None,
    copies: Copies = 0,
    augment: Augment = COPIED,
    calibrate: Calibrate = False,
    save: Save = None,
    as_json: AsJson = False,
) -> None:
    """Print the accuracy of a trained network, and its mistakes by class.

    Without RUN, the latest run is evaluated; with --dataset, the latest run on those data. The
    interval contains the accuracy on a very large set of similar images with 95 % confidence
    (Wilson). --with, --copies and --calibrate average predictions or calibrate confidences first.
    """
    if part is not None and part not in PARTS:
        raise unknown_name("part", part, PARTS)
    sources = DataSources(data_dir, offline or None)
    model = find_model(run, dataset, activations, sources)
    name, part, examples = model.examples(dataset, part, sources)
    wanted = Combination(others or (), copies, augment, calibrate, save)
    model = combined(model, wanted, examples.images, sources)
    scores = model.net.evaluate(examples.images, _labels(examples))
    _count_test_scores(model, name, part)
    if "accuracy" not in scores:
        _print_regression(model, name, part, scores, as_json)
        return
    predicted = predictions(model.net, examples.images, _labels(examples))
    matrix = confusion_matrix(predicted.labels, predicted.predicted, predicted.classes)
    if as_json:
        printing.json_lines(_as_json(model, name, part, scores, predicted, matrix, shown))
        return
    printing.line(f"network  {model.title}")
    printing.line(f"data     {name}")
    printing.line()
    print_scores({part: scores})
    printing.line()
    _print_classes(matrix, predicted)
    _print_calibration(predicted)
    _print_confusions(matrix, predicted.class_names)
    if shown:
        _print_predictions(predicted, shown)


def _count_test_scores(model: Model, name: str, part: str) -> None:
    """Count and print how often the test part of a run's own data was scored."""
    if part != "test" or model.run is None or name != model.run.data.dataset.name:
        return
    model.run.folder.note_test_scores("evaluate")
    times = model.run.folder.times_tested()
    printing.note(f"the test part was scored {times} time{'s' * (times != 1)} with this run.")


def _labels(examples: Part) -> Array:
    assert examples.labels is not None  # noqa: S101 - `Model.examples` refuses parts without
    return examples.labels


def _print_regression(
    model: Model, name: str, part: str, scores: dict[str, float], as_json: bool
) -> None:
    """Print loss and r2 of a network that predicts values."""
    if as_json:
        printing.json_lines({"model": str(model.path), "dataset": name, "part": part, **scores})
        return
    printing.line(f"network  {model.title}")
    printing.line(f"data     {name}\n")
    print_scores({part: scores})


def _print_classes(matrix: Any, predicted: Predictions) -> None:
    scores, areas = class_scores(matrix), _areas(predicted)
    rows: list[list[object]] = []
    for k, name in enumerate(predicted.class_names):
        support = int(scores.support[k])
        each = (scores.recall[k], scores.precision[k], scores.f1[k])
        fractions = [percent(float(value), 2) for value in each]
        rows.append([name, support, support - int(matrix[k, k]), *fractions, f"{areas[k]:.4f}"])
    headings = ("class", "images", "wrong", "recall", "precision", "F1", "ROC AUC")
    printing.table(headings, rows, left=["class"])


def _areas(predicted: Predictions) -> list[float]:
    """Return the area under the ROC curve of each class against all others."""
    return [
        roc_auc(predicted.labels == k, predicted.probabilities[:, k])
        for k in range(predicted.classes)
    ]


def _print_calibration(predicted: Predictions) -> None:
    """Print how far confidences are from accuracies, if the outputs are probabilities."""
    if predicted.calibrated:
        error = reliability_of(predicted).ece
        printing.line(f"\ncalibration error  {percent(error, 2)} (mean of |accuracy - confidence|)")


def _print_confusions(matrix: Any, names: tuple[str, ...]) -> None:
    """Print the matrix if it fits, and its largest cells off the diagonal."""
    printing.line()
    short = all(len(name) <= SHORT for name in names)
    columns = names if short else [str(number) for number in range(len(names))]
    rows = names if short else [f"{number} {name}" for number, name in enumerate(names)]
    widths = [max(len(str(matrix[:, k].max())), len(columns[k])) + 2 for k in range(len(names))]
    if sum(widths) + max(len(row) for row in rows) <= shutil.get_terminal_size((100, 24)).columns:
        printing.line("labels in rows, predictions in columns")
        cells = [
            [name, *(count or "." for count in row)]
            for name, row in zip(rows, matrix.tolist(), strict=True)
        ]
        printing.table(["", *columns], cells, left=[""])
        printing.line()
    confusions = common_confusions(matrix, 3)
    if confusions:
        pairs = [
            f"{names[label]} as {names[predicted]} ({n})" for label, predicted, n in confusions
        ]
        printing.line(f"most often: {', '.join(pairs)}")


def _print_predictions(predicted: Predictions, count: int) -> None:
    printing.line()
    rows = [
        [row, entry["label"], entry["predicted"], percent(entry["confidence"], 1), entry["verdict"]]
        for row, entry in enumerate(_single(predicted, count))
    ]
    printing.table(
        ["image", "label", "predicted", "confidence", ""], rows, left=["label", "predicted", ""]
    )


def _single(predicted: Predictions, count: int) -> list[dict[str, Any]]:
    """Return the first `count` predictions."""
    return [
        {
            "label": predicted.class_names[predicted.labels[row]],
            "predicted": predicted.class_names[predicted.predicted[row]],
            "confidence": float(predicted.confidence[row]),
            "verdict": "" if predicted.correct[row] else "wrong",
        }
        for row in range(min(count, len(predicted)))
    ]


def _as_json(
    model: Model,
    name: str,
    part: str,
    scores: dict[str, float],
    predicted: Predictions,
    matrix: Any,
    shown: int,
) -> dict[str, Any]:
    by_class = class_scores(matrix)
    correct = int(np.diag(matrix).sum())
    return {
        "model": str(model.path),
        "network": model.net.widths_of_dense(),
        "dataset": name,
        "part": part,
        **scores,
        "interval_95": wilson_interval(correct, len(predicted)),
        "classes": [
            {
                "class": predicted.class_names[k],
                "images": int(by_class.support[k]),
                "recall": float(by_class.recall[k]),
                "precision": float(by_class.precision[k]),
                "f1": float(by_class.f1[k]),
                "roc_auc": area,
            }
            for k, area in enumerate(_areas(predicted))
        ],
        "confusion_matrix": matrix,
        "calibration_error": reliability_of(predicted).ece if predicted.calibrated else None,
        **({"predictions": _single(predicted, shown)} if shown else {}),
    }
