"""Data are found, or reported missing, and split as the recipe says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import byhand
from byhand import load_dataset
from byhand.data.formats.idx import write_idx
from byhand.data.formats.npz import write_npz
from byhand.errors import ArgumentError, DataError, FileError, FormatError
from byhand.randomness import stream
from byhand.recipes.fields_and_defaults import DataSpec
from byhand.recipes.from_options import in_fractions
from byhand.recipes.recipe import read_recipe
from byhand.runs.run import Run
from byhand.runs.split_dataset import DataSources, load_split, split_dataset
from byhand.runs.train import train_recipe
from byhand.training import split_rows

Image = pytest.importorskip("PIL.Image")


def prepare(said=None, sources=None, seed=0, **fields):
    say = [].append if said is None else said.append
    return split_dataset(DataSpec(**fields), seed, sources or DataSources(), say)


# --- splitting ----------------------------------------------------------------------------------


def test_parts_share_no_rows_and_lose_none():
    data = prepare(dataset="digits", pool="train+test", validation=200, test=0.1)

    rows = np.concatenate([data.rows[part] for part in ("train", "validation", "test")])
    assert sorted(rows) == list(range(1797))
    assert [len(data.rows[part]) for part in ("validation", "test")] == [200, 180]


def test_every_class_keeps_its_fraction_in_every_part():
    data = prepare(dataset="digits", validation=0.2, test=0.2)
    shares = np.bincount(data.y) / len(data.y)

    for part in ("train", "validation", "test"):
        labels = data.part(part).labels
        assert np.bincount(labels) / len(labels) == pytest.approx(
            shares, abs=1 / len(labels) + 0.01
        )


def test_the_seed_decides_the_rows():
    first, again, other = (prepare(dataset="digits", test=100, seed=seed) for seed in (1, 1, 2))

    assert (first.rows["test"] == again.rows["test"]).all()
    assert (first.rows["test"] != other.rows["test"]).any()


def test_the_validation_rows_are_those_that_fit_would_draw():
    data = prepare(dataset="digits", validation=0.1, seed=3)

    _, held_out = split_rows(len(data.y), 0.1, stream(3, "split"), data.y)
    assert (data.rows["validation"] == held_out).all()


def test_without_test_rows_in_the_recipe_the_test_part_of_the_data_is_taken():
    data = prepare(dataset="digits")

    assert data.part("validation") is None
    assert len(data.test) == 360
    assert data.train.images is data.x


def test_only_the_first_rows_of_the_pool_are_taken():
    data = prepare(dataset="digits", rows=500, test=50)

    assert len(data.y) == 500
    assert (data.y == load_dataset("digits").train.labels[:500]).all()


def test_more_rows_than_there_are_is_a_mistake():
    with pytest.raises(ArgumentError, match="rows = 42000 asks for more than the 1,437 rows"):
        prepare(dataset="digits", rows=42_000)


@pytest.mark.parametrize("share", [1437, 5000])
def test_leaving_nothing_to_train_on_is_a_mistake(share):
    with pytest.raises(ArgumentError, match="leave something on both sides"):
        prepare(dataset="digits", validation=share)


def test_a_run_finds_its_rows_again(run):
    again = load_split(run.folder, DataSources(), print)

    assert all((again.rows[name] == rows).all() for name, rows in run.data.rows.items())
    assert (again.validation.images == run.data.validation.images).all()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"validation": np.array([0])}, "expected parts of train, validation, test"),
        ({"train": np.array([0]), "more": np.array([1])}, "expected parts of train"),
        ({"train": np.zeros(10**6, np.uint8)}, "names a row twice"),
        ({"train": np.array([0, 1]), "test": np.array([1])}, "names a row twice"),
    ],
)
def test_rows_that_are_no_split_are_refused(run, rows, words):
    run.folder.write_split(rows)

    with pytest.raises(FormatError, match=rf"split\.npz is damaged: (it )?{words}"):
        load_split(run.folder, DataSources(), print)


@pytest.mark.parametrize("row", [-1, 10**6])
def test_rows_that_the_data_lack_are_refused(run, row):
    run.folder.write_split({"train": np.array([0, row])})

    with pytest.raises(
        FormatError, match=r"split\.npz is damaged: it names rows that the data do not have"
    ):
        _ = Run(run.path).data


def test_a_folder_of_dark_ink_on_light_paper_is_inverted(tmp_path):
    for label in "01":
        for number in range(3):
            path = tmp_path / "set" / label / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((4, 4), 255, np.uint8)).save(path)

    assert prepare(dataset=str(tmp_path / "set")).dataset.inverted
    assert not prepare(dataset=str(tmp_path / "set"), invert=False).dataset.inverted


# --- finding ------------------------------------------------------------------------------------


def test_other_data_are_taken_with_a_message_if_the_recipe_allows_it(said):
    data = prepare(said, dataset="mnist", instead="digits")

    assert data.is_fallback
    assert (data.asked, data.taken, data.dataset.name) == ("mnist", "digits", "digits")
    assert said == ["mnist was not found and cannot be downloaded; using digits instead."]


def test_otherwise_the_message_tells_how_to_get_them():
    with pytest.raises(FileError) as caught:
        prepare(dataset="mnist")

    assert "byhand data fetch mnist" in str(caught.value)
    assert "BYHAND_DATA" in str(caught.value)


def test_neither_the_data_nor_those_to_take_instead(said):
    with pytest.raises(FileError, match="MNIST, handwritten digits"):
        prepare(said, dataset="digit-recognizer", instead="mnist")
    assert said == ["digit-recognizer was not found and cannot be downloaded; using mnist instead."]


def test_a_missing_data_folder_is_an_error_instead_of_a_fallback(tmp_path):
    with pytest.raises(FileError, match="which is not a folder"):
        prepare(dataset="mnist", instead="digits", sources=DataSources(tmp_path / "gone"))


def test_a_damaged_file_is_an_error_instead_of_a_fallback(tmp_path):
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (folder / f"{name}-ubyte").write_bytes(b"no idx file")

    with pytest.raises(DataError, match="train-images-idx3-ubyte"):
        prepare(dataset="mnist", instead="digits", sources=DataSources(tmp_path))


def test_another_spelling_of_a_name_is_not_a_fallback():
    assert not prepare(dataset="Digits").is_fallback
    assert not prepare(dataset="uci-digits").is_fallback


@pytest.mark.parametrize("where", ["here", "beside the recipe", "data folder", "BYHAND_DATA"])
def test_your_own_files_are_found_in_every_folder_that_is_searched(where, tmp_path, monkeypatch):
    folder = {"here": tmp_path}.get(where, tmp_path / "elsewhere")
    folder.mkdir(exist_ok=True)
    write_npz(folder / "mine.npz", load_dataset("digits"))
    sources = {
        "beside the recipe": DataSources(folder=folder),
        "data folder": DataSources(data_dir=folder),
    }.get(where, DataSources())
    if where == "BYHAND_DATA":
        monkeypatch.setenv("BYHAND_DATA", str(folder))

    data = prepare(dataset="mine.npz", instead="mnist", sources=sources)

    assert data.taken == str(folder / "mine.npz")
    assert not data.is_fallback


def test_kaggles_folder_is_taken_if_it_exists(tmp_path):
    folder = tmp_path / "digit-recognizer"
    folder.mkdir()
    rows = np.random.default_rng(0).integers(0, 256, (40, 785))
    rows[:, 0] = np.arange(40) % 10
    header = "label," + ",".join(f"pixel{k}" for k in range(784))
    np.savetxt(folder / "train.csv", rows, "%d", ",", header=header, comments="")

    data = prepare(dataset="digit-recognizer", instead="mnist", test=10)

    assert not data.is_fallback
    assert data.x.shape == (40, 28, 28)
    assert len(data.rows["test"]) == 10


def test_images_without_labels_are_not_a_test_part(tmp_path):
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


def test_for_other_data_numbers_of_rows_become_fractions():
    assert in_fractions(read_recipe("l2-search").spec.data) == {
        "data.rows": None,
        "data.instead": None,
        "data.validation": 0.1,
        "data.test": 0.1,
    }
    changes = in_fractions(read_recipe("leaky-relu").spec.data)
    assert changes["data.test"] == pytest.approx(1_000 / 42_000, abs=1e-6)


def test_fractions_stay_fractions():
    assert in_fractions(read_recipe("full-batch").spec.data) == {
        "data.rows": None,
        "data.instead": None,
    }


# --- columns far from zero ----------------------------------------------------------------------


@pytest.mark.parametrize("offset", [0, 10_000_000, 1_700_000_000])
def test_a_table_learns_as_well_far_from_zero(offset, small, options, tmp_path):
    """The class depends on the second of the day, and on no other column."""
    rng = np.random.default_rng(0)
    seconds, noise = rng.integers(0, 4000, 400), rng.integers(0, 10, 400)
    rows = [f"{s + offset},{n},{s // 1000}" for s, n in zip(seconds, noise, strict=True)]
    (tmp_path / "times.csv").write_text("\n".join(["time,noise,label", *rows]) + "\n")
    changes = {"data.dataset": str(tmp_path / "times.csv"), "training.epochs": 60}

    run = train_recipe(small.changed(changes), options)
    again = byhand.Run(run.path).evaluate("validation")

    assert run.results["validation"]["accuracy"] > 0.9
    assert again == run.results["validation"]


def test_a_run_of_byhand_0_1_0_finds_its_table_as_it_was_then(small, options, tmp_path):
    rows = [f"{1_700_000_000 + 37 * k},{k % 2}" for k in range(100)]
    (tmp_path / "times.csv").write_text("\n".join(["time,label", *rows]) + "\n")
    run = train_recipe(small.changed({"data.dataset": str(tmp_path / "times.csv")}), options)
    old = replace(run.data.dataset.train, images=run.data.dataset.train.images.astype(np.float32))
    facts = run.facts.model_copy(deep=True)
    facts.dataset.sha256 = replace(run.data.dataset, train=old).sha256
    run.folder.write_facts(facts)

    data = byhand.Run(run.path).data

    assert run.data.x.dtype == np.float64
    assert data.x.dtype == np.float32
