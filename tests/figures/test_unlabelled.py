"""Images without labels are drawn with their predictions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex

from byhand import load_dataset
from byhand.data import Part
from byhand.errors import ArgumentError
from byhand.evaluation.doubt import Doubt
from byhand.figures import FigureError, draw_figures, unlabelled_predictions
from byhand.figures.style import ORANGE

from .conftest import KINDS


@pytest.fixture(scope="module")
def subject():
    """Digits of 28x28 pixels, and 40 of them without labels."""
    known = KINDS["digits_28"]()
    return replace(known, unlabelled=Part(known.images[:40]))


def captions(figure):
    """The captions of the pictures, in their order."""
    return [text.get_text() for text in figure.axes[0].texts]


def test_each_image_has_the_networks_answer_and_its_confidence(subject):
    figure = unlabelled_predictions(subject)
    drawn = [np.asarray(image.get_array()) for image in figure.axes[0].images]
    known = {image.tobytes(): row for row, image in enumerate(subject.unlabelled.images)}
    rows = [
        known[np.rint(picture * subject.unlabelled.images.max()).astype(np.uint8).tobytes()]
        for picture in drawn
    ]
    answers = subject.network.predict(subject.unlabelled.images[rows])

    assert figure.get_suptitle().startswith("32 of 40 images without labels, drawn at random\n")
    assert len(set(rows)) == 32
    assert [text.split("\n")[0][-1] for text in captions(figure)] == [str(k) for k in answers]
    assert all(text.endswith(" %") and "→" not in text for text in captions(figure))


def test_a_network_takes_images_a_part_or_a_data_set(subject):
    digits = load_dataset("digits")
    net = KINDS["digits_8"]().network
    x = digits.test.images

    drawn = [captions(unlabelled_predictions(net, given)) for given in (x, digits.test, digits)]

    assert drawn[0] == drawn[1] == drawn[2]


def test_doubted_answers_are_orange_and_counted(subject):
    net = subject.network.copy()
    confidence = net.predict_proba(subject.unlabelled.images).max(axis=1)
    net.facts["doubt"] = Doubt(float(np.median(confidence))).config()

    figure = unlabelled_predictions(replace(subject, network=net))

    orange = [to_hex(text.get_color()) == to_hex(ORANGE) for text in figure.axes[0].texts]
    assert 0 < sum(orange) < 32
    assert f"; {sum(orange)} doubted (orange)" in figure.get_suptitle()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (lambda s: (replace(s, unlabelled=None),), FigureError, "no test images without labels"),
        (lambda s: (s.network,), ArgumentError, "got a MultiLayerPerceptron without images"),
        (lambda s: (s, s.images), ArgumentError, "got a Subject with images"),
        (lambda s: (s.network, s.images.reshape(-1, 784)), FigureError, "a table of 784 columns"),
    ],
)
def test_what_cannot_be_drawn_has_a_reason(arguments, error, message, subject):
    with pytest.raises(error, match=message):
        unlabelled_predictions(*arguments(subject))


def test_all_figures_hold_it_only_where_labels_are_missing(subject, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "byhand.figures.all_figures.FIGURES",
        {"unlabelled_predictions": unlabelled_predictions},
    )

    with_some = draw_figures(subject, tmp_path)
    without = draw_figures(replace(subject, unlabelled=None), tmp_path)

    assert (list(with_some.written), with_some.skipped) == (["unlabelled_predictions"], {})
    assert (without.written, without.skipped) == ({}, {})
