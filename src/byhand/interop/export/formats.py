"""The targets of an export, with their names, file extensions and writers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from byhand.interop.export.c_source import c_source
from byhand.interop.export.javascript_source import javascript_source
from byhand.interop.export.numpy_source import numpy_source
from byhand.interop.export.onnx_graph import onnx_model
from byhand.interop.export.program import Program
from byhand.interop.export.rust_source import rust_source
from byhand.interop.export.torch_source import torch_source
from byhand.interop.export.vectors import Vectors
from byhand.interop.keras.writing import keras_bytes, weights_bytes
from byhand.interop.npz import npz_bytes
from byhand.interop.state_dict import state_dict_bytes
from byhand.network.network import Network
from byhand.tables import Table


@dataclass(frozen=True, eq=False)
class Job:
    """The material for writing a target.

    Args:
        net: the network.
        program: its steps.
        vectors: its test vectors.
        name: name of the file without its extension, as a name in a program.
    """

    net: Network
    program: Program
    vectors: Vectors
    name: str


@dataclass(frozen=True)
class Target:
    """A kind of file.

    Args:
        title: a description in a few words.
        endings: extensions of its files; the first is used if no file is named.
        write: returns the content of the file.
        file: default name of the file; if empty, it is named after the run.
    """

    title: str
    endings: tuple[str, ...]
    write: Callable[[Job], bytes]
    file: str | None = None


def _source(write: Callable[[Program, Vectors, str], str]) -> Callable[[Job], bytes]:
    return lambda job: write(job.program, job.vectors, job.name).encode("utf-8")


def _torch(job: Job) -> bytes:
    return torch_source(job.net, job.program, job.vectors, job.name).encode("utf-8")


TARGETS: Table[Target] = Table(
    "export target",
    {
        "numpy": Target("a readable NumPy file", (".py",), _source(numpy_source)),
        "npz": Target(
            "an npz of W1, b1, ..., as fun-MNIST keeps its networks",
            (".npz",),
            lambda job: npz_bytes(job.net),
            file="nn_parameters.npz",
        ),
        "c": Target("C99", (".c",), _source(c_source)),
        "js": Target("a JavaScript module", (".js", ".mjs"), _source(javascript_source)),
        "rust": Target("Rust", (".rs",), _source(rust_source)),
        "onnx": Target(
            "an ONNX model", (".onnx",), lambda job: onnx_model(job.program, job.vectors)
        ),
        "keras": Target(
            "a Keras model",
            (".keras",),
            lambda job: keras_bytes(job.net, job.vectors.x, job.vectors.y),
        ),
        "keras-weights": Target(
            "the arrays of a Keras model",
            (".h5",),
            lambda job: weights_bytes(job.net),
            file="model.weights.h5",
        ),
        "torch": Target("a readable PyTorch file", (), _torch),
        "state-dict": Target(
            "safetensors with torch's names",
            (".safetensors",),
            lambda job: state_dict_bytes(job.net, job.vectors.x, job.vectors.y),
        ),
    },
    aliases={"javascript": "js", "python": "numpy", "safetensors": "state-dict"},
)

WITHOUT_VECTORS = ("npz", "keras-weights")
"""Targets whose files carry no test vectors: their readers take every array for a weight."""


def ending_of(target: Target) -> str:
    """Return the extension of a target's files; PyTorch's and NumPy's are both Python."""
    return target.endings[0] if target.endings else ".py"


def target_of_ending(suffix: str) -> str | None:
    """Return the name of the target whose files have an extension, or None."""
    found = (name for name, target in TARGETS.items() if suffix.lower() in target.endings)
    return next(found, None)
