"""`byhand summary`: the layers of a network as a table."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from byhand.cli import printing, shell_completion
from byhand.cli.evaluate import Activations
from byhand.cli.options import AsJson
from byhand.mlp import MultiLayerPerceptron
from byhand.network.summary import summary_rows
from byhand.runs.models import named_network

EXAMPLES = (
    "byhand summary                                  the latest run",
    "byhand summary augmentation                     the network of a recipe",
    "byhand summary model.safetensors",
)

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="A recipe, a run or a model file.",
        show_default="the latest run",
        autocompletion=shell_completion.recipes_and_runs,
    ),
]


def summary(
    name: Name = None, activations: Activations = "relu,softmax", as_json: AsJson = False
) -> None:
    """Print layers, shapes, parameters, bytes and multiply-adds of a network."""
    net, origin = named_network(name, activations)
    if as_json:
        printing.json_lines({"name": origin, **_as_dict(net)})
        return
    printing.line(origin)
    printing.line()
    net.summary(printing.line)
    known = {key: value for key, value in net.facts.items() if isinstance(value, (str, int, float))}
    if known:
        printing.line()
        printing.facts(known)


def _as_dict(net: MultiLayerPerceptron) -> dict[str, Any]:
    fields = ("layer", "units", "parameters", "bytes", "multiply_adds")
    return {
        "layers": [dict(zip(fields, row, strict=True)) for row in summary_rows(net)],
        "parameters": int(net.parameters.vector.size),
        "loss": net.loss.name,
        "dtype": str(net.dtype),
        "class_names": net.class_names,
        "facts": net.facts,
    }
