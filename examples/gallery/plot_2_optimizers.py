"""
Compare optimizers
==================

The same network, the same start and the same batches; only the optimizer differs.
"""

import matplotlib.pyplot as plt

from byhand import (
    SGD,
    Adam,
    DenseLayer,
    InputLayer,
    Momentum,
    MultiLayerPerceptron,
    RMSProp,
    load_dataset,
)

digits = load_dataset("digits")
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")

for optimizer in (SGD(0.1), Momentum(0.05), RMSProp(0.002), Adam(0.002)):
    net = MultiLayerPerceptron(
        [InputLayer(64), DenseLayer(32, "relu"), DenseLayer(10, "softmax")], seed=0
    )
    history = net.fit(
        digits.train.images, digits.train.labels,
        epochs=20, batch_size=64, optimizer=optimizer, verbose=0,
    )  # fmt: skip
    axes.plot(history["loss"], label=type(optimizer).__name__)

axes.set(xlabel="epoch", ylabel="training loss", yscale="log")
axes.legend()
plt.show()
