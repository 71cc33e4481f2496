"""Kill trainings at random moments, resume them, and compare all files with a run without kills."""

import os

for variable in ("OPENBLAS_NUM_THREADS", "BYHAND_THREADS"):  # before NumPy is imported
    os.environ.setdefault(variable, "1")
os.environ.setdefault("BYHAND_KERNELS", "numpy")  # importing Numba takes longer than the trainings
