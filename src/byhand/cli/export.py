"""`byhand export`: a trained network as a file of another language or program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from byhand.checks import number
from byhand.cli import printing, shell_completion
from byhand.cli.evaluate import Activations
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunName, takes
from byhand.data import Part
from byhand.errors import ArgumentError, ByhandError, unknown_name
from byhand.interop.export import (
    TARGETS,
    WITHOUT_VECTORS,
    choose_target,
    ending_of,
    int8_accuracy,
    verify_export,
)
from byhand.interop.export import export as export_network
from byhand.interop.export.text import identifier
from byhand.mlp import MultiLayerPerceptron
from byhand.readable import percent
from byhand.runs.models import Model, find_model
from byhand.runs.split_dataset import DataSources
from byhand.user_path import user_path

EXAMPLES = (
    "byhand export --out digits.py                   the latest run as a readable NumPy file",
    "byhand export basic-3 --to npz                  nn_parameters.npz, as fun-MNIST keeps it",
    "byhand export basic-3 --out digits.c --int8     C99 with 8-bit weights",
    "byhand export model.safetensors --out digits.onnx",
    "byhand export --out net.onnx --dtype float64    less rounding, twice the size",
    "byhand export --verify digits.c                 compile it, run it, compare the outputs",
)

PRECISIONS = ("float32", "float64")

To = Annotated[
    str | None,
    Option(
        "--to",
        help="numpy, npz, c, js, rust, onnx, keras, keras-weights, torch or state-dict.",
        show_default="by the extension of --out",
        autocompletion=shell_completion.exports,
    ),
]
Out = Annotated[Path | None, Option("--out", help="The file.", show_default="named after the run")]
Int8 = Annotated[
    bool, Option("--int8", help="C with 8-bit weights; prints the accuracy this costs.")
]
Dtype = Annotated[
    str | None,
    Option(
        "--dtype",
        help="Precision in which the file computes: float32 or float64.",
        show_default="the network's",
    ),
]
Verify = Annotated[
    Path | None,
    Option(
        "--verify",
        help="Replay the test vectors of an exported file on the real target. This runs the file.",
        show_default=False,
    ),
]
Tolerance = Annotated[
    float | None,
    Option("--tolerance", help="Largest difference that --verify accepts.", show_default="1e-5"),
]


@dataclass(frozen=True)
class Arguments:
    """The command line of `byhand export`."""

    run: RunName = None
    to: To = None
    out: Out = None
    int8: Int8 = False
    dtype: Dtype = None
    verify: Verify = None
    tolerance: Tolerance = None
    dataset: DatasetName = None
    data_dir: DataDir = None
    offline: Offline = False
    activations: Activations = "relu,softmax"
    as_json: AsJson = False


@takes(Arguments)
def export(asked: Arguments) -> None:
    """Export a trained network to a file that runs without byhand.

    The file takes raw inputs and contains the normalisation. It also contains test vectors: inputs
    with the outputs that byhand computed. --verify replays them.
    """
    if asked.verify is not None:
        _verify(asked, asked.verify)
        return
    model = find_model(asked.run, asked.dataset, asked.activations, _sources(asked))
    path = _path(asked, model)
    name = choose_target(path, asked.to)
    net = _in_precision(model.net, asked)
    examples = _examples(asked, model)
    export_network(
        net,
        path,
        to=name,
        examples=None if examples is None else examples.images,
        int8=asked.int8,
    )
    measured = _int8_accuracy(model, examples) if asked.int8 else {}
    if asked.as_json:
        size = path.stat().st_size
        printing.json_lines({"file": path, "target": name, "bytes": size, **measured})
        return
    printing.line(f"{path}: {TARGETS[name].title}, {path.stat().st_size / 1000:,.0f} kB")
    if measured:
        printing.line(_accuracies(measured))
    run = f"{asked.run or 'RUN'} " if name in WITHOUT_VECTORS else ""
    printing.note(f"Compare it with byhand: byhand export {run}--verify {path}")


def _in_precision(net: MultiLayerPerceptron, asked: Arguments) -> MultiLayerPerceptron:
    """Return the network, or a copy of it in the precision of --dtype."""
    if asked.dtype is None:
        return net
    if asked.dtype not in PRECISIONS:
        raise unknown_name("dtype", asked.dtype, PRECISIONS)
    if asked.int8:
        raise ArgumentError("--int8 computes with integers of 8 bits; leave out --dtype.")
    return net.copy(asked.dtype)


def _sources(asked: Arguments) -> DataSources:
    return DataSources(asked.data_dir, asked.offline or None)


def _path(asked: Arguments, model: Model) -> Path:
    """Return the file to write: the named one, or one named after run and target."""
    if asked.out is not None:
        path = user_path(asked.out)
        if path.resolve() == model.path.resolve():
            raise ArgumentError(f"{path} is the network itself; give --out another name.")
        return path
    if asked.to is None:
        raise ArgumentError(
            f"name the file with --out, as in --out digits.py, or the target with --to: "
            f"{', '.join(TARGETS)}."
        )
    target = TARGETS.find(asked.to)
    stem = identifier(model.run.path.name if model.run else model.path.stem)
    return Path(target.file or stem + ending_of(target))


def _examples(asked: Arguments, model: Model) -> Part | None:
    """Return labelled examples of the run's own data, or of --dataset, or None without them."""
    if model.run is None and asked.dataset is None:
        return None
    sources = _sources(asked)
    for part in ("test", "validation"):
        try:
            return model.examples(asked.dataset, part, sources)[-1]
        except ByhandError as error:
            reason = str(error)
    printing.note(f"The test vectors are random inputs: {reason}")
    return None


# --- int8 ---------------------------------------------------------------------------------------


def _int8_accuracy(model: Model, examples: Part | None) -> dict[str, Any]:
    """Return the accuracy with and without 8 bits, or None if it cannot be measured."""
    if examples is None or examples.labels is None or model.net.task != "classification":
        printing.note(
            "The cost of 8-bit weights was not measured: that needs labelled images or rows. "
            "Name the data with --dataset."
        )
        return {}
    return int8_accuracy(model.net, examples.images, examples.labels)


def _accuracies(measured: dict[str, Any]) -> str:
    with_bytes, without = (percent(measured[key], 2) for key in ("accuracy_int8", "accuracy"))
    return (
        f"accuracy on {measured['examples']:,} examples: {with_bytes} with 8 bits, {without} "
        f"without; {measured['changed']:,} predictions differ"
    )


# --- verifying ----------------------------------------------------------------------------------


def _verify(asked: Arguments, path: Path) -> None:
    """Print how far a file's outputs are from byhand's; exit with 1 if too far."""
    net = None
    if asked.run is not None:
        net = find_model(asked.run, None, asked.activations, _sources(asked)).net
    verified = verify_export(path, net)
    tolerance = verified.tolerance
    if asked.tolerance is not None:
        tolerance = number("--tolerance", asked.tolerance, above=0)
    passed = verified.difference <= tolerance
    if asked.as_json:
        printing.json_lines({**vars(verified), "tolerance": tolerance, "passed": passed})
    else:
        verdict = "the same up to rounding" if passed else f"more than {tolerance:g}"
        printing.line(
            f"{path}: {verified.count} test vectors by {verified.tool}, largest difference "
            f"{verified.difference:.2g}: {verdict}"
        )
    if not passed:
        raise typer.Exit(1)
