"""A training on four times as much data as the process may allocate."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

ALLOWED = 32 << 20
TIMES = 4

TRAIN = """
import re, resource, sys
import numpy as np
from byhand import DenseLayer, InputLayer, MultiLayerPerceptron
from byhand.data import load_dataset

net = MultiLayerPerceptron([InputLayer(784), DenseLayer(10, "softmax")], seed=0)
net.fit(np.zeros((4, 784), np.uint8), [0, 1, 2, 3], epochs=1, verbose=0, keep_optimizer=True)
used = int(re.search(r"VmData:\\s+(\\d+)", open("/proc/self/status").read())[1]) << 10
limit = used + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
data = load_dataset(sys.argv[1], memory_map=True)
net = MultiLayerPerceptron([InputLayer(784), DenseLayer(10, "softmax")], seed=0)
history = net.fit(
    data.train.images, data.train.labels, epochs=1, batch_size=512, shuffle="blocks",
    validation_split=0.1, threads=1, verbose=0,
)
print(len(data.sha256), history["val_accuracy"][-1])
try:
    np.asarray(data.train.images)
except MemoryError:
    print("does not fit")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_DATA is as on Linux")
def test_a_training_on_four_times_the_memory(tmp_path) -> None:
    shard = ALLOWED * TIMES // 784 // 2
    labels = np.arange(shard, dtype=np.uint8) % 10
    images = np.zeros((shard, 784), np.uint8)
    images[np.arange(shard), labels] = 255
    for number in range(2):
        np.save(tmp_path / f"x_train-{number}.npy", images)
        np.save(tmp_path / f"y_train-{number}.npy", labels)

    done = subprocess.run(
        [sys.executable, "-c", TRAIN, str(tmp_path), str(ALLOWED)],
        env={**os.environ, "BYHAND_KERNELS": "numpy", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "64 1.0\ndoes not fit\n"
