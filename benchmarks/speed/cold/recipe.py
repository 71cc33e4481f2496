"""The recipe that all scripts beside this one follow."""

import sys
from pathlib import Path

UNITS = 400
BATCH = 128
RATE = 3e-3  # falls to 0 along a cosine
FOLDER = Path(sys.argv[1])
EPOCHS = int(sys.argv[2]) if len(sys.argv) > 2 else 4
