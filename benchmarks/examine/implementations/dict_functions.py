"""Functions with dictionaries: examples in rows, W (in, out), one-hot labels."""

import numpy as np


def initialize_parameters(n_x, n_h, n_y, seed=1):
    rng = np.random.default_rng(seed)
    W1 = rng.standard_normal((n_x, n_h)) * np.sqrt(2 / n_x)
    W2 = rng.standard_normal((n_h, n_y)) * np.sqrt(2 / n_h)
    return {"W1": W1, "b1": np.zeros((1, n_h)), "W2": W2, "b2": np.zeros((1, n_y))}


def normalize(X):
    return X / 255.0


def relu(Z):
    return np.maximum(0, Z)


def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def forward_propagation(X, parameters):
    Z1 = X @ parameters["W1"] + parameters["b1"]
    A1 = relu(Z1)
    Z2 = A1 @ parameters["W2"] + parameters["b2"]
    A2 = softmax(Z2)
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    return A2, cache


def compute_cost(A2, Y):
    m = Y.shape[0]
    return -np.sum(Y * np.log(A2 + 1e-12)) / m


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[0]
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = (A2 - Y) / m
    dW2 = A1.T @ dZ2
    db2 = np.sum(dZ2, axis=0, keepdims=True)
    dA1 = dZ2 @ parameters["W2"].T
    dZ1 = dA1 * (cache["Z1"] > 0)
    dW1 = X.T @ dZ1
    db1 = np.sum(dZ1, axis=0, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def update_parameters(parameters, grads, learning_rate):
    return {
        "W1": parameters["W1"] - learning_rate * grads["dW1"],
        "b1": parameters["b1"] - learning_rate * grads["db1"],
        "W2": parameters["W2"] - learning_rate * grads["dW2"],
        "b2": parameters["b2"] - learning_rate * grads["db2"],
    }


def accuracy(A, Y):
    return np.mean(np.argmax(A, axis=1) == np.argmax(Y, axis=1))


def train(X, Y, parameters, epochs=10, learning_rate=0.1, batch_size=32):
    for epoch in range(epochs):
        order = np.random.permutation(len(X))
        X, Y = X[order], Y[order]
        for start in range(0, len(X), batch_size):
            X_batch, Y_batch = X[start:start + batch_size], Y[start:start + batch_size]
            A2, cache = forward_propagation(X_batch, parameters)
            grads = backward_propagation(parameters, cache, X_batch, Y_batch)
            parameters = update_parameters(parameters, grads, learning_rate)
        A2, _ = forward_propagation(X, parameters)
        print("epoch", epoch, "cost", compute_cost(A2, Y), "accuracy", accuracy(A2, Y))
    return parameters
