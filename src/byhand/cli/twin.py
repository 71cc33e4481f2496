"""`byhand twin`: a run beside another library, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from byhand.cli import printing, shell_completion
from byhand.cli.options import AsJson, DataDir, DatasetName, Offline, Option, RunOnly
from byhand.errors import ArgumentError, unknown_name
from byhand.figures.canvas import save
from byhand.figures.differences import twin_differences
from byhand.interop.twin import TwinResult
from byhand.runs import Run
from byhand.runs.twin import twin_run
from byhand.user_path import user_path

EXAMPLES = (
    "byhand twin                                     the latest run, beside PyTorch",
    "byhand twin basic-1 --with sklearn --steps 200",
    "byhand twin basic-1 --dtype float32 --figure twin.png",
    "byhand twin basic-1 --script port.py            the run as a plain PyTorch script",
)

TOLERANCE = {"float32": 1e-2, "float64": 1e-7}
"""Largest difference of parameters that rounding explains after several thousand steps."""

With = Annotated[
    str,
    Option("--with", help="torch, jax or sklearn.", autocompletion=shell_completion.rivals),
]
Steps = Annotated[int, Option("--steps", help="Number of steps to compare.", min=1)]
Dtype = Annotated[
    str, Option("--dtype", help="float64, in which rounding cannot hide a mistake, or float32.")
]
Figure = Annotated[
    Path | None,
    Option("--figure", help="Draw the differences, as PNG or SVG.", show_default=False),
]
Script = Annotated[
    Path | None,
    Option(
        "--script",
        help="Write a plain PyTorch script, with its data in an npz file beside it.",
        show_default=False,
    ),
]


def twin(
    *,
    run: RunOnly = None,
    library: With = "torch",
    steps: Steps = 1000,
    dtype: Dtype = "float64",
    figure: Figure = None,
    script: Script = None,
    dataset: DatasetName = None,
    data_dir: DataDir = None,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Train a run again in byhand and in another library, and compare them after each step.

    Both start from the same weights and see the same batches, dropout masks and learning rates.
    Each library computes its own forward pass, loss, gradients, penalty, clipping and update. The
    exit code is 1 if the parameters differ by more than rounding.
    """
    if dtype not in TOLERANCE:
        raise unknown_name("dtype", dtype, TOLERANCE)
    if script is not None and script.suffix != ".py":
        raise ArgumentError(f"--script names a Python file, such as port.py; got {script}.")
    found = Run(run, dataset=dataset, data_dir=data_dir, offline=offline or None, say=printing.note)
    path = None if script is None else user_path(script)
    done = twin_run(found, library, steps=steps, dtype=dtype, script=path)
    result, passed = done.result, done.result.largest <= TOLERANCE[dtype]
    if figure is not None:
        save(twin_differences(result), user_path(figure))
    if as_json:
        printing.json_lines({**vars(result), "passed": passed, "figure": figure, "script": script})
    else:
        _print(found, result, passed)
        for written in (figure, script):
            if written is not None:
                printing.line(f"wrote  {written}")
    if not passed:
        raise typer.Exit(1)


def _print(run: Run, result: TwinResult, passed: bool) -> None:
    """Print the differences at some steps, those of each array, and the verdict."""
    printing.line(f"byhand and {result.library}, {result.dtype}: {run.path}\n")
    rows = [
        [step, f"{loss:.6f}", f"{off:.1e}", f"{parameters:.1e}"]
        for step, loss, off, parameters in result.rows()
    ]
    printing.table(["step", "loss", "loss difference", "parameter difference"], rows)
    printing.line()
    arrays = [
        [name, f"{result.sizes[name]:.3g}", f"{values[-1]:.1e}"]
        for name, values in result.differences.items()
    ]
    printing.table(["array", "largest value", "difference at the end"], arrays, left=["array"])
    verdict = "the same up to rounding" if passed else "more than rounding explains"
    printing.line(f"\nafter {result.steps:,} steps: {result.largest:.1e}, {verdict}")
