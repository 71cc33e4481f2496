from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from byhand.data import Dataset, verify_dataset
from byhand.data.formats.idx import encode_idx, write_idx
from byhand.data.formats.npz import write_npz
from byhand.data.known_datasets import DATASETS
from byhand.errors import FileError


@pytest.fixture
def little_mnist(small: Dataset, monkeypatch) -> Dataset:
    """A registry with a small data set and its checksums under the name of MNIST."""
    sums = []
    for _, part in small.parts():
        assert part.labels is not None
        arrays = (part.images, part.labels.astype(np.uint8))
        sums += [hashlib.sha256(encode_idx(array)).hexdigest() for array in arrays]
    mnist = DATASETS["mnist"]
    files = tuple(
        replace(file, sha256=digest) for file, digest in zip(mnist.files, sums, strict=True)
    )
    monkeypatch.setitem(DATASETS, "mnist", replace(mnist, files=files, counts=((20, 10),)))
    return small


def statuses(data_dir: Path | None = None) -> list[str]:
    return [report.status for report in verify_dataset("mnist", data_dir)]


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_good_files_agree_with_any_compression(
    tmp_path, little_mnist, write_folder, ending
) -> None:
    write_folder(tmp_path / "mnist", little_mnist, ending)

    assert statuses(tmp_path) == ["ok"] * 4


def test_one_changed_pixel_is_detected(tmp_path, little_mnist, write_folder) -> None:
    folder = write_folder(tmp_path / "mnist", little_mnist)
    images = little_mnist.train.images.copy()
    images[3, 4, 5] ^= 1
    write_idx(folder / "train-images-idx3-ubyte.gz", images)

    first, *others = verify_dataset("mnist", tmp_path)

    assert (first.status, first.ok) == ("different", False)
    assert "SHA-256" in first.detail
    assert all(report.ok for report in others)


def test_a_wrong_number_of_images_is_detected(tmp_path, little_mnist, write_folder) -> None:
    folder = write_folder(tmp_path / "mnist", little_mnist)
    write_idx(folder / "train-images-idx3-ubyte.gz", little_mnist.train.images[:7])

    assert verify_dataset("mnist", tmp_path)[0].detail == (
        "expected uint8 of shape (20, 28, 28), got uint8 (7, 28, 28)"
    )


def test_a_broken_file_is_reported_and_the_others_still_checked(
    tmp_path, little_mnist, write_folder
) -> None:
    folder = write_folder(tmp_path / "mnist", little_mnist)
    content = gzip.compress(b"no IDX file")
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(content)

    assert statuses(tmp_path) == ["ok", "broken", "ok", "ok"]


def test_the_archive_of_keras_is_checked_against_the_same_checksums(own_home, little_mnist) -> None:
    path = own_home / ".keras" / "datasets" / "mnist.npz"
    assert little_mnist.test is not None
    assert little_mnist.train.labels is not None
    assert little_mnist.test.labels is not None
    path.parent.mkdir(parents=True)
    np.savez(
        path,
        x_train=little_mnist.train.images,
        y_train=little_mnist.train.labels.astype(np.uint8),
        x_test=little_mnist.test.images,
    )

    assert statuses() == ["ok", "ok", "ok", "broken"]
    path.write_bytes(b"PK broken")
    assert statuses() == ["broken"]


def test_where_no_checksum_is_known_the_structure_is_checked(
    tmp_path, small: Dataset, write_folder, monkeypatch
) -> None:
    monkeypatch.setitem(DATASETS, "kmnist", replace(DATASETS["kmnist"], counts=((20, 10),)))
    write_folder(tmp_path / "kmnist", small)

    reports = verify_dataset("kmnist", tmp_path)

    assert {report.status for report in reports} == {"sound"}
    assert all(report.ok for report in reports)
    assert "not known" in reports[0].detail


def test_the_packaged_digits_are_sound() -> None:
    (report,) = verify_dataset("digits")

    assert report.ok


def test_missing_files_cannot_be_verified() -> None:
    with pytest.raises(FileError, match="byhand data fetch mnist"):
        verify_dataset("mnist")


def test_small_archives_written_by_byhand_load_as_mnist(own_home, little_mnist) -> None:
    from byhand.data import load_dataset

    write_npz(own_home / ".keras" / "datasets" / "mnist.npz", little_mnist)

    loaded = load_dataset("mnist", offline=True)

    assert loaded.sha256 == little_mnist.sha256
    assert loaded.name == "mnist"
    assert "LeCun" in loaded.credit
