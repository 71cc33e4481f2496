"""Files of Keras, against the real Keras on its PyTorch backend."""

from __future__ import annotations

import io
import json
import os
import zipfile

import numpy as np
import pytest
from tests.interop.networks import NETWORKS, PIXELS, network

from byhand import (
    ArgumentError,
    DenseLayer,
    FileError,
    FormatError,
    MultiLayerPerceptron,
    export,
    load_keras,
    save_keras,
    verify_export,
)
from byhand.network import InputLayer

os.environ.setdefault("KERAS_BACKEND", "torch")
h5py = pytest.importorskip("h5py", reason="h5py is not installed")
pytest.importorskip("torch", reason="PyTorch, the backend of Keras, is not installed")
keras = pytest.importorskip("keras", reason="Keras is not installed")
# Keras's own conversion of torch's tensors warns under NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

L = keras.layers
RNG = np.random.default_rng(3)
IMAGES = RNG.integers(0, 256, (40, 6, 5)).astype(np.uint8)
LABELS = RNG.integers(0, 4, 40)

EXPRESSIBLE = [name for name in NETWORKS if name != "every activation"]


def outputs(model, x) -> np.ndarray:
    """The outputs of Keras for rows x, without the cast to float32 of model.predict."""
    x = keras.ops.convert_to_tensor(x, model.inputs[0].dtype)
    return keras.ops.convert_to_numpy(model(x))


# --- byhand to Keras ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXPRESSIBLE)
def test_keras_reads_what_is_written_and_computes_the_same(name, tmp_path):
    net, x = NETWORKS[name]()

    model = keras.models.load_model(save_keras(net, tmp_path / "net.keras"))

    rows = x.reshape(len(x), -1)
    np.testing.assert_allclose(outputs(model, rows), net.predict_proba(x), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", EXPRESSIBLE)
def test_what_was_written_is_read_again(name, tmp_path):
    net, x = NETWORKS[name]()

    back = load_keras(save_keras(net, tmp_path / "net.keras"))

    assert [placed.layer.describe() for placed in back.stack] == [
        placed.layer.describe() for placed in net.stack
    ]
    assert (back.class_names, back.task, back.dtype) == (net.class_names, net.task, net.dtype)
    assert np.array_equal(back.parameters.vector, net.parameters.vector)
    np.testing.assert_allclose(back.predict_proba(x), net.predict_proba(x), rtol=1e-6, atol=1e-7)


def test_weights_alone_are_loaded_into_a_model_of_the_same_layers(tmp_path):
    net, x = NETWORKS["batch norm and dropout"]()
    path = save_keras(net, tmp_path / "net.weights.h5")
    model = keras.Sequential(
        [
            keras.Input((12,)), L.Rescaling(1 / 255), L.BatchNormalization(epsilon=1e-5),
            L.Dense(8), L.BatchNormalization(epsilon=1e-5), L.LeakyReLU(0.2), L.Dropout(0.3),
            L.Dense(5), L.LeakyReLU(0.05), L.BatchNormalization(epsilon=1e-5),
            L.Dense(4, activation="softmax"),
        ]
    )  # fmt: skip

    model.load_weights(path)

    rows = x.reshape(len(x), -1)
    np.testing.assert_allclose(outputs(model, rows), net.predict_proba(x), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_an_export_is_replayed_by_keras(tmp_path, ending):
    net, x = NETWORKS["batch norm and dropout"]()

    path = export(net, tmp_path / f"net{ending}", examples=x)
    verified = verify_export(path, net)

    assert verified.tool == "keras"
    assert verified.passed
    assert verified.count == 16


def test_what_keras_does_not_have_is_refused_by_name(tmp_path):
    with pytest.raises(ArgumentError, match="gelu is the exact form"):
        save_keras(network(DenseLayer(5, "gelu")), tmp_path / "net.keras")
    fresh = MultiLayerPerceptron([InputLayer(4), DenseLayer(2, "softmax")], seed=0)
    with pytest.raises(ArgumentError, match="untrained"):
        save_keras(fresh, tmp_path / "net.keras")
    with pytest.raises(ArgumentError, match=r"ending in \.keras or \.weights\.h5"):
        save_keras(network(), tmp_path / "net.h5")
    assert list(tmp_path.iterdir()) == []


# --- Keras to byhand ------------------------------------------------------------------------------


def trained(*layers, functional=False):
    """A trained Keras model, whose statistics differ from their initial values."""
    if functional:
        inputs = x = keras.Input((6, 5))
        for layer in layers:
            x = layer(x)
        model = keras.Model(inputs, x)
    else:
        model = keras.Sequential([keras.Input((6, 5)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(IMAGES.astype("float32"), LABELS, epochs=2, verbose=0)
    return model


def every_layer():
    return [
        L.Rescaling(1 / 255), L.Flatten(), L.GaussianNoise(0.1), L.Dense(8),
        L.BatchNormalization(), L.Activation("relu"), L.Dropout(0.2),
        L.Dense(7, activation="elu", use_bias=False), L.LayerNormalization(), L.LeakyReLU(0.1),
        L.Dense(6, activation="leaky_relu"), L.Dense(5, activation="silu"),
        L.Dense(5, activation="softplus"), L.Dense(5), L.ReLU(), L.Dense(5), L.ELU(),
        L.Dense(5, activation="tanh"), L.Dense(5, activation="sigmoid"), L.Identity(),
        L.Dense(4), L.Softmax(),
    ]  # fmt: skip


@pytest.mark.parametrize("functional", [False, True])
@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore")  # Keras calls its older format legacy
def test_every_layer_of_a_trained_model_is_read(tmp_path, functional, ending):
    model = trained(*every_layer(), functional=functional)
    path = tmp_path / f"net{ending}"
    model.save(path)

    net = load_keras(path)

    assert net.input_layer.normalisation == "pixels"
    assert net.widths_of_dense() == [30, 8, 7, 6, 5, 5, 5, 5, 5, 5, 4]
    np.testing.assert_allclose(net.predict_proba(IMAGES), outputs(model, IMAGES), atol=2e-6)
    net.fit(IMAGES, LABELS, epochs=1, verbose=0)  # and it can be trained further


def test_normalisation_that_a_model_learnt_is_the_input_layers(tmp_path):
    x = (RNG.normal(size=(50, 3)) * [1, 10, 100] + 5).astype(np.float32)
    learnt = L.Normalization()
    learnt.adapt(x)
    model = keras.Sequential([keras.Input((3,)), learnt, L.Dense(4, activation="softmax")])
    model.save(tmp_path / "net.keras")

    net = load_keras(tmp_path / "net.keras")

    assert net.input_layer.normalisation == "standardise"
    np.testing.assert_allclose(net.input_layer.mean, x.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(net.predict_proba(x), outputs(model, x), atol=2e-6)


def test_a_rescaling_to_minus_one_to_one_is_the_input_layers(tmp_path):
    model = trained(L.Flatten(), L.Rescaling(1 / 127.5, offset=-1), L.Dense(4, "softmax"))
    model.save(tmp_path / "net.keras")

    net = load_keras(tmp_path / "net.keras")

    assert net.input_layer.mean == pytest.approx(127.5)
    np.testing.assert_allclose(net.predict_proba(IMAGES), outputs(model, IMAGES), atol=2e-6)


def test_weights_alone_need_the_activations(tmp_path):
    model = trained(
        L.Rescaling(1 / 255), L.Flatten(), *(L.Dense(6, "tanh") for _ in range(10)),
        L.Dense(4, "softmax"),
    )  # fmt: skip
    path = tmp_path / "net.weights.h5"
    model.save_weights(path)

    net = load_keras(path, ["tanh"] * 10 + ["softmax"])  # dense_10 comes after dense_9

    np.testing.assert_allclose(net.predict_proba(IMAGES), outputs(model, IMAGES), atol=2e-6)
    with pytest.raises(ArgumentError, match=r"holds 11 dense layers .* got none"):
        load_keras(path)


def test_weights_with_other_layers_do_not_tell_where_they_belong(tmp_path):
    trained(L.Flatten(), L.BatchNormalization(), L.Dense(4, "softmax")).save_weights(
        tmp_path / "net.weights.h5"
    )

    with pytest.raises(ArgumentError, match="arrays of batch_normalization belong"):
        load_keras(tmp_path / "net.weights.h5", ["softmax"])


def test_softmax_is_appended_to_a_model_that_ends_in_plain_numbers(tmp_path):
    model = trained(L.Flatten(), L.Dense(4))
    model.save(tmp_path / "net.keras")

    net = load_keras(tmp_path / "net.keras", output="softmax", normalisation="pixels")

    logits = outputs(model, IMAGES / 255)
    theirs = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    np.testing.assert_allclose(net.predict_proba(IMAGES), theirs, atol=2e-6)


REFUSED = {
    "Conv1D": (lambda: [L.Conv1D(3, 2), L.Flatten(), L.Dense(4, "softmax")], "Conv1D layer"),
    "Lambda": (lambda: [L.Flatten(), L.Lambda(lambda x: x + 1), L.Dense(4, "softmax")], "Lambda"),
    "exact gelu": (lambda: [L.Flatten(), L.Dense(4, "gelu")], "gelu is the exact form"),
    "relu6": (lambda: [L.Flatten(), L.Dense(4), L.ReLU(6.0)], "max_value=6.0"),
    "elu": (lambda: [L.Flatten(), L.Dense(4), L.ELU(0.5)], "alpha=0.5"),
    "mish": (lambda: [L.Flatten(), L.Dense(4, "mish")], "activation 'mish'"),
    "no scale": (lambda: [L.Flatten(), L.BatchNormalization(scale=False), L.Dense(4)], "scale=Fal"),
    "late": (lambda: [L.Flatten(), L.Dense(4), L.Rescaling(2.0)], "expected it first"),
    "twice": (lambda: [L.Flatten(), L.Dense(4, "relu"), L.ReLU()], "does not follow a Dense"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore")
def test_what_byhand_does_not_have_is_refused_by_name(name, tmp_path):
    layers, words = REFUSED[name]
    path = tmp_path / "net.keras"
    keras.Sequential([keras.Input((6, 5)), *layers()]).save(path)

    with pytest.raises(ArgumentError, match=words) as raised:
        load_keras(path)

    assert str(raised.value).startswith(str(path))


def test_a_model_with_branches_is_refused(tmp_path):
    inputs = keras.Input((12,))
    hidden = L.Dense(5)(inputs)
    model = keras.Model(inputs, L.Add()([hidden, L.Dense(5)(hidden)]))
    model.save(tmp_path / "net.keras")

    with pytest.raises(ArgumentError, match="only models without branches"):
        load_keras(tmp_path / "net.keras")


# --- untrusted files ------------------------------------------------------------------------------


def rewritten(path, config=None, weights=None):
    """Replace parts of a .keras file."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if config is not None:
        described = json.loads(parts["config.json"])
        config(described["config"]["layers"])
        parts["config.json"] = json.dumps(described).encode()
    if weights is not None:
        stream = io.BytesIO(parts["model.weights.h5"])
        with h5py.File(stream, "r+") as file:
            weights(file)
        parts["model.weights.h5"] = stream.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def written(tmp_path):
    return save_keras(network(DenseLayer(5, "relu")), tmp_path / "net.keras")


def external_link(file):
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = h5py.ExternalLink("/etc/other.h5", "/secret")


def external_storage(file):
    group = file["layers/dense/vars"]
    del group["0"]
    group.create_dataset("0", (12, 5), "f4", external=[("/etc/hostname", 0, 240)])


def compressed(file):
    group = file["layers/dense/vars"]
    del group["0"]
    group.create_dataset("0", (12, 5), "f4", data=np.zeros((12, 5)), compression="gzip")


def not_there(file):
    group = file["layers/dense/vars"]
    del group["0"]
    group.create_dataset("0", (12, 5), "f4")  # HDF5 chooses these numbers itself


def text(file):
    group = file["layers/dense/vars"]
    del group["0"]
    group.create_dataset("0", data=np.full((12, 5), b"abcd"))


def with_nan(file):
    file["layers/dense/vars/0"][0, 0] = np.nan


def another_shape(file):
    group = file["layers/dense/vars"]
    del group["1"]
    group.create_dataset("1", data=np.zeros(6, np.float32))


def missing(file):
    del file["layers/dense/vars/1"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (external_link, "a link that may lead to another file"),
        (external_storage, "stored in another file"),
        (compressed, "compressed or has no numbers"),
        (not_there, "compressed or has no numbers"),
        (text, "expected floating-point numbers"),
        (with_nan, "NaN or infinity"),
        (another_shape, r"has the shape \(6,\); expected 5"),
        (missing, "has 1 arrays; expected 2"),
    ],
)
def test_arrays_that_are_not_plain_numbers_in_the_file_are_refused(written, change, words):
    rewritten(written, weights=change)

    with pytest.raises(FormatError, match=words):
        load_keras(written)


def set_huge(layers):
    layers[2]["config"]["units"] = 10**12


def set_own_class(layers):
    layers[2].update(module="mypackage", registered_name="mypackage>Dense")


def set_number(layers):
    layers[2]["config"]["activation"] = 7


def set_no_config(layers):
    del layers[2]["config"]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (set_huge, FormatError, "expected 12 x 1000000000000"),
        (set_own_class, ArgumentError, "no layer like the Dense layer"),
        (set_number, ArgumentError, "activation 7"),
        (set_no_config, FormatError, "is not a Keras model that can be read"),
    ],
)
def test_layers_that_keras_would_not_write_are_refused(written, change, error, words):
    rewritten(written, config=change)

    with pytest.raises(error, match=words):
        load_keras(written)


def test_a_bomb_is_not_expanded(tmp_path):
    path = tmp_path / "net.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (32 << 20))
        archive.writestr("metadata.json", b"{}")
        archive.writestr("model.weights.h5", b"")

    with pytest.raises(FormatError, match="would expand to 33,554,432 bytes"):
        load_keras(path)


@pytest.mark.parametrize("cut", [0, 3, 40, 500, -30])
def test_a_truncated_file_is_refused(written, cut):
    written.write_bytes(written.read_bytes()[:cut])

    with pytest.raises(FormatError):
        load_keras(written)


def test_files_that_are_not_there_or_no_models(tmp_path):
    with pytest.raises(FileError, match="cannot be read"):
        load_keras(tmp_path / "none.keras")
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        file["data"] = PIXELS
    with pytest.raises(FormatError, match="the file holds neither"):
        load_keras(path)


def test_an_encrypted_archive_is_reported(tmp_path):
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)

    with pytest.raises(FormatError, match="encrypted"):
        load_keras(path)


def test_weights_that_expand_five_hundred_times_are_refused(tmp_path):
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", bytes(50_000_000))

    with pytest.raises(FormatError, match="would expand to"):
        load_keras(path)


def test_a_file_that_does_not_unpack_is_refused(tmp_path):
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}" + " " * 1000)
    content = bytearray(path.read_bytes())
    content[45] ^= 255  # within the compressed bytes
    path.write_bytes(content)

    with pytest.raises(FormatError, match="the archive is damaged"):
        load_keras(path)
