"""N epochs, save, load, then M epochs: the same bits as N + M epochs."""

from __future__ import annotations

import numpy as np
import pytest

from byhand import (
    ArgumentError,
    BatchNormLayer,
    Callback,
    DenseLayer,
    DropoutLayer,
    EarlyStopping,
    FileError,
    FormatError,
    InputLayer,
    ModelCheckpoint,
    MultiLayerPerceptron,
    ReduceOnPlateau,
)
from byhand.training.optimizers import OPTIMIZERS

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (150, 4, 3), dtype=np.uint8)
Y = RNG.integers(0, 3, 150)


def network(seed=0, units=6, normalisation="auto"):
    layers = [
        InputLayer(12, normalisation), DenseLayer(units), BatchNormLayer("relu"),
        DropoutLayer(0.3), DenseLayer(3, "softmax"),
    ]  # fmt: skip
    return MultiLayerPerceptron(layers, seed=seed)


def noisy(images, rng):
    return images + rng.integers(0, 3, images.shape, dtype=np.uint8)


class StopAfter(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, run):
        if run.epoch == self.epoch:
            run.stop("enough for today")


def fit(net, callbacks=(), **options):
    settings = {"epochs": 7, "batch_size": 16, "optimizer": "adam", "learning_rate": 0.01}
    return net.fit(X, Y, callbacks=callbacks, verbose=0, **settings | options)


def resumed(tmp_path, after, load=False, callbacks=lambda: (), **options):
    """A network that was trained, stopped, saved and trained further."""
    first = network()
    fit(first, [ModelCheckpoint(tmp_path), *callbacks(), StopAfter(after)], **options)
    last = tmp_path / "last.safetensors"
    net = MultiLayerPerceptron.load(last) if load else network()
    return net, fit(net, callbacks(), resume_from=last, **options)


def assert_same(net, other, history, other_history):
    np.testing.assert_array_equal(net.parameters.vector, other.parameters.vector)
    np.testing.assert_array_equal(net.statistics.vector, other.statistics.vector)
    for name in set(history) | set(other_history):
        if name != "seconds":
            assert history[name] == other_history[name], name
    assert history.best_epoch == other_history.best_epoch
    assert net.facts["epochs_trained"] == other.facts["epochs_trained"]


OPTIONS = {
    **{name: {"optimizer": name} for name in OPTIMIZERS},
    "cosine": {"schedule": "cosine"},
    "one cycle": {"schedule": "one_cycle"},
    "validation": {"validation_split": 0.2},
    "augmentation": {"augment": noisy},
    "averaged weights": {"ema": 0.9, "validation_split": 0.2},
    "max-norm": {"max_norm": 0.5},
    "mixup": {"mixup": 0.4},
    "adversarial": {"adversarial": 0.1},
    "full batch": {"batch_size": "all"},
    "everything": {
        "optimizer": "adamw", "schedule": "cosine", "validation_split": 0.2, "augment": noisy,
        "drop_last": True, "l2": 1e-3, "clip_norm": 1.0, "class_weight": "balanced",
        "ema": 0.8, "max_norm": 1.0, "mixup": 0.2,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", OPTIONS)
def test_interrupted_training_ends_where_uninterrupted_training_ends(name, tmp_path, kernel_set):
    whole = network()
    whole_history = fit(whole, **OPTIONS[name])

    net, history = resumed(tmp_path, 3, **OPTIONS[name])

    assert_same(net, whole, history, whole_history)


@pytest.mark.parametrize("after", [1, 2, 6])
def test_it_does_not_matter_when_it_was_interrupted(after, tmp_path):
    whole = network()
    whole_history = fit(whole, schedule="cosine")

    net, history = resumed(tmp_path, after, schedule="cosine")

    assert_same(net, whole, history, whole_history)


def test_the_network_can_be_read_from_the_checkpoint_itself(tmp_path):
    whole = network()
    whole_history = fit(whole, schedule="cosine")

    net, history = resumed(tmp_path, 3, load=True, schedule="cosine")

    assert_same(net, whole, history, whole_history)


def test_a_network_that_had_been_trained_before_resumes_too(tmp_path):
    whole, broken = network(), network()
    for net in (whole, broken):
        fit(net, epochs=2)
    whole_history = fit(whole)
    fit(broken, [ModelCheckpoint(tmp_path), StopAfter(3)])

    net = MultiLayerPerceptron.load(tmp_path / "last.safetensors")
    history = fit(net, resume_from=tmp_path / "last.safetensors")

    assert_same(net, whole, history, whole_history)


@pytest.mark.parametrize("after", range(2, 12))
def test_reduce_on_plateau_continues_its_waiting(after, tmp_path):
    options = {"epochs": 14, "validation_split": 0.3, "learning_rate": 0.05}

    def plateau():
        return [ReduceOnPlateau(patience=2)]

    whole = network()
    whole_history = fit(whole, plateau(), **options)

    net, history = resumed(tmp_path, after, callbacks=plateau, **options)

    assert len(set(whole_history["learning_rate"])) > 2
    assert_same(net, whole, history, whole_history)


@pytest.mark.parametrize("after", [3, 5])
def test_early_stopping_continues_and_still_restores_the_best_weights(after, tmp_path):
    options = {"epochs": 40, "validation_split": 0.3, "learning_rate": 0.05}

    def stopping():
        return [EarlyStopping(patience=6)]

    whole = network()
    whole_history = fit(whole, stopping(), **options)
    assert whole_history.epochs > after

    net, history = resumed(tmp_path, after, callbacks=stopping, **options)

    assert_same(net, whole, history, whole_history)
    assert history.stopped == whole_history.stopped


def test_a_finished_training_that_is_resumed_adds_nothing(tmp_path):
    whole = network()
    fit(whole, [ModelCheckpoint(tmp_path)])
    net = network()

    history = fit(net, resume_from=tmp_path / "last.safetensors")

    np.testing.assert_array_equal(net.parameters.vector, whole.parameters.vector)
    assert history.epochs == 7


def test_a_finished_training_can_be_resumed_for_longer(tmp_path):
    fit(network(), [ModelCheckpoint(tmp_path)], epochs=3)
    whole, net = network(), network()
    whole_history = fit(whole, epochs=6)

    history = fit(net, epochs=6, resume_from=tmp_path / "last.safetensors")

    assert_same(net, whole, history, whole_history)


def test_the_resumed_history_starts_at_the_beginning(tmp_path):
    _, history = resumed(tmp_path, 3)

    assert history.epochs == 7


# --- what cannot be resumed from ----------------------------------------------------------------


@pytest.fixture
def last(tmp_path):
    fit(network(), [ModelCheckpoint(tmp_path)], epochs=2)
    return tmp_path / "last.safetensors"


def deeper():
    layers = [InputLayer(12), DenseLayer(6), DenseLayer(6), DenseLayer(3, "softmax")]
    return MultiLayerPerceptron(layers, seed=0)


def without_layers():
    return MultiLayerPerceptron([InputLayer(12), DenseLayer(3, "softmax")], seed=0)


@pytest.mark.parametrize(
    ("make", "options", "pieces"),
    [
        (network, {"optimizer": "sgd"}, ["trained with optimizer='adam'", "'sgd'", "the same"]),
        (lambda: network(units=5), {}, ["another network"]),
        (deeper, {}, ["another network"]),
        (without_layers, {}, ["another network"]),
        (lambda: network(seed=1), {}, ["seed"]),
    ],
    ids=["optimizer", "width", "deeper", "shallower", "seed"],
)
def test_a_checkpoint_of_other_training_is_refused_and_changes_nothing(make, options, pieces, last):
    net = make()
    before = net.parameters.vector.copy()

    with pytest.raises((ArgumentError, FormatError)) as refused:
        fit(net, resume_from=last, **options)

    assert [piece for piece in pieces if piece not in str(refused.value)] == []
    np.testing.assert_array_equal(net.parameters.vector, before)


def test_a_callback_that_refuses_the_run_leaves_the_network_as_it_was(last):
    net = network()
    vectors = (net.parameters.vector, net.statistics.vector)
    before, input_layer, facts = [v.copy() for v in vectors], net.input_layer, dict(net.facts)

    with pytest.raises(ArgumentError, match="unknown monitor"):
        fit(net, [EarlyStopping(monitor="speed")], resume_from=last)

    assert net.input_layer is input_layer
    assert net.facts == facts
    for vector, numbers in zip(vectors, before, strict=True):
        np.testing.assert_array_equal(vector, numbers)


def test_a_model_without_training_state_is_refused(last):
    with pytest.raises(FormatError, match=r"no training state; resume from last\.safetensors"):
        fit(network(), resume_from=last.with_name("best.safetensors"))


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(FileError, match=r"there is no model file .*nowhere\.safetensors"):
        fit(network(), resume_from=tmp_path / "nowhere.safetensors")


def test_a_truncated_checkpoint_is_refused(last):
    last.write_bytes(last.read_bytes()[:-10])

    with pytest.raises(FormatError, match="truncated or corrupted"):
        fit(network(), resume_from=last)


def test_a_checkpoint_whose_state_is_damaged_is_refused(last):
    data = last.read_bytes()
    for old, new in ((b"rate_factor", b"rate_fakten"), (b"optimizer.m", b"optimizer.q")):
        last.write_bytes(data.replace(old, new))

        with pytest.raises(FormatError, match=r"last\.safetensors"):
            fit(network(), resume_from=last)
