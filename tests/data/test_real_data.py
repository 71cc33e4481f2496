from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from byhand.data import Preparation, find_dataset, load_dataset, verify_dataset
from byhand.data.formats.table import read_table
from byhand.data.formats.write_table import write_table

pytestmark = pytest.mark.usefixtures("real_data")


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_real_files_are_the_registered_ones(name: str, real_data: Path) -> None:
    if not (real_data / name).is_dir():
        pytest.skip(f"needs {name}/ in the folder named by BYHAND_DATA")

    assert [report.status for report in verify_dataset(name)] == ["ok"] * 4


def test_mnist_is_what_it_is() -> None:
    mnist = load_dataset("mnist", offline=True)
    assert mnist.test is not None
    assert mnist.train.labels is not None

    assert mnist.train.images.shape == (60_000, 28, 28)
    assert mnist.test.images.shape == (10_000, 28, 28)
    assert mnist.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(mnist.train.labels).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert find_dataset("mnist").place == "BYHAND_DATA"  # type: ignore[union-attr]


def test_preparing_changes_almost_none_of_mnists_own_images() -> None:
    """MNIST was made by the same stages: 69,983 of its 70,000 images stay the same."""
    test = load_dataset("mnist", offline=True).test
    assert test is not None
    images = test.images[::4]

    steps = Preparation("mnist").steps
    changed = sum(not np.array_equal(steps(image)["place"], image) for image in images)

    assert changed <= 3


def test_mnist_survives_a_csv_file(tmp_path: Path) -> None:
    test = load_dataset("mnist", offline=True).test
    assert test is not None
    write_table(tmp_path / "mnist.csv", test)

    part = read_table(tmp_path / "mnist.csv").part()

    np.testing.assert_array_equal(part.images, test.images)
    np.testing.assert_array_equal(part.labels, test.labels)
