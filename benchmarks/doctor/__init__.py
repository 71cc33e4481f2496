"""How well the doctor finds what is wrong: deliberately sick runs, and healthy ones."""

import os

for variable in ("OPENBLAS_NUM_THREADS", "BYHAND_THREADS"):  # before NumPy is imported
    os.environ.setdefault(variable, "1")
