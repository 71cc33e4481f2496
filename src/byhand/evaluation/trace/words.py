"""A trace as text: its formulas, as the code computes them, and its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from byhand.arrays import FloatArray

if TYPE_CHECKING:
    from byhand.evaluation.trace.data import Step, Trace, WeightTrace
    from byhand.network import Network
    from byhand.network.targets import Targets
    from byhand.training.optimizers import Optimizer

LOSS = {
    "categorical_cross_entropy": "loss = -sum_k t_k log {a}_k",
    "binary_cross_entropy": "loss = mean_k(-t_k log {a}_k - (1 - t_k) log(1 - {a}_k))",
    "squared_error": "loss = mean_k(({a}_k - t_k)^2)",
    "absolute_error": "loss = mean_k |{a}_k - t_k|",
    "huber": "loss = mean_k h({a}_k - t_k), h(e) = e^2/2 up to delta, then a straight line",
}
"""Formula of each loss, of the output {a} and the target t."""

LOSS_GRADIENT = {
    "categorical_cross_entropy": "d{z} = {a} - t",
    "binary_cross_entropy": "d{z} = ({a} - t) / K",
    "squared_error": "d{a} = 2 ({a} - t) / K",
    "absolute_error": "d{a} = sign({a} - t) / K",
    "huber": "d{a} = clip({a} - t, -delta, delta) / K",
}
"""Gradient with which backward starts: by Z if the loss is fused with the activation, else by A."""

UPDATE = {
    "sgd": "{p} <- {p} - {learning_rate:g} {d}",
    "momentum": "v = {d};  {p} <- {p} - {learning_rate:g} v",
    "nesterov": "v = {d};  {p} <- {p} - {learning_rate:g} ({d} + mu v)",
    "rmsprop": "s = (1 - rho) {d}^2;  {p} <- {p} - {learning_rate:g} {d} / (sqrt(s) + epsilon)",
    "adam": "m^ = {d}, v^ = {d}^2;  {p} <- {p} - {learning_rate:g} m^ / (sqrt(v^) + epsilon)",
}
"""Formula of the first step of each optimizer, whose state is still 0."""
UPDATE["adamw"] = UPDATE["adam"]


def loss_formula(name: str, a: str) -> str:
    """Return the formula of a loss of the output `a` and the target t."""
    return LOSS.get(name, f"loss = {name}({{a}}, t)").format(a=a)


def loss_gradient(name: str, z: str, a: str, fused: bool) -> str:
    """Return the formula of the gradient where backward starts."""
    own = f"d{{z}} = d {name} / d{{z}}" if fused else f"d{{a}} = d {name} / d{{a}}"
    return LOSS_GRADIENT.get(name, own).format(z=z, a=a)


def with_formula(formula: str, of_layer: str) -> str:
    """Return a formula, followed by the one with which a layer describes itself, if it does."""
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
    """Return the formula of an optimizer's first step, with weight decay for weights."""
    own = f"{{p}} <- first step of {optimizer.name}, learning rate {{learning_rate:g}}"
    formula = UPDATE.get(optimizer.name, own).format(
        p=name, d=f"d{name}", learning_rate=optimizer.learning_rate
    )
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
