"""Weights of classes and examples multiply their losses."""

from __future__ import annotations

import numpy as np
import pytest
from tests.training.small_training import RNG, N, X, Y, trained


def test_a_weight_of_two_is_the_example_twice(kernel_set):
    counts = RNG.integers(0, 4, N)
    rows = np.repeat(np.arange(N), counts)
    weighted, _ = trained(batch_size="all", learning_rate=0.1, sample_weight=counts)
    repeated, _ = trained(x=X[rows], y=Y[rows], batch_size="all", learning_rate=0.1 * len(rows) / N)

    np.testing.assert_allclose(weighted.parameters.vector, repeated.parameters.vector, atol=1e-13)


def test_weights_of_one_change_nothing(kernel_set):
    plain, _ = trained()

    for options in ({"sample_weight": np.ones(N)}, {"class_weight": {0: 1.0, 2: 1}}):
        np.testing.assert_array_equal(
            trained(**options)[0].parameters.vector, plain.parameters.vector
        )


def test_a_class_weight_is_that_weight_for_each_of_its_examples(kernel_set):
    by_class, history = trained(class_weight={0: 2.0, 1: 0.5})
    by_example, other = trained(sample_weight=np.array([2.0, 0.5, 1.0])[Y])

    np.testing.assert_array_equal(by_class.parameters.vector, by_example.parameters.vector)
    assert history["loss"] == other["loss"]


@pytest.mark.parametrize("kind", [bool, float, np.int64, np.float32])
def test_the_classes_of_class_weights_may_be_numbers_of_any_kind(kind):
    plain, _ = trained(class_weight={0: 2.0, 1: 0.5})
    other, _ = trained(class_weight={kind(0): 2.0, kind(1): 0.5})

    np.testing.assert_array_equal(other.parameters.vector, plain.parameters.vector)


def test_class_and_sample_weights_multiply(kernel_set):
    each = RNG.uniform(0, 2, N)
    both, _ = trained(class_weight={1: 3.0}, sample_weight=each)
    product, _ = trained(sample_weight=each * np.where(Y == 1, 3, 1))

    np.testing.assert_allclose(both.parameters.vector, product.parameters.vector, atol=1e-15)


def test_balanced_weights_give_every_class_the_same_total():
    y = np.repeat([0, 1, 2], [30, 15, 5])
    balanced, _ = trained(y=y, class_weight="balanced")
    by_hand, _ = trained(y=y, class_weight={0: 50 / 90, 1: 50 / 45, 2: 50 / 15})

    np.testing.assert_allclose(balanced.parameters.vector, by_hand.parameters.vector, atol=1e-14)


def test_balanced_weights_are_those_of_the_rows_trained_on():
    y = np.repeat([0, 1, 2], [30, 15, 5])
    _, history = trained(y=y, validation_split=0.4, stratify=False, epochs=1)
    counts = np.bincount(y[history.split["train"]])

    balanced, _ = trained(y=y, validation_split=0.4, stratify=False, class_weight="balanced")
    by_hand, _ = trained(
        y=y, validation_split=0.4, stratify=False,
        class_weight=dict(enumerate(counts.sum() / (3 * counts))),
    )  # fmt: skip

    np.testing.assert_allclose(balanced.parameters.vector, by_hand.parameters.vector, atol=1e-14)


def test_a_class_that_never_occurs_does_not_unbalance_the_others():
    y = np.repeat([0, 2], [40, 10])
    balanced, _ = trained(y=y, class_weight="balanced")
    by_hand, _ = trained(y=y, class_weight={0: 50 / 80, 2: 50 / 20})

    np.testing.assert_allclose(balanced.parameters.vector, by_hand.parameters.vector, atol=1e-14)


def test_the_loss_of_an_epoch_is_weighted(kernel_set):
    weights = RNG.uniform(0, 2, N)

    net, history = trained(sample_weight=weights, epochs=1, learning_rate=1e-300)

    expected = net.evaluate(X, Y, sample_weight=weights)["loss"]
    assert history["loss"] == [pytest.approx(expected)]
