"""XOR with one sigmoid output, examples in columns, the binary cross-entropy."""

import numpy as np

x = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
y = np.array([[0, 1, 1, 0]])
n_x, n_h, n_y = 2, 4, 1
m = x.shape[1]
lr = 0.5

np.random.seed(2)
w1 = np.random.randn(n_h, n_x)
b1 = np.zeros((n_h, 1))
w2 = np.random.randn(n_y, n_h)
b2 = np.zeros((n_y, 1))
losses = []


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward_prop(w1, w2, x):
    z1 = np.dot(w1, x) + b1
    a1 = np.tanh(z1)
    z2 = np.dot(w2, a1) + b2
    a2 = sigmoid(z2)
    return a1, a2


for i in range(5000):
    a1, a2 = forward_prop(w1, w2, x)
    loss = -(1 / m) * np.sum(y * np.log(a2) + (1 - y) * np.log(1 - a2))
    losses.append(loss)

    dz2 = a2 - y
    dw2 = np.dot(dz2, a1.T) / m
    db2 = np.sum(dz2, axis=1, keepdims=True) / m
    dz1 = np.dot(w2.T, dz2) * (1 - a1 * a1)
    dw1 = np.dot(dz1, x.T) / m
    db1 = np.sum(dz1, axis=1, keepdims=True) / m

    w2 = w2 - lr * dw2
    b2 = b2 - lr * db2
    w1 = w1 - lr * dw1
    b1 = b1 - lr * db1

print(np.round(forward_prop(w1, w2, x)[1], 2))
