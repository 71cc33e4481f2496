"""Mistakes in `implementations/blobs_and_penalty.py`."""

PLANTS = (("slope_missing", "    dh[hid <= 0] = 0\n", ""),)
