"""`byhand predict`: image files, folders of them, and tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from byhand.arrays import Array, IntArray
from byhand.cli import printing
from byhand.cli.evaluate import Activations
from byhand.cli.options import AsJson, Option
from byhand.data import prepare_image, read_images, read_table, write_submission
from byhand.data.formats.image_folder import SUFFIXES
from byhand.data.load import TABLE_SUFFIXES
from byhand.errors import ArgumentError, DataError, FileError
from byhand.network import MultiLayerPerceptron
from byhand.runs.models import find_model

EXAMPLES = (
    "byhand predict digit.png                        by the latest run",
    "byhand predict scans/ --run basic-3 --top 3     a folder of images, the three likeliest",
    "byhand predict test.csv --submission out.csv    Kaggle's test images and its answer file",
)

KINDS = {(28, 28): "mnist", (8, 8): "digits"}
"""Sizes of images for which byhand knows how drawings become such images."""

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
    Option("--submission", help="Write ImageId,Label, as Kaggle wants it.", show_default=False),
]
Top = Annotated[int, Option("--top", help="So many of the likeliest classes.", min=1)]
Invert = Annotated[str, Option("--invert", help="Dark ink on light paper: yes, no or auto.")]
Photo = Annotated[bool, Option("--photo", help="A photograph: separate ink from paper first.")]
Label = Annotated[
    str | None,
    Option("--label", help="The label column of a table, if it has one.", show_default="by name"),
]
COLUMNS = ("image", "said", "how sure")
INVERT: dict[str, Any] = {"yes": True, "no": False, "auto": "auto"}


@dataclass(frozen=True, eq=False)
class Questions:
    """What the network is asked.

    Args:
        names: of each image or row.
        x: inputs (n, ...).
        labels: where they are known.
    """

    names: list[str]
    x: Array
    labels: IntArray | None = None


def predict(
    inputs: Inputs,
    run: Run = None,
    submission: Submission = None,
    top: Top = 1,
    invert: Invert = "auto",
    photo: Photo = False,
    label: Label = None,
    activations: Activations = "relu,softmax",
    as_json: AsJson = False,
) -> None:
    """What a trained network says about images or the rows of a table.

    Images of another size are prepared as those of the training were: cut out, fitted, centred.
    Images of the right size, and tables, are taken as they are: raw pixels from 0 to 255.
    """
    if invert not in INVERT:
        raise ArgumentError(f"--invert takes yes, no or auto; got {invert!r}.")
    net = find_model(run, activations=activations).net
    questions = read_questions(inputs, net, INVERT[invert], photo, label)
    outputs = net.predict_proba(questions.x)
    guesses = np.asarray(net.predict(questions.x))
    if submission is not None:
        _check_classes(net)
        write_submission(submission, guesses)
        printing.note(f"{len(guesses):,} answers written to {submission}")
    if as_json:
        printing.json_lines(_as_json(questions, net, guesses, outputs))
    elif submission is None:
        _print(questions, net, guesses, outputs, top)
    if questions.labels is not None and not as_json:
        scores = net.evaluate(questions.x, questions.labels)
        printing.note(f"{scores['accuracy']:.2%} of them as labelled")


# --- reading ------------------------------------------------------------------------------------


def read_questions(
    inputs: list[Path], net: MultiLayerPerceptron, invert: Any, photo: bool, label: str | None
) -> Questions:
    """The images or the table, as inputs of the network."""
    missing = next((path for path in inputs if not path.exists()), None)
    if missing is not None:
        raise FileError(f"there is no file or folder {missing}. Check the spelling of the path.")
    tables = [path for path in inputs if path.name.lower().endswith(TABLE_SUFFIXES)]
    if tables and len(inputs) > 1:
        raise ArgumentError("a table is predicted alone; name one table, or only images.")
    if tables:
        return _from_table(tables[0], net, label)
    odd = next((p for p in inputs if p.is_file() and p.suffix.lower() not in SUFFIXES), None)
    if odd is not None:
        raise ArgumentError(
            f"{odd} is neither an image ({', '.join(SUFFIXES)}) nor a table "
            f"({', '.join(TABLE_SUFFIXES)}) by its ending."
        )
    paths, images = read_images(inputs, invert=invert)
    size = image_size(net)
    x = np.stack(
        [_sized(image, path, size, photo) for path, image in zip(paths, images, strict=True)]
    )
    return Questions([str(path) for path in paths], x)


def _from_table(path: Path, net: MultiLayerPerceptron, label: str | None) -> Questions:
    column: str | int = "auto" if label is None else int(label) if label.isdecimal() else label
    table = read_table(path, label=column, class_names=net.class_names)
    columns, inputs = table.values.shape[1], net.input_layer.units
    if columns != inputs:
        extra = columns == inputs + 1
        hint = " Name the column of labels with --label." if extra else ""
        raise DataError(
            f"{path} has {columns} columns beside the labels; the network takes {inputs}.{hint}"
        )
    rows = [f"row {number}" for number in range(1, len(table.values) + 1)]
    return Questions(rows, table.part().images, table.labels)


def image_size(net: MultiLayerPerceptron) -> tuple[int, int]:
    """(height, width) of the square images that the network takes."""
    side = round(net.input_layer.units**0.5)
    if side * side != net.input_layer.units:
        raise ArgumentError(
            f"the network takes tables of {net.input_layer.units} columns, not images. Name a CSV."
        )
    return side, side


def _sized(image: Array, path: Path, size: tuple[int, int], photo: bool) -> Array:
    """An image as it is where it has the right size, else prepared like those of the training."""
    if image.shape == size and not photo:
        return image
    if size not in KINDS:
        raise DataError(
            f"{path} has {image.shape[1]}x{image.shape[0]} pixels; the network takes "
            f"{size[1]}x{size[0]}, and byhand does not know how such images are prepared. Scale it "
            "to that size."
        )
    try:
        return prepare_image(image, KINDS[size], photo=photo)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


# --- answering ----------------------------------------------------------------------------------


def _names(net: MultiLayerPerceptron) -> list[str]:
    """Of the classes."""
    return net.class_names or [str(k) for k in range(max(net.output_layer.units, 2))]


def _check_classes(net: MultiLayerPerceptron) -> None:
    if _names(net) != [str(k) for k in range(len(_names(net)))]:
        printing.note("the classes of this network are no digits; their numbers are written")


def _print(
    questions: Questions, net: MultiLayerPerceptron, guesses: Array, outputs: Array, top: int
) -> None:
    names = _names(net)
    rows = []
    for name, guess, shares in zip(questions.names, guesses, outputs, strict=True):
        order = np.argsort(-shares, kind="stable")[:top] if len(shares) > 1 else [0]
        said = ", ".join(f"{names[k]} {shares[k]:.1%}" for k in order)
        rows.append([name, names[int(guess)], said])
    printing.table(COLUMNS, rows, left=COLUMNS, wraps=COLUMNS)


def _as_json(
    questions: Questions, net: MultiLayerPerceptron, guesses: Array, outputs: Array
) -> list[dict[str, Any]]:
    names = _names(net)
    labels = questions.labels
    return [
        {
            "image": name,
            "class": int(guesses[row]),
            "said": names[int(guesses[row])],
            "probabilities": outputs[row],
            **({"label": int(labels[row])} if labels is not None else {}),
        }
        for row, name in enumerate(questions.names)
    ]
