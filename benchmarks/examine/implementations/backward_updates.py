"""A class whose backward pass updates at once: sigmoid and softmax, rows, names of its own."""

import numpy as np


class DigitClassifier:
    def __init__(self, n_inputs, n_hidden, n_outputs, lr=0.1):
        self.weights_input_hidden = np.random.normal(0.0, n_inputs ** -0.5, (n_inputs, n_hidden))
        self.weights_hidden_output = np.random.normal(0.0, n_hidden ** -0.5, (n_hidden, n_outputs))
        self.bias_hidden = np.zeros((1, n_hidden))
        self.bias_output = np.zeros((1, n_outputs))
        self.lr = lr

    @staticmethod
    def sigmoid(x):
        return 1 / (1 + np.exp(-np.clip(x, -500, 500)))

    @staticmethod
    def softmax(x):
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        return e / np.sum(e, axis=1, keepdims=True)

    def forward(self, X):
        self.hidden_input = np.dot(X, self.weights_input_hidden) + self.bias_hidden
        self.hidden_output = self.sigmoid(self.hidden_input)
        self.final_input = np.dot(self.hidden_output, self.weights_hidden_output) + self.bias_output
        return self.softmax(self.final_input)

    def categorical_cross_entropy(self, y_true, y_pred):
        return -np.mean(np.sum(y_true * np.log(np.clip(y_pred, 1e-12, 1.0)), axis=1))

    def backward(self, X, y_true, y_pred):
        n = X.shape[0]
        output_error = (y_pred - y_true) / n
        hidden_error = np.dot(output_error, self.weights_hidden_output.T)
        hidden_delta = hidden_error * self.hidden_output * (1 - self.hidden_output)
        self.weights_hidden_output -= self.lr * np.dot(self.hidden_output.T, output_error)
        self.bias_output -= self.lr * np.sum(output_error, axis=0, keepdims=True)
        self.weights_input_hidden -= self.lr * np.dot(X.T, hidden_delta)
        self.bias_hidden -= self.lr * np.sum(hidden_delta, axis=0, keepdims=True)

    def get_accuracy(self, X, y_true):
        return np.mean(self.forward(X).argmax(axis=1) == y_true.argmax(axis=1))

    def train(self, X, y, epochs, batch_size=32):
        for epoch in range(epochs):
            idx = np.arange(X.shape[0])
            np.random.shuffle(idx)
            for i in range(0, X.shape[0], batch_size):
                X_batch, y_batch = X[idx[i:i + batch_size]], y[idx[i:i + batch_size]]
                y_pred = self.forward(X_batch)
                self.backward(X_batch, y_batch, y_pred)
            print(f"{epoch + 1}/{epochs}: {self.get_accuracy(X, y):.4f}")
