"""`main` with mini-batches, two hidden layers and a decaying learning rate."""

import numpy as np
from keras.datasets import mnist
from keras.utils import to_categorical


def relu(x):
    return np.maximum(0, x)


def softmax(x):
    ex = np.exp(x - np.max(x, axis=1, keepdims=True))
    return ex / np.sum(ex, axis=1, keepdims=True)


def main():
    np.random.seed(42)
    (x_train, y_train), (x_test, y_test) = mnist.load_data()
    x_train = x_train.reshape(-1, 784).astype("float32") / 255
    x_test = x_test.reshape(-1, 784).astype("float32") / 255
    y_train = to_categorical(y_train, 10)

    lr = 0.1
    epochs = 10
    batch_size = 64

    w1 = np.random.randn(784, 128) * np.sqrt(2.0 / 784)
    b1 = np.zeros(128)
    w2 = np.random.randn(128, 64) * np.sqrt(2.0 / 128)
    b2 = np.zeros(64)
    w3 = np.random.randn(64, 10) * np.sqrt(2.0 / 64)
    b3 = np.zeros(10)

    for epoch in range(epochs):
        perm = np.random.permutation(len(x_train))
        total = 0.0
        for start in range(0, len(x_train), batch_size):
            idx = perm[start : start + batch_size]
            xb, yb = x_train[idx], y_train[idx]

            h1 = relu(xb @ w1 + b1)
            h2 = relu(h1 @ w2 + b2)
            probs = softmax(h2 @ w3 + b3)
            total += -np.sum(yb * np.log(probs + 1e-9))

            g3 = (probs - yb) / len(xb)
            g2 = g3 @ w3.T
            g2[h2 <= 0] = 0
            g1 = g2 @ w2.T
            g1[h1 <= 0] = 0

            w3 -= lr * (h2.T @ g3)
            b3 -= lr * g3.sum(axis=0)
            w2 -= lr * (h1.T @ g2)
            b2 -= lr * g2.sum(axis=0)
            w1 -= lr * (xb.T @ g1)
            b1 -= lr * g1.sum(axis=0)
        lr *= 0.95
        h = relu(relu(x_test @ w1 + b1) @ w2 + b2)
        acc = np.mean(np.argmax(h @ w3 + b3, axis=1) == y_test)
        print(f"epoch {epoch + 1}: loss {total / len(x_train):.4f}, test accuracy {acc:.4f}")


if __name__ == "__main__":
    main()
