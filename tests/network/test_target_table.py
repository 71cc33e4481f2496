"""What labels and values of every form mean for every kind of network: one table.

Each row states the targets that the loss gets, and the labels that accuracy counts.
"""

from __future__ import annotations

import numpy as np
import pytest

from byhand import DataError
from byhand.network.losses import resolve_loss
from byhand.network.targets import (
    CLASSES,
    MULTI_LABEL,
    REGRESSION,
    Targets,
    encode_targets,
    is_one_hot,
)

LABELS = [2, 0, 1]
ONE_HOT = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
SEVERAL = [[0, 1, 1], [1, 0, 0], [0, 0, 0]]
YES_NO = [1, 0, 1]
COLUMN = [[1], [0], [1]]
COUNTS = [4, 0, 7]
VALUES = [0.5, -1.0, 2.0]

SOFTMAX, SIGMOID, LINEAR, COUNT = "softmax", "sigmoid", "identity", "exp"

ROWS = [
    # output, units, y, task,      targets of the loss, labels
    (SOFTMAX, 3, LABELS, None, LABELS, LABELS),
    (SOFTMAX, 3, np.array(LABELS, np.uint8), None, LABELS, LABELS),
    (SOFTMAX, 3, ONE_HOT, None, LABELS, LABELS),
    (SOFTMAX, 3, np.array(ONE_HOT, float), None, LABELS, LABELS),
    (SOFTMAX, 3, np.array(ONE_HOT, bool), None, LABELS, LABELS),
    (SOFTMAX, 3, ["c", "a", "b"], None, LABELS, LABELS),
    (SOFTMAX, 3, np.array(["c", "a", "b"], object), None, LABELS, LABELS),
    (SOFTMAX, 3, [2, 2, 2], None, [2, 2, 2], [2, 2, 2]),
    (SIGMOID, 3, LABELS, None, ONE_HOT, LABELS),
    (SIGMOID, 3, ONE_HOT, None, ONE_HOT, LABELS),
    (SIGMOID, 3, ONE_HOT, MULTI_LABEL, ONE_HOT, ONE_HOT),
    (SIGMOID, 3, SEVERAL, None, SEVERAL, SEVERAL),
    (SIGMOID, 3, np.array(SEVERAL, float), None, SEVERAL, SEVERAL),
    (SIGMOID, 3, np.array(SEVERAL) / 2, None, np.array(SEVERAL) / 2, None),
    (SIGMOID, 1, YES_NO, None, COLUMN, YES_NO),
    (SIGMOID, 1, np.array(YES_NO, bool), None, COLUMN, YES_NO),
    (SIGMOID, 1, COLUMN, None, COLUMN, YES_NO),
    (SIGMOID, 1, np.array(COLUMN, bool), None, COLUMN, YES_NO),
    (SIGMOID, 1, np.array(COLUMN, float), None, COLUMN, None),
    (SIGMOID, 1, np.array(YES_NO, float), None, COLUMN, None),
    (LINEAR, 3, LABELS, None, ONE_HOT, LABELS),
    (LINEAR, 3, ONE_HOT, None, ONE_HOT, LABELS),
    (LINEAR, 3, SEVERAL, None, SEVERAL, None),
    (LINEAR, 1, YES_NO, None, COLUMN, None),
    (LINEAR, 1, COUNTS, None, [[4], [0], [7]], None),
    (LINEAR, 1, [[4], [0], [7]], None, [[4], [0], [7]], None),
    (LINEAR, 1, VALUES, None, [[0.5], [-1.0], [2.0]], None),
    (COUNT, 1, COUNTS, None, [[4], [0], [7]], None),
    (COUNT, 1, [[4], [0], [7]], None, [[4], [0], [7]], None),
    (COUNT, 3, SEVERAL, None, SEVERAL, None),
    (COUNT, 3, LABELS, None, ONE_HOT, LABELS),
]  # fmt: skip


def encoded(output, units, y, task=None, n=3):
    return encode_targets(
        y, n, units, resolve_loss(None, output), np.dtype(np.float32), ["a", "b", "c"], task
    )


@pytest.mark.parametrize(("output", "units", "y", "task", "values", "labels"), ROWS)
def test_targets_and_labels(output, units, y, task, values, labels):
    found = encoded(output, units, y, task)

    np.testing.assert_array_equal(found.values, values)
    assert found.values.shape == np.shape(values)
    assert found.values.dtype == (np.intp if output == SOFTMAX else np.float32)
    if labels is None:
        assert found.labels is None
        assert found.task == REGRESSION
    else:
        np.testing.assert_array_equal(found.labels, labels)
        assert found.labels.shape == np.shape(labels)
        assert found.labels.dtype == np.intp
        assert found.task == (CLASSES if found.labels.ndim == 1 else MULTI_LABEL)
    assert len(found) == 3


REFUSED = [
    # output, units, y,           part of the message
    (SOFTMAX, 3, 1, r"expected an array of 3 labels or target values; got 1\."),
    (SOFTMAX, 3, [0, 1], "expected one target for each of the 3 examples; got 2"),
    (SOFTMAX, 3, [0, 1, 3], "got 3 in row 2. Give the last layer 4 units"),
    (SOFTMAX, 3, [0, -1, 2], "from 0 to 2, one class for each output; got -1 in row 1"),
    (SIGMOID, 1, [0, 1, 2], "from 0 to 1, one class for each output; got 2 in row 2"),
    (SOFTMAX, 3, SEVERAL, "takes class labels, integers .n,. from 0 to 2; got int64 of shape"),
    (SOFTMAX, 3, [0.0, 1.0, 2.0], "takes class labels, integers .n,. from 0 to 2; got float64"),
    (SOFTMAX, 3, COLUMN, "takes class labels, integers .n,. from 0 to 2; got int64 of shape"),
    (SOFTMAX, 3, ["a", "b", "d"], "label 'd' in row 2 is not one of the network's classes: a, b"),
    (SOFTMAX, 3, [["a"], ["b"], ["c"]], "or class names if the network has class_names"),
    (LINEAR, 3, [[1.0, 2.0]] * 3, r"needs targets of shape \(3, 3\); got \(3, 2\)"),
    (LINEAR, 2, VALUES, r"has 2 outputs and needs targets of shape \(3, 2\); got \(3,\)"),
    (LINEAR, 1, [0.0, np.nan, 1.0], "the targets contain NaN or infinity, first in row 1"),
    (LINEAR, 1, [0.0, 1.0, np.inf], "the targets contain NaN or infinity, first in row 2"),
    (LINEAR, 2, [[0, 1], [1, 1], [np.nan, 0]], "contain NaN or infinity, first in row 2"),
    (COUNT, 1, [4, 0, -2], "takes counts, targets of at least 0; got -2"),
]


@pytest.mark.parametrize(("output", "units", "y", "message"), REFUSED)
def test_targets_that_no_network_of_this_kind_can_learn(output, units, y, message):
    with pytest.raises(DataError, match=message):
        encoded(output, units, y)


def test_names_need_a_network_that_knows_them():
    with pytest.raises(DataError, match=r"from 0 to 2, or class names if .* beginning with .'a'"):
        encode_targets(["a", "b"], 2, 3, resolve_loss(None, SOFTMAX), np.dtype(np.float32))
    with pytest.raises(DataError, match="from 0 to 1, or class names if"):
        encode_targets(["a", "b"], 2, 1, resolve_loss(None, SIGMOID), np.dtype(np.float32))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (ONE_HOT, True), (np.array(ONE_HOT, float), True), (SEVERAL, False),
        ([[0.5, 0.5]], False), ([[2, -1]], False), ([[0, 0]], False), ([[1, 1]], False),
        ([[1, 0], [0, 0]], False), (np.zeros((0, 3)), False),
    ],
)  # fmt: skip
def test_one_hot_rows_have_a_single_one(rows, expected):
    assert is_one_hot(np.asarray(rows)) is expected


def test_no_examples_are_no_labels_out_of_range():
    found = encode_targets(np.zeros(0, int), 0, 3, resolve_loss(None, SOFTMAX), np.dtype(float))

    assert isinstance(found, Targets)
    assert len(found) == 0
