"""
Several labels at once
======================

An example may have several labels, or none. Then each label gets an output of its own with a
sigmoid: many yes-or-no questions that share their hidden layer.

The labels are constructed here: five questions about the digits that come with byhand, whose
answers follow from the digit. The network is not told the digit.
"""

import matplotlib.pyplot as plt
import numpy as np

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron, load_dataset

QUESTIONS = {
    "odd": [1, 3, 5, 7, 9],
    "above 4": [5, 6, 7, 8, 9],
    "prime": [2, 3, 5, 7],
    "closed loop": [0, 6, 8, 9],
    "square": [0, 1, 4, 9],
}

digits = load_dataset("digits")


def answers(labels):
    """The answers (n, 5) to all questions, 1 for yes."""
    return np.stack([np.isin(labels, yes) for yes in QUESTIONS.values()], axis=1).astype(float)


# %%
# The loss is the binary cross-entropy of each output; nothing makes the outputs sum to 1.

net = MultiLayerPerceptron(
    [InputLayer(64), DenseLayer(48, "relu"), DenseLayer(len(QUESTIONS), "sigmoid")], seed=0
)
net.fit(
    digits.train.images, answers(digits.train.labels), epochs=60, batch_size=32, optimizer="adam",
    learning_rate=0.003, l2=0.0005, verbose=0,
)  # fmt: skip
print(net)

# %%
# Each question is measured by itself. An example with five right answers is rarer than any one
# right answer:

yes = net.predict_proba(digits.test.images) > 0.5
right = yes == answers(digits.test.labels)
for question, share in zip(QUESTIONS, right.mean(axis=0), strict=True):
    print(f"{question:12} {share:.1%}")
print(f"{'all five':12} {right.all(axis=1).mean():.1%}")

# %%
# What the network says about each digit, on average. Dark is yes:

probability = net.predict_proba(digits.test.images)
means = np.stack([probability[digits.test.labels == digit].mean(axis=0) for digit in range(10)])
figure, axes = plt.subplots(figsize=(6, 2.8), layout="constrained")
axes.imshow(means.T, cmap="Blues", vmin=0, vmax=1, aspect="auto")
axes.set_xticks(range(10))
axes.set_yticks(range(len(QUESTIONS)), QUESTIONS)
axes.set_xlabel("digit")
plt.show()
