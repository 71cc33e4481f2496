"""
Numbers: how diabetes progresses
================================

The output of a network need not be a class. With one linear output and the squared error it
predicts a number: here how far diabetes has progressed a year later, from ten measurements of 442
patients. The table comes with scikit-learn (Efron et al., 2004).
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron

table = load_diabetes()
order = np.random.default_rng(0).permutation(len(table.target))
train, test = order[:342], order[342:]

# %%
# The target runs from 25 to 346. Losses and learning rates expect numbers near 1, so the network
# learns deviations from the mean, in units of the standard deviation; both come from the training
# part alone. ``standardise`` does the same for the inputs.

mean, deviation = table.target[train].mean(), table.target[train].std()
y = (table.target - mean) / deviation

net = MultiLayerPerceptron(
    [InputLayer(10, "standardise"), DenseLayer(16, "tanh"), DenseLayer(1, "identity")],
    loss="squared_error", seed=0,
)  # fmt: skip
net.fit(
    table.data[train], y[train], epochs=60, batch_size=32, optimizer="adam",
    learning_rate=0.003, l2=0.02, verbose=0,
)  # fmt: skip

# %%
# r2 is 1 for perfect predictions, and 0 for a network that always answers the mean. Linear
# regression is the yardstick:

inputs = np.column_stack([np.ones(len(y)), table.data])
weights, *_ = np.linalg.lstsq(inputs[train], y[train], rcond=None)
residuals = y[test] - inputs[test] @ weights
linear = 1 - (residuals**2).sum() / ((y[test] - y[test].mean()) ** 2).sum()
print(f"network            r2 {net.evaluate(table.data[test], y[test])['r2']:.3f}")
print(f"linear regression  r2 {linear:.3f}")

# %%
# With 342 noisy examples the two are about equal: ten measurements do not tell more than this. The
# scatter shows how much is left open.

predicted = net.predict(table.data[test]).ravel() * deviation + mean
figure, axes = plt.subplots(figsize=(4.5, 4.2), layout="constrained")
axes.scatter(table.target[test], predicted, s=14)
axes.plot([25, 346], [25, 346], color="grey", linestyle=":")
axes.set(xlabel="progression, measured", ylabel="progression, predicted")
plt.show()
