"""Scores of several labels for each example."""

from __future__ import annotations

import numpy as np
import pytest

from byhand.evaluation.label_scores import label_scores


def test_the_scores_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    marks, given = np.random.default_rng(0).integers(0, 2, (2, 50, 4))
    scores = label_scores(marks, given)

    expected = metrics.precision_recall_fscore_support(marks, given)
    found = scores.of_labels
    for one, other in zip(
        (found.precision, found.recall, found.f1, found.support), expected, strict=True
    ):
        np.testing.assert_allclose(one, other)
    assert scores.hamming_loss == pytest.approx(metrics.hamming_loss(marks, given))
    assert scores.exact_matches / 50 == pytest.approx(metrics.accuracy_score(marks, given))


def test_a_label_that_nobody_has_or_gets_has_no_scores() -> None:
    scores = label_scores(np.array([[1, 0], [0, 0]]), np.array([[1, 0], [1, 0]]))

    assert np.isnan(scores.of_labels.f1[1])
    assert (scores.exact_matches, scores.hamming_loss) == (1, 0.25)
