"""Every observed number equals one that the test computes in another way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from byhand import (
    SGD,
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    MultiLayerPerceptron,
)
from byhand.evaluation.doctor import Observations, Training, diagnose, observe
from byhand.evaluation.doctor.data_observations import input_facts
from byhand.evaluation.doctor.labelled_rows import LabelledRows
from byhand.evaluation.doctor.learning_rate_trials import TrialPlan, trial, update_ratios
from byhand.evaluation.doctor.neighbours import comparable, label_facts
from byhand.evaluation.doctor.network_state import state
from byhand.evaluation.even_rows import even_rows

ROWS, UNITS, CLASSES = 240, 8, 3


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    """Three clouds far apart, in 8 dimensions."""
    rng = np.random.default_rng(1)
    labels = np.arange(ROWS) % CLASSES
    return rng.normal(size=(ROWS, UNITS)) + 6 * np.eye(UNITS)[labels], labels


def network(*layers: object, fn: str = "relu", seed: int = 3, **options) -> MultiLayerPerceptron:
    hidden = layers or (DenseLayer(6, fn),)
    whole = [InputLayer(UNITS, "none"), *hidden, DenseLayer(CLASSES, "softmax")]
    return MultiLayerPerceptron(whole, seed=seed, dtype="float64", **options)


def sample_of(net: MultiLayerPerceptron, data: tuple[np.ndarray, np.ndarray]):
    return LabelledRows.of(net, *data).sample(net, ROWS)


def look(net: MultiLayerPerceptron, data: tuple[np.ndarray, np.ndarray], **more) -> Observations:
    return observe(net, None, data, **more)


# --- data -----------------------------------------------------------------------------------------


def test_rows_are_spread_evenly_and_never_repeated() -> None:
    assert even_rows(5, 10).tolist() == [0, 1, 2, 3, 4]
    assert even_rows(100, 5).tolist() == [0, 24, 49, 74, 99]
    assert len(even_rows(1000, 300)) == 300


def test_the_scale_of_the_inputs_is_measured() -> None:
    x = np.array([[3.0, -4.0], [0.0, 5.0]])
    facts = input_facts(x, x, images=False)

    assert facts.rms == pytest.approx(math.sqrt((9 + 16 + 25) / 4))
    assert (facts.smallest, facts.largest) == (-4, 5)
    assert facts.column_rms == pytest.approx(math.sqrt((16 + 25) / 2))
    assert facts.blank == 0


def test_empty_examples_are_counted_in_the_raw_rows(data) -> None:
    x, y = data
    x[:60] = 0
    seen = look(network(), (x, y))

    assert seen.inputs is not None
    assert seen.inputs.blank == 0.25


def test_columns_become_comparable() -> None:
    x = np.random.default_rng(0).normal(size=(500, 3)) * [1, 1000, 0] + [5, 0, 2]
    scaled = comparable(x, images=False)

    assert np.allclose(scaled.std(axis=0)[:2], 1, atol=0.03)
    assert np.abs(scaled).max() <= 3
    assert not scaled[:, 2].any()


def test_neighbours_tell_labels_that_contradict_them(data) -> None:
    x, y = data
    clean = label_facts(x, y, CLASSES, images=False)
    wrong = np.arange(0, ROWS, 10)
    spoilt = y.copy()
    spoilt[wrong] = (y[wrong] + 1) % CLASSES
    noisy = label_facts(x, spoilt, CLASSES, images=False)

    assert (clean.knn_accuracy, clean.suspects) == (1, 0)
    assert clean.agreed > 0.95 * ROWS
    assert clean.agreement > 0.95
    assert set(noisy.rows) <= set(wrong)
    assert all(y[row] == label for row, label in zip(noisy.rows, noisy.instead, strict=True))
    assert noisy.suspects == pytest.approx(0.1, abs=0.05)


def test_labels_that_have_nothing_to_do_with_the_inputs_agree_by_chance_only(data) -> None:
    x, y = data
    mixed = label_facts(x, np.random.default_rng(0).permutation(y), CLASSES, images=False)

    assert abs(mixed.agreement) < 0.05


def test_suspects_have_the_row_numbers_of_the_data_given(data) -> None:
    x, y = data
    y = y.copy()
    y[100] = (y[100] + 1) % CLASSES
    train = np.arange(50, ROWS)
    seen = look(network(), (x, y), rows=train)

    assert seen.labels is not None
    assert seen.labels.rows == (100,)
    assert sum(seen.labels.counts) == len(train)


def test_rows_in_both_parts_are_counted_once_and_blank_rows_are_not_counted(data) -> None:
    x, y = data
    x = x.astype(np.float32)
    x[3] = 0
    held_out = np.concatenate([x[:5], x[:2], x[200:] + 1]).astype(np.float64)
    labels = np.concatenate([y[:5], y[:2], y[200:]])
    seen = look(network(), (x, y), validation=(held_out, labels), test=(x[:1], y[:1]))

    assert seen.held_out["validation"].repeated == 6
    assert seen.held_out["test"].repeated == 1


def test_another_scale_and_other_classes_of_held_out_data_are_measured(data) -> None:
    x, y = data
    only = y == 0
    seen = look(network(), (x, y), validation=(2 * x[only], y[only])).held_out["validation"]

    assert seen.class_distance == pytest.approx(2 / 3)
    low, high = x.mean() - 4 * x.std(), x.mean() + 4 * x.std()
    clipped = np.clip(2 * x[only], low, high).std() / np.clip(x, low, high).std()
    assert seen.spread_ratio == pytest.approx(clipped, rel=1e-5)
    assert seen.class_noise < 0.1


# --- states ---------------------------------------------------------------------------------------


def test_a_state_has_the_networks_own_loss_accuracy_and_lengths(data) -> None:
    net = network()
    seen = state(net, sample_of(net, data))
    expected = net.evaluate(*data)
    cache = net.forward(data[0])
    gradients = net.backward(cache, data[1])

    assert seen.loss == pytest.approx(expected["loss"])
    assert seen.accuracy == expected["accuracy"]
    z = cache["Z2"]
    assert seen.logits == pytest.approx((z - z.mean(axis=1, keepdims=True)).std())
    first, last = seen.layers
    assert first.weight_norm == pytest.approx(np.linalg.norm(net.parameters["W1"]))
    assert last.gradient_norm == pytest.approx(np.linalg.norm(gradients["dW2"]))
    lengths = np.linalg.norm(cache["dZ1"] * ROWS, axis=1)
    assert first.signal == pytest.approx(math.sqrt((lengths**2).mean()))
    assert first.active == pytest.approx((cache["Z1"] > 0).mean())


def test_silent_units_are_those_that_no_example_switches_on(data) -> None:
    net = network()
    net.parameters["b1"][[1, 4]] = -1000
    first, _ = state(net, sample_of(net, data)).layers

    assert first.silent == (1, 4)


def test_leaky_units_are_never_silent_and_flat_ends_of_tanh_are(data) -> None:
    for fn, silent in (("leaky_relu", ()), ("identity", ()), ("tanh", (1, 4))):
        net = network(fn=fn)
        net.parameters["b1"][[1, 4]] = -1000
        assert state(net, sample_of(net, data)).layers[0].silent == silent


def test_equal_units_have_the_same_weights(data) -> None:
    net = network()
    assert state(net, sample_of(net, data)).layers[0].equal_units == 0

    for name in ("W1", "b1"):
        net.parameters[name][..., 5] = net.parameters[name][..., 0]
    assert state(net, sample_of(net, data)).layers[0].equal_units == 2
    assert state(network(weight_init="zeros"), sample_of(net, data)).layers[0].equal_units == 6


def test_batch_normalisation_speaks_for_the_dense_layer_before_it(data) -> None:
    net = network(DenseLayer(6), BatchNormLayer("relu"))
    net.parameters["beta1"][2] = -1000
    seen = state(net, sample_of(net, data))

    assert seen.normalises
    assert seen.layers[0].activation == "relu"
    assert seen.layers[0].silent == (2,)


def test_dropout_is_off_while_the_doctor_looks(data) -> None:
    plain, thinned = network(), network(DenseLayer(6, "relu"), DropoutLayer(0.9))
    thinned.parameters.vector[:] = plain.parameters.vector

    assert state(plain, sample_of(plain, data)).loss == state(thinned, sample_of(plain, data)).loss


# --- steps and trials -----------------------------------------------------------------------------


def test_the_update_ratio_is_the_step_over_the_weights() -> None:
    net = network()
    before = net.parameters.weights.copy()
    net.parameters["W1"] *= 1.01

    assert update_ratios(net, before) == pytest.approx((0.01, 0.0), abs=1e-9)


def test_a_trial_is_training_and_leaves_the_network_alone(data) -> None:
    net = network()
    before = net.parameters.vector.copy()
    plan = TrialPlan(net, SGD(0.1), 30, 100, sample_of(net, data))
    own, ratios = trial(plan, 1.0)
    tiny, _ = trial(plan, 1e-6)
    wild, _ = trial(plan, 1e9)

    assert own.loss < 0.3 < tiny.loss
    assert own.accuracy > 0.95
    assert math.isinf(wild.loss)
    assert len(ratios) == 2
    assert (net.parameters.vector == before).all()


def test_trials_are_made_only_where_a_run_ended_badly(data) -> None:
    net, initial = network(), network()
    history = net.fit(*data, epochs=20, batch_size=20, optimizer=SGD(0.1), verbose=0)
    options = Training(SGD(0.1), batch_size=20)
    good = observe(net, history, data, initial=initial, training=options)
    bad = observe(initial, history, data, initial=initial, training=options)

    assert good.trials == ()
    assert [one.factor for one in bad.trials][:5] == [0.0001, 0.001, 0.01, 0.1, 1.0]
    assert bad.trial_loss > 1
    assert bad.yardstick > 0.95


def test_observing_changes_neither_network_nor_data(data) -> None:
    x, y = data
    net = network()
    vector, rows = net.parameters.vector.copy(), x.copy()
    net.backward(net.forward(x), y)
    gradient = net.gradients.vector.copy()
    look(net, data, initial=network(), validation=data)

    assert (net.parameters.vector == vector).all()
    assert (net.gradients.vector == gradient).all()
    assert (x == rows).all()


def test_the_same_run_is_observed_the_same(data) -> None:
    first = look(network(), data, initial=network(), validation=data)
    again = look(network(), data, initial=network(), validation=data)

    assert first == again


def test_values_instead_of_labels_can_be_looked_at(data) -> None:
    x, _ = data
    net = MultiLayerPerceptron(
        [InputLayer(UNITS), DenseLayer(6, "tanh"), DenseLayer(1, "identity")], seed=0
    )
    initial = net.copy()
    y = x.sum(axis=1)
    history = net.fit(x, y, epochs=300, optimizer="adam", learning_rate=0.01, verbose=0)
    seen = observe(net, history, (x, y), validation=(x + 0.5, y), initial=initial)

    assert seen.labels is None
    assert seen.setup.classes == 0
    assert not [finding for finding in diagnose(seen) if finding.severe]


@pytest.mark.parametrize("rows", [1, 2, 3, 7])
def test_a_handful_of_examples_is_no_problem(rows: int) -> None:
    x, y = np.arange(rows * UNITS, dtype=float).reshape(rows, UNITS), np.arange(rows) % CLASSES
    seen = look(network(), (x, y), initial=network(), validation=(x, y))

    assert seen.end is not None
    diagnose(seen)


def test_the_recall_of_each_class_is_counted_on_validation_examples(data) -> None:
    x, y = data
    net = network()
    seen = look(net, (x, y), validation=(x[:90], y[:90]))
    right = net.predict(x[:90]) == y[:90]

    counted = [(int(right[y[:90] == k].sum()), int((y[:90] == k).sum())) for k in range(CLASSES)]

    assert list(seen.recalls) == counted
    assert look(net, (x, y)).recalls == ()
