"""Mistakes in `implementations/batches_from_generator.py`."""

PLANTS = (("slope_missing", " * acts[l] * (1 - acts[l])", ""),)
