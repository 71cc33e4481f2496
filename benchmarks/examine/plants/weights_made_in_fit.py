"""Mistakes in `implementations/weights_made_in_fit.py`."""

PLANTS = (
    ("slope_missing", " * out_h * (1.0 - out_h)", ""),
    ("mean_missing_in_weights", "(out_o - enc[part]) / self.batch|delta_h.sum(axis=0)|delta_o.sum(axis=0)", "out_o - enc[part]|delta_h.mean(axis=0)|delta_o.mean(axis=0)"),
)  # fmt: skip
