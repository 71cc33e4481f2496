"""`byhand gradcheck`: compare gradients with finite differences."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from byhand.checks import number
from byhand.cli import printing, shell_completion
from byhand.cli.options import AsJson, Option, Seed
from byhand.data import load_dataset
from byhand.mlp import MultiLayerPerceptron
from byhand.network import (
    ACTIVATIONS,
    LAYERS,
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    LayerNormLayer,
    NoiseLayer,
)
from byhand.network.gradient_check import TOLERANCE, GradientReport, gradient_check
from byhand.network.losses import LOSSES, Loss
from byhand.randomness import stream
from byhand.recipes.from_options import parse_units
from byhand.runs.models import named_network

EXAMPLES = (
    "byhand gradcheck                                a small network on ten digits",
    "byhand gradcheck --activation gelu --layers 30,20",
    "byhand gradcheck --all                          every activation, loss and kind of layer",
    "byhand gradcheck augmentation                   the network of a recipe, or of a run",
)

SMOOTHING = 0.1
"""Label smoothing tried, besides none, with the losses that have it."""

SQUARE = 10
"""Units of layers with as many outputs as inputs."""

KINDS: dict[str, Any] = {
    "dropout": lambda: [DenseLayer(12, "tanh"), DropoutLayer(0.3)],
    "batch_norm": lambda: [DenseLayer(12), BatchNormLayer("tanh")],
    "layer_norm": lambda: [DenseLayer(12), LayerNormLayer("tanh")],
    "noise": lambda: [DenseLayer(12, "tanh"), NoiseLayer(0.3)],
}
"""Hidden layers that show a kind of layer; other kinds follow a dense layer."""

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="A recipe, a run or a model file.",
        show_default="by options",
        autocompletion=shell_completion.recipes_and_runs,
    ),
]
Layers = Annotated[str, Option("--layers", help="Units of the hidden layers.")]
Activation = Annotated[str, Option("--activation", help="Activation of the hidden layers.")]
Every = Annotated[
    bool,
    Option(
        "--all", help="Check every activation, loss and kind of layer, each in its own network."
    ),
]
Examples = Annotated[int, Option("--examples", help="Number of examples.", min=1)]
Samples = Annotated[
    int, Option("--samples", help="Entries to check in each array; 0 for all.", min=0)
]
Tolerance = Annotated[float, Option("--tolerance", help="Largest relative error that passes.")]


def gradcheck(
    name: Name = None,
    layers: Layers = "16,12",
    activation: Activation = "tanh",
    every: Every = False,
    examples: Examples = 10,
    samples: Samples = 100,
    tolerance: Tolerance = TOLERANCE,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Compare the gradients of a network with finite differences, in double precision.

    The exit code is 1 if they disagree. Entries at a kink, such as that of relu, are left out.
    """
    number("--tolerance", tolerance, above=0)
    reports = {}
    for title, net in _networks(name, activation, every, parse_units(layers), seed).items():
        x, y = _examples(net, examples, seed)
        chosen = samples or None
        reports[title] = gradient_check(net, x, y, samples=chosen, tolerance=tolerance, seed=seed)
    if as_json:
        printing.json_lines({title: _as_dict(report) for title, report in reports.items()})
    elif len(reports) == 1:
        printing.line(str(next(iter(reports.values()))))
    else:
        _print(reports)
    if not all(report.passed for report in reports.values()):
        raise typer.Exit(1)


# --- networks -----------------------------------------------------------------------------------


def _networks(
    name: str | None, activation: str, every: bool, units: list[int], seed: int
) -> dict[str, MultiLayerPerceptron]:
    if name is not None:
        net, title = named_network(name)
        return {title: net}
    if every:
        return every_network(units, seed)
    return {activation: _network([DenseLayer(n, activation) for n in units], seed)}


def every_network(units: list[int], seed: int) -> dict[str, MultiLayerPerceptron]:
    """Return one small network for each activation, kind of layer and loss in the tables."""
    networks = {
        activation: _network([DenseLayer(n, activation) for n in units], seed)
        for activation in ACTIVATIONS
        if activation != "softmax"
    }
    networks["square layers"] = _network([DenseLayer(SQUARE, "tanh")] * 2, seed)
    for kind, layer in LAYERS.items():
        if kind != "dense":
            hidden = KINDS.get(kind, lambda layer=layer: [DenseLayer(12, "tanh"), layer()])()
            networks[kind] = _network(hidden, seed)
    for title, loss in _losses().items():
        networks[title] = _network([DenseLayer(12, "tanh")], seed, loss)
    return networks


def _losses() -> dict[str, Loss]:
    """Return every loss, and those that have label smoothing a second time with it."""
    losses: dict[str, Loss] = {name: make() for name, make in LOSSES.items()}
    smoothed = {
        f"{name}, smoothed": make(label_smoothing=SMOOTHING)
        for name, make in LOSSES.items()
        if hasattr(losses[name], "label_smoothing")
    }
    return {**losses, **smoothed}


def _network(hidden: list[Any], seed: int, loss: Loss | None = None) -> MultiLayerPerceptron:
    return MultiLayerPerceptron(
        [InputLayer(64), *hidden, DenseLayer(10, _output(loss))], loss=loss, seed=seed
    )


def _output(loss: Loss | None) -> str:
    """Return the output activation that belongs to a loss."""
    return "softmax" if loss is None else loss.fused_with or "identity"


def _examples(net: MultiLayerPerceptron, count: int, seed: int) -> tuple[Any, Any]:
    """Return digits if the network takes their size, and random pixels otherwise."""
    digits = load_dataset("digits").train
    fits = net.input_layer.units == digits.images[0].size and net.output_layer.units == 10
    if fits and digits.labels is not None:
        return digits.images[:count], digits.labels[:count]
    rng = stream(seed, "gradient check examples")
    classes = max(net.output_layer.units, 2)
    pixels = rng.integers(0, 256, (count, net.input_layer.units)).astype("uint8")
    return pixels, rng.integers(0, classes, count)


# --- printing -----------------------------------------------------------------------------------


def _print(reports: dict[str, GradientReport]) -> None:
    rows = [
        [
            title,
            f"{report.worst.relative_error:.1e}",
            report.worst.name,
            sum(check.kinks for check in report.checks),
            "correct" if report.passed else f"wrong: {report.fault}",
        ]
        for title, report in reports.items()
    ]
    headings = ["network", "relative error", "worst", "at kinks", "verdict"]
    printing.table(headings, rows, left=["network", "worst", "verdict"], wraps=["verdict"])


def _as_dict(report: GradientReport) -> dict[str, Any]:
    return {
        "passed": report.passed,
        "relative_error": report.worst.relative_error,
        "tolerance": report.tolerance,
        "fault": report.fault,
        "gradients": [
            {
                "name": check.name,
                "relative_error": check.relative_error,
                "checked": check.checked,
                "kinks": check.kinks,
            }
            for check in report.checks
        ],
    }
