from __future__ import annotations

import contextlib
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from byhand.data import prepare_image, stages
from byhand.data.prepare import (
    PREPARATIONS,
    bitmap,
    blocks,
    clean,
    crop,
    fit,
    fit_bitmap,
    overlaps,
    place,
    resize,
    upright,
)
from byhand.errors import ArgumentError, DataError

canvases = st.tuples(st.integers(1, 40), st.integers(1, 40))
ink = st.sampled_from([0, 0, 128, 255])
images = hnp.arrays(np.uint8, canvases, elements=ink).filter(lambda image: enough(image))
any_images = hnp.arrays(np.uint8, canvases)


def enough(image: np.ndarray) -> bool:
    """Whether there is ink that does not vanish in a quarter of a pixel."""
    return bool(image.mean() > 50)


def drawn(height: int = 60, width: int = 50) -> np.ndarray:
    """A thick slanted stroke on a canvas."""
    y, x = np.mgrid[:height, :width]
    return np.where(np.abs(x - 10 - y / 3) < 4, 255, 0).astype(np.uint8) * (y > 9).astype(np.uint8)


@given(images)
def test_every_drawing_becomes_an_image_of_the_right_kind(image) -> None:

    assert prepare_image(image).shape == (28, 28)
    assert prepare_image(image, "digits").shape == (8, 8)
    assert prepare_image(image).dtype == np.uint8


@given(images, st.integers(0, 9), st.integers(0, 9))
def test_where_on_the_canvas_one_draws_does_not_matter(image, down, right) -> None:
    canvas = np.pad(image, ((down, 3), (right, 1)))

    for like in PREPARATIONS:
        np.testing.assert_array_equal(prepare_image(canvas, like), prepare_image(image, like))


@given(images, st.integers(2, 4))
def test_how_large_one_draws_does_not_matter(image, times) -> None:
    larger = image.repeat(times, axis=0).repeat(times, axis=1)

    np.testing.assert_array_equal(prepare_image(larger), prepare_image(image))


@given(images)
def test_preparing_twice_is_preparing_once(image) -> None:
    """What fills its 20x20 box already is left alone."""
    once = prepare_image(image)
    assume(max(crop(once).shape) == 20)

    np.testing.assert_array_equal(prepare_image(once), once)


@given(images)
def test_the_centre_of_mass_lies_in_the_middle(image) -> None:
    steps = stages(image)
    box, field = steps["fit"].astype(np.int64), steps["place"].astype(np.int64)

    for axis in (0, 1):
        centre = (field.sum(axis=1 - axis) @ np.arange(28)) / field.sum()
        within = 13.5 <= round(centre, 9) < 14.5
        assert within or box.shape[axis] > 14  # a long, lopsided drawing meets the edge first
    np.testing.assert_array_equal(crop(steps["place"]), crop(steps["fit"]))


@pytest.mark.parametrize("like", PREPARATIONS)
def test_an_empty_drawing_is_one_clear_error(like: str) -> None:
    with pytest.raises(DataError, match="nothing drawn"):
        prepare_image(np.zeros((280, 280), np.uint8), like)


@given(any_images)
def test_any_image_is_prepared_or_refused_for_lack_of_ink(image) -> None:
    for like in PREPARATIONS:
        for photo in (False, True):
            with contextlib.suppress(DataError):
                assert prepare_image(image, like, photo=photo).any()


@pytest.mark.parametrize("like", PREPARATIONS)
def test_a_speck_too_faint_to_be_seen_is_nothing_drawn(like: str) -> None:
    image = np.zeros((200, 200), np.uint8)
    image[0, 0] = image[199, 199] = 1

    with pytest.raises(DataError, match="too faint"):
        prepare_image(image, like)


@pytest.mark.parametrize(
    "image", [np.zeros((3, 3)), np.zeros((1, 3, 3), np.uint8), np.zeros(9, np.uint8)]
)
def test_only_a_grey_image_can_be_prepared(image) -> None:
    with pytest.raises(ArgumentError, match="one grey image"):
        prepare_image(image)


def test_an_unknown_kind_gets_the_nearest() -> None:
    with pytest.raises(ArgumentError, match="Did you mean 'mnist'"):
        prepare_image(drawn(), "mnst")


def test_stages_come_by_name_and_in_order() -> None:
    assert list(stages(drawn())) == ["input", "crop", "fit", "place"]
    assert list(stages(drawn(), photo=True)) == ["input", "clean", "crop", "fit", "place"]
    assert list(stages(drawn(), "digits")) == [
        "input",
        "crop",
        "upright",
        "fit",
        "bitmap",
        "blocks",
    ]
    np.testing.assert_array_equal(stages(drawn())["place"], prepare_image(drawn()))


# --- single stages ------------------------------------------------------------------------------


def test_crop_keeps_exactly_the_ink() -> None:
    image = np.zeros((5, 6), np.uint8)
    image[1, 2] = image[3, 4] = 1

    assert crop(image).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(
    ("shape", "fitted"),
    [
        ((40, 10), (20, 5)),
        ((10, 40), (5, 20)),
        ((7, 7), (20, 20)),
        ((100, 1), (20, 1)),
        ((8, 3), (20, 8)),
    ],
)
def test_fit_keeps_the_proportions(shape, fitted) -> None:
    assert fit(np.full(shape, 255, np.uint8)).shape == fitted


def test_place_follows_its_formula() -> None:
    """S = 4, M = 0 * 1 + 1 * 3 = 3: the first row is ceil((108 - 6) / 8) = 13."""
    field = place(np.array([[1], [3]], np.uint8))

    assert np.argwhere(field).tolist() == [[13, 14], [14, 14]]


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12))),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_resize_is_the_exact_area_mean(image, height, width) -> None:
    """Against rational arithmetic, pixel by pixel."""
    rows, columns = image.shape

    def share(i: int, k: int, before: int, after: int) -> Fraction:
        low, high = Fraction(i * before, after), Fraction((i + 1) * before, after)
        return max(min(high, k + 1) - max(low, k), Fraction(0)) * Fraction(after, before)

    down = [[share(i, k, rows, height) for k in range(rows)] for i in range(height)]
    right = [[share(j, k, columns, width) for k in range(columns)] for j in range(width)]
    half = [
        [sum(d * int(v) for d, v in zip(row, image[:, k], strict=True)) for k in range(columns)]
        for row in down
    ]
    means = [
        [sum(r * v for r, v in zip(column, row, strict=True)) for column in right] for row in half
    ]
    expected = [[(2 * mean + 1) // 2 for mean in row] for row in means]

    assert resize(image, height, width).tolist() == expected


@given(st.integers(1, 60), st.integers(1, 60))
def test_overlaps_share_out_every_pixel(before, after) -> None:
    weights = overlaps(before, after)

    assert (weights.sum(axis=1) == before).all()
    assert (weights.sum(axis=0) == after).all()


def test_upright_removes_the_slant() -> None:
    slanted = np.eye(9, dtype=np.uint8)[:, ::-1] * 255

    assert upright(slanted).tolist() == [[255]] * 9


def test_upright_leaves_what_stands_upright() -> None:
    image = np.array([[9, 9, 9], [0, 9, 0], [9, 9, 9]], np.uint8)

    np.testing.assert_array_equal(upright(image), image)


@pytest.mark.parametrize(
    ("shape", "width"), [((32, 8), 8), ((64, 32), 16), ((10, 30), 20), ((9, 1), 4)]
)
def test_bitmaps_are_32_high_and_at_most_20_wide(shape, width) -> None:
    assert fit_bitmap(np.full(shape, 255, np.uint8)).shape == (32, width)


def test_a_bitmap_is_on_from_a_quarter_of_the_ink() -> None:
    on = bitmap(np.full((32, 2), [63, 64], np.uint8))

    assert on.sum() == 32
    assert on[:, 16].all()


def test_blocks_count_the_ink() -> None:
    image = np.zeros((32, 32), np.uint8)
    image[:4, :4] = 1
    image[4:6, 8:12] = 1
    image[31, 31] = 1

    counts = blocks(image)

    assert counts[0, 0] == 255
    assert counts[1, 2] == 128  # 8 * 255 / 16 = 127.5 rounds up
    assert counts[7, 7] == 16
    assert np.count_nonzero(counts) == 3


def test_clean_separates_ink_from_uneven_paper() -> None:
    rng = np.random.default_rng(0)
    photo = rng.integers(20, 60, (50, 50)).astype(np.uint8)
    photo[20:30, 24:27] = 180

    cleaned = clean(photo)

    assert (cleaned[20:30, 24:27] == 255).all()
    assert np.count_nonzero(cleaned) == 30
    np.testing.assert_array_equal(crop(cleaned), np.full((10, 3), 255))


def test_clean_leaves_ink_on_paper_0_its_place() -> None:
    np.testing.assert_array_equal(clean(drawn()), drawn())
