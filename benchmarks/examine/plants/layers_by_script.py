"""Mistakes in `implementations/layers_by_script.py`."""

PLANTS = (("slope_missing", "return self.df(self.x) * err", "return err"),)
