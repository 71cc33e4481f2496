"""Mistakes in `implementations/zip_lists.py`."""

PLANTS = (("slope_missing", " * np.where(hs[k] > 0, 1, leak)", ""),)
