"""The benchmark of pictures: handwriting traced into strokes, and its camera."""

from __future__ import annotations

import io

import numpy as np
import pytest
from benchmarks.pictures.camera import SCENES, photographed
from benchmarks.pictures.drawing import SIDE, STYLES, drawn
from benchmarks.pictures.folders import FOLDERS
from benchmarks.pictures.hands import is_faithful, pick, traced
from PIL import Image, ImageOps

from byhand.data.out_of_distribution import painted


def image_of(*strokes):
    """Draw strokes as an image of 28 x 28, as wide as those of a pen."""
    ink = painted([np.array(stroke, float) for stroke in strokes], 2.5, 20)
    room = [((28 - n) // 2, 28 - n - (28 - n) // 2) for n in ink.shape]
    return np.pad(ink, room)


RING = [(10 * np.sin(a), 10 * np.cos(a)) for a in np.linspace(0, 2 * np.pi, 40)]
CROSS = [[(0, 0), (20, 20)], [(20, 0), (0, 20)]]


def test_a_ring_is_one_closed_stroke() -> None:
    (stroke,) = traced(image_of(RING))

    assert np.hypot(*(stroke[0] - stroke[-1])) < 8
    np.testing.assert_allclose(np.hypot(*(stroke - 50).T), 35, atol=4)


def test_a_cross_is_two_straight_strokes() -> None:
    """Where lines cross, the pen goes straight on."""
    first, second = sorted(traced(image_of(*CROSS)), key=len)[-2:]

    for stroke in (first, second):
        across, down = np.abs(stroke[-1] - stroke[0])
        assert across > 25
        assert abs(across - down) < 12


def test_a_digit_whose_loop_is_filled_is_not_traced() -> None:
    """Thinning makes a line of a blot, and nobody would read it as the digit that it was."""
    ring = image_of(RING)
    tail = image_of([(0, 0), (20, 4)])
    blot = tail.copy()
    y, x = np.mgrid[:28, :28]
    blot[np.hypot(y - 14, x - 8) < 4] = 255

    assert is_faithful(ring, traced(ring))
    assert is_faithful(tail, traced(tail))
    assert not is_faithful(blot, traced(blot))
    small = image_of([(5, 0), (5, 20)]).copy()
    small[np.hypot(y - 21, x - 14) < 2.5] = 255  # little ink is lost, but a small loop with it
    assert not is_faithful(small, traced(small))
    images, labels = np.stack([tail, blot] * 2), np.array([0, 0, 1, 1])
    assert sorted(pick(images, labels, 2, np.random.default_rng(0))) == [0, 2]


def test_drawings_stay_in_the_box_and_have_the_size_of_their_style() -> None:
    rng = np.random.default_rng(0)
    sizes = {}
    for name, style in STYLES.items():
        points = np.concatenate(drawn(traced(image_of(RING)), style, rng))
        assert points.min() >= 0
        assert points.max() <= SIDE
        sizes[name] = np.ptp(points[:, 1])
    assert sizes["tiny"] < sizes["in a corner"] < sizes["usual"] < sizes["large"]


@pytest.mark.parametrize("kind", ["greyish paper", "squared paper", "perspective"])
def test_a_photograph_has_its_size_and_its_ink_is_dark(kind) -> None:
    rng = np.random.default_rng(3)
    file = photographed([traced(image_of(RING))], kind, rng)
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))

    assert sorted(picture.size) == sorted(SCENES[kind].size)
    grey = np.asarray(picture.convert("L"), float)
    assert np.quantile(grey, 0.002) < 0.7 * np.median(grey)


@pytest.mark.parametrize("name", FOLDERS)
def test_images_of_a_folder_hold_ink(name) -> None:
    image = FOLDERS[name](image_of(*CROSS), np.random.default_rng(0))

    assert image.dtype == np.uint8
    assert np.ptp(image) > 100
