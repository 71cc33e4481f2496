"""No mistakes are planted in `implementations/unrolled_theta.py`."""

PLANTS = ()
