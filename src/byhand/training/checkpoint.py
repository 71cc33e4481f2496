"""Checkpoints: model files that also contain everything needed to resume training.

A resumed training ends with the same bits as one that was not interrupted (docs/reliability.md). A
checkpoint of another seed, optimizer or network is refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from byhand.arrays import Array
from byhand.checks import integer, number
from byhand.errors import ArgumentError, FormatError
from byhand.model_file import read_tensors, save_model
from byhand.tensor_checks import check_finite
from byhand.training.best_weights import Best
from byhand.training.run import TrainingRun
from byhand.untrusted_files import parse_json

_STATE_PREFIX = "optimizer."
_BEST = "best."
_METADATA = "training_state"


class _OtherRunError(ArgumentError):
    """Raised for a valid checkpoint that belongs to another run."""


def save_checkpoint(run: TrainingRun, path: Path) -> None:
    """Write weights, optimizer state, epoch, step and history.

    Random streams need not be saved: each epoch derives its own from the seed.
    """
    state = {
        "epoch": run.epoch,
        "step": run.step,
        "first_epoch": run.first_epoch,
        "first_step": run.first_step,
        "rate_factor": run.learning_rate_scale,
        "optimizer": run.optimizer.name,
        "seed": run.net.seed,
        "history": run.history.columns,
    }
    extra = {_STATE_PREFIX + name: array for name, array in run.optimizer_state.items()}
    best = run.best_so_far
    if best is not None and best.weights is not None and best.statistics is not None:
        state["best_epoch"] = best.epoch
        extra |= {_BEST + "weights": best.weights, _BEST + "statistics": best.statistics}
    save_model(run.net, path, extra_tensors=extra, extra_metadata={_METADATA: json.dumps(state)})


def restore_checkpoint(run: TrainingRun, path: Path) -> None:
    """Set a new run to the state in which the checkpoint was written."""
    tensors, metadata = read_tensors(path)
    if _METADATA not in metadata:
        raise FormatError(
            f"{path} contains a model but no training state; resume from last.safetensors."
        )
    try:
        state = parse_json(metadata[_METADATA])
        _check_same(run, path, state, tensors)
        epoch, step, first = (_count(state, name) for name in ("epoch", "step", "first_epoch"))
        first_step = _count({"first_step": 0} | state, "first_step")  # 0 in files of byhand 0.2
        rate_factor = number("rate_factor", state["rate_factor"], above=0)
        columns = _columns(state["history"], epoch)
        best = _best(run, state, tensors)
    except ArgumentError as error:
        if isinstance(error, _OtherRunError):
            raise
        raise FormatError(f"the training state in {path} is damaged: {error}") from error
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise FormatError(f"the training state in {path} is damaged: {error}.") from error
    for view in (run.net.parameters, run.net.statistics):
        for name in view:
            view[name] = tensors[name]
    for name, array in run.optimizer_state.items():
        array[:] = tensors[_STATE_PREFIX + name]
    run.epoch, run.step, run.first_epoch, run.first_step = epoch, step, first, first_step
    run.learning_rate_scale = rate_factor
    run.history.columns = columns
    run.best_so_far = best


def _check_same(
    run: TrainingRun, path: Path, state: dict[str, Any], tensors: dict[str, Array]
) -> None:
    """Raise, before anything is changed, unless the checkpoint fits this run."""
    for name, here in (("optimizer", run.optimizer.name), ("seed", run.net.seed)):
        if state[name] != here:
            raise _OtherRunError(
                f"{path} was trained with {name}={state[name]!r}; got {here!r}. "
                "Resume with the same value."
            )
    views = {**run.net.parameters, **run.net.statistics}
    state_arrays = {_STATE_PREFIX + name: array for name, array in run.optimizer_state.items()}
    for name, array in {**views, **state_arrays}.items():
        # A missing parameter means another network; a missing optimizer state a damaged file.
        found = tensors[name].shape if name in tensors or name in state_arrays else None
        if found != array.shape:
            raise _OtherRunError(
                f"{path} belongs to another network: its {name} has shape {found}, but in "
                f"this network it is {array.shape}."
            )
        check_finite(name, tensors[name])


def _count(state: dict[str, Any], name: str) -> int:
    return integer(name, state[name], at_least=0)


def _columns(history: dict[str, list[float]], epochs: int) -> dict[str, list[float]]:
    """Return the columns of a history, each with one number per epoch."""
    columns = {name: [float(value) for value in column] for name, column in history.items()}
    if any(len(column) > epochs for column in columns.values()):
        raise ValueError("the history has more epochs than were trained")
    return columns


def _best(run: TrainingRun, state: dict[str, Any], tensors: dict[str, Array]) -> Best | None:
    """Return the best epoch before the checkpoint, with its weights."""
    if _BEST + "weights" not in tensors:
        return None
    best = Best(run.monitor)
    best.epoch = _count(state, "best_epoch")
    best.weights, best.statistics = tensors[_BEST + "weights"], tensors[_BEST + "statistics"]
    for array, vector in (
        (best.weights, run.net.parameters.vector),
        (best.statistics, run.net.statistics.vector),
    ):
        check_finite("the best weights", array)
        if array.shape != vector.shape:
            raise ValueError(f"the best weights have the shape {array.shape}")
    return best
