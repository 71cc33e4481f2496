"""
Train a network
===============

A network with one hidden layer learns handwritten digits of 8x8 pixels. ``fit`` returns the history
of the training, one value for each epoch.
"""

import matplotlib.pyplot as plt

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, load_dataset

digits = load_dataset("digits")
net = MultiLayerPerceptron(
    [InputLayer(64), DenseLayer(32, "relu"), DenseLayer(10, "softmax")], seed=0
)
history = net.fit(
    digits.train.images, digits.train.labels,
    epochs=40, batch_size=64, optimizer="adam", validation_split=0.1, verbose=0,
)  # fmt: skip

# %%
# The accuracy on images that the network never saw:

result = net.evaluate(digits.test.images, digits.test.labels)
print(f"test accuracy {result['accuracy']:.3f}")

# %%
# The loss on training and validation images, epoch by epoch:

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.plot(history["loss"], label="training")
axes.plot(history["val_loss"], label="validation")
axes.set(xlabel="epoch", ylabel="loss", yscale="log")
axes.legend()
plt.show()
