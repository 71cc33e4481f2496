"""Doubt: little confidence, and inputs unlike the training data."""

from __future__ import annotations

import json

import numpy as np
import pytest

from byhand.data import Preparation, load_dataset
from byhand.data.out_of_distribution import painted, strangers
from byhand.errors import FormatError
from byhand.evaluation.doubt import Doubt
from byhand.evaluation.oriented_gradients import edges
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer

DIGITS = load_dataset("digits")


@pytest.fixture(scope="module")
def net() -> MultiLayerPerceptron:
    made = MultiLayerPerceptron(
        [InputLayer(64), DenseLayer(48, "relu"), DenseLayer(10, "softmax")],
        seed=0,
        class_names=list(DIGITS.class_names),
    )
    made.fit(DIGITS.train.images, DIGITS.train.labels, epochs=30, verbose=0)
    return made


@pytest.fixture(scope="module")
def doubt(net) -> Doubt:
    return Doubt.fit(
        net, DIGITS.train.images[:1200], DIGITS.train.labels[:1200], DIGITS.train.images[1200:]
    )


def test_few_known_and_most_unknown_images_are_doubted(net, doubt) -> None:
    """The unknown images are noise of all greys, a kind that training did not include."""
    noise = np.random.default_rng(0).integers(0, 256, (200, 8, 8), dtype=np.uint8)
    known = np.array(doubt.about(net, DIGITS.test.images))
    wrong = net.predict(DIGITS.test.images) != DIGITS.test.labels

    assert (known != "").mean() < 0.2  # written by other people than the training images
    assert (known[wrong] != "").mean() > (known[~wrong] != "").mean()
    assert np.mean(np.array(doubt.about(net, noise)) != "") > 0.75


def test_it_is_stored_with_the_model(net, doubt, tmp_path) -> None:
    stored = net.copy()
    stored.facts["doubt"] = json.loads(json.dumps(doubt.config()))
    loaded = MultiLayerPerceptron.load(stored.save(tmp_path / "a.safetensors"))

    images = DIGITS.test.images
    assert Doubt.of(loaded).about(loaded, images) == doubt.about(net, images)
    assert Doubt.of(net) is None


def test_the_same_seed_learns_the_same(net, doubt) -> None:
    again = Doubt.fit(
        net, DIGITS.train.images[:1200], DIGITS.train.labels[:1200], DIGITS.train.images[1200:]
    )

    assert again.config() == doubt.config()


def test_the_rule_is_its_formula(net, doubt) -> None:
    images = DIGITS.test.images[:200]
    second = doubt.second
    v = edges(images) / second.unit
    z = np.maximum(v @ (second.weights * second.scale) + second.bias, 0) @ second.output
    q = np.exp(z + second.output_bias)
    q /= q.sum(axis=1, keepdims=True)
    p = net.predict_proba(images)
    rows, answer = np.arange(200), p.argmax(axis=1)

    product = p[rows, answer] * q[rows, answer] ** (1 / 3) * (1 - q[:, 10])
    is_doubted = (product < doubt.least_confidence) | (p[rows, answer] < 1 / 3)
    words = np.where(q.argmax(axis=1) == 10, "strange", "unsure")
    assert 0 < is_doubted.mean() < 1
    assert doubt.about(net, images) == np.where(is_doubted, words, "").tolist()
    assert doubt.about(net, images.reshape(200, 64)) == doubt.about(net, images)


def test_tables_have_no_unknown_images_and_values_no_doubt() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3)).astype(np.float32)
    classes = MultiLayerPerceptron([InputLayer(3), DenseLayer(1, "sigmoid")], seed=0)
    classes.fit(x, (x[:, 0] > 0).astype(int), epochs=3, verbose=0)
    values = MultiLayerPerceptron([InputLayer(3), DenseLayer(1, "identity")], seed=0)
    values.fit(x, x[:, 1:2], epochs=1, verbose=0)

    labels = (x[:, 0] > 0).astype(np.int64)
    doubt = Doubt.fit(classes, x, labels)
    assert doubt.second is None
    assert 0.5 <= doubt.least_confidence < 1
    assert set(doubt.about(classes, x)) == {"", "unsure"}
    assert Doubt.fit(values, x, labels) is None
    assert Doubt.fit(classes, x[:9], labels[:9]) is None


@pytest.mark.parametrize(
    "damage",
    [
        7,
        {},
        {"least_confidence": "x"},
        {"least_confidence": 0.5, "second": {}},
        {"least_confidence": 10**400, "second": None},
        {"least_confidence": float("nan"), "second": None},
    ],
)
def test_damaged_values_are_reported(net, damage) -> None:
    broken = net.copy()
    broken.facts["doubt"] = damage

    with pytest.raises(FormatError, match="doubt stored with the model is damaged"):
        Doubt.of(broken)


@pytest.mark.parametrize(
    ("layers", "message"), [([100, 10], "128 edges, not the 200"), ([64, 9], "not of 9 classes")]
)
def test_a_doubt_of_another_network_is_damaged(doubt, layers, message) -> None:
    pixels, classes = layers
    other = MultiLayerPerceptron([InputLayer(pixels), DenseLayer(classes, "softmax")], seed=0)
    side = round(pixels**0.5)
    other.facts |= {
        "doubt": doubt.config(),
        "preparation": Preparation("plain", side, side).config(),
    }

    with pytest.raises(FormatError, match=message):
        Doubt.of(other)


def test_the_doubt_of_an_older_byhand_is_ignored(net, doubt) -> None:
    older = net.copy()
    stored = doubt.config()
    del stored["second"]["sees"]
    for older.facts["doubt"] in (stored, {"strange": {}, "least_confidence": 0.5}):
        assert Doubt.of(older) is None


# --- unknown images -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "way",
    [
        Preparation("digits", 8, 8),
        Preparation("mnist", ink="dark"),
        Preparation("strokes", 50, 40, box=(40, 30), stroke=3.0),
        Preparation("garment", 28, 28, box=(28, 28)),
        Preparation("plain", 12, 10),
    ],
    ids=str,
)
def test_unknown_images_have_the_size_and_the_background_of_the_training_images(way) -> None:
    rng = np.random.default_rng(0)
    images = np.zeros((50, *way.shape), np.uint8)
    images[:, 2:6, 2:6] = 255
    images = 255 - images if way.ink == "dark" else images
    made = strangers(images, way, 200, rng, letters=True)

    assert made.shape[1:] == way.shape
    assert 120 <= len(made) <= 200
    corners = made[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.median(corners) == (255 if way.ink == "dark" else 0)


def test_a_painted_stroke_has_its_width() -> None:
    """The middle of a line of width 5 is on a pixel's centre."""
    ink = painted([np.array([[0.0, 0], [0, 10]])], 5, 40)

    assert ink.shape == (40, 5)
    assert ink[20].tolist() == [255] * 5
