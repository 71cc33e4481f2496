"""Mistakes in `implementations/one_image_at_a_time.py`."""

PLANTS = (
    ("gradient_sign", "delta_o = o - target", "delta_o = target - o"),
    ("updated_before_use", "        delta_h = U.T @ delta_o * h * (1 - h)\n        U -= rate * delta_o @ h.T\n", "        U -= rate * delta_o @ h.T\n        delta_h = U.T @ delta_o * h * (1 - h)\n"),
)  # fmt: skip
