"""Train a run again beside another library, on the same batches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from byhand.errors import ArgumentError
from byhand.interop.twin import Twin, TwinResult, write_script
from byhand.runs.build_network import build_network
from byhand.runs.run import Run
from byhand.runs.single import fit_arguments
from byhand.runs.split_dataset import labelled
from byhand.training import Callback
from byhand.training.run import TrainingRun


@dataclass(frozen=True)
class TwinRun:
    """The result of a twin run.

    Args:
        result: the differences.
        script: the PyTorch script, if requested.
    """

    result: TwinResult
    script: Path | None = None


class _Script(Callback):
    """Write the script when training begins, while the weights are the initial ones."""

    def __init__(self, path: Path, run: Run) -> None:
        self.path, self.run = path, run

    def on_train_begin(self, run: TrainingRun) -> None:
        """Write the script and its data."""
        losses = self.run.history["loss"]
        write_script(run, self.path, losses, f"{self.run.path.name} ({run.net.shape_text})")


def twin_run(
    run: Run,
    library: str = "torch",
    *,
    steps: int = 1000,
    dtype: str = "float64",
    script: Path | None = None,
) -> TwinRun:
    """Train the recipe of a run again in byhand and in another library, and compare each step.

    Nothing in the run's folder changes.

    Args:
        run: the run.
        library: "torch", "jax" or "sklearn".
        steps: number of steps to compare.
        dtype: precision of both. In float64 rounding is so small that any visible difference is a
            mistake; float32 is the precision of the run.
        script: write a plain PyTorch script here that repeats the whole run.

    Raises:
        ArgumentError: the library cannot do what the run does.
    """
    if run.facts.resumed:
        run.say("the run was resumed; the comparison uses a training without interruption.")
    net = build_network(run.recipe, run.data.dataset, run.facts.seed).copy(dtype)
    examples = labelled(run.data.train)
    if examples is None:
        raise ArgumentError(f"{run.path} has no labelled training data.")
    twin = Twin(library, steps=steps)
    first = [] if script is None else [_Script(script, run)]
    arguments = fit_arguments(run.recipe.spec.training)
    arguments["monitor"] = None  # there is no validation part here, and no best epoch is kept
    net.fit(*examples, callbacks=[*first, twin], verbose=0, **arguments)
    return TwinRun(twin.result, script)
