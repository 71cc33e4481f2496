"""The compiled loops give the numbers of the formulas, in one thread and in parts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from tests.kernels.cases import (
    ENTRIES,
    Numbers,
    assert_equal_to_the_formula,
    buffers_of,
    cases_of,
    dtypes,
    seeds,
    shapes,
    tolerance,
)

import byhand
from byhand import ACTIVATIONS, CategoricalCrossEntropy, DenseLayer, InputLayer
from byhand.network.layers.pixel_scaling import InputBuffers
from byhand.network.losses import LossBuffers

pytest.importorskip("numba", reason="Numba is not installed")
from byhand.kernels import compiled
from byhand.kernels.compiled import OVERRIDES

pytestmark = pytest.mark.usefixtures("plain")
alone_and_in_parts = pytest.mark.usefixtures("threads")
quickly = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])


@alone_and_in_parts
@pytest.mark.parametrize("case", cases_of(OVERRIDES), ids=str)
@quickly
@given(shapes, dtypes, seeds)
def test_an_override_equals_its_formula(case, shape, dtype, seed):
    assert_equal_to_the_formula(case, OVERRIDES[case.entry], seed, dtype, shape)


def test_dropout_keeps_a_unit_whose_random_number_equals_the_rate():
    x, mask, out = (np.ones((1, 3), np.float32) for _ in range(3))
    random = np.array([[0.25, 0.5, 0.75]], np.float32)

    compiled._dropout(x, random, np.float32(0.5), np.float32(2), mask, out)

    np.testing.assert_array_equal(mask, [[0, 2, 2]])
    np.testing.assert_array_equal(out, [[0, 2, 2]])


def activate(z, activation):
    buffers = buffers_of(DenseLayer(z.shape[1], activation), Numbers(0, z.dtype), z.shape)
    buffers.z[...] = z
    compiled.bias_activation(np.zeros(z.shape[1], z.dtype), activation, buffers)
    return buffers


@alone_and_in_parts
@pytest.mark.parametrize(
    "activation", ENTRIES, ids=lambda entry: f"{entry.name} {entry.slope or ''}"
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extremes_give_the_same_finite_numbers(activation, dtype):
    z = np.array([[-1e4, -50, -0.0, 0.0, 50, 1e4]], dtype)
    dA, db = np.arange(1, 7, dtype=dtype)[None], np.empty(6, dtype)

    buffers = activate(z, activation)
    buffers.da[...] = dA
    compiled.activation_gradient(db, activation, buffers)

    assert np.isfinite(buffers.a).all()
    expected = activation.backward(dA, z, activation(z))
    np.testing.assert_allclose(buffers.a, activation(z), **tolerance(dtype))
    np.testing.assert_allclose(buffers.dz, expected, **tolerance(dtype))
    np.testing.assert_allclose(db, expected[0], **tolerance(dtype))


@alone_and_in_parts
@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_stay_visible(name, bad):
    """Training finds the step at which it diverged by its first NaN or infinity."""
    z, activation = np.array([[1.0, bad, -1.0]]), ACTIVATIONS[name]

    with np.errstate(all="ignore"):
        result, expected = activate(z, activation).a, activation(z)

    assert not (np.isfinite(result) & ~np.isfinite(expected)).any()


def test_code_compiled_for_one_type_of_input_is_not_called_for_another():
    """Numba 0.60 did this in about one of ten first calls."""
    layer = InputLayer(3, mean=np.array([1.0, 2, 3]), factor=np.array([1.0, 0.5, 2]))
    for dtype in ("float64", "float32", "int64", "int32", "uint8"):
        for order in "CF":
            x = np.array([[1, 2, 3], [9, 8, 7], [0, 4, 200]], dtype, order=order)
            buffers = InputBuffers(x, np.empty(x.shape))

            compiled.scale(layer, x, buffers)

            expected = (x.astype(float) - [1, 2, 3]) * [1, 0.5, 2]
            np.testing.assert_array_equal(buffers.a, expected)


@alone_and_in_parts
def test_the_first_of_equal_logits_is_predicted():
    z = np.zeros((3, 4))
    buffers = LossBuffers(np.empty(3), np.full(3, 7), np.empty((3, 4)))

    loss, labels = CategoricalCrossEntropy(), np.array([0, 1, 2])
    compiled.cross_entropy(loss, z, ACTIVATIONS["softmax"](z), labels, buffers, False)

    assert (buffers.predictions == 0).all()


# --- the first compilation ----------------------------------------------------------------------

FIT = """
import numpy as np
from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
net = MultiLayerPerceptron([InputLayer(4), DenseLayer(2, "softmax")], seed=0)
net.fit(np.random.default_rng(0).normal(size=(20, 4)), np.arange(20) % 2, epochs=1, verbose=0)
"""


@pytest.fixture
def fit_in_new_process(tmp_path):
    """A copy of the package, and a function that trains with it in a fresh interpreter."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(byhand.__file__).parent, tmp_path / "byhand", ignore=ignored)
    unset = {"NUMBA_CACHE_DIR", "BYHAND_KERNELS"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"PYTHONPATH": str(tmp_path), "BYHAND_KERNELS": "numba"}

    def fit(**more):
        process = subprocess.run(
            [sys.executable, "-c", FIT],
            env=environment | more, capture_output=True, text=True, check=False, timeout=600,
        )  # fmt: skip
        assert process.returncode == 0, process.stderr
        return process.stderr

    return fit


def test_a_missing_cache_folder_is_reported(fit_in_new_process, tmp_path):
    for folder in ("kernels", "kernels/parallel"):
        (tmp_path / "byhand" / folder / "__pycache__").write_text("a file blocks the folder")
    home = tmp_path / "home"
    home.write_text("")  # this folder is blocked, too

    printed = fit_in_new_process(HOME=str(home), XDG_CACHE_HOME=str(home))

    assert "in every process" in printed
    assert "NUMBA_CACHE_DIR" in printed


def cached_indexes(folder):
    """Return the files of cached code; their names record the sources they were compiled from."""
    return {file.name: file.read_bytes() for file in folder.rglob("compiled.*.kernel")}


@pytest.mark.slow
def test_compiling_is_announced_once_and_repeated_when_any_source_changes(
    fit_in_new_process, tmp_path
):
    assert "once, into" in fit_in_new_process()
    first = cached_indexes(tmp_path)
    assert fit_in_new_process() == ""
    assert cached_indexes(tmp_path) == first

    source = tmp_path / "byhand" / "kernels" / "parallel" / "pool.py"
    source.write_text(source.read_text() + "\n# changed\n")
    fit_in_new_process()

    assert any(index != first.get(name) for name, index in cached_indexes(tmp_path).items())
