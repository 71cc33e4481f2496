"""A network on one page: 784-300-10 learns MNIST with Adam, in NumPy alone.

    python examples/one_page.py mnist.npz     # arrays x_train, y_train, x_test, y_test

This is the map of the library: each block names the file in which byhand has the same formula. With
the same initial weights and the same batches, byhand arrives at the same weights (in float64, as
here; by default byhand computes in float32, which is faster).
"""

import sys

import numpy as np

EPOCHS, BATCH, SEED = 3, 64, 0
LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


def initialise(rng, n_in, n_out):
    """N(0, 2 / n_in), He et al. 2015: network/initializers.py."""
    return rng.standard_normal((n_in, n_out)) * np.sqrt(2 / n_in)


def forward(p, x):
    """Pixels to probabilities: network/layers/{input,dense}.py, network/activations.py."""
    a0 = x.reshape(len(x), -1) / 255
    z1 = a0 @ p["W1"] + p["b1"]
    a1 = np.maximum(z1, 0)
    z2 = a1 @ p["W2"] + p["b2"]
    e = np.exp(z2 - z2.max(axis=1, keepdims=True))
    return a0, z1, a1, e / e.sum(axis=1, keepdims=True)


def cross_entropy(a2, y):
    """Mean of -log of the label's probability: network/losses.py."""
    return -np.log(a2[np.arange(len(y)), y]).mean()


def backward(p, a0, z1, a1, a2, y):
    """Gradients of the mean loss: network/layers/dense.py, network/network.py."""
    dz2 = (a2 - np.eye(10)[y]) / len(y)
    da1 = dz2 @ p["W2"].T
    dz1 = da1 * (z1 > 0)
    return {"W1": a0.T @ dz1, "b1": dz1.sum(axis=0), "W2": a1.T @ dz2, "b2": dz2.sum(axis=0)}


def adam(p, g, m, v, t):
    """One step, Kingma & Ba 2015: training/optimizers.py."""
    for name in p:
        m[name] = BETA1 * m[name] + (1 - BETA1) * g[name]
        v[name] = BETA2 * v[name] + (1 - BETA2) * g[name] ** 2
        m_hat = m[name] / (1 - BETA1**t)
        v_hat = v[name] / (1 - BETA2**t)
        p[name] = p[name] - LEARNING_RATE * m_hat / (np.sqrt(v_hat) + EPSILON)


def train(p, x, y, orders):
    """Epochs of mini-batches, one order of the rows for each: training/trainer.py."""
    m = {name: np.zeros_like(value) for name, value in p.items()}
    v = {name: np.zeros_like(value) for name, value in p.items()}
    t = 0
    for epoch, order in enumerate(orders, start=1):
        loss = 0.0
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            a0, z1, a1, a2 = forward(p, x[rows])
            loss += cross_entropy(a2, y[rows]) * len(rows)
            t += 1
            adam(p, backward(p, a0, z1, a1, a2, y[rows]), m, v, t)
        print(f"epoch {epoch}  loss {loss / len(order):.4f}")
    return p


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} FILE.npz with arrays x_train, y_train, x_test, y_test")
    data = np.load(sys.argv[1])
    rng = np.random.default_rng(SEED)
    parameters = {
        "W1": initialise(rng, 784, 300),
        "b1": np.zeros(300),
        "W2": initialise(rng, 300, 10),
        "b2": np.zeros(10),
    }
    orders = (rng.permutation(len(data["y_train"])) for _ in range(EPOCHS))
    train(parameters, data["x_train"], data["y_train"], orders)
    predicted = forward(parameters, data["x_test"])[-1].argmax(axis=1)
    print(f"test accuracy {100 * (predicted == data['y_test']).mean():.2f} %")
