"""The doctor's measures of data: random labels, telling columns, mixed preparation."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import load_dataset
from byhand.evaluation.doctor.class_scores import class_scores
from byhand.evaluation.doctor.data_observations import (
    column_shift,
    held_out_facts,
    input_facts,
    value_facts,
)
from byhand.evaluation.doctor.neighbours import (
    Part,
    label_facts,
    neighbours_accuracy,
    value_agreement,
)
from byhand.evaluation.doctor.telling_column import telling_column
from byhand.network.losses import AbsoluteError, BinaryCrossEntropy, SquaredError
from byhand.network.targets import Targets

DIGITS = load_dataset("digits")
X = DIGITS.train.images.reshape(-1, 64).astype(np.float32) / 16
Y = DIGITS.train.labels.astype(np.intp)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(4)


# --- labels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.6])
def test_the_fraction_of_random_labels_is_estimated(rng, fraction: float) -> None:
    drawn = rng.random(len(Y)) < fraction
    labels = np.where(drawn, rng.integers(0, 10, len(Y)), Y)

    assert label_facts(X, labels, 10, images=True).random == pytest.approx(fraction, abs=0.1)


@pytest.mark.parametrize("share", [0.35, 0.5, 0.6])
def test_a_class_that_was_half_relabelled_is_found_with_its_fraction(rng, share: float) -> None:
    labels = np.where((Y == 5) & (rng.random(len(Y)) < share), 8, Y)

    found = label_facts(X, labels, 10, images=True).relabelled

    assert found is not None
    assert (found.index, found.instead) == (5, 8)
    assert found.share == pytest.approx(share, abs=0.1)
    assert found.of_instead > 0.8


def test_a_class_whose_labels_became_any_other_is_found(rng) -> None:
    labels = np.where((Y == 3) & (rng.random(len(Y)) < 0.5), rng.integers(0, 10, len(Y)), Y)

    found = label_facts(X, labels, 10, images=True).relabelled

    assert found is not None
    assert found.index == 3
    assert found.of_instead < 0.5


def test_classes_that_overlap_were_not_relabelled(rng) -> None:
    labels = rng.integers(0, 3, 900)
    x = rng.normal(labels[:, None] * 1.2, 1.0, (900, 2)).astype(np.float32)

    facts = label_facts(x, labels, 3, images=False)

    assert facts.knn_accuracy < 0.8
    assert facts.relabelled is None


def test_a_relabelled_class_is_found_where_no_neighbour_is_near(rng) -> None:
    """A ball in a shell in ten dimensions: neighbours know little, and a fitted function much."""
    x = rng.normal(size=(2000, 10)).astype(np.float32)
    inside = (np.square(x).sum(axis=1) < 9.34).astype(np.intp)
    labels = np.where((inside == 1) & (rng.random(2000) < 0.5), 0, inside)

    well, sick = (label_facts(x, y, 2, images=False).relabelled for y in (inside, labels))

    assert well is None
    assert sick is not None
    assert (sick.index, sick.instead) == (1, 0)
    assert sick.share == pytest.approx(0.5, abs=0.12)


def test_a_class_between_two_others_was_not_relabelled(rng) -> None:
    labels = rng.integers(0, 3, 1500)
    x = rng.normal(labels[:, None] * 1.5, 1.0, (1500, 4)).astype(np.float32)

    assert label_facts(x, labels, 3, images=False).relabelled is None


def test_the_score_of_an_example_does_not_depend_on_its_own_label() -> None:
    other = Y[:300].copy()
    other[7] = (other[7] + 1) % 10

    before, after = (class_scores(X[:300], labels, 10) for labels in (Y[:300], other))

    assert (before.argmax(axis=1) == Y[:300]).mean() > 0.85
    assert after[7] == pytest.approx(before[7], abs=1e-9)


def test_a_rare_class_was_not_relabelled_although_others_surround_it() -> None:
    rng = np.random.default_rng(0)
    for rare in range(4):
        keep = (rare != Y) | (rng.random(len(Y)) < 0.09)

        facts = label_facts(X[keep], Y[keep], 10, images=True)

        assert facts.counts[rare] < 20
        assert facts.relabelled is None


def test_labels_that_are_wrong_in_every_class_implicate_no_single_class(rng) -> None:
    labels = np.where(rng.random(len(Y)) < 0.4, rng.integers(0, 10, len(Y)), Y)

    assert label_facts(X, labels, 10, images=True).relabelled is None


def test_contradictions_fade_inside_classes_only_where_classes_overlap(rng) -> None:
    y = rng.integers(0, 3, 1500)
    touching = (2.2 * np.eye(3)[y] + rng.normal(0, 1, (1500, 3))).astype(np.float32)
    apart = (8.0 * np.eye(3)[y] + rng.normal(0, 1, (1500, 3))).astype(np.float32)
    wrong = np.where(rng.random(1500) < 0.15, (y + rng.integers(1, 3, 1500)) % 3, y)

    overlap = label_facts(touching, y, 3, images=False)
    noise = label_facts(apart, wrong, 3, images=False)

    assert overlap.fading > 2.5 > abs(noise.fading)
    assert overlap.contradicted < 0.05
    assert noise.contradicted == pytest.approx(0.15, abs=0.05)


def test_a_column_that_holds_the_label_is_found(rng) -> None:
    x = np.column_stack([X, Y + rng.normal(0, 0.05, len(Y))])

    column, told, told_next = telling_column(x, Y)

    assert column == 64
    assert told > 0.98
    assert told_next < 0.5


def test_neighbours_predict_held_out_labels_unless_these_are_shifted() -> None:
    train = Part(X[:900], Y[:900], X[:900], Y[:900])
    same = Part(X[900:], Y[900:], X[900:], Y[900:])
    other = Part(X[900:], Y[900:], X[900:], (Y[900:] + 1) % 10)

    assert neighbours_accuracy(train, same, 10, images=True) > 0.9
    assert neighbours_accuracy(train, other, 10, images=True) < 0.1


# --- preparation ----------------------------------------------------------------------------------


def test_columns_that_hold_something_else_are_told_from_chance(rng) -> None:
    train, same = (rng.normal(size=(rows, 1)) + np.zeros(12) for rows in (400, 100))
    others = np.concatenate([same[:, :6], same[:, 6:] + 1], axis=1)

    assert column_shift(train, same) == 0
    assert column_shift(train, others) == pytest.approx(0.5**0.5, abs=0.3)
    assert column_shift(np.zeros((9, 3)), np.zeros((4, 3))) == 0


def test_negatives_among_images_are_counted(rng) -> None:
    mixed = X.copy()
    chosen = rng.random(len(X)) < 0.2
    mixed[chosen] = 1 - mixed[chosen]

    assert input_facts(X, X, images=True).inverted < 0.01
    assert input_facts(mixed, mixed, images=True).inverted == pytest.approx(chosen.mean(), abs=0.02)


def test_negatives_among_images_without_a_common_shape_are_counted(rng) -> None:
    """Bright points anywhere on dark ground."""
    images = rng.normal(40, 10, (600, 100))
    images[np.arange(600), rng.integers(0, 100, 600)] = 230
    negatives = images.copy()
    negatives[:150] = 255 - negatives[:150]

    assert input_facts(images, images, images=True).inverted == 0
    assert input_facts(negatives, negatives, images=True).inverted == pytest.approx(0.25)


def test_stripes_of_any_direction_and_phase_are_not_negatives_of_each_other(rng) -> None:
    angle, phase = rng.uniform(0, np.pi, (800, 1, 1)), rng.uniform(0, 2 * np.pi, (800, 1, 1))
    i, j = np.mgrid[:10, :10]
    waves = np.sin(i * np.cos(angle) + j * np.sin(angle) + phase)
    stripes = waves.reshape(800, 100).astype(np.float32)

    assert input_facts(stripes, stripes, images=True).inverted == 0


def test_rows_without_a_mark_are_blank_only_if_marks_are_not_rare(rng) -> None:
    marks = (rng.random((1000, 20)) < 0.12).astype(float)
    failed = np.where(np.arange(1000)[:, None] < 300, 0.0, rng.normal(size=(1000, 20)))

    assert (marks.sum(axis=1) == 0).mean() > 0.04
    assert input_facts(marks, marks, images=False).blank == 0
    assert input_facts(failed, failed, images=False).blank == pytest.approx(0.3)


def test_rows_on_another_scale_are_counted() -> None:
    mixed = X.copy()
    mixed[::10] /= 100

    assert input_facts(X, X, images=False).rescaled == 0
    assert input_facts(mixed, mixed, images=False).rescaled == pytest.approx(0.1, abs=0.01)


def test_long_tails_are_not_another_scale(rng) -> None:
    incomes = np.exp(2 * rng.normal(size=(2000, 3)))
    in_cents = np.where(np.arange(2000)[:, None] < 500, 100.0, 1.0) * rng.uniform(1, 3, (2000, 3))

    assert input_facts(incomes, incomes, images=False).rescaled == 0
    assert input_facts(in_cents, in_cents, images=False).rescaled == 0.25


def test_equal_numbers_in_a_few_columns_of_few_numbers_are_due_to_chance(rng) -> None:
    ages = rng.integers(0, 9, (1500, 2)).astype(float)
    failed = np.where(np.arange(1500)[:, None] < 300, 0.0, ages)

    assert input_facts(ages, ages, images=False).blank == 0
    assert input_facts(failed, failed, images=False).blank > 0.2


def test_what_a_class_looks_like_is_not_another_preparation(rng) -> None:
    """Images that are bright on the left or on the right, and images without anything."""
    y = rng.integers(0, 2, 900)
    y[:500] = 0  # the median image is that of the frequent class
    left = np.repeat([1.0, 0.0], 18)
    images = np.where(y[:, None] == 0, left, 1 - left) + rng.normal(0, 0.1, (900, 36))
    images = np.concatenate([images, np.zeros((200, 36))])
    labels = np.concatenate([y, np.full(200, 2)])

    told, untold = (
        input_facts(images, images, images=True, labels=known) for known in (labels, None)
    )

    assert (untold.inverted > 0.1, untold.blank > 0.1) == (True, True)
    assert (told.inverted, told.blank) == (0, 0)


def test_a_mean_or_a_spread_of_few_rows_is_due_to_chance(rng) -> None:
    bright = rng.normal(0, 1, (400, 1)) + rng.normal(0, 0.1, (400, 30))
    tails = np.where(rng.random((400, 3)) < 0.01, 60.0, 1.0) * rng.normal(0, 1, (400, 3))
    y = np.zeros(400, np.intp)
    for x in (bright, tails):
        train, few = (Part(part, None, part, None) for part in (x[12:], x[:12]))
        facts = held_out_facts(train, few, 0, images=False)
        same = held_out_facts(train, Part(x[12:] + 5, y, x[12:] + 5, None), 0, images=False)

        assert (facts.mean_shift, facts.spread_ratio) == (0, 1)
        assert same.mean_shift > 1


# --- values ---------------------------------------------------------------------------------------


def test_the_usual_loss_is_that_of_predicting_the_mean(rng) -> None:
    values = rng.normal(3, 2, (500, 2))
    targets = Targets(values, None)

    x = rng.normal(0, 1, (500, 3))

    squared = value_facts(targets, SquaredError(), x, images=False)
    absolute = value_facts(targets, AbsoluteError(), x, images=False)

    assert squared.usual_loss == pytest.approx(values.var(axis=0).mean())
    assert absolute.usual_loss == pytest.approx(np.abs(values - values.mean(axis=0)).mean())
    assert squared.deviation == pytest.approx(values.std(axis=0).mean())


def test_the_usual_loss_of_several_labels_is_their_entropy(rng) -> None:
    values = (rng.random((500, 3)) < 0.2).astype(float)
    p = values.mean(axis=0)
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p)).mean()

    x = rng.normal(0, 1, (500, 3))

    targets = Targets(values, values.astype(np.intp))
    facts = value_facts(targets, BinaryCrossEntropy(), x, images=False)

    assert facts.usual_loss == pytest.approx(entropy)


def test_values_agree_with_those_of_neighbours_unless_they_were_shuffled(rng) -> None:
    x = rng.normal(0, 1, (1000, 4)).astype(np.float32)
    y = np.sin(x.sum(axis=1, keepdims=True)) + rng.normal(0, 0.3, (1000, 1))

    examined, agreement = value_agreement(x, y, images=False)
    _, by_chance = value_agreement(x, rng.permutation(y), images=False)

    assert examined == 1000
    assert agreement > 0.6
    assert abs(by_chance) < 0.1
