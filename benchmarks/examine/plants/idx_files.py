"""No mistakes are planted in `implementations/idx_files.py`."""

PLANTS = ()
