"""No mistakes are planted in `implementations/momentum_train.py`."""

PLANTS = ()
