"""Copies that leak, and labels that may be wrong."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from byhand.errors import DataError
from byhand.evaluation import label_suspects, repeated_examples, shared_examples


@pytest.mark.parametrize("shape", [(7,), (4, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_planted_copies_are_found(shape, dtype):
    """Each copied test row is paired with the first training row that it equals."""
    rng = np.random.default_rng(0)
    train, test = (rng.integers(0, 200, (n, *shape)).astype(dtype) for n in (50, 20))
    train[31] = train[4]
    test[[3, 11]] = train[[4, 40]]

    assert shared_examples(train, test).tolist() == [[4, 3], [40, 11]]
    assert [group.tolist() for group in repeated_examples(train)] == [[4, 31]]
    assert repeated_examples(test) == []


def test_a_pixel_makes_a_difference():
    """Copies are equal in every number."""
    train = np.zeros((1, 5), np.uint8)
    test = train.copy()
    test[0, 2] = 1

    assert shared_examples(train, test).shape == (0, 2)


def test_groups_are_in_the_order_of_their_first_rows_and_sets_may_be_empty():
    """More than one block of rows, large groups, and nothing at all."""
    x = np.random.default_rng(1).integers(0, 50, 3000)[:, None].astype(np.float32)
    first = np.unique(x[:, 0], return_index=True)[1]

    groups = repeated_examples(x)

    assert [int(rows[0]) for rows in groups] == sorted(first.tolist())
    for rows in groups:
        assert rows.tolist() == np.flatnonzero(x[:, 0] == x[rows[0], 0]).tolist()
    assert shared_examples(x, x)[:, 0].tolist() == [
        int(np.flatnonzero(x[:, 0] == value)[0]) for value in x[:, 0]
    ]
    for known, wanted in ((x[:0], x), (x, x[:0]), (x[:0], x[:0])):
        assert shared_examples(known, wanted).shape == (0, 2)
    assert repeated_examples(x[:0]) == []


def test_finding_copies_needs_a_few_bytes_for_each_row():
    """The rows may be on disk because they do not fit into memory."""
    x = np.arange(50_000, dtype=np.uint32)[:, None]
    tracemalloc.start()

    repeated_examples(x)
    shared_examples(x, x)

    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 100 * len(x)


def test_other_shapes_cannot_be_copies():
    """Other shapes and types raise an error instead of finding no pairs."""
    with pytest.raises(DataError, match="same shape and dtype"):
        shared_examples(np.zeros((1, 5)), np.zeros((1, 6)))


def _noisy(seed: int = 0):
    """Probabilities of a good network, and labels of which a few were changed."""
    rng = np.random.default_rng(seed)
    true_classes = rng.integers(0, 4, 400)
    logits = rng.normal(size=(400, 4)) + 5 * np.eye(4)[true_classes]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    changed = rng.permutation(400)[:20]
    labels = true_classes.copy()
    labels[changed] = (labels[changed] + 1) % 4
    return labels, probabilities, changed, true_classes


def test_changed_labels_are_suspected_first():
    """Most of the changed labels are found, with their original class."""
    labels, probabilities, changed, true_classes = _noisy()

    found = label_suspects(labels, probabilities)

    assert len(set(found.rows.tolist()) & set(changed.tolist())) >= 15
    assert set(found.rows[:10].tolist()) <= set(changed.tolist())
    planted = np.isin(found.rows, changed)
    assert np.array_equal(found.suggested[planted], true_classes[found.rows[planted]])
    assert (np.diff(found.label_probability) >= 0).all()
    assert 0.03 < found.wrong_fraction < 0.06


def test_the_confident_joint_is_that_of_a_loop():
    """The loop follows the paper's definition, class by class."""
    labels, probabilities, _, _ = _noisy(1)
    thresholds = [probabilities[labels == k, k].mean() for k in range(4)]
    joint = np.zeros((4, 4), int)
    for label, p in zip(labels, probabilities, strict=True):
        reached = [k for k in range(4) if p[k] >= thresholds[k]]
        if reached:
            joint[label, max(reached, key=lambda k: p[k])] += 1

    assert np.array_equal(label_suspects(labels, probabilities).joint, joint)


def test_nobody_is_suspected_by_a_network_that_agrees():
    """A class without examples is never suggested."""
    found = label_suspects(
        np.array([0, 1, 0]), np.array([[0.9, 0.1, 0], [0, 1, 0], [0.8, 0.1, 0.1]])
    )

    assert len(found.rows) == 0
    assert found.wrong_fraction == 0
    assert found.joint[2].sum() == found.joint[:, 2].sum() == 0


def test_lengths_must_match():
    """Labels are (n,), and probabilities are (n, classes)."""
    with pytest.raises(DataError, match="same examples"):
        label_suspects(np.array([0, 1]), np.ones((3, 2)) / 2)
