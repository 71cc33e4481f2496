"""A function with dropout while it trains: two hidden layers, columns, own one-hot encoding."""

import numpy as np
import tensorflow as tf

(train_x, train_y), _ = tf.keras.datasets.fashion_mnist.load_data()
train_x = train_x.reshape(60000, -1).T / 255.0


def encode(y):
    out = np.zeros((10, y.shape[0]))
    for j, digit in enumerate(y):
        out[digit][j] = 1
    return out


def fit(X, Y, rate=0.1, keep=0.8, turns=200):
    T = encode(Y)
    m = X.shape[1]
    W1 = np.random.randn(64, 784) * 0.05
    b1 = np.zeros((64, 1))
    W2 = np.random.randn(10, 64) * 0.1
    b2 = np.zeros((10, 1))
    for turn in range(turns):
        Z1 = np.dot(W1, X) + b1
        A1 = np.maximum(0, Z1)
        D1 = (np.random.rand(*A1.shape) < keep) / keep
        A1 = A1 * D1
        Z2 = np.dot(W2, A1) + b2
        E = np.exp(Z2 - np.max(Z2, axis=0))
        A2 = E / np.sum(E, axis=0)

        dZ2 = A2 - T
        dW2 = np.dot(dZ2, A1.T) / m
        db2 = np.sum(dZ2, axis=1, keepdims=True) / m
        dA1 = np.dot(W2.T, dZ2) * D1
        dZ1 = dA1 * (Z1 > 0)
        dW1 = np.dot(dZ1, X.T) / m
        db1 = np.sum(dZ1, axis=1, keepdims=True) / m

        W1 -= rate * dW1
        b1 -= rate * db1
        W2 -= rate * dW2
        b2 -= rate * db2
        if turn % 20 == 0:
            print(turn, -np.mean(np.sum(T * np.log(A2 + 1e-8), axis=0)))
    return W1, b1, W2, b2


fit(train_x, train_y)
