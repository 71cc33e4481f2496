"""Feed malformed files to every reader by the million, and keep those that it cannot handle."""

import os

for variable in ("OPENBLAS_NUM_THREADS", "BYHAND_THREADS"):  # before NumPy is imported
    os.environ.setdefault(variable, "1")
os.environ.setdefault("BYHAND_KERNELS", "numpy")  # importing Numba takes longer than the readers
