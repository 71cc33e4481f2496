"""Replay the test vectors of an exported file in the real target.

A source file is compiled if necessary and run in a separate process, so verify only files that you
trust.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from byhand.errors import ArgumentError, FileError, FormatError
from byhand.extras import require
from byhand.interop.array_text import unpacked
from byhand.interop.export.formats import TARGETS, WITHOUT_VECTORS, target_of_ending
from byhand.interop.export.vectors import Vectors, vectors_of
from byhand.interop.keras.writing import model_config
from byhand.interop.npz import load_npz
from byhand.interop.state_dict import load_state_dict
from byhand.model_file import read_tensors
from byhand.network.network import Network
from byhand.untrusted_files import parse_json
from byhand.user_path import user_path

TOLERANCE = 1e-5
"""Largest difference of outputs in float32 that counts as rounding."""

TOLERANCE_INT8 = 0.02
"""The same for 8 bits, where the last bit of an activation can change an integer by 1."""

SECONDS = 300
"""Longest time that compiling or running may take."""

RESULT = re.compile(r"(\d+) test vectors, largest difference (\S+)")


@dataclass(frozen=True)
class Verified:
    """The result of replaying the test vectors of a file.

    Args:
        target: name of the target.
        tool: what ran the file, such as "cc".
        count: number of test vectors.
        difference: largest |output - expected|, in units of the largest |expected| above 1.
        tolerance: the largest difference that counts as rounding.
    """

    target: str
    tool: str
    count: int
    difference: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.difference <= self.tolerance


def verify_export(path: str | Path, net: Network | None = None) -> Verified:
    """Replay the test vectors of a file written by `export`, on the real target.

    The file is compiled or run, so do this only with files that you trust.

    Args:
        path: the file; its extension determines the target.
        net: for an npz, which contains no test vectors: the network that it should agree with.

    Raises:
        FileError: there is no such file.
        ArgumentError: the extension is unknown, or the compiler or library is missing.
        FormatError: the file does not run, or contains no test vectors.
    """
    path = user_path(path)
    if not path.is_file():
        raise FileError(f"there is no file {path}.")
    target = target_of_ending(path.suffix)
    if target is None:
        raise ArgumentError(
            f"{path} does not have the extension of an exported file; expected "
            f"{', '.join(e for one in TARGETS.values() for e in one.endings)}."
        )
    if target not in WITHOUT_VECTORS:
        return REPLAYS[target](path)
    if net is None:
        raise ArgumentError(
            f"{path} carries no test vectors. Name the network that it should agree with: byhand "
            "export RUN --verify FILE."
        )
    return (_npz if target == "npz" else _keras_weights)(path, net)


# --- source files, each in a process ------------------------------------------------------------


def _python(path: Path) -> Verified:
    text = _run([sys.executable, "-I", str(path.resolve())], path)
    return _read("numpy", "python", text, path)


def _c(path: Path) -> Verified:
    compiler = _tool(os.environ.get("CC") or "cc", "a C compiler", "or name one in the variable CC")
    options = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O2", "-DBYHAND_TEST"]
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder) / "replay")
        _run([compiler, *options, str(path.resolve()), "-o", program, "-lm"], path)
        text = _run([program], path)
    is_int8 = "signed char" in path.read_text("utf-8", "replace")
    tolerance = TOLERANCE_INT8 if is_int8 else TOLERANCE
    return _read("c", Path(compiler).name, text, path, tolerance)


def _javascript(path: Path) -> Verified:
    node = _tool("node", "Node.js")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(path, Path(folder) / "replay.mjs")  # .js may not be taken for a module
        driver = Path(folder) / "driver.mjs"
        driver.write_text(DRIVER, "utf-8")
        text = _run([node, str(driver)], path)
    return _read("js", "node", text, path)


DRIVER = """\
import { largestDifference } from "./replay.mjs";
const { count, difference } = largestDifference();
console.log(`${count} test vectors, largest difference ${difference}`);
"""


def _rust(path: Path) -> Verified:
    compiler = _tool("rustc", "a Rust compiler")
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(folder) / "replay")
        options = ["--edition", "2021", "--test", "-O", "--crate-name", "replay"]
        _run([compiler, *options, str(path.resolve()), "-o", program], path)
        text = _run([program, "--nocapture"], path, may_fail=True)  # its test fails if they differ
    return _read("rust", "rustc", text, path)


def _tool(name: str, what: str, otherwise: str = "and put it on the PATH") -> str:
    found = shutil.which(name)
    if found is None:
        raise ArgumentError(
            f"{what} ({name}) is needed and was not found. Install one, {otherwise}."
        )
    return found


def _run(
    command: Sequence[str], path: Path, *, may_fail: bool = False, backend: str | None = None
) -> str:
    """Return the output of a command; raise with its last lines if it failed."""
    chosen = {} if backend is None else {"KERAS_BACKEND": backend}
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=SECONDS,
            check=False, env={**os.environ, **chosen},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise FormatError(f"{path} was stopped: it ran for {SECONDS} seconds.") from error
    if result.returncode and not may_fail:
        said = "\n".join((result.stderr or result.stdout).strip().splitlines()[-8:])
        raise FormatError(f"{Path(command[0]).name} failed for {path}:\n{said}")
    return result.stdout


def _read(target: str, tool: str, text: str, path: Path, tolerance: float = TOLERANCE) -> Verified:
    found = RESULT.search(text)
    if found is None:
        raise FormatError(f"{path} contains no test vectors; byhand did not write it.")
    difference = float(found[2].replace("NaN", "inf"))
    return Verified(target, tool, int(found[1]), difference, tolerance)


# --- files that a library reads -----------------------------------------------------------------


def _onnx(path: Path) -> Verified:
    purpose = "an ONNX model needs"
    onnx, runtime = (require(name, "onnx", purpose) for name in ("onnx", "onnxruntime"))
    try:
        model = onnx.load(str(path), load_external_data=False)
        onnx.checker.check_model(model, full_check=True)
        session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnx and onnxruntime raise their own errors and those of protobuf
        raise FormatError(f"{path} is not a valid ONNX model: {error}") from error
    vectors = _carried({one.key: one.value for one in model.metadata_props}, path)
    first = session.get_inputs()[0]
    dtype = np.float64 if "double" in first.type else np.float32
    (y,) = session.run(None, {first.name: vectors.x.astype(dtype)})
    difference = vectors.difference(y)
    return Verified("onnx", "onnxruntime", len(vectors.x), difference, TOLERANCE)


def _state_dict(path: Path) -> Verified:
    torch = require("torch", "torch", "a state dict needs")
    from byhand.interop.torch_module import to_torch  # which needs torch when it is imported

    vectors = _carried(read_tensors(path)[1], path)
    normalise, *layers = to_torch(load_state_dict(path))
    module = torch.nn.Sequential(*layers)
    module.load_state_dict(import_module("safetensors.torch").load_file(str(path)))
    with torch.no_grad():
        y = module(normalise(torch.from_numpy(vectors.x))).numpy()
    return Verified("state-dict", "torch", len(vectors.x), vectors.difference(y), TOLERANCE)


def _carried(metadata: dict[str, str], path: Path) -> Vectors:
    try:
        return Vectors(unpacked(metadata["test_x"]), unpacked(metadata["test_y"]))
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{path} contains no test vectors; byhand did not export it.") from error


def _keras(path: Path) -> Verified:
    try:
        with zipfile.ZipFile(path) as archive:
            carried = parse_json(archive.read("metadata.json")).get("byhand", {})
    except (KeyError, OSError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise FormatError(f"{path} is not a Keras model, or is damaged: {error}") from error
    vectors = _carried(carried, path)
    return _by_keras("keras", path, vectors)


def _keras_weights(path: Path, net: Network) -> Verified:
    """Load the weights into a Keras model with the layers of the network."""
    return _by_keras("keras-weights", path, vectors_of(net), json.dumps(model_config(net)))


def _by_keras(target: str, path: Path, vectors: Vectors, config: str = "") -> Verified:
    """Compute the outputs with Keras, in a process with a backend of its own."""
    if find_spec("keras") is None:
        raise ArgumentError(
            "Keras is needed and was not found. Install it with one of its backends, as in "
            "pip install keras torch."
        )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(config, "utf-8")
        np.save(Path(folder) / "x.npy", vectors.x, allow_pickle=False)
        command = [sys.executable, "-c", KERAS_DRIVER, str(path.resolve()), folder]
        _run(command, path, backend=os.environ.get("KERAS_BACKEND", "torch"))
        y = np.load(Path(folder) / "y.npy", allow_pickle=False)
    return Verified(target, "keras", len(vectors.x), vectors.difference(y), TOLERANCE)


KERAS_DRIVER = """\
import sys
from pathlib import Path
import keras
import numpy as np
path, folder = sys.argv[1], Path(sys.argv[2])
if path.endswith(".h5"):
    model = keras.models.model_from_json((folder / "config.json").read_text("utf-8"))
    model.load_weights(path)
else:
    model = keras.models.load_model(path)
x = keras.ops.convert_to_tensor(np.load(folder / "x.npy"), model.inputs[0].dtype)
np.save(folder / "y.npy", keras.ops.convert_to_numpy(model(x)))
"""


def _npz(path: Path, net: Network) -> Verified:
    """Compare an npz with the network that it should agree with."""
    names = [layer.activation.name for layer in net.layers[1:]]  # type: ignore[union-attr]
    vectors = vectors_of(net)
    y = load_npz(path, names, net.input_layer.normalisation).predict_proba(vectors.x)
    return Verified("npz", "numpy", len(vectors.x), vectors.difference(y), TOLERANCE)


REPLAYS: dict[str, Callable[[Path], Verified]] = {
    "numpy": _python,
    "c": _c,
    "js": _javascript,
    "rust": _rust,
    "onnx": _onnx,
    "keras": _keras,
    "state-dict": _state_dict,
}
"""The function that replays the files of each target; PyTorch's is Python, like NumPy's."""
