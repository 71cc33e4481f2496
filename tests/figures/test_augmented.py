from __future__ import annotations

import numpy as np

from byhand.augmentation import Augmentation
from byhand.figures.augmented import augmented_images, first_of_each_class, text_of
from byhand.figures.canvas import save

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 9, 7), dtype=np.uint8)


def test_originals_come_first_and_every_copy_differs() -> None:
    figure = augmented_images(IMAGES, Augmentation(), epochs=4)

    pictures = [np.asarray(image.get_array()) for image in figure.axes[0].images]
    assert len(pictures) == 3 * 5
    for picture, original in zip(pictures, IMAGES, strict=False):
        np.testing.assert_array_equal(picture, original)
    assert len({picture.tobytes() for picture in pictures}) == 15


def test_the_same_seed_gives_the_same_file(tmp_path) -> None:
    files = [
        save(augmented_images(IMAGES, Augmentation(), seed=s, epochs=2), tmp_path / name)
        for s, name in ((1, "a.png"), (1, "b.png"), (2, "c.png"))
    ]
    first, again, other = (file.read_bytes() for file in files)

    assert first == again
    assert first != other


def test_each_class_has_its_turn() -> None:
    labels = np.array([2, 2, 0, 1, 0, 2, 1])

    assert first_of_each_class(labels, 5).tolist() == [2, 3, 0, 4, 6]
    assert first_of_each_class(None, 3).tolist() == [0, 1, 2]


def test_the_heading_names_what_is_done() -> None:
    assert text_of(Augmentation(2, 0, 0.1)) == "shift=2, scale=0.1"
    assert text_of(Augmentation(0, 0, 0, elastic=36)) == "elastic=36, sigma=5.5"
    assert text_of(Augmentation(0, 0, 0)) == "nothing is changed"
