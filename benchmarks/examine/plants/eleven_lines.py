"""Mistakes in `implementations/eleven_lines.py`."""

PLANTS = (("gradient_sign", "miss = wanted - guess", "miss = guess - wanted"),)
