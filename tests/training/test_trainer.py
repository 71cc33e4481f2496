"""The loop: the rows of each batch, the objective of a step, and the history."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.training.small_training import RNG, N, X, Y, network, one_step, trained

from byhand import (
    SGD,
    BatchNormLayer,
    Callback,
    DenseLayer,
    DropoutLayer,
    InputLayer,
    MultiLayerPerceptron,
)
from byhand.training import trainer


class Watch(Callback):
    """Records the rows of each batch, epoch by epoch."""

    def on_train_begin(self, run):
        self.epochs = []

    def on_epoch_begin(self, run):
        self.epochs.append([])

    def on_batch_end(self, run):
        self.epochs[-1].append(np.round(run.cache["A0"][:, 0]).astype(int).tolist())


def batches(**options):
    watch = Watch()
    trained(callbacks=[watch], **options)
    return watch.epochs


# --- batches ------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(st.integers(2, N), st.integers(1, N + 10), st.booleans(), st.booleans())
def test_every_epoch_uses_every_row_once(n, size, shuffle, drop_last):
    epochs = batches(
        x=X[:n], y=np.arange(n) % 3, batch_size=size, shuffle=shuffle, drop_last=drop_last
    )

    whole = n // min(size, n) * min(size, n) if drop_last else n
    for epoch in epochs:
        rows = [row for batch in epoch for row in batch]
        assert len(rows) == len(set(rows)) == whole
        assert all(len(batch) == min(size, n) for batch in epoch[:-1])


def test_batches_differ_from_epoch_to_epoch_and_their_rows_do_not():
    first, second, third = batches()

    assert first != second != third
    for epoch in (first, second, third):
        assert sorted(row for batch in epoch for row in batch) == list(range(N))


def test_rows_are_shuffled_and_not_only_batches():
    first, second, _ = batches()

    companions = [{frozenset(batch) for batch in epoch} for epoch in (first, second)]
    assert not companions[0] & companions[1]


def test_without_shuffling_the_order_is_the_one_given():
    assert [row for batch in batches(shuffle=False)[1] for row in batch] == list(range(N))


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({"batch_size": 8}, [8] * 6 + [2]),
        ({"batch_size": 8, "drop_last": True}, [8] * 6),
        ({"batch_size": 25}, [25, 25]),
        ({"batch_size": "all"}, [50]),
        ({"batch_size": 1000}, [50]),
        ({"batch_size": 1000, "drop_last": True}, [50]),
        ({"batch_size": 1}, [1] * 50),
        ({"batch_size": np.int64(40)}, [40, 10]),
    ],
)
def test_batches_have_the_requested_size(options, sizes):
    assert [[len(batch) for batch in epoch] for epoch in batches(**options)] == [sizes] * 3


def test_which_rows_a_short_batch_leaves_out_changes_from_epoch_to_epoch():
    left_out = [
        set(range(N)) - {row for batch in epoch for row in batch}
        for epoch in batches(drop_last=True)
    ]

    assert len(set(map(frozenset, left_out))) == 3


def test_held_out_rows_never_make_a_step():
    watch = Watch()
    _, history = trained(callbacks=[watch], validation_split=0.3)

    seen = {row for epoch in watch.epochs for batch in epoch for row in batch}
    assert seen == set(history.split["train"])
    assert not seen & set(history.split["validation"])


# --- what a step does ---------------------------------------------------------------------------


def test_a_batch_of_all_rows_is_full_batch_descent(kernel_set):
    one, _ = trained(batch_size=N, shuffle=False)
    other, _ = trained(batch_size="all")

    np.testing.assert_array_equal(one.parameters.vector, other.parameters.vector)


@pytest.mark.parametrize("block", [1, 7, 49])
@pytest.mark.parametrize(
    "hidden",
    [[DenseLayer(6, "tanh")], [DenseLayer(6, "relu"), DropoutLayer(0.5)]],
    ids=["plain", "dropout"],
)
def test_a_batch_in_blocks_is_the_batch_in_one(block, hidden, monkeypatch, kernel_set):
    options = {"batch_size": "all", "optimizer": "momentum", "epochs": 10, "l2": 0.01}
    whole, whole_history = trained(network(hidden), **options)
    monkeypatch.setattr(trainer, "BLOCK_ROWS", block)

    blocks, history = trained(network(hidden), **options)

    np.testing.assert_allclose(blocks.parameters.vector, whole.parameters.vector, atol=1e-13)
    np.testing.assert_allclose(history["loss"], whole_history["loss"], atol=1e-13)
    assert history["accuracy"] == whole_history["accuracy"]


def test_weights_of_examples_count_in_blocks_too(monkeypatch):
    options = {"batch_size": "all", "sample_weight": RNG.uniform(0, 2, N), "clip_norm": 0.1}
    whole, _ = trained(**options)
    monkeypatch.setattr(trainer, "BLOCK_ROWS", 7)

    blocks, _ = trained(**options)

    np.testing.assert_allclose(blocks.parameters.vector, whole.parameters.vector, atol=1e-13)


def test_batch_statistics_are_those_of_the_whole_batch_however_large(monkeypatch):
    hidden = [DenseLayer(6), BatchNormLayer("relu")]
    whole, _ = trained(network(hidden), batch_size="all")
    monkeypatch.setattr(trainer, "BLOCK_ROWS", 7)

    again, _ = trained(network(hidden), batch_size="all")

    np.testing.assert_array_equal(again.parameters.vector, whole.parameters.vector)


def test_a_step_subtracts_the_gradient_of_the_mean_loss(kernel_set):
    step, net = one_step()

    np.testing.assert_allclose(step, net.backward(net.forward(X), Y).vector, atol=1e-14)


def test_penalties_pull_at_weights_and_not_at_biases(kernel_set):
    plain, net = one_step()
    weights = len(net.parameters.weights)

    l2, _ = one_step(l2=0.1)
    l1, _ = one_step(l1=0.1)

    start = net.parameters.weights
    np.testing.assert_allclose(l2[:weights] - plain[:weights], 0.1 * start, atol=1e-14)
    np.testing.assert_allclose(l1[:weights] - plain[:weights], 0.1 * np.sign(start), atol=1e-14)
    for penalised in (l1, l2):
        np.testing.assert_array_equal(penalised[weights:], plain[weights:])


def test_l2_is_weight_decay_in_plain_descent(kernel_set):
    penalty, _ = trained(optimizer=SGD(0.1), learning_rate=None, l2=0.05)
    decay, _ = trained(optimizer=SGD(0.1, weight_decay=0.05), learning_rate=None)

    np.testing.assert_allclose(penalty.parameters.vector, decay.parameters.vector, atol=1e-13)


# --- augmentation -------------------------------------------------------------------------------

IMAGES = RNG.integers(0, 256, (40, 4, 3), dtype=np.uint8)


def on_images(augment, **options):
    net = MultiLayerPerceptron([InputLayer(12), DenseLayer(3, "softmax")], seed=0)
    settings = {"epochs": 2, "batch_size": 16, "verbose": 0}
    net.fit(IMAGES, np.arange(40) % 3, augment=augment, **settings | options)
    return net


def test_augmentation_gets_raw_images_in_their_shape_and_a_random_stream():
    seen = []

    def augment(batch, rng):
        seen.append((batch.shape, batch.dtype, type(rng)))
        return batch

    on_images(augment)

    assert [shape for shape, _, _ in seen] == [(16, 4, 3), (16, 4, 3), (8, 4, 3)] * 2
    assert {dtype for _, dtype, _ in seen} == {np.dtype(np.uint8)}
    assert {kind for _, _, kind in seen} == {np.random.Generator}


def test_augmentation_that_changes_nothing_changes_nothing(kernel_set):
    np.testing.assert_allclose(
        on_images(lambda batch, rng: batch).parameters.vector,
        on_images(None).parameters.vector,
        atol=1e-7,
    )


def test_what_augmentation_returns_is_what_is_learnt_from(kernel_set):
    flipped = MultiLayerPerceptron([InputLayer(12), DenseLayer(3, "softmax")], seed=0)
    flipped.fit(IMAGES[:, :, ::-1], np.arange(40) % 3, epochs=2, batch_size=16, verbose=0)

    np.testing.assert_allclose(
        on_images(lambda batch, rng: batch[:, :, ::-1]).parameters.vector,
        flipped.parameters.vector,
        atol=1e-6,
    )


def test_augmentation_may_return_another_type_and_write_to_what_it_gets(kernel_set):
    before = IMAGES.copy()

    def augment(batch, rng):
        batch[:] = 255 - batch
        return batch.astype(np.float32)

    on_images(augment)

    np.testing.assert_array_equal(IMAGES, before)


def test_every_epoch_augments_differently_and_every_run_in_the_same_way():
    seen = []

    def augment(batch, rng):
        seen.append(rng.random())
        return batch

    on_images(augment)
    on_images(augment)

    assert len(set(seen)) == 6
    assert seen[:6] == seen[6:]


# --- the history --------------------------------------------------------------------------------


def test_the_loss_is_the_mean_over_examples_also_with_a_short_last_batch():
    net = network()
    expected = net.evaluate(X, Y)

    _, history = trained(net, epochs=1, learning_rate=1e-300)

    assert history["loss"][0] == pytest.approx(expected["loss"])
    assert history["accuracy"][0] == expected["accuracy"]


def test_penalties_do_not_enter_the_loss_that_is_written_down():
    _, plain = trained(epochs=1, learning_rate=1e-300)
    _, penalised = trained(epochs=1, learning_rate=1e-300, l2=10, l1=10)

    assert penalised["loss"] == plain["loss"]


def test_validation_is_the_result_of_evaluate_on_the_validation_rows(kernel_set):
    net = network([DenseLayer(6), BatchNormLayer("relu"), DropoutLayer(0.3)])
    _, history = trained(net, validation_split=0.3)

    rows = history.split["validation"]
    scores = net.evaluate(X[rows], Y[rows])
    assert history["val_loss"][-1] == pytest.approx(scores["loss"])
    assert history["val_accuracy"][-1] == scores["accuracy"]


def test_rows_held_out_by_hand_are_worth_the_same_as_rows_held_out_by_fit(kernel_set):
    split, history = trained(validation_split=0.3)
    train, held_out = history.split["train"], history.split["validation"]

    by_hand, other = trained(x=X[train], y=Y[train], validation_data=(X[held_out], Y[held_out]))

    np.testing.assert_array_equal(split.parameters.vector, by_hand.parameters.vector)
    assert history["val_loss"] == pytest.approx(other["val_loss"])
    assert history["val_accuracy"] == other["val_accuracy"]
    assert other.split == {}


def test_the_split_is_stratified_unless_told_otherwise():
    y = np.repeat([0, 1, 2], [30, 15, 5])
    _, stratified = trained(y=y, validation_split=0.2)
    _, plain = trained(y=y, validation_split=0.2, stratify=False)

    np.testing.assert_array_equal(np.bincount(y[stratified.split["validation"]]), [6, 3, 1])
    assert not np.array_equal(stratified.split["validation"], plain.split["validation"])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"loss", "accuracy", "learning_rate", "seconds"}),
        (
            {"validation_split": 10},
            {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"},
        ),
        ({"y": X[:, :3]}, {"loss", "learning_rate", "seconds"}),
        (
            {"y": X[:, :3], "validation_split": 0.2},
            {"loss", "val_loss", "learning_rate", "seconds"},
        ),
    ],
)
def test_the_history_has_a_number_for_every_epoch_in_each_column(options, expected):
    output = "identity" if "y" in options else "softmax"

    _, history = trained(network(output=output), **options)

    assert set(history) == expected
    assert {len(column) for column in history.values()} == {3}
    assert (np.array(history["seconds"]) > 0).all()


def test_the_record_tells_how_training_was_run():
    net, history = trained(threads=1, validation_split=10)

    assert history.record["seed"] == 0
    assert history.record["threads"] == 1
    assert history.record["examples"] == 40
    assert history.record["batch_size"] == 8
    assert history.record["kernels"] in {"plain", "numpy", "numba"}
    assert history.record["optimizer"] == {
        "name": "sgd",
        "learning_rate": 0.01,
        "weight_decay": 0.0,
    }
    assert {"schedule", "numpy", "python", "blas"} <= set(history.record)
    assert history.stopped == "all 3 epochs done"
    assert net.facts["epochs_trained"] == 3


def test_the_best_epoch_is_the_one_with_the_lowest_validation_loss():
    _, history = trained(validation_split=0.4, epochs=30, learning_rate=0.5)

    assert history.best_epoch == 1 + int(np.argmin(history["val_loss"]))


def test_training_needs_no_dropout_at_evaluation():
    net, _ = trained(network([DenseLayer(6, "relu"), DropoutLayer(0.9)]))

    np.testing.assert_array_equal(net.predict_proba(X), net.predict_proba(X))


def test_the_accuracy_of_an_epoch_counts_the_predictions_before_each_step():
    for options, y in [
        ({}, Y),
        ({"loss": "mse"}, Y),
        ({"output": "sigmoid"}, RNG.integers(0, 2, (N, 3))),
    ]:
        net = network(**options)
        expected = net.evaluate(X, y)["accuracy"]

        _, history = trained(net, y=y, epochs=1, learning_rate=1e-300)

        assert history["accuracy"] == [pytest.approx(expected)]


def test_one_half_is_not_over_one_half():
    """Outputs of exactly 1/2 are the label 0, in training as in predictions."""
    net = network(output="sigmoid")
    net.parameters.vector[:] = 0
    y = np.zeros((N, 3), int)
    y[0] = 1

    _, history = trained(net, y=y, epochs=1, learning_rate=1e-300)

    assert net.evaluate(X, y)["accuracy"] == pytest.approx(1 - 1 / N)
    assert history["accuracy"] == [pytest.approx(1 - 1 / N)]
