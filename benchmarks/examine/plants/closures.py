"""Mistakes in `implementations/closures.py`."""

PLANTS = (
    ("updated_before_use", "        grad_in = grad @ W.T\n|        return grad_in\n", "|        return grad @ W.T\n"),
    ("mean_missing", "return loss, grad / n", "return loss, grad"),
)  # fmt: skip
