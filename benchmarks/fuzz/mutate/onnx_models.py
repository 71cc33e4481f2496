"""Change ONNX models: tensors, nodes, attributes, inputs, outputs, versions and metadata."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from benchmarks.fuzz.mutate.json_text import broken_text
from benchmarks.fuzz.mutate.octets import an_integer, mutate_octets
from benchmarks.fuzz.mutate.words import a_cell, a_text

OPERATORS = (
    "Gemm", "MatMul", "Add", "Sub", "Mul", "Div", "Relu", "LeakyRelu", "Elu", "Gelu", "Sigmoid",
    "Tanh", "Softplus", "Softmax", "BatchNormalization", "LayerNormalization", "Identity",
    "Dropout", "Cast", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Constant", "Conv", "If", "",
)  # fmt: skip

NAMES = ("alpha", "beta", "transA", "transB", "epsilon", "approximate", "axis", "to", "value", "")

FRACTIONS = (0.0, -1.0, 1.0, 0.5, 3e38, 1e-45, float("nan"), float("inf"))

FILES = ("/etc/passwd", "/dev/zero", "a.onnx", "../a.onnx", "")


def mutate_onnx(data: bytes, rng: Random) -> bytes:
    """Return a model with one to three changes of its graph, or with changed bytes."""
    from onnx import ModelProto

    if rng.random() < 0.2:
        return mutate_octets(data, rng)
    model = ModelProto()
    try:
        model.ParseFromString(data)
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            rng.choice(_STEPS)(model, rng)
        return bytes(model.SerializeToString())
    except Exception:  # damaged by an earlier change, or a value that protobuf refuses
        return mutate_octets(data, rng)


def _an_int64(rng: Random) -> int:
    return (an_integer(rng) + (1 << 63)) % (1 << 64) - (1 << 63)


def _a_name(rng: Random) -> str:
    return a_text(rng).encode("utf-8", "replace").decode()[:1000]


def _change_tensor(model: Any, rng: Random) -> None:
    """Change the type, shape, numbers, name or place of a tensor."""
    tensors = [*model.graph.initializer]
    tensors += [one.t for node in model.graph.node for one in node.attribute if one.HasField("t")]
    rng.choice(_TENSOR_STEPS)(rng.choice(tensors), rng)


def _change_shape(tensor: Any, rng: Random) -> None:
    sizes = list(tensor.dims)
    del tensor.dims[:]
    change = rng.randrange(4)
    if change == 0:
        sizes = [_an_int64(rng) for _ in range(rng.choice((0, 1, 1, 2, 3, 70)))]
    elif change == 1:
        sizes.reverse()
    elif change == 2 and sizes:
        sizes[rng.randrange(len(sizes))] += rng.choice((1, -1))
    else:
        sizes.insert(rng.randrange(len(sizes) + 1), rng.choice((0, 1, -1)))
    tensor.dims.extend(sizes)


def _change_type(tensor: Any, rng: Random) -> None:
    tensor.data_type = rng.randrange(28)


def _change_numbers(tensor: Any, rng: Random) -> None:
    """Change the bytes of the numbers, or give numbers in another field."""
    change = rng.randrange(6)
    if change == 0:
        tensor.ClearField("raw_data")
    elif change == 1:
        tensor.float_data.extend([rng.choice(FRACTIONS) for _ in range(rng.choice((1, 4, 100)))])
    elif change == 2:
        tensor.int32_data.extend([rng.randrange(1 << 16)] * rng.choice((1, 12)))
    elif change == 3:
        tensor.string_data.append(_a_name(rng).encode())
    else:
        tensor.raw_data = mutate_octets(tensor.raw_data, rng)


def _rename_tensor(tensor: Any, rng: Random) -> None:
    tensor.name = rng.choice((_a_name(rng), "x", "W1", "b1"))


def _put_elsewhere(tensor: Any, rng: Random) -> None:
    """Say that the numbers are in another file."""
    tensor.data_location = rng.choice((0, 1))
    for key in rng.choice((("location",), ("location", "offset", "length"), ("a",))):
        entry = tensor.external_data.add()
        entry.key = key
        entry.value = rng.choice(FILES) if key == "location" else str(an_integer(rng))


_TENSOR_STEPS: tuple[Callable[[Any, Random], None], ...] = (
    _change_shape, _change_shape, _change_type, _change_numbers, _change_numbers, _rename_tensor,
    _put_elsewhere,
)  # fmt: skip


def _change_node(model: Any, rng: Random) -> None:
    """Change the operator, the inputs or outputs, or the attributes of a node."""
    node = rng.choice(list(model.graph.node))
    known = [name for other in model.graph.node for name in (*other.input, *other.output)]
    change = rng.randrange(6)
    names = node.input if rng.random() < 0.7 else node.output
    if change == 0:
        node.op_type = rng.choice(OPERATORS)
    elif change == 1 and names:
        names[rng.randrange(len(names))] = rng.choice((*known, _a_name(rng)))
    elif change == 2:
        names.append(rng.choice(known))
    elif change == 3 and names:
        del names[rng.randrange(len(names))]
    elif change == 4:
        node.domain = rng.choice(("", "ai.onnx", "ai.onnx.ml", _a_name(rng)))
    else:
        _change_attribute(node, rng)


def _change_attribute(node: Any, rng: Random) -> None:
    """Add, remove or change an attribute."""
    if node.attribute and rng.random() < 0.3:
        del node.attribute[rng.randrange(len(node.attribute))]
        return
    add = not node.attribute or rng.random() < 0.5
    one = node.attribute.add() if add else rng.choice(list(node.attribute))
    if add:
        one.name = rng.choice(NAMES)
    one.type = rng.randrange(15)
    change = rng.randrange(5)
    if change == 0:
        one.f = rng.choice(FRACTIONS)
    elif change == 1:
        one.i = _an_int64(rng)
    elif change == 2:
        one.s = rng.choice((b"tanh", b"none", _a_name(rng).encode()))
    elif change == 3:
        one.ints.extend([_an_int64(rng)] * rng.choice((1, 3)))
    else:
        _change_shape(one.t, rng)


def _change_lists(model: Any, rng: Random) -> None:
    """Remove, repeat or move an entry of a list of the graph."""
    graph = model.graph
    entries = rng.choice((graph.node, graph.node, graph.initializer, graph.input, graph.output))
    if not entries:
        return
    place = rng.randrange(len(entries))
    change = rng.randrange(3)
    if change == 0:
        del entries[place]
    elif change == 1:
        again = type(entries[place])()
        again.CopyFrom(entries[place])
        entries.extend([again] * rng.choice((1, 1, 30)))
    else:
        kept = [type(one).FromString(one.SerializeToString()) for one in entries]
        kept.insert(rng.randrange(len(kept)), kept.pop(place))
        del entries[:]
        entries.extend(kept)


def _change_input(model: Any, rng: Random) -> None:
    """Change the name, type or shape of an input or an output."""
    one = rng.choice([*model.graph.input, *model.graph.output])
    change = rng.randrange(4)
    if change == 0:
        one.name = _a_name(rng)
    elif change == 1:
        one.type.tensor_type.elem_type = rng.randrange(28)
    elif change == 2:
        one.type.tensor_type.shape.dim.add().dim_value = _an_int64(rng)
    else:
        one.ClearField("type")


def _change_versions(model: Any, rng: Random) -> None:
    model.ir_version = rng.choice((0, 3, 8, 10, 99, _an_int64(rng)))
    if model.opset_import:
        model.opset_import[0].version = rng.choice((1, 6, 7, 13, 20, 99, _an_int64(rng)))


def _change_metadata(model: Any, rng: Random) -> None:
    """Change what the file says about itself: its class names, its task."""
    one = model.metadata_props.add() if rng.random() < 0.3 else None
    one = one or rng.choice([*model.metadata_props] or [model.metadata_props.add()])
    one.key = rng.choice(("class_names", "task", one.key or "class_names"))
    text = rng.choice((one.value, '["a", "b"]', '{"a": null}', "null", a_cell(rng)))
    one.value = broken_text(text, rng).encode("utf-8", "replace").decode()


_STEPS: tuple[Callable[[Any, Random], None], ...] = (
    _change_tensor, _change_tensor, _change_tensor, _change_node, _change_node, _change_node,
    _change_lists, _change_input, _change_versions, _change_metadata,
)  # fmt: skip
