"""Lists of weights of any depth, batches from a generator, one function that does it all."""

import gzip
import pickle

import numpy as np


def load_data(path="mnist.pkl.gz"):
    with gzip.open(path, "rb") as f:
        train, valid, test = pickle.load(f, encoding="latin1")
    return train, valid, test


def batches(X, y, size):
    idx = np.arange(len(X))
    np.random.shuffle(idx)
    for k in range(0, len(X), size):
        yield X[idx[k : k + size]], y[idx[k : k + size]]


def sgd(sizes, training, validation, epochs=10, size=50, eta=0.5):
    X, y = training
    Ws = [np.random.randn(i, o) / np.sqrt(i) for i, o in zip(sizes[:-1], sizes[1:])]
    bs = [np.zeros(o) for o in sizes[1:]]
    for epoch in range(epochs):
        for xb, yb in batches(X, y, size):
            acts = [xb]
            for W, b in zip(Ws, bs):
                acts.append(1 / (1 + np.exp(-(acts[-1] @ W + b))))
            target = np.zeros_like(acts[-1])
            target[np.arange(len(yb)), yb] = 1.0
            delta = acts[-1] - target
            for l in range(len(Ws) - 1, -1, -1):
                gW = acts[l].T @ delta / len(xb)
                gb = delta.mean(axis=0)
                if l > 0:
                    delta = delta @ Ws[l].T * acts[l] * (1 - acts[l])
                Ws[l] -= eta * gW
                bs[l] -= eta * gb
        a = validation[0]
        for W, b in zip(Ws, bs):
            a = 1 / (1 + np.exp(-(a @ W + b)))
        print("Epoch", epoch, "accuracy", (a.argmax(1) == validation[1]).mean())
    return Ws, bs


if __name__ == "__main__":
    training, validation, test = load_data()
    sgd([784, 30, 10], training, validation)
