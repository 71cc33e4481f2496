"""Mistakes in `implementations/unrolled_theta.py`."""

PLANTS = (
    ("slope_missing", " * a2 * (1 - a2)", ""),
    ("activation_for_slope", "a2 * (1 - a2)", "a2"),
    ("uphill|gradient_sign", "theta -= 1.0 * grad", "theta += 1.0 * grad"),
    ("gradient_sign|uphill", "d3 = a3 - Y", "d3 = Y - a3"),
)
