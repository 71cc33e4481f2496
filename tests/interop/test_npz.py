"""The npz of fun-MNIST: matrices (out, in), biases (out, 1), no architecture."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest

from byhand import (
    ArgumentError,
    BatchNormLayer,
    DenseLayer,
    FileError,
    FormatError,
    InputLayer,
    MultiLayerPerceptron,
    load_npz,
    save_npz,
)

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (20, 2, 3), dtype=np.uint8)


def network(units=(6, 5, 3), activations=("relu", "softmax"), normalisation="pixels"):
    layers = [DenseLayer(n, fn) for n, fn in zip(units[1:], activations, strict=True)]
    return MultiLayerPerceptron([InputLayer(units[0], normalisation), *layers], seed=0)


def arrays(out=3, hidden=5, inputs=6):
    return {
        "W1": RNG.normal(size=(hidden, inputs)), "b1": RNG.normal(size=(hidden, 1)),
        "W2": RNG.normal(size=(out, hidden)), "b2": RNG.normal(size=(out, 1)),
    }  # fmt: skip


def written(tmp_path, **contents):
    path = tmp_path / "nn_parameters.npz"
    np.savez(path, **contents)
    return path


def test_matrices_are_stored_as_out_by_in_and_biases_as_columns(tmp_path):
    net = network()

    with np.load(save_npz(net, tmp_path / "nn.npz")) as file:
        stored = dict(file)

    assert {name: array.shape for name, array in stored.items()} == {
        "W1": (5, 6), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1),
    }  # fmt: skip
    np.testing.assert_array_equal(stored["W1"], net.parameters["W1"].T)
    np.testing.assert_array_equal(stored["b2"][:, 0], net.parameters["b2"])


@pytest.mark.parametrize(
    ("units", "activations"),
    [
        ((6, 3), ("softmax",)),
        ((6, 5, 3), ("relu", "softmax")),
        ((6, 5, 4, 3), ("tanh", "gelu", "sigmoid")),
    ],
)
@pytest.mark.parametrize("normalisation", ["pixels", "none"])
def test_a_round_trip_gives_the_same_predictions(units, activations, normalisation, tmp_path):
    net = network(units, activations, normalisation)

    other = load_npz(save_npz(net, tmp_path / "nn.npz"), activations, normalisation)

    np.testing.assert_array_equal(other.predict_proba(X), net.predict_proba(X))


def test_the_forward_pass_is_that_of_fun_mnist(tmp_path):
    stored = arrays()
    x = X.reshape(20, 6).T / 255
    hidden = np.maximum(stored["W1"] @ x + stored["b1"], 0)
    z = stored["W2"] @ hidden + stored["b2"]
    expected = np.exp(z) / np.exp(z).sum(axis=0)

    net = load_npz(written(tmp_path, **stored))

    np.testing.assert_allclose(net.predict_proba(X), expected.T, atol=1e-6)


def test_biases_may_be_flat(tmp_path):
    stored = arrays()
    flat = {name: a[:, 0] if name.startswith("b") else a for name, a in stored.items()}

    np.testing.assert_array_equal(
        load_npz(written(tmp_path, **flat)).parameters.vector,
        load_npz(written(tmp_path, **stored)).parameters.vector,
    )


def test_other_layers_than_dense_ones_cannot_be_written(tmp_path):
    layers = [InputLayer(6), DenseLayer(5), BatchNormLayer("relu"), DenseLayer(3, "softmax")]

    with pytest.raises(ArgumentError, match=r"dense layers only; save it with save\(\)"):
        save_npz(MultiLayerPerceptron(layers), tmp_path / "nn.npz")


def test_a_network_that_standardises_cannot_be_written_without_losing_its_scale(tmp_path):
    net = network(normalisation="standardise")
    net.fit(X, np.arange(20) % 3, epochs=1, verbose=0)

    with pytest.raises(ArgumentError, match="standardise"):
        save_npz(net, tmp_path / "nn.npz")


@pytest.mark.parametrize(
    ("contents", "pieces"),
    [
        ({"weights": np.zeros(3)}, ["should contain W1, b1, W2, b2", "['weights']"]),
        ({"W1": np.zeros((3, 6))}, ["should contain W1, b1", "['W1']"]),
        (arrays() | {"W4": np.zeros((2, 2))}, ["should contain W1, b1"]),
        (arrays() | {"W1": np.zeros(6)}, ["every W must be a matrix (out, in)"]),
        (arrays() | {"W2": np.zeros((3, 4))}, ["the shapes do not fit together", "W2"]),
        (arrays() | {"b1": np.zeros((4, 1))}, ["the shapes do not fit together", "b1"]),
        (arrays() | {"b1": np.array(["a"] * 5)}, ["nn_parameters.npz"]),
        (arrays() | {"W1": np.zeros((5, 0))}, ["nn_parameters.npz"]),
        (arrays() | {"W1": np.full((5, 6), None)}, ["pickled Python objects"]),
        (arrays() | {"W1": np.full((5, 6), np.nan)}, ["npz contains NaN or infinity", "diverged"]),
        (arrays() | {"b1": np.full((5, 1), 1e300)}, ["contains numbers too large for float32"]),
    ],
    ids=[
        "other names", "no bias", "a gap", "flat", "widths", "bias", "strings", "no inputs",
        "objects", "nan", "too large",
    ],
)  # fmt: skip
def test_contents_that_are_not_a_network_are_refused(contents, pieces, tmp_path):
    with pytest.raises(FormatError) as refused:
        load_npz(written(tmp_path, **contents))

    assert [piece for piece in pieces if piece not in str(refused.value)] == []


@pytest.mark.parametrize("activations", [("softmax",), ("relu", "relu", "softmax")])
def test_as_many_activations_are_needed_as_there_are_layers(activations, tmp_path):
    with pytest.raises(ArgumentError, match="contains 2 layers and needs as many activations; got"):
        load_npz(written(tmp_path, **arrays()), activations)


def test_an_unknown_activation_is_named(tmp_path):
    with pytest.raises(ArgumentError, match="unknown activation 'rellu'"):
        load_npz(written(tmp_path, **arrays()), ("rellu", "softmax"))


@pytest.mark.parametrize("cut", [0, 10, 100, -10])
def test_a_truncated_file_is_refused(cut, tmp_path):
    path = written(tmp_path, **arrays())
    path.write_bytes(path.read_bytes()[:cut])

    with pytest.raises(FormatError, match="not a readable NPZ archive"):
        load_npz(path)


def test_a_corrupted_file_is_refused(tmp_path):
    path = written(tmp_path, **arrays())
    data = bytearray(path.read_bytes())
    data[200] ^= 0xFF
    path.write_bytes(data)

    with pytest.raises(FormatError, match="not a readable NPZ archive"):
        load_npz(path)


def test_a_plain_npy_is_refused(tmp_path):
    np.save(tmp_path / "array.npy", np.zeros(3))

    with pytest.raises(FormatError, match="expected an NPZ archive of named arrays"):
        load_npz(tmp_path / "array.npy")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileError, match=r"nowhere\.npz cannot be read"):
        load_npz(tmp_path / "nowhere.npz")


def test_missing_folders_are_made(tmp_path):
    path = save_npz(network(), tmp_path / "new" / "nn.npz")

    assert path == tmp_path / "new" / "nn.npz"
    assert [file.name for file in path.parent.iterdir()] == ["nn.npz"]
    np.testing.assert_array_equal(load_npz(path).predict(X), network().predict(X))


@pytest.mark.parametrize(
    ("place", "reason"),
    [("file/nn.npz", "file is a file, but a folder is expected"), ("folder", "Is a directory")],
)
def test_a_place_that_cannot_be_written_is_named(place, reason, tmp_path):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()

    with pytest.raises(FileError, match=rf"cannot write .*{place}: .*{reason}\. Choose another"):
        save_npz(network(), tmp_path / place)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_move_that_fails_leaves_the_older_file(tmp_path, monkeypatch):
    path = save_npz(network(), tmp_path / "nn.npz")
    before = path.read_bytes()

    def fail(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(FileError, match="No space left on device"):
        save_npz(network((6, 3), ("softmax",)), path)

    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["nn.npz"]


# Older versions of NumPy leave the archive open when the disk is full.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*ZipFile")
def test_on_a_full_disk_the_older_file_survives(tmp_path):
    resource = pytest.importorskip("resource", reason="needs file size limits")
    path = save_npz(network(), tmp_path / "nn.npz")
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(FileError, match=r"cannot write .*nn\.npz: .*free space"):
            save_npz(network((6, 3), ("softmax",)), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["nn.npz"]
