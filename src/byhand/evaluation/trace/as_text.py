"""A trace as text: the formulas that the code computes, and their numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import FloatArray
from byhand.network.losses import LOSSES

if TYPE_CHECKING:
    from byhand.evaluation.trace.data import Step, Trace, WeightTrace
    from byhand.network import Network
    from byhand.network.targets import Targets
    from byhand.training.optimizers import Optimizer


def loss_formula(name: str, a: str) -> str:
    """Return the formula of a loss from the output `a` and the target t."""
    own = getattr(LOSSES.get(name), "formula", "") or f"L = {name}(a, t)"
    return _renamed(own, {"L": "loss", "a": a})


def loss_gradient(name: str, z: str, a: str, fused: bool) -> str:
    """Return the formula of the gradient where backward starts."""
    own = f"dZ = d {name} / dZ" if fused else f"dA = d {name} / dA"
    formula = getattr(LOSSES.get(name), "gradient_formula", "") or own
    return _renamed(formula, {"dZ": f"d{z}", "dA": f"d{a}", "a": a})


def _renamed(formula: str, names: dict[str, str]) -> str:
    """Return a formula with other names for its letters, such as A3_k for a_k."""
    letters = "|".join(names)
    return re.sub(rf"\b({letters})(?=_|\b)", lambda found: names[found[1]], formula)


def with_formula(formula: str, of_layer: str) -> str:
    """Return a formula, followed by the layer's own formula if it has one."""
    return f"{formula}:  {of_layer}" if of_layer else formula


def number_of(name: str) -> int:
    """Return the layer number at the end of a parameter's name, such as 2 of "gamma2"."""
    return int(name[len(name.rstrip("0123456789")) :])


STAGES = {
    "input": "INPUT",
    "forward": "FORWARD: from the input to the outputs",
    "loss": "LOSS: how far the outputs are from the target",
    "backward": "BACKWARD: how the loss changes with each number",
    "update": "UPDATE: a step of the optimizer",
}
SHOWN = 6  # numbers of an array that the text shows


def shape(values: FloatArray) -> str:
    """Return the shape as text, such as "(1, 300)"."""
    return str(values.shape)


def target(targets: Targets, network: Network) -> str:
    """Describe the target: the class, or the values."""
    if targets.labels is None:
        return numbers(targets.values)
    label, smoothing = int(targets.labels[0]), getattr(network.loss, "label_smoothing", 0.0)
    names = network.class_names
    named = f" ({names[label]})" if names and names[label] != str(label) else ""
    smoothed = f", smoothed by {smoothing:g}" if smoothing else ""
    return f"one-hot of class {label}{named}{smoothed}"


def update(optimizer: Optimizer, name: str) -> str:
    """Return the formula of an optimizer's step, with weight decay if it applies."""
    rate = f"{optimizer.learning_rate:g}"
    own = f"p <- first step of {optimizer.name}, learning rate lr"
    formula = _renamed(optimizer.formula or own, {"p": name, "g": f"d{name}", "lr": rate})
    decays = optimizer.weight_decay and name.startswith("W")
    factor = f"(1 - {optimizer.learning_rate:g} * {optimizer.weight_decay:g})"
    return f"{name} <- {factor} {name};  {formula}" if decays else formula


def numbers(values: FloatArray, shown: int = SHOWN) -> str:
    """Return an array as one line: all its numbers, or its range and its largest entries."""
    flat = values.reshape(-1)
    if flat.size <= 12:
        return "  ".join(f"{number + 0.0:.4g}" for number in flat)
    places = np.sort(np.argsort(-np.abs(flat), kind="stable")[:shown])
    entries = ", ".join(f"{_index(place, values)} {flat[place]:.4g}" for place in places)
    zeros = int((flat == 0).sum())
    note = f", {zeros:,} of {flat.size:,} are 0" if zeros else ""
    return f"from {flat.min() + 0.0:.4g} to {flat.max() + 0.0:.4g}{note}; largest: {entries}"


def _index(place: np.intp, values: FloatArray) -> str:
    shape = values.shape if values.shape[0] > 1 else values.shape[1:]
    return "[" + ", ".join(str(axis) for axis in np.unravel_index(place, shape)) + "]"


def step_text(step: Step) -> str:
    """Return a step as a few lines."""
    lines = [
        f"  {step.formula}",
        f"      {step.meaning}; {step.shapes}",
        f"      {numbers(step.values)}",
    ]
    if step.numeric is not None:
        lines.append(f"      {_check_text(step)}")
    return "\n".join(lines)


def _check_text(step: Step) -> str:
    assert step.numeric is not None  # noqa: S101 - checked by the caller
    if not step.checked:
        return "finite differences: none, because a kink is too near"
    known = ~np.isnan(step.numeric)
    flat = np.where(known, np.abs(step.values), -1).reshape(-1)
    place = np.intp(flat.argmax())
    where = _index(place, step.values)
    return (
        f"finite differences of {step.checked:,} of {step.values.size:,}: relative error "
        f"{step.relative_error:.1e}; at {where} {step.values.reshape(-1)[place]:.9g}, by finite "
        f"differences {step.numeric.reshape(-1)[place]:.9g}"
    )


def trace_text(trace: Trace) -> str:
    """Return the whole trace as text, stage by stage."""
    lines = [f"{trace.network!r}, {trace.network.loss.name}, one example, in float64 and inference"]
    if trace.label is not None and trace.predicted is not None:
        names = trace.class_names
        lines.append(f"label {names[trace.label]}, predicted {names[trace.predicted]}")
    stage = ""
    for step in trace.steps:
        if step.stage != stage:
            stage = step.stage
            lines += ["", STAGES[stage]]
        lines.append(step_text(step))
    lines += [
        "",
        f"loss {trace.loss:.6g} before the update, {trace.loss_after:.6g} after",
    ]
    return "\n".join(lines)


def weight_text(weight: WeightTrace) -> str:
    """Return one weight as two lines."""
    i, j = weight.at
    number = weight.name[1:]
    return (
        f"d{weight.name}[{i}, {j}] = {weight.x_name}[{i}] dZ{number}[{j}] = {weight.x:.6g} * "
        f"{weight.dz + 0.0:.6g} = {weight.gradient + 0.0:.6g}; "
        f"finite difference {weight.numeric:.6g}\n"
        f"{weight.name}[{i}, {j}]: {weight.before:.6g} becomes {weight.after:.6g}"
    )
