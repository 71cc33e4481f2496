"""The Python side of the drawing box, with the real anywidget: drawings arrive."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import ArgumentError, DenseLayer, DrawingBox, InputLayer, MultiLayerPerceptron
from byhand.data import Preparation
from byhand.data.clean_photograph import CANVAS


def drawn_one() -> np.ndarray:
    """Ink of a vertical line."""
    ink = np.zeros((CANVAS, CANVAS), np.uint8)
    ink[60:220, 130:160] = 255
    return ink


def send(box: DrawingBox, ink: np.ndarray, pixels: np.ndarray) -> None:
    """Give the widget what a page sends: buffers, as the kernel's messages carry them."""
    box.set_state({"ink": memoryview(ink.tobytes()), "pixels": memoryview(pixels.tobytes())})


def test_an_empty_box_gives_zeros_of_the_networks_size(digits_net):
    assert DrawingBox().image.shape == (28, 28)
    box = DrawingBox(digits_net)

    assert box.is_empty
    assert box.image.shape == (8, 8)
    assert box.image.dtype == np.float32
    assert not box.image.any()
    assert box.drawing.shape == (CANVAS, CANVAS)


def test_what_the_page_sends_is_the_image_and_the_drawing(digits_net):
    box, ink = DrawingBox(digits_net), drawn_one()
    pixels = Preparation.of(digits_net)(ink)

    send(box, ink, pixels)

    assert np.array_equal(box.drawing, ink)
    assert np.array_equal(box.image, pixels)
    assert not box.is_empty


def test_the_networks_answer_is_in_the_box(digits_net):
    box, ink = DrawingBox(digits_net), drawn_one()

    send(box, ink, Preparation.of(digits_net)(ink))

    assert box.answer.startswith(f"{digits_net.predict(box.image[None])[0]} · ")
    box.clear()
    assert box.answer == ""


def test_a_callback_gets_each_image_and_zeros_after_clearing(digits_net):
    box, seen = DrawingBox(digits_net), []
    box.on_change(seen.append)

    send(box, drawn_one(), np.arange(64, dtype=np.uint8))
    box.clear()

    assert [image.sum() for image in seen] == [np.arange(64).sum(), 0]


def test_bytes_of_another_size_are_not_an_image(digits_net):
    box = DrawingBox(digits_net)

    send(box, drawn_one(), np.ones(63, np.uint8))

    assert not box.image.any()


def test_networks_that_classify_no_images_are_refused():
    table = MultiLayerPerceptron([InputLayer(5, "none"), DenseLayer(2, "softmax")], seed=0)
    with pytest.raises(ArgumentError, match="rows of 5 columns"):
        DrawingBox(table)
    values = MultiLayerPerceptron([InputLayer(64, "none"), DenseLayer(1)], seed=0)
    with pytest.raises(ArgumentError, match="this network does regression"):
        DrawingBox(values)
