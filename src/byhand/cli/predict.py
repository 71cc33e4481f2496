"""`byhand predict`: image files, folders of them, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from byhand.arrays import Array, IntArray
from byhand.cli import predict_sheets, printing
from byhand.cli.annotated_pictures import draw_stages
from byhand.cli.evaluate import Activations
from byhand.cli.options import AsJson, Option
from byhand.data import Preparation, read_images, read_table, write_submission
from byhand.data.formats.image_folder import SUFFIXES
from byhand.data.formats.slow_work import counted
from byhand.data.image_traits import Invert
from byhand.data.load import TABLE_SUFFIXES
from byhand.data.prepare_picture import Stages
from byhand.errors import ArgumentError, DataError, FileError
from byhand.evaluation.doubt import LEAST_CONFIDENCE, STRANGE, SURE, UNSURE, Doubt
from byhand.mlp import MultiLayerPerceptron
from byhand.readable import percent
from byhand.runs.models import find_model

EXAMPLES = (
    "byhand predict digit.png                        with the latest run",
    "byhand predict photo.jpg                        a photograph, taken with a phone",
    "byhand predict scans/ --run basic-3 --top 3     a folder of images, the three likeliest",
    "byhand predict page.jpg --sheet --show boxes.png   every digit on a sheet, line by line",
    "byhand predict test.csv --submission out.csv    Kaggle's test images, and a file to submit",
)

DOUBTS = {SURE: "", UNSURE: "unsure", STRANGE: "unlike the training data"}
"""The words printed for each doubt."""

Inputs = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="Images, folders of images, or one table (CSV)."),
]
Run = Annotated[
    str | None,
    Option("--run", "-r", help="A run or a model file.", show_default="the latest run"),
]
Submission = Annotated[
    Path | None,
    Option(
        "--submission",
        help="Write a file for Kaggle, with columns ImageId and Label.",
        show_default=False,
    ),
]
Top = Annotated[int, Option("--top", help="Number of likeliest classes to print.", min=1)]
InvertChoice = Annotated[str, Option("--invert", help="Dark ink on light paper: yes, no or auto.")]
Photo = Annotated[
    bool | None,
    Option(
        "--photo/--no-photo",
        help="Always find the ink first, as in a photograph, or never.",
        show_default="decided for each picture",
    ),
]
Label = Annotated[
    str | None,
    Option("--label", help="The label column of a table, if it has one.", show_default="by name"),
]
Sheet = Annotated[
    bool, Option("--sheet", help="Read every digit on a sheet, line by line, with its box.")
]
Show = Annotated[
    Path | None,
    Option(
        "--show",
        help="Save a picture of the preparation stages, or of the boxes on a sheet.",
        show_default=False,
    ),
]
INVERT: dict[str, Invert] = {"yes": True, "no": False, "auto": "auto"}


@dataclass(frozen=True, eq=False)
class Examples:
    """The examples to predict.

    Args:
        names: the name of each image or row.
        x: inputs (n, ...).
        labels: the labels, if known.
        taken_as: how each image was read: "image" (unchanged), "drawing" or "photograph".
        stages: the preparation stages of each image.
        photograph: the picture itself, if it is the only one and a photograph.
    """

    names: list[str]
    x: Array
    labels: IntArray | None = None
    taken_as: list[str] | None = None
    stages: Sequence[Stages] = ()
    photograph: Array | None = None


@dataclass(frozen=True)
class Reading:
    """How pictures and tables are read: the options of the same names."""

    invert: Invert
    photo: bool | None
    label: str | None


def predict(
    inputs: Inputs,
    run: Run = None,
    submission: Submission = None,
    top: Top = 1,
    invert: InvertChoice = "auto",
    photo: Photo = None,
    label: Label = None,
    sheet: Sheet = False,
    show: Show = None,
    activations: Activations = "relu,softmax",
    as_json: AsJson = False,
) -> None:
    """Predict the classes of images, or of the rows of a table.

    Pictures are prepared in the same way as the training images: cut out, fitted, centred. In
    photographs the ink is found first. Images of the right size and tables are used unchanged, with
    raw pixels from 0 to 255. A prediction is doubted if its confidence is low, or if the input is
    unlike the training data.
    """
    if invert not in INVERT:
        raise ArgumentError(f"--invert takes yes, no or auto; got {invert!r}.")
    model = find_model(run, activations=activations)
    net = model.net
    if run is None:
        printing.note(f"with the latest run, {model.title}")
    if sheet:
        predict_sheets.predict_sheets(model, inputs, INVERT[invert], show, as_json=as_json)
        return
    examples = read_examples(inputs, net, Reading(INVERT[invert], photo, label))
    if show is not None:
        _show(examples, show)
    outputs = net.predict_proba(examples.x)
    predicted = _classes(outputs) if _is_classifier(net) else None
    doubts = [] if predicted is None else _doubts(net, examples.x)
    if examples.photograph is not None:
        name, doubted = examples.names[0], any(doubts)
        predict_sheets.suggest(name, examples.photograph, Preparation.of(net), doubted=doubted)
    if submission is not None:
        _submit(submission, net, predicted)
    if as_json:
        rows = _as_json(examples, net, predicted, outputs, doubts)
        printing.json_lines([{**row, "model": model.path} for row in rows])
        return
    if submission is None:
        _print(examples, net, predicted, outputs, doubts, top)
    if examples.labels is not None and predicted is not None:
        accuracy = float(np.mean(predicted == examples.labels))
        printing.note(f"accuracy {percent(accuracy, 2)} on {len(predicted):,} labelled rows")


# --- reading ------------------------------------------------------------------------------------


def read_examples(inputs: list[Path], net: MultiLayerPerceptron, reading: Reading) -> Examples:
    """Return the images or the table as inputs of the network."""
    missing = next((path for path in inputs if not path.exists()), None)
    if missing is not None:
        raise FileError(f"there is no file or folder {missing}. Check the spelling of the path.")
    tables = [path for path in inputs if path.name.lower().endswith(TABLE_SUFFIXES)]
    if tables and len(inputs) > 1:
        raise ArgumentError("a table must be the only file; name one table, or only images.")
    if tables:
        return _from_table(tables[0], net, reading.label)
    odd = next((p for p in inputs if p.is_file() and p.suffix.lower() not in SUFFIXES), None)
    if odd is not None:
        raise ArgumentError(
            f"{odd} is neither an image ({', '.join(SUFFIXES)}) nor a table "
            f"({', '.join(TABLE_SUFFIXES)}) by its extension."
        )
    return _from_pictures(inputs, Preparation.of(net), reading)


def _from_pictures(inputs: list[Path], preparation: Preparation, reading: Reading) -> Examples:
    paths, pictures = read_images(inputs, invert=False)
    taken_as, stages = [], []
    pairs = list(zip(paths, pictures, strict=True))
    for path, picture in counted(pairs, "preparing images", printing.note):
        photo = preparation.is_photo(picture) if reading.photo is None else reading.photo
        try:
            stages.append(preparation.stages(picture, photo=photo, invert=reading.invert))
        except DataError as error:
            raise DataError(f"{path}: {error}") from error
        as_it_is = preparation.is_ready(picture) and not photo
        taken_as.append("photograph" if photo else "image" if as_it_is else "drawing")
    x = np.stack([list(one.values())[-1] for one in stages])
    return Examples(
        [str(path) for path in paths],
        x,
        taken_as=taken_as,
        stages=stages,
        photograph=pictures[0] if taken_as == ["photograph"] else None,
    )


def _from_table(path: Path, net: MultiLayerPerceptron, label: str | None) -> Examples:
    column: str | int = "auto" if label is None else int(label) if label.isdecimal() else label
    encoding = net.facts.get("encoding", {})
    table = read_table(path, label=column, class_names=net.class_names, encoding=encoding)
    columns, inputs = table.values.shape[1], net.input_layer.units
    if columns != inputs:
        extra = columns == inputs + 1
        hint = " Name the column of labels with --label." if extra else ""
        raise DataError(
            f"{path} has {columns} columns beside the labels; the network takes {inputs}.{hint}"
        )
    rows = [f"row {number}" for number in range(1, len(table.values) + 1)]
    return Examples(rows, table.part().images, table.labels)


# --- predictions --------------------------------------------------------------------------------


def _is_classifier(net: MultiLayerPerceptron) -> bool:
    """Return whether the outputs are scores of classes, by the rule of `net.predict`."""
    squashed = net.output_layer.activation.name in {"softmax", "sigmoid"}
    return squashed or bool(net.facts.get("classification"))


def _classes(outputs: Array) -> IntArray:
    """Return the predicted class of each example; for a single output, whether it is over 1/2."""
    chosen = outputs[:, 0] > 0.5 if outputs.shape[1] == 1 else outputs.argmax(axis=1)
    return chosen.astype(np.int64)


def _by_class(outputs: Array) -> Array:
    """Return one column per class; a single output p gives the two columns 1 - p and p."""
    return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs


def _names(net: MultiLayerPerceptron) -> list[str]:
    return net.class_names or [str(k) for k in range(max(net.output_layer.units, 2))]


def _doubts(net: MultiLayerPerceptron, x: Array) -> list[str]:
    """Return the doubt about each prediction."""
    doubt = Doubt.of(net) or Doubt(LEAST_CONFIDENCE)
    return doubt.about(net, x)


def _show(examples: Examples, path: Path) -> None:
    if not examples.stages:
        raise ArgumentError("--show draws the stages of pictures; a table has none.")
    draw_stages(examples.stages, path)
    printing.note(f"wrote the stages of the preparation to {path}")


# --- printing -----------------------------------------------------------------------------------


def _submit(path: Path, net: MultiLayerPerceptron, predicted: IntArray | None) -> None:
    if predicted is None:
        raise ArgumentError("a submission lists classes, but this network predicts values.")
    if _names(net) != [str(k) for k in range(len(_names(net)))]:
        printing.note(
            "the class names of this network are not digits; the file lists class numbers instead"
        )
    write_submission(path, predicted)
    printing.note(f"{len(predicted):,} predictions written to {path}")


def _print(
    examples: Examples,
    net: MultiLayerPerceptron,
    predicted: IntArray | None,
    outputs: Array,
    doubts: list[str],
    top: int,
) -> None:
    if predicted is None:
        headings = ["image", *(f"output {k}" for k in range(outputs.shape[1]))]
        rows = [[name, *map("{:.6g}".format, row)] for name, row in _pairs(examples, outputs)]
    else:
        headings, rows = ["image", "predicted", "confidence"], []
        for name, shares in _pairs(examples, _by_class(outputs)):
            order = np.argsort(-shares, kind="stable")[:top]
            words = [_names(net)[k] for k in order], [percent(shares[k], 1) for k in order]
            rows.append([name, *map(", ".join, words)])
    if examples.taken_as is not None:
        headings = [*headings, "taken as"]
        rows = [[*row, taken] for row, taken in zip(rows, examples.taken_as, strict=True)]
    if any(doubts):
        headings = [*headings, "doubt"]
        rows = [[*row, DOUBTS[doubt]] for row, doubt in zip(rows, doubts, strict=True)]
    printing.table(headings, rows, left=headings, wraps=headings)
    if any(doubts):
        many = sum(map(bool, doubts))
        verb = "is" if many == 1 else "are"
        printing.note(f"{many:,} of {len(doubts):,} predictions {verb} doubted")


def _pairs(examples: Examples, outputs: Array) -> list[tuple[str, Array]]:
    return list(zip(examples.names, outputs, strict=True))


def _as_json(
    examples: Examples,
    net: MultiLayerPerceptron,
    predicted: IntArray | None,
    outputs: Array,
    doubts: list[str],
) -> list[dict[str, Any]]:
    names, labels, taken = _names(net), examples.labels, examples.taken_as
    if predicted is None:
        return [{"image": name, "outputs": row} for name, row in _pairs(examples, outputs)]
    return [
        {
            "image": name,
            "class": int(predicted[row]),
            "predicted": names[int(predicted[row])],
            "probabilities": outputs[row],
            "doubt": doubts[row] or None,
            **({"label": int(labels[row])} if labels is not None else {}),
            **({"taken_as": taken[row]} if taken is not None else {}),
        }
        for row, name in enumerate(examples.names)
    ]
