"""Lists of arrays and `zip`: leaky ReLU inside, softmax outside, a step that decays."""

import numpy as np
import pandas as pd

train = pd.read_csv("mnist_train.csv").values
x_all = train[:, 1:].astype(float) / 255
y_all = train[:, 0].astype(int)

dims = [784, 64, 32, 10]
weights = [np.random.normal(0, (2 / a) ** 0.5, (a, b)) for a, b in zip(dims, dims[1:])]
biases = [np.zeros(b) for b in dims[1:]]
leak = 0.01


def leaky(z):
    return np.where(z > 0, z, leak * z)


def forward(x):
    hs = [x]
    for i, (w, b) in enumerate(zip(weights, biases)):
        z = hs[-1] @ w + b
        if i < len(weights) - 1:
            z = leaky(z)
        else:
            z = np.exp(z - z.max(1, keepdims=True))
            z = z / z.sum(1, keepdims=True)
        hs.append(z)
    return hs


step = 0
for epoch in range(20):
    mix = np.random.permutation(len(x_all))
    x_all, y_all = x_all[mix], y_all[mix]
    for i in range(0, len(x_all), 100):
        x, y = x_all[i : i + 100], y_all[i : i + 100]
        hs = forward(x)
        d = hs[-1].copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        lr = 0.2 / (1 + 0.001 * step)
        for k in reversed(range(len(weights))):
            gw, gb = hs[k].T @ d, d.sum(0)
            d = (d @ weights[k].T) * np.where(hs[k] > 0, 1, leak)
            weights[k] -= lr * gw
            biases[k] -= lr * gb
        step += 1
    print(epoch, np.mean(forward(x_all)[-1].argmax(1) == y_all))
