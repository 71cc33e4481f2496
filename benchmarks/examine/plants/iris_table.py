"""Mistakes in `implementations/iris_table.py`."""

PLANTS = (("slope_missing", " * self.hidden * (1 - self.hidden)", ""),)
