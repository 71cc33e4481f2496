"""Measure the doctor: how many faults it finds, and how many false alarms it raises."""

import os

for variable in ("OPENBLAS_NUM_THREADS", "BYHAND_THREADS"):  # before NumPy is imported
    os.environ.setdefault(variable, "1")
