"""`byhand gradcheck`: are the gradients right?"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from byhand.cli import printing
from byhand.cli.options import AsJson, Option, Seed
from byhand.data import load_dataset
from byhand.mlp import MultiLayerPerceptron
from byhand.network import ACTIVATIONS, DenseLayer, InputLayer
from byhand.network.gradient_check import GradientReport, gradient_check
from byhand.randomness import stream
from byhand.recipes.changes import parse_units
from byhand.runs.models import named_network

EXAMPLES = (
    "byhand gradcheck                                a small network on ten digits",
    "byhand gradcheck --activation gelu --layers 30,20",
    "byhand gradcheck --all                          every activation",
    "byhand gradcheck augmentation                   the network of a recipe, or of a run",
)

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME", help="A recipe, a run or a model file.", show_default="by options"
    ),
]
Layers = Annotated[str, Option("--layers", help="Units of the hidden layers.")]
Activation = Annotated[str, Option("--activation", help="Of the hidden layers.")]
Every = Annotated[bool, Option("--all", help="One network for every activation.")]
Examples = Annotated[int, Option("--examples", help="How many examples.", min=1)]
Samples = Annotated[
    int, Option("--samples", help="Numbers checked of each array; 0 for all.", min=0)
]
Tolerance = Annotated[float, Option("--tolerance", help="Largest relative error that passes.")]


def gradcheck(
    name: Name = None,
    layers: Layers = "16,12",
    activation: Activation = "tanh",
    every: Every = False,
    examples: Examples = 10,
    samples: Samples = 100,
    tolerance: Tolerance = 1e-7,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Compare the gradients of a network with finite differences, in double precision.

    The exit code is 1 if they disagree. Numbers at a kink, as relu has one, are left out.
    """
    names = [key for key in ACTIVATIONS if key != "softmax"] if every else [activation]
    reports = {}
    for title, net in _networks(name, names, layers, seed).items():
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


def _networks(
    name: str | None, activations: list[str], layers: str, seed: int
) -> dict[str, MultiLayerPerceptron]:
    if name is not None:
        net, title = named_network(name)
        return {title: net}
    return {
        activation: MultiLayerPerceptron(
            [
                InputLayer(64),
                *(DenseLayer(units, activation) for units in parse_units(layers)),
                DenseLayer(10, "softmax"),
            ],
            seed=seed,
        )
        for activation in activations
    }


def _examples(net: MultiLayerPerceptron, count: int, seed: int) -> tuple[Any, Any]:
    """Digits where the network takes their size, else pixels at random."""
    digits = load_dataset("digits").train
    fits = net.input_layer.units == digits.images[0].size and net.output_layer.units == 10
    if fits and digits.labels is not None:
        return digits.images[:count], digits.labels[:count]
    rng = stream(seed, "gradient check examples")
    classes = max(net.output_layer.units, 2)
    pixels = rng.integers(0, 256, (count, net.input_layer.units)).astype("uint8")
    return pixels, rng.integers(0, classes, count)


def _print(reports: dict[str, GradientReport]) -> None:
    rows = [
        [
            title,
            f"{report.worst.relative_error:.1e}",
            report.worst.name,
            sum(check.kinks for check in report.checks),
            "right" if report.passed else f"wrong: {report.fault}",
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
