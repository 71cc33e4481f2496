"""A training function with momentum; ReLU, softmax, dictionaries for everything."""

import numpy as np
from sklearn.datasets import fetch_openml


def one_hot(y, k=10):
    out = np.zeros((y.size, k))
    out[np.arange(y.size), y] = 1
    return out


def train(X, Y, hidden=128, lr=0.05, momentum=0.9, epochs=5, batch=128):
    p = {
        "W1": np.random.randn(X.shape[1], hidden) * np.sqrt(2 / X.shape[1]),
        "b1": np.zeros((1, hidden)),
        "W2": np.random.randn(hidden, Y.shape[1]) * np.sqrt(2 / hidden),
        "b2": np.zeros((1, Y.shape[1])),
    }
    v = {k: np.zeros_like(a) for k, a in p.items()}
    for epoch in range(epochs):
        perm = np.random.permutation(X.shape[0])
        for i in range(0, X.shape[0], batch):
            sel = perm[i : i + batch]
            x, t = X[sel], Y[sel]
            z1 = x @ p["W1"] + p["b1"]
            a1 = np.where(z1 > 0, z1, 0)
            z2 = a1 @ p["W2"] + p["b2"]
            z2 -= z2.max(axis=1, keepdims=True)
            a2 = np.exp(z2) / np.exp(z2).sum(axis=1, keepdims=True)
            g = {}
            d2 = (a2 - t) / x.shape[0]
            g["W2"] = a1.T @ d2
            g["b2"] = d2.sum(axis=0, keepdims=True)
            d1 = (d2 @ p["W2"].T) * (z1 > 0)
            g["W1"] = x.T @ d1
            g["b1"] = d1.sum(axis=0, keepdims=True)
            for k in p:
                v[k] = momentum * v[k] - lr * g[k]
                p[k] = p[k] + v[k]
        print("epoch", epoch, "loss", -np.mean(np.log(a2[np.arange(len(t)), t.argmax(1)])))
    return p


if __name__ == "__main__":
    mnist = fetch_openml("mnist_784", as_frame=False)
    X, y = mnist.data / 255.0, mnist.target.astype(int)
    train(X[:60000], one_hot(y[:60000]))
