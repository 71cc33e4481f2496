"""No mistakes are planted in `implementations/named_tuple.py`."""

PLANTS = ()
