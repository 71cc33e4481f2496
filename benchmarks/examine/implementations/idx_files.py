"""MNIST from its own files; a class whose `train` holds the whole computation."""

import gzip
import struct

import numpy as np


def read_images(name):
    with gzip.open(name, "rb") as f:
        _, n, rows, cols = struct.unpack(">IIII", f.read(16))
        return np.frombuffer(f.read(), dtype=np.uint8).reshape(n, rows * cols)


def read_labels(name):
    with gzip.open(name, "rb") as f:
        struct.unpack(">II", f.read(8))
        return np.frombuffer(f.read(), dtype=np.uint8)


class Perceptron:
    def __init__(self, n_in, n_hid, n_out):
        self.w = [
            np.random.uniform(-1, 1, (n_hid, n_in)) / np.sqrt(n_in),
            np.random.uniform(-1, 1, (n_out, n_hid)) / np.sqrt(n_hid),
        ]
        self.theta = [np.zeros((n_hid, 1)), np.zeros((n_out, 1))]

    @staticmethod
    def g(z):
        return 1.0 / (1.0 + np.exp(-z))

    def train(self, X, T, alpha, passes, chunk=200):
        n = X.shape[1]
        for k in range(passes):
            order = np.random.permutation(n)
            for s in range(0, n, chunk):
                cols = order[s : s + chunk]
                x, t = X[:, cols], T[:, cols]
                h = self.g(self.w[0] @ x + self.theta[0])
                o = self.g(self.w[1] @ h + self.theta[1])
                e_o = (o - t) * o * (1 - o)
                e_h = (self.w[1].T @ e_o) * h * (1 - h)
                size = x.shape[1]
                self.w[1] -= alpha / size * e_o @ h.T
                self.theta[1] -= alpha / size * e_o.sum(axis=1, keepdims=True)
                self.w[0] -= alpha / size * e_h @ x.T
                self.theta[0] -= alpha / size * e_h.sum(axis=1, keepdims=True)
            print("pass", k, "squared error", 0.5 * np.sum((o - t) ** 2) / size)

    def classify(self, X):
        h = self.g(self.w[0] @ X + self.theta[0])
        return np.argmax(self.w[1] @ h + self.theta[1], axis=0)


if __name__ == "__main__":
    X = read_images("train-images-idx3-ubyte.gz").T / 255
    labels = read_labels("train-labels-idx1-ubyte.gz")
    T = np.eye(10)[labels].T
    net = Perceptron(784, 40, 10)
    net.train(X, T, 3.0, 10)
    print("accuracy", np.mean(net.classify(X) == labels))
