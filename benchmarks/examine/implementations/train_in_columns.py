"""One training function: examples in columns, W (out, in), everything in local variables."""

import numpy as np
import pandas as pd

data = pd.read_csv("/kaggle/input/digit-recognizer/train.csv")
data = np.array(data)
m, n = data.shape
np.random.shuffle(data)

data_dev = data[0:1000].T
Y_dev = data_dev[0]
X_dev = data_dev[1:n] / 255.0

data_train = data[1000:m].T
Y_train = data_train[0]
X_train = data_train[1:n] / 255.0


def train(X, Y, alpha, iterations):
    n_x, m = X.shape
    W1 = np.random.randn(32, n_x) * np.sqrt(2 / n_x)
    b1 = np.zeros((32, 1))
    W2 = np.random.randn(10, 32) * np.sqrt(2 / 32)
    b2 = np.zeros((10, 1))
    one_hot = np.zeros((10, m))
    one_hot[Y, np.arange(m)] = 1

    for i in range(iterations):
        # forward
        Z1 = W1.dot(X) + b1
        A1 = np.maximum(Z1, 0)
        Z2 = W2.dot(A1) + b2
        expZ = np.exp(Z2 - Z2.max(axis=0, keepdims=True))
        A2 = expZ / expZ.sum(axis=0, keepdims=True)

        # backward
        dZ2 = A2 - one_hot
        dW2 = dZ2.dot(A1.T) / m
        db2 = dZ2.sum(axis=1, keepdims=True) / m
        dA1 = W2.T.dot(dZ2)
        dZ1 = dA1 * (Z1 > 0)
        dW1 = dZ1.dot(X.T) / m
        db1 = dZ1.sum(axis=1, keepdims=True) / m

        W1 = W1 - alpha * dW1
        b1 = b1 - alpha * db1
        W2 = W2 - alpha * dW2
        b2 = b2 - alpha * db2

        if i % 50 == 0:
            acc = np.mean(np.argmax(A2, axis=0) == Y)
            print("iteration", i, "accuracy", acc)
    return W1, b1, W2, b2


W1, b1, W2, b2 = train(X_train, Y_train, 0.1, 500)


def predict(X):
    A1 = np.maximum(W1.dot(X) + b1, 0)
    return np.argmax(W2.dot(A1) + b2, axis=0)


print("dev accuracy", np.mean(predict(X_dev) == Y_dev))
