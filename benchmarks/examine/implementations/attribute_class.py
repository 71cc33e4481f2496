"""A class with attributes: tanh, examples in rows, W (in, out), labels as integers."""

import numpy as np


class NeuralNet:
    def __init__(self, input_size=64, hidden_size=32, output_size=10, learning_rate=0.1):
        self.W1 = np.random.randn(input_size, hidden_size) / np.sqrt(input_size)
        self.b1 = np.zeros(hidden_size)
        self.W2 = np.random.randn(hidden_size, output_size) / np.sqrt(hidden_size)
        self.b2 = np.zeros(output_size)
        self.learning_rate = learning_rate

    def softmax(self, z):
        shifted = z - np.max(z, axis=1, keepdims=True)
        exps = np.exp(shifted)
        return exps / np.sum(exps, axis=1, keepdims=True)

    def forward(self, x):
        self.x = x
        self.z1 = np.dot(x, self.W1) + self.b1
        self.a1 = np.tanh(self.z1)
        self.z2 = np.dot(self.a1, self.W2) + self.b2
        self.probs = self.softmax(self.z2)
        return self.probs

    def loss(self, x, y):
        probs = self.forward(x)
        return np.mean(-np.log(np.clip(probs[np.arange(len(y)), y], 1e-9, 1)))

    def backward(self, y):
        n = len(y)
        delta2 = self.probs.copy()
        delta2[np.arange(n), y] -= 1
        delta2 /= n
        self.dW2 = np.dot(self.a1.T, delta2)
        self.db2 = delta2.sum(axis=0)
        delta1 = np.dot(delta2, self.W2.T) * (1 - self.a1 ** 2)
        self.dW1 = np.dot(self.x.T, delta1)
        self.db1 = delta1.sum(axis=0)

    def update(self):
        self.W1 -= self.learning_rate * self.dW1
        self.b1 -= self.learning_rate * self.db1
        self.W2 -= self.learning_rate * self.dW2
        self.b2 -= self.learning_rate * self.db2

    def predict(self, x):
        return np.argmax(self.forward(x), axis=1)

    def accuracy(self, x, y):
        return np.mean(self.predict(x) == y)

    def fit(self, x_train, y_train, x_val, y_val, epochs=20, batch_size=32):
        for epoch in range(epochs):
            indices = np.random.permutation(x_train.shape[0])
            for i in range(0, x_train.shape[0], batch_size):
                batch = indices[i:i + batch_size]
                self.forward(x_train[batch])
                self.backward(y_train[batch])
                self.update()
            print(f"Epoch {epoch}: {self.accuracy(x_val, y_val):.3f}")
