"""Turns Keras layers into byhand's, one after another."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.errors import ArgumentError, FormatError
from byhand.interop.keras.hdf5 import read_array
from byhand.interop.keras.names import FROM_KERAS, GELU, LEAKY_SLOPE
from byhand.mlp import MultiLayerPerceptron
from byhand.network.layers import (
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    Layer,
    LayerNormLayer,
    NoiseLayer,
)

DEVIATIONS = 3
"""The range of standardised inputs, in deviations, which a Keras file does not contain."""

LONGEST = 80
"""Characters of a name or a value of the file in a message."""


@dataclass(frozen=True)
class Given:
    """The facts about a file that a caller of `load_keras` gives."""

    activations: Sequence[str] | None = None
    output: str | None = None
    normalisation: str | None = None
    class_names: Sequence[str] | None = None


@dataclass(frozen=True)
class Layers:
    """The layers of a file.

    Args:
        described: their class_name and config.
        arrays: the arrays of each, as entries of the file that have not been read yet.
    """

    described: Sequence[Mapping[str, Any]]
    arrays: Sequence[Sequence[Any]]


@dataclass(eq=False)
class _Part:
    """A layer under construction with its arrays."""

    layer: Layer
    arrays: list[Array] = field(default_factory=list)


class Chain:
    """A network that grows layer by layer.

    Args:
        given: the facts that the caller gives.
        told: the facts that a file of byhand contains beside the model.
    """

    def __init__(self, given: Given, told: Mapping[str, Any]) -> None:
        self.given, self.told = given, told
        self.units: int | None = None  # outputs of the layers so far
        self.inputs: int | None = None
        self.first: dict[str, Any] = {}
        self.parts: list[_Part] = []
        self.name, self.datasets = "", list[Any]()

    def network(self, layers: Layers) -> MultiLayerPerceptron:
        """Return the network of these layers."""
        for one, datasets in zip(layers.described, layers.arrays, strict=True):
            kind, config = str(one["class_name"]), one["config"]
            name = str(config.get("name", ""))[:LONGEST]
            self.name, self.datasets = f"the {kind[:LONGEST]} layer {name!r}", [*datasets]
            if kind not in READERS or not _is_keras(one):
                raise ArgumentError(
                    f"byhand has no layer like {self.name}; it reads {', '.join(READERS)}."
                )
            READERS[kind](self, config)
        if self.given.output is not None:
            self.name = "the output"
            self.activate(self.given.output)
        if self.inputs is None:
            raise ArgumentError("expected at least one Dense layer.")
        return self._built()

    def _built(self) -> MultiLayerPerceptron:
        if self.given.normalisation is not None and self.first:
            raise ArgumentError(
                "the model has a normalisation of its own; read it without normalisation=."
            )
        first = self.first or {"normalisation": self.given.normalisation or "none"}
        names = self.given.class_names or self.told.get("class_names")
        arrays = [array for part in self.parts for array in part.arrays]
        net = MultiLayerPerceptron(
            [InputLayer(self.inputs or 0, **first), *(part.layer for part in self.parts)],
            seed=0,
            class_names=None if names is None else [str(name) for name in names],
            dtype=np.float64 if any(a.dtype.itemsize >= 8 for a in arrays) else np.float32,
        )
        with np.errstate(over="ignore"):  # too large a number becomes infinite and is found below
            for placed, part in zip(net.stack, self.parts, strict=True):
                views = (*placed.parameters, *placed.statistics)
                for view, array in zip(views, part.arrays, strict=True):
                    view[...] = array
        if not all(np.isfinite(v).all() for v in (net.parameters.vector, net.statistics.vector)):
            raise FormatError(f"it holds numbers too large for {net.dtype}.")
        if "task" in self.told:
            net.facts["task"] = self.told["task"]
        return net

    # --- what the readers of layers use -----------------------------------------------------------

    def begin(self, shape: Sequence[int | None]) -> None:
        """Take the shape of an input, without the axis of the examples."""
        if any(length is None for length in shape):
            raise ArgumentError(f"{self.name} takes inputs of any length; expected a fixed one.")
        self.units = self.inputs = math.prod(int(length) for length in shape if length is not None)

    def arrays(self, *shapes: Sequence[int | None]) -> list[Array]:
        """Return the arrays of the current layer, which must have these shapes."""
        if len(self.datasets) != len(shapes):
            raise FormatError(
                f"{self.name} has {len(self.datasets)} arrays; expected {len(shapes)}."
            )
        pairs = zip(self.datasets, shapes, strict=True)
        return [
            read_array(found, f"array {number} of {self.name}", shape)
            for number, (found, shape) in enumerate(pairs)
        ]

    def add(self, layer: Layer, arrays: Sequence[Array] = (), units: int | None = None) -> None:
        """Add a layer with its arrays, and with the number of its outputs if it changes."""
        self.parts.append(_Part(layer, [*arrays]))
        self.units = self.units if units is None else units

    def activate(self, name: str, slope: float | None = None) -> None:
        """Give the last layer an activation by byhand's name."""
        if name == "identity":
            return
        last = self.parts[-1].layer if self.parts else None
        fn = None if last is None else last.activation
        if last is None or fn is None or fn.name != "identity":
            raise ArgumentError(
                f"{self.name} is an activation that does not follow a Dense, BatchNormalization or "
                "LayerNormalization layer without one."
            )
        self.parts[-1].layer = replace(last, fn=name, slope=slope)  # type: ignore[type-var]

    def normalise(self, mean: Array, factor: Array) -> None:
        """Take (x - mean) * factor as the normalisation of the inputs."""
        if self.parts or self.first:
            raise ArgumentError(f"{self.name} comes after other layers; expected it first.")
        if not np.isfinite(mean).all() or not np.isfinite(factor).all() or not factor.all():
            raise FormatError(f"{self.name} scales the inputs by numbers that are not finite.")
        if not mean.any() and factor.size == 1 and abs(float(factor.flat[0]) * 255 - 1) < 1e-6:
            self.first = {"normalisation": "pixels"}
        elif mean.any() or (factor != 1).any():
            reach = DEVIATIONS / np.abs(factor)
            limits = float((mean - reach).min()), float((mean + reach).max())
            if not np.isfinite(limits).all():
                raise FormatError(f"{self.name} scales the inputs without end.")
            values = {"mean": _plain(mean), "factor": _plain(factor)}
            self.first = {"normalisation": "standardise", "input_range": limits, **values}

    def refuse(self, config: Mapping[str, Any], **wanted: tuple[Any, ...]) -> None:
        """Raise for a setting with which byhand's layer would give other results."""
        for name, known in wanted.items():
            value = config.get(name, known[0])
            if value not in known:
                raise ArgumentError(
                    f"{self.name} has {name}={repr(value)[:LONGEST]} and so other outputs than "
                    f"byhand's; expected {known[0]!r}."
                )


def _is_keras(described: Mapping[str, Any]) -> bool:
    """Return whether a layer is Keras's own, not another class of the same name."""
    module, registered = described.get("module") or "keras", described.get("registered_name")
    own = registered in (None, described["class_name"]) or str(registered).startswith("keras")
    return own and str(module).split(".")[0] in ("keras", "tf_keras", "tensorflow")


def _plain(array: Array) -> float | FloatArray:
    return float(array.flat[0]) if array.size == 1 else np.asarray(array, np.float64).reshape(-1)


# --- a reader for each Keras layer --------------------------------------------------------------


def _input(chain: Chain, config: Mapping[str, Any]) -> None:
    shape = config.get("batch_shape") or config.get("batch_input_shape")
    chain.begin((shape or [None, None])[1:])


def _dense(chain: Chain, config: Mapping[str, Any]) -> None:
    chain.refuse(config, quantization_config=(None,), lora_rank=(None,))
    if "batch_input_shape" in config and chain.inputs is None:
        chain.begin(config["batch_input_shape"][1:])
    units = int(config["units"]) if "units" in config else None
    has_bias = bool(config.get("use_bias", True))
    W, *bias = chain.arrays((chain.units, units), *[(units,)] * has_bias)
    n_in, n_out = W.shape
    if chain.inputs is None:
        chain.inputs = n_in
    b = bias[0] if bias else np.zeros(n_out, W.dtype)
    if b.shape != (n_out,):
        raise FormatError(f"the bias of {chain.name} has the shape {b.shape}; expected ({n_out},).")
    chain.add(DenseLayer(n_out), [W, b], n_out)
    if "own" in config:  # the caller's name, for a file of weights
        chain.activate(config["own"])
    else:
        _function(chain, config.get("activation", "linear"))


def _function(chain: Chain, function: Any) -> None:
    """Add an activation by Keras's name, or by the config that newer versions write."""
    if isinstance(function, Mapping):
        own = str(function.get("module") or "keras").split(".")[0] == "keras"
        name = function.get("config") if function.get("class_name") == "function" else None
        function = name if own else function
    if function == "gelu":
        raise ArgumentError(f"{chain.name} has the activation gelu: {GELU}.")
    if function == "leaky_relu":
        chain.activate("leaky_relu", LEAKY_SLOPE)
    elif isinstance(function, str) and function in FROM_KERAS:
        chain.activate(FROM_KERAS[function])
    else:
        raise ArgumentError(
            f"{chain.name} has the activation {repr(function)[:LONGEST]}; byhand has "
            f"{', '.join(FROM_KERAS)} and leaky_relu."
        )


def _relu(chain: Chain, config: Mapping[str, Any]) -> None:
    chain.refuse(config, max_value=(None,), threshold=(0, None))
    slope = float(config.get("negative_slope") or 0)
    chain.activate("leaky_relu" if slope else "relu", slope or None)


def _leaky_relu(chain: Chain, config: Mapping[str, Any]) -> None:
    slope = config.get("negative_slope", config.get("alpha", 0.3))
    chain.activate("leaky_relu", round(float(slope), 7))  # Keras 2 stores it as float32


def _elu(chain: Chain, config: Mapping[str, Any]) -> None:
    chain.refuse(config, alpha=(1.0,))
    chain.activate("elu")


def _softmax(chain: Chain, config: Mapping[str, Any]) -> None:
    chain.refuse(config, axis=(-1, 1))
    chain.activate("softmax")


def _batch_normalization(chain: Chain, config: Mapping[str, Any]) -> None:
    chain.refuse(config, axis=(-1, 1, [1], [-1]), center=(True,), scale=(True,), renorm=(False,))
    momentum = round(1 - float(config.get("momentum", 0.99)), 12)
    layer = BatchNormLayer(momentum=momentum, epsilon=float(config.get("epsilon", 1e-3)))
    arrays = _checked(chain, 4)
    if (arrays[-1] < 0).any():
        raise FormatError(f"the variance of {chain.name} holds negative numbers.")
    chain.add(layer, arrays)


def _layer_normalization(chain: Chain, config: Mapping[str, Any]) -> None:
    chain.refuse(
        config, axis=(-1, 1, [1], [-1]), center=(True,), scale=(True,), rms_scaling=(False,)
    )
    chain.add(LayerNormLayer(epsilon=float(config.get("epsilon", 1e-3))), _checked(chain, 2))


def _checked(chain: Chain, count: int) -> list[Array]:
    if chain.units is None:
        raise ArgumentError(f"{chain.name} comes first, and the model has no input shape.")
    return chain.arrays(*[(chain.units,)] * count)


def _dropout(chain: Chain, config: Mapping[str, Any]) -> None:
    chain.refuse(config, noise_shape=(None,))
    if chain.units is None:
        raise ArgumentError(f"{chain.name} comes first, and the model has no input shape.")
    if float(config["rate"]):
        chain.add(DropoutLayer(float(config["rate"])))


def _noise(chain: Chain, config: Mapping[str, Any]) -> None:
    chain.add(NoiseLayer(float(config["stddev"])))


def _rescaling(chain: Chain, config: Mapping[str, Any]) -> None:
    scale, offset = (
        np.asarray(config.get(k, d), np.float64) for k, d in (("scale", 1), ("offset", 0))
    )
    if not np.isfinite(scale).all() or not np.isfinite(offset).all() or not scale.all():
        raise FormatError(f"{chain.name} has the scale {scale} and the offset {offset}.")
    chain.normalise(-offset / scale, scale)


def _normalization(chain: Chain, config: Mapping[str, Any]) -> None:
    chain.refuse(config, axis=(-1, 1, [1], [-1]), invert=(False,))
    units = chain.units
    if config.get("mean") is not None:
        mean, variance = (np.asarray(config[name], np.float64) for name in ("mean", "variance"))
    else:
        del chain.datasets[2:3]  # the number of examples
        mean, variance = (a.astype(np.float64) for a in chain.arrays((units,), (units,)))
    if mean.size not in (1, units) or mean.size != variance.size or (variance < 0).any():
        raise FormatError(f"{chain.name} has {mean.size} means and {variance.size} variances.")
    deviation = np.maximum(np.sqrt(variance), 1e-7)  # Keras's own least deviation
    chain.normalise(mean.reshape(-1), 1 / deviation.reshape(-1))


def _nothing(chain: Chain, config: Mapping[str, Any]) -> None:
    """Add nothing: Flatten and Identity do not change the numbers of a row."""


def _reshape(chain: Chain, config: Mapping[str, Any]) -> None:
    if chain.parts:
        raise ArgumentError(f"{chain.name} comes after other layers; expected it first.")


READERS: dict[str, Callable[[Chain, Mapping[str, Any]], None]] = {
    "InputLayer": _input,
    "Dense": _dense,
    "Activation": lambda chain, config: _function(chain, config["activation"]),
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": _elu,
    "Softmax": _softmax,
    "BatchNormalization": _batch_normalization,
    "LayerNormalization": _layer_normalization,
    "Dropout": _dropout,
    "GaussianNoise": _noise,
    "Rescaling": _rescaling,
    "Normalization": _normalization,
    "Flatten": _nothing,
    "Identity": _nothing,
    "Reshape": _reshape,
}
"""The reader of each layer, by Keras's name of its class."""
