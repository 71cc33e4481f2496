"""A network as an ONNX model: raw inputs in, outputs out.

The graph uses ONNX's own operators: Gemm for dense layers, Softmax and so on. It computes in the
precision of the network, float32 or float64. Test vectors are in the metadata of the model.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from byhand import __version__
from byhand.errors import ArgumentError
from byhand.extras import require
from byhand.interop.array_text import packed
from byhand.interop.export.program import Dense, LayerNorm, Program, Step
from byhand.interop.export.vectors import Vectors
from byhand.network.activations import Activation

OPSET, IR = 20, 10
"""Version of the operators, the first with Gelu, and of the file format that came with it."""

OPERATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {}),  # alpha is the slope
    "elu": ("Elu", {"alpha": 1.0}),
    "gelu": ("Gelu", {"approximate": "tanh"}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "softplus": ("Softplus", {}),
    "softmax": ("Softmax", {"axis": 1}),
}
"""Operator and attributes of each activation; swish is z * Sigmoid(z), identity nothing."""

SINGLE_ONLY = {"LeakyRelu", "Elu", "Softplus"}
"""Operators that ONNX Runtime has for float32 only, on CPUs."""


def onnx_model(program: Program, vectors: Vectors) -> bytes:
    """Return the model as the bytes of its file; it computes in the program's precision.

    Raises:
        ArgumentError: an activation of the user's own.
        MissingPackageError: ONNX is not installed.
    """
    onnx = require("onnx", "onnx", "an ONNX model needs")
    graph = _Graph(onnx, program.dtype)
    first = program.input
    kind = graph.kind if first.mean is None else onnx.TensorProto.DOUBLE
    name = graph.scaled(first.mean, first.factor)
    for step in program.steps:
        name = graph.layer(step, name)
    graph.nodes[-1].output[0] = "y"
    make = onnx.helper
    built = make.make_graph(
        graph.nodes,
        "byhand",
        [make.make_tensor_value_info("x", kind, ["n", first.units])],
        [make.make_tensor_value_info("y", graph.kind, ["n", program.units])],
        graph.constants,
    )
    opset = make.make_opsetid("", OPSET)
    model = make.make_model(
        built, opset_imports=[opset], ir_version=IR, producer_name="byhand",
        producer_version=__version__, doc_string=program.title,
    )  # fmt: skip
    make.set_model_props(model, _properties(program, vectors))
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


class _Graph:
    """The nodes and the constants of a graph while it is built.

    Args:
        onnx: the module.
        dtype: precision of the layers.
    """

    def __init__(self, onnx: Any, dtype: np.dtype[np.generic]) -> None:
        self.onnx, self.dtype = onnx, dtype
        self.kind = onnx.helper.np_dtype_to_tensor_dtype(dtype)
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def scaled(self, mean: ArrayLike | None, factor: ArrayLike) -> str:
        """Add the normalisation; return the name of A0."""
        if mean is None and np.all(np.asarray(factor) == 1):
            return "x"
        if mean is None:
            return self.add("Mul", ["x", self.constant("factor", factor)], "A0")
        wide = np.dtype(np.float64)
        centred = self.add("Sub", ["x", self.constant("mean", mean, wide)], "centred")
        scaled = self.add("Mul", [centred, self.constant("factor", factor, wide)], "scaled")
        return scaled if self.dtype == wide else self.add("Cast", [scaled], "A0", to=self.kind)

    def layer(self, step: Step, x: str) -> str:
        """Add a layer; return the name of its output."""
        l = step.number  # noqa: E741 - the l of Wl
        names = [self.constant(name, array) for name, array in step.arrays.items()]
        if isinstance(step, Dense):
            z = self.add("Gemm", [x, *names], f"Z{l}")
            return self.activation(step.activation, z, f"A{l}")
        if isinstance(step, LayerNorm):
            options = {"axis": -1, "epsilon": step.epsilon}
            z = self.add("LayerNormalization", [x, *names], f"Z{l}_layer_norm", **options)
            return self.activation(step.activation, z, f"A{l}_layer_norm")
        scale, shift = names
        product = self.add("Mul", [x, scale], f"A{l}_scaled")
        z = self.add("Add", [product, shift], f"Z{l}_batch_norm")
        return self.activation(step.activation, z, f"A{l}_batch_norm")

    def activation(self, fn: Activation, z: str, name: str) -> str:
        """Add an activation; return the name of its output."""
        if fn.name == "identity":
            return z
        if fn.name == "exp":  # exp(min(z, 80))
            most = self.constant("most", 80)
            return self.add("Exp", [self.add("Min", [z, most], f"{name}_bounded")], name)
        if fn.name == "swish":
            return self.add("Mul", [z, self.add("Sigmoid", [z], f"{name}_gate")], name)
        if fn.name not in OPERATORS:
            raise ArgumentError(
                f"ONNX has no operator for the activation {fn.name!r}; it has those for "
                f"{', '.join(OPERATORS)}, swish and exp."
            )
        operator, attributes = OPERATORS[fn.name]
        slope = {"alpha": fn.slope} if fn.name == "leaky_relu" else {}
        if operator not in SINGLE_ONLY or self.dtype == np.float32:
            return self.add(operator, [z], name, **attributes, **slope)
        single = self.add("Cast", [z], f"{z}_single", to=self.onnx.TensorProto.FLOAT)
        a = self.add(operator, [single], f"{name}_single", **attributes, **slope)
        return self.add("Cast", [a], name, to=self.kind)

    def add(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Add a node; return the name of its output."""
        node = self.onnx.helper.make_node(operator, inputs, [output], output, **attributes)
        self.nodes.append(node)
        return output

    def constant(
        self, name: str, value: ArrayLike, dtype: np.dtype[np.generic] | None = None
    ) -> str:
        """Add an array, in the precision of the layers unless given; return its name."""
        array = np.asarray(value, dtype or self.dtype)
        if all(one.name != name for one in self.constants):
            self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name


# --- metadata -----------------------------------------------------------------------------------


def _properties(program: Program, vectors: Vectors) -> dict[str, str]:
    names = program.class_names
    return {
        "task": program.task,
        **({"class_names": json.dumps(names)} if names else {}),
        "test_x": packed(vectors.x),
        "test_y": packed(vectors.y),
    }
