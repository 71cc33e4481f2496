"""`byhand evaluate`: accuracy with its interval, classes, confusions."""

from __future__ import annotations

import shutil
from typing import Annotated, Any

import numpy as np

from byhand.arrays import Array
from byhand.cli import printing
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunName
from byhand.cli.outcome import print_scores
from byhand.data import Part
from byhand.errors import unknown_name
from byhand.evaluation.metrics import (
    class_scores,
    common_confusions,
    confusion_matrix,
    wilson_interval,
)
from byhand.evaluation.predictions import Predictions, predictions
from byhand.runs.models import Model, find_model
from byhand.runs.split_dataset import PARTS, DataSources

EXAMPLES = (
    "byhand evaluate                                 the latest run, on its test images",
    "byhand evaluate basic-3 --part validation       a run by name, on what was held out",
    "byhand evaluate model.safetensors --dataset mnist",
    "byhand eval -dataset mnist -predictions 10      the latest run on MNIST",
)

SHORT = 4
"""Letters up to which class names can head the columns of a confusion matrix."""

PartName = Annotated[str, Option("--part", help="train, validation or test.")]
Shown = Annotated[
    int,
    Option("--predictions", "-predictions", help="Print so many single predictions, too.", min=0),
]
Activations = Annotated[
    str,
    Option("--activations", help="Of an npz of plain arrays, which does not say."),
]


def evaluate(
    run: RunName = None,
    dataset: DatasetName = None,
    part: PartName = "test",
    shown: Shown = 0,
    data_dir: DataDir = None,
    offline: Offline = False,
    activations: Activations = "relu,softmax",
    as_json: AsJson = False,
) -> None:
    """How often a trained network is right, and where it is wrong.

    Without RUN, the latest run; with --dataset, the latest on those data. The interval says where
    the accuracy on ever more such images would lie, with 95 % confidence (Wilson's).
    """
    if part not in PARTS:
        raise unknown_name("part", part, PARTS)
    sources = DataSources(data_dir, offline or None)
    model = find_model(run, dataset, activations, sources)
    name, examples = model.examples(dataset, part, sources)
    scores = model.net.evaluate(examples.images, _labels(examples))
    if "accuracy" not in scores:
        _print_regression(model, name, part, scores, as_json)
        return
    said = predictions(model.net, examples.images, _labels(examples))
    matrix = confusion_matrix(said.labels, said.guesses, said.classes)
    if as_json:
        printing.json_lines(_as_json(model, name, part, scores, said, matrix, shown))
        return
    printing.line(f"network  {model.title}")
    printing.line(f"data     {name}")
    printing.line()
    print_scores({part: scores})
    printing.line()
    _print_classes(matrix, said.class_names)
    _print_confusions(matrix, said.class_names)
    if shown:
        _print_predictions(said, shown)


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


def _print_classes(matrix: Any, names: tuple[str, ...]) -> None:
    scores = class_scores(matrix)
    right = np.diag(matrix)
    rows = [
        [name, support, support - hits, _share(recall), _share(precision), _share(f1)]
        for name, support, hits, recall, precision, f1 in zip(
            names, scores.support, right, scores.recall, scores.precision, scores.f1, strict=True
        )
    ]
    headings = ("class", "images", "wrong", "recall", "precision", "F1")
    printing.table(headings, rows, left=["class"])


def _print_confusions(matrix: Any, names: tuple[str, ...]) -> None:
    """The matrix where it fits, and its largest cells beside the diagonal in any case."""
    printing.line()
    short = all(len(name) <= SHORT for name in names)
    columns = names if short else [str(number) for number in range(len(names))]
    rows = names if short else [f"{number} {name}" for number, name in enumerate(names)]
    widths = [max(len(str(matrix[:, k].max())), len(columns[k])) + 2 for k in range(len(names))]
    if sum(widths) + max(len(row) for row in rows) <= shutil.get_terminal_size((100, 24)).columns:
        printing.line("labels in rows, answers in columns")
        cells = [
            [name, *(count or "." for count in row)]
            for name, row in zip(rows, matrix.tolist(), strict=True)
        ]
        printing.table(["", *columns], cells, left=[""])
        printing.line()
    confusions = common_confusions(matrix, 3)
    if confusions:
        pairs = [f"{names[was]} taken for {names[said]} ({n})" for was, said, n in confusions]
        printing.line(f"most often: {', '.join(pairs)}")


def _print_predictions(said: Predictions, count: int) -> None:
    printing.line()
    rows = [
        [row, entry["label"], entry["said"], f"{entry['confidence']:.2%}", entry["verdict"]]
        for row, entry in enumerate(_single(said, count))
    ]
    printing.table(["image", "label", "said", "confidence", ""], rows, left=["label", "said", ""])


def _single(said: Predictions, count: int) -> list[dict[str, Any]]:
    """The first so many predictions."""
    return [
        {
            "label": said.class_names[said.labels[row]],
            "said": said.class_names[said.guesses[row]],
            "confidence": float(said.confidence[row]),
            "verdict": "" if said.right[row] else "wrong",
        }
        for row in range(min(count, len(said)))
    ]


def _as_json(
    model: Model,
    name: str,
    part: str,
    scores: dict[str, float],
    said: Predictions,
    matrix: Any,
    shown: int,
) -> dict[str, Any]:
    by_class = class_scores(matrix)
    right = int(np.diag(matrix).sum())
    return {
        "model": str(model.path),
        "network": model.net.widths_of_dense(),
        "dataset": name,
        "part": part,
        **scores,
        "interval_95": wilson_interval(right, len(said)),
        "classes": [
            {"class": label, "images": images, "recall": recall, "precision": precision, "f1": f1}
            for label, images, recall, precision, f1 in zip(
                said.class_names,
                by_class.support.tolist(),
                by_class.recall.tolist(),
                by_class.precision.tolist(),
                by_class.f1.tolist(),
                strict=True,
            )
        ],
        "confusion_matrix": matrix,
        **({"predictions": _single(said, shown)} if shown else {}),
    }


def _share(value: float) -> str:
    """A share as per cent; nothing where it is not defined."""
    return "" if np.isnan(value) else f"{value:.2%}"
