"""The one-page network and the library compute the same weights."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, load_dataset
from byhand.errors import FileError
from byhand.randomness import stream

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "examples" / "one_page.py"
SEED, EPOCHS = 0, 1


@pytest.fixture(scope="module")
def one_page():
    spec = spec_from_file_location("one_page", PAGE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def mnist():
    try:
        return load_dataset("mnist", offline=True)
    except FileError:
        pytest.skip("MNIST is not on this machine")


@pytest.fixture(scope="module")
def order(mnist):
    rows = np.arange(len(mnist.train.labels))
    stream(SEED, "shuffle", 1).shuffle(rows)
    return rows


@pytest.fixture(scope="module")
def expected(one_page, mnist, order):
    """The weights after an epoch of the page."""
    start = dict(network().parameters)
    return one_page.train(start, mnist.train.images, mnist.train.labels, [order])


def network():
    layers = [InputLayer(784), DenseLayer(300, "relu"), DenseLayer(10, "softmax")]
    return MultiLayerPerceptron(layers, seed=SEED, dtype=np.float64)


def test_it_has_at_most_100_lines_and_no_byhand():
    lines = PAGE.read_text().splitlines()

    assert len(lines) <= 100
    assert not any(line.startswith(("import byhand", "from byhand")) for line in lines)


def test_every_file_it_names_exists():
    source = ROOT / "src" / "byhand"
    for name in (
        "network/initializers.py",
        "network/layers/pixel_scaling.py",
        "network/layers/dense.py",
        "network/activations.py",
        "network/losses.py",
        "network/network.py",
        "training/optimizers.py",
        "training/trainer.py",
    ):
        assert (source / name).is_file()


def test_byhand_has_the_same_weights_after_an_epoch_of_mnist(one_page, mnist, expected, kernel_set):
    net = network()
    x, y = mnist.train.images, mnist.train.labels

    net.fit(x, y, epochs=EPOCHS, batch_size=one_page.BATCH, optimizer="adam", verbose=0)

    for name, value in expected.items():
        assert np.abs(net.parameters[name] - value).max() < 1e-5


def test_it_runs_as_a_script(tmp_path):
    digits = load_dataset("digits")
    wide = {name: np.zeros((200, 28, 28), np.uint8) for name in ("x_train", "x_test")}
    for name, part in (("x_train", digits.train), ("x_test", digits.test)):
        wide[name][:, :8, :8] = part.images[:200]
    labels = {"y_train": digits.train.labels[:200], "y_test": digits.test.labels[:200]}
    np.savez(tmp_path / "small.npz", **wide, **labels)

    done = subprocess.run(
        [sys.executable, PAGE, tmp_path / "small.npz"], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1].startswith("test accuracy")
