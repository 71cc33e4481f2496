"""Functions for any depth with one dictionary: ReLU, L2, early stopping, rows, one-hot labels."""

import numpy as np


def initialize_weights(layer_dims):
    np.random.seed(42)
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters["W" + str(l)] = np.random.randn(layer_dims[l - 1], layer_dims[l]) * np.sqrt(2.0 / layer_dims[l - 1])
        parameters["b" + str(l)] = np.zeros((1, layer_dims[l]))
    return parameters


def relu(z):
    return np.maximum(0, z)


def softmax(z):
    z_shifted = z - np.max(z, axis=1, keepdims=True)
    exp_z = np.exp(z_shifted)
    return exp_z / np.sum(exp_z, axis=1, keepdims=True)


def forward_pass(X, parameters):
    L = len(parameters) // 2
    caches = {"a0": X}
    for l in range(1, L + 1):
        caches["z" + str(l)] = caches["a" + str(l - 1)] @ parameters["W" + str(l)] + parameters["b" + str(l)]
        caches["a" + str(l)] = softmax(caches["z" + str(l)]) if l == L else relu(caches["z" + str(l)])
    return caches["a" + str(L)], caches


def compute_loss(y_hat, y, parameters, lambda_=0.0):
    m = y.shape[0]
    data_loss = -np.sum(y * np.log(y_hat + 1e-9)) / m
    l2 = sum(np.sum(parameters[k] ** 2) for k in parameters if k.startswith("W"))
    return data_loss + lambda_ / (2 * m) * l2


def backward_pass(y_hat, y, caches, parameters, lambda_=0.0):
    m = y.shape[0]
    L = len(parameters) // 2
    gradients = {}
    dz = y_hat - y
    for l in range(L, 0, -1):
        gradients["dW" + str(l)] = (caches["a" + str(l - 1)].T @ dz + lambda_ * parameters["W" + str(l)]) / m
        gradients["db" + str(l)] = np.sum(dz, axis=0, keepdims=True) / m
        if l > 1:
            dz = dz @ parameters["W" + str(l)].T * (caches["z" + str(l - 1)] > 0)
    return gradients


def update_weights(parameters, gradients, alpha):
    for key in parameters:
        parameters[key] = parameters[key] - alpha * gradients["d" + key]
    return parameters


def compute_accuracy(X, y, parameters):
    y_hat, _ = forward_pass(X, parameters)
    return np.mean(np.argmax(y_hat, axis=1) == np.argmax(y, axis=1))


def train_model(X_train, y_train, X_cv, y_cv, layer_dims, epochs=100, batch_size=64, alpha=0.001, lambda_=0.0, patience=30):
    parameters = initialize_weights(layer_dims)
    best_loss, waited, best = np.inf, 0, None
    for epoch in range(epochs):
        order = np.random.permutation(X_train.shape[0])
        for start in range(0, X_train.shape[0], batch_size):
            rows = order[start:start + batch_size]
            y_hat, caches = forward_pass(X_train[rows], parameters)
            gradients = backward_pass(y_hat, y_train[rows], caches, parameters, lambda_)
            parameters = update_weights(parameters, gradients, alpha)
        cv_hat, _ = forward_pass(X_cv, parameters)
        cv_loss = compute_loss(cv_hat, y_cv, parameters, lambda_)
        print(epoch, cv_loss, compute_accuracy(X_cv, y_cv, parameters))
        if cv_loss < best_loss:
            best_loss, waited, best = cv_loss, 0, {k: v.copy() for k, v in parameters.items()}
        else:
            waited += 1
            if waited >= patience:
                break
    return best
