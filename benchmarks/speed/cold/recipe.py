"""The recipe that all scripts in this folder follow."""

import sys
from pathlib import Path

UNITS = 400
BATCH_SIZE = 128
LEARNING_RATE = 3e-3  # falls to 0 along a cosine
FOLDER = Path(sys.argv[1])
EPOCHS = int(sys.argv[2]) if len(sys.argv) > 2 else 4
