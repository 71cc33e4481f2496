"""fun-MNIST's model file: an npz with W1, b1, W2, b2, ..., where each matrix is (out, in).

The file does not contain the activations, so they must be given when it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from byhand.atomic import write_whole
from byhand.errors import ArgumentError, FormatError
from byhand.mlp import MultiLayerPerceptron
from byhand.network.layers import DenseLayer, InputLayer
from byhand.network.network import Network
from byhand.npz_archive import read_arrays
from byhand.user_path import user_path


def save_npz(net: Network, path: str | Path) -> Path:
    """Write Wl as (out, in) and bl as (out, 1); the network must have dense layers only."""
    return write_whole(path, npz_bytes(net))


def npz_bytes(net: Network) -> bytes:
    """Return the content of the file that `save_npz` writes.

    Raises:
        ArgumentError: the network has other layers, or a standardised input.
    """
    if not all(isinstance(layer, DenseLayer) for layer in net.layers[1:]):
        raise ArgumentError(
            "an npz of W1, b1, ... can hold dense layers only; save it with save()."
        )
    arrays = {
        name: view.T if name.startswith("W") else view[:, None]
        for name, view in net.parameters.items()
    }
    if net.input_layer.normalisation == "standardise":
        raise ArgumentError(
            "an npz of W1, b1, ... cannot hold the mean and deviation of a standardised input; "
            "save it with save()."
        )
    stream = BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def load_npz(
    path: str | Path,
    activations: Sequence[str] = ("relu", "softmax"),
    normalisation: str = "pixels",
) -> MultiLayerPerceptron:
    """Read a network from an npz of W1 (out, in), b1 (out, 1), W2, b2, ...

    Args:
        path: the file.
        activations: one for each layer; the file does not contain them.
        normalisation: normalisation of the input, which is not in the file either; fun-MNIST
            divides pixels by 255.
    """
    path = user_path(path)
    arrays = read_arrays(path)
    count = sum(name.startswith("W") for name in arrays)
    names = [f"{letter}{layer}" for layer in range(1, count + 1) for letter in "Wb"]
    if not count or sorted(names) != sorted(arrays):
        raise FormatError(
            f"{path} should contain W1, b1, W2, b2, ...; it contains {sorted(arrays)}."
        )
    if len(activations) != count:
        raise ArgumentError(
            f"{path} contains {count} layers and needs as many activations; got "
            f"{list(activations)}."
        )
    return _network(path, arrays, activations, normalisation)


def _network(
    path: Path, arrays: dict[str, np.ndarray], activations: Sequence[str], normalisation: str
) -> MultiLayerPerceptron:
    weights = [arrays[f"W{layer}"] for layer in range(1, len(activations) + 1)]
    if any(matrix.ndim != 2 or not matrix.size for matrix in weights):
        raise FormatError(f"{path}: every W must be a matrix (out, in).")
    if any(array.dtype.kind not in "fiu" for array in arrays.values()):
        raise FormatError(f"{path}: every array must contain numbers.")
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise FormatError(
            f"{path} contains NaN or infinity: the training that produced it diverged."
        )
    net = MultiLayerPerceptron(
        [InputLayer(weights[0].shape[1], normalisation)]
        + [DenseLayer(len(W), fn) for W, fn in zip(weights, activations, strict=True)],
        seed=0,
    )
    try:
        with np.errstate(over="ignore"):  # too large a number becomes infinite and is found below
            for layer, W in enumerate(weights, start=1):
                net.parameters[f"W{layer}"] = W.T
                net.parameters[f"b{layer}"] = arrays[f"b{layer}"].reshape(-1)
    except ValueError as error:
        raise FormatError(f"{path}: the shapes do not fit together: {error}") from error
    if not np.isfinite(net.parameters.vector).all():
        raise FormatError(f"{path} contains numbers too large for {net.dtype}.")
    return net
