"""Augmented training: an epoch's images do not depend on batches or on preparation ahead."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from byhand import Augmentation, DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.network.targets import Targets
from byhand.training import augmenting
from byhand.training.augmenting import Augmenting
from byhand.training.run import Examples

N = 300
IMAGES = np.random.default_rng(0).integers(0, 256, (N, 8, 8), dtype=np.uint8)
LABELS = np.arange(N) % 3
CHANGES = Augmentation(1, 20, 0.1, elastic=20, sigma=3, noise=0.1, erase=3)


def network() -> MultiLayerPerceptron:
    return MultiLayerPerceptron([InputLayer(64), DenseLayer(3, "softmax")], seed=5)


def images_of(*, free: bool = False, **options) -> list[np.ndarray]:
    """Train, and return the images of each epoch by their rows; free: a core is free."""
    epochs: list[np.ndarray] = []
    start, batch = Augmenting.start, Augmenting.batch

    def watched_start(self, moment, order):
        epochs.append(np.zeros((N, 64), np.uint8))
        start(self, moment, order)

    def watched_batch(self, first, last):
        changed = batch(self, first, last)
        assert (self._worker is not None) == free
        epochs[-1][self._order[first:last]] = changed
        return changed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(augmenting, "cores", lambda: 64 if free else 1)
        patch.setattr(augmenting, "AHEAD", 70)
        patch.setattr(Augmenting, "start", watched_start)
        patch.setattr(Augmenting, "batch", watched_batch)
        settings = {"epochs": 2, "batch_size": 32, "verbose": 0, "augment": CHANGES, "threads": 1}
        network().fit(IMAGES, LABELS, **settings | options)
    return epochs


def same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 7},
        {"batch_size": "all"},
        {"shuffle": False},
        {"threads": 2},
        {"free": True},
        {"free": True, "batch_size": 200},
        {"free": True, "batch_size": 70},
    ],
    ids=str,
)
def test_images_depend_on_seed_epoch_and_row_alone(options) -> None:
    usual = images_of()

    assert same(images_of(**options), usual)
    assert not np.array_equal(usual[0], usual[1])
    assert not np.array_equal(usual[0], IMAGES.reshape(N, -1))


def test_a_batch_larger_than_a_block_is_changed_in_the_same_way(monkeypatch) -> None:
    usual = images_of()
    monkeypatch.setattr("byhand.training.trainer.BLOCK_ROWS", 90)

    assert same(images_of(batch_size=250), usual)
    assert same(images_of(batch_size=250, free=True), usual)


def test_training_ahead_gives_the_same_weights() -> None:
    weights = []
    for free in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(augmenting, "cores", lambda free=free: 64 if free else 1)
            patch.setattr(augmenting, "AHEAD", 70)
            net = network()
            net.fit(IMAGES, LABELS, epochs=3, augment=CHANGES, drop_last=True, verbose=0, threads=1)
            weights.append(net.parameters.vector.copy())

    np.testing.assert_array_equal(*weights)


def test_rows_may_be_left_out_or_requested_again(monkeypatch) -> None:
    """Distributed processes do this: each takes its part of every batch."""
    monkeypatch.setattr(augmenting, "AHEAD", 16)
    order = np.random.default_rng(1).permutation(N)
    examples = examples_of(IMAGES)
    found = []
    for free in (1, 64):
        monkeypatch.setattr(augmenting, "cores", lambda free=free: free)
        changes = Augmenting(CHANGES, examples, seed=2)
        changes.start(1, order)
        found.append(
            [changes.batch(*rows) for rows in ((0, 5), (8, 13), (40, 90), (200, 300), (10, 20))]
        )
        changes.close()

    for once, ahead in zip(*found, strict=True):
        np.testing.assert_array_equal(once, ahead)


def examples_of(images: np.ndarray) -> Examples:
    return Examples(images.reshape(N, 64), (8, 8), Targets(LABELS, LABELS), np.arange(N))


@pytest.mark.parametrize(
    ("batches", "starts"),
    [
        ([(0, 5), (5, 16), (16, 40)], [0, 16, 32, 48]),
        ([(first, min(first + 32, N)) for first in range(0, N, 32)], [*range(0, N, 16)]),
        ([(0, N)], [*range(0, N, 16)]),
        ([(0, 5), (100, 110)], [0, 16, 100, 116]),
        ([(0, 5), (280, 300)], [0, 16, 280, 296]),
    ],
    ids=["in order", "whole epoch", "all at once", "far ahead", "to the end"],
)
def test_each_piece_is_computed_once_and_one_piece_ahead(batches, starts, monkeypatch) -> None:
    monkeypatch.setattr(augmenting, "AHEAD", 16)
    monkeypatch.setattr(augmenting, "cores", lambda: 64)
    begun = []
    piece = Augmenting._piece

    def watched(self, start):
        begun.append(start)
        return piece(self, start)

    monkeypatch.setattr(Augmenting, "_piece", watched)
    changes = Augmenting(CHANGES, examples_of(IMAGES), seed=2)
    changes.start(1, np.arange(N))
    for first, last in batches:
        assert len(changes.batch(first, last)) == last - first
    changes._worker.submit(list).result()  # after all pieces that have been asked for
    changes.close()

    assert begun == starts


@pytest.mark.parametrize(
    ("ahead", "augment", "held", "cores", "works"),
    [
        (True, CHANGES, None, 2, True), (True, CHANGES, None, 1, False),
        (True, CHANGES, 1, 2, True), (True, CHANGES, 2, 2, False), (True, CHANGES, 2, 3, True),
        (False, CHANGES, None, 2, False), (True, lambda batch, rng: batch, None, 2, False),
    ],
)  # fmt: skip
def test_images_are_changed_ahead_if_a_core_is_free(
    ahead, augment, held, cores, works, monkeypatch
) -> None:
    monkeypatch.setattr(augmenting, "cores", lambda: cores)
    monkeypatch.setattr(augmenting, "held_threads", lambda: held)
    changes = Augmenting(augment, examples_of(IMAGES), 0, ahead)
    changes.close()

    assert (changes._worker is not None) == works


def test_validation_images_are_never_changed() -> None:
    x, y = IMAGES[:50], LABELS[:50]
    net = network()

    history = net.fit(IMAGES, LABELS, epochs=1, augment=CHANGES, validation_data=(x, y), verbose=0)

    assert history["val_loss"][-1] == pytest.approx(net.evaluate(x, y)["loss"])


def test_the_thread_ends_with_the_training(monkeypatch) -> None:
    monkeypatch.setattr(augmenting, "cores", lambda: 64)

    def threads() -> int:
        return sum(thread.name.startswith("byhand-augment") for thread in threading.enumerate())

    class StoppedError(Exception):
        pass

    def fails(images, rng):
        raise StoppedError

    network().fit(IMAGES, LABELS, epochs=1, augment=CHANGES, verbose=0)
    with pytest.raises(StoppedError):
        network().fit(IMAGES, LABELS, epochs=1, augment=fails, verbose=0)

    assert threads() == 0


def test_images_of_a_table_are_refused_with_their_shape() -> None:
    with pytest.raises(Exception, match=r"only images.*can be augmented.*\(\d+, 64\)"):
        network().fit(IMAGES.reshape(N, 64), LABELS, epochs=1, augment=CHANGES, verbose=0)
