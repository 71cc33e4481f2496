"""Facts about single units, and their ablation."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import ACTIVATIONS
from byhand.errors import DataError
from byhand.evaluation import activations, unit_facts, unit_rows
from byhand.evaluation.units import (
    FEWEST,
    ablation_rows,
    accuracy_lost,
    class_means,
    extremes,
    saturated_fraction,
    silent_fraction,
)


def test_ablation_is_what_a_network_without_the_unit_loses(net, examples):
    """The test sets the weights that leave the unit to 0."""
    x, y = examples
    whole = net.evaluate(x, y)["accuracy"]

    for facts in unit_facts(net, x, y):
        if not facts.row.hidden:
            assert facts.accuracy_lost is None
            continue
        assert facts.ablated == len(x)
        for unit in range(facts.row.units):
            without = net.copy()
            without.parameters[f"W{facts.row.number + 1}"][unit] = 0
            lost = whole - without.evaluate(x, y)["accuracy"]
            assert facts.accuracy_lost[unit] == pytest.approx(lost, abs=1e-12)


def test_a_unit_that_is_never_excited_is_not_missed(relu_net, examples):
    """The unit is dead, so its removal costs exactly 0."""
    x, y = examples
    relu_net.parameters["b1"][3] = -1e3

    facts = unit_facts(relu_net, x, y)[0]

    assert facts.dead.tolist() == [3]
    assert facts.silent[3] == 1
    assert facts.accuracy_lost[3] == 0
    assert np.array_equal(facts.silent, (activations(relu_net, x)[1] == 0).mean(axis=0))


def test_saturation_is_near_both_bounds():
    """The limit is 1 % of the range; functions without two bounds cannot saturate."""
    outputs = np.array([[0.005, 0.5, 0.995], [0.5, 0.5, 0.999]])

    assert saturated_fraction(ACTIVATIONS["sigmoid"], outputs).tolist() == [0.5, 0, 1]
    assert saturated_fraction(ACTIVATIONS["tanh"], 2 * outputs - 1).tolist() == [0.5, 0, 1]
    assert saturated_fraction(ACTIVATIONS["relu"], outputs).tolist() == [0, 0, 0]


def test_silence_is_exact_for_relu_and_near_zero_for_others():
    """The limit is 1 % of the row's largest activation."""
    outputs = np.array([[0.0, 0.009, 1.0], [0.5, -0.009, 0.0]])

    assert silent_fraction(ACTIVATIONS["relu"], outputs).tolist() == [0.5, 0, 0.5]
    assert silent_fraction(ACTIVATIONS["tanh"], outputs).tolist() == [0.5, 1, 0.5]


def test_extremes_are_the_largest_and_the_smallest():
    """Each unit has a row of images in order."""
    outputs = np.array([[3.0, 0.0], [1.0, 2.0], [2.0, 1.0]])

    top, bottom = extremes(outputs, 2)

    assert top.tolist() == [[0, 2], [1, 2]]
    assert bottom.tolist() == [[1, 2], [0, 2]]


def test_ties_of_relu_are_broken_by_the_weighted_sum(relu_net, examples):
    """The bottom images have the lowest weighted sums."""
    x, y = examples
    z = relu_net.forward(x)["Z1"].copy()

    facts = unit_facts(relu_net, x, y, shown=3, ablate=False)[0]

    assert np.array_equal(facts.bottom, np.argsort(z, axis=0, kind="stable")[:3].T)
    assert facts.top.shape == (9, 3)
    assert facts.accuracy_lost is None


def test_class_means_are_those_of_a_loop():
    """A class without examples has NaN."""
    rng = np.random.default_rng(0)
    outputs, labels = rng.normal(size=(50, 4)), rng.integers(0, 3, 50)

    means = class_means(outputs, labels, 5)

    for k in range(3):
        np.testing.assert_allclose(means[:, k], outputs[labels == k].mean(axis=0))
    assert np.isnan(means[:, 3:]).all()


def test_much_work_is_done_on_fewer_images(relu_net, examples, monkeypatch):
    """The images are evenly spaced, and at least a few hundred."""
    row = unit_rows(relu_net)[0]

    assert ablation_rows(relu_net, row, 100).tolist() == list(range(100))
    monkeypatch.setattr("byhand.evaluation.units.WORK", 1)
    rows = ablation_rows(relu_net, row, 10_000)
    assert len(rows) == FEWEST
    assert (rows[0], rows[-1]) == (0, 9999)


def test_float32_agrees_with_float64(network_of, examples):
    """Examples exactly on the border may differ."""
    x, y = examples
    exact, single = network_of("relu"), network_of("relu", dtype="float32")
    row = unit_rows(exact)[0]

    lost = [accuracy_lost(net, row, activations(net, x)[1], y) for net in (exact, single)]

    np.testing.assert_allclose(lost[0], lost[1], atol=1.5 / len(x))


def test_images_and_labels_must_match(relu_net, examples):
    """There must also be some of them."""
    with pytest.raises(DataError, match="300 images and 299 labels"):
        unit_facts(relu_net, examples[0], examples[1][:-1])
    with pytest.raises(DataError, match="0 images"):
        unit_facts(relu_net, examples[0][:0], examples[1][:0])
