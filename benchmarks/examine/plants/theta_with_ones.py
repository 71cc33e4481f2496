"""Mistakes in `implementations/theta_with_ones.py`."""

PLANTS = (
    ("slope_missing", " * sigmoid_gradient(z2)", ""),
    ("labels_shifted", "y[i] - 1", "y[i] % 10"),
)
