"""From pictures to a network's images: the preparation that is chosen, stored and applied."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from byhand.data import Preparation, load_dataset, prepare_pictures
from byhand.data.fit_and_centre import crop, place
from byhand.data.proportions import proportions
from byhand.data.resample import ink_box, lay
from byhand.data.stroke_width import stroke_widths
from byhand.errors import ArgumentError, DataError, FormatError

MNIST = Preparation("mnist")
DIGITS = Preparation("digits", 8, 8)
WAYS = [
    MNIST,
    DIGITS,
    Preparation("garment", 28, 28, box=(28, 28)),
    Preparation("strokes", 30, 20, box=(24, 16)),
    Preparation("strokes", 30, 20, box=(24, 16), stroke=2.0),
    Preparation("strokes", 30, 20, box=(24, 16), stroke=2.0, widest=0.5),
    Preparation("strokes", 30, 20, box=(24, 16), centre="mass"),
    Preparation("plain", 30, 20, box=(24, 16)),
]

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


def from_ink(way: Preparation, image: np.ndarray) -> np.ndarray:
    """The result of the last step from ink."""
    return list(way.steps(image).values())[-1]


# --- from ink to an image -----------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS, ids=str)
@given(image=images)
def test_every_drawing_becomes_an_image_of_the_right_kind(way, image) -> None:
    result = from_ink(way, image)

    assert result.shape == way.shape
    assert result.dtype == np.uint8


@pytest.mark.parametrize("way", WAYS, ids=str)
@given(image=images, down=st.integers(0, 9), right=st.integers(0, 9))
def test_where_on_the_canvas_one_draws_does_not_matter(way, image, down, right) -> None:
    canvas = np.pad(image, ((down, 3), (right, 1)))

    np.testing.assert_array_equal(from_ink(way, canvas), from_ink(way, image))


@given(images, st.integers(2, 4))
def test_how_large_one_draws_does_not_matter(image, times) -> None:
    larger = image.repeat(times, axis=0).repeat(times, axis=1)

    np.testing.assert_array_equal(from_ink(MNIST, larger), from_ink(MNIST, image))


@given(images)
def test_preparing_twice_is_preparing_once(image) -> None:
    """An image whose ink fills its 20x20 box stays as it is."""
    once = from_ink(MNIST, image)
    assume(max(crop(once).shape) == 20)

    np.testing.assert_array_equal(from_ink(MNIST, once), once)


@given(images)
def test_the_centre_of_mass_is_in_the_middle(image) -> None:
    steps = MNIST.steps(image)
    box, field = steps["fit"].astype(np.int64), steps["place"].astype(np.int64)

    for axis in (0, 1):
        centre = (field.sum(axis=1 - axis) @ np.arange(28)) / field.sum()
        within = 13.5 <= round(centre, 9) < 14.5
        assert within or box.shape[axis] > 14  # a long, lopsided drawing meets the edge first
    np.testing.assert_array_equal(crop(steps["place"]), crop(steps["fit"]))


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_an_empty_drawing_is_one_clear_error(way) -> None:
    with pytest.raises(DataError, match="nothing drawn"):
        way(np.zeros((280, 280), np.uint8))


@given(any_images)
def test_any_picture_is_prepared_or_refused_for_lack_of_ink(image) -> None:
    for way in WAYS:
        for photo in (None, False, True):
            with contextlib.suppress(DataError):
                assert way(image, photo=photo).shape == way.shape


@pytest.mark.parametrize("way", WAYS[:2], ids=lambda way: way.kind)
def test_a_speck_too_faint_to_be_seen_is_nothing_drawn(way) -> None:
    image = np.zeros((200, 200), np.uint8)
    image[0, 0] = image[199, 199] = 1

    with pytest.raises(DataError, match="too faint"):
        way(image)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((3, 3)),
        np.zeros((1, 3, 3), np.uint8),
        np.zeros(9, np.uint8),
        np.zeros((0, 4), np.uint8),
    ],
)
def test_only_a_grey_image_can_be_prepared(image) -> None:
    with pytest.raises(ArgumentError, match="one grey image"):
        MNIST(image)


def test_stages_come_by_name_and_in_order() -> None:
    assert list(MNIST.stages(drawn())) == ["picture", "ink", "crop", "fit", "place"]
    assert list(DIGITS.steps(drawn())) == ["ink", "crop", "upright", "fit", "bitmap", "blocks"]
    np.testing.assert_array_equal(MNIST.stages(drawn())["place"], MNIST(drawn()))


# --- the same picture in other greys ------------------------------------------------------------


def test_a_picture_of_the_right_size_is_taken_as_it_is() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[2:9, 3] = 200

    np.testing.assert_array_equal(MNIST(image), image)
    np.testing.assert_array_equal(MNIST(255 - image), image)
    np.testing.assert_array_equal(MNIST(255 - image, invert=False), 255 - image)


@pytest.mark.parametrize("shape", [(28, 28), (60, 50)])
def test_images_are_given_as_in_training(shape) -> None:
    """A network trained on dark ink gets dark ink from every picture."""
    image = np.pad(drawn(), ((0, 0), (0, 0)))[: shape[0], : shape[1]]
    dark = Preparation("mnist", ink="dark")

    np.testing.assert_array_equal(dark(image), 255 - MNIST(image))
    np.testing.assert_array_equal(dark(255 - image), 255 - MNIST(image))


def test_mixed_images_keep_their_greys() -> None:
    mixed = Preparation("plain", 6, 4, ink="mixed")
    light = np.full((12, 8), 250, np.uint8)

    assert (mixed(light) == 250).all()
    assert (mixed(light, invert=True) == 5).all()
    assert (mixed(np.full((6, 4), 9, np.uint8)) == 9).all()


def test_a_picture_in_other_proportions_is_taken_whole_with_margins() -> None:
    whole = Preparation("plain", 6, 4, ink="mixed")(np.full((40, 40), 250, np.uint8))

    assert whole[1:5].tolist() == [[250] * 4] * 4
    assert not whole[[0, 5]].any()


# --- chosen, stored, read -----------------------------------------------------------------------


def strokes_in(height: int, width: int, paper: int = 0, n: int = 40) -> np.ndarray:
    """Images with a stroke of half their height."""
    rng = np.random.default_rng(0)
    made = np.full((n, height, width), paper, np.uint8)
    for image in made:
        left = rng.integers(1, width - 4)
        image[height // 4 : height // 4 + height // 2, left : left + 3] = 255 - paper
    return made


def test_the_uci_digits_are_prepared_as_uci_did() -> None:
    assert Preparation.for_images(load_dataset("digits").train.images, "digits") == DIGITS


def test_images_that_mnists_stages_do_not_change_are_like_mnists() -> None:
    like = np.stack([from_ink(MNIST, image) for image in strokes_in(40, 40)])

    way = Preparation.for_images(like, "anything")
    assert replace(way, stroke=MNIST.stroke, widest=MNIST.widest) == MNIST
    assert Preparation.for_images(255 - like).config() == {**way.config(), "ink": "dark"}


def test_other_images_tell_how_large_their_ink_is() -> None:
    assert Preparation.for_images(strokes_in(260, 200)) == Preparation(
        "plain", 260, 200, box=(130, 100)
    )
    assert Preparation.for_images(strokes_in(260, 200, paper=255)).ink == "dark"


def test_grey_paper_does_not_count_as_ink_where_the_size_of_ink_is_measured() -> None:
    scans = np.maximum(strokes_in(40, 40), 9)

    assert Preparation.for_images(scans).box == (20, 20)


def test_empty_and_all_but_empty_training_images_do_no_harm() -> None:
    images = np.zeros((9, 28, 28), np.uint8)
    images[1, 0, 0] = images[1, 27, 27] = 1

    way = Preparation.for_images(images)
    assert replace(way, stroke=MNIST.stroke, widest=MNIST.widest) == MNIST
    assert Preparation.for_images(0 * images) == MNIST
    assert Preparation.for_images(np.zeros((3, 20, 30), np.uint8)).box == (20, 30)


def test_light_and_dark_images_together_are_mixed() -> None:
    both = np.concatenate([strokes_in(28, 28), strokes_in(28, 28, paper=255)])

    assert Preparation.for_images(both) == Preparation("plain", 28, 28, "mixed")


def test_pen_strokes_are_known_by_how_little_they_cover() -> None:
    images = load_dataset("digits").train.images[:50]
    rings = np.zeros((20, 40, 40), np.uint8)
    rings[:, 8:32, 10:30] = 255
    rings[:, 11:29, 13:27] = 0

    way = Preparation.for_images(rings)
    assert replace(way, stroke=None) == Preparation("strokes", 40, 40, box=(24, 24))
    assert way.stroke == pytest.approx(3, abs=0.3)
    assert Preparation.for_images(np.pad(images, ((0, 0), (4, 4), (4, 4)))).kind == "plain"


@pytest.mark.parametrize("field", ["stroke", "widest"])
def test_models_of_older_versions_lack_a_field_and_get_the_usual_value(field) -> None:
    stored = {key: value for key, value in MNIST.config().items() if key != field}

    assert Preparation.from_config(stored) == MNIST
    assert (MNIST.stroke, MNIST.widest) == (2.41, 0.8)


def test_a_drawing_stretched_sideways_is_narrowed_and_its_strokes_keep_their_width() -> None:
    y, x = np.mgrid[:200, :280]
    ring = np.abs(np.hypot(x - 140, 1.6 * (y - 100)) - 110) < 9
    way = replace(MNIST, widest=1e9)
    wide, usual = way(np.uint8(255) * ring), MNIST(np.uint8(255) * ring)

    assert proportions(wide) == pytest.approx(1.5, abs=0.05)
    assert proportions(usual) == pytest.approx(1.5 * 2 / 3, abs=0.1)
    np.testing.assert_allclose(stroke_widths(usual[None]), MNIST.stroke, rtol=0.25)


def test_an_image_of_the_networks_own_size_is_never_narrowed() -> None:
    wide = np.zeros((28, 28), np.uint8)
    wide[10:14, 2:26] = 255

    np.testing.assert_array_equal(MNIST(wide), wide)


def test_ink_is_cut_out_of_images_of_the_networks_own_size_if_it_was_at_training() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[2:20, 3:6] = 255
    way = replace(MNIST, cuts_all=True)

    assert not way.is_ready(image)
    np.testing.assert_array_equal(way(image), way(np.roll(image, (5, 9), (0, 1))))
    assert MNIST.is_ready(image)


def test_proportions_that_no_drawing_has_are_refused() -> None:
    with pytest.raises(ArgumentError, match="widest must be above 0; got -1"):
        Preparation("mnist", widest=-1)


def test_strokes_of_pictures_become_as_wide_as_in_training() -> None:
    """This holds for thin and thick pens, and for small drawings."""
    y, x = np.mgrid[:300, :300]
    ring = np.hypot(y - 150, x - 150) - 100
    found = [
        stroke_widths(MNIST(np.where(np.abs(ring) < pen / 2, 0, 255).astype(np.uint8))[None])[0]
        for pen in (3, 8, 24, 60)
    ]

    np.testing.assert_allclose(found, MNIST.stroke, rtol=0.25)


def test_a_stroke_width_beyond_the_image_is_refused() -> None:
    with pytest.raises(ArgumentError, match="width within the image"):
        Preparation("mnist", stroke=40)


def test_the_images_show_how_they_were_centred() -> None:
    """Hooks of many shapes are centred by their boxes or by their centres of mass."""
    rng = np.random.default_rng(0)
    shapes = rng.integers(5, 20, (30, 2))
    hooks = [
        np.pad(np.full((1, wide), 255, np.uint8), ((0, tall), (0, 0))) for tall, wide in shapes
    ]
    for hook in hooks:
        hook[:, 0] = 255

    boxed = np.stack([lay(hook, 30, 30) for hook in hooks])
    weighed = np.stack([place(hook, 30, 30) for hook in hooks])

    assert Preparation.for_images(boxed).centre == "box"
    assert Preparation.for_images(weighed).centre == "mass"


def test_garments_are_known_by_their_name() -> None:
    full = strokes_in(28, 28)
    full[:, 0, :] = full[:, -1, :] = full[:, 1, 0] = 90

    assert Preparation.for_images(full, "Fashion-MNIST") == Preparation(
        "garment", 28, 28, box=(28, 28)
    )


@pytest.mark.parametrize("way", [*WAYS, Preparation("plain", 5, 4, "mixed")])
def test_a_preparation_is_stored_as_json_and_comes_back(way) -> None:
    assert Preparation.from_config(json.loads(json.dumps(way.config()))) == way


@pytest.mark.parametrize(
    "damaged",
    [
        7,
        {"kind": "mnist", "age": 3},
        {"kind": "plain", "box": [1]},
        {"kind": "plain", "box": [1, 29]},
        {"kind": "plain", "box": [0, 1]},
        {"kind": "plain", "box": [1, 1e999]},
        {"kind": "plain", "height": 1.0},
        {"kind": "plain", "width": True},
        {"kind": "plain", "stroke": "wide"},
        {"kind": "plain", "widest": "wide"},
        {"kind": "mnist", "cuts_all": 1},
        {"kind": "plain", "height": 1 << 20, "width": 1 << 20},
    ],
)
def test_damaged_values_are_reported(damaged) -> None:
    with pytest.raises(FormatError, match="preparation stored with the model is damaged"):
        Preparation.from_config(damaged, 28 * 28)


def test_wrong_fields_are_reported() -> None:
    with pytest.raises(ArgumentError, match="Did you mean 'mnist'"):
        Preparation("mnst")
    with pytest.raises(ArgumentError, match="'mnist' makes images of"):
        Preparation("mnist", 30, 28)
    with pytest.raises(ArgumentError, match="'box' or 'mass'"):
        Preparation("mnist", centre="middle")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="'light', 'dark' or 'mixed'"):
        Preparation("mnist", ink="grey")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "images", [np.zeros((4, 9)), np.zeros((4, 3, 3)), np.zeros((0, 3, 3), "u1")]
)
def test_a_preparation_is_chosen_from_images_only(images) -> None:
    with pytest.raises(ArgumentError, match="expected images, uint8"):
        Preparation.for_images(images)


def network(units: int, **facts: object) -> SimpleNamespace:
    """The settings that a network requires."""
    return SimpleNamespace(facts=facts, input_layer=SimpleNamespace(units=units))


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (network(784), MNIST),
        (network(64), DIGITS),
        (network(784, dataset="fashion-mnist"), Preparation("garment", 28, 28, box=(28, 28))),
        (network(400), Preparation("plain", 20, 20, box=(20, 20))),
        (network(600, preparation=WAYS[4].config()), WAYS[4]),
    ],
)
def test_a_model_tells_its_preparation_or_its_size_does(net, expected) -> None:
    assert Preparation.of(net) == expected


@pytest.mark.parametrize("net", [network(52000), network(16, preparation=None)])
def test_a_network_of_tables_takes_no_pictures(net) -> None:
    with pytest.raises(ArgumentError, match="columns, not images"):
        Preparation.of(net)


def test_pictures_become_a_batch(tmp_path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    pillow.fromarray(255 - drawn()).save(tmp_path / "a.png")

    batch = prepare_pictures(network(784), tmp_path / "a.png", drawn())

    assert batch.shape == (2, 28, 28)
    np.testing.assert_array_equal(batch[0], batch[1])


def test_a_circle_of_a_folder_of_handwriting_stays_a_circle() -> None:
    y, x = np.mgrid[:200, :200]
    distance = np.hypot(y - 100, x - 100)
    circle = np.where(np.abs(distance - 70) < 4, 255, 0).astype(np.uint8)

    for side in (28, 32):
        rows, columns = ink_box(Preparation.of_handwriting(side)(circle))
        assert abs((rows.stop - rows.start) - (columns.stop - columns.start)) <= 1
