"""A run on disk: the network as a model file, and beside it all that resuming needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from byhand.errors import ArgumentError, FormatError
from byhand.interop.model_file import read_tensors, save_model

if TYPE_CHECKING:
    from byhand.training.run import Run

_MEMORY = "optimizer."
_STATE = "training_state"


def save_checkpoint(run: Run, path: Path) -> None:
    """Write weights, optimizer memory, epoch, step and history.

    The random streams need no place in it: each epoch grows its own from the seed.
    """
    state = {
        "epoch": run.epoch,
        "step": run.step,
        "first_epoch": run.first_epoch,
        "rate_factor": run.rate_factor,
        "optimizer": run.optimizer.name,
        "seed": run.history.record["seed"],
        "history": run.history.columns,
    }
    memory = {_MEMORY + name: array for name, array in run.memory.items()}
    save_model(run.net, path, extra_tensors=memory, extra_metadata={_STATE: json.dumps(state)})


def restore_checkpoint(run: Run, path: Path) -> None:
    """Bring a run that has just been made to where the checkpoint was written."""
    tensors, metadata = read_tensors(path)
    if _STATE not in metadata:
        raise FormatError(
            f"{path} holds a model but no training state; resume from last.safetensors."
        )
    state = json.loads(metadata[_STATE])
    if state["optimizer"] != run.optimizer.name:
        raise ArgumentError(
            f"{path} was trained with optimizer={state['optimizer']!r}; "
            f"got {run.optimizer.name!r}. Resume with the same."
        )
    for name in (*run.net.parameters, *run.net.statistics):
        target = run.net.parameters if name in run.net.parameters else run.net.statistics
        if name not in tensors:
            raise FormatError(f"{path} has no {name}: it belongs to another network.")
        target[name] = tensors[name]
    for name, array in run.memory.items():
        array[:] = tensors[_MEMORY + name]
    run.epoch, run.step = state["epoch"], state["step"]
    run.first_epoch, run.rate_factor = state["first_epoch"], state["rate_factor"]
    run.history.columns = {name: list(column) for name, column in state["history"].items()}
