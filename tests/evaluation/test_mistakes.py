"""The worst mistakes, and the most frequent confusions."""

from __future__ import annotations

import numpy as np

from byhand.evaluation import Predictions, common_confusions, worst_mistakes


def _predictions(labels, probabilities, **options) -> Predictions:
    probabilities = np.array(probabilities)
    return Predictions(
        np.array(labels), probabilities.argmax(axis=1), probabilities, ("no", "yes"), **options
    )


def test_the_most_confident_mistakes_come_first():
    """Correct predictions are left out; each mistake has both classes and the confidence."""
    found = _predictions([0, 0, 1, 1], [[0.9, 0.1], [0.3, 0.7], [0.98, 0.02], [0.1, 0.9]])

    mistakes = worst_mistakes(found)

    assert [mistake.row for mistake in mistakes] == [2, 1]
    assert str(mistakes[0]) == "predicted no, label yes, confidence 98 %"
    assert worst_mistakes(found, 1) == mistakes[:1]


def test_outputs_that_are_not_probabilities_are_quoted_as_they_are():
    """Outputs that are not probabilities are shown without a per cent sign."""
    found = _predictions([1], [[1.7, 0.2]], calibrated=False)

    assert str(worst_mistakes(found)[0]) == "predicted no, label yes, confidence 1.70"


def test_common_confusions_leave_out_correct_predictions_and_empty_cells():
    """Each is (label, predicted class, count), the largest count first."""
    matrix = np.array([[50, 2, 0], [7, 60, 0], [0, 0, 9]])

    assert common_confusions(matrix) == [(1, 0, 7), (0, 1, 2)]
    assert common_confusions(matrix, 1) == [(1, 0, 7)]
