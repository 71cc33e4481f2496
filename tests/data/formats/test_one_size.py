"""A folder of large pictures trains on what `byhand predict` makes of the same files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.data.test_handwriting import thing, written

from byhand.data import Preparation, load_dataset, read_images
from byhand.data.formats.one_size import Fitting

Image = pytest.importorskip("PIL.Image", reason="needs Pillow")


def scans(folder: Path, rng: np.random.Generator, **how: int) -> Path:
    for number in range(12):
        path = folder / str(number % 2) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(written(rng, **how)).save(path)
    return folder


@pytest.mark.parametrize(("paper", "ink"), [(230, 60), (20, 180)])
@pytest.mark.parametrize("side", [None, 20])
def test_pictures_to_predict_become_what_was_trained_on(tmp_path, rng, paper, ink, side) -> None:
    folder = scans(tmp_path / "scans", rng, paper=paper, ink=ink)
    said: list[str] = []
    data = load_dataset(folder, size=side, say=said.append)
    _, pictures = read_images([folder / "0", folder / "1"], invert=False)

    assert data.image_shape == (side or 28, side or 28)
    assert data.inverted == (ink < paper)
    assert len(said) == (side is None)
    assert data.preparation is not None
    way = Preparation.from_config(data.preparation.config())
    np.testing.assert_array_equal([way(one) for one in pictures], data.train.images)


def test_what_a_run_records_reads_the_same_images(tmp_path, rng) -> None:
    folder = scans(tmp_path / "scans", rng)
    first = load_dataset(folder, say=lambda _: None)
    again = load_dataset(folder, size=first.image_shape[0], invert=first.inverted or "auto")

    assert again.sha256 == first.sha256


def test_things_are_fitted_whole(rng) -> None:
    pictures = [thing(rng) for _ in range(5)]
    fitting = Fitting.of(pictures, None, "auto")
    image = fitting(pictures[0])

    assert fitting.way is None
    assert image.shape == (64, 64)
    assert (image[:, :6] == 255).all()


def test_a_picture_without_ink_is_empty_paper(rng) -> None:
    pictures = [written(rng) for _ in range(9)] + [np.full((260, 200), 255, np.uint8)]
    fitting = Fitting.of(pictures, None, "auto")

    assert fitting.way is not None
    assert not fitting(pictures[-1]).any()
    assert fitting(pictures[0]).any()


def test_images_of_one_size_up_to_64_are_kept(rng) -> None:
    pictures = [one[:64, :40] for one in (written(rng) for _ in range(5))]
    fitting = Fitting.of(pictures, None, "auto")

    assert fitting(pictures[0]) is pictures[0]


def drawings(rng: np.random.Generator, reach: int, side: int = 28) -> list[np.ndarray]:
    """Dark hooks on light paper, at most `reach` pixels from the middle in each direction."""
    made = []
    for _ in range(40):
        ink = np.zeros((side, side), np.uint8)
        down, right = rng.integers(-reach, reach + 1, 2) + side // 2
        ink[down - 6 : down + 6, right - 1 : right + 1] = 255
        ink[down + 4 : down + 6, right : right + 5] = 255
        made.append(240 - ink // 2)
    return made


@pytest.mark.parametrize("side", [28, 32])
def test_small_handwriting_that_is_not_centred_is_cut_out_and_centred(rng, side) -> None:
    pictures = drawings(rng, 5, side)
    fitting = Fitting.of(pictures, None, "auto")
    images = np.stack([fitting(one) for one in pictures])

    assert images.shape == (40, side, side)
    assert "because it is not centred" in fitting.note(40)
    assert f"--size {side}" in fitting.note(40)
    middles = np.array([np.argwhere(image > 128).mean(axis=0) for image in images])
    assert middles.std(axis=0).max() < 0.6
    assert fitting.way is not None
    again = Preparation.from_config(fitting.way.config())
    np.testing.assert_array_equal(again(pictures[3]), images[3])


def test_small_handwriting_is_kept_if_it_is_centred_or_if_its_size_is_given(rng) -> None:
    centred, scattered = drawings(rng, 0), drawings(rng, 5)

    assert Fitting.of(centred, None, "auto") == Fitting()
    kept = Fitting.of(scattered, 28, "auto")
    np.testing.assert_array_equal(kept(scattered[0]), 255 - scattered[0])


def test_a_run_on_small_scattered_handwriting_reads_the_same_images_again(tmp_path, rng) -> None:
    for number, picture in enumerate(drawings(rng, 5)):
        path = tmp_path / "small" / str(number % 2) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    first = load_dataset(tmp_path / "small", say=lambda _: None)
    size = first.image_shape[0] if first.fitted else None
    again = load_dataset(
        tmp_path / "small", size=size, invert=first.inverted or "auto", say=lambda _: None
    )

    assert first.preparation is not None
    assert first.preparation.cuts_all
    assert again.sha256 == first.sha256
