"""Functions with lists, any depth: examples in columns, W (out, in), one-hot labels."""

import numpy as np

LAYERS = [64, 24, 24, 10]


def init_network(layer_sizes):
    weights, biases = [], []
    for n_in, n_out in zip(layer_sizes[:-1], layer_sizes[1:]):
        weights.append(np.random.randn(n_out, n_in) * np.sqrt(2.0 / n_in))
        biases.append(np.zeros((n_out, 1)))
    return weights, biases


def relu(z):
    return z * (z > 0)


def relu_derivative(z):
    return (z > 0).astype(float)


def softmax(z):
    e = np.exp(z - z.max(axis=0, keepdims=True))
    return e / e.sum(axis=0, keepdims=True)


def feedforward(x, weights, biases):
    zs, activations = [], [x]
    for i, (w, b) in enumerate(zip(weights, biases)):
        z = w @ activations[-1] + b
        zs.append(z)
        activations.append(softmax(z) if i == len(weights) - 1 else relu(z))
    return zs, activations


def cross_entropy(y_hat, y):
    return -np.mean(np.sum(y * np.log(y_hat + 1e-10), axis=0))


def backprop(zs, activations, y, weights):
    n = y.shape[1]
    delta = (activations[-1] - y) / n
    grads_w, grads_b = [], []
    for i in reversed(range(len(weights))):
        grads_w.insert(0, delta @ activations[i].T)
        grads_b.insert(0, delta.sum(axis=1, keepdims=True))
        if i > 0:
            delta = (weights[i].T @ delta) * relu_derivative(zs[i - 1])
    return grads_w, grads_b


def sgd_step(weights, biases, grads_w, grads_b, lr):
    for i in range(len(weights)):
        weights[i] = weights[i] - lr * grads_w[i]
        biases[i] = biases[i] - lr * grads_b[i]


def train_network(x, y, weights, biases, lr=0.05, epochs=5, batch_size=50):
    n = x.shape[1]
    history = []
    for epoch in range(epochs):
        perm = np.random.permutation(n)
        for k in range(0, n, batch_size):
            idx = perm[k:k + batch_size]
            zs, activations = feedforward(x[:, idx], weights, biases)
            grads_w, grads_b = backprop(zs, activations, y[:, idx], weights)
            sgd_step(weights, biases, grads_w, grads_b, lr)
        history.append(cross_entropy(feedforward(x, weights, biases)[1][-1], y))
    return history
