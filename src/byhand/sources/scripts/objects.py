"""
Neural-Network-from-Scratch
===========================

A network is an object, made from a list of layers. `The source
<https://www.kaggle.com/code/bendamiant/neural-network-from-scratch>`_, by bendamiant, shows how
natural that is, and reaches 97 % with 300 hidden units in about 20 epochs. This page follows it,
and solves three other kinds of problems with the same class.

It runs on the 1,797 digits of 8x8 pixels that come with byhand. Write ``"mnist"`` instead of
``"digits"`` for the source's own experiment.
"""

DATASET = "digits"
EPOCHS = 20

# %%
# Code design
# -----------
#
# The source's line is also a line of byhand; only the number of inputs depends on the data set
# here.

import numpy as np

from byhand import (
    Augmentation, DenseLayer, Exponential, InputLayer, ModelCheckpoint, MultiLayerPerceptron,
    load_dataset,
)  # fmt: skip
from byhand.sources import code

digits = load_dataset(DATASET)
pixels = digits.train.images[0].size
net = MultiLayerPerceptron(
    [
        InputLayer(units=pixels),
        DenseLayer(units=300, fn="relu"),
        DenseLayer(units=10, fn="softmax"),
    ],
    weight_init="he_initialization",
    bias_init="small_constant",
)
print(net)

# %%
# "Easy to read and to expand upon": an activation of your own is a function and its derivative.

print(DenseLayer(16, (lambda z: z**3, lambda z: 3 * z**2)))

# %%
# Performance
# -----------
#
# **Data augmentation.** Each image is shifted, rotated and scaled a little, differently in every
# epoch.

import matplotlib.pyplot as plt

moved = Augmentation(shift=0.3, rotate=10, scale=0.1)
images = moved(np.repeat(digits.train.images[:1], 8, axis=0), np.random.default_rng(0))
figure, panels = plt.subplots(1, 8, figsize=(8, 1.2), layout="constrained")
for axes, image in zip(panels, images, strict=True):
    axes.imshow(image, cmap="gray_r")
    axes.axis("off")
plt.show()

# %%
# **Learning rate decay.** The rate of each epoch is a function of its number.

code("training/schedules.py", "Exponential")

# %%
# **Model checkpointing.** The parameters of the best epoch so far are in a file.

import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp())
history = net.fit(
    digits.train.images, digits.train.labels, epochs=EPOCHS, batch_size=64, optimizer="sgd",
    learning_rate=0.1, schedule=Exponential(0.9), augment=moved, validation_split=0.1,
    callbacks=[ModelCheckpoint(folder, monitor="val_accuracy")], verbose=0,
)  # fmt: skip
kept = MultiLayerPerceptron.load(folder / "best.safetensors")
for epoch, network in (("last", net), ("best", kept)):
    accuracy = network.evaluate(digits.test.images, digits.test.labels)["accuracy"]
    print(f"{epoch} epoch: {accuracy:.2%} of the test images")

# %%

from byhand.figures import training_curves

training_curves(history)

# %%
# The figures
# -----------
#
# The source: "97 % reliably in ~20 epochs". byhand on MNIST, ``byhand reproduce augmentation``:
# 98.17 ± 0.07 % over twenty seeds. One more run would lie between 98.03 and 98.32 %, so the figure
# is beaten. Decay by a tenth each epoch and the size of the movements are our choice; the source
# does not state them.

# %%
# Various machine-learning problems
# ---------------------------------
#
# The source speaks of "various machine learning problems". With the same class: yes or no (is the
# digit odd?), ...

x = digits.train.images.reshape(len(digits.train.images), -1) / 255.0
y = digits.train.labels
x_test = digits.test.images.reshape(len(digits.test.images), -1) / 255.0
y_test = digits.test.labels


def solved(outputs, activation, targets, test_targets, measure):
    """Train on targets of another kind; return a measure on the test images."""
    net = MultiLayerPerceptron(
        [InputLayer(pixels), DenseLayer(32, "relu"), DenseLayer(outputs, activation)], seed=0
    )
    net.fit(x, targets, epochs=EPOCHS, optimizer="adam", learning_rate=0.005, verbose=0)
    return net.evaluate(x_test, test_targets)[measure]


print(f"odd or even: {solved(1, 'sigmoid', y % 2, y_test % 2, 'accuracy'):.1%} correct")

# %%
# ... several labels at once (odd? above 4? made of closed loops?), ...


def labels(digit):
    """Three labels of each digit."""
    return np.stack([digit % 2 == 1, digit > 4, np.isin(digit, [0, 6, 8, 9])], axis=1) * 1.0


print(f"three labels: {solved(3, 'sigmoid', labels(y), labels(y_test), 'accuracy'):.1%} correct")

# %%
# ... and numbers (how much ink is in the lower half, judging by the upper half alone?).

upper, lower = np.split(digits.train.images / 255.0, 2, axis=1)
upper_test, lower_test = np.split(digits.test.images / 255.0, 2, axis=1)
x, x_test = upper.reshape(len(upper), -1), upper_test.reshape(len(upper_test), -1)
pixels = x.shape[1]
ink, ink_test = lower.mean(axis=(1, 2)) * 10, lower_test.mean(axis=(1, 2)) * 10
print(f"ink: r2 = {solved(1, 'identity', ink, ink_test, 'r2'):.2f}")
