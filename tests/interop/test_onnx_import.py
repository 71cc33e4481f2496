"""ONNX models that are chains of dense layers become networks; others are refused by name."""

from __future__ import annotations

import numpy as np
import pytest
from tests.interop.networks import NETWORKS, PIXELS

from byhand import ArgumentError, FileError, FormatError, export, load_onnx

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
helper, TensorProto = onnx.helper, onnx.TensorProto
RNG = np.random.default_rng(5)


def model(nodes, path, inputs=4, outputs=3, constants=()):
    """Write a model of nodes (operator, inputs, output, attributes)."""
    made = [
        helper.make_node(kind, names, [output], **dict(rest[0] if rest else {}))
        for kind, names, output, *rest in nodes
    ]
    graph = helper.make_graph(
        made,
        "test",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", outputs])],
        [onnx.numpy_helper.from_array(np.asarray(v, np.float32), k) for k, v in constants],
    )
    built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    path.write_bytes(built.SerializeToString())
    return path


def same_as_onnx_runtime(path, x, net):
    session = runtime.InferenceSession(str(path))
    (y,) = session.run(None, {"x": x.astype(np.float32)})
    np.testing.assert_allclose(net.predict_proba(x), y, atol=2e-6)


@pytest.mark.parametrize("name", [n for n in NETWORKS if "standardised" not in n and n != "counts"])
def test_what_was_exported_is_read_again(name, tmp_path):
    net, x = NETWORKS[name]()

    back = load_onnx(export(net, tmp_path / "net.onnx"))

    assert back.widths_of_dense() == net.widths_of_dense()
    assert back.input_layer.normalisation == net.input_layer.normalisation
    assert (back.class_names, back.task) == (net.class_names, net.task)
    assert back.dtype == net.dtype
    np.testing.assert_allclose(back.predict_proba(x), net.predict_proba(x), rtol=1e-5, atol=2e-6)


W1, b1 = RNG.normal(size=(4, 6)), RNG.normal(size=6)
W2, b2 = RNG.normal(size=(6, 3)), RNG.normal(size=3)
ARRAYS = {
    "W1": W1, "W1T": W1.T, "b1": b1, "W2": W2, "b2": b2, "half": np.float32(0.5),
    "s": RNG.uniform(0.5, 2, 6), "t": RNG.normal(size=6), "m": RNG.normal(size=6),
    "v": RNG.uniform(0.5, 2, 6), "xs": RNG.uniform(0.5, 2, 4), "xt": RNG.normal(size=4),
}  # fmt: skip

CHAINS = {
    "matmul, add": [
        ("MatMul", ["x", "W1"], "a"), ("Add", ["a", "b1"], "b"), ("Relu", ["b"], "c"),
        ("MatMul", ["c", "W2"], "d"), ("Add", ["b2", "d"], "e"),
        ("Softmax", ["e"], "y", {"axis": 1}),
    ],
    "transposed gemm without bias, alpha": [
        ("Gemm", ["x", "W1T"], "a", {"transB": 1, "alpha": 0.5}), ("Tanh", ["a"], "b"),
        ("Gemm", ["b", "W2", "b2"], "y", {"beta": 2.0}),
    ],
    "batch normalisation, dropout, identity": [
        ("Flatten", ["x"], "f"), ("Gemm", ["f", "W1", "b1"], "a"),
        ("BatchNormalization", ["a", "s", "t", "m", "v"], "b", {"epsilon": 1e-3}),
        ("LeakyRelu", ["b"], "c", {"alpha": 0.2}), ("Dropout", ["c"], "d"),
        ("Identity", ["d"], "e"), ("Gemm", ["e", "W2", "b2"], "y"),
    ],
    "scaled columns, and scaled after an activation": [
        ("Sub", ["x", "xt"], "p"), ("Div", ["p", "xs"], "q"), ("Gemm", ["q", "W1", "b1"], "a"),
        ("Mul", ["a", "half"], "b"), ("Sigmoid", ["b"], "c"), ("Mul", ["c", "s"], "d"),
        ("Add", ["d", "t"], "e"), ("Gemm", ["e", "W2", "b2"], "y"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
def test_chains_of_other_programs_give_what_onnx_runtime_gives(name, tmp_path):
    path = model(CHAINS[name], tmp_path / "net.onnx", constants=ARRAYS.items())

    same_as_onnx_runtime(path, RNG.normal(size=(20, 4)), load_onnx(path))


def test_a_model_of_torch_is_read(tmp_path):
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(
        torch.nn.Linear(4, 6), torch.nn.SiLU(), torch.nn.Linear(6, 3), torch.nn.Softmax(dim=1)
    ).eval()
    parts = [p.detach().numpy() for p in module.parameters()]
    nodes = [
        ("Gemm", ["x", "A", "a"], "z", {"transB": 1}), ("Sigmoid", ["z"], "g"),
        ("Mul", ["z", "g"], "h"), ("Gemm", ["h", "B", "b"], "u", {"transB": 1}),
        ("Softmax", ["u"], "y", {"axis": 1}),
    ]  # fmt: skip
    path = model(nodes, tmp_path / "net.onnx", constants=zip("AaBb", parts, strict=True))
    x = RNG.normal(size=(9, 4)).astype(np.float32)

    net = load_onnx(path, class_names=["a", "b", "c"])

    expected = module(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(net.predict_proba(x), expected, atol=1e-6)
    assert net.layers[1].activation.name == "swish"


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([("Conv", ["x", "W1"], "y")], "no layer like the operator Conv"),
        ([("Relu", ["x"], "y")], "does not follow a dense layer"),
        (
            [("Gemm", ["x", "W1"], "a"), ("Gelu", ["a"], "y")],
            "byhand's gelu is the tanh form",
        ),
        (
            [("Gemm", ["x", "W1"], "a"), ("Elu", ["a"], "y", {"alpha": 2.0})],
            "this Elu has 2",
        ),
        (
            [("Gemm", ["x", "W1"], "a"), ("Relu", ["a"], "b"), ("Add", ["a", "b"], "y")],
            "is not a constant",
        ),
        ([("Mul", ["x", "half"], "a"), ("Gemm", ["a", "W1"], "y")], "a division by 255"),
        ([("Identity", ["x"], "y")], "ends with a dense layer"),
    ],
)
def test_what_byhand_does_not_have_is_named(nodes, message, tmp_path):
    path = model(nodes, tmp_path / "net.onnx", outputs=6, constants=ARRAYS.items())

    with pytest.raises(ArgumentError, match=message):
        load_onnx(path)


def test_an_operator_of_another_domain_is_refused(tmp_path):
    path = tmp_path / "net.onnx"
    built = onnx.load(model([("MatMul", ["x", "W1"], "y")], path, constants=ARRAYS.items()))
    built.graph.node[0].domain = "com.example"
    built.opset_import.append(helper.make_opsetid("com.example", 1))
    path.write_bytes(built.SerializeToString())

    with pytest.raises(ArgumentError, match=r"MatMul belongs to 'com\.example'"):
        load_onnx(path)


def test_damaged_and_missing_files_are_reported(tmp_path):
    path = tmp_path / "net.onnx"
    with pytest.raises(FileError, match="there is no model file"):
        load_onnx(path)
    net, _ = NETWORKS["one sigmoid"]()
    content = export(net, path).read_bytes()
    for damaged in (b"", b"x" * 99, content[: len(content) // 2]):
        path.write_bytes(damaged)
        with pytest.raises((FormatError, ArgumentError), match=r"net\.onnx"):
            load_onnx(path)
    arrays = {**ARRAYS, "W1": np.full((4, 6), np.nan)}
    broken = model([("Gemm", ["x", "W1"], "y")], path, outputs=6, constants=arrays.items())
    with pytest.raises(FormatError, match="NaN or infinity"):
        load_onnx(broken)


def test_pixels_stay_pixels(tmp_path):
    net, _ = NETWORKS["no hidden layer, class names"]()

    back = load_onnx(export(net, tmp_path / "net.onnx"))

    assert back.input_layer.normalisation == "pixels"
    np.testing.assert_array_equal(back.predict(PIXELS), net.predict(PIXELS))


def test_numbers_of_another_file_are_not_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_bytes(np.ones((4, 3), np.float32).tobytes())
    path = model([("MatMul", ["x", "W"], "y")], tmp_path / "a.onnx", constants=[("W", [[1.0]])])
    built = onnx.load(path)
    weights = built.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.dims[:], weights.data_location = [4, 3], TensorProto.EXTERNAL
    place = weights.external_data.add()
    place.key, place.value = "location", "secret"
    path.write_bytes(built.SerializeToString())

    with pytest.raises(FormatError, match="W is stored in another file"):
        load_onnx(path)


def test_a_matrix_that_is_used_again_and_again_takes_no_memory(tmp_path):
    chain = [("MatMul", [f"a{k}", "W"], f"a{k + 1}") for k in range(50)]
    nodes = [("Identity", ["x"], "a0"), *chain, ("Identity", ["a50"], "y")]
    path = model(nodes, tmp_path / "a.onnx", 99, 99, [("W", np.ones((99, 99)))])

    with pytest.raises(ArgumentError, match="the same matrices again"):
        load_onnx(path)


def test_a_chain_that_lies_about_a_width_takes_no_memory(tmp_path):
    nodes = [("MatMul", ["x", "V"], "a"), ("MatMul", ["a", "V"], "y")]
    path = model(nodes, tmp_path / "a.onnx", 1, 10**6, [("V", np.ones((1, 10**6)))])

    with pytest.raises(FormatError, match=r"takes an array of the shape \(1000000, 1000000\)"):
        load_onnx(path)


@pytest.mark.parametrize("names", ["[1,", "[" * 5000])
def test_damaged_class_names_are_reported(names, tmp_path):
    path = model(
        [("MatMul", ["x", "W"], "y")], tmp_path / "a.onnx", constants=[("W", np.ones((4, 3)))]
    )
    built = onnx.load(path)
    entry = built.metadata_props.add()
    entry.key, entry.value = "class_names", names
    path.write_bytes(built.SerializeToString())

    with pytest.raises(FormatError, match="cannot be followed"):
        load_onnx(path)


@pytest.mark.parametrize("name", ["s", "t", "m", "v", "W1", "b2"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(name, value, tmp_path):
    """Also the running statistics of batch normalisation, which are no weights."""
    changed = ARRAYS | {name: np.array(ARRAYS[name])}
    changed[name].flat[-1] = value
    nodes = CHAINS["batch normalisation, dropout, identity"]
    path = model(nodes, tmp_path / "net.onnx", constants=changed.items())

    with pytest.raises(FormatError, match="contains NaN or infinity"):
        load_onnx(path)


def many(operator, name, count):
    """A chain of the same operators after a matrix of 4 x 50,000."""
    alternating = (operator, "Relu") if operator == "Mul" and name == "b" else (operator,)
    kinds = [alternating[k % len(alternating)] for k in range(count)]
    more = {"Mul": [name], "BatchNormalization": [name] * 4}
    chain = [(kind, [f"a{k}", *more.get(kind, [])], f"a{k + 1}") for k, kind in enumerate(kinds)]
    return [("MatMul", ["x", "W"], "a0"), *chain, ("Identity", [f"a{count}"], "y")]


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        (many("Mul", "s", 1000), "the same matrices again"),
        (many("Mul", "b", 1000), "the same matrices again"),
        (many("BatchNormalization", "b", 50), "the same matrices again"),
        (many("Identity", "b", 10_001), "more than 10,000 nodes"),
    ],
)
def test_a_chain_of_many_nodes_takes_neither_time_nor_memory(nodes, words, tmp_path):
    numbers = [("W", np.ones((4, 50_000))), ("b", np.ones(50_000)), ("s", np.ones(()))]
    path = model(nodes, tmp_path / "a.onnx", 4, 50_000, numbers)

    with pytest.raises((ArgumentError, FormatError), match=words):
        load_onnx(path)


@pytest.mark.parametrize(
    ("kind", "words"), [(np.int8, "expected floats"), (np.complex64, "expected floats")]
)
def test_weights_that_are_no_floats_are_refused(kind, words, tmp_path):
    path = model([("MatMul", ["x", "W"], "y")], tmp_path / "a.onnx", 3, 2, [])
    graph = onnx.load(path)
    graph.graph.initializer.append(onnx.numpy_helper.from_array(np.ones((3, 2), kind), "W"))
    path.write_bytes(graph.SerializeToString())

    with pytest.raises(FormatError, match=words):
        load_onnx(path)


def test_a_negative_variance_is_refused(tmp_path):
    norm = ("BatchNormalization", ["x", "one", "one", "one", "minus"], "a")
    numbers = [("one", np.ones(3)), ("minus", -np.ones(3)), ("W", np.ones((3, 2)))]
    path = model([norm, ("MatMul", ["a", "W"], "y")], tmp_path / "a.onnx", 3, 2, numbers)

    with pytest.raises(FormatError, match="negative numbers"):
        load_onnx(path)
