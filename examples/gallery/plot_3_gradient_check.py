r"""
Check the gradients
===================

Backpropagation computes the derivative of the loss for every weight. A finite difference estimates
the same number from the loss alone:

.. math::

    \frac{\partial L}{\partial w} \approx \frac{L(w + h) - L(w - h)}{2 h}
"""

import matplotlib.pyplot as plt
import numpy as np

from byhand import DenseLayer, InputLayer, MultiLayerPerceptron

rng = np.random.default_rng(0)
x, y = rng.normal(size=(20, 6)), rng.integers(0, 3, 20)
net = MultiLayerPerceptron(
    [InputLayer(6, normalisation="none"), DenseLayer(5, "tanh"), DenseLayer(3, "softmax")],
    seed=0, dtype="float64",
)  # fmt: skip


def loss() -> float:
    """Return the mean loss on x and y with the parameters as they are."""
    return float(net.evaluate(x, y)["loss"])


# %%
# Estimate the derivative for each weight of the first layer, and compare:

gradients = {name: np.array(value) for name, value in net.backward(net.forward(x), y).items()}
weights, h = net.parameters["W1"], 1e-5
estimate = np.empty_like(weights)
for index in np.ndindex(weights.shape):
    kept = weights[index]
    weights[index] = kept + h
    above = loss()
    weights[index] = kept - h
    estimate[index] = (above - loss()) / (2 * h)
    weights[index] = kept

print(f"largest difference {np.abs(estimate - gradients['dW1']).max():.1e}")

# %%
# Every point lies on the diagonal:

figure, axes = plt.subplots(figsize=(5, 5), layout="constrained")
axes.axline((0, 0), slope=1, color="lightgrey", zorder=0)
axes.plot(estimate.ravel(), gradients["dW1"].ravel(), ".")
axes.set(xlabel="finite difference", ylabel="backpropagation", aspect="equal")
plt.show()

# %%
# :func:`byhand.gradient_check` does this for all parameters at once.
