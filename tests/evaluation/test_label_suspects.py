"""Labels that may be wrong."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.errors import DataError
from byhand.evaluation import label_suspects


def _noisy(seed: int = 0):
    """Probabilities of a good network, and labels. A few of the labels were changed."""
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
