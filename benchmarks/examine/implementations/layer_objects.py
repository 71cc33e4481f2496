"""A class for each kind of layer, with its own forward, backward and update."""

import numpy as np


class Dense:
    def __init__(self, n_inputs, n_outputs):
        self.weights = np.random.randn(n_inputs, n_outputs) * np.sqrt(2 / n_inputs)
        self.bias = np.zeros((1, n_outputs))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.bias
        return self.output

    def backward(self, grad_output):
        self.grad_weights = self.inputs.T @ grad_output
        self.grad_bias = grad_output.sum(axis=0, keepdims=True)
        return grad_output @ self.weights.T

    def update(self, lr):
        self.weights -= lr * self.grad_weights
        self.bias -= lr * self.grad_bias


class ReLU:
    def forward(self, inputs):
        self.inputs = inputs
        return np.maximum(inputs, 0)

    def backward(self, grad_output):
        return grad_output * (self.inputs > 0)

    def update(self, lr):
        pass


class SoftmaxCrossEntropy:
    def softmax(self, scores):
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def forward(self, scores, labels):
        self.probabilities = self.softmax(scores)
        self.labels = labels
        return -np.log(self.probabilities[np.arange(len(labels)), labels] + 1e-12).mean()

    def backward(self):
        grad = self.probabilities.copy()
        grad[np.arange(len(self.labels)), self.labels] -= 1
        return grad / len(self.labels)


class MLP:
    def __init__(self, sizes):
        self.layers = []
        for n_in, n_out in zip(sizes[:-2], sizes[1:-1]):
            self.layers += [Dense(n_in, n_out), ReLU()]
        self.layers.append(Dense(sizes[-2], sizes[-1]))
        self.criterion = SoftmaxCrossEntropy()

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def compute_loss(self, x, labels):
        return self.criterion.forward(self.forward(x), labels)

    def backward(self):
        grad = self.criterion.backward()
        for layer in reversed(self.layers):
            grad = layer.backward(grad)

    def update(self, lr):
        for layer in self.layers:
            layer.update(lr)

    def train_step(self, x, labels, lr):
        loss = self.compute_loss(x, labels)
        self.backward()
        self.update(lr)
        return loss

    def accuracy(self, x, labels):
        return (self.forward(x).argmax(axis=1) == labels).mean()

    def fit(self, x, labels, epochs=10, batch_size=32, lr=0.1):
        for epoch in range(epochs):
            order = np.random.permutation(len(x))
            for start in range(0, len(x), batch_size):
                rows = order[start:start + batch_size]
                self.train_step(x[rows], labels[rows], lr)
            print(epoch, self.accuracy(x, labels))
