"""What single figures show is what the numbers say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from byhand.evaluation import confusion_matrix as matrix_of
from byhand.evaluation import worst_mistakes as mistakes_of
from byhand.figures import (
    FigureError,
    Subject,
    confusion_matrix,
    first_layer_weights,
    training_curves,
    worst_mistakes,
)
from byhand.figures.canvas import grid_of, limit_of, mosaic, short
from byhand.figures.curves import best_epoch
from byhand.figures.units import order_by_class


def test_the_confusion_matrix_writes_every_count(digits_subject, draw):
    """Each cell that is not empty says its count and its rate."""
    said = digits_subject.said
    matrix = matrix_of(said.labels, said.guesses, 10)

    texts = [text for text, _ in draw(confusion_matrix(digits_subject)).texts]
    counts = sorted(int(text.split("\n")[0]) for text in texts if "\n" in text and "%" in text[-1])

    assert counts == sorted(matrix[matrix > 0].tolist())


def test_worst_mistakes_stand_in_their_order(digits_subject, draw):
    """The captions are those of the surest wrong answers, surest first."""
    captions = [text for text, _ in draw(worst_mistakes(digits_subject)).texts if "said" in text]
    expected = [str(mistake) for mistake in mistakes_of(digits_subject.said, 32)]

    assert [caption.replace("\n", ", ") for caption in captions] == expected


def test_weights_are_centred_on_zero(digits_subject):
    """White is 0: the colour scale reaches as far below as above."""
    image = first_layer_weights(digits_subject).axes[0].images[0]

    assert image.norm.vmin == -image.norm.vmax


def test_the_best_epoch_is_marked(digits_subject):
    """A dotted line stands at the best epoch in every panel."""
    figure = training_curves(digits_subject)
    best = digits_subject.history.best_epoch
    marks = [
        line.get_xdata() for axes in figure.axes for line in axes.lines if line.get_ls() == ":"
    ]

    assert marks == [[best, best]] * 3


@pytest.mark.parametrize(
    ("history", "best"),
    [
        ({"loss": [3.0, 1.0, 2.0]}, 2),
        ({"loss": [3.0, 1.0, 2.0], "val_loss": [3.0, 2.0, 1.0]}, 3),
        ({"accuracy": [0.1]}, None),
    ],
)
def test_best_epoch_without_a_statement_is_that_of_the_lowest_loss(history, best):
    """Held-out loss where there is one."""
    assert best_epoch(history) == best


@pytest.mark.parametrize("history", [None, {}, {"loss": []}])
def test_no_history_is_said(digits_subject, history):
    """Instead of an empty picture."""
    with pytest.raises(FigureError, match="no history"):
        training_curves(dataclasses.replace(digits_subject, history=history))


def test_no_mistakes_is_said(digits_subject):
    """Instead of an empty gallery."""
    right = np.flatnonzero(digits_subject.said.right)
    perfect = Subject(
        digits_subject.network, digits_subject.images[right], digits_subject.labels[right]
    )

    with pytest.raises(FigureError, match="no mistake"):
        worst_mistakes(perfect)


def test_rows_with_an_image_shape_are_images(digits_subject, draw):
    """Images that come as rows are shown once their shape is told."""
    rows = digits_subject.images.reshape(len(digits_subject.images), -1)
    subject = dataclasses.replace(digits_subject, images=rows, image_shape=(28, 28))

    assert np.array_equal(subject.pictures(np.arange(3)), digits_subject.pictures(np.arange(3)))


def test_a_spread_sample_takes_the_classes_in_turn(digits_subject):
    """Twenty rows of ten classes are two of each."""
    rows = digits_subject.spread(20)

    assert np.bincount(digits_subject.labels[rows]).tolist() == [2] * 10
    assert len(set(rows.tolist())) == 20


def test_units_are_ordered_by_their_best_class():
    """Within a class the strongest first; classes without examples do not count."""
    means = np.array([[0.1, 0.9, np.nan], [0.8, 0.2, np.nan], [0.9, 0.3, np.nan]])

    assert order_by_class(means).tolist() == [2, 1, 0]


def test_a_mosaic_keeps_every_pixel():
    """Pictures stand row by row with a gap of NaN."""
    pictures = np.arange(12.0).reshape(3, 2, 2)

    whole = mosaic(pictures, 2)

    assert whole.shape == (5, 5)
    assert np.array_equal(whole[:2, 3:], pictures[1])
    assert np.array_equal(np.sort(whole[~np.isnan(whole)]), np.arange(12.0))


@pytest.mark.parametrize("count", [1, 2, 5, 16, 30, 128, 300])
def test_a_grid_is_nearly_square_and_complete(count):
    """Numbers stand row by row, NaN at the end."""
    grid = grid_of(np.arange(float(count)))

    assert 0 <= grid.shape[1] - grid.shape[0] <= 1
    assert np.array_equal(grid.reshape(-1)[:count], np.arange(count))


def test_short_names_stay_distinct():
    """Both ends of a long name are kept."""
    assert short("uppercase letter A") != short("uppercase letter B")
    assert len(short("uppercase letter A", 11)) == 11
    assert short("cat", 11) == "cat"


def test_a_limit_is_never_zero():
    """A map of zeros still has a scale."""
    assert limit_of(np.zeros(5)) == 1.0
    assert limit_of(np.array([0.0] * 999 + [2.0])) > 0
