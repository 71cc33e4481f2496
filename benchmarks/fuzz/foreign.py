"""Readers of models in the formats of other libraries: ONNX, Keras and PyTorch's state dicts.

Each has its valid inputs, written by byhand and in the older forms that only others write.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.fuzz.files import Files, read_files
from byhand import DenseLayer, FormatError, InputLayer, MultiLayerPerceptron
from byhand.interop.export import export
from byhand.interop.keras import load_keras, reading
from byhand.interop.keras.hdf5 import Group, read_hdf5
from byhand.interop.onnx_import import load_onnx
from byhand.interop.state_dict import load_state_dict
from byhand.network import Network
from byhand.network.layers import BatchNormLayer, DropoutLayer, LayerNormLayer
from byhand.network.layers.layer import Layer

CHAINS: tuple[tuple[InputLayer | Layer, ...], ...] = (
    (InputLayer(4, "pixels"), DenseLayer(3, "relu"), DenseLayer(2, "softmax")),
    (InputLayer(4, "standardise"), DenseLayer(3, "tanh"), BatchNormLayer(), DropoutLayer(0.1),
     DenseLayer(1, "linear")),
    (InputLayer(4, "none"), DenseLayer(3, "leaky_relu"), LayerNormLayer(), DenseLayer(3, "swish"),
     DenseLayer(2, "sigmoid")),
)  # fmt: skip


def is_there(package: str) -> bool:
    """Return whether a package is installed that a reader needs."""
    return find_spec(package) is not None


def _networks() -> list[MultiLayerPerceptron]:
    """Networks of every kind of layer, for classes and for target values."""
    x, y = np.random.default_rng(1).integers(0, 256, (20, 4)), np.arange(20) % 2
    trained = []
    for layers in CHAINS:
        net = MultiLayerPerceptron(list(layers), seed=1)
        net.fit(x, y * 1.5 if net.output_layer.units == 1 else y, epochs=1, verbose=0)
        trained.append(net)
    return trained


def _exported(name: str, to: str | None = None) -> list[Files]:
    found = []
    for net in _networks():
        with tempfile.TemporaryDirectory() as place:
            export(net, Path(place) / name, to=to)
            found.append(read_files(Path(place)))
    return found


def onnx_models() -> list[Files]:
    """Models as byhand exports them, with test vectors, in both precisions."""
    with tempfile.TemporaryDirectory() as place:
        export(_networks()[0].copy(np.float64), Path(place) / "a.onnx")
        return [*_exported("a.onnx"), read_files(Path(place))]


def keras_models() -> list[Files]:
    """Archives of Keras 3, with arrays that `_known_arrays` knows."""
    found = _exported("a.keras")
    for files in found:
        with zipfile.ZipFile(io.BytesIO(bytes(files["a.keras"]))) as archive:
            weights = archive.read("model.weights.h5")
        _ARRAYS[weights] = read_hdf5(weights)
    return found


_ARRAYS: dict[bytes, Group] = {}
"""The arrays in the HDF5 files of the valid inputs."""


def _known_arrays(content: bytes) -> Group:
    """Return arrays that were read before; others need a process, which takes too long here."""
    if content not in _ARRAYS:
        raise FormatError("other arrays than those of the valid inputs")
    return _ARRAYS[content]


def _keras(path: Path) -> Network:
    with patch.object(reading, "read_hdf5", _known_arrays):
        return load_keras(path)


def state_dicts() -> list[Files]:
    """State dicts with modules in their metadata, as byhand exports them, and without."""
    return _exported("a.safetensors", "state-dict")


FOREIGN: dict[str, tuple[str, Callable[[], list[Files]], Callable[[Path], Network]]] = {
    "onnx": ("onnx", onnx_models, load_onnx),
    "keras": ("h5py", keras_models, _keras),
    "state dict": ("safetensors", state_dicts, load_state_dict),
}
"""Name -> the package that the reader needs, its valid inputs, and its call."""
