"""No mistakes are planted in `implementations/dropout_inside.py`."""

PLANTS = ()
