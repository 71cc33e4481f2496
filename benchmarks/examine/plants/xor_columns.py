"""Mistakes in `implementations/xor_columns.py`."""

PLANTS = (("gradient_sign", "dz2 = a2 - y", "dz2 = y - a2"),)
