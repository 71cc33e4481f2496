from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from byhand.data import Dataset, cache_folder, find_dataset, known_dataset, list_datasets
from byhand.data.find_dataset import how_to_get
from byhand.data.formats.npz import write_npz
from byhand.errors import FileError

Write = Callable[..., Path]


def test_only_the_digits_are_found_on_a_bare_machine() -> None:
    found = {line.known.name for line in list_datasets() if line.found}

    assert found == {"digits"}


def test_the_cache_is_inside_the_home(own_home: Path) -> None:
    assert cache_folder().is_relative_to(own_home)


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_places_are_searched_in_order(
    tmp_path: Path, own_home, monkeypatch, small: Dataset, write_folder: Write, ending: str
) -> None:
    """The order is: data folder, BYHAND_DATA, cache, torchvision's folders, Keras's folder."""
    keras = own_home / ".keras" / "datasets" / "mnist.npz"
    write_npz(keras, small)
    assert find_dataset("mnist").place == "Keras"  # type: ignore[union-attr]

    for folder, place in [
        (own_home / "data" / "MNIST" / "raw", "torchvision"),
        (Path("data") / "MNIST" / "raw", "torchvision"),
        (cache_folder() / "mnist", "cache"),
        (tmp_path / "named" / "mnist", "BYHAND_DATA"),
        (tmp_path / "given" / "mnist", "data folder"),
    ]:
        write_folder(folder, small, ending)
        if place == "BYHAND_DATA":
            monkeypatch.setenv("BYHAND_DATA", str(tmp_path / "named"))
        data_dir = tmp_path / "given" if place == "data folder" else None
        found = find_dataset("mnist", data_dir)

        assert found is not None
        assert (found.place, found.folder) == (place, folder)
        assert str(found) == f"{folder} ({place})"


def test_an_uncompressed_copy_is_preferred(tmp_path, small: Dataset, write_folder: Write) -> None:
    for ending in (".gz", ""):
        write_folder(tmp_path / "mnist", small, ending)

    found = find_dataset("mnist", tmp_path)

    assert found is not None
    assert {path.suffix for path in found.files.values()} == {""}


def test_fashion_mnist_is_found_where_keras_keeps_it(own_home, small, write_folder: Write) -> None:
    write_folder(own_home / ".keras" / "datasets" / "fashion-mnist", small)

    assert find_dataset("fashion-mnist").place == "Keras"  # type: ignore[union-attr]
    assert find_dataset("mnist") is None


def test_the_folder_of_keras_can_be_set(tmp_path, monkeypatch, small: Dataset) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    write_npz(tmp_path / "keras" / "datasets" / "mnist.npz", small)

    assert find_dataset("mnist").place == "Keras"  # type: ignore[union-attr]


@pytest.mark.parametrize("inside", ["", "emnist", "emnist-letters"])
def test_emnist_files_are_found_in_any_folder(tmp_path, small, write_folder, inside) -> None:
    write_folder(tmp_path / inside, small, prefix="emnist-letters-")

    assert find_dataset("emnist-letters", tmp_path) is not None
    assert find_dataset("emnist-digits", tmp_path) is None


def test_ambiguous_file_names_outside_a_folder_of_the_data_set_are_ignored(
    tmp_path, small, write_folder: Write
) -> None:
    """train-images-idx3-ubyte may be MNIST, Fashion-MNIST or KMNIST: the folder's name decides."""
    write_folder(tmp_path, small)

    assert find_dataset("mnist", tmp_path) is None


def test_an_incomplete_data_set_is_not_found_and_the_message_names_the_missing_file(
    tmp_path, small: Dataset, write_folder: Write
) -> None:
    write_folder(tmp_path / "mnist", small)
    (tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()

    assert find_dataset("mnist", tmp_path) is None
    assert "mnist lacks t10k-labels-idx1-ubyte.gz" in how_to_get(
        known_dataset("mnist"), "a reason", tmp_path
    )


def test_a_missing_data_folder_is_an_error(tmp_path, monkeypatch) -> None:
    with pytest.raises(FileError, match=r"the data folder is .*nowhere, which is not a folder"):
        find_dataset("mnist", tmp_path / "nowhere")

    monkeypatch.setenv("BYHAND_DATA", str(tmp_path / "gone"))
    with pytest.raises(FileError, match=r"BYHAND_DATA is .*gone"):
        find_dataset("mnist")
