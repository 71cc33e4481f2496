"""A network's layers as torch.nn modules in text form, and its arrays under torch's names.

    nn.Linear(784, 300)    0.weight (300, 784), 0.bias (300,)
    nn.ReLU()

An nn.Sequential numbers its modules from 0. Torch stores the weights of a layer as (outputs,
inputs), the transpose of W. Nothing here needs torch, so a file with these names can be written and
read without it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from byhand.arrays import Array
from byhand.errors import ArgumentError, FormatError
from byhand.interop.check_shapes import check_shapes
from byhand.interop.refuse_averages import check_single
from byhand.mlp import MultiLayerPerceptron
from byhand.network.activations import Activation
from byhand.network.layers import (
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    Layer,
    LayerNormLayer,
    NoiseLayer,
    PlacedLayer,
)
from byhand.network.network import Network

ACTIVATIONS = {
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU({slope!r})",
    "elu": "nn.ELU()",
    "gelu": "nn.GELU(approximate='tanh')",
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "softplus": "nn.Softplus(threshold=80)",  # above, z itself; torch's usual 20 is coarse
    "swish": "nn.SiLU()",
    "softmax": "nn.Softmax(dim=1)",
}
"""The module of each activation as text; identity has none."""

MODULES = {line.partition("(")[0][3:]: name for name, line in ACTIVATIONS.items()}
"""The activation of each module, by the name of its class."""


@dataclass(frozen=True)
class Module:
    """One torch module, parsed from text.

    Args:
        kind: name of its class, such as "Linear".
        arguments: arguments without names.
        options: arguments with names.
    """

    kind: str
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]


MOST_MODULES = 10_000
LONGEST_LINE = 1000
"""Limits of the modules in a file and of the characters of each; they are parsed as Python."""


def parse_module(line: str) -> Module:
    """Return the parts of "nn.Linear(784, 300)"; nothing is executed.

    Raises:
        ValueError: it is not of this form, with numbers and text as arguments.
    """
    if len(line) > LONGEST_LINE:
        raise ValueError(f"{line[:80]!r} is too long for a module")
    try:
        call = ast.parse(line, mode="eval").body
        match call:
            case ast.Call(ast.Attribute(ast.Name("nn"), kind), args, keywords):
                options = {str(word.arg): ast.literal_eval(word.value) for word in keywords}
                return Module(kind, tuple(ast.literal_eval(one) for one in args), options)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"{line[:80]!r} is not a module") from error
    raise ValueError(f"{line[:80]!r} is not a module of torch.nn")


# --- from byhand to torch -----------------------------------------------------------------------


def module_lines(net: Network) -> list[str]:
    """Return the modules of a network as text: ["nn.Linear(784, 300)", "nn.ReLU()", ...].

    Raises:
        ArgumentError: an ensemble; or torch does not have a layer or an activation.
    """
    check_single(net)
    return [line for placed in net.stack for line, _ in _modules(placed)]


def state_of(net: Network) -> dict[str, Array]:
    """Return the arrays of a network by the names of the nn.Sequential of `module_lines`.

    W is transposed; batch normalisation has running_mean, running_var and num_batches_tracked.
    """
    modules = [module for placed in net.stack for module in _modules(placed)]
    return {
        f"{number}.{name}": np.ascontiguousarray(array) if array.ndim else array
        for number, (_, arrays) in enumerate(modules)
        for name, array in arrays.items()
    }


def _modules(placed: PlacedLayer) -> Iterator[tuple[str, dict[str, Array]]]:
    """Yield each module of a layer as text, with its arrays."""
    layer = placed.layer
    if type(layer) is DenseLayer:
        W, b = placed.parameters
        yield f"nn.Linear({placed.n_in}, {layer.units})", {"weight": W.T, "bias": b}
    elif type(layer) is BatchNormLayer:
        settings = f"eps={layer.epsilon!r}, momentum={layer.momentum!r}"
        yield f"nn.BatchNorm1d({placed.n_in}, {settings})", _batch_norm_arrays(placed)
    elif type(layer) is DropoutLayer:
        yield f"nn.Dropout({layer.rate!r})", {}
    elif type(layer) is LayerNormLayer:
        gamma, beta = placed.parameters
        settings = f"eps={layer.epsilon!r}"
        yield f"nn.LayerNorm({placed.n_in}, {settings})", {"weight": gamma, "bias": beta}
    elif type(layer) is NoiseLayer:
        yield "nn.Identity()", {}  # torch has no noise layer; byhand's does nothing then
    else:
        raise ArgumentError(
            f"a layer of the kind {layer.kind!r} is your own, and torch has no such layer."
        )
    if layer.activation is not None and layer.activation.name != "identity":
        yield _activation(layer.activation), {}


def _batch_norm_arrays(placed: PlacedLayer) -> dict[str, Array]:
    (gamma, beta), (mean, variance) = placed.parameters, placed.statistics
    return {
        "weight": gamma,
        "bias": beta,
        "running_mean": mean,
        "running_var": variance,
        "num_batches_tracked": np.array(0, np.int64),
    }


def _activation(fn: Activation) -> str:
    if fn.name not in ACTIVATIONS:
        raise ArgumentError(
            f"torch has no module for the activation {fn.name!r}; it has {', '.join(ACTIVATIONS)}."
        )
    return ACTIVATIONS[fn.name].format(slope=fn.slope)


# --- from torch to byhand -----------------------------------------------------------------------


def network_of(
    lines: Sequence[str], state: Mapping[str, Array], first: Mapping[str, Any], **options: Any
) -> MultiLayerPerceptron:
    """Build a network from torch modules as text and the arrays of their state dict.

    Args:
        lines: the modules, in their order.
        state: the arrays by name: "0.weight" belongs to the first module.
        first: settings of the input layer, besides its number of units.
        options: arguments of `MultiLayerPerceptron`, such as class_names.

    Raises:
        ArgumentError: a module that byhand does not have.
        FormatError: an array is missing, or has another shape than its module.
    """
    if len(lines) > MOST_MODULES:
        raise FormatError(f"it has {len(lines):,} modules; at most {MOST_MODULES:,} are read.")
    modules = [parse_module(line) for line in lines]
    layers: list[Layer] = []
    arrays: list[list[Array]] = []
    for number, module in enumerate(modules):
        _add(module, layers)
        arrays += [_arrays(module, number, state)] if module.kind in ARRAYS else []
    units = next((m.arguments[0] for m in modules if m.arguments and m.kind in ARRAYS), None)
    if units is None:
        raise ArgumentError("expected at least one nn.Linear among the modules.")
    dtype = np.float64 if any(a.dtype == np.float64 for one in arrays for a in one) else np.float32
    check_shapes(units, layers, arrays)
    net = MultiLayerPerceptron([InputLayer(units, **first), *layers], dtype=dtype, **options)
    placed = [one for one in net.stack if one.parameters]
    for one, values in zip(placed, arrays, strict=True):
        for view, value in zip((*one.parameters, *one.statistics), values, strict=True):
            view[...] = value
    return net


ARRAYS = {
    "Linear": ("weight", "bias"),
    "BatchNorm1d": ("weight", "bias", "running_mean", "running_var"),
    "LayerNorm": ("weight", "bias"),
}
"""The arrays of each module that has arrays, in byhand's order."""


def _arrays(module: Module, number: int, state: Mapping[str, Array]) -> list[Array]:
    names = [f"{number}.{name}" for name in ARRAYS[module.kind]]
    missing = next((name for name in names if name not in state), None)
    if missing is not None:
        raise FormatError(f"the array {missing} is missing; there are {', '.join(state)}.")
    arrays = [np.asarray(state[name]) for name in names]
    return [arrays[0].T, *arrays[1:]] if module.kind == "Linear" else arrays


def _add(module: Module, layers: list[Layer]) -> None:
    """Add the layer of a module to a list, or its activation to the last layer."""
    kind, options = module.kind, module.options
    if kind == "Linear":
        layers.append(DenseLayer(int(module.arguments[1])))
    elif kind == "BatchNorm1d":
        settings = {"momentum": options.get("momentum", 0.1), "epsilon": options.get("eps", 1e-5)}
        layers.append(BatchNormLayer(**settings))
    elif kind == "LayerNorm":
        layers.append(LayerNormLayer(epsilon=options.get("eps", 1e-5)))
    elif kind == "Dropout":
        layers.append(DropoutLayer(module.arguments[0] if module.arguments else 0.5))
    elif kind == "Identity":
        return
    elif kind in MODULES:
        layers[-1:] = [_activated(module, layers)]
    else:
        raise ArgumentError(
            f"byhand has no layer like nn.{kind}; it has Linear, BatchNorm1d, LayerNorm, Dropout, "
            f"{', '.join(MODULES)}."
        )


def _activated(module: Module, layers: Sequence[Layer]) -> Layer:
    """Return the last layer with the activation of a module."""
    last = layers[-1] if layers else None
    name = MODULES[module.kind]
    fn = None if last is None else last.activation
    if last is None or fn is None or fn.name != "identity":
        before = "nothing" if last is None else f"a {last.describe()} layer"
        raise ArgumentError(
            f"an activation must follow a Linear, BatchNorm1d or LayerNorm; nn.{module.kind} "
            f"follows {before}."
        )
    slope = None
    if name == "leaky_relu":
        slope = module.arguments[0] if module.arguments else 0.01
    return replace(last, fn=name, slope=slope)  # type: ignore[type-var]
