"""No mistakes are planted in `implementations/moons_notebook.py`."""

PLANTS = ()
