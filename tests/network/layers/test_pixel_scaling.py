"""The input layer scales numbers, and refuses those on another scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand import ArgumentError, DataError, DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.network.standardise import standardisation

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (20, 3, 3), dtype=np.uint8)
IMAGES[0, 0, :2] = 0, 255
TABLE = RNG.normal([5, -100, 0, 1e3], [1, 20, 0.1, 300], (50, 4))


def network(units=9, normalisation="auto", dtype="float64"):
    layers = [InputLayer(units, normalisation), DenseLayer(2, "softmax")]
    return MultiLayerPerceptron(layers, dtype=dtype, seed=0)


def trained(x, normalisation="auto", dtype="float64", **options):
    """Return a network that was trained on x."""
    net = network(int(np.prod(np.shape(x)[1:])), normalisation, dtype)
    net.fit(x, np.arange(len(x)) % 2, epochs=1, verbose=0, **options)
    return net


def a0_of(net, x):
    return net.forward(x)["A0"]


# --- scaling ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint16, np.float32, np.float64])
def test_pixels_of_every_type_are_divided_by_255(dtype, kernel_set):
    a0 = a0_of(network(normalisation="pixels"), IMAGES.astype(dtype))

    np.testing.assert_allclose(a0, IMAGES.reshape(20, 9) / 255, atol=1e-16)


def test_none_leaves_the_numbers_as_they_are(kernel_set):
    np.testing.assert_array_equal(a0_of(network(4, "none"), TABLE), TABLE)


def test_standardise_subtracts_the_mean_and_divides_by_the_deviation_of_each_column(kernel_set):
    a0 = a0_of(trained(TABLE, "standardise"), TABLE)

    np.testing.assert_allclose(a0, (TABLE - TABLE.mean(axis=0)) / TABLE.std(axis=0), atol=1e-9)


def test_standardise_treats_all_pixels_of_images_in_the_same_way(kernel_set):
    a0 = a0_of(trained(IMAGES.astype(float), "standardise"), IMAGES.astype(float))

    flat = IMAGES.reshape(20, 9)
    np.testing.assert_allclose(a0, (flat - flat.mean()) / flat.std(), atol=1e-12)


def test_standardise_leaves_a_column_that_never_varies_at_zero():
    table = TABLE.copy()
    table[:, 1] = 7

    a0 = a0_of(trained(table, "standardise"), table)

    np.testing.assert_allclose(a0[:, 1], 0, atol=1e-12)


@pytest.mark.parametrize("offset", [0, 1e7, -1e7, 1.7e9, 1e12])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_standardise_loses_nothing_at_any_offset(offset, dtype, precision, kernel_set):
    """The columns are integers like timestamps, which float32 holds only up to 2^24."""
    near = RNG.integers(-1000, 1000, (50, 4))
    if dtype is np.float32 and abs(offset) > 2**23:
        near = near * 2 ** int(np.ceil(np.log2(abs(offset))) - 23)
    far = (near + np.int64(offset)).astype(dtype)
    exact = far.astype(np.int64) - np.int64(offset)
    net = network(4, "standardise", dtype=precision)
    net.fit(far, np.arange(50) % 2, epochs=1, verbose=0)

    a0 = a0_of(net, far)

    assert a0.dtype == precision
    limit = 1e-6 if precision == "float32" else 1e-6 * max(abs(offset) / 1e9, 1e-3)
    np.testing.assert_allclose(
        a0, (exact - exact.mean(axis=0)) / exact.std(axis=0), rtol=limit, atol=limit
    )


@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1e-40, 1e-12, 1e12, 1e40, 1e150, 1e300])
def test_standardise_loses_nothing_at_any_scale(scale, kernel_set):
    net = network(4, "standardise", dtype="float32")
    net.fit(TABLE * scale, np.arange(50) % 2, epochs=1, verbose=0)

    a0 = a0_of(net, TABLE * scale)

    np.testing.assert_allclose(
        a0, (TABLE - TABLE.mean(axis=0)) / TABLE.std(axis=0), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("scale", [1e-45, 1e-40, 1e-20, 1.0, 1e20, 1e40])
def test_standardise_of_images_loses_nothing_at_any_scale(scale, kernel_set):
    scaled = (IMAGES - 100.0) * scale
    net = trained(scaled, "standardise", dtype="float32")

    near = IMAGES.reshape(20, 9)
    np.testing.assert_allclose(
        a0_of(net, scaled), (near - near.mean()) / near.std(), rtol=1e-5, atol=1e-6
    )


def test_standardise_of_images_loses_nothing_far_from_zero(kernel_set):
    far = IMAGES.astype(np.int64) + 1_700_000_000
    net = trained(far, "standardise")

    near = IMAGES.reshape(20, 9)
    np.testing.assert_allclose(a0_of(net, far), (near - near.mean()) / near.std(), atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_layer_of_an_older_file_computes_as_it_did(dtype, kernel_set):
    factor, offset = RNG.normal(size=4).astype(dtype), RNG.normal(size=4).astype(dtype)
    layer = InputLayer(4, "standardise", factor=factor, offset=offset, input_range=(-9.0, 9.0))
    net = MultiLayerPerceptron([layer, DenseLayer(2, "softmax")], dtype=dtype)

    np.testing.assert_array_equal(a0_of(net, TABLE), TABLE.astype(dtype) * factor - offset)


def test_standardise_learns_from_the_training_rows_only():
    net = network(4, "standardise")

    history = net.fit(TABLE, np.arange(50) % 2, epochs=1, validation_split=0.4, verbose=0)

    rows = TABLE[history.split["train"]]
    np.testing.assert_allclose(
        a0_of(net, TABLE), (TABLE - rows.mean(axis=0)) / rows.std(axis=0), atol=1e-9
    )


def test_standardise_of_more_rows_than_are_read_at_once_is_the_same():
    many = RNG.normal(3, 2, (9000, 2))

    a0 = a0_of(trained(many, "standardise", batch_size="all"), many)

    np.testing.assert_allclose(a0.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(a0.std(axis=0), 1, atol=1e-10)


@pytest.mark.parametrize(
    ("x", "resolved"),
    [
        (IMAGES, "pixels"),
        (IMAGES.reshape(20, 9), "pixels"),
        (IMAGES.astype(np.int64), "pixels"),
        (IMAGES.astype(np.float32), "pixels"),
        (IMAGES / 255, "none"),
        ((IMAGES / 255).reshape(20, 9), "none"),
        (IMAGES.astype(float) - 100, "standardise"),
        (TABLE, "standardise"),
        (TABLE[:, :1] * 0 + np.arange(50)[:, None], "standardise"),
    ],
)
def test_auto_resolves_to_what_the_training_data_need(x, resolved):
    assert trained(x).input_layer.normalisation == resolved


def test_images_and_their_flattened_rows_are_the_same_input(kernel_set):
    net = network(normalisation="pixels")

    np.testing.assert_array_equal(
        net.predict_proba(IMAGES), net.predict_proba(IMAGES.reshape(20, 9))
    )


def test_gathering_rows_is_the_forward_pass_of_these_rows(kernel_set):
    rows = np.array([3, 3, 19, 0, 7])
    for x, kind in ((IMAGES.reshape(20, 9), "pixels"), (TABLE[:20], "standardise")):
        layer = InputLayer(x.shape[1], kind).fit(x, images=False)
        gathered, expected = (layer.new_buffers(5, x, np.dtype(float)) for _ in range(2))

        layer.gather(x, rows, gathered)
        layer.forward(x[rows], expected)

        np.testing.assert_array_equal(gathered.a, expected.a)


@given(st.integers(1, 5), st.integers(1, 7), st.sampled_from(["C", "F"]), st.booleans())
def test_any_memory_layout_is_the_same_input(height, width, order, flipped):
    x = np.asarray(RNG.integers(0, 256, (4, height, width), dtype=np.uint8), order=order)
    x = x[:, ::-1] if flipped else x
    net = network(height * width, "pixels")

    np.testing.assert_allclose(a0_of(net, x), x.reshape(4, -1) / 255, atol=1e-16)


@pytest.mark.parametrize("dtype", [">f4", ">i4", ">u2", "float16", "longdouble", "bool", "int8"])
def test_numbers_of_every_type_and_byte_order_are_accepted(dtype, kernel_set):
    x = (np.arange(36).reshape(4, 9) % 2).astype(dtype)

    np.testing.assert_array_equal(a0_of(network(normalisation="none"), x), x.astype(float))
    assert trained(x, "none").predict(x).shape == (4,)


def test_lists_are_accepted():
    net = network(2, "none")

    assert net.predict([[1.0, 2.0], [3.0, 4.0]]).shape == (2,)


def test_a_memory_mapped_array_is_the_same_input(tmp_path, kernel_set):
    np.save(tmp_path / "images.npy", IMAGES)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    in_memory, from_file = trained(IMAGES), trained(mapped)

    np.testing.assert_array_equal(from_file.parameters.vector, in_memory.parameters.vector)
    np.testing.assert_array_equal(from_file.predict_proba(mapped), in_memory.predict_proba(IMAGES))


def test_the_input_is_never_written_to(kernel_set):
    for x in (IMAGES.copy(), TABLE.copy()):
        before = x.copy()

        trained(x).predict(x)

        np.testing.assert_array_equal(x, before)


def test_a_read_only_input_is_accepted(kernel_set):
    x = IMAGES.copy()
    x.flags.writeable = False

    assert trained(x).predict(x).shape == (20,)


# --- what is refused----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "pieces"),
    [
        (np.zeros((4, 8)), ["has 9 inputs", "(n, 9) or (n, 3, 3)", "got (4, 8)"]),
        (np.zeros((4, 3, 4)), ["has 9 inputs", "got (4, 3, 4)"]),
        (np.zeros(9), ["got (9,)", "For a single example write x[None]"]),
        (np.zeros((3, 3)), ["got (3, 3)", "For a single example write x[None]"]),
        (np.array(3.0), ["has 9 inputs", "got ()"]),
        (np.zeros((4, 9), complex), ["array of numbers, (n, 9)", "complex128"]),
        (np.array([["a"] * 9]), ["array of numbers", "<U1"]),
        (np.array([[None] * 9]), ["array of numbers", "object"]),
        ("x", ["array of numbers", "<U1"]),
        (None, ["array of numbers", "object"]),
    ],
)
@pytest.mark.parametrize("act", ["forward", "predict", "fit", "evaluate"])
def test_an_array_of_another_shape_or_kind_is_refused(x, pieces, act):
    net = network(normalisation="none")
    arguments = [x] if act in {"forward", "predict"} else [x, np.zeros(4, int)]

    with pytest.raises(ArgumentError) as refused:
        getattr(net, act)(*arguments)

    assert [piece for piece in pieces if piece not in str(refused.value)] == []


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", ["none", "standardise", "pixels", "auto"])
@pytest.mark.parametrize("row", [0, 3, 5000])
def test_nan_and_infinity_are_refused_with_their_row(value, kind, row):
    x = np.ones((6000, 2), np.float32)
    x[::2] = 2
    x[row, 1] = value

    with pytest.raises(DataError, match=rf"NaN or infinity, first in row {row}\b.*remove"):
        network(2, kind).fit(x, np.arange(6000) % 2, verbose=0)


def test_nan_is_refused_in_predictions_too():
    x = TABLE.copy()
    net = trained(x)
    x[7, 2] = np.nan

    for act in (net.predict, net.predict_proba, net.forward):
        with pytest.raises(DataError, match="NaN or infinity, first in row 7"):
            act(x)


SCALED, RAW = IMAGES / 255, IMAGES.astype(float)


@pytest.mark.parametrize(
    ("trained_on", "given", "pieces"),
    [
        (IMAGES, SCALED, ["raw pixels from 0 to 255", "look scaled already", "multiply by 255"]),
        (IMAGES, SCALED.astype(np.float32), ["look scaled already"]),
        (IMAGES, RAW - 100, ["raw pixels from 0 to 255", "got -1", "standardise"]),
        (IMAGES, RAW * 255, ["raw pixels from 0 to 255", "got 0 to"]),
        (SCALED, IMAGES, ["trained on numbers from 0 to 1", "another scale", "Bring the input"]),
        (SCALED, RAW, ["trained on numbers from 0 to 1", "another scale"]),
    ],
)
def test_a_trained_network_refuses_input_on_another_scale(trained_on, given, pieces):
    net = trained(trained_on)

    for act in (net.predict, net.predict_proba, net.forward):
        with pytest.raises(DataError) as refused:
            act(given)
        assert [piece for piece in pieces if piece not in str(refused.value)] == []


@pytest.mark.parametrize("kind", ["none", "standardise"])
def test_networks_on_raw_numbers_refuse_scaled_ones_too(kind):
    net = trained(RAW, kind)

    with pytest.raises(DataError, match="another scale"):
        net.predict(SCALED)


def test_training_with_pixels_refuses_scaled_images():
    with pytest.raises(DataError, match="look scaled already"):
        trained(SCALED, "pixels")


@pytest.mark.parametrize(("first", "second"), [(IMAGES, SCALED), (SCALED, IMAGES)])
def test_training_continues_only_on_the_scale_it_began_on(first, second):
    net = trained(first)

    with pytest.raises(DataError, match="scale"):
        net.fit(second, np.arange(20) % 2, epochs=1, verbose=0)


def test_training_continues_with_the_standardisation_it_began_with():
    net = trained(TABLE, "standardise")
    before = a0_of(net, TABLE).copy()

    net.fit(TABLE * 1.5 + 3, np.arange(50) % 2, epochs=1, verbose=0)

    np.testing.assert_array_equal(a0_of(net, TABLE), before)


def test_validation_data_must_have_the_scale_of_the_training_data():
    with pytest.raises(DataError, match="look scaled already"):
        trained(IMAGES, validation_data=(SCALED, np.arange(20) % 2))


def test_a_black_image_is_on_every_scale():
    black = np.zeros((2, 3, 3))

    for trained_on in (IMAGES, SCALED, RAW - 100):
        assert trained(trained_on).predict(black).shape == (2,)


@pytest.mark.parametrize(
    ("arguments", "pieces"),
    [
        ((0,), ["units must be an integer of at least 1", "got 0"]),
        ((2.5,), ["got 2.5"]),
        ((9, "pixel"), ["unknown normalisation 'pixel'", "Did you mean 'pixels'?"]),
    ],
)
def test_unusable_options_are_refused(arguments, pieces):
    with pytest.raises(ArgumentError) as refused:
        InputLayer(*arguments)

    assert [piece for piece in pieces if piece not in str(refused.value)] == []


def test_no_rows_cannot_be_trained_on_and_give_no_predictions():
    net = network(normalisation="pixels")

    with pytest.raises(DataError, match=r"at least one .*example; got"):
        net.fit(IMAGES[:0], np.zeros(0, int), verbose=0)
    assert net.predict(IMAGES[:0]).shape == (0,)
    assert net.predict_proba(IMAGES[:0]).shape == (0, 2)


def test_a_column_that_never_varies_has_the_factor_one():
    mean, factor = standardisation(np.array([[1.0, 7], [3, 7]]), False, None)

    assert mean.tolist() == [2, 7]
    assert factor.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("normalisation", "is_ready"),
    [("pixels", True), ("none", True), ("standardise", False), ("auto", False)],
)
def test_a_layer_is_ready_once_its_normalisation_is_known(normalisation, is_ready):
    layer = InputLayer(9, normalisation)

    assert layer.ready is is_ready
    assert layer.fit(IMAGES.reshape(20, 9).astype(float), images=True).ready is True


def test_the_limits_of_a0_are_those_of_the_training_data():
    net = trained(TABLE, "standardise")
    a0, (low, high) = a0_of(net, TABLE), net.input_layer.limits()

    assert np.min(low) <= a0.min() < a0.max() <= np.max(high)
    assert InputLayer(4, "none").limits() == (-np.inf, np.inf)


def test_small_numbers_are_on_another_scale_only_if_none_is_above_one():
    net = trained(RAW.astype(float), "none")

    net.predict(np.full_like(RAW, 2, dtype=float))
    with pytest.raises(DataError, match="another scale"):
        net.predict(np.full_like(RAW, 1, dtype=float))


@pytest.mark.parametrize("name", ["factor", "mean", "offset"])
def test_a_scale_must_be_one_number_or_one_for_each_column(name):
    for scale in (2.0, np.float32(2), np.ones(9), [1.0] * 9):
        InputLayer(9, "none", **{name: scale})
    for scale in (np.ones(8), np.ones((1, 9)), np.ones((16, 1)), [1.0]):
        with pytest.raises(ArgumentError, match=f"{name} must be one number, or one for each of 9"):
            InputLayer(9, "none", **{name: scale})
