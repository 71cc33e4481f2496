"""One call of every method that a backend overrides, in all its variants.

A case builds the arguments of a call from random numbers and names the arrays that the call writes.
The same seed gives the same arguments, so that two functions can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

from byhand import (
    ACTIVATIONS,
    SGD,
    AbsoluteError,
    Adagrad,
    Adam,
    BatchNormLayer,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    DenseLayer,
    DropoutLayer,
    Huber,
    InputLayer,
    Lion,
    Momentum,
    Nesterov,
    RMSProp,
    SquaredError,
    leaky_relu,
)
from byhand.arrays import aligned_zeros
from byhand.network.activations import activation_from_pair
from byhand.network.layers import PlacedLayer
from byhand.network.losses import LossBuffers
from byhand.network.parameters import NamedVector
from byhand.training import averaging, max_norm, penalties

shapes = st.tuples(st.integers(1, 40), st.integers(1, 40))
dtypes = st.sampled_from([np.float32, np.float64])
seeds = st.integers(0, 2**31)

ENTRIES = [*ACTIVATIONS.values(), leaky_relu(0.3), activation_from_pair(np.sin, np.cos, "sine")]
SOURCES = ["u1", "i1", "u2", "i4", "i8", "?", "f4", "f8", ">f4", ">i2", ">u4", "f2", "g"]


class Numbers:
    """Arrays of random numbers of one precision."""

    def __init__(self, seed, dtype):
        self.rng, self.dtype = np.random.default_rng(seed), np.dtype(dtype)

    def normal(self, *shape, scale=2.0):
        return self.rng.normal(scale=scale, size=shape).astype(self.dtype)

    def positive(self, *shape):
        return self.rng.uniform(0, 1, shape).astype(self.dtype)

    def fill(self, *arrays):
        """Write to arrays as an earlier call would have: results must not depend on old content."""
        for array in arrays:
            array[...] = self.rng.integers(0, 2, array.shape)


@dataclass
class Call:
    """The arguments of one call and the arrays that it writes, by name."""

    arguments: tuple[Any, ...]
    written: dict[str, Any]
    buffers: Any = None


@dataclass
class Case:
    """A method with one choice of its settings.

    Args:
        owner: class or module of the method.
        name: name of the method.
        build: function that builds the call from numbers and a shape (rows, columns).
        variant: description of the settings.
    """

    owner: Any
    name: str
    build: Callable[..., Call]
    variant: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def entry(self) -> tuple[Any, str]:
        return self.owner, self.name

    def __str__(self) -> str:
        return f"{self.owner.__name__}.{self.name} {self.variant}".strip()

    def call(self, seed, dtype, shape):
        return self.build(Numbers(seed, dtype), shape, **self.options)


def tolerance(dtype, scale=1.0):
    error = scale * (2e-5 if np.dtype(dtype) == np.float32 else 1e-12)
    return {"rtol": error, "atol": error}


def assert_equal_to_the_formula(case, override, seed, dtype, shape):
    """Call the plain method and its override with equal arguments, and compare what they write."""
    plain, fast = (case.call(seed, dtype, shape) for _ in range(2))
    getattr(case.owner, case.name)(*plain.arguments)
    override(*fast.arguments)
    scale = case.options.get("scale", 1.0)
    for name, expected in plain.written.items():
        result = fast.written[name]
        assert result.dtype == expected.dtype
        np.testing.assert_allclose(result, expected, **tolerance(dtype, scale), err_msg=name)


# --- layers -------------------------------------------------------------------------------------


def place(layer, numbers, n_in):
    """Return a placed layer with random parameters and statistics."""
    shapes = layer.parameter_shapes(n_in)
    # exp of large numbers leaves sums that cancel, and rounding errors as large as the result.
    is_exp = layer.activation is not None and layer.activation.name == "exp"
    scale = 0.1 if is_exp else 0.5
    parameters = tuple(numbers.normal(*shape, scale=scale) for shape in shapes.values())
    gradients = tuple(numbers.normal(*shape) for shape in shapes.values())
    statistics = tuple(numbers.positive(n_in) + numbers.dtype.type(0.5) for _ in range(2))
    statistics = statistics[: len(layer.statistic_names)]
    return PlacedLayer(layer, 1, n_in, layer.n_out(n_in), parameters, gradients, statistics)


def buffers_of(layer, numbers, shape):
    """Return buffers with a random input; the other arrays hold arbitrary old content."""
    x = aligned_zeros(shape, numbers.dtype)
    x[...] = numbers.normal(*shape)
    buffers = layer.new_buffers(x)
    arrays = [value for name, value in vars(buffers).items() if name != "x"]
    numbers.fill(*(array for array in arrays if isinstance(array, np.ndarray)))
    return buffers


def layer_call(numbers, shape, layer, training=True):
    placed, buffers = place(layer, numbers, shape[1]), buffers_of(layer, numbers, shape)
    names = ["z", "a", "normalised", "mean", "variance", "deviation"]
    written = {name: getattr(buffers, name) for name in names if hasattr(buffers, name)}
    return Call((layer, placed, buffers, training, None), written, buffers)


def backward_call(numbers, shape, layer, with_dx=True, from_dz=False, training=True):
    """Return the call of the backward pass after a forward pass."""
    forward = layer_call(numbers, shape, layer, training)
    layer.forward(*forward.arguments[1:])
    _, placed, buffers, *_ = forward.arguments
    buffers.da[...] = numbers.normal(*buffers.da.shape)
    if from_dz:
        buffers.dz[...] = numbers.normal(*buffers.dz.shape)
    dx = numbers.normal(*shape) if with_dx else None
    written = {"dz": buffers.dz} | ({"dx": dx} if with_dx else {})
    written |= {f"gradient {i}": gradient for i, gradient in enumerate(placed.gradients)}
    return Call((layer, placed, buffers, dx), written, buffers)


def statistics_call(numbers, shape, layer):
    call = layer_call(numbers, shape, layer)
    layer.forward(*call.arguments[1:])
    _, placed, buffers, *_ = call.arguments
    return Call((layer, placed, buffers), dict(enumerate(placed.statistics)))


def drop_call(numbers, shape, rate):
    layer = DropoutLayer(rate)
    buffers = buffers_of(layer, numbers, shape)
    buffers.random[...] = numbers.positive(*shape)
    return Call((layer, buffers), {"mask": buffers.mask, "a": buffers.a})


def layer_cases():
    for fn in ENTRIES:
        dense, norm = DenseLayer(7, fn), BatchNormLayer(fn)
        name = fn.name if fn.slope is None else f"{fn.name} {fn.slope:g}"
        yield Case(DenseLayer, "forward", layer_call, name, {"layer": dense})
        yield Case(BatchNormLayer, "forward", layer_call, name, {"layer": norm})
        still = {"layer": norm, "training": False}
        yield Case(BatchNormLayer, "forward", layer_call, f"{name}, in inference", still)
        for with_dx in (True, False) if fn.name == "relu" else (True,):
            end = name if with_dx else f"{name}, without dx"
            options = {"with_dx": with_dx}
            yield Case(DenseLayer, "backward", backward_call, end, options | {"layer": dense})
            yield Case(BatchNormLayer, "backward", backward_call, end, options | {"layer": norm})
        yield Case(BatchNormLayer, "backward", backward_call, f"{name}, in inference", still)
    for with_dx in (True, False):
        options = {"layer": DenseLayer(7), "from_dz": True, "with_dx": with_dx}
        variant = "" if with_dx else "without dx"
        yield Case(DenseLayer, "backward_from_dz", backward_call, variant, options)
    for momentum in (0.1, 1.0):
        options = {"layer": BatchNormLayer(momentum=momentum)}
        yield Case(
            BatchNormLayer, "update_statistics", statistics_call, f"momentum {momentum}", options
        )
    for rate in (0.0, 0.1, 0.5, 0.99):
        yield Case(DropoutLayer, "drop", drop_call, f"rate {rate}", {"rate": rate})


# --- the input ----------------------------------------------------------------------------------

SCALES = {
    "as it is": {},
    "pixels": {"factor": 1 / 255},
    "standardised images": {"factor": 3.5, "mean": 0.5},
    "standardised columns": {"factor": "random", "mean": "random"},
    "images of byhand 0.1.0": {"factor": 3.5, "offset": 0.5},
    "columns of byhand 0.1.0": {"factor": "random", "offset": "random"},
}


def input_call(numbers, shape, source, scaling, gather=False):
    settings = {
        name: numbers.normal(shape[1]) if value == "random" else value
        for name, value in SCALES[scaling].items()
    }
    layer = InputLayer(shape[1], "none", **settings)
    x = numbers.rng.integers(0, 100, shape).astype(source)
    x.flags.writeable = False  # the network never writes to its input
    rows = numbers.rng.integers(0, shape[0], numbers.rng.integers(1, 60)) if gather else None
    buffers = layer.new_buffers(len(x) if rows is None else len(rows), x, numbers.dtype)
    numbers.fill(buffers.a)
    chosen = (x,) if rows is None else (x, rows)
    return Call((layer, *chosen, buffers), {"A0": buffers.a})


def input_cases():
    for source in SOURCES:
        for scaling in SCALES if source in {"u1", "f4"} else ("pixels", "standardised columns"):
            options, variant = {"source": source, "scaling": scaling}, f"{source}, {scaling}"
            yield Case(InputLayer, "forward", input_call, variant, options)
            yield Case(InputLayer, "gather", input_call, variant, options | {"gather": True})


# --- losses -------------------------------------------------------------------------------------


def loss_call(numbers, shape, loss, gradient, scale):
    n, k = shape
    k += loss.takes_labels  # at least two classes
    z = numbers.normal(n, k, scale=scale)
    a = ACTIVATIONS[loss.fused_with or "identity"](z)
    values = numbers.normal(n, k) if loss.fused_with is None else numbers.rng.integers(0, 2, (n, k))
    targets = numbers.rng.integers(0, k, n) if loss.takes_labels else values.astype(numbers.dtype)
    buffers = LossBuffers(numbers.normal(n), np.full(n, 7), numbers.normal(n, k))
    written = {"losses": buffers.losses, "predictions": buffers.predictions, "grad": buffers.grad}
    return Call((loss, z, a, targets, buffers, gradient), written, buffers)


def loss_cases():
    smoothings = (0.0, 0.1, 0.5)
    losses = [
        *(CategoricalCrossEntropy(smoothing) for smoothing in smoothings),
        *(BinaryCrossEntropy(smoothing) for smoothing in smoothings),
        SquaredError(), AbsoluteError(), Huber(1.0), Huber(0.1),
    ]  # fmt: skip
    for loss in losses:
        for gradient in (True, False):
            for scale in (1.0, 100.0):
                options = {"loss": loss, "gradient": gradient, "scale": scale}
                end = "" if gradient else ", without gradient"
                yield Case(type(loss), "write", loss_call, f"{loss}, scale {scale:g}{end}", options)


# --- penalties and optimizers -------------------------------------------------------------------


def vectors(numbers, shape):
    """Return parameters and gradients of two matrices and a vector, of random sizes."""
    rows, columns = numbers.rng.integers(1, 50, 2)
    names = {"W1": shape, "b1": (shape[1],), "W2": (int(rows), int(columns))}
    parameters, gradients = (NamedVector(names, numbers.dtype) for _ in range(2))
    parameters.vector[:] = numbers.normal(parameters.vector.size)
    parameters.vector[::7] = 0
    gradients.vector[:] = numbers.normal(gradients.vector.size)
    return parameters, gradients


def penalty_call(numbers, shape, l1, l2):
    parameters, gradients = vectors(numbers, shape)
    written = {"g": gradients.vector, "p": parameters.vector}
    return Call((parameters, gradients, l1, l2), written)


def average_call(numbers, shape, share):
    parameters, _ = vectors(numbers, shape)
    average = numbers.positive(parameters.vector.size)
    written = {"average": average, "p": parameters.vector}
    return Call((average, parameters, share), written)


def norm_call(numbers, shape, limit):
    parameters, _ = vectors(numbers, shape)
    return Call((parameters, limit), {"p": parameters.vector})


def step_call(numbers, shape, rule, t):
    parameters, gradients = vectors(numbers, shape)
    state = rule.init_state(parameters)
    for array in state.values():
        array[:] = numbers.positive(len(array))
    written = {"p": parameters.vector, "g": gradients.vector, **state}
    return Call((rule, parameters, gradients, state, 0.01, t), written)


def step_cases():
    for l1, l2 in ((0.01, 0.0), (0.0, 0.1), (0.01, 0.1), (0.0, 0.0)):
        variant = f"l1 {l1} l2 {l2}"
        yield Case(penalties, "add_penalty_gradient", penalty_call, variant, {"l1": l1, "l2": l2})
    for share in (0.001, 0.9):
        yield Case(averaging, "move_average", average_call, f"share {share}", {"share": share})
    for limit in (0.01, 1.0, 1e4):
        yield Case(max_norm, "limit_norms", norm_call, f"limit {limit}", {"limit": limit})
    rules = [SGD(), Momentum(), Momentum(mu=0.5), Nesterov(), RMSProp(), RMSProp(epsilon=1e-3)]
    rules += [Adam(), Adam(beta1=0.5, beta2=0.9, epsilon=1e-3)]
    rules += [Adagrad(), Adagrad(epsilon=1e-3), Lion(), Lion(beta1=0.5, beta2=0.0)]
    for rule in rules:
        for t in (1, 900):
            owner = Momentum if isinstance(rule, Nesterov) else type(rule)
            yield Case(owner, "step", step_call, f"{rule}, step {t}", {"rule": rule, "t": t})


CASES = [*layer_cases(), *input_cases(), *loss_cases(), *step_cases()]


def cases_of(overrides):
    """Return the cases of the methods that a backend overrides."""
    return [case for case in CASES if case.entry in overrides]
