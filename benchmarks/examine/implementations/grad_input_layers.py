"""A plain list of layer objects; `backward` takes input and gradient and updates at once."""

import keras
import numpy as np

(X_train, y_train), (X_test, y_test) = keras.datasets.mnist.load_data()
X_train = X_train.reshape([X_train.shape[0], -1]).astype(float) / 255.0
X_test = X_test.reshape([X_test.shape[0], -1]).astype(float) / 255.0


class Rectifier:
    def forward(self, inp):
        return np.maximum(0, inp)

    def backward(self, inp, grad_output):
        return grad_output * (inp > 0)


class Affine:
    def __init__(self, units_in, units_out, speed=0.1):
        self.speed = speed
        self.matrix = np.random.normal(scale=np.sqrt(2 / units_in), size=(units_in, units_out))
        self.shift = np.zeros(units_out)

    def forward(self, inp):
        return np.dot(inp, self.matrix) + self.shift

    def backward(self, inp, grad_output):
        grad_input = np.dot(grad_output, self.matrix.T)
        self.matrix = self.matrix - self.speed * np.dot(inp.T, grad_output)
        self.shift = self.shift - self.speed * grad_output.sum(axis=0)
        return grad_input


def xent_and_grad(logits, answers):
    rows = np.arange(len(logits))
    xent = -logits[rows, answers] + np.log(np.sum(np.exp(logits), axis=-1))
    hot = np.zeros_like(logits)
    hot[rows, answers] = 1
    soft = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    return xent, (soft - hot) / len(logits)


network = [Affine(X_train.shape[1], 100), Rectifier(), Affine(100, 200), Rectifier(), Affine(200, 10)]


def activations_of(network, X):
    out = []
    for layer in network:
        X = layer.forward(X)
        out.append(X)
    return out


def fit_batch(network, X, y):
    outs = activations_of(network, X)
    ins = [X] + outs
    loss, grad = xent_and_grad(outs[-1], y)
    for i in range(len(network))[::-1]:
        grad = network[i].backward(ins[i], grad)
    return np.mean(loss)


for epoch in range(5):
    order = np.random.permutation(len(X_train))
    for start in range(0, len(order), 32):
        part = order[start : start + 32]
        loss = fit_batch(network, X_train[part], y_train[part])
    print("epoch", epoch, loss, np.mean(activations_of(network, X_test)[-1].argmax(-1) == y_test))
