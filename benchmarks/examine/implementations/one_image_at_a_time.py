"""A bare script that learns from one image at a time, each a column."""

import numpy as np

archive = np.load("mnist.npz")
pictures = archive["x_train"].reshape(60000, 784) / 255
digits = archive["y_train"]

hidden = 25
V = np.random.uniform(-0.3, 0.3, (hidden, 784))
v0 = np.zeros((hidden, 1))
U = np.random.uniform(-0.3, 0.3, (10, hidden))
u0 = np.zeros((10, 1))
rate = 0.05

for epoch in range(3):
    hits = 0
    for k in range(len(pictures)):
        x = pictures[k].reshape(784, 1)
        target = np.zeros((10, 1))
        target[digits[k]] = 1

        # forwards
        s = V @ x + v0
        h = 1 / (1 + np.exp(-s))
        q = U @ h + u0
        o = 1 / (1 + np.exp(-q))
        hits += int(np.argmax(o) == digits[k])

        # backwards
        delta_o = o - target
        delta_h = U.T @ delta_o * h * (1 - h)
        U -= rate * delta_o @ h.T
        u0 -= rate * delta_o
        V -= rate * delta_h @ x.T
        v0 -= rate * delta_h
    print(f"epoch {epoch}: {100 * hits / len(pictures):.2f} % correct")
