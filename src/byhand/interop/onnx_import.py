"""Reads ONNX models that are chains of dense layers.

The graph is followed from its input. Each node must take the result of the node before and
constants. The error for anything that byhand does not have names it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from byhand.arrays import Array, FloatArray
from byhand.errors import ArgumentError, FileError, FormatError
from byhand.extras import require
from byhand.interop.check_shapes import check_shapes
from byhand.mlp import MultiLayerPerceptron
from byhand.network.layers import BatchNormLayer, DenseLayer, InputLayer, Layer, LayerNormLayer
from byhand.untrusted_files import parse_json, read_bytes
from byhand.user_path import user_path

MOST_BYTES = 1 << 31
"""Largest size of a file in bytes, which is also the limit of ONNX."""

MOST_REUSE = 4
"""The arrays that the nodes of a chain use may take this many times the bytes of the file."""

SMALL = 1 << 16
"""Bytes that they may take in addition, because a small network has more nodes than numbers."""

MOST_NODES = 10_000
"""Largest number of nodes."""

ACTIVATIONS = {
    "Relu": "relu",
    "LeakyRelu": "leaky_relu",
    "Elu": "elu",
    "Gelu": "gelu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softmax": "softmax",
}
"""The activation of each operator."""

NORMS: dict[str, type[BatchNormLayer | LayerNormLayer]] = {
    "BatchNormalization": BatchNormLayer,
    "LayerNormalization": LayerNormLayer,
}
"""The layer of each operator that normalises."""

DIVERGED = "it contains NaN or infinity: the training that produced it diverged."

PASSING = {"Identity", "Dropout", "Cast", "Flatten", "Reshape", "Squeeze", "Unsqueeze"}
"""Operators that change no number of a row in inference."""


def load_onnx(path: str | Path, class_names: list[str] | None = None) -> MultiLayerPerceptron:
    """Read a network from an ONNX model that is a chain of dense layers.

    A division by 255 at the beginning becomes the normalisation "pixels". Batch normalisation
    remains a separate layer. If the weights are float64, so is the network.

    Args:
        path: the file.
        class_names: names of the classes; by default those in a file of `byhand.export`.

    Raises:
        FileError: there is no such file.
        FormatError: it is damaged, or not an ONNX model.
        ArgumentError: it computes something that byhand does not have; the message names it.
        MissingPackageError: ONNX is not installed.
    """
    path = user_path(path)
    onnx = require("onnx", "onnx", "reading an ONNX model needs")
    if not path.is_file():
        raise FileError(f"there is no model file {path}.")
    try:
        content = read_bytes(path, MOST_BYTES, "the model")
        onnx.checker.check_model(content)
        model = onnx.load_from_string(content)
        del content
    except Exception as error:  # protobuf and onnx raise errors of their own
        raise FormatError(f"{path} is not an ONNX model, or is damaged: {error}") from error
    facts = {one.key: one.value for one in model.metadata_props}
    try:
        if class_names is None and "class_names" in facts:
            class_names = parse_json(facts["class_names"])
        if len(model.graph.node) > MOST_NODES:
            raise FormatError(f"it has more than {MOST_NODES:,} nodes.")
        most = SMALL + MOST_REUSE * path.stat().st_size
        return _Chain(model.graph, onnx.numpy_helper.to_array, most).network(facts, class_names)
    except (ArgumentError, FormatError) as error:
        raise type(error)(f"{path}: {error}") from error
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"{path} contains a graph that cannot be followed: {error!r}") from error


@dataclass(eq=False)
class _Part:
    """A layer under construction with its arrays."""

    layer: Layer
    arrays: list[FloatArray] = field(default_factory=list)


class _Chain:
    """The layers of a graph, followed node by node."""

    def __init__(self, graph: Any, to_array: Callable[[Any], Array], most: int) -> None:
        self.convert, self.left = to_array, most  # bytes that arrays may still take
        self.constants = {one.name: self._array(one) for one in graph.initializer}
        inputs = [one.name for one in graph.input if one.name not in self.constants]
        if len(inputs) != 1 or not graph.output:
            raise ArgumentError(f"expected one input; the graph has {len(inputs)}.")
        self.current, self.output = inputs[0], graph.output[0].name
        self.gate: str | None = None  # z of a Sigmoid(z) that may become z * Sigmoid(z)
        self.parts: list[_Part] = []
        self.first: dict[str, Any] = {"normalisation": "none"}
        self.dtype: type[np.floating[Any]] = np.float32
        for node in graph.node:
            self._follow(node)
        if self.current != self.output:
            raise ArgumentError(f"the chain from {inputs[0]} does not lead to {self.output}.")

    def network(
        self, facts: Mapping[str, str], class_names: list[str] | None
    ) -> MultiLayerPerceptron:
        """Return the network."""
        dense = [part for part in self.parts if isinstance(part.layer, DenseLayer)]
        if not dense or self.parts[-1] is not dense[-1]:
            raise ArgumentError("expected a chain that ends with a dense layer.")
        units = len(self.parts[0].arrays[0])
        layers: list[InputLayer | Layer] = [InputLayer(units, **self.first)]
        layers += [part.layer for part in self.parts]
        arrays = [part.arrays for part in self.parts if part.arrays]
        check_shapes(units, [part.layer for part in self.parts], arrays)
        net = MultiLayerPerceptron(layers, seed=0, dtype=self.dtype, class_names=class_names)
        for placed, part in zip(net.stack, self.parts, strict=True):
            views = (*placed.parameters, *placed.statistics)
            for view, array in zip(views, part.arrays, strict=True):
                view[...] = array
        vectors = net.parameters.vector, net.statistics.vector
        if not all(np.isfinite(vector).all() for vector in vectors):
            raise FormatError(DIVERGED)
        if "task" in facts:
            net.facts["task"] = facts["task"]
        return net

    # --- nodes ----------------------------------------------------------------------------------

    def _follow(self, node: Any) -> None:
        """Add the computation of a node to the layers."""
        kind = node.op_type
        if node.domain:  # another domain's operator may have the name of a standard one
            raise ArgumentError(
                f"the operator {kind[:80]} belongs to {node.domain[:80]!r}; byhand reads only the "
                "standard operators of ONNX."
            )
        options = {one.name: one for one in node.attribute}
        if kind == "Constant":
            self.constants[node.output[0]] = self._array(options["value"].t)
            return
        others = [self.constants.get(name) for name in node.input if name != self.current]
        if kind == "Mul" and self.gate is not None and set(node.input) == {self.gate, self.current}:
            self._become_swish()
        elif self.current not in node.input:
            raise ArgumentError(
                f"the node {(node.name or kind)[:80]} does not continue the chain; only networks "
                "without branches can be read."
            )
        elif kind in ACTIVATIONS:
            self._activate(kind, options)
        elif any(array is None for array in others) and kind not in PASSING:
            raise ArgumentError(
                f"an input of the node {(node.name or kind)[:80]} is not a constant."
            )
        elif kind in ("Gemm", "MatMul"):
            self._dense(kind, options, [array for array in others if array is not None])
        elif kind in NORMS:
            epsilon = options["epsilon"].f if "epsilon" in options else 1e-5
            self.parts.append(_Part(NORMS[kind](epsilon=float(epsilon)), self._used(*others)))
        elif kind in ("Mul", "Div", "Add", "Sub"):
            reverse = node.input[0] != self.current
            self._scale(kind, self._used(others[0])[0].astype(np.float64), reverse)
        elif kind not in PASSING:
            raise ArgumentError(
                f"byhand has no layer like the operator {kind[:80]}; it reads Gemm, MatMul, Add, "
                f"Mul, {', '.join((*NORMS, *ACTIVATIONS))} and {', '.join(sorted(PASSING))}."
            )
        self.gate = self.current if kind == "Sigmoid" else None
        self.current = node.output[0]

    def _array(self, tensor: Any) -> Array:
        """Return the numbers of a tensor; those in another file could be any file here."""
        if tensor.data_location or tensor.external_data:
            raise FormatError(f"{tensor.name} is stored in another file, which is not read.")
        return self.convert(tensor)

    def _dense(self, kind: str, options: Mapping[str, Any], arrays: list[Array]) -> None:
        W, *biases = self._used(*arrays)
        if W.ndim != 2:
            raise ArgumentError(f"expected a matrix of weights; got the shape {W.shape}.")
        if W.dtype == np.float64:
            self.dtype = np.float64
        scale = options["alpha"].f if "alpha" in options else 1.0
        bias_scale = options["beta"].f if "beta" in options else 1.0
        if kind == "Gemm" and "transB" in options and options["transB"].i:
            W = W.T
        b = biases[0].reshape(-1) * bias_scale if biases else np.zeros(W.shape[1])
        if len(b) == 1:
            b = np.repeat(b, W.shape[1])
        self.parts.append(_Part(DenseLayer(W.shape[1]), [W if scale == 1 else W * scale, b]))

    def _used(self, *arrays: Array | None) -> list[FloatArray]:
        """Return the arrays of a node, which must be finite, and count their bytes."""
        found = [np.asarray(array) for array in arrays]
        self._count(*found)
        if any(array.dtype.kind != "f" for array in found):
            raise FormatError(
                f"it computes with {', '.join(str(a.dtype) for a in found)}; expected floats."
            )
        if not all(np.isfinite(array).all() for array in found):
            raise FormatError(DIVERGED)
        return found

    def _count(self, *arrays: Array) -> None:
        self.left -= sum(array.nbytes for array in arrays)
        if self.left < 0:
            raise ArgumentError("it uses the same matrices again and again, which takes memory.")

    def _activate(self, kind: str, options: Mapping[str, Any]) -> None:
        last = self.parts[-1] if self.parts else None
        name = ACTIVATIONS[kind]
        if (
            last is None
            or last.layer.activation is None
            or last.layer.activation.name != "identity"
        ):
            raise ArgumentError(f"the operator {kind} does not follow a dense layer.")
        alpha = float(options["alpha"].f) if "alpha" in options else {"elu": 1.0}.get(name, 0.01)
        if name == "elu" and alpha != 1:
            raise ArgumentError(f"byhand's elu has alpha = 1; this Elu has {alpha:g}.")
        if name == "gelu" and ("approximate" not in options or options["approximate"].s != b"tanh"):
            raise ArgumentError(
                "byhand's gelu is the tanh form; this Gelu uses the error function."
            )
        slope = round(alpha, 7) if name == "leaky_relu" else None  # float32 in the file
        last.layer = replace(last.layer, fn=name, slope=slope)  # type: ignore[type-var]

    def _without_activation(self) -> _Part | None:
        """Return the last layer if it has no activation yet."""
        last = self.parts[-1] if self.parts else None
        fn = None if last is None else last.layer.activation
        return last if fn is not None and fn.name == "identity" else None

    def _become_swish(self) -> None:
        last = self.parts[-1]
        last.layer = replace(last.layer, fn="swish")  # type: ignore[type-var]

    def _scale(self, kind: str, value: FloatArray, reverse: bool) -> None:
        """Fold x * value, x / value, x + value or x - value into the layers."""
        if kind in ("Div", "Sub") and reverse:
            raise ArgumentError(f"the operator {kind} takes the chain as its second input.")
        with np.errstate(divide="ignore"):  # infinite weights are found at the end
            factor = {"Mul": value, "Div": 1 / value}.get(kind, np.ones(()))
        shift = {"Add": value, "Sub": -value}.get(kind, np.zeros(()))
        last = self._without_activation()
        is_pixels = factor.size == 1 and abs(float(factor.reshape(-1)[0]) * 255 - 1) < 1e-6
        if not self.parts and is_pixels and self.first["normalisation"] == "none":
            self.first = {"normalisation": "pixels"}
        elif last is not None and not isinstance(last.layer, LayerNormLayer):
            scaled = slice(None) if isinstance(last.layer, DenseLayer) else slice(0, 2)
            if kind in ("Mul", "Div"):
                self._count(*last.arrays[scaled])
                last.arrays[scaled] = [array * factor.reshape(-1) for array in last.arrays[scaled]]
            self._count(last.arrays[1])
            last.arrays[1] = last.arrays[1] + shift.reshape(-1)
        else:
            self._add_scale(factor, shift)

    def _add_scale(self, factor: FloatArray, shift: FloatArray) -> None:
        """Add batch normalisation whose statistics change nothing."""
        units = max(factor.size, shift.size)
        if last := next((p for p in reversed(self.parts) if isinstance(p.layer, DenseLayer)), None):
            units = last.layer.n_out(0)
        if units == 1:
            raise ArgumentError(
                "one number scales or shifts the inputs; byhand reads a division by 255, or one "
                "number for each column."
            )
        layer = BatchNormLayer()
        ones = np.ones(units)
        self._count(*[ones] * 4)
        arrays = [ones * factor.reshape(-1), ones * shift.reshape(-1), 0 * ones]
        self.parts.append(_Part(layer, [*arrays, ones - layer.epsilon]))
