"""Data are found, or said not to be, and divided as the recipe says."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import load_dataset
from byhand.data.formats.idx import write_idx
from byhand.data.formats.npz import write_npz
from byhand.errors import ArgumentError, DataError, FileError
from byhand.randomness import stream
from byhand.recipes.material import Places, in_shares, prepare_material, restore_material
from byhand.recipes.recipe import read_recipe
from byhand.recipes.spec import DataSpec
from byhand.training import split_rows


def prepare(said=None, places=None, seed=0, **fields):
    say = [].append if said is None else said.append
    return prepare_material(DataSpec(**fields), seed, places or Places(), say)


# --- dividing -----------------------------------------------------------------------------------


def test_parts_share_no_rows_and_lose_none():
    material = prepare(dataset="digits", pool="train+test", validation=200, test=0.1)

    rows = np.concatenate([material.rows[part] for part in ("train", "validation", "test")])
    assert sorted(rows) == list(range(1797))
    assert [len(material.rows[part]) for part in ("validation", "test")] == [200, 180]


def test_every_class_keeps_its_share_in_every_part():
    material = prepare(dataset="digits", validation=0.2, test=0.2)
    shares = np.bincount(material.y) / len(material.y)

    for part in ("train", "validation", "test"):
        _, labels = material.part(part)
        assert np.bincount(labels) / len(labels) == pytest.approx(
            shares, abs=1 / len(labels) + 0.01
        )


def test_the_seed_settles_the_rows():
    first, again, other = (prepare(dataset="digits", test=100, seed=seed) for seed in (1, 1, 2))

    assert (first.rows["test"] == again.rows["test"]).all()
    assert (first.rows["test"] != other.rows["test"]).any()


def test_what_is_held_out_is_what_fit_would_hold_out():
    material = prepare(dataset="digits", validation=0.1, seed=3)

    _, held_out = split_rows(len(material.y), 0.1, stream(3, "split"), material.y)
    assert (material.rows["validation"] == held_out).all()


def test_without_rows_put_aside_the_data_are_judged_by_their_own_test_part():
    material = prepare(dataset="digits")

    assert material.part("validation") is None
    assert len(material.part("test")[1]) == 360
    assert material.part("train")[0] is material.x


def test_only_the_first_rows_of_the_pool_are_taken():
    material = prepare(dataset="digits", rows=500, test=50)

    assert len(material.y) == 500
    assert (material.y == load_dataset("digits").train.labels[:500]).all()


def test_more_rows_than_there_are_is_a_mistake():
    with pytest.raises(ArgumentError, match="rows = 42000 asks for more than the 1,437 rows"):
        prepare(dataset="digits", rows=42_000)


@pytest.mark.parametrize("share", [1437, 5000])
def test_holding_everything_out_is_a_mistake(share):
    with pytest.raises(ArgumentError, match="leave something on both sides"):
        prepare(dataset="digits", validation=share)


def test_a_run_finds_its_rows_again():
    spec = DataSpec(dataset="digits", validation=0.1, test=0.1)
    first = prepare_material(spec, 5, Places(), print)

    again = restore_material(spec, first.rows, Places(), print)

    assert (again.part("test")[0] == first.part("test")[0]).all()


# --- finding ------------------------------------------------------------------------------------


def test_other_data_are_taken_where_the_recipe_allows_it_and_it_is_said(said):
    material = prepare(said, dataset="mnist", instead="digits")

    assert material.is_fallback
    assert (material.asked, material.taken, material.dataset.name) == ("mnist", "digits", "digits")
    assert said == ["mnist is not at hand and cannot be fetched; taking digits instead."]


def test_where_it_does_not_the_message_says_how_to_get_them():
    with pytest.raises(FileError) as caught:
        prepare(dataset="mnist")

    assert "byhand data fetch mnist" in str(caught.value)
    assert "BYHAND_DATA" in str(caught.value)


def test_neither_the_data_nor_those_to_take_instead(said):
    with pytest.raises(FileError, match="MNIST, handwritten digits was not found"):
        prepare(said, dataset="digit-recognizer", instead="mnist")
    assert said == ["digit-recognizer is not at hand and cannot be fetched; taking mnist instead."]


def test_a_data_folder_that_is_none_is_a_mistake_and_no_reason_to_take_other_data(tmp_path):
    with pytest.raises(FileError, match="which is not a folder"):
        prepare(dataset="mnist", instead="digits", places=Places(tmp_path / "gone"))


def test_a_damaged_file_is_a_mistake_and_no_reason_to_take_other_data(tmp_path):
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (folder / f"{name}-ubyte").write_bytes(b"no idx file")

    with pytest.raises(DataError, match="train-images-idx3-ubyte"):
        prepare(dataset="mnist", instead="digits", places=Places(tmp_path))


def test_a_name_in_other_spelling_is_no_fallback():
    assert not prepare(dataset="Digits").is_fallback
    assert not prepare(dataset="uci-digits").is_fallback


@pytest.mark.parametrize("where", ["here", "beside the recipe", "data folder", "BYHAND_DATA"])
def test_files_of_your_own_are_looked_for_where_they_may_be_meant(where, tmp_path, monkeypatch):
    folder = {"here": tmp_path}.get(where, tmp_path / "elsewhere")
    folder.mkdir(exist_ok=True)
    write_npz(folder / "mine.npz", load_dataset("digits"))
    places = {
        "beside the recipe": Places(folder=folder),
        "data folder": Places(data_dir=folder),
    }.get(where, Places())
    if where == "BYHAND_DATA":
        monkeypatch.setenv("BYHAND_DATA", str(folder))

    material = prepare(dataset="mine.npz", instead="mnist", places=places)

    assert material.taken == str(folder / "mine.npz")
    assert not material.is_fallback


def test_kaggles_folder_is_taken_where_it_is_there(tmp_path):
    folder = tmp_path / "digit-recognizer"
    folder.mkdir()
    rows = np.random.default_rng(0).integers(0, 256, (40, 785))
    rows[:, 0] = np.arange(40) % 10
    header = "label," + ",".join(f"pixel{k}" for k in range(784))
    np.savetxt(folder / "train.csv", rows, "%d", ",", header=header, comments="")

    material = prepare(dataset="digit-recognizer", instead="mnist", test=10)

    assert not material.is_fallback
    assert material.x.shape == (40, 28, 28)
    assert len(material.rows["test"]) == 10


def test_test_images_without_labels_are_no_test_part(tmp_path):
    digits = load_dataset("digits")
    for name, array in {
        "train-images-idx3-ubyte": digits.train.images,
        "train-labels-idx1-ubyte": digits.train.labels.astype(np.uint8),
        "t10k-images-idx3-ubyte": digits.test.images,
    }.items():
        write_idx(tmp_path / name, array)

    assert prepare(dataset=str(tmp_path)).part("test") is None
    with pytest.raises(ArgumentError, match=r"the test images of .* have no labels"):
        prepare(dataset=str(tmp_path), pool="train+test", test=0.1)


# --- other data for a recipe --------------------------------------------------------------------


def test_for_other_data_numbers_of_rows_become_shares():
    assert in_shares(read_recipe("l2-search").spec.data) == {
        "data.rows": None,
        "data.instead": None,
        "data.validation": 0.1,
        "data.test": 0.1,
    }
    changes = in_shares(read_recipe("leaky-relu").spec.data)
    assert changes["data.test"] == pytest.approx(1_000 / 42_000, abs=1e-6)


def test_shares_stay_shares():
    assert in_shares(read_recipe("full-batch").spec.data) == {
        "data.rows": None,
        "data.instead": None,
    }
