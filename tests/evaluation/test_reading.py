"""Reading: predictions with doubt, and sheets."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import read_sheet
from byhand.data import Preparation, load_dataset
from byhand.errors import ArgumentError
from byhand.evaluation.doubt import Doubt
from byhand.evaluation.reading import read_inputs
from byhand.mlp import MultiLayerPerceptron
from byhand.network import DenseLayer, InputLayer

DIGITS = load_dataset("digits")


@pytest.fixture(scope="module")
def net() -> MultiLayerPerceptron:
    made = MultiLayerPerceptron(
        [InputLayer(64), DenseLayer(64, "relu"), DenseLayer(10, "softmax")], seed=0
    )
    made.fit(DIGITS.train.images, DIGITS.train.labels, epochs=40, verbose=0)
    made.facts["preparation"] = Preparation.for_images(DIGITS.train.images).config()
    return made


def test_answers_come_with_class_confidence_and_doubt(net) -> None:
    images = DIGITS.test.images[:40]
    plain = read_inputs(net, images)
    doubting = net.copy()
    doubting.facts["doubt"] = Doubt(least_confidence=0.99).config()
    doubted = read_inputs(doubting, images)

    assert [one.label for one in plain] == net.predict(images).tolist()
    assert all(one.confidence == one.probabilities.max() for one in plain)
    assert {one.doubt for one in plain} == {""}
    assert all((one.doubt == "unsure") == (one.confidence < 0.99) for one in doubted)


def test_a_sheet_is_read_in_order(net) -> None:
    """The sheet has test digits, enlarged, in two lines on grey paper."""
    sure = np.flatnonzero(net.predict_proba(DIGITS.test.images).max(axis=1) > 0.999)[:6]
    ink = np.zeros((600, 700))
    for k, place in enumerate(sure):
        top, left = 60 + 280 * (k // 3), 60 + 220 * (k % 3)
        digit = np.kron(DIGITS.test.images[place], np.ones((20, 20))) / 255
        ink[top : top + 160, left : left + 160] = digit
    noise = np.random.default_rng(0).normal(0, 3, ink.shape)
    picture = np.clip(200 * (1 - 0.8 * ink) + noise, 0, 255).astype(np.uint8)

    read = read_sheet(net, picture)

    assert [one.line for one in read] == [0, 0, 0, 1, 1, 1]
    right = [one.label for one in read] == DIGITS.test.labels[sure]
    assert np.sum(right) >= 5


def test_only_networks_of_pen_strokes_read_sheets(net) -> None:
    other = net.copy()
    other.facts["preparation"] = Preparation("garment", 8, 8, box=(8, 8)).config()

    with pytest.raises(ArgumentError, match="a network for pen strokes"):
        read_sheet(other, np.zeros((50, 50), np.uint8))
