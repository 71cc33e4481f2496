"""The model file: everything that makes a network comes back, and damaged files are refused."""

from __future__ import annotations

import errno
import json
import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from byhand import (
    ACTIVATIONS,
    AbsoluteError,
    ArgumentError,
    BatchNormLayer,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    DenseLayer,
    DropoutLayer,
    FileError,
    FormatError,
    Huber,
    InputLayer,
    MultiLayerPerceptron,
    SquaredError,
)

RNG = np.random.default_rng(0)
X = RNG.normal(3, 2, (20, 6))
Y = np.arange(20) % 3


RELU = (DenseLayer(5, "relu"),)


def network(hidden=RELU, output="softmax", normalisation="none", **options):
    layers = [InputLayer(6, normalisation), *hidden, DenseLayer(3, output)]
    return MultiLayerPerceptron(layers, **{"seed": 3} | options)


def round_trip(net, tmp_path):
    return MultiLayerPerceptron.load(net.save(tmp_path / "net.safetensors"))


def metadata_of(path):
    with safe_open(str(path), framework="numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def assert_same(net, other, x=X):
    np.testing.assert_array_equal(other.predict_proba(x), net.predict_proba(x))
    np.testing.assert_array_equal(other.parameters.vector, net.parameters.vector)
    np.testing.assert_array_equal(other.statistics.vector, net.statistics.vector)
    assert other.dtype == net.dtype
    assert other.loss == net.loss
    assert other.seed == net.seed
    assert other.class_names == net.class_names
    assert other.facts == net.facts
    assert [layer.kind for layer in other.layers] == [layer.kind for layer in net.layers]


# --- round trips --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_activation_comes_back(name, dtype, tmp_path):
    net = network([DenseLayer(5, name)], name, dtype=dtype)

    assert_same(net, round_trip(net, tmp_path))


@pytest.mark.parametrize(
    "hidden",
    [
        [],
        [DenseLayer(5, "leaky_relu", slope=0.37)],
        [DenseLayer(5), BatchNormLayer("leaky_relu", slope=0.2, momentum=0.3, epsilon=1e-3)],
        [DropoutLayer(0.25), BatchNormLayer(), DenseLayer(5, "silu"), DropoutLayer(0.5)],
        [DenseLayer(5, "relu", weight_init="lecun", bias_init="small_constant")] * 3,
    ],
    ids=["none", "leaky_relu", "batch norm", "dropout", "deep"],
)
def test_every_kind_of_layer_comes_back(hidden, tmp_path):
    net = network(hidden)
    net.fit(X, Y, epochs=2, verbose=0)

    other = round_trip(net, tmp_path)

    assert_same(net, other)
    for layer, loaded in zip(net.layers[1:], other.layers[1:], strict=True):
        assert type(loaded) is type(layer)
        assert loaded.config() == layer.config()
        assert getattr(loaded.activation, "slope", None) == getattr(layer.activation, "slope", None)


@pytest.mark.parametrize(
    ("loss", "output"),
    [
        (CategoricalCrossEntropy(0.1), "softmax"),
        (BinaryCrossEntropy(0.2), "sigmoid"),
        (SquaredError(), "softmax"),
        (AbsoluteError(), "identity"),
        (Huber(0.7), "tanh"),
    ],
    ids=lambda entry: getattr(entry, "name", entry),
)
def test_every_loss_comes_back_with_its_options(loss, output, tmp_path):
    net = network(output=output, loss=loss)

    assert_same(net, round_trip(net, tmp_path))


@pytest.mark.parametrize(
    ("normalisation", "x"),
    [
        ("auto", X),
        ("none", X),
        ("standardise", X),
        ("standardise", X.reshape(20, 2, 3)),
        ("pixels", RNG.integers(0, 256, (20, 6), dtype=np.uint8)),
        ("auto", RNG.integers(0, 256, (20, 2, 3), dtype=np.uint8)),
        ("auto", RNG.random((20, 6))),
    ],
    ids=["auto", "none", "columns", "images", "pixels", "auto pixels", "auto none"],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_normalisation_comes_back_with_what_it_learnt(normalisation, x, dtype, tmp_path):
    net = network(normalisation=normalisation, dtype=dtype)
    net.fit(x, Y, epochs=1, verbose=0)

    other = round_trip(net, tmp_path)

    assert_same(net, other, x)
    assert other.input_layer.normalisation == net.input_layer.normalisation != "auto"
    assert other.input_layer.input_range == net.input_layer.input_range


def test_columns_far_from_zero_come_back_with_all_digits_of_their_mean(tmp_path):
    x = RNG.integers(0, 1000, (20, 6)) + 1_700_000_000
    net = network(normalisation="standardise", dtype="float32")
    net.fit(x, Y, epochs=1, verbose=0)

    other = round_trip(net, tmp_path)

    assert_same(net, other, x)
    assert other.input_layer.mean.dtype == np.float64
    np.testing.assert_allclose(other.input_layer.mean, x.mean(axis=0), rtol=1e-15)


def test_the_scale_of_a_file_of_byhand_0_1_0_stays_what_it_is(tmp_path):
    factor, offset = RNG.normal(size=(2, 6)).astype(np.float32)
    scale = InputLayer(6, "standardise", factor=factor, offset=offset, input_range=(-9.0, 9.0))
    old = MultiLayerPerceptron([scale, DenseLayer(3, "softmax")], dtype="float32", seed=0)

    other = round_trip(old, tmp_path)

    assert_same(old, other, X)
    assert other.input_layer.mean is None
    np.testing.assert_array_equal(other.input_layer.offset, offset)


def test_a_scale_of_null_is_that_of_the_normalisation(tmp_path):
    net = network()
    path = net.save(tmp_path / "net.safetensors")
    layers = json.loads(metadata_of(path)[1]["layers"])
    layers[0]["factor"] = None
    changed(path, layers=json.dumps(layers))

    assert_same(net, MultiLayerPerceptron.load(path), X)


def test_an_untrained_network_comes_back_too(tmp_path):
    net = network(normalisation="auto")

    assert round_trip(net, tmp_path).input_layer == net.input_layer


def test_names_and_facts_come_back(tmp_path):
    net = network(class_names=["cat", "dog", "Ünïcode ✍"])
    net.facts = {"data": "MNIST", "accuracy": 0.97, "epochs": [1, 2], "nested": {"none": None}}

    assert_same(net, round_trip(net, tmp_path))


def test_a_loaded_network_trains_as_the_original_would(tmp_path):
    net = network([DenseLayer(5), BatchNormLayer("relu"), DropoutLayer(0.3)])
    net.fit(X, Y, epochs=2, verbose=0)
    other = round_trip(net, tmp_path)

    for one in (net, other):
        one.fit(X, Y, epochs=2, verbose=0)

    np.testing.assert_array_equal(other.parameters.vector, net.parameters.vector)


def test_a_loaded_network_initialises_to_the_same_values(tmp_path):
    hidden = [DenseLayer(5, "relu", weight_init="lecun")]
    net = network(hidden, weight_init="glorot", bias_init="small_constant")
    start = net.parameters.vector.copy()
    other = round_trip(net, tmp_path)

    other.initialize()

    np.testing.assert_array_equal(other.parameters.vector, start)


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["relu", "gelu", "tanh"])), max_size=4),
    st.integers(1, 9),
    st.booleans(),
    st.integers(0, 2**62),
)
def test_any_network_comes_back(tmp_path_factory, widths, inputs, normalise, seed):
    layers = [InputLayer(inputs, "none")]
    for units, fn in widths:
        layers += [DenseLayer(units, fn), *([BatchNormLayer()] if normalise else [])]
    net = MultiLayerPerceptron([*layers, DenseLayer(3, "softmax")], seed=seed)

    assert_same(net, round_trip(net, tmp_path_factory.mktemp("net")), X[:, :1].repeat(inputs, 1))


# --- the file itself ----------------------------------------------------------------------------


def test_the_file_can_be_read_without_byhand(tmp_path):
    net = network([DenseLayer(5, "relu"), BatchNormLayer()])

    tensors, metadata = metadata_of(net.save(tmp_path / "net.safetensors"))

    assert {name: array.shape for name, array in tensors.items()} == {
        "W1": (6, 5), "b1": (5,), "gamma1": (5,), "beta1": (5,), "W2": (5, 3), "b2": (3,),
        "mean1": (5,), "variance1": (5,),
    }  # fmt: skip
    np.testing.assert_array_equal(tensors["W1"], net.parameters["W1"])
    kinds = [layer["kind"] for layer in json.loads(metadata["layers"])]
    assert kinds == ["input", "dense", "batch_norm", "dense"]
    assert metadata["dtype"] == "float32"


def test_saving_makes_folders_and_returns_the_path(tmp_path):
    path = tmp_path / "a" / "b" / "net.safetensors"

    assert network().save(str(path)) == path
    assert path.is_file()


def test_saving_leaves_no_other_file_behind(tmp_path):
    network().save(tmp_path / "net.safetensors")
    network().save(tmp_path / "net.safetensors")

    assert [path.name for path in tmp_path.iterdir()] == ["net.safetensors"]


def test_the_file_has_the_permissions_of_other_files(tmp_path):
    (tmp_path / "other").touch()

    path = network().save(tmp_path / "net.safetensors")

    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


# --- what cannot be saved -----------------------------------------------------------------------


def test_a_custom_function_without_a_name_cannot_be_saved(tmp_path):
    net = network([DenseLayer(5, (np.sin, np.cos))])

    with pytest.raises(
        ArgumentError, match=r"'own:sin' is a function of your own.*byhand\.register"
    ):
        net.save(tmp_path / "net.safetensors")

    assert list(tmp_path.iterdir()) == []


def test_a_custom_function_is_not_saved_as_the_table_entry_of_its_name(tmp_path):
    def tanh(z):
        return 2 * np.tanh(z)

    net = network([DenseLayer(5, (tanh, lambda z: 2 / np.cosh(z) ** 2))])

    with pytest.raises(ArgumentError, match="function of your own"):
        net.save(tmp_path / "net.safetensors")


def test_facts_that_json_cannot_hold_are_refused(tmp_path):
    net = network()
    net.facts["when"] = object()

    with pytest.raises(ArgumentError, match="facts"):
        net.save(tmp_path / "net.safetensors")


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("file/net.safetensors", "file is a file, but a folder is expected"),
        ("file/deep/net.safetensors", "Not a directory"),
        ("folder", "Is a directory"),
    ],
)
def test_a_place_that_cannot_be_written_is_named(place, reason, tmp_path):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()

    with pytest.raises(FileError, match=rf"cannot write .*{place}: .*{reason}\. Choose another"):
        network().save(tmp_path / place)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_without_permission_is_named(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(FileError, match="Permission denied"):
            network().save(tmp_path / "net.safetensors")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("step", ["write", "replace"])
def test_on_a_full_disk_the_older_file_survives(step, tmp_path, monkeypatch):
    path = network().save(tmp_path / "net.safetensors")
    before = path.read_bytes()

    def fail(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    if step == "replace":
        monkeypatch.setattr(os, "replace", fail)
        with pytest.raises(
            FileError, match=r"cannot write .*: No space left on device\..*free space"
        ):
            network(seed=9).save(path)
    else:
        resource = pytest.importorskip("resource", reason="needs file size limits")
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
        try:
            with pytest.raises(FileError, match=r"cannot write .*net\.safetensors: .*free space"):
                network(seed=9).save(path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["net.safetensors"]


# --- what cannot be loaded ----------------------------------------------------------------------


def test_a_missing_file_is_named(tmp_path):
    for place in (tmp_path / "nowhere.safetensors", tmp_path):
        with pytest.raises(FileError, match="there is no model file"):
            MultiLayerPerceptron.load(place)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"PK\x03\x04 a zip", b"\x80\x04\x95 a pickle", b"\xff" * 5000],
    ids=["empty", "text", "zip", "pickle", "noise"],
)  # fmt: skip
def test_another_kind_of_file_is_refused(content, tmp_path):
    (tmp_path / "net.safetensors").write_bytes(content)

    with pytest.raises(FormatError, match="not a safetensors file, or is truncated or corrupted"):
        MultiLayerPerceptron.load(tmp_path / "net.safetensors")


def test_a_file_cut_off_anywhere_is_refused(tmp_path):
    path = network().save(tmp_path / "net.safetensors")
    data = path.read_bytes()

    for length in range(0, len(data), max(1, len(data) // 50)):
        path.write_bytes(data[:length])
        with pytest.raises(FormatError, match=r"net\.safetensors"):
            MultiLayerPerceptron.load(path)


def test_a_safetensors_file_of_another_program_is_refused(tmp_path):
    save_file({"weight": np.zeros(3)}, tmp_path / "net.safetensors")

    with pytest.raises(FormatError, match="not one that byhand wrote"):
        MultiLayerPerceptron.load(tmp_path / "net.safetensors")


def changed(path, **changes):
    """Write the file again with other metadata or tensors; None leaves a tensor out."""
    tensors, metadata = metadata_of(path)
    for name, value in changes.items():
        if name in tensors:
            del tensors[name]
            if value is not None:
                tensors[name] = value
        else:
            metadata[name] = value
    save_file(tensors, path, metadata)


DENSE = {"kind": "dense", "units": 3, "fn": "softmax"}
DAMAGES = {
    "a tensor missing": {"W1": None},
    "a tensor of another shape": {"W1": np.zeros((2, 2), np.float32)},
    "layers no json": {"layers": "["},
    "layers no list": {"layers": "5"},
    "layers of strings": {"layers": '["dense"]'},
    "layers of numbers": {"layers": "[1, 2]"},
    "no layers": {"layers": "[]"},
    "an unknown layer": {"layers": json.dumps([{"kind": "input", "units": 6}, {"kind": "conv"}])},
    "a layer with a strange option": {
        "layers": json.dumps([{"kind": "input", "units": 6}, DENSE | {"colour": 3}])
    },
    "a layer without units": {"layers": json.dumps([{"kind": "input"}, DENSE])},
    "too many units": {"layers": json.dumps([{"kind": "input", "units": 10**15}, DENSE])},
    "an unknown activation": {
        "layers": json.dumps([{"kind": "input", "units": 6}, DENSE | {"fn": "relun"}])
    },
    "an unknown loss": {"loss": '{"name": "love"}'},
    "a loss that is no mapping": {"loss": "3"},
    "a loss with a strange option": {"loss": '{"name": "huber", "depth": 3}'},
    "an unknown precision": {"dtype": "float8"},
    "a seed that is none": {"seed": "x"},
    "class names that are none": {"class_names": "3"},
    "facts that are none": {"facts": "[1]"},
    "a task that is a number": {"facts": '{"task": 3}'},
    "an unknown task": {"facts": '{"task": "guessing"}'},
    "epochs that are text": {"facts": '{"epochs_trained": "many"}'},
    "epochs below none": {"facts": '{"epochs_trained": -1}'},
    "an encoding that is none": {"facts": '{"encoding": [1]}'},
    "an encoding of numbers": {"facts": '{"encoding": {"colour": [1]}}'},
    "a key twice": {"loss": '{"name": "huber", "name": "huber"}'},
    "JSON without end": {"facts": '{"a":' * 100_000},
    "layers without end": {"layers": "[" * 100_000},
    "a negative seed": {"seed": "-1"},
    "a seed of many digits": {"seed": "9" * 4000},
    "class names in a table": {"class_names": '{"a": 1, "b": 2, "c": 3}'},
    "class names that are numbers": {"class_names": "[1, 2, 3]"},
    "a huge layer in a small file": {
        "layers": json.dumps([{"kind": "input", "units": 6}, DENSE | {"units": 300_000_000}])
    },
    "a scale that is NaN": {
        "layers": json.dumps([{"kind": "input", "units": 6, "factor": np.nan}, DENSE])
    },
    "a scale that is text": {
        "layers": json.dumps([{"kind": "input", "units": 6, "offset": "x"}, DENSE])
    },
    "a range of three": {
        "layers": json.dumps([{"kind": "input", "units": 6, "seen": [0, 1, 2]}, DENSE])
    },
    "weights beyond the precision": {"W1": np.full((6, 5), 1e300)},
    "weights that are integers": {"W1": np.zeros((6, 5), np.int32)},
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_contents_are_refused(damage, tmp_path):
    path = network().save(tmp_path / "net.safetensors")
    changed(path, **DAMAGES[damage])

    with pytest.raises(FormatError, match=r"net\.safetensors is damaged, from a newer version, or"):
        MultiLayerPerceptron.load(path)


def test_a_huge_network_is_refused_before_memory_is_taken_for_it(tmp_path):
    path = network().save(tmp_path / "net.safetensors")
    changed(path, **DAMAGES["a huge layer in a small file"])

    tracemalloc.start()
    with pytest.raises(FormatError, match=r"expected \(6, 300000000\)"):
        MultiLayerPerceptron.load(path)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["W1", "b2", "mean1", "variance1"])
def test_a_network_of_nan_is_refused(name, number, tmp_path):
    net = network([DenseLayer(5), BatchNormLayer("relu")])
    (net.statistics if name in net.statistics else net.parameters)[name][0] = number

    with pytest.raises(
        FormatError, match=f"cannot be used: {name} contains NaN or infinity, because"
    ):
        round_trip(net, tmp_path)


def test_a_negative_variance_is_refused(tmp_path):
    net = network([DenseLayer(5), BatchNormLayer("relu")])
    net.statistics["variance1"][2] = -1

    with pytest.raises(FormatError, match="variance1 holds negative numbers"):
        round_trip(net, tmp_path)


def test_a_scale_of_nan_is_refused(tmp_path):
    net = network(normalisation="standardise")
    net.fit(X, Y, epochs=1, verbose=0)
    path = net.save(tmp_path / "net.safetensors")
    changed(path, **{"input.factor": np.full(6, np.nan)})

    with pytest.raises(FormatError, match=r"input\.factor contains NaN"):
        MultiLayerPerceptron.load(path)


def raw(path, header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def tensor(begin, end, shape=(2,), kind="F32"):
    return {"dtype": kind, "shape": list(shape), "data_offsets": [begin, end]}


HEADERS = {
    "overlapping tensors": {"a": tensor(0, 8), "b": tensor(4, 12)},
    "the same bytes twice": {"a": tensor(0, 8), "b": tensor(0, 8)},
    "a gap": {"a": tensor(0, 8), "b": tensor(12, 20)},
    "bytes that nobody claims": {"a": tensor(0, 8)},
    "a tensor beyond the end": {"a": tensor(0, 8), "b": tensor(8, 16), "c": tensor(16, 24)},
    "a shape that is too small": {"a": tensor(0, 16, (3,))},
    "a negative shape": {"a": tensor(0, 16, (-2, -2))},
    "places in reverse": {"a": tensor(16, 0)},
    "a huge shape of nothing": {"a": tensor(0, 16, (4,)), "b": tensor(16, 16, (2**60, 0))},
    "a shape of fractions": {"a": tensor(0, 16, (4.0,))},
    "an unknown type": {"a": tensor(0, 16, (8,), "BF16")},
    "a type that is a list": {"a": tensor(0, 16) | {"dtype": ["F32"]}},
    "one offset": {"a": tensor(0, 16) | {"data_offsets": [0]}},
    "no tensor": {"a": 3},
    "a list": [],
    "metadata of numbers": {"__metadata__": {"format": 1}, "a": tensor(0, 16, (4,))},
    "a name twice": b'{"a": {}, "a": {}}',
    "JSON without end": b"[" * 100_000,
    "a hundred thousand axes": {"a": tensor(0, 0, [2**58 - 1] * 100_000)},
    "a million lists": b'{"a": [' + b"[]," * 1_000_000 + b"0]}",
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_with_a_trap_is_refused(name, tmp_path):
    path = raw(tmp_path / "net.safetensors", HEADERS[name], bytes(16))

    with pytest.raises(FormatError, match="not a safetensors file, or is truncated or corrupted"):
        MultiLayerPerceptron.load(path)


def test_a_header_of_a_terabyte_is_refused(tmp_path):
    path = tmp_path / "net.safetensors"
    path.write_bytes((1 << 40).to_bytes(8, "little") + b"{}")

    with pytest.raises(FormatError, match="its header is longer than the file"):
        MultiLayerPerceptron.load(path)


def test_a_pipe_is_refused_without_waiting(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no pipes with names")
    os.mkfifo(tmp_path / "net.safetensors")

    with pytest.raises(FileError, match="it is a pipe or a device; expected a file"):
        MultiLayerPerceptron.load(tmp_path / "net.safetensors")


@pytest.mark.parametrize("name", ["layers", "loss", "dtype", "seed", "class_names", "facts"])
def test_metadata_without_an_entry_are_refused(name, tmp_path):
    path = network().save(tmp_path / "net.safetensors")
    tensors, metadata = metadata_of(path)
    del metadata[name]
    save_file(tensors, path, metadata)

    with pytest.raises(FormatError, match=f"damaged, from a newer version, or .*{name}"):
        MultiLayerPerceptron.load(path)


def test_a_single_wrong_byte_raises_no_other_kind_of_error(tmp_path):
    path = network(class_names=["a", "b", "c"]).save(tmp_path / "net.safetensors")
    data = path.read_bytes()
    rng = np.random.default_rng(0)

    for place in range(0, len(data), 4):
        wrong = bytearray(data)
        wrong[place] = rng.integers(256)
        path.write_bytes(wrong)
        try:
            MultiLayerPerceptron.load(path)
        except FormatError:
            continue
