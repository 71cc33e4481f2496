from __future__ import annotations

import numpy as np

from byhand.augmentation.pixels import add_noise, erase

KEYS = np.arange(400, dtype=np.uint64)


def test_noise_has_the_requested_deviation() -> None:
    grey = np.full((400, 28, 28), 128, np.uint8)

    difference = add_noise(grey, KEYS, 0.1).astype(float) - 128

    assert abs(difference.mean()) < 0.2
    assert abs(difference.std() - 25.5) < 0.2
    inside = np.mean(np.abs(difference) < 25.5)
    assert abs(inside - 0.6827) < 0.01  # the fraction in a normal distribution


def test_noise_stays_between_paper_and_ink() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[1] = 255

    noisy = add_noise(images, KEYS[:2], 0.1)

    assert (noisy[0] == 0).mean() > 0.45  # half of the noise would be below paper
    assert (noisy[1] == 255).mean() > 0.45


def test_one_rectangle_is_erased_and_all_sizes_and_places_occur() -> None:
    images = np.full((400, 12, 9), 7, np.uint8)
    heights, widths, covered = set(), set(), np.zeros((12, 9), bool)

    for erased in erase(images, KEYS, 5):
        gone = erased == 0
        rows, columns = np.flatnonzero(gone.any(axis=1)), np.flatnonzero(gone.any(axis=0))
        assert gone.sum() == len(rows) * len(columns)
        assert len(rows) == rows[-1] - rows[0] + 1
        assert len(columns) == columns[-1] - columns[0] + 1
        heights.add(len(rows))
        widths.add(len(columns))
        covered |= gone

    assert heights == widths == {1, 2, 3, 4, 5}
    assert covered.all()


def test_a_rectangle_is_no_larger_than_the_image() -> None:
    images = np.full((400, 2, 3), 7, np.uint8)

    erased = erase(images, KEYS, 1000)

    assert ((erased == 0).sum(axis=(1, 2)) >= 1).all()
    assert (erased == 0).all(axis=(1, 2)).any()
