"""Mistakes in `implementations/train_in_columns.py`."""

PLANTS = (
    ("slope_missing", "dA1 * (Z1 > 0)", "dA1"),
    ("softmax_over_examples", "expZ.sum(axis=0, keepdims=True)|Z2.max(axis=0, keepdims=True)", "expZ.sum(axis=1, keepdims=True)|Z2.max(axis=1, keepdims=True)"),
    ("biases_not_updated", "        b1 = b1 - alpha * db1\n|        b2 = b2 - alpha * db2\n", "|"),
)  # fmt: skip
