"""`byhand trace`: follow one example through a network, number by number.

`evaluation/trace/steps.py` computes the steps, and `evaluation/trace/as_text.py` writes them.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from byhand.cli import printing
from byhand.cli.evaluate import PartName
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunName, Seed
from byhand.errors import ArgumentError, unknown_name
from byhand.evaluation.trace import Trace, as_dict, as_latex, trace_example
from byhand.randomness import stream
from byhand.runs.models import find_model
from byhand.runs.split_dataset import PARTS, DataSources

EXAMPLES = (
    "byhand trace                                    a random test example and the latest run",
    "byhand trace basic-1 --index 7                  the eighth test example",
    "byhand trace --weight 'W1[400,7]'               one weight: gradient, difference, update",
    "byhand trace --format latex > trace.tex         a LaTeX document",
)

FORMATS = ("text", "json", "latex")

Index = Annotated[
    int | None,
    Option("--index", help="Number of the example, from 0.", min=0, show_default="random"),
]
Format = Annotated[str, Option("--format", help="text, json or latex.")]
Weight = Annotated[
    str | None, Option("--weight", help="Only this weight, such as W1[400,7].", show_default=False)
]
Rule = Annotated[str, Option("--optimizer", help="Optimizer that makes the update.")]
Rate = Annotated[
    float | None,
    Option(
        "--learning-rate",
        "--lr",
        "-lr",
        "--learning_rate",
        help="Its learning rate.",
        show_default="its own",
    ),
]


def trace(
    run: RunName = None,
    dataset: DatasetName = None,
    part: PartName = None,
    index: Index = None,
    seed: Seed = 0,
    weight: Weight = None,
    optimizer: Rule = "sgd",
    learning_rate: Rate = None,
    format: Format = "text",  # noqa: A002 - the option's name
    data_dir: DataDir = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Follow one example through a network: every formula with its numbers.

    It shows forward pass, loss, backward pass and one update in double precision, with the finite
    difference beside each gradient. Dropout is off, and batch normalisation uses its running
    statistics.
    """
    if part is not None and part not in PARTS:
        raise unknown_name("part", part, PARTS)
    if format not in FORMATS:
        raise unknown_name("format", format, FORMATS)
    place = None if weight is None else parse_weight(weight)
    sources = DataSources(data_dir, offline or None)
    model = find_model(run, dataset, sources=sources)
    name, part, examples = model.examples(dataset, part, sources)
    x, y = examples.images, np.asarray(examples.labels)
    row = _row(index, len(x), seed)
    printing.note(f"example {row} of the {len(x):,} {part} examples of {name}")
    traced = trace_example(
        model.net, x[row], y[row], optimizer=optimizer, learning_rate=learning_rate
    )
    if place is not None:
        zoomed = traced.weight(*place)
        printing.json_lines(vars(zoomed)) if as_json else printing.line(str(zoomed))
        return
    _print(traced, "json" if as_json else format, {"data": name, "part": part, "index": row})


def _print(traced: Trace, form: str, origin: dict[str, Any]) -> None:
    if form == "json":
        printing.json_lines({**origin, **as_dict(traced)})
    else:
        printing.line(as_latex(traced) if form == "latex" else str(traced))


def _row(index: int | None, count: int, seed: int) -> int:
    """Return the requested row, or one drawn from the seed."""
    if index is None:
        return int(stream(seed, "trace").integers(count))
    if index >= count:
        raise ArgumentError(
            f"--index must be below {count:,}, the number of examples; got {index}."
        )
    return index


def parse_weight(text: str) -> tuple[str, int, int]:
    """Read "W1[400,7]" as ("W1", 400, 7)."""
    name, _, place = text.partition("[")
    row, _, column = place.removesuffix("]").partition(",")
    if not name or not place.endswith("]") or not row.strip().isdecimal():
        raise ArgumentError(
            f"--weight takes a matrix and a place, such as W1[400,7]; got {text!r}."
        )
    if not column.strip().isdecimal():
        raise ArgumentError(f"--weight takes a row and a column, such as W1[400,7]; got {text!r}.")
    return name.strip(), int(row), int(column)
